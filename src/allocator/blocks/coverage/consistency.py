"""What coverage must agree on with the rest of a plan when it is read: ways that can be measured, criteria that fit."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.blocks.shared.consistency import needed
from allocator.scenario.files.headings import normal
from allocator.scenario.files.written import Written
from allocator.scenario.files.yamltree import Node, find
from allocator.words.errors import Finding
from allocator.words.texts import Text

EVEN = ("maximin", "leximin", "none")
"""Criteria of a balance stage that may look at coverage: they never gain by less coverage or by longer ways."""


def findings(written: Written) -> Iterator[Finding]:
    """Coverage that cannot measure a way, limited places where nobody is sent anywhere, criteria it is not made for."""
    tree = written.tree
    given = tree.entries.get("coverage")
    if given is None:
        return
    yield from needed(tree, "coverage", "bases")
    yield from _criteria(tree)
    if not given.entries.keys() & {"minutes", "walking"} and "travel" not in tree.entries:
        yield Finding("E350", given.key or given.place, "coverage", Text("load.coverage_without_ways"))
    serve, capacity = given.entries.get("serve"), given.entries.get("capacity")
    if capacity is not None and capacity.content is True and (serve is None or serve.text != "nearest"):
        yield Finding("E351", capacity.place, "coverage.capacity", Text("load.capacity_without_serve"))
    if "walking" in given.entries and "minutes" not in given.entries:
        yield from _without_place(written)


def _criteria(tree: Node) -> Iterator[Finding]:
    """Measures of inequality on what coverage decides: crediting a station less than it has could look more even."""
    for path, stage in find(tree, "stages.*"):
        criterion, of = (stage.entries.get(name) for name in ("criterion", "of"))
        if criterion is None or of is None or not (of.text or "").startswith("coverage.") or criterion.text in EVEN:
            continue
        message = Text("load.criterion_of_coverage", {"of": of.text, "known": ", ".join(EVEN[:-1])})
        yield Finding("E356", criterion.place, f"{path}.criterion", message, criterion.text)


def _without_place(written: Written) -> Iterator[Finding]:
    """Stations and sites without coordinates where ways are measured by them; online sites need none."""
    for path in ("coverage.stations", "bases.sites"):
        table = written.tables.get(path)
        if table is None:
            continue
        online = table.frame["online"].tolist() if path == "bases.sites" and "online" in table.frame else []
        remote = {normal(each) for each, away in zip(table.frame.get("site", []), online, strict=False) if away}
        for at, record in enumerate(table.cells):
            if normal(record.get("site", "")) in remote:
                continue
            for column in ("lat", "lon"):
                if not record.get(column):
                    yield Finding("E352", table.place(at, column), "", Text("load.walk_without_place"))
