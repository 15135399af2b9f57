"""Coverage: stations out of reach of every site, too few places, more asked for than sites could cover."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from allocator.blocks.coverage.counted import counted
from allocator.blocks.coverage.reach import Ways, covering, stations_of, ways
from allocator.blocks.coverage.section import Coverage
from allocator.blocks.shared.known import Bools, Floats, Known
from allocator.blocks.shared.said import exceeds, finding, listed, named, number
from allocator.blocks.shared.sites import exactly_open, most_open, open_before, open_range, sites_of
from allocator.blocks.shared.targets import COUNTED, asking, by_town, missed, targets
from allocator.scenario.plan_year import PlanYear
from allocator.words.errors import Finding
from allocator.words.texts import Text

MOST_STATIONS = 10
"""Most stations that are named one by one."""


def findings(known: Known, given: Coverage) -> list[Finding]:
    """Everything that arithmetic can say about coverage."""
    every = ways(known.plan, given)
    return [*_covered(known.plan, given, every), *_service(known.plan, given, every)]


def _covered(plan: PlanYear, given: Coverage, every: Ways) -> Iterator[Finding]:
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
        for goal in asking(plan, measure):
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
                yield missed(plan, goal, "F842", {"asked": float(asked[at]), "where": where, "why": Text(why, own)})


def _most_covered(plan: PlanYear, given: Coverage, every: Ways, amount: Floats, new: int) -> tuple[Floats, Floats]:
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


def _service(plan: PlanYear, given: Coverage, every: Ways) -> Iterator[Finding]:
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
    known = open_before(plan)
    stands = np.array([known[site] for site in sites["site"]], dtype=bool)
    most = most_open(plan)
    if (exactly := exactly_open(plan)) is not None:
        most = min(most, exactly)
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


def _stations(plan: PlanYear, given: Coverage, chosen: Bools) -> Text:
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
