"""What goals ask in a plan year: the target of every place, and the base that a line starts from."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from allocator.blocks.shared.measures import CATEGORY_SHARE, PAIRED_SLOW_TOWNS, amounts_before, is_plain, sizes
from allocator.blocks.shared.said import finding, name_of
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Goal
from allocator.words.errors import Finding

Floats = npt.NDArray[np.float64]

PERCENT = 100.0
"""What a goal is counted in: percent of its target."""
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
    """What a goal asks in the plan year, town by town or (one number) of the district; nan where nothing.

    Nothing is asked where there is nothing to measure: of the share of residents covered in a town without residents.
    """
    first = min(plan.common.years)
    asked = np.array([target_of_year(goal, plan.year, first, float(base)) for base in bases(plan, goal)])
    return np.where(_size(plan, goal) > 0, asked, np.nan)


def bases(plan: PlanYear, goal: Goal) -> Floats:
    """Values in the year before the plan, town by town or (one number) of the district; nan where not known.

    District values are weighted with this year's denominators.
    """
    count = len(plan.towns) if by_town(goal) else 1
    if goal.base is not None:
        return np.full(count, goal.base)
    if goal.measure in (PAIRED_SLOW_TOWNS, CATEGORY_SHARE):
        return np.zeros(count)
    amounts, size = amounts_before(plan, goal.measure), _size(plan, goal)
    amounts = amounts if by_town(goal) else amounts.sum(keepdims=True)
    return np.asarray(np.divide(amounts, size, out=np.full(count, np.nan), where=size > 0))


def _size(plan: PlanYear, goal: Goal) -> Floats:
    """What amounts are divided by, town by town or (one number) in the district; 1 where nothing divides them."""
    if goal.measure in (PAIRED_SLOW_TOWNS, CATEGORY_SHARE):
        return np.ones(1)
    size = sizes(plan, goal.measure)
    if by_town(goal):
        return size
    return np.ones(1) if is_plain(plan, goal.measure) else size.sum(keepdims=True)


def teacher_time(plan: PlanYear) -> float:
    """All hours of all teachers."""
    return float(plan.table("teaching.teachers")["hours"].sum())


def asking(plan: PlanYear, measure: str) -> list[Goal]:
    """Goals on a measure that are rules or sought by a stage."""
    return [goal for goal in plan.common.goals if goal.measure == measure and goal.strength != "measured"]


def missed(plan: PlanYear, goal: Goal, code: str, values: Mapping[str, object]) -> Finding:
    """A goal out of reach: there is no plan where it is a rule, else it will be missed."""
    chosen = code if goal.strength == "rule" else f"W{code[1:]}"
    return finding(plan, chosen, f"goals.{goal.id}.at_least", {"goal": name_of(goal), **values})
