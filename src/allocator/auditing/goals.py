"""Goals recomputed: the target of the year, what was reached and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocator.blocks.checks import (
    Amounts,
    Checks,
    by_town,
    figure,
    first_of,
    forbidden,
    keys,
    totals,
)
from allocator.blocks.funding.audit import last_year
from allocator.blocks.mentoring.audit import slow_towns
from allocator.scenario import Goal, PlanYear


@dataclass(frozen=True)
class Measured:
    """What a goal measures, by town or for the district (key: empty)."""

    base: Amounts
    reached: Amounts
    weight: Amounts


def goals(tables: Mapping[str, pd.DataFrame], plan: PlanYear) -> list[Checks]:
    """Target of the year, what was reached, and the shortfall of every goal."""
    written = tables["goals"]
    key = keys(written, ("goal", "town"))
    reached, target, weight = (pd.Series(dtype=float) for _ in range(3))
    for goal in plan.common.goals:
        found = measured(tables, plan, goal)
        name = {town: f"{goal.id}/{town}" for town in found.base.index}
        reached = pd.concat([reached, found.reached.rename(name)])
        weight = pd.concat([weight, found.weight.rename(name)])
        asked = [target_of(goal, plan, float(base)) for base in found.base]
        target = pd.concat([target, pd.Series(asked, index=found.base.index, dtype=float).rename(name)])
    shortfall = (target - reached).clip(lower=0.0)
    return [
        figure("goals.target", first_of(key, written["target"]), target),
        figure("goals.reached", first_of(key, written["reached"]), reached, weight),
        figure("goals.shortfall", first_of(key, written["shortfall"]), shortfall, weight),
        forbidden("goals.words", key[_other_words(written, plan)]),
    ]


def _other_words(written: pd.DataFrame, plan: PlanYear) -> np.ndarray:
    """Rows whose words are not those of the scenario's goal."""
    words = {g.id: (g.scope, g.strength, "no", g.text) for g in plan.common.goals}
    own = zip(*(written[name] for name in ("goal", "scope", "strength", "enforced", "text")), strict=True)
    return np.array([words.get(goal) != tuple(rest) for goal, *rest in own], dtype=bool)


def target_of(goal: Goal, plan: PlanYear, base: float) -> float:
    """What a goal asks in the plan year; nan where it asks nothing."""
    given = sorted(goal.at_least)
    if not given:
        return float("nan")
    if plan.year >= given[-1]:
        return goal.at_least[given[-1]]
    if goal.path == "milestones":
        return goal.at_least.get(plan.year, float("nan"))
    points = {min(plan.common.years) - 1: base} | dict(goal.at_least)
    after = min(year for year in given if year >= plan.year)
    before = max(year for year in points if year < after)
    rise = (points[after] - points[before]) / (after - before)
    return points[before] + rise * (plan.year - before)


def measured(tables: Mapping[str, pd.DataFrame], plan: PlanYear, goal: Goal) -> Measured:
    """Base and reached value of what a goal measures."""
    towns = by_town(plan, "") * 0.0
    if goal.measure == "paired_slow_towns":
        return _paired(tables, plan, goal)
    if goal.measure == "money_per_head":
        before = last_year(plan)
        recipient = tables["funding"]["town"].to_numpy(dtype=object)
        money = totals(recipient, tables["funding"]["amount_yuan"].to_numpy(dtype=float))
        if goal.scope == "every_town":
            money = money.reindex(towns.index, fill_value=0.0)
        size = by_town(plan, plan.common.population.column)
        last, weight = towns if before is None else before, totals(recipient, np.ones(len(recipient)))
        return _over(goal, last, money, (size, weight))
    indicator = next(i for i in plan.indicators if i.id == goal.measure)
    frame = tables["attainment"][tables["attainment"]["indicator"] == indicator.id]
    value = first_of(frame["town"].to_numpy(dtype=object), frame["value"]).reindex(towns.index)
    base = pd.Series(plan.base[indicator.id].to_numpy(dtype=float), index=towns.index)
    size = pd.Series(plan.denominator(indicator), index=towns.index)
    return _over(goal, base * size, value * size, (size, size))


def _over(goal: Goal, base: Amounts, now: Amounts, scale: tuple[Amounts, Amounts]) -> Measured:
    """Amounts over size, town by town or for the district; scale: the size and the weight of the amounts."""
    size, weight = scale
    if goal.scope == "every_town":
        some = size.where(size > 0)
        return Measured(base / some, now / some, weight.reindex(size.index, fill_value=0.0) / some)
    whole = float(size.sum())
    parts = (base.sum(skipna=False), now.sum(skipna=False), weight.sum())
    return Measured(*(pd.Series([float(part) / whole], index=pd.Index([""], dtype=object)) for part in parts))


def _paired(tables: Mapping[str, pd.DataFrame], plan: PlanYear, goal: Goal) -> Measured:
    """Share of the slow-starting towns that have a mentor."""
    given = plan.sections.get("mentoring")
    slow = slow_towns(plan, given) if given is not None else []  # type: ignore[arg-type]
    paired = set(tables["pairs"]["mentee"])
    share = 1.0 if not slow else sum(town in paired for town in slow) / len(slow)
    index = pd.Index(plan.towns.index if goal.scope == "every_town" else [""], dtype=object)
    nothing = pd.Series(0.0, index=index)
    return Measured(nothing, nothing + share, nothing)
