"""What the stars block counts: starred stations, as a number and as a share of all, and those of higher grades."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocator.blocks.shared.counted import Counted
from allocator.blocks.stars.ladder import beginning, by_cutoff, starred_before
from allocator.blocks.stars.section import Stars
from allocator.scenario.plan_year import PlanYear


def counted(plan: PlanYear, given: Stars) -> dict[str, Counted]:
    """Stations with at least one star, their share of all stations of the town, and stations of each higher grade."""
    start = beginning(plan)
    section = given if start is plan else start.sections["stars"]
    assert isinstance(section, Stars)
    stations = start.tables[section.stations]
    town = start.towns.index.get_indexer(pd.Index(stations["town"]))
    before = starred_before(plan)
    stars = np.array([before[station] for station in stations["station"]])

    def by_town(chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        return np.bincount(town[chosen], minlength=len(start.towns)).astype(float)

    lowest, *higher = by_cutoff(section.grades)
    base, every = by_town(stars >= lowest.stars), by_town(stars >= 0)
    made = {"star_stations": Counted("stations", base), "star_share": Counted("stations", base, every)}
    return made | {f"star_stations_{each.id}": Counted("stations", by_town(stars >= each.stars)) for each in higher}
