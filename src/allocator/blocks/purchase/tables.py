"""The result table of the purchase block, and the venue hours that bought hours truly spare."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocator.blocks.purchase.results import PURCHASES
from allocator.blocks.purchase.rooms import roomed
from allocator.blocks.purchase.section import Purchase
from allocator.blocks.shared.solved import Year
from allocator.words.columns import DECIMALS


def settle(year: Year, given: Purchase) -> None:
    """Venue hours spared as far as bought hours go: first in programmes that spare most for each hour taught."""
    if not year.has("rooms"):
        return
    units, rooms = year.family("units"), year.family("rooms")
    categories, lines = year.model.axes["category"], year.model.axes["programme"]
    made = year.cells("purchased", zeros=False)
    made = made.merge(year.plan.tables[given.offers], on=["provider", "category"])
    made = made.merge(year.plan.tables[given.providers], on="provider")
    made = made[made["venue_included"]]
    left = np.zeros((len(year.plan.towns), len(categories.ids)))
    at = (year.plan.towns.index.get_indexer(pd.Index(made["town"])), categories.codes(made["category"]))
    np.add.at(left, at, (made["value"] * made["quality"]).to_numpy(dtype=float))
    wide = np.zeros((len(year.plan.towns), len(lines.ids)))
    wide[units["town"], units["programme"]] = year.x[units.column]
    for each in roomed(year.plan):
        category, line = categories.code(each.category), lines.code(each.programme)
        wide[:, line] = np.minimum(each.spared * wide[:, line], left[:, category] / each.taught)
        left[:, category] -= each.taught * wide[:, line]
    year.x[rooms.column] = wide[rooms["town"], rooms["programme"]]


def tables(year: Year, given: Purchase) -> Mapping[str, pd.DataFrame]:
    """Hours bought, with what they cost and the grade of the organisation."""
    if not year.has("purchased"):
        return {}
    offers, providers = year.plan.tables[given.offers], year.plan.tables[given.providers]
    made = year.cells("purchased", zeros=False).rename(columns={"value": "hours"})
    made = made.merge(offers, on=["provider", "category"]).merge(providers[["provider", "grade"]], on="provider")
    made["amount_yuan"] = np.round(made["hours"] * made["price_yuan"], DECIMALS)
    return {"purchases": made[list(PURCHASES.columns)]}
