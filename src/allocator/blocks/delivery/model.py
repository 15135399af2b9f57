"""Delivery: how much of each programme each town runs.

Data
    unit_cost[programme]                 yuan/unit      scenario: delivery.programmes
    teaching_need_a_unit[programme]      hours/unit     `teacher_hours`
    volunteer_need_a_unit[programme]     hours/unit     `volunteer_hours`
    venue_need_a_unit[programme]         hours/unit     `venue_hours`
    floor[town, programme]               yuan           towns table, the column that `floor` names
    ceiling[town, programme]             units          max_units.units x column / max_units.per
Variables
    units[town, programme, year]         units          floor / unit_cost <= units <= ceiling
Rows
    running_cost[town, programme, year]  (bound)        units >= floor / unit_cost
    max_units[town, programme, year]     (bound)        units <= ceiling
Ledgers
    cost            use      unit_cost[programme] * units
    delivered       supply   units
    teaching_time   use      teaching_need_a_unit[programme] * units, under the programme's category (`any` without one)
    volunteer_time  use      volunteer_need_a_unit[programme] * units
    venue_time      use      venue_need_a_unit[programme] * units      closed as venue[town, year]
Source
    Activity analysis: each programme is an activity run at a level, with fixed inputs a unit
    (Koopmans 1951, Activity Analysis of Production and Allocation).
"""

from __future__ import annotations

import numpy as np

from allocator.blocks.delivery.section import Delivery
from allocator.model import BoundRule, Floats, Model, constant_label
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import ANY_CATEGORY


def build(model: Model, plan: PlanYear, given: Delivery) -> None:
    """Declare the units of every programme in every town and what they need."""
    towns, programmes = len(plan.towns), given.programmes
    of_programme = model.axes["programme"].codes(p.id for p in programmes)
    town = np.repeat(np.arange(towns), len(programmes))
    position = np.tile(np.arange(len(programmes)), towns)
    year = constant_label(model.axes["year"].code(str(plan.year)), len(town))
    labels = {"town": town, "programme": of_programme[position], "year": year}
    floors = np.stack([_floor(plan, p.floor, p.unit_cost) for p in programmes], axis=1).ravel()
    ceilings = np.stack([_ceiling(plan, given, at) for at in range(len(programmes))], axis=1).ravel()
    heads = np.append(plan.population, plan.population.sum())
    floor, most = (
        np.array([f"delivery.programmes.{p.id}.{field}" for p in programmes], dtype=object)[position]
        for field in ("floor", "max_units")
    )
    rules = (BoundRule("running_cost", floor), BoundRule("max_units", most))
    units = model.variables(
        "units",
        labels,
        "units",
        lower=floors,
        upper=ceilings,
        rules=rules,
        scale=heads[town] / np.maximum([p.unit_cost for p in programmes], 1.0)[position],
    )
    per_unit = {
        "cost": np.array([p.unit_cost for p in programmes]),
        "teaching_time": np.array([p.teacher_hours for p in programmes]),
        "volunteer_time": np.array([p.volunteer_hours for p in programmes]),
        "venue_time": np.array([p.venue_hours for p in programmes]),
    }
    category = model.axes["category"].codes(p.category or ANY_CATEGORY for p in programmes)
    model.ledgers["delivered"].supply("delivery", units)
    for ledger, amounts in per_unit.items():
        needed = amounts[position] > 0
        used = (units * amounts[position]).where(needed)
        if ledger == "teaching_time":
            used = used.labelled({"town": used["town"], "category": category[position][needed], "year": used["year"]})
        model.ledgers[ledger].use("delivery", used)


def _floor(plan: PlanYear, stem: str | None, unit_cost: float) -> Floats:
    """Least units of a programme in each town."""
    if stem is None:
        return np.zeros(len(plan.towns))
    return plan.per_town(f"{stem}_yuan") / unit_cost


def _ceiling(plan: PlanYear, given: Delivery, at: int) -> Floats:
    """Most units of a programme in each town."""
    limit = given.programmes[at].max_units
    if limit is None:
        return np.full(len(plan.towns), np.inf)
    return limit.units * plan.per_town(limit.of) / limit.per
