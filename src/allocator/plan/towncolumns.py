"""The columns of the towns table that the rules of a plan read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from allocator.blocks.registry import section_types
from allocator.blocks.shared.consistency import number
from allocator.plan.definition import FIELDS
from allocator.scenario.files.tables import Table
from allocator.scenario.files.wording import meant
from allocator.scenario.files.written import said
from allocator.scenario.files.yamltree import Node
from allocator.scenario.marks import TownColumn
from allocator.words.errors import Finding, Place
from allocator.words.texts import Text


@dataclass(frozen=True)
class _Read:
    """A column that a rule reads."""

    column: str
    path: str
    """Path of the rule."""
    place: Place
    mark: TownColumn


def column_findings(tree: Node, towns: Table) -> Iterator[Finding]:
    """Columns that rules read exist, hold numbers, have no blanks, and are not zero where divided by."""
    wanted = [*_read(tree)]
    for each in wanted:
        if each.column not in towns.headings:
            message, hint = Text("load.no_such_column", {"file": towns.file}), meant(each.column, towns.headings)
            yield Finding("E318", each.place, each.path, message, each.column, hint=hint)
        elif each.column in towns.frame and not pd.api.types.is_numeric_dtype(towns.frame[each.column]):
            message = Text("load.column_not_numeric", {"file": towns.file})
            yield Finding("E318", each.place, each.path, message, each.column)
    divided = {each.column for each in wanted if each.mark.divides}
    for column in sorted({each.column for each in wanted}.union(_limiting(tree)) & set(towns.headings)):
        yield from blanks(towns, column)
        if column in divided:
            yield from _zeros(towns, column)
    for each in wanted:
        if each.mark.weighs and _is_all_zero(towns, each.column):
            message = Text("load.weights_all_zero", {"file": towns.file})
            yield Finding("E325", each.place, each.path, message, each.column)


def _read(tree: Node) -> Iterator[_Read]:
    """Every column that a rule names, and those that a part of the plan reads without naming them."""
    for each in said(tree, FIELDS, TownColumn):
        if each.word is not None:
            yield _Read(each.word + each.mark.ending, each.path, each.place, each.mark)
    for block, section in section_types().items():
        if block in tree.entries:
            for column in section.town_columns:
                yield _Read(column, block, tree.entries[block].key or tree.place, TownColumn())


def _limiting(tree: Node) -> set[str]:
    """Columns that limit a part of the plan where the table has them."""
    return {name for block, kind in section_types().items() if block in tree.entries for name in kind.limiting_columns}


def blanks(towns: Table, column: str) -> list[Finding]:
    """A finding for each town without a value in a column."""
    without = (at for at, record in enumerate(towns.cells) if record.get(column) == "")
    return [Finding("E208", towns.place(at, column), "", Text("load.blank_cell")) for at in without]


def _is_all_zero(towns: Table, column: str) -> bool:
    """Whether a column has numbers and all of them are zero, so that nothing could be weighed by it."""
    numbers = [number(cell) for cell in towns.values(column)] if column in towns.headings else []
    return bool(numbers) and all(each == 0 for each in numbers)


def _zeros(towns: Table, column: str) -> Iterator[Finding]:
    for at, cell in enumerate(towns.values(column)):
        if number(cell) == 0:
            yield Finding("E210", towns.place(at, column), "", Text("load.greater_than", {"bound": "0"}), cell)
