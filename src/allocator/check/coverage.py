"""Bases and coverage: more bases asked for than there are sites, stations out of reach, too few places."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

import numpy as np
import pandas as pd

from allocator.blocks.coverage.reach import Ways, counted, covering, stations_of, ways
from allocator.blocks.goals.targets import targets
from allocator.blocks.sites import open_before, opened_earlier, sites_of
from allocator.check.said import exceeds, finding, listed, named
from allocator.errors import Finding
from allocator.planfile import Goal
from allocator.scenario import PlanYear
from allocator.texts import Text

MOST_STATIONS = 10
"""Most stations that are named one by one."""


def coverage_findings(plan: PlanYear) -> list[Finding]:
    """Everything that arithmetic can say about bases and coverage."""
    if "bases" not in plan.sections:
        return []
    found = list(_numbers(plan))
    given: Any = plan.sections.get("coverage")
    if given is not None:
        every = ways(plan, given)
        found += [*_rules(plan, given, every), *_service(plan, given, every)]
    return found


def _numbers(plan: PlanYear) -> Iterator[Finding]:
    """The number of bases that must be open against the sites, and those open already."""
    given: Any = plan.sections["bases"]
    known, most = open_before(plan), _most_open(plan)
    stands, sites = sum(known.values()), len(known)
    asked = given.exactly_open
    if asked is not None and plan.is_last and not stands <= asked <= most:
        values = {"asked": asked, "sites": sites, "open": stands, "most": most}
        yield finding(plan, "F841", "bases.exactly_open", values)
    for goal in _rule_goals(plan, "bases"):
        target = float(np.nanmax(targets(plan, goal), initial=-np.inf))
        if np.isfinite(target) and goal.scope == "district" and target > most + 1e-9:
            values = {"asked": target, "sites": sites, "open": stands, "most": most}
            yield finding(plan, "F841", f"goals.{goal.id}", values)


def _most_open(plan: PlanYear) -> int:
    """Most bases that may be open in the year."""
    given: Any = plan.sections["bases"]
    known = open_before(plan)
    new = len(known) if given.most_new is None else given.most_new - opened_earlier(plan)
    return min(len(known), sum(known.values()) + max(0, new))


def open_range(plan: PlanYear, named_sites: Container[str]) -> tuple[int, int]:
    """Least and most of some sites that can be open in the year: those open already, and what may still open."""
    given: Any = plan.sections["bases"]
    known = open_before(plan)
    own = [known[site] for site in known if site in named_sites]
    stands, everywhere = sum(own), sum(known.values())
    least, most = stands, min(len(own), stands + _most_open(plan) - everywhere)
    if given.exactly_open is not None and plan.is_last:
        least = max(least, given.exactly_open - (len(known) - len(own)))
        most = min(most, given.exactly_open - (everywhere - stands))
    return least, most


def _rule_goals(plan: PlanYear, measure: str) -> list[Goal]:
    """Goals on a measure that are rules."""
    return [goal for goal in plan.common.goals if goal.measure == measure and goal.strength == "rule"]


def _rules(plan: PlanYear, given: Any, every: Ways) -> Iterator[Finding]:
    """Coverage that is a rule against what all sites together could cover."""
    stations = stations_of(plan, given)
    station, _ = covering(plan, given, every)
    can = np.zeros(len(stations))
    can[station] = 1.0
    heads = stations["residents"].to_numpy(dtype=float)
    left = _stations(plan, given, can == 0)
    how = counted(plan, given)
    for measure, amount in (("covered_share", can * heads), ("covered_stations", can)):
        town = plan.towns.index.get_indexer(pd.Index(stations["town"]))
        most = np.bincount(town, weights=amount, minlength=len(plan.towns)).astype(float)
        size = how[measure].size
        for goal in _rule_goals(plan, measure):
            asked = targets(plan, goal)
            if goal.scope == "count_of_towns":
                continue
            if goal.scope == "district":
                reach = np.array([most.sum() if size is None else most.sum() / max(float(size.sum()), 1e-9)])
            else:
                reach = most if size is None else most / np.maximum(size, 1e-9)
            short = np.flatnonzero(np.nan_to_num(asked, nan=-np.inf) > reach + 1e-6)
            if len(short):
                at = int(short[0])
                values = {"asked": float(asked[at]), "most": float(reach[at]), "stations": left}
                yield finding(plan, "F842", f"goals.{goal.id}", values)


def _service(plan: PlanYear, given: Any, every: Ways) -> Iterator[Finding]:
    """Stations that can go nowhere, and places against residents."""
    if given.serve == "none":
        return
    stations, sites = stations_of(plan, given), sites_of(plan)
    somewhere = np.isin(np.arange(len(stations)), every.station)
    if not somewhere.all():
        yield finding(plan, "F844", "coverage.serve", {"stations": _stations(plan, given, ~somewhere)})
        return
    if not given.capacity:
        return
    places = sites["capacity"].fillna(np.inf).to_numpy(dtype=float)
    heads = stations["residents"].to_numpy(dtype=float)
    bases: Any = plan.sections["bases"]
    known = open_before(plan)
    stands = np.array([known[site] for site in sites["site"]], dtype=bool)
    most = _most_open(plan)
    if bases.exactly_open is not None:
        most = min(most, bases.exactly_open)
    new = np.sort(places[~stands])[::-1][: max(0, most - int(stands.sum()))]
    room = float(places[stands].sum() + new.sum())
    if exceeds(float(heads.sum()), room):
        values = {"residents": float(heads.sum()), "places": room, "short": float(heads.sum()) - room, "most": most}
        yield finding(plan, "F843", "coverage.capacity", values)
    largest = np.zeros(len(stations))
    np.maximum.at(largest, every.station, places[every.site])
    too_large = heads > largest + 1e-6
    if too_large.any():
        yield finding(plan, "F845", "coverage.capacity", {"stations": _stations(plan, given, too_large)})


def _stations(plan: PlanYear, given: Any, chosen: np.ndarray) -> Text:
    """Stations by name with their residents; of many the first ones."""
    own = stations_of(plan, given)[chosen]
    words = [
        Text(
            "check.station",
            {
                "name": Text("check.name", {"zh": zh, "en": en}),
                "town": named(plan, town),
                "heads": f"{heads:,.0f}",
            },
        )
        for zh, en, town, heads in own[["name_zh", "name_en", "town", "residents"]].itertuples(index=False)
    ]
    more = len(words) - MOST_STATIONS
    shown = words[:MOST_STATIONS]
    return listed(shown if more <= 0 else [*shown, Text("check.more_stations", {"n": more})])
