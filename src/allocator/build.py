"""From a scenario to a labelled model: axes, ledgers, blocks, closed ledgers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from allocator.blocks.counted import counted
from allocator.blocks.models import AXES, BLOCK_DIMS, MODULES
from allocator.limits import declare_limits
from allocator.model import Axis, Ledger, Model, Provision
from allocator.planfile import ANY_CATEGORY, DISTRICT
from allocator.scenario import PlanYear, Scenario

DIMS: Mapping[str, str] = {
    "recipient": "town",
    "from_town": "town",
    "to_town": "town",
    "mentor": "town",
    "mentee": "town",
    "giver": "town",
    "other": "outcome",
}
"""Label to the axis it is read from, where the two differ."""

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
    model = Model(_axes(scenario), {**DIMS, **BLOCK_DIMS}, ledgers())
    for plan in scenario.plan_years:
        for block, module in MODULES.items():
            of_plan: Any = {"locks": plan.common.locks, "goals": plan.common.goals}
            given: Any = of_plan[block] if block in of_plan else plan.sections.get(block)
            if given:
                module.build(model, plan, given)
        _finish(model, plan)
        _capacities(model, plan)
    model.close_ledgers()
    declare_limits(model, scenario)
    return model


def _finish(model: Model, plan: PlanYear) -> None:
    """Rows of blocks on what all blocks of the year bring and pay."""
    for block, module in MODULES.items():
        if block in plan.sections and hasattr(module, "finish"):
            module.finish(model, plan, plan.sections[block])


def ledgers() -> list[Ledger]:
    """All ledgers of a model, empty, and what each closes into."""
    return [
        Ledger("money", ("source", "year"), "yuan", "budget"),
        Ledger("cost", ("town", "programme", "year"), "yuan", "costing", "=="),
        Ledger("delivered", ("town", "programme", "year"), "units", None),
        Ledger("teaching_time", ("town", "category", "year"), "hours", "teaching_need", "=="),
        Ledger("teacher_time", ("teacher", "year"), "hours", "teacher_hours"),
        Ledger("volunteer_time", ("town", "year"), "hours", "volunteer_need", "=="),
        Ledger("venue_time", ("town", "year"), "hours", "venue"),
        Ledger("school_time", ("town", "year"), "hours", "school_hours"),
        Ledger("guidance_time", ("year",), "hours", "guidance_capacity"),
        Ledger("mentor_need", ("town", "year"), "towns", None),
        Ledger("value", ("town", "indicator", "year"), "indicator units", "credit"),
        Ledger("open_site", ("site", "year"), "bases", None),
        Ledger("count", ("counted", "town", "year"), "number", None),
    ]


def _axes(scenario: Scenario) -> list[Axis]:
    """The ids of every label, in published order; the district centre stands after the towns."""
    plan = scenario.first
    plans = scenario.plan_years
    spending = tuple(sorted(plan.common.spending))
    lines = {line: how.spending for each in plans for line, how in each.cost_lines().items()}
    of_spending = np.array([spending.index(category) for category in lines.values()], dtype=np.intp)
    teachers = {teacher for each in plans for teacher in _teachers(each)}
    sources = {source.id for each in plans for source in getattr(each.sections.get("funding"), "sources", ())}
    outcomes = 2 * len(plan.towns) * len(plans)
    locks = {lock.id for each in plans for lock in each.common.locks}
    goals = {goal.id for each in plans for goal in each.common.goals}
    return [
        Axis("town", (*plan.towns.index, DISTRICT)),
        Axis("programme", tuple(lines), {"spending": of_spending}),
        Axis("source", _sorted(sources)),
        Axis("spending", spending),
        Axis("indicator", tuple(i.id for i in plan.indicators)),
        Axis("teacher", _sorted(teachers)),
        Axis("category", (*sorted(plan.common.categories), ANY_CATEGORY)),
        Axis("year", tuple(str(year) for year in scenario.years)),
        Axis("lock", _sorted(locks)),
        Axis("goal", _sorted(goals)),
        Axis("station", _sorted({station for each in plans for station in _stations(each)})),
        Axis("counted", _sorted({name for each in plans for name in counted(each)})),
        Axis("side", ("at_least", "at_most")),
        Axis("piece", tuple(str(n + 1) for n in range(_most_pieces(scenario)))),
        Axis("measure", ("gini", "mean_deviation", "range", "cv")),
        *(Axis(name, tuple(str(n + 1) for n in range(max(most, outcomes)))) for name, most in COUNTED.items()),
        *(axis for axes in AXES.values() for axis in axes(plans)),
    ]


def _sorted(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(ids))


def _teachers(plan: PlanYear) -> list[str]:
    given: Any = plan.sections.get("teaching")
    return list(plan.tables[given.teachers]["teacher"]) if given else []


def _stations(plan: PlanYear) -> list[str]:
    """Stations of the table that some block names."""
    named: set[Any] = {getattr(section, "stations", None) for section in plan.sections.values()}
    return [station for name in named & plan.tables.keys() for station in plan.tables[name]["station"]]


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
