"""Goals of the plan text, measured on a plan: target of the year, what is reached, what is missing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocator.blocks.delivery.section import Delivery
from allocator.blocks.registry import counted
from allocator.blocks.shared.measures import (
    CATEGORY_SHARE,
    LEVEL,
    MONEY,
    MONEY_PER_HEAD,
    PAIRED_SLOW_TOWNS,
    SPECIAL_FUND_PER_HEAD,
    is_plain,
    sizes,
    special_sources,
    unit_of,
)
from allocator.blocks.shared.targets import COUNTED, by_town, targets
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Goal
from allocator.tables.declared import GOALS

MISSED = 1e-6
"""Shortfall above which a goal is missed: this, or for targets above 1 this share of the target."""


def goals_table(plan: PlanYear, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a goal of the district or of a count of towns, one row a town for a goal of every town."""
    rows = []
    for goal in plan.common.goals:
        asked, reached, unit = targets(plan, goal), _reached(goal, plan, tables), _unit(goal, plan)
        places = [str(town) for town in plan.towns.index] if goal.scope == "every_town" else [""]
        if goal.scope == "count_of_towns":
            asked, reached = _counted(goal, asked, reached)
        for place, target, value in zip(places, asked.tolist(), reached.tolist(), strict=True):
            missing = max(0.0, target - value) if np.isfinite(target) and np.isfinite(value) else float("nan")
            words = (goal.strength, plan.common.enforced(goal))
            rows.append((goal.id, goal.scope, place, *words, target, value, missing, unit, goal.text))
    return pd.DataFrame(rows, columns=list(GOALS.columns))


def is_missed(goals: pd.DataFrame) -> pd.Series[bool]:
    """Which rows of goals fall short; rows that ask nothing do not."""
    target, shortfall = goals["target"].astype(float), goals["shortfall"].astype(float)
    return shortfall > MISSED * np.maximum(1.0, target.abs())


def missed_goals(table: pd.DataFrame, strength: str = "hard") -> list[str]:
    """Goals of a strength that a plan falls short of, as ``goal`` or ``goal/town``, in the order of the table.

    Over several years the year stands before (``2017/goal``). Goals that are only measured because the plan has no
    stage for them count as well.
    """
    missed = (table["strength"] == strength) & is_missed(table)
    labels = ["year", "goal", "town"] if table["year"].nunique() > 1 else ["goal", "town"]
    named = table.loc[missed, labels].astype(object).fillna("")
    return ["/".join(str(part) for part in parts if part != "") for parts in named.itertuples(index=False)]


def _counted(
    goal: Goal, asked: npt.NDArray[np.float64], reached: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Towns asked for and towns that reach their target; nothing is asked in a year without any target."""
    enough = reached >= asked * (1.0 - COUNTED)
    assert goal.towns is not None
    wanted = float(goal.towns) if np.isfinite(asked).any() else float("nan")
    return np.array([wanted]), np.array([float(enough.sum()) if np.isfinite(asked).any() else float("nan")])


def _unit(goal: Goal, plan: PlanYear) -> str:
    return "towns" if goal.scope == "count_of_towns" else unit_of(plan, goal.measure)


def _reached(goal: Goal, plan: PlanYear, tables: Mapping[str, pd.DataFrame]) -> npt.NDArray[np.float64]:
    """What is reached, town by town or (one number) in the district."""
    if goal.measure == PAIRED_SLOW_TOWNS:
        return np.array([_paired_share(tables)])
    if goal.measure == CATEGORY_SHARE:
        return np.array([_hours_share(goal, plan, tables)])
    size = sizes(plan, goal.measure)
    if goal.measure in (MONEY, MONEY_PER_HEAD, SPECIAL_FUND_PER_HEAD):
        money = tables["funding"]
        if goal.measure == SPECIAL_FUND_PER_HEAD:
            money = money[money["source"].isin(special_sources(plan))]
        amounts = money.groupby("town")["amount_yuan"].sum() if len(money) else pd.Series(dtype=float)
        in_towns = amounts.reindex(plan.towns.index, fill_value=0.0).to_numpy(float)
        whole = float(amounts.sum())
    elif goal.measure in counted(plan):
        frame = tables["counts"]
        counts = frame[frame["counted"] == goal.measure].set_index("town")["amount"]
        in_towns, whole = counts.reindex(plan.towns.index, fill_value=0.0).to_numpy(float), float(counts.sum())
    else:
        table, column = ("towns", "level_after") if goal.measure == LEVEL else ("attainment", "value")
        frame = tables[table]
        frame = frame if goal.measure == LEVEL else frame[frame["indicator"] == goal.measure]
        values = frame.set_index("town")[column].reindex(plan.towns.index).to_numpy(float)
        in_towns, whole = values * size, float(values @ size)
        if by_town(goal):
            return values
    if not by_town(goal):
        in_towns, size = np.array([whole]), np.ones(1) if is_plain(plan, goal.measure) else size.sum(keepdims=True)
    return np.asarray(np.divide(in_towns, size, out=np.full(len(size), np.nan), where=size > 0))


def _paired_share(tables: Mapping[str, pd.DataFrame]) -> float:
    """Share of the slow-starting towns that have a mentor; 1 where no town is slow."""
    paired, unpaired = tables["pairs"]["mentee"].nunique(), len(tables["unpaired"])
    return 1.0 if paired + unpaired == 0 else paired / (paired + unpaired)


def _hours_share(goal: Goal, plan: PlanYear, tables: Mapping[str, pd.DataFrame]) -> float:
    """Share of a course category in the teaching hours of all categories; 0 where nothing is taught."""
    delivery = plan.required(Delivery)
    hours = {p.id: p.teacher_hours for p in delivery.programmes if p.category is not None}
    own = {p.id: p.teacher_hours for p in delivery.programmes if p.category == goal.category}
    units = tables["delivery"].groupby("programme")["units"].sum()
    taught, whole = (float(units.mul(pd.Series(part, dtype=float), fill_value=0.0).sum()) for part in (own, hours))
    return taught / whole if whole > 0 else 0.0
