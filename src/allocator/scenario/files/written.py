"""A plan year as its files give it, not yet validated: what its parts and tables are checked against each other by."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from allocator.scenario.files.tables import Table
from allocator.scenario.files.yamltree import Node, find
from allocator.scenario.marks import Mark, Marked, Names
from allocator.scenario.section import Measure
from allocator.words.errors import Place

Ids = Mapping[str, set[str] | None]
"""Kind of id (town, teacher, ...) to all ids; none where they are not known because their own part is missing."""

M = TypeVar("M", bound=Mark)


@dataclass(frozen=True)
class Said(Generic[M]):
    """A value or key that a plan has where a mark stands."""

    mark: M
    path: str
    node: Node
    of_key: bool

    @property
    def word(self) -> str | None:
        """The key, or the text of the value; none where the value is no text."""
        return self.path.rpartition(".")[2] if self.of_key else self.node.text

    @property
    def place(self) -> Place:
        """Where it stands in the files."""
        return (self.node.key or self.node.place) if self.of_key else self.node.place


def said(tree: Node, fields: Sequence[Marked], kind: type[M]) -> Iterator[Said[M]]:
    """All values and keys of a plan whose field has a mark of a class."""
    for field in fields:
        if isinstance(field.mark, kind):
            for path, node in find(tree, field.path):
                yield Said(field.mark, path, node, field.of_keys)


@dataclass(frozen=True, eq=False)
class Written:
    """A plan year as its files give it."""

    tree: Node
    """The merged plan year; parts of the wrong kind are left to the validation of the definition."""
    ids: Ids
    tables: Mapping[str, Table]
    """Path under which the plan names a table (``stars.criteria``) to the table as read."""
    fields: Sequence[Marked]
    """What the fields of a plan say about themselves."""
    measures: Mapping[str, tuple[str, Measure]]
    """Measure besides the indicators to its block, which the plan may lack, and what the block says of it."""
    own_lines: Collection[str]
    """Cost lines that blocks have under names of their own."""

    def named(self, kind: str) -> list[Said[Names]]:
        """Wherever the plan names something of a kind; tables apart."""
        return [each for each in said(self.tree, self.fields, Names) if each.mark.kind == kind]
