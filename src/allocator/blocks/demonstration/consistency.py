"""What standards of demonstration towns, their criteria and the recognitions before the plan must agree on."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.scenario.files.headings import normal
from allocator.scenario.files.tables import Table
from allocator.scenario.files.written import Written
from allocator.scenario.files.yamltree import Node, find
from allocator.words.errors import Finding
from allocator.words.texts import Text


def findings(written: Written) -> Iterator[Finding]:
    """Standards that stand after themselves, standards without a criterion, recognitions of the plan year or later."""
    yield from _circles(written.tree)
    yield from _without_criterion(written.tree, written.tables.get("demonstration.criteria"))
    yield from _too_late(written.tree, written.tables.get("demonstration.before"))


def _circles(tree: Node) -> Iterator[Finding]:
    """Standards that stand after themselves, be it by way of others."""
    nodes = {path.split(".")[2]: (path, node) for path, node in find(tree, "demonstration.standards.*.after")}
    for name, (path, node) in nodes.items():
        seen, at = {name}, node.text
        while at is not None and at not in seen:
            seen.add(at)
            at = nodes[at][1].text if at in nodes else None
        if at == name:
            yield Finding("E347", node.place, path, Text("load.standard_after_itself"), node.text)


def _without_criterion(tree: Node, table: Table | None) -> Iterator[Finding]:
    """Standards that any town would meet."""
    if table is None:
        return
    known = {normal(cell) for cell in table.values("standard")}
    message = Text("load.standard_without_criterion", {"file": table.file})
    for path, node in find(tree, "demonstration.standards.*.id"):
        if node.text not in known:
            yield Finding("E228", node.place, path, message, node.text)


def _too_late(tree: Node, table: Table | None) -> Iterator[Finding]:
    """Recognitions that are said to be older than the plan year and are not."""
    years = [node.number for _, node in find(tree, "year") if node.number is not None]
    if table is None or not years:
        return
    message = Text("load.recognised_too_late", {"year": f"{years[0]:.0f}"})
    for at, cell in enumerate(table.values("year")):
        if normal(cell).isdigit() and int(normal(cell)) >= years[0]:
            yield Finding("E229", table.place(at, "year"), "", message, normal(cell))
