"""A table that a section names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from allocator.scenario.marks import Names, marks_of
from allocator.scenario.section import Row


@dataclass(frozen=True)
class TableUse:
    """A table that a plan names at some path."""

    path: str
    """Where the plan names the table, e.g. ``teaching.skills``; a section that is absent needs no table."""
    row: type[Row]
    key: tuple[str, ...]
    """Columns that together name a row; two rows with the same key are an error."""
    default: str | None = None
    """Table id where the section does not say; none: no table."""
    every_town: bool = False
    """Whether each town must have a row."""
    defines: str | None = None
    """Kind of id of which the table's key holds all that there are; none: it only names what others define."""
    lasting: bool = False
    """Whether later years know of what the key names: from year to year the table may grow, but not shrink."""

    @cached_property
    def refers(self) -> Mapping[str, str]:
        """Column to the kind of id that it holds, as the fields of the row say it."""
        marks = ((name, mark) for name, about in self.row.model_fields.items() for mark in marks_of(about, Names))
        return {name: mark.kind for name, mark in marks}
