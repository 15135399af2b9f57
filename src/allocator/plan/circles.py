"""What bases and coverage need from the parts of a plan: functions that exist, and ways that can be measured."""

from __future__ import annotations

from collections.abc import Mapping

from allocator.errors import Finding
from allocator.plan.headings import normal
from allocator.plan.tables import Table
from allocator.plan.yamltree import Node, find
from allocator.texts import Text


def function_measures(tree: Node) -> set[str]:
    """Measures of goals that count the bases with a function."""
    return {f"bases_{node.text}" for _, node in find(tree, "bases.functions.*.id") if node.text is not None}


def circle_findings(tree: Node) -> list[Finding]:
    """Coverage that cannot measure a way, and limited places where nobody is sent anywhere."""
    given = tree.entries.get("coverage")
    if given is None:
        return []
    findings = []
    if not given.entries.keys() & {"minutes", "walking"} and "travel" not in tree.entries:
        findings.append(Finding("E350", given.key or given.place, "coverage", Text("load.coverage_without_ways")))
    serve, capacity = given.entries.get("serve"), given.entries.get("capacity")
    if capacity is not None and capacity.content is True and (serve is None or serve.text != "nearest"):
        findings.append(Finding("E351", capacity.place, "coverage.capacity", Text("load.capacity_without_serve")))
    return findings


def place_findings(tree: Node, tables: Mapping[str, Table | None]) -> list[Finding]:
    """Stations and sites without coordinates where ways are measured by them; online sites need none."""
    given = tree.entries.get("coverage")
    if given is None or "minutes" in given.entries or "walking" not in given.entries:
        return []
    findings = []
    for path in ("coverage.stations", "bases.sites"):
        table = tables.get(path)
        if table is None:
            continue
        online = table.frame["online"].tolist() if path == "bases.sites" and "online" in table.frame else []
        remote = {normal(each) for each, away in zip(table.frame.get("site", []), online, strict=False) if away}
        for at, record in enumerate(table.cells):
            if normal(record.get("site", "")) in remote:
                continue
            for column in ("lat", "lon"):
                if not record.get(column):
                    findings.append(Finding("E352", table.place(at, column), "", Text("load.walk_without_place")))
    return findings
