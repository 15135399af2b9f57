"""Delivery, checked from the written tables: bounds of units, and what units cost and need."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocator.blocks.delivery.section import Delivery
from allocator.blocks.shared.checks import (
    Amounts,
    Cells,
    Checks,
    Judges,
    Posting,
    by_town,
    cells,
    forbidden,
    product,
    programmes,
    rule,
)
from allocator.scenario.plan_year import PlanYear

CELL = ("town", "programme")
NEEDS = {
    "cost": (CELL, "unit_cost"),
    "teaching_time": (("town", "category"), "teacher_hours"),
    "volunteer_time": (("town",), "volunteer_hours"),
    "venue_time": (("town",), "venue_hours"),
}
"""Ledger to the labels of its rows and what a unit takes from it."""


def audit_block(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Delivery) -> list[Checks]:
    """Units: every town with every programme, not below zero, within running cost and ceiling."""
    every = product({"town": plan.towns.index, "programme": [p.id for p in given.programmes]})
    units = cells(every, tables["delivery"], CELL, "units")
    made = [*units.checks("units", CELL), forbidden("units", units.absent)]
    floors, ceilings = [], []
    for programme in given.programmes:
        if programme.floor is not None and programme.unit_cost > 0:
            floors.append(_keyed(by_town(plan, f"{programme.floor}_yuan") / programme.unit_cost, programme.id))
        if programme.max_units is not None:
            most = by_town(plan, programme.max_units.of) / programme.max_units.per * programme.max_units.units
            ceilings.append(_keyed(most, programme.id))
    amounts, _ = units.total(CELL)
    if floors:
        bound = pd.concat(floors).dropna()
        made.append(rule("running_cost", amounts.reindex(bound.index), ">=", bound, 1.0, needed=bound))
    if ceilings:
        bound = pd.concat(ceilings).dropna()
        made.append(rule("max_units", amounts.reindex(bound.index), "<=", bound, 1.0))
    return made


def postings(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Delivery) -> list[Posting]:
    """What units take from each ledger."""
    every = product({"town": plan.towns.index, "programme": [p.id for p in given.programmes]})
    every = every.merge(programmes(plan), on="programme")
    units: Cells = cells(every, tables["delivery"], CELL, "units")
    made = []
    for ledger, (labels, need) in NEEDS.items():
        amounts, weights = units.total(labels, np.asarray(units.frame[need], dtype=float))
        made.append(Posting(ledger, "delivery", "used", amounts, weights))
    return made


def _keyed(bound: Amounts, programme: str) -> Amounts:
    return bound.rename(index=lambda town: f"{town}/{programme}")


OUTCOMES: Judges = {}
