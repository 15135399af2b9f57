"""Registry of blocks that write tables of their own from a solved year, and of columns that follow from decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from allocator.blocks.bases import tables as bases
from allocator.blocks.coverage import tables as coverage
from allocator.blocks.demonstration import tables as demonstration
from allocator.blocks.mentoring import tables as mentoring
from allocator.blocks.posting import tables as posting
from allocator.blocks.projects import tables as projects
from allocator.blocks.purchase import tables as purchase
from allocator.blocks.solved import Year
from allocator.blocks.stars import tables as stars
from allocator.blocks.team import tables as team

TABULATED: Mapping[str, Callable[[Year, Any], Mapping[str, pd.DataFrame]]] = {
    "purchase": purchase.tables,
    "team": team.tables,
    "bases": bases.tables,
    "coverage": coverage.tables,
    "demonstration": demonstration.tables,
    "mentoring": mentoring.tables,
    "posting": posting.tables,
    "projects": projects.tables,
    "stars": stars.tables,
}
"""Block to its tables of a year (names and columns as in columns.RESULT_TABLES, without ``year``)."""

SETTLED: Mapping[str, Callable[[Year, Any], None]] = {
    "purchase": purchase.settle,
    "posting": posting.settle,
    "projects": projects.settle,
    "bases": bases.settle,
    "coverage": coverage.settle,
    "demonstration": demonstration.settle,
    "team": team.settle,
    "stars": stars.settle,
}
"""Block to what puts its derived columns at what its decisions truly bring (in place, in the year's ``x``)."""
