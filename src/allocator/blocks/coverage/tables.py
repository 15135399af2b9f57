"""The tables of coverage: residents covered by town, stations that are not, and where stations go."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from allocator.blocks.coverage.reach import NEAR, Codes, Flags, Floats, Ways, covering, stations_of, ways
from allocator.blocks.coverage.section import Coverage
from allocator.blocks.shared.sites import sites_of
from allocator.blocks.shared.solved import Year


def settle(year: Year, given: Coverage) -> None:
    """Stations are covered if an open base is near; each goes to the nearest open one, or nearest that has places."""
    plan, stands = year.plan, _stands(year)
    covered = year.family("covered")
    year.x[covered.column] = _covered(year, given, stands)
    assigned = year.family("assigned")
    if not len(assigned):
        return
    every, stations = ways(plan, given), stations_of(plan, given)
    site, _ = every.nearest(len(stations), stands)
    if given.capacity:
        goes = year.x[assigned.column] > 0.5
        site[every.station[goes]] = every.site[goes]
        places = sites_of(plan)["capacity"].fillna(np.inf).to_numpy(dtype=float)
        heads = stations["residents"].to_numpy(dtype=float)
        site = _nearer(every.where(stands[every.site]), site, heads, places)
    year.x[assigned.column] = (every.site == site[every.station]).astype(float)


def _nearer(every: Ways, site: Codes, heads: Floats, places: Floats) -> Codes:
    """Sites of stations [station] once nobody has a nearer one with places left: one after the other moves there.

    Every move makes a way shorter and none longer, so that what stages hold stays held.

    Args:
        every: ways to open sites.
        site: where each station goes.
        heads: residents of each station.
        places: heads that each site can serve.
    """
    site = site.copy()
    left = places - np.bincount(site, weights=heads, minlength=len(places))
    starts = np.searchsorted(every.station, np.arange(len(site) + 1))
    moved = True
    while moved:
        moved = False
        for station, (first, end) in enumerate(pairwise(starts.tolist())):
            own, minutes = every.site[first:end], every.minutes[first:end]
            better = minutes < minutes[own == site[station]].min() - NEAR
            better &= left[own] >= heads[station] - NEAR
            if better.any():
                to = own[better][np.argmin(minutes[better])]
                left[site[station]] += heads[station]
                left[to] -= heads[station]
                site[station], moved = to, True
    return site


def tables(year: Year, given: Coverage) -> dict[str, pd.DataFrame]:
    """Coverage by town, the stations left out with the nearest open base, and the base of each station."""
    plan, stands = year.plan, _stands(year)
    stations, sites, every = stations_of(plan, given), sites_of(plan), ways(plan, given)
    covered = _covered(year, given, stands)
    heads = stations["residents"].to_numpy(dtype=float)
    before = _covered(year, given, sites["open"].to_numpy(dtype=bool)) * heads
    columns = {"residents": heads, "covered_before": before, "covered": covered * heads, "uncovered": 1.0 - covered}
    by_town = pd.DataFrame({"town": stations["town"].astype(object), **columns}).groupby("town").sum()
    by_town = by_town.reindex(plan.towns.index, fill_value=0.0)
    of = by_town["residents"].where(by_town["residents"] > 0)
    shares = {"share_before": by_town["covered_before"] / of, "share": by_town["covered"] / of}
    frame = by_town.assign(**shares).rename_axis("town").reset_index()
    site, minutes = every.nearest(len(stations), stands)
    names = np.append(sites["site"].to_numpy(dtype=object), "")
    left = covered < 0.5
    made = {
        "coverage": frame,
        "uncovered": pd.DataFrame(
            {
                "station": stations["station"],
                "town": stations["town"],
                "residents": heads,
                "nearest_site": names[site],
                "minutes": np.where(np.isfinite(minutes), minutes, np.nan),
            }
        )[left],
    }
    assigned = year.family("assigned")
    if len(assigned):
        goes = year.x[assigned.column] > 0.5
        at, to = every.station[goes], every.site[goes]
        made["assignments"] = pd.DataFrame(
            {
                "station": stations["station"].to_numpy(dtype=object)[at],
                "site": names[to],
                "residents": heads[at],
                "minutes": every.minutes[goes],
            }
        )
    return made


def _stands(year: Year) -> Flags:
    """Which sites are open in the year, in the order of the sites table."""
    is_open = year.family("open")
    stands: Flags = year.x[is_open.column] > 0.5
    return stands


def _covered(year: Year, given: Coverage, stands: Flags) -> np.ndarray:
    """1 for every station that has one of the sites near enough."""
    station, site = covering(year.plan, given, ways(year.plan, given))
    covered = np.zeros(len(stations_of(year.plan, given)))
    covered[station[stands[site]]] = 1.0
    return covered
