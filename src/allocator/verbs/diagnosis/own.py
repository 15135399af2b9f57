"""Which rules of the user's own leave no plan: each is left out alone, then all together, and any plan is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from allocator.engine.build import build
from allocator.engine.own_pulp import FromPulp
from allocator.engine.own_rules import OWN
from allocator.engine.session import Session
from allocator.model import Model
from allocator.scenario.plan_year import Scenario
from allocator.verbs.diagnosis.locks import GAP, NOTHING
from allocator.words.errors import Finding, InfeasibleError
from allocator.words.texts import Text

MOST = 20
"""Most rules that are left out one by one."""


def name_own(model: Model, scenario: Scenario, opening: Callable[[Model], Session]) -> InfeasibleError | None:
    """The error that names the own rules that are to blame; none where there is no plan without them either.

    A rule is named alone if there is a plan without it; if none is, all are named together.
    """
    given = scenario.extension
    if OWN not in model.rows or not isinstance(given, FromPulp):
        return None
    names = model.axes[OWN].ids

    def plan_without(left_out: Iterable[str]) -> bool:
        other = build(replace(scenario, extension=replace(given, without=frozenset(left_out))))
        return opening(other).solve(NOTHING, 0.0, False, GAP).has_plan

    if not plan_without(names):
        return None
    alone = [name for name in names if plan_without([name])] if 1 < len(names) <= MOST else []
    key = "own.conflict" if alone or len(names) == 1 else "own.conflict_together"
    blamed = alone or list(names)
    findings = [Finding("F901", None, OWN, Text(key), name) for name in blamed]
    return InfeasibleError(Text("own.infeasible", {"rules": ", ".join(blamed)}), findings)
