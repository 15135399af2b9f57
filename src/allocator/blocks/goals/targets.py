"""What goals ask in a plan year: the target of every place, and the base that a line starts from."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from allocator.planfile import Goal
from allocator.scenario import PlanYear

Floats = npt.NDArray[np.float64]

LEVEL = "level"
MONEY = "money"
MONEY_PER_HEAD = "money_per_head"
SPECIAL_FUND_PER_HEAD = "special_fund_per_head"
PAIRED_SLOW_TOWNS = "paired_slow_towns"
CATEGORY_SHARE = "category_share"

COUNTED = 1e-5
"""Share of its target that a town may lack and still count among the towns that reach it."""


def by_town(goal: Goal) -> bool:
    """Whether a goal looks at towns one by one."""
    return goal.scope != "district"


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


def targets(plan: PlanYear, goal: Goal) -> Floats:
    """What a goal asks in the plan year, town by town or (one number) of the district; nan where nothing."""
    first = min(plan.common.years)
    return np.array([target_of_year(goal, plan.year, first, float(base)) for base in bases(plan, goal)])


def bases(plan: PlanYear, goal: Goal) -> Floats:
    """Values in the year before the plan, town by town or (one number) of the district; nan where not known.

    District values are weighted with this year's denominators.
    """
    count = len(plan.towns) if by_town(goal) else 1
    if goal.base is not None:
        return np.full(count, goal.base)
    if goal.measure in (PAIRED_SLOW_TOWNS, CATEGORY_SHARE):
        return np.zeros(count)
    amounts = _amounts_before(plan, goal)
    size = sizes(plan, goal)
    if by_town(goal):
        return np.asarray(np.divide(amounts, size, out=np.full(count, np.nan), where=size > 0))
    return np.array([amounts.sum() / (size.sum() if goal.measure != MONEY else 1.0)])


def sizes(plan: PlanYear, goal: Goal) -> Floats:
    """What the amounts of a measure are divided by, town by town."""
    if goal.measure == MONEY:
        return np.ones(len(plan.towns))
    if goal.measure in (LEVEL, MONEY_PER_HEAD, SPECIAL_FUND_PER_HEAD):
        return plan.population
    return plan.denominator(next(i for i in plan.indicators if i.id == goal.measure))


def special_sources(plan: PlanYear) -> list[str]:
    """Sources that count as special fund (专项经费)."""
    funding: Any = plan.sections.get("funding")
    return [source.id for source in funding.sources if source.special_fund] if funding is not None else []


def teacher_time(plan: PlanYear) -> float:
    """All hours of all teachers."""
    teaching: Any = plan.sections["teaching"]
    return float(plan.tables[teaching.teachers]["hours"].sum())


def _amounts_before(plan: PlanYear, goal: Goal) -> Floats:
    """Value x size before the plan, town by town."""
    unknown = np.full(len(plan.towns), np.nan)
    if goal.measure in (MONEY, MONEY_PER_HEAD):
        money = plan.money_before_plan()
        return unknown if money is None else money
    if goal.measure == SPECIAL_FUND_PER_HEAD:
        return unknown
    if goal.measure == LEVEL:
        return plan.levels(plan.plan_base()) * sizes(plan, goal)
    at = next(n for n, i in enumerate(plan.indicators) if i.id == goal.measure)
    return plan.plan_base()[:, at] * sizes(plan, goal)
