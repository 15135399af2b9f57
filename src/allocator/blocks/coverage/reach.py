"""How far it is from stations to sites, and who is near enough: pure data, used by the model, the tables and checks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocator.blocks.coverage.section import Coverage
from allocator.blocks.shared.sites import sites_of
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.travel import straight_line_minutes

Codes = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

NEAR = 1e-9
"""Minutes by which rounding may pass the limit."""


@dataclass(frozen=True, eq=False)
class Ways:
    """Ways from stations to sites (positions in their tables) as aligned arrays, by station and then site."""

    station: Codes
    site: Codes
    minutes: Floats

    def where(self, chosen: Flags) -> Ways:
        """The chosen ways only."""
        return Ways(self.station[chosen], self.site[chosen], self.minutes[chosen])

    def nearest(self, stations: int, chosen: Flags) -> tuple[Codes, Floats]:
        """For each station the nearest of the chosen sites (-1: none) and the way there.

        Of equally near sites any is right; the first by id is taken.
        """
        site, minutes = np.full(stations, -1, dtype=np.intp), np.full(stations, np.inf)
        own = self.where(chosen[self.site])
        order = np.lexsort((own.site, own.minutes, own.station))
        first, at = np.unique(own.station[order], return_index=True)
        site[first], minutes[first] = own.site[order][at], own.minutes[order][at]
        return site, minutes


def stations_of(plan: PlanYear, given: Coverage) -> pd.DataFrame:
    """The stations of a plan year, sorted by id (index: position)."""
    table = plan.tables[given.stations].reset_index(drop=True)
    for column in ("lat", "lon"):
        if column not in table:
            table[column] = np.nan
    return table


def ways(plan: PlanYear, given: Coverage) -> Ways:
    """Every way from a station to a site that can be gone."""
    stations, sites = stations_of(plan, given), sites_of(plan)
    if given.minutes is not None:
        table = plan.tables[given.minutes]
        station = pd.Index(stations["station"]).get_indexer(pd.Index(table["station"]))
        site = pd.Index(sites["site"]).get_indexer(pd.Index(table["site"]))
        order = np.lexsort((site, station))
        return Ways(station[order], site[order], table["minutes"].to_numpy(dtype=float)[order])
    grid = _on_foot(stations, sites, given) if given.walking is not None else _by_road(plan, stations, sites)
    station, site = np.nonzero(np.isfinite(grid))
    return Ways(station, site, grid[station, site])


def _on_foot(stations: pd.DataFrame, sites: pd.DataFrame, given: Coverage) -> Floats:
    assert given.walking is not None
    both = pd.concat([stations[["lat", "lon"]], sites[["lat", "lon"]]])
    lat, lon = both["lat"].to_numpy(dtype=float), both["lon"].to_numpy(dtype=float)
    grid = straight_line_minutes(lat, lon, given.walking.speed_kmh, given.walking.detour)
    return grid[: len(stations), len(stations) :]


def _by_road(plan: PlanYear, stations: pd.DataFrame, sites: pd.DataFrame) -> Floats:
    """Travel time between the town of the station and the town of the site; within a town none."""
    at = plan.towns.index.get_indexer
    start, end = at(pd.Index(stations["town"])), at(pd.Index(sites["town"]))
    if plan.travel is None:
        return np.where(start[:, None] == end[None, :], 0.0, np.inf)
    return plan.travel.minutes[np.ix_(start, end)]


def covering(plan: PlanYear, given: Coverage, every: Ways) -> tuple[Codes, Codes]:
    """Station and site of each pair where the open site covers the station."""
    near = every.where(every.minutes <= given.within_minutes + NEAR)
    pairs = set(zip(near.station.tolist(), near.site.tolist(), strict=True))
    if given.online_counts:
        online = np.flatnonzero(sites_of(plan)["online"].to_numpy(dtype=bool)).tolist()
        pairs |= {(station, site) for station in range(len(plan.tables[given.stations])) for site in online}
    listed = np.array(sorted(pairs), dtype=np.intp).reshape(-1, 2)
    return listed[:, 0], listed[:, 1]
