"""The table of teaching: who teaches what, where, and how far away that is."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from allocator.blocks.shared.solved import Year
from allocator.blocks.teaching.section import Teaching


def settle(_year: Year, _given: Teaching) -> None:
    """Hours bring nothing of teaching's own that is not decided."""


def tables(year: Year, _given: Teaching) -> Mapping[str, pd.DataFrame]:
    """Hours of teachers that teach."""
    return {"teaching": year.hours("teaching")} if year.has("teaching") else {}
