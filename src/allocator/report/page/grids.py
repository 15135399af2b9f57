"""Tables of texts as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from allocator.report.words.labels import Names, shape, titled
from allocator.report.words.numbers import DASH, written
from allocator.words.texts import say

MOST_ROWS = 400
"""Most rows of a table on the page; the result tables and the workbook have all."""


Head = str | tuple[str, bool]
"""Heading of a column of words, or (heading, true) of a column of numbers."""


def numbers(*headings: str) -> list[Head]:
    """Headings of columns of numbers."""
    return [(each, True) for each in headings]


def words(*headings: str) -> list[Head]:
    """Headings of columns of words."""
    return list(headings)


@dataclass(frozen=True)
class Column:
    """Heading of a column, and whether it holds numbers."""

    heading: str
    numeric: bool = False


@dataclass(frozen=True)
class Grid:
    """A table of texts; the first column of each row is its heading."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] | None = None
    note: str = ""
    classes: tuple[str, ...] = ()
    """Style class of each row; none for plain rows."""
    left_out: int = 0
    """Rows that are not shown."""
    folded: bool = False
    """Whether a reader opens the table first: long lists that back up a table before them."""

    def limited(self) -> Grid:
        """The first rows of a long table, saying how many are left out."""
        more = len(self.rows) - MOST_ROWS
        if more <= 0:
            return self
        note = say("report.left_out", {"shown": MOST_ROWS, "all": len(self.rows)})
        both = f"{self.note} {note}".strip()
        return replace(self, rows=self.rows[:MOST_ROWS], classes=self.classes[:MOST_ROWS], note=both, left_out=more)


def grid(
    caption: str,
    columns: Sequence[Head],
    rows: Sequence[Sequence[str]],
    total: Sequence[str] | None = None,
    note: str = "",
) -> Grid:
    """A table from headings (a pair (heading, true) holds numbers) and rows of texts."""
    made = tuple(Column(c) if isinstance(c, str) else Column(*c) for c in columns)
    texts = tuple(tuple(row) for row in rows)
    return Grid(caption, made, texts, None if total is None else tuple(total), note).limited()


def from_table(name: str, table: pd.DataFrame, columns: Sequence[str], names: Names, caption: str) -> Grid:
    """A result table with its headings, names for ids and written numbers."""
    cells = []
    for column in columns:
        how = shape(name, column)
        if how is None:
            cells.append([word or DASH for word in names.words(name, table, column)])
        else:
            cells.append([written(float(value), how) for value in table[column].tolist()])
    headings = [(titled(name, column), shape(name, column) is not None) for column in columns]
    return grid(caption, headings, list(zip(*cells, strict=True)))
