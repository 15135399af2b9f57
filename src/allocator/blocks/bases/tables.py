"""The tables of bases: which are open, what they cost, and how their hours are used."""

from __future__ import annotations

import numpy as np
import pandas as pd

from allocator.blocks.bases.section import Bases
from allocator.blocks.bases.uses import uses
from allocator.blocks.shared.sites import sites_of
from allocator.blocks.shared.solved import Year
from allocator.model import Floats
from allocator.words.columns import BETWEEN_IDS


def settle(year: Year, given: Bases) -> None:
    """Openings are whole, and a base is open from then on."""
    del given
    opening = year.family("opening")
    year.x[opening.column] = np.round(year.x[opening.column])
    is_open = year.family("open")
    year.x[is_open.column] = _stands(year)


def tables(year: Year, given: Bases) -> dict[str, pd.DataFrame]:
    """Bases with their state and cost; hours of each function at each open base."""
    plan = year.plan
    sites, stands = sites_of(plan), _stands(year) > 0.5
    before = sites["open"].to_numpy(dtype=bool)
    offered = dict(uses(plan, given).groupby("site")["function"].agg(BETWEEN_IDS.join))
    cost = stands * sites["yearly_cost_yuan"] + (stands & ~before) * sites["opening_cost_yuan"]
    made = {
        "bases": pd.DataFrame(
            {
                "site": sites["site"],
                "town": sites["town"],
                "state": np.where(before, "open", np.where(stands, "opened", "closed")),
                "functions": [offered.get(site, "") for site in sites["site"]],
                "hours": stands * sites["hours"],
                "cost_yuan": cost,
            }
        )
    }
    if year.has("base_hours"):
        hours = year.cells("base_hours", zeros=True).rename(columns={"value": "hours"})
        made["base_hours"] = hours[hours["site"].isin(sites.loc[stands, "site"])]
    return made


def _stands(year: Year) -> Floats:
    """1 for every site that is open in the year, in the order of the sites table."""
    sites, model = sites_of(year.plan), year.model
    code = model.axes["site"].codes(sites["site"])
    begun = model.family("opening")
    begun = begun.where(begun["year"] <= year.code)
    opened = np.bincount(begun["site"], weights=np.round(year.x[begun.column]), minlength=len(model.axes["site"].ids))
    return np.minimum(1.0, sites["open"].to_numpy(dtype=float) + opened[code])
