"""What the coverage block counts: residents and stations with a base near enough."""

from __future__ import annotations

import numpy as np
import pandas as pd

from allocator.blocks.coverage.reach import Floats, covering, stations_of, ways
from allocator.blocks.coverage.section import Coverage
from allocator.blocks.shared.counted import Counted
from allocator.blocks.shared.sites import open_at_start, sites_of
from allocator.scenario.plan_year import PlanYear


def counted(plan: PlanYear, given: Coverage) -> dict[str, Counted]:
    """Residents and stations that are covered, by town; residents as a share of those the stations serve."""
    stations, known = stations_of(plan, given), open_at_start(plan)
    stands = np.array([known[site] for site in sites_of(plan)["site"]], dtype=bool)
    station, site = covering(plan, given, ways(plan, given))
    covered = np.zeros(len(stations))
    covered[station[stands[site]]] = 1.0
    town = plan.towns.index.get_indexer(pd.Index(stations["town"]))
    heads = stations["residents"].to_numpy(dtype=float)

    def by_town(amounts: Floats) -> Floats:
        return np.bincount(town, weights=amounts, minlength=len(plan.towns)).astype(float)

    return {
        "covered_share": Counted("heads", by_town(covered * heads), by_town(heads)),
        "covered_stations": Counted("stations", by_town(covered)),
    }
