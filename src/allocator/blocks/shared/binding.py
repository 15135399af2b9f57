"""What a block says of its rules for a list of what limits a plan, beside what the table of rules says itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Chosen:
    """The result table of things that a plan chooses, and the columns that keys of rules on them begin with."""

    table: str
    columns: tuple[str, ...]
    idle_state: str = ""
    """State of a thing in the table that is not chosen; empty: all that stand there are."""


@dataclass(frozen=True)
class Binding:
    """Rules of a block that need more than their numbers to be read."""

    logic: tuple[str, ...] = ()
    """Rules without a limit that could be moved."""
    amounts: tuple[str, ...] = ()
    """Rules on how much of something there is; where it is 0, the thing is not there or switched off on purpose."""
    chosen: Mapping[str, Chosen] = field(default_factory=dict)
    """Rules on what a plan may do with a thing it chooses: they limit nothing where it is not chosen."""
