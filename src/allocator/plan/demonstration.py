"""What standards of demonstration towns, their criteria and the recognitions before the plan must agree on."""

from __future__ import annotations

from collections.abc import Mapping

from allocator.scenario.files.headings import normal
from allocator.scenario.files.tables import Table
from allocator.scenario.files.yamltree import Node, find
from allocator.words.errors import Finding
from allocator.words.texts import Text

CRITERIA, BEFORE = "demonstration.criteria", "demonstration.before"


def demonstration_findings(tree: Node, tables: Mapping[str, Table | None]) -> list[Finding]:
    """Standards that stand after themselves, standards without a criterion, recognitions of the plan year or later.

    Args:
        tree: the merged plan year.
        tables: path to the table that the plan names there; none where it has none.
    """
    return [*_circles(tree), *_without_criterion(tree, tables.get(CRITERIA)), *_too_late(tree, tables.get(BEFORE))]


def standard_measures(tree: Node) -> set[str]:
    """Names under which the towns of each standard are counted."""
    return {f"demonstration_{node.text}" for _, node in find(tree, "demonstration.standards.*.id")}


def _circles(tree: Node) -> list[Finding]:
    """Standards that stand after themselves, be it by way of others."""
    nodes = {path.split(".")[2]: (path, node) for path, node in find(tree, "demonstration.standards.*.after")}
    found = []
    for name, (path, node) in nodes.items():
        seen, at = {name}, node.text
        while at is not None and at not in seen:
            seen.add(at)
            at = nodes[at][1].text if at in nodes else None
        if at == name:
            found.append(Finding("E347", node.place, path, Text("load.standard_after_itself"), node.text))
    return found


def _without_criterion(tree: Node, table: Table | None) -> list[Finding]:
    """Standards that any town would meet."""
    if table is None:
        return []
    known = {normal(cell) for cell in table.values("standard")}
    return [
        Finding("E228", node.place, path, Text("load.standard_without_criterion", {"file": table.file}), node.text)
        for path, node in find(tree, "demonstration.standards.*.id")
        if node.text not in known
    ]


def _too_late(tree: Node, table: Table | None) -> list[Finding]:
    """Recognitions that are said to be older than the plan year and are not."""
    years = [node.number for _, node in find(tree, "year") if node.number is not None]
    if table is None or not years:
        return []
    message = Text("load.recognised_too_late", {"year": f"{years[0]:.0f}"})
    return [
        Finding("E229", table.place(at, "year"), "", message, normal(cell))
        for at, cell in enumerate(table.values("year"))
        if normal(cell).isdigit() and int(normal(cell)) >= years[0]
    ]
