"""Coverage, checked from the written tables: who is near an open base, and where stations go."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocator.blocks.coverage.section import Coverage
from allocator.blocks.shared.checks import (
    Amounts,
    Checks,
    Judged,
    Judges,
    Posting,
    figure,
    first_of,
    forbidden,
    keys,
    rule,
    totals,
    trips,
)
from allocator.scenario.plan_year import PlanYear

Tables = Mapping[str, pd.DataFrame]
EARTH_KM = 6371.0088
WAY = 1e-6
"""Minutes, and residents, by which rounding may blur what is nearer and what is full."""


def audit_block(tables: Tables, plan: PlanYear, given: Coverage) -> list[Checks]:
    """Coverage of every town, the stations left out, and the base of each station."""
    every = _ways(plan, given)
    parts = (_by_town, _left_out, _assigned)
    return [check for part in parts for check in part(tables, plan, given, every)]


def postings(tables: Tables, plan: PlanYear, given: Coverage) -> list[Posting]:
    """Residents and stations covered."""
    stations = _stations(plan, given)
    reached = stations.index.isin(_covered(plan, given, _ways(plan, given), _open(tables, plan)))
    made = []
    for name, amount in (("covered_share", stations["residents"] * reached), ("covered_stations", reached * 1.0)):
        key = np.array([f"{name}/{town}" for town in stations["town"]], dtype=object)
        found = totals(key, np.asarray(amount, dtype=float))
        made.append(Posting("count", "coverage", "supplied", found, found * 0.0))
    return made


def covered(tables: Tables, plan: PlanYear, given: Coverage) -> Judged:
    """1 for every station with an open base near enough, weighted by its residents."""
    stations = _stations(plan, given)
    reached = stations.index.isin(_covered(plan, given, _ways(plan, given), _open(tables, plan)))
    amounts = pd.Series(reached.astype(float), index=stations.index)
    return Judged(amounts, amounts * 0.0, size=stations["residents"].astype(float))


def distances(tables: Tables, plan: PlanYear, given: Coverage) -> Judged:
    """The way of every station to the base it goes to, weighted by its residents."""
    stations, written = _stations(plan, given), tables["assignments"]
    way = _by_pair(_ways(plan, given)).reindex(keys(written, ("station", "site"))).to_numpy(dtype=float)
    found = first_of(written["station"].to_numpy(dtype=object), pd.Series(way))
    amounts = found.reindex(stations.index)
    return Judged(amounts, amounts * 0.0, size=stations["residents"].astype(float), less_is_better=True)


def _stations(plan: PlanYear, given: Coverage) -> pd.DataFrame:
    frame = plan.tables[given.stations].set_index("station")
    frame.index = pd.Index(frame.index, dtype=object)
    return frame


def _sites(plan: PlanYear) -> pd.DataFrame:
    frame = plan.table("bases.sites").set_index("site")
    frame.index = pd.Index(frame.index, dtype=object)
    return frame


def _open(tables: Tables, plan: PlanYear) -> set[str]:
    """Sites that are open in the year."""
    written = tables["bases"]
    return set(written.loc[written["state"].isin(["open", "opened"]), "site"]) & set(_sites(plan).index)


def _ways(plan: PlanYear, given: Coverage) -> pd.DataFrame:
    """Ways that can be gone (station, site, minutes)."""
    if given.minutes is not None:
        return plan.tables[given.minutes][["station", "site", "minutes"]]
    stations, sites = _stations(plan, given).reset_index(), _sites(plan).reset_index()
    if given.walking is not None:
        pairs = stations.merge(sites, how="cross", suffixes=("", "_of_site"))
        if "lat" not in stations or "lat" not in sites:
            return pairs.head(0).assign(minutes=0.0)[["station", "site", "minutes"]]
        far = [
            _kilometres(*point) * given.walking.detour / given.walking.speed_kmh * 60.0
            for point in pairs[["lat", "lon", "lat_of_site", "lon_of_site"]].itertuples(index=False)
        ]
        return pairs.assign(minutes=far)[["station", "site", "minutes"]].dropna()
    legs = trips(plan, None)
    legs = stations[["station", "town"]].merge(legs, left_on="town", right_on="from_town")
    return legs.merge(sites[["site", "town"]], left_on="to_town", right_on="town")[["station", "site", "minutes"]]


def _kilometres(lat: float, lon: float, lat_to: float, lon_to: float) -> float:
    """Great-circle distance (spherical law of haversines)."""
    down, across = math.radians(lat_to - lat), math.radians(lon_to - lon)
    square = math.sin(down / 2) ** 2 + math.cos(math.radians(lat)) * math.cos(math.radians(lat_to)) * (
        math.sin(across / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, square))) if not math.isnan(square) else math.nan


def _by_pair(every: pd.DataFrame) -> Amounts:
    return first_of(keys(every, ("station", "site")), every["minutes"])


def _covered(plan: PlanYear, given: Coverage, every: pd.DataFrame, stands: set[str]) -> set[str]:
    """Stations that one of the open sites covers."""
    online = _sites(plan)["online"]
    if given.online_counts and stands & set(online.index[online.astype(bool)]):
        return set(_stations(plan, given).index)
    near = every[(every["minutes"] <= given.within_minutes + 1e-9) & every["site"].isin(stands)]
    return set(near["station"])


def _by_town(tables: Tables, plan: PlanYear, given: Coverage, every: pd.DataFrame) -> list[Checks]:
    """Residents, covered before and after, shares, and how many stations are left out, town by town."""
    stations, sites, written = _stations(plan, given), _sites(plan), tables["coverage"]
    before = _covered(plan, given, every, set(sites.index[sites["open"].astype(bool)]))
    now = _covered(plan, given, every, _open(tables, plan))
    town, heads = stations["town"].to_numpy(dtype=object), stations["residents"].to_numpy(dtype=float)
    towns = pd.Index(plan.towns.index, dtype=object)

    def summed(amounts: np.ndarray) -> Amounts:
        return totals(town, amounts).reindex(towns, fill_value=0.0)

    found = {
        "residents": summed(heads),
        "covered_before": summed(heads * stations.index.isin(before)),
        "covered": summed(heads * stations.index.isin(now)),
        "uncovered": summed(~stations.index.isin(now) * 1.0),
    }
    some = found["residents"].where(found["residents"] > 0)
    found |= {"share_before": found["covered_before"] / some, "share": found["covered"] / some}
    name = written["town"].to_numpy(dtype=object)
    return [figure(f"coverage.{column}", first_of(name, written[column]), each) for column, each in found.items()]


def _nearest(plan: PlanYear, given: Coverage, every: pd.DataFrame, stands: set[str]) -> Amounts:
    """Way of each station to its nearest open site; nan where there is none."""
    near = every[every["site"].isin(stands)].groupby("station")["minutes"].min()
    return near.reindex(_stations(plan, given).index).astype(float)


def _left_out(tables: Tables, plan: PlanYear, given: Coverage, every: pd.DataFrame) -> list[Checks]:
    """Stations that are not covered, each with the nearest open base."""
    stations, written, stands = _stations(plan, given), tables["uncovered"], _open(tables, plan)
    reached = _covered(plan, given, every, stands)
    left = pd.Index([station for station in stations.index if station not in reached], dtype=object)
    name = written["station"].to_numpy(dtype=object)
    shortest = _nearest(plan, given, every, stands)
    way = _by_pair(every).reindex(keys(written, ("station", "nearest_site"))).to_numpy(dtype=float)
    real = np.where(written["nearest_site"].isin(stands), way, np.nan)
    shown = first_of(name, pd.Series(real, dtype=float))
    town = written["town"].to_numpy(dtype=object) != stations["town"].reindex(name).to_numpy(dtype=object)
    named = (written["nearest_site"] != "").to_numpy() & ~written["nearest_site"].isin(stands).to_numpy()
    return [
        figure("uncovered.residents", first_of(name, written["residents"]), stations["residents"].reindex(left)),
        figure("uncovered.minutes", first_of(name, written["minutes"]), shortest.reindex(left)),
        figure("uncovered.nearest_site", shown, shortest.reindex(left)),
        forbidden("uncovered.town", name[town]),
        forbidden("uncovered.nearest_site", name[named]),
    ]


def _assigned(tables: Tables, plan: PlanYear, given: Coverage, every: pd.DataFrame) -> list[Checks]:
    """Each station goes to one open site: the nearest one, or with limited places none that has a nearer one left."""
    stations, sites, written = _stations(plan, given), _sites(plan), tables["assignments"]
    name, pair = written["station"].to_numpy(dtype=object), keys(written, ("station", "site"))
    if given.serve == "none":
        return [forbidden("assignments", pair)]
    stands, way = _open(tables, plan), _by_pair(every)
    stray = ~written["site"].isin(stands).to_numpy() | ~pd.Index(pair, dtype=object).isin(way.index)
    due = pd.Series(1.0, index=stations.index)
    made = [
        figure("assignments", totals(name, np.ones(len(name))), due),
        forbidden("assignments", pair[stray]),
        figure("assignments.residents", first_of(name, written["residents"]), stations["residents"].astype(float)),
    ]
    expected = first_of(name, pd.Series(way.reindex(pair).to_numpy(dtype=float)))
    if not given.capacity:
        expected = _nearest(plan, given, every, stands)
        real = first_of(name, pd.Series(way.reindex(pair).to_numpy(dtype=float)))
        made.append(figure("assignments.site", real, expected))
    made.append(figure("assignments.minutes", first_of(name, written["minutes"]), expected))
    if not given.capacity:
        return made
    heads = stations["residents"].reindex(name).to_numpy(dtype=float)
    coming = totals(written["site"].to_numpy(dtype=object), heads).reindex(sites.index, fill_value=0.0)
    limit = sites["capacity"] if "capacity" in sites else pd.Series(np.nan, index=sites.index)
    places = limit.astype(float)[limit.notna()] * limit.index[limit.notna()].isin(stands)
    made.append(rule("site_places", coming[places.index] - places, "<=", 0.0, 0.0))
    left = (limit.astype(float).fillna(np.inf) - coming)[sites.index.isin(stands)]
    made.append(forbidden("assignments.site", _passing_by(written, every, left)))
    return made


def _passing_by(written: pd.DataFrame, every: pd.DataFrame, left: Amounts) -> np.ndarray:
    """Stations that go past a nearer open site with places left for all their residents."""
    own = written[["station", "site", "residents"]].merge(every, on=["station", "site"])
    other = own.merge(every[every["site"].isin(left.index)], on="station", suffixes=("", "_of_other"))
    nearer = other["minutes_of_other"] < other["minutes"] - WAY
    room = left.reindex(other["site_of_other"]).to_numpy(dtype=float) >= other["residents"] + WAY
    return np.unique(other.loc[nearer & room, "station"].to_numpy(dtype=object))


OUTCOMES: Judges = {"coverage.covered": covered, "coverage.distance": distances}
