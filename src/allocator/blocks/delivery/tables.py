"""The table of delivery: units of every programme in every town."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from allocator.blocks.delivery.section import Delivery
from allocator.blocks.shared.solved import Year


def settle(_year: Year, _given: Delivery) -> None:
    """Units bring nothing of delivery's own that is not decided."""


def tables(year: Year, _given: Delivery) -> Mapping[str, pd.DataFrame]:
    """Units, zeros included."""
    if not year.has("units"):
        return {}
    return {"delivery": year.cells("units", zeros=True).rename(columns={"value": "units"})}
