"""The tables of the stars block: which stations reach which grade, and the batch of each town."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocator.blocks.shared.solved import Year
from allocator.blocks.stars.ladder import Bools, Codes, Ladder, ladder
from allocator.blocks.stars.results import STARS
from allocator.blocks.stars.section import Stars
from allocator.scenario.plan_year import PlanYear
from allocator.words.columns import BETWEEN_IDS, BETWEEN_NAMES
from allocator.words.texts import LANGUAGES


def tables(year: Year, given: Stars) -> dict[str, pd.DataFrame]:
    """Stations that change their grade in the year, and the batches by town."""
    plan = year.plan
    way = ladder(plan)
    cells = year.family("starred")
    at = {station: n for n, station in enumerate(way.station)}
    rung = {grade: n for n, grade in enumerate(way.grade)}
    names = year.model.decoded({dim: cells[dim] for dim in ("station", "grade")})
    after = way.held.copy()
    for station, grade, value in zip(names["station"], names["grade"], year.x[cells.column], strict=True):
        after[at[station], rung[grade]] |= value > 0.5
    stars = _stars(plan, way, after, plan.tables[given.stations].set_index("station"))
    return {"stars": stars, "star_batches": _batches(plan, way, after, stars)}


def settle(year: Year, _: Stars) -> None:
    """Put what is newly starred, and how many first stars each town gets, exactly at what changes in the year."""
    model, new = year.model, year.family("newly_starred")
    if len(new):
        now, before = year.family("starred"), model.year("starred", year.code - 1)  # in the same order
        size = len(model.axes["grade"].ids)
        mine = np.isin(now["station"] * size + now["grade"], new["station"] * size + new["grade"])
        change = np.round(year.x[now.column]) - np.round(year.x[before.column])
        year.x[new.column] = change[mine]
    for rows in model.rows["first_star_sum"]:
        mine = rows.labels["year"] == year.code
        if mine.any():
            year.x[year.family("first_stars").column] += (rows.bound - rows.activity(year.x))[mine]


def _stars(plan: PlanYear, way: Ladder, after: Bools, stations: pd.DataFrame) -> pd.DataFrame:
    """One row for each station that changes its grade; ``stations`` by id, with their names."""
    rows = []
    for at in np.flatnonzero((after & ~way.held).any(axis=1)).tolist():
        new = np.flatnonzero(after[at] & ~way.held[at]).tolist()
        upgraded = sorted(each for rung in new for each in way.upgrades[at][rung])
        had = np.flatnonzero(way.held[at])
        rows.append(
            (
                way.station[at],
                *(str(stations.at[way.station[at], f"name_{language}"]) for language in LANGUAGES),
                plan.towns.index[way.town[at]],
                way.grade[had[-1]] if len(had) else "",
                way.grade[new[-1]],
                way.points[at],
                way.points[at] + way.gaps[at, upgraded].sum(),
                way.cost[at, new].sum(),
                BETWEEN_IDS.join(way.criterion[each] for each in upgraded),
            )
        )
    return pd.DataFrame(rows, columns=list(STARS.columns))


def _batches(plan: PlanYear, way: Ladder, after: Bools, stars: pd.DataFrame) -> pd.DataFrame:
    """Starred stations of each town before and after, and what the year's upgrades cost there."""
    towns = len(plan.towns)

    def by_town(chosen: Bools) -> Codes:
        return np.bincount(way.town[chosen], minlength=towns)

    every, before, now = by_town(way.held[:, 0] | True), by_town(way.held[:, 0]), by_town(after[:, 0])
    cost = stars.groupby("town")["cost_yuan"].sum() if len(stars) else pd.Series(dtype=float)
    first = stars[stars["grade_before"] == ""] if len(stars) else stars

    def listed(column: str, between: str) -> npt.NDArray[np.object_]:
        lists = first.groupby("town")[column].agg(between.join) if len(first) else pd.Series(dtype=object)
        return lists.reindex(plan.towns.index, fill_value="").to_numpy(dtype=object)

    return pd.DataFrame(
        {
            "town": plan.towns.index.to_numpy(dtype=object),
            "stations": every,
            "starred_before": before,
            "new": now - before,
            "starred": now,
            "share": now / np.maximum(every, 1),
            "cost_yuan": cost.reindex(plan.towns.index, fill_value=0.0).to_numpy(dtype=float),
            "new_stations": listed("station", BETWEEN_IDS),
            **{f"new_stations_{each}": listed(f"name_{each}", BETWEEN_NAMES[each]) for each in LANGUAGES},
        }
    )
