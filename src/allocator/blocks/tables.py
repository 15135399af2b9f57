"""Registry of blocks that write tables of their own from a solved year, and of columns that follow from decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from allocator.blocks.solved import Year

TABULATED: Mapping[str, Callable[[Year, Any], Mapping[str, pd.DataFrame]]] = {}
"""Block to its tables of a year (names and columns as in columns.RESULT_TABLES, without ``year``)."""

SETTLED: Mapping[str, Callable[[Year, Any], None]] = {}
"""Block to what puts its derived columns at what its decisions truly bring (in place, in the year's ``x``)."""
