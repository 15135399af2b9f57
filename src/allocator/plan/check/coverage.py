"""Bases and coverage: more bases asked for than there are sites, stations out of reach, too few places."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from allocator.blocks.coverage.counted import counted
from allocator.blocks.coverage.reach import Ways, covering, stations_of, ways
from allocator.blocks.goals.targets import COUNTED, by_town, targets
from allocator.blocks.shared.sites import open_before, opened_earlier, sites_of
from allocator.plan.check.said import exceeds, finding, listed, named, number
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Goal
from allocator.words.errors import Finding
from allocator.words.texts import Text

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
        found += [*_covered(plan, given, every), *_service(plan, given, every)]
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
    for goal in _asking(plan, "bases"):
        target = float(np.nanmax(targets(plan, goal), initial=-np.inf))
        if np.isfinite(target) and goal.scope == "district" and target > most + 1e-9:
            values = {"asked": target, "sites": sites, "open": stands, "most": most}
            yield _missed(plan, goal, "F841", values)


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


def _asking(plan: PlanYear, measure: str) -> list[Goal]:
    """Goals on a measure that are rules or sought by a stage."""
    return [goal for goal in plan.common.goals if goal.measure == measure and goal.strength != "measured"]


def _missed(plan: PlanYear, goal: Goal, code: str, values: Mapping[str, object]) -> Finding:
    """A goal out of reach: there is no plan where it is a rule, else it will be missed."""
    name = Text("check.name", {"zh": goal.name.zh, "en": goal.name.en}) if goal.name else goal.id
    chosen = code if goal.strength == "rule" else f"W{code[1:]}"
    return finding(plan, chosen, f"goals.{goal.id}.at_least", {"goal": name, **values})


def _covered(plan: PlanYear, given: Any, every: Ways) -> Iterator[Finding]:
    """Coverage that goals ask for, against what the bases that may be open could cover."""
    stations, sites = stations_of(plan, given), sites_of(plan)
    station, _ = covering(plan, given, every)
    known, heads = open_before(plan), stations["residents"].to_numpy(dtype=float)
    stands = sum(known.values())
    new = open_range(plan, known)[1] - stands
    why = "check.with_all_sites" if new >= len(sites) - stands else "check.with_new_sites"
    left = _stations(plan, given, ~np.isin(np.arange(len(stations)), station))
    how = counted(plan, given)
    for measure, amount in (("covered_share", heads), ("covered_stations", np.ones(len(stations)))):
        size = how[measure].size
        for goal in _asking(plan, measure):
            most = _most_covered(plan, given, every, amount, new)[0 if by_town(goal) else 1]
            if size is not None:
                most = most / np.maximum(size if by_town(goal) else size.sum(), 1e-9)
            asked = targets(plan, goal)
            spare = COUNTED if goal.scope == "count_of_towns" else 0.0
            short = np.flatnonzero(np.nan_to_num(asked, nan=-np.inf) * (1.0 - spare) > most + 1e-6)
            if len(short) > (len(plan.towns) - (goal.towns or 0) if goal.scope == "count_of_towns" else 0):
                at = int(short[0])
                where = named(plan, plan.towns.index[at]) if by_town(goal) else Text("check.whole_district")
                own = {"most": number(float(most[at])), "open": stands, "new": new, "stations": left}
                yield _missed(plan, goal, "F842", {"asked": float(asked[at]), "where": where, "why": Text(why, own)})


def _most_covered(
    plan: PlanYear, given: Any, every: Ways, amount: np.ndarray, new: int
) -> tuple[np.ndarray, np.ndarray]:
    """Most that some new bases can cover with those that stand: of each town, and (one number) of the district.

    What open bases leave, each site covers by itself; sites that overlap together cover less than their sum.
    """
    stations, sites = stations_of(plan, given), sites_of(plan)
    station, site = covering(plan, given, every)
    town = plan.towns.index.get_indexer(pd.Index(stations["town"]))
    known = open_before(plan)
    stands = np.array([known[each] for each in sites["site"]], dtype=bool)
    can, now = np.zeros(len(stations), dtype=bool), np.zeros(len(stations), dtype=bool)
    can[station], now[station[stands[site]]] = True, True
    adds = np.zeros((len(sites), len(plan.towns)))
    fresh = ~now[station]
    np.add.at(adds, (site[fresh], town[station[fresh]]), amount[station[fresh]])
    made = []
    for gains, group, groups in ((adds, town, len(plan.towns)), (adds.sum(axis=1, keepdims=True), town * 0, 1)):
        covered, all_sites = (np.bincount(group, weights=amount * each, minlength=groups) for each in (now, can))
        best = np.sort(gains, axis=0)[::-1][:new].sum(axis=0)
        made.append(np.minimum(all_sites, covered + best))
    return made[0], made[1]


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
