"""The tables of volunteering: hours between towns, and the stock of volunteers before and after the year."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocator.blocks.shared.solved import Year
from allocator.blocks.volunteering.section import Volunteering
from allocator.words.columns import DECIMALS


def settle(year: Year, given: Volunteering) -> None:
    """The stock is what stays of the heads before, and who is trained."""
    if given.stock is None:
        return
    stock, trained = year.family("volunteer_stock"), year.family("trained")
    heads = _by_town(year, given)["heads"].to_numpy(dtype=float)
    year.x[stock.column] = np.round(heads * given.stock.retention + year.x[trained.column], DECIMALS)


def tables(year: Year, given: Volunteering) -> Mapping[str, pd.DataFrame]:
    """Hours where there are any; and the stock where it moves from year to year."""
    made = {"volunteering": year.hours("volunteering")} if year.has("volunteering") else {}
    if given.stock is None:
        return made
    table, heads = _by_town(year, given), year.x[year.family("volunteer_stock").column]
    before, active = table["heads"].to_numpy(dtype=float), heads * table["active_rate"].to_numpy(dtype=float)
    made["volunteer_stock"] = pd.DataFrame(
        {
            "town": year.plan.towns.index.to_numpy(dtype=object),
            "heads_before": before,
            "retained": before * given.stock.retention,
            "trained": year.x[year.family("trained").column],
            "heads": heads,
            "active": active,
            "hours": active * table["hours_per_active"].to_numpy(dtype=float),
        }
    )
    return made


def _by_town(year: Year, given: Volunteering) -> pd.DataFrame:
    """The table of volunteers before the year, by town; zeros where a town has none."""
    plan = year.plan
    return plan.tables[given.volunteers].set_index("town").reindex(plan.towns.index, fill_value=0.0)
