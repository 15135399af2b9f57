"""Walking over the rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd


def rows_of(table: pd.DataFrame) -> Iterator[Any]:
    """Rows as named tuples without the index; their fields are the columns and have no static type."""
    return iter(table.itertuples(index=False))
