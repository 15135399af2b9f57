"""Which functions each site has: pure data, used by the model, the tables and what is counted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from allocator.blocks.bases.section import Bases
from allocator.blocks.counted import Counted
from allocator.blocks.sites import open_at_start, sites_of
from allocator.scenario import PlanYear


def uses(plan: PlanYear, given: Bases) -> pd.DataFrame:
    """Functions of sites (site, function, least_hours), sorted by both."""
    if given.site_functions is not None:
        table = plan.tables[given.site_functions][["site", "function", "least_hours"]]
        return table.sort_values(["site", "function"]).reset_index(drop=True)
    sites, functions = sites_of(plan)["site"], sorted(each.id for each in given.functions)
    pairs = [(site, function, 0.0) for site in sites for function in functions]
    return pd.DataFrame(pairs, columns=["site", "function", "least_hours"])


def counted(plan: PlanYear, given: Bases) -> dict[str, Counted]:
    """Open bases by town, in all and with each function."""
    known, sites = open_at_start(plan), sites_of(plan)
    stands = sites[[known[site] for site in sites["site"]]]

    def by_town(chosen: pd.DataFrame) -> Counted:
        at = plan.towns.index.get_indexer(pd.Index(chosen["town"]))
        return Counted("bases", np.bincount(at, minlength=len(plan.towns)).astype(float))

    made = {"bases": by_town(stands)}
    offered = uses(plan, given)
    for function in sorted(each.id for each in given.functions):
        having = offered.loc[offered["function"] == function, "site"]
        made[f"bases_{function}"] = by_town(stands[stands["site"].isin(having)])
    return made
