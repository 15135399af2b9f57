"""The tables of the page about whole things: stars, demonstration towns, projects, purchases, the team, postings."""

from __future__ import annotations

from allocator.report.page.grids import Grid, from_table
from allocator.report.words.labels import Names, shown_columns
from allocator.tables.declared import BLOCKS, TABLES
from allocator.tables.result import Result
from allocator.words.texts import say

SHOWN = sorted((table for table in TABLES.values() if table.page is not None), key=lambda table: table.page or 0)
"""Tables that the page shows with their blocks, in its order."""

SECTIONS = tuple(dict.fromkeys(BLOCKS[table.name] for table in SHOWN))
"""Sections of the page: blocks whose tables it shows; one that the plan does not have is left out."""


def whole_grids(result: Result, names: Names, section: str) -> list[Grid]:
    """Every filled table of a section, all its columns but the year."""
    made = []
    for about in SHOWN:
        if BLOCKS[about.name] != section:
            continue
        name, table = about.name, result.tables[about.name]
        if about.page_states:
            table = table[table["state"].isin(about.page_states)]
        if len(table):
            made.append(from_table(name, table, shown_columns(name), names, say(f"report.sheet_title.{name}")))
    return made
