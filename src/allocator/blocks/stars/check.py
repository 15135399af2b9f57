"""Stars that goals ask for: whether the batches of the years, the stations and the money allow them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from allocator.blocks.shared.known import Floats, Known
from allocator.blocks.shared.locked import Range
from allocator.blocks.shared.said import by_town as said_by_town
from allocator.blocks.shared.said import exceeds, finding
from allocator.blocks.shared.targets import COUNTED, by_town, missed, targets
from allocator.blocks.stars.ladder import Codes, Ladder, beginning, ladder
from allocator.blocks.stars.section import Stars
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Goal, Lock
from allocator.words.errors import Finding
from allocator.words.texts import Text


@dataclass(frozen=True, eq=False)
class Asked:
    """Stations that must have a grade."""

    goal: Goal
    rung: int
    """Position of the grade."""
    stations: Floats
    """Least stations with the grade: of each town that must have some, or of the district."""
    chosen: Sequence[Codes]
    """Positions of the stations that each number is about."""
    places: int
    """How many of these places must have them."""


def findings(known: Known, given: Stars) -> list[Finding]:
    """Goals on stars against batches, stations and money; tables that count different numbers of stations."""
    plan = known.plan
    way = ladder(plan)
    found = [*_counts(plan, way), *_unseen(known, given)]
    for goal in plan.common.goals:
        asked = _asked(plan, way, goal) if goal.strength != "measured" else None
        if asked is not None:
            found += [*_batches(known, way, asked), *_money(known, way, asked)]
    return found


def lock_range(known: Known, given: Stars, lock: Lock) -> Range:  # noqa: ARG001
    """Grades that stations have, and all that there are."""
    way = ladder(known.plan)
    rows = [at for at, station in enumerate(way.station) if lock.where.get("station") in (None, station)]
    rungs = [at for at, grade in enumerate(way.grade) if lock.where.get("grade") in (None, grade)]
    held = way.held[rows][:, rungs]
    return Range(float(held.sum()), float(held.size), Text("check.why_stars"))


def _unseen(known: Known, given: Stars) -> Iterator[Finding]:
    """A weight of slow stations that is written down, and no look at what stars are worth; said of the first year."""
    plan, path = known.plan, "stars.slow_weight"
    is_said = plan.before is None and path in plan.places and given.slow_weight > 0
    if is_said and "stars.benefit" not in known.looked_at:
        yield finding(plan, "W805", path, {"weight": given.slow_weight})


def _counts(plan: PlanYear, way: Ladder) -> Iterator[Finding]:
    """The towns table and the table of stations count alike."""
    if plan.before is not None or "stations" not in plan.towns:
        return
    listed = np.bincount(way.town, minlength=len(plan.towns)).astype(float)
    counted = plan.per_town("stations")
    values = {"listed": listed, "counted": counted}
    yield from said_by_town(plan, "W804", "stars.stations", listed != counted, values)


def _asked(plan: PlanYear, way: Ladder, goal: Goal) -> Asked | None:
    """What a goal asks of the stations; none where it asks for something else, or for nothing."""
    names = {"star_stations": 0, "star_share": 0}
    names |= {f"star_stations_{grade}": rung for rung, grade in enumerate(way.grade) if rung}
    if goal.measure not in names:
        return None
    target = np.nan_to_num(targets(plan, goal))
    every = [np.arange(len(way.station))]
    chosen = [np.flatnonzero(way.town == at) for at in range(len(plan.towns))] if by_town(goal) else every
    size = np.array([len(each) for each in chosen]) if goal.measure == "star_share" else np.ones(len(chosen))
    spare = COUNTED if goal.scope == "count_of_towns" else 0.0
    least = np.ceil(target * (1.0 - spare) * size - 1e-6)
    places = (goal.towns or 0) if goal.scope == "count_of_towns" else len(chosen)
    return Asked(goal, names[goal.measure], least, chosen, places) if least.any() else None


def _least(asked: Asked, need: Floats) -> float:
    """Least sum of a need of stations [station] over any choice of stations that gives what is asked for.

    Infinite where a town has too few stations. Of a count of towns the ones that need least.
    """
    sums = []
    for count, stations in zip(asked.stations.astype(int), asked.chosen, strict=True):
        sums.append(float(np.sort(need[stations])[:count].sum()) if count <= len(stations) else np.inf)
    return float(np.sort(sums)[: asked.places].sum())


def _batches(known: Known, way: Ladder, asked: Asked) -> Iterator[Finding]:
    """Grades that must be reached by the end of the year, against the batches until then."""
    steps = _least(asked, (~way.held[:, : asked.rung + 1]).sum(axis=1).astype(float))
    caps = [given.most_a_year for _, given in _years(known)]
    most = np.inf if None in caps else float(sum(cap or 0 for cap in caps))
    if np.isinf(steps):
        yield missed(known.plan, asked.goal, "F803", {"stations": len(way.station)})
    elif exceeds(steps, most):
        yield missed(known.plan, asked.goal, "F801", {"steps": steps, "most": most, "years": len(caps)})


def _money(known: Known, way: Ladder, asked: Asked) -> Iterator[Finding]:
    """The cheapest way to what is asked for, against all money that may pay for it until the end of the year."""
    cost = _least(asked, way.cost[:, : asked.rung + 1].sum(axis=1))
    years, money = _years(known), 0.0
    for year, given in years:
        if year.money is None:
            return
        paying = [source for source in year.money.given.sources if given.spending in source.pays]
        is_first = year is years[-1][0]
        money += sum(source.amount + (source.carried_in if is_first else 0.0) for source in paying)
    if np.isfinite(cost) and exceeds(cost, money):
        yield missed(known.plan, asked.goal, "F802", {"cost": cost, "money": money})


def _years(known: Known) -> list[tuple[Known, Stars]]:
    """The years up to this one that are decided together and have stars, the last one first, and what they say."""
    start, at, years = beginning(known.plan), known, []
    while True:
        given = at.plan.section(Stars)
        if given is not None:
            years.append((at, given))
        if at.plan is start or at.before is None:
            return years
        at = at.before
