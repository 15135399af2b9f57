"""Attainment, checked from the written tables: what decisions add, what is credited, and the level."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocator.blocks.attainment.section import Attainment, Effect
from allocator.blocks.shared.checks import (
    Amounts,
    Cells,
    Checks,
    Floats,
    Judges,
    Posting,
    as_figure,
    cells,
    figure,
    first_of,
    forbidden,
    keys,
    most_credited,
    product,
    rule,
)
from allocator.scenario.plan_year import PlanYear

CELL = ("town", "indicator")
RESIDENTS = 1000.0
"""Pieces of an effect end in units for each so many residents."""


def audit_block(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Attainment) -> list[Checks]:
    """Attainment: in every cell, from zero to what the ceiling allows; base and target as in the scenario."""
    share = _share(tables, plan)
    made = [*share.checks("attainment", CELL), forbidden("attainment", share.absent)]
    most = {each.id: most_credited(each) for each in given.indicators}
    amounts, _ = share.total(CELL)
    limit = pd.Series(share.frame["indicator"].map(most).to_numpy(dtype=float), index=keys(share.frame, CELL))
    made.append(as_figure(rule("attainment", amounts, "<=", limit, 1.0)))
    written = tables["attainment"]
    key = keys(written, CELL)
    target = {i.id: i.target for i in given.indicators}
    goal = pd.Series(share.frame["indicator"].map(target).to_numpy(dtype=float), index=keys(share.frame, CELL))
    made.append(figure("attainment_target", first_of(key, written["target"]), goal))
    made.append(figure("attainment_base", first_of(key, written["base"]), _base(plan)))
    points = share.frame["indicator"].map({i.id: 100.0 * i.weight for i in given.indicators}).to_numpy(dtype=float)
    earned, weight = share.total(["town"], points)
    level = first_of(tables["towns"]["town"].to_numpy(dtype=object), tables["towns"]["level_after"])
    return [*made, figure("level_sum", level, earned, weight)]


def postings(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Attainment) -> list[Posting]:
    """What each cell starts from, what programmes add, and what is credited."""
    base, share = _base(plan), _share(tables, plan)
    decided = [f"/{i.id}" for i in plan.indicators if i.stock in plan.decided_stocks]
    if decided:
        base = base.where(~base.index.str.endswith(tuple(decided)), 0.0)
    target = share.frame["indicator"].map({i.id: i.target for i in plan.indicators}).to_numpy(dtype=float)
    made = [
        Posting("value", "attainment", "provided", base, base * 0.0),
        Posting("value", "attainment", "used", *share.total(CELL, target)),
    ]
    units = _units(tables, plan)
    return made + [
        _added(plan, effect, units[effect.programme]) for effect in given.effects if effect.programme in units
    ]


def _share(tables: Mapping[str, pd.DataFrame], plan: PlanYear) -> Cells:
    every = product({"town": plan.towns.index, "indicator": [i.id for i in plan.indicators]})
    return cells(every, tables["attainment"], CELL, "attainment")


def _base(plan: PlanYear) -> Amounts:
    """Value of each cell before the plan."""
    parts = {
        f"{town}/{indicator.id}": float(value)
        for indicator in plan.indicators
        for town, value in plan.base[indicator.id].items()
    }
    return pd.Series(parts, dtype=float)


def _units(tables: Mapping[str, pd.DataFrame], plan: PlanYear) -> dict[str, Floats]:
    """Units of each programme in town order."""
    known = [p.id for p in getattr(plan.sections.get("delivery"), "programmes", ())]
    every = product({"programme": known, "town": plan.towns.index})
    frame = cells(every, tables["delivery"], ("town", "programme"), "units").frame
    amounts = frame["amount"].to_numpy(dtype=float).reshape(len(known), len(plan.towns))
    return dict(zip(known, amounts, strict=True))


def _added(plan: PlanYear, effect: Effect, units: Floats) -> Posting:
    """What the units of one programme add to one indicator, bends filled from the first piece on."""
    indicator = next(i for i in plan.indicators if i.id == effect.indicator)
    counted = effect.persons_per_attendance / plan.denominator(indicator)
    index = pd.Index([f"{town}/{indicator.id}" for town in plan.towns.index], dtype=object)
    gained, steepest = _response(effect, units, plan.population / RESIDENTS)
    return Posting(
        "value",
        "attainment",
        "supplied",
        pd.Series(gained * counted, index=index),
        pd.Series(steepest * counted, index=index),
    )


def _response(effect: Effect, units: Floats, thousands: Floats) -> tuple[Floats, float]:
    """Gain of some units, and the steepest gain of one."""
    if not isinstance(effect.per_unit, tuple):
        return units * effect.per_unit, effect.per_unit
    gained, start = np.zeros(len(units)), np.zeros(len(units))
    for piece in effect.per_unit:
        end = np.full(len(units), np.inf) if piece.up_to is None else piece.up_to * thousands
        gained = gained + piece.gain * (np.minimum(units, end) - np.minimum(units, start))
        start = end
    return gained, max(piece.gain for piece in effect.per_unit)


OUTCOMES: Judges = {}
