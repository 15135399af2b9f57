"""The result table of the purchase block."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocator.blocks.purchase.section import Purchase
from allocator.blocks.solved import Year
from allocator.columns import DECIMALS, RESULT_TABLES


def tables(year: Year, given: Purchase) -> Mapping[str, pd.DataFrame]:
    """Hours bought, with what they cost and the grade of the organisation."""
    if not year.has("purchased"):
        return {}
    offers, providers = year.plan.tables[given.offers], year.plan.tables[given.providers]
    made = year.cells("purchased", zeros=False).rename(columns={"value": "hours"})
    made = made.merge(offers, on=["provider", "category"]).merge(providers[["provider", "grade"]], on="provider")
    made["amount_yuan"] = np.round(made["hours"] * made["price_yuan"], DECIMALS)
    return {"purchases": made[list(RESULT_TABLES["purchases"])]}
