"""Arithmetic feasibility in words, before any solve: no solver, no pulp.

A finding with a code ``F...`` is a proof that there is no plan: a condition that every plan must keep is broken,
and the message carries the arithmetic. ``W...`` says what is worth knowing: towns nobody may mentor, money that
must stay unspent, goals out of reach, numbers that nothing looks at. Nothing found does not mean that there is a plan.
"""

from __future__ import annotations

from allocator.plan.check.coverage import coverage_findings
from allocator.plan.check.demonstration import demonstration_findings
from allocator.plan.check.floors import money_findings
from allocator.plan.check.locks import lock_findings
from allocator.plan.check.pairs import pair_findings
from allocator.plan.check.people import people_findings
from allocator.plan.check.posting import posting_findings
from allocator.plan.check.projects import project_findings
from allocator.plan.check.purchase import purchase_findings
from allocator.plan.check.reach import reach_findings
from allocator.plan.check.stars import star_findings
from allocator.plan.check.team import team_findings
from allocator.plan.check.unseen import unseen_findings
from allocator.scenario.plan_year import Scenario
from allocator.words.errors import Finding
from allocator.words.findings import in_order

__all__ = ["check"]

FAMILIES = (
    money_findings,
    people_findings,
    pair_findings,
    lock_findings,
    posting_findings,
    project_findings,
    reach_findings,
    coverage_findings,
    demonstration_findings,
    star_findings,
    purchase_findings,
    team_findings,
    unseen_findings,
)


def check(scenario: Scenario) -> list[Finding]:
    """What simple arithmetic can say about every plan year, by place: infeasible (``F``) or worth a warning (``W``)."""
    return in_order(finding for plan in scenario.plan_years for family in FAMILIES for finding in family(plan))
