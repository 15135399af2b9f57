"""Arithmetic feasibility in words, before any solve: no solver, no pulp.

A finding with a code ``F...`` is a proof that there is no plan: a condition that every plan must keep is broken,
and the message carries the arithmetic. ``W...`` says what is worth knowing: towns nobody may mentor, money that
must stay unspent, goals out of reach, numbers that nothing looks at. Nothing found does not mean that there is a plan.

Each block's ``check`` says what it finds; here is computed, once a year, what they all know (``Known``).
"""

from __future__ import annotations

from allocator.blocks.registry import given, parts_of
from allocator.blocks.shared.known import Known
from allocator.plan.check.bounds import units
from allocator.plan.check.money import money
from allocator.plan.check.reach import Reach
from allocator.plan.check.supply import supply_of
from allocator.scenario.plan_year import PlanYear, Scenario
from allocator.words.errors import Finding
from allocator.words.findings import in_order

__all__ = ["check"]


def check(scenario: Scenario) -> list[Finding]:
    """What simple arithmetic can say about every plan year, by place: infeasible (``F``) or worth a warning (``W``)."""
    found: list[Finding] = []
    made: dict[int, Known] = {}
    for plan in scenario.plan_years:
        known = _known(plan, made)
        for block, part in parts_of("check").items():
            own = given(plan, block)
            found += () if own is None else part.findings(known, own)
    return in_order(found)


def _known(plan: PlanYear, made: dict[int, Known]) -> Known:
    """What the blocks' checks of a plan year share; ``made`` keeps it by year."""
    if plan.year not in made:
        before = None if plan.before is None else _known(plan.before, made)
        supply = supply_of(plan)
        counted = units(plan, supply)
        whole = money(plan, counted, supply)
        made[plan.year] = Known(plan, before, supply, counted, whole, Reach(plan, supply, counted, whole))
    return made[plan.year]
