"""A table that a section names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from allocator.scenario.section import Row


@dataclass(frozen=True)
class TableUse:
    """A table that a plan names at some path."""

    path: str
    """Where the plan names the table, e.g. ``teaching.skills``; a section that is absent needs no table."""
    row: type[Row]
    key: tuple[str, ...]
    """Columns that together name a row; two rows with the same key are an error."""
    refers: Mapping[str, str] = field(default_factory=dict)
    """Column to the kind of id it must hold: town, teacher, category, indicator."""
    default: str | None = None
    """Table id where the section does not say; none: no table."""
    every_town: bool = False
    """Whether each town must have a row."""
