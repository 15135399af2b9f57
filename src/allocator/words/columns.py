"""What a result table says of itself: its columns, the kind of number in each (units, rounding and headings follow from
it), what names a row, and where readers find it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from allocator.words.texts import Language

Kind = Literal[
    "label",
    "text",
    "year",
    "whole",
    "flag",
    "heads",
    "yuan",
    "hours",
    "minutes",
    "units",
    "share",
    "points",
    "price",
    "number",
]
"""label: an id; flag: 1 for yes, 0 for no; points: level points; share: 0 to 1; price: level points
for one more unit of a bound; number: a figure whose unit another column names."""


@dataclass(frozen=True)
class Column:
    """A column of a result table."""

    kind: Kind
    summed: bool = False
    """Whether the sum of its numbers means something."""
    may_be_empty: bool = False
    """Whether a number may be missing; where one is recomputed, an empty cell must be empty again."""
    spoken: bool = False
    """Whether it is for readers of the files alone: names beside ids, paths into the scenario; page and workbook, which
    show every id by its name, leave it out."""


@dataclass(frozen=True)
class Table:
    """A result table: all that writing, reading, auditing and showing it takes."""

    name: str
    columns: Mapping[str, Column]
    """Columns after ``year``, in written order."""
    sheet: int
    """Place among the tables of a result and the sheets of the workbook, in the order planners read them."""
    key: tuple[str, ...] = ()
    """Columns that together name a row of a year, where these are not all its labels."""
    sort: tuple[str, ...] | None = None
    """Columns it is sorted by after the year, where this is not its key; none of them: the order it is made in."""
    page: int | None = None
    """Place among the tables that the page shows with their blocks; none: the page shows it elsewhere or not at all."""
    page_states: tuple[str, ...] = ()
    """States (column ``state``) whose rows the page shows, where it does not show all."""

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """Column to its kind."""
        return {name: column.kind for name, column in self.columns.items()}

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Columns that together name a row of a year."""
        return self.key or tuple(name for name, kind in self.kinds.items() if kind == "label")

    @property
    def sorted_by(self) -> tuple[str, ...]:
        """Columns it is sorted by after the year; none of them: the order it is made in."""
        return self.labels if self.sort is None else self.sort

    @cached_property
    def words(self) -> frozenset[str]:
        """Columns of texts; all others hold numbers."""
        return frozenset(name for name, kind in self.kinds.items() if kind in ("label", "text"))


BETWEEN_IDS = ", "
"""What stands between the ids of a cell that holds several."""

BETWEEN_NAMES: Mapping[Language, str] = {"zh": "、", "en": ", "}
"""What stands between the names of a cell that holds several."""

DECIMALS = 6
"""Decimals in written tables until whole units are published."""


PRICE_DECIMALS = 12
"""Decimals of prices: a yuan is worth some millionths of a level point."""


def decimals(kind: Kind) -> int:
    """Decimals a number of a kind is written with."""
    return PRICE_DECIMALS if kind == "price" else DECIMALS
