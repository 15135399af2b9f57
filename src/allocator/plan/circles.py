"""What bases and coverage need from the parts of a plan: functions that exist, and ways that can be measured."""

from __future__ import annotations

from collections.abc import Mapping

from allocator.scenario.files.headings import normal
from allocator.scenario.files.tables import Table
from allocator.scenario.files.yamltree import Node, find
from allocator.words.errors import Finding
from allocator.words.texts import Text

EVEN = ("maximin", "leximin", "none")
"""Criteria of a balance stage that may look at coverage: they never gain by less coverage or by longer ways."""


def function_measures(tree: Node) -> set[str]:
    """Measures of goals that count the bases with a function."""
    return {f"bases_{node.text}" for _, node in find(tree, "bases.functions.*.id") if node.text is not None}


def circle_findings(tree: Node) -> list[Finding]:
    """Coverage that cannot measure a way, limited places where nobody is sent anywhere, criteria it is not made for."""
    given = tree.entries.get("coverage")
    if given is None:
        return []
    findings = _criteria(tree)
    if not given.entries.keys() & {"minutes", "walking"} and "travel" not in tree.entries:
        findings.append(Finding("E350", given.key or given.place, "coverage", Text("load.coverage_without_ways")))
    serve, capacity = given.entries.get("serve"), given.entries.get("capacity")
    if capacity is not None and capacity.content is True and (serve is None or serve.text != "nearest"):
        findings.append(Finding("E351", capacity.place, "coverage.capacity", Text("load.capacity_without_serve")))
    return findings


def _criteria(tree: Node) -> list[Finding]:
    """Measures of inequality on what coverage decides: crediting a station less than it has could look more even."""
    findings = []
    for path, stage in find(tree, "stages.*"):
        criterion, of = (stage.entries.get(name) for name in ("criterion", "of"))
        if criterion is None or of is None or not (of.text or "").startswith("coverage.") or criterion.text in EVEN:
            continue
        message = Text("load.criterion_of_coverage", {"of": of.text, "known": ", ".join(EVEN[:-1])})
        findings.append(Finding("E356", criterion.place, f"{path}.criterion", message, criterion.text))
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
