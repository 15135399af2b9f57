"""Goals of the plan text, measured on a plan: target of the year, what is reached, what is missing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocator.columns import RESULT_TABLES
from allocator.scenario import Goal, PlanYear

MONEY_PER_HEAD = "money_per_head"
PAIRED_SLOW_TOWNS = "paired_slow_towns"
MEASURES = (MONEY_PER_HEAD, PAIRED_SLOW_TOWNS)
"""What a goal can measure beside the indicators."""


def target_of_year(goal: Goal, year: int, first_year: int, base: float) -> float:
    """What a goal asks in a year; nan where it asks nothing.

    ``milestones``: the target given for that year, or the last one given in later years. ``linear_from_base``:
    the straight line from the base value in the year before the plan through the targets given.
    """
    years = sorted(goal.at_least)
    if year >= years[-1]:
        return goal.at_least[years[-1]]
    if goal.path == "milestones":
        return goal.at_least.get(year, float("nan"))
    points = [first_year - 1, *years]
    return float(np.interp(year, points, [base, *(goal.at_least[y] for y in years)]))


def goals_table(plan: PlanYear, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a goal of the district, one row a town for a goal of every town."""
    rows = []
    first_year = min(plan.common.years)
    for goal in plan.common.goals:
        base, reached, unit = _measured(goal, plan, tables)
        towns = list(plan.towns.index) if goal.scope == "every_town" else [""]
        for at, town in enumerate(towns):
            target = target_of_year(goal, plan.year, first_year, float(base[at]))
            missing = max(0.0, target - reached[at]) if np.isfinite(target) else float("nan")
            rows.append((goal.id, goal.scope, town, goal.strength, "no", target, reached[at], missing, unit, goal.text))
    return pd.DataFrame(rows, columns=list(RESULT_TABLES["goals"]))


def _measured(
    goal: Goal, plan: PlanYear, tables: Mapping[str, pd.DataFrame]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], str]:
    """Base value, reached value (one a town or one for the district) and unit of what a goal measures."""
    if goal.measure == PAIRED_SLOW_TOWNS:
        reached = _paired_share(tables)
        return np.zeros(1), np.array([reached]), "share"
    if goal.measure == MONEY_PER_HEAD:
        money = tables["funding_by_town"].set_index("town")["amount_yuan"]
        before = plan.last_year_money()
        last = np.zeros(len(plan.towns)) if before is None else before
        if goal.scope == "every_town":
            now = money.reindex(plan.towns.index, fill_value=0.0).to_numpy(float)
            return last / plan.population, now / plan.population, "yuan/head"
        heads = plan.population.sum()
        return np.array([last.sum() / heads]), np.array([float(money.sum()) / heads]), "yuan/head"
    indicator = next(i for i in plan.indicators if i.id == goal.measure)
    value = tables["attainment"].query("indicator == @indicator.id").set_index("town")["value"]
    now = value.reindex(plan.towns.index).to_numpy(float)
    base, weights = plan.base[indicator.id].to_numpy(float), plan.denominator(indicator)
    unit = "index" if indicator.denominator is None else f"per {indicator.per:g} {indicator.denominator}"
    if goal.scope == "every_town":
        return base, now, unit
    whole = weights.sum()
    return np.array([base @ weights / whole]), np.array([now @ weights / whole]), unit


def _paired_share(tables: Mapping[str, pd.DataFrame]) -> float:
    """Share of the slow-starting towns that have a mentor; 1 where no town is slow."""
    paired, unpaired = tables["pairs"]["mentee"].nunique(), len(tables["unpaired"])
    return 1.0 if paired + unpaired == 0 else paired / (paired + unpaired)
