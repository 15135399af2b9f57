"""Numbers that a plan gives and nothing looks at: they change no plan, which who wrote them should know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from allocator.plan.check.said import finding
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import BalanceStage, TotalStage
from allocator.words.errors import Finding


def unseen_findings(plan: PlanYear) -> list[Finding]:
    """Weights and benefits without a stage or a limit on the outcome that they enter; said of a plan's first year."""
    if plan.before is not None:
        return []
    looked_at = set(_outcomes(plan))
    return [*_stars(plan, looked_at), *_projects(plan, looked_at)]


def _outcomes(plan: PlanYear) -> Iterator[str]:
    """Outcomes that stages and limits look at."""
    for stage in plan.common.stages:
        if isinstance(stage, TotalStage) or (isinstance(stage, BalanceStage) and stage.criterion != "none"):
            yield stage.of
    yield from (limit.of for limit in plan.common.limits)


def _stars(plan: PlanYear, looked_at: set[str]) -> Iterator[Finding]:
    """A weight of slow stations that is written down, and no look at what stars are worth."""
    given: Any = plan.sections.get("stars")
    path = "stars.slow_weight"
    if given is not None and path in plan.places and given.slow_weight > 0 and "stars.benefit" not in looked_at:
        yield finding(plan, "W805", path, {"weight": given.slow_weight})


def _projects(plan: PlanYear, looked_at: set[str]) -> Iterator[Finding]:
    """Benefits of projects, and no look at them."""
    given: Any = plan.sections.get("projects")
    if given is None or looked_at & {"projects.benefit", "projects.benefit_by_town"}:
        return
    weighed = int((plan.tables[given.table]["benefit"] > 0).sum())
    if weighed:
        yield finding(plan, "W825", "projects.table", {"table": given.table, "n": weighed})
