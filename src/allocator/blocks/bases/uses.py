"""Which functions each site has: pure data, used by the model, the tables and what is counted."""

from __future__ import annotations

import pandas as pd

from allocator.blocks.bases.section import Bases
from allocator.blocks.shared.sites import sites_of
from allocator.scenario.plan_year import PlanYear


def uses(plan: PlanYear, given: Bases) -> pd.DataFrame:
    """Functions of sites (site, function, least_hours), sorted by both."""
    if given.site_functions is not None:
        table = plan.tables[given.site_functions][["site", "function", "least_hours"]]
        return table.sort_values(["site", "function"]).reset_index(drop=True)
    sites, functions = sites_of(plan)["site"], sorted(each.id for each in given.functions)
    pairs = [(site, function, 0.0) for site in sites for function in functions]
    return pd.DataFrame(pairs, columns=["site", "function", "least_hours"])
