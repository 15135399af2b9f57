"""Limits on inequality recomputed from the written tables, and the floor under every town that goes with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from allocator.auditing.figures import inequality
from allocator.blocks.registry import judges
from allocator.blocks.shared.checks import (
    HALF_DIGIT,
    RELATIVE,
    Amounts,
    Checks,
    Floats,
    by_town,
    first_of,
    levels_before,
    levels_of,
    rule,
)
from allocator.blocks.volunteering.section import stock_of
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import InequalityLimit, TieBreakStage

CURVED = 1e-5
"""Share by which a limit on 差异系数 may end above its number."""


def limit_rules(tables: Mapping[str, pd.DataFrame], plan: PlanYear) -> list[Checks]:
    """Every limit of the year, and no_fall; nothing in a plan that compares no inequality."""
    if not plan.common.compares:
        return []
    made = []
    if "attainment" in plan.sections:
        made.append(rule("no_fall", _levels(tables, plan), ">=", floors(plan), 1.0))
    return made + [_kept(tables, plan, limit) for limit in plan.common.limits if limit.years == "every" or plan.is_last]


def _levels(tables: Mapping[str, pd.DataFrame], plan: PlanYear) -> Amounts:
    """Written levels in town order; missing ones are nan."""
    written = tables["towns"]
    levels = first_of(written["town"].to_numpy(dtype=object), written["level_after"])
    return levels.reindex(pd.Index(plan.towns.index, dtype=object))


def _kept(tables: Mapping[str, pd.DataFrame], plan: PlanYear, limit: InequalityLimit) -> Checks:
    outcomes = _levels(tables, plan)
    if limit.of != "level":
        block, found_in = judges()[limit.of]
        outcomes = found_in(tables, plan, plan.sections[block]).amounts
    heads = by_town(plan, limit.weighted_by or plan.common.population.column).to_numpy(dtype=float)
    level = outcomes.to_numpy(dtype=float)
    found, moved = inequality(level, heads)
    nothing = bool((level == 0).all())
    reached = 0.0 if nothing else found[limit.measure]
    slack = CURVED * limit.at_most if limit.measure == "cv" else RELATIVE * max(1.0, limit.at_most)
    tolerance = slack + (moved[limit.measure] + 1.0) * HALF_DIGIT
    key = np.array([limit.id], dtype=object)
    needed = np.ones(1, dtype=bool)
    return Checks("limit", key, np.array([reached]), "<=", np.array([limit.at_most]), np.array([tolerance]), needed)


def floors(plan: PlanYear) -> Amounts:
    """The lower of the level before the plan and the level under the factor method, town by town."""
    years = (*plan.earlier, plan)
    values: dict[str, Amounts] = {}
    for at, year in enumerate(years):
        values = _factor_values(year, values, years[at - 1] if at else None)
    return pd.concat([levels_before(years[0]), levels_of(plan, values)], axis=1).min(axis=1)


def _factor_values(plan: PlanYear, last: Mapping[str, Amounts], before: PlanYear | None) -> dict[str, Amounts]:
    """Value of each indicator after a year of the factor method."""
    units, made = _factor_units(plan), {}
    stock = stock_of(plan)
    for indicator in plan.indicators:
        size = pd.Series(plan.denominator(indicator), index=plan.towns.index)
        start = plan.base[indicator.id].astype(float)
        carried = indicator.stock is None or stock is not None
        if carried and before is not None:
            start = last[indicator.id] * before.denominator(indicator) / size
        if indicator.stock is not None and stock is not None:
            start = start * stock.retention
        elif indicator.stock is None and before is not None:
            start = start * indicator.retention
        made[indicator.id] = (
            start + (_by_programmes(plan, units, indicator.id) + _by_guidance(plan, indicator.id)) / size
        )
    return made


def _factor_units(plan: PlanYear) -> pd.DataFrame:
    """Units of each programme (columns) in each town (index) under the factor method."""
    stage = next((each for each in plan.common.stages if isinstance(each, TieBreakStage)), None)
    factors = {plan.common.population.column: 1.0} if stage is None else stage.factors
    share = sum(weight * by_town(plan, column) / by_town(plan, column).sum() for column, weight in factors.items())
    assert isinstance(share, pd.Series)
    share = share / share.sum()
    delivery, funding = (plan.sections.get(block) for block in ("delivery", "funding"))
    programmes = {p.id: p for p in getattr(delivery, "programmes", ())}
    wished = None if stage is None else stage.programme_shares
    part = {p: 1.0 if wished is None else wished.get(p, 0.0) for p in programmes}
    money = dict.fromkeys(programmes, 0.0)
    for source in getattr(funding, "sources", ()):
        paid = {p: part[p] for p in programmes if programmes[p].spending in source.pays and programmes[p].unit_cost > 0}
        whole = sum(paid.values())
        for programme, own in paid.items():
            money[programme] += source.amount * own / whole if whole > 0 else 0.0
    return pd.DataFrame({p: share * (money[p] / programmes[p].unit_cost if money[p] else 0.0) for p in programmes})


def _by_programmes(plan: PlanYear, units: pd.DataFrame, indicator: str) -> Amounts:
    """What units bring to an indicator before they are divided."""
    gained = pd.Series(0.0, index=plan.towns.index)
    for effect in getattr(plan.sections.get("attainment"), "effects", ()):
        if effect.indicator == indicator and effect.programme in units:
            brought = [
                _response(effect.per_unit, each, heads)
                for each, heads in zip(units[effect.programme], plan.population, strict=True)
            ]
            gained = gained + np.array(brought) * effect.persons_per_attendance
    return gained


def _response(per_unit: Any, units: float, residents: float) -> float:
    """What some units bring: one gain a unit, or the height of a line of falling pieces."""
    if not isinstance(per_unit, tuple):
        return float(per_unit * units)
    at, height = [0.0], [0.0]
    for piece in per_unit:
        end = max(units, at[-1]) if piece.up_to is None else piece.up_to * residents / 1000.0
        height.append(height[-1] + piece.gain * (end - at[-1]))
        at.append(end)
    return float(np.interp(units, at, height))


def _by_guidance(plan: PlanYear, indicator: str) -> Floats:
    """What guidance under the factor method brings to an indicator before it is divided."""
    gained, guidance = np.zeros(len(plan.towns)), plan.sections.get("guidance")
    stations = by_town(plan, "stations").to_numpy(dtype=float)
    for effect in getattr(guidance, "effects", ()):
        if effect.indicator == indicator:
            by_district = getattr(guidance, "district_hours", 0.0) * stations / max(1.0, stations.sum())
            at_station = getattr(guidance, "station_min_hours", 0.0) * stations / np.maximum(stations, 1.0)
            gained = gained + effect.per_hour * (by_district if effect.giver == "district" else at_station)
    return gained
