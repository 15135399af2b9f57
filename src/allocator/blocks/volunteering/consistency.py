"""What the table of volunteers must agree on with the rest of a plan when it is read."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.blocks.shared.consistency import towns_without_row
from allocator.scenario.files.written import Written
from allocator.scenario.files.yamltree import find
from allocator.words.errors import Finding


def findings(written: Written) -> Iterator[Finding]:
    """Towns without a row, where an indicator counts the volunteers of every town."""
    stocks = [node for _, node in find(written.tree, "attainment.indicators.*.stock") if node.text is not None]
    table = written.tables.get("volunteering.volunteers")
    if stocks and table is not None:
        yield from towns_without_row(table, written.ids.get("town"))
