"""The tables of the page about whole things: stars, demonstration towns, projects, purchases, the team, postings."""

from __future__ import annotations

from collections.abc import Mapping

from allocator.report.page.grids import Grid, from_table
from allocator.report.words.labels import Names, shown_columns
from allocator.tables.result import Result
from allocator.words.texts import say

TABLES: Mapping[str, tuple[str, ...]] = {
    "stars": ("star_batches", "stars"),
    "demonstration": ("demonstration_towns", "demonstration"),
    "projects": ("projects",),
    "purchase": ("purchases",),
    "team": ("team",),
    "posting": ("postings", "posting_towns"),
}
"""Section of the page to the result tables it shows; a section of a block that the plan does not have is left out."""

STATES: Mapping[str, tuple[str, ...]] = {"projects": ("started", "running")}
"""Tables of which the page shows only rows in some state."""


def whole_grids(result: Result, names: Names, section: str) -> list[Grid]:
    """Every filled table of a section, all its columns but the year."""
    made = []
    for name in TABLES[section]:
        table = result.tables[name]
        if name in STATES:
            table = table[table["state"].isin(STATES[name])]
        if len(table):
            made.append(from_table(name, table, shown_columns(name), names, say(f"report.sheet_title.{name}")))
    return made
