"""What programmes must keep when a plan is read: names that are free, and money that they can spend."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.scenario.files.written import Written
from allocator.scenario.files.yamltree import find
from allocator.words.errors import Finding
from allocator.words.texts import Text


def findings(written: Written) -> Iterator[Finding]:
    """Programmes named like a cost line of another block, and those that cost nothing but must get money."""
    for path, node in find(written.tree, "delivery.programmes.*.id"):
        if node.text in written.own_lines:
            yield Finding("E319", node.place, path, Text("load.reserved_id"), node.text)
    for path, programme in find(written.tree, "delivery.programmes.*"):
        cost = programme.entries.get("unit_cost")
        if "floor" in programme.entries and cost is not None and cost.number == 0:
            yield Finding("E324", cost.place, f"{path}.unit_cost", Text("load.free_with_floor"), "0")
