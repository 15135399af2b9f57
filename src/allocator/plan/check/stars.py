"""Stars that goals ask for: whether the batches of the years, the stations and the money allow them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from allocator.blocks.goals.targets import COUNTED, by_town, targets
from allocator.blocks.stars.ladder import Codes, Floats, Ladder, beginning, ladder
from allocator.plan.check.said import by_town as said_by_town
from allocator.plan.check.said import exceeds, finding
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Goal
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


def star_findings(plan: PlanYear) -> list[Finding]:
    """Goals on stars against batches, stations and money; tables that count different numbers of stations."""
    if "stars" not in plan.sections:
        return []
    way = ladder(plan)
    found = list(_counts(plan, way))
    for goal in plan.common.goals:
        asked = _asked(plan, way, goal) if goal.strength != "measured" else None
        if asked is not None:
            found += [*_batches(plan, way, asked), *_money(plan, way, asked)]
    return found


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


def _batches(plan: PlanYear, way: Ladder, asked: Asked) -> Iterator[Finding]:
    """Grades that must be reached by the end of the year, against the batches until then."""
    steps = _least(asked, (~way.held[:, : asked.rung + 1]).sum(axis=1).astype(float))
    caps = [_section(year).most_a_year for year in _years(plan)]
    most = np.inf if None in caps else float(sum(cap or 0 for cap in caps))
    if np.isinf(steps):
        yield _said(plan, asked, "F803", {"stations": len(way.station)})
    elif exceeds(steps, most):
        yield _said(plan, asked, "F801", {"steps": steps, "most": most, "years": len(caps)})


def _money(plan: PlanYear, way: Ladder, asked: Asked) -> Iterator[Finding]:
    """The cheapest way to what is asked for, against all money that may pay for it until the end of the year."""
    cost = _least(asked, way.cost[:, : asked.rung + 1].sum(axis=1))
    years, money = _years(plan), 0.0
    for year in years:
        funding: Any = year.sections.get("funding")
        if funding is None:
            return
        paying = [source for source in funding.sources if _section(year).spending in source.pays]
        money += sum(source.amount + (source.carried_in if year is years[-1] else 0.0) for source in paying)
    if np.isfinite(cost) and exceeds(cost, money):
        yield _said(plan, asked, "F802", {"cost": cost, "money": money})


def _said(plan: PlanYear, asked: Asked, code: str, values: dict[str, object]) -> Finding:
    goal = asked.goal
    name = Text("check.name", {"zh": goal.name.zh, "en": goal.name.en}) if goal.name else goal.id
    chosen = code if goal.strength == "rule" else f"W{code[1:]}"
    return finding(plan, chosen, f"goals.{goal.id}.at_least", {"goal": name, **values})


def _years(plan: PlanYear) -> list[PlanYear]:
    """The years up to this one that are decided together and have stars."""
    start, years = beginning(plan), [plan]
    while years[-1] is not start and years[-1].before is not None:
        years.append(years[-1].before)
    return years


def _section(plan: PlanYear) -> Any:
    return plan.sections["stars"]
