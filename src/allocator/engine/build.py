"""From a scenario to a labelled model: axes, ledgers, blocks, closed ledgers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from allocator.blocks.registry import counted, given, label_axes, parts_of
from allocator.blocks.shared.ledgers import ledgers
from allocator.engine.limits import declare_limits
from allocator.model import Axis, Model, Provision
from allocator.scenario.plan_year import PlanYear, Scenario
from allocator.scenario.section import ANY_CATEGORY, DISTRICT

COUNTED: Mapping[str, int] = {
    "comparison": 64,
    "segment": 512,
    "tangent": 4096,
    "rank": 4096,
    "outcome": 20_000,
    "step": 8192,
}
"""Axes of criteria that only count, and at least how far: uses of a measure, pieces of a utility, rounds of cuts, ranks
of outcomes, outcomes, held steps."""


def build(scenario: Scenario) -> Model:
    """The model of all plan years of a scenario, its ledgers closed, without any stage."""
    model = Model(
        _axes(scenario),
        label_axes(),
        ledgers(),
        places={path: place for plan in reversed(scenario.plan_years) for path, place in plan.places.items()},
        sentences=_sentences(scenario),
    )
    for plan in scenario.plan_years:
        for block, part in parts_of("model").items():
            if read := given(plan, block):
                part.build(model, plan, read)
        model.complete_year()
        _capacities(model, plan)
    model.close_ledgers()
    declare_limits(model, scenario)
    if scenario.extension is not None:
        scenario.extension(model)
    return model


def _sentences(scenario: Scenario) -> dict[str, str]:
    """Path of a goal, a limit or a lock to the sentence of the plan text, or the planner's reason; first years win."""
    commons = [plan.common for plan in reversed(scenario.plan_years)]
    goals = {f"goals.{goal.id}": goal.text for common in commons for goal in common.goals}
    limits = {f"limits.{limit.id}": limit.text or limit.reason for common in commons for limit in common.limits}
    locks = {f"locks.{lock.id}": lock.reason for common in commons for lock in common.locks}
    return {**goals, **limits, **locks}


def _axes(scenario: Scenario) -> list[Axis]:
    """The ids of every label, in published order; the district centre stands after the towns."""
    plan = scenario.first
    plans = scenario.plan_years
    spending = tuple(sorted(plan.common.spending))
    lines = {line: how.spending for each in plans for line, how in each.cost_lines().items()}
    of_spending = np.array([spending.index(category) for category in lines.values()], dtype=np.intp)
    outcomes = 2 * len(plan.towns) * len(plans)
    locks = {lock.id for each in plans for lock in each.common.locks}
    goals = {goal.id for each in plans for goal in each.common.goals}
    return [
        Axis("town", (*plan.towns.index, DISTRICT)),
        Axis("programme", tuple(lines), {"spending": of_spending}),
        Axis("spending", spending),
        Axis("indicator", tuple(i.id for i in plan.indicators)),
        Axis("category", (*sorted(plan.common.categories), ANY_CATEGORY)),
        Axis("year", tuple(str(year) for year in scenario.years)),
        Axis("lock", _sorted(locks)),
        Axis("goal", _sorted(goals)),
        Axis("counted", _sorted({name for each in plans for name in counted(each)})),
        Axis("side", ("at_least", "at_most")),
        Axis("piece", tuple(str(n + 1) for n in range(_most_pieces(scenario)))),
        Axis("measure", ("gini", "mean_deviation", "range", "cv")),
        *(Axis(name, tuple(str(n + 1) for n in range(max(most, outcomes)))) for name, most in COUNTED.items()),
        *(Axis(name, _sorted(ids)) for name, ids in _own_labels(plans).items()),
    ]


def _sorted(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(ids))


def _own_labels(plans: Iterable[PlanYear]) -> dict[str, set[str]]:
    """Ids of the labels that blocks bring, by the name of their axis, from all years."""
    found: dict[str, set[str]] = {}
    for plan in plans:
        for section in plan.sections.values():
            for name, ids in section.labels(plan).items():
                found.setdefault(name, set()).update(ids)
    return found


def _most_pieces(scenario: Scenario) -> int:
    effects = [e for plan in scenario.plan_years for e in getattr(plan.sections.get("attainment"), "effects", ())]
    return max((len(e.per_unit) for e in effects if isinstance(e.per_unit, tuple)), default=1)


def _capacities(model: Model, plan: PlanYear) -> None:
    """Hours that the towns table itself gives: venues and town schools."""
    towns = np.arange(len(plan.towns))
    labels = {"town": towns, "year": np.full(len(towns), model.axes["year"].code(str(plan.year)), dtype=np.intp)}
    for ledger, column in (("venue_time", "venue_hours"), ("school_time", "school_hours")):
        if column in plan.towns:
            model.ledgers[ledger].provide(Provision("towns", labels, plan.per_town(column)))
