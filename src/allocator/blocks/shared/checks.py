"""The words every audit is written in: checks of one family, postings to a ledger, sums by key.

A *key* is the labels of a row except its year, joined by ``/``. A *weight* is the sum of |coefficient| over the
cells that enter a row: written cells are off by at most half their last digit, so that a row is off by at most
weight x half a digit. Everything here is pandas and numpy; nothing is shared with the model of a block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import ANY_CATEGORY, DISTRICT, Indicator
from allocator.words.columns import DECIMALS

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.floating[Any]]
Sense = Literal["<=", ">=", "=="]
Amounts = pd.Series
"""Numbers by key (index: str)."""
Tables = Mapping[str, pd.DataFrame]

HALF_DIGIT = 0.5 * 10.0**-DECIMALS
"""Most that rounding moved a written number."""
RELATIVE = 1e-6
"""Share of a row's scale that solvers leave open."""


@dataclass(frozen=True, eq=False)
class Checks:
    """Checks of one family with one sense, as aligned arrays."""

    family: str
    key: npt.NDArray[np.object_]
    activity: Floats
    sense: Sense
    bound: Floats
    tolerance: Floats
    needed: npt.NDArray[np.bool_] | None = None
    """Rules: whether a row must stand in the table of rows (one that nothing enters may be left out). Figures: none."""
    requirement: npt.NDArray[np.object_] | None = None
    """Rules: the part of the scenario that asks for each, as the table of rows names it. Figures: none."""

    @property
    def violation(self) -> Floats:
        """How far each check is missed, 0 if kept; ``inf`` where a number is missing."""
        with np.errstate(invalid="ignore"):
            over = self.activity - self.bound
        over = np.where(self.activity == self.bound, 0.0, over)
        missed = {"<=": over, ">=": -over, "==": np.abs(over)}[self.sense]
        return np.where(np.isnan(missed), np.inf, np.maximum(missed, 0.0))

    @property
    def broken(self) -> npt.NDArray[np.bool_]:
        """Which checks are missed by more than their tolerance."""
        return np.asarray(self.violation > self.tolerance)

    def __len__(self) -> int:
        return len(self.key)


@dataclass(frozen=True, eq=False)
class Posting:
    """What a block brings into a ledger or takes out of it."""

    ledger: str
    block: str
    side: Literal["provided", "supplied", "used"]
    """provided: a given amount; supplied and used: sums of decisions."""
    amounts: Amounts
    weights: Amounts


@dataclass(frozen=True, eq=False)
class Judged:
    """What stages look at, recomputed from tables, by key."""

    amounts: Amounts
    weights: Amounts
    """Sum of |coefficient| over the written cells that enter each."""
    size: Amounts | None = None
    """Weight of each outcome where a stage names no column; none: all alike."""
    less_is_better: bool = False


Judges = Mapping[str, Callable[[Tables, PlanYear, Any], Judged]]
"""Name of an outcome of a block, as stages name it, to its recomputation from tables, plan year and section."""


def keys(frame: pd.DataFrame, columns: Sequence[str]) -> npt.NDArray[np.object_]:
    """The key of each row of a table."""
    made = np.full(len(frame), "", dtype=object)
    for at, column in enumerate(columns):
        made = made + ("/" if at else "") + frame[column].to_numpy(dtype=object)
    return made


def totals(key: npt.NDArray[np.object_], numbers: Floats) -> Amounts:
    """Sums by key, sorted by key; a missing number makes its sum missing (pandas would skip it)."""
    codes, names = pd.factorize(key, sort=True)
    sums = np.bincount(codes, weights=numbers, minlength=len(names)) if len(names) else np.zeros(0)
    return pd.Series(sums, index=pd.Index(names, dtype=object), dtype=float)


def first_of(key: npt.NDArray[np.object_], numbers: pd.Series) -> Amounts:
    """Numbers by key; of rows with the same key the first."""
    made = pd.Series(numbers.to_numpy(dtype=float), index=pd.Index(key, dtype=object))
    return made[~made.index.duplicated()]


def aligned(amounts: Amounts | float, index: pd.Index, absent: float = 0.0) -> Floats:
    """Numbers in the order of an index of keys."""
    if isinstance(amounts, pd.Series):
        return np.asarray(amounts.reindex(index, fill_value=absent).to_numpy(dtype=float))
    return np.full(len(index), float(amounts))


def rule(
    family: str,
    activity: Amounts,
    sense: Sense,
    bound: Amounts | float,
    weight: Amounts | float,
    needed: Amounts | bool = True,
) -> Checks:
    """Rows of a family: one for each key of the activity."""
    index = activity.index
    bounds, weights = aligned(bound, index), aligned(weight, index)
    tolerance = weights * HALF_DIGIT + RELATIVE * np.maximum(1.0, np.abs(bounds))
    must = aligned(needed, index) > 0
    return Checks(family, index.to_numpy(dtype=object), activity.to_numpy(dtype=float), sense, bounds, tolerance, must)


def figure(family: str, written: Amounts, expected: Amounts, weight: Amounts | float = 0.0) -> Checks:
    """A derived figure against its recomputation, key by key; one that is missing or too many is a violation."""
    index = written.index.union(expected.index)
    left, right = aligned(written, index, np.nan), aligned(expected, index, np.nan)
    both = index.isin(written.index) & index.isin(expected.index)
    empty = both & np.isnan(left) & np.isnan(right)
    left, right = np.where(empty, 0.0, left), np.where(empty, 0.0, right)
    with np.errstate(invalid="ignore"):
        scale = np.maximum(1.0, np.nan_to_num(np.abs(right), nan=1.0, posinf=1.0))
    weights = np.nan_to_num(aligned(weight, index), nan=0.0, posinf=0.0)
    tolerance = (weights + 1.0) * HALF_DIGIT + RELATIVE * scale
    return Checks(family, index.to_numpy(dtype=object), left, "==", right, tolerance)


def forbidden(family: str, key: npt.NDArray[np.object_]) -> Checks:
    """Rows that must not be there: each counts 1 against a bound of 0."""
    nothing = np.zeros(len(key))
    return Checks(family, np.asarray(key, dtype=object), np.ones(len(key)), "==", nothing, nothing)


@dataclass(frozen=True, eq=False)
class Cells:
    """A decision on every cell that may hold one; cells that the table leaves out are 0."""

    frame: pd.DataFrame
    """The labels, further columns of the cells, and ``amount``."""
    strays: npt.NDArray[np.object_]
    """Keys of written rows that no cell allows."""
    absent: npt.NDArray[np.object_]
    """Keys of cells that the table leaves out."""

    def total(self, by: Sequence[str], coefficient: Numbers | float = 1.0) -> tuple[Amounts, Amounts]:
        """Sum of coefficient x amount by key, and its weight."""
        key = keys(self.frame, by)
        factors = np.broadcast_to(np.asarray(coefficient, dtype=float), len(key))
        return totals(key, factors * self.frame["amount"].to_numpy(dtype=float)), totals(key, np.abs(factors))

    def whole(self, coefficient: Numbers | float = 1.0) -> tuple[float, float]:
        """Sum of coefficient x amount over all cells, and its weight."""
        factors = np.broadcast_to(np.asarray(coefficient, dtype=float), len(self.frame))
        return float(factors @ self.frame["amount"].to_numpy(dtype=float)), float(np.abs(factors).sum())

    def named(self, label: str, name: str) -> Cells:
        """The same cells with one more label."""
        return replace(self, frame=self.frame.assign(**{label: name}))

    def checks(self, decision: str, labels: Sequence[str]) -> list[Checks]:
        """No stray row, nothing below zero."""
        amounts = totals(keys(self.frame, labels), self.frame["amount"].to_numpy(dtype=float))
        least = rule(decision, amounts, ">=", 0.0, 1.0)
        return [forbidden(decision, self.strays), as_figure(least)]


def as_figure(checks: Checks) -> Checks:
    """Checks that are not rows of the table of rows."""
    return Checks(checks.family, checks.key, checks.activity, checks.sense, checks.bound, checks.tolerance)


def cells(possible: pd.DataFrame, written: pd.DataFrame, labels: Sequence[str], amount: str) -> Cells:
    """Lay a written decision over the cells that may hold one."""
    amounts = totals(keys(written, labels), written[amount].to_numpy(dtype=float))
    own = keys(possible, labels)
    cell = pd.Index(own, dtype=object)
    frame = possible.assign(amount=aligned(amounts, cell))
    strays = amounts.index[~amounts.index.isin(own)]
    absent = cell[~cell.isin(amounts.index)]
    return Cells(frame, strays.to_numpy(dtype=object), absent.to_numpy(dtype=object))


def product(sides: Mapping[str, Iterable[str]]) -> pd.DataFrame:
    """Every combination of labels, as a table."""
    index = pd.MultiIndex.from_product([list(side) for side in sides.values()], names=list(sides))
    return index.to_frame(index=False).astype(object)


def by_town(plan: PlanYear, column: str) -> Amounts:
    """A column of the towns table by town; 0 where the table has none."""
    if column not in plan.towns:
        return pd.Series(0.0, index=pd.Index(plan.towns.index, dtype=object))
    return pd.Series(plan.towns[column].to_numpy(dtype=float), index=pd.Index(plan.towns.index, dtype=object))


def most_credited(indicator: Indicator) -> float:
    """Most attainment of an indicator: 1, or what its ceiling leaves."""
    return 1.0 if indicator.ceiling is None else min(1.0, indicator.ceiling / indicator.target)


def credited(indicator: Indicator, value: Amounts) -> Amounts:
    """Attainment: value over target, at most 1 and at most what the ceiling leaves."""
    return (value / indicator.target).clip(upper=most_credited(indicator))


def levels_of(plan: PlanYear, values: Mapping[str, Amounts]) -> Amounts:
    """Level of each town for values [town] by indicator: 100 x sum of weight x attainment."""
    level = pd.Series(0.0, index=pd.Index(plan.towns.index, dtype=object))
    for indicator in plan.indicators:
        level = level + 100.0 * indicator.weight * credited(indicator, values[indicator.id])
    return level


def levels_before(plan: PlanYear) -> Amounts:
    """Level of each town before the year."""
    return levels_of(plan, {indicator.id: plan.base[indicator.id].astype(float) for indicator in plan.indicators})


def trips(plan: PlanYear, limit: float | None) -> pd.DataFrame:
    """Towns (from_town, to_town, minutes) within a travel time of one another, each with itself.

    In a plan without travel nobody leaves home.
    """
    towns = plan.towns.index.to_numpy(dtype=object)
    minutes = np.full((len(towns), len(towns)), np.inf) if plan.travel is None else np.array(plan.travel.minutes)
    np.fill_diagonal(minutes, 0.0)
    start, end = np.nonzero(np.isfinite(minutes) & (minutes <= (np.inf if limit is None else limit + 1e-9)))
    return pd.DataFrame({"from_town": towns[start], "to_town": towns[end], "minutes": minutes[start, end]})


def reach(plan: PlanYear, kind: Literal["teaching", "volunteering", "mentoring"]) -> float | None:
    """Longest travel time of a kind of exchange; none: no limit."""
    travel = plan.common.travel
    return None if travel is None else getattr(travel.reach_minutes, kind)


def programmes(plan: PlanYear) -> pd.DataFrame:
    """Programmes of the plan: id, category (``any`` without one), spending category, cost and hours a unit."""
    section = plan.sections.get("delivery")
    numbers = ("unit_cost", "teacher_hours", "volunteer_hours", "venue_hours")
    rows = [
        (p.id, p.category or ANY_CATEGORY, p.spending, *(float(getattr(p, name)) for name in numbers))
        for p in getattr(section, "programmes", ())
    ]
    frame = pd.DataFrame(rows, columns=["programme", "category", "spending", *numbers])
    return frame.astype({"programme": object, "category": object, "spending": object})


def cost_lines(plan: PlanYear) -> pd.DataFrame:
    """Who may be paid for what (town, programme, spending), the district centre included."""
    towns = list(plan.towns.index)
    places = {"towns": towns, "district": [DISTRICT], "everywhere": [*towns, DISTRICT]}
    rows = [
        (town, line, how.spending)
        for section in plan.sections.values()
        for line, how in section.cost_lines().items()
        for town in places[how.at]
    ]
    return pd.DataFrame(rows, columns=["town", "programme", "spending"], dtype=object)
