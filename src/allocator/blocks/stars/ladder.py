"""What it takes each station to climb the grades of the standard: which criteria to upgrade, and at what cost.

Grade by grade, a station upgrades the cheapest set of criteria that lifts it to the cutoff; what was upgraded for a
lower grade stays. Of equally cheap sets it is the one with the fewest criteria, then the first by ids. So the cost of
a grade is a number of its own, whenever the grades below it were reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocator.blocks.stars.section import StarGrade, Stars
from allocator.scenario.plan_year import PlanYear

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]

EXACT = 1_000_000
"""Points and yuan are compared as whole millionths, so that sums tie exactly."""

Item = tuple[int, int]
"""Points that upgrading a criterion adds, and its cost [millionths]."""


@dataclass(frozen=True, eq=False)
class Ladder:
    """Stations and the grades of the standard, as the plan starts; stations by id, grades from the lowest."""

    station: tuple[str, ...]
    town: Codes
    """Position of each station's town."""
    residents: Floats
    slow: Floats
    grade: tuple[str, ...]
    stars: tuple[int, ...]
    """Stars of each grade."""
    held: Bools
    """[station, grade]: has it already."""
    points: Floats
    """Points of each station now."""
    cost: Floats
    """[station, grade]: yuan from the grade below (from now, where that is reached)."""
    upgrades: tuple[tuple[tuple[int, ...], ...], ...]
    """[station][grade]: positions of the criteria that are upgraded for the grade."""
    criterion: tuple[str, ...]
    gaps: Floats
    """[station, criterion]: points to the full number."""

    def worth(self, slow_weight: float) -> Floats:
        """Worth of each station [residents, more for those that start slowly]."""
        return self.residents * (1.0 + slow_weight * self.slow)

    def alike(self) -> list[tuple[int, int]]:
        """Pairs of stations, next to one another by id, that no rule tells apart."""
        last: dict[Any, int] = {}
        found = []
        for at in range(len(self.station)):
            own = (self.town[at], self.residents[at], self.slow[at], *self.cost[at], *self.held[at])
            if own in last:
                found.append((last[own], at))
            last[own] = at
        return found


def beginning(plan: PlanYear) -> PlanYear:
    """The first of the years up to this one that are decided together and have stars."""
    while plan.before is not None and "stars" in plan.before.sections:
        plan = plan.before
    return plan


def by_cutoff(grades: Iterable[StarGrade]) -> list[StarGrade]:
    """Grades from the lowest."""
    return sorted(grades, key=lambda each: each.stars)


def ladder(plan: PlanYear) -> Ladder:
    """What each station needs, as the years that are decided together begin."""
    start = beginning(plan)
    given = start.required(Stars)
    grades = by_cutoff(given.grades)
    stations = start.tables[given.stations].sort_values("station")
    criteria = start.tables[given.criteria].sort_values("criterion")
    full, prices = (criteria[name].to_numpy(dtype=float) for name in ("points", "upgrade_cost_yuan"))
    points = _points(start, given, list(stations["station"]), list(criteria["criterion"]))
    gaps = np.maximum(full - points, 0.0)
    held = stations["star"].to_numpy()[:, None] >= np.array([each.stars for each in grades])
    cost, upgrades = np.zeros(held.shape), []
    for at, own in enumerate(points):
        chosen = climb(own.tolist(), full.tolist(), prices.tolist(), [each.cutoff for each in grades], held[at])
        cost[at] = [prices[list(each)].sum() for each in chosen]
        upgrades.append(tuple(chosen))
    return Ladder(
        tuple(stations["station"]),
        np.asarray(start.towns.index.get_indexer(pd.Index(stations["town"])), dtype=np.intp),
        stations["residents"].to_numpy(dtype=float),
        stations["slow"].to_numpy(dtype=float),
        tuple(each.id for each in grades),
        tuple(each.stars for each in grades),
        held,
        points.sum(axis=1),
        cost,
        tuple(upgrades),
        tuple(criteria["criterion"]),
        gaps,
    )


def starred_before(plan: PlanYear) -> dict[str, int]:
    """Stars of each station before the plan's first year."""
    start = beginning(plan)
    first = next((year for year in start.earlier if "stars" in year.sections), start)
    stars = _stars(start)
    return stars | {station: count for station, count in _stars(first).items() if station in stars}


def _stars(plan: PlanYear) -> dict[str, int]:
    given = plan.required(Stars)
    table = plan.tables[given.stations]
    return dict(zip(table["station"], table["star"].astype(int), strict=True))


def _points(plan: PlanYear, given: Stars, stations: list[str], criteria: list[str]) -> Floats:
    """Points now [station, criterion]."""
    at_station = {station: at for at, station in enumerate(stations)}
    at_criterion = {criterion: at for at, criterion in enumerate(criteria)}
    made = np.zeros((len(stations), len(criteria)))
    table = plan.tables[given.scores]
    for station, criterion, points in zip(table["station"], table["criterion"], table["points"], strict=True):
        made[at_station[station], at_criterion[criterion]] = points
    return made


def climb(
    points: Sequence[float], full: Sequence[float], prices: Sequence[float], cutoffs: Sequence[float], held: Bools
) -> list[tuple[int, ...]]:
    """Criteria (positions) that a station upgrades for each grade; none for a grade it has."""
    have = sum(_exact(each) for each in points)
    left = [at for at in range(len(full)) if full[at] > points[at]]
    made: list[tuple[int, ...]] = []
    for cutoff, done in zip(cutoffs, held, strict=True):
        items = tuple((_exact(full[at]) - _exact(points[at]), _exact(prices[at])) for at in left)
        chosen = () if done else tuple(left[n] for n in cheapest(items, _exact(cutoff) - have))
        made.append(chosen)
        have += sum(_exact(full[at]) - _exact(points[at]) for at in chosen)
        left = [at for at in left if at not in chosen]
    return made


def _exact(number: float) -> int:
    return round(number * EXACT)


@lru_cache(maxsize=65536)
def cheapest(items: tuple[Item, ...], need: int) -> tuple[int, ...]:
    """The cheapest set of items that adds up to a need; then the one with the fewest, then the first by position.

    Of sets of the first few items only those are kept that no other beats in points and cost (Nemhauser and Ullmann
    1969, Discrete dynamic programming and capital allocation).
    """
    if need <= 0:
        return ()
    kept: list[tuple[tuple[int, int, tuple[int, ...]], int]] = [((0, 0, ()), 0)]
    for at, (gain, price) in enumerate(items):
        more = [((cost + price, count + 1, (*ids, at)), min(need, own + gain)) for (cost, count, ids), own in kept]
        most, every = -1, sorted([*kept, *more], key=lambda each: (each[0], -each[1]))
        kept = []
        for state in every:
            if state[1] > most:
                kept.append(state)
                most = state[1]
    enough = [state for state, own in kept if own >= need]
    return min(enough)[2]
