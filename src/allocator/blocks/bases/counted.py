"""What the bases block counts: open bases by town."""

from __future__ import annotations

import numpy as np
import pandas as pd

from allocator.blocks.bases.section import Bases
from allocator.blocks.bases.uses import uses
from allocator.blocks.shared.counted import Counted
from allocator.blocks.shared.sites import open_at_start, sites_of
from allocator.scenario.plan_year import PlanYear


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
