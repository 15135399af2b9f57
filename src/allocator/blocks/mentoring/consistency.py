"""What pairs must agree on with the rest of a plan when it is read."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.blocks.shared.consistency import needed
from allocator.scenario.files.headings import normal
from allocator.scenario.files.written import Written
from allocator.scenario.files.yamltree import Node, find
from allocator.words.errors import Finding
from allocator.words.texts import Text


def findings(written: Written) -> Iterator[Finding]:
    """Parts that are missing, towns on both sides of pairs."""
    for part in _by_level(written.tree):
        yield from needed(written.tree, part, "attainment")
    yield from _absent(written.tree)
    yield from _slow_and_mature(written.tree)
    yield from _both_sides(written)


def _by_level(tree: Node) -> tuple[str, ...]:
    """Parts of mentoring that look at indicators: all of it, unless a table says which pairs may be made."""
    return ("mentoring.transfer", "mentoring.matching") if find(tree, "mentoring.pairs") else ("mentoring",)


def _absent(tree: Node) -> Iterator[Finding]:
    """What a pair brings, how far and who pays for its travel, where something needs it."""
    transfer, pairs = find(tree, "mentoring.transfer.*"), find(tree, "mentoring.pairs")
    paid = [node.number for _, node in find(tree, "mentoring.travel.cost_per_hour")]
    wanted = (
        ("transfer", not pairs, "mentoring"),
        ("nearness_minutes", bool(transfer) or not pairs, "mentoring"),
        ("spending", any(paid), "mentoring.travel"),
    )
    for name, is_needed, path in wanted:
        if is_needed and not find(tree, f"{path}.{name}"):
            for _, part in find(tree, path):
                yield Finding("E107", part.place, f"{path}.{name}", Text("load.missing"))


def _slow_and_mature(tree: Node) -> Iterator[Finding]:
    """Towns both slow and mature."""
    slow = {node.text for _, node in find(tree, "mentoring.slow.towns.*")}
    for path, node in find(tree, "mentoring.mature.preset.*"):
        if node.text in slow:
            yield Finding("E314", node.place, path, Text("load.slow_and_mature"), node.text)


def _both_sides(written: Written) -> Iterator[Finding]:
    """In a table of pairs a town is a mentor or a mentee, never both."""
    table = written.tables.get("mentoring.pairs")
    if table is None:
        return
    mentors = set(map(normal, table.values("mentor")))
    for at, cell in enumerate(table.values("mentee")):
        if normal(cell) in mentors:
            yield Finding("E221", table.place(at, "mentee"), "", Text("load.both_sides"), normal(cell))
