"""What the project library must keep when a plan is read: names that are free, tables that make sense together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from allocator.blocks.projects.section import NEW
from allocator.blocks.shared.consistency import needed, number
from allocator.scenario.files.headings import normal
from allocator.scenario.files.tables import Table
from allocator.scenario.files.written import Written
from allocator.scenario.files.yamltree import Node, find
from allocator.scenario.section import DISTRICT
from allocator.words.errors import Finding
from allocator.words.texts import Text


def findings(written: Written) -> Iterator[Finding]:
    """Names that are taken; windows, beginnings, effects and links between projects that make no sense."""
    yield from needed(written.tree, "projects.effects", "attainment")
    yield from _taken(written)
    library = written.tables.get("projects.table")
    if library is None:
        return
    yield from _windows(written.tree, library)
    yield from _effects(written.tree, library, written.tables.get("projects.effects"))
    needs, excludes = (written.tables.get(f"projects.{name}") for name in ("needs", "excludes"))
    for table, column in ((needs, "needs"), (excludes, "other")):
        for at, one, other in _pairs(table, column):
            if table is not None and one == other:
                yield Finding("E354", table.place(at, column), "", Text("load.project_itself"), one)
    yield from _circles(needs)


def _taken(written: Written) -> Iterator[Finding]:
    """Kinds whose cost line or measure would carry the name of something else."""
    others = {name for name, (block, _) in written.measures.items() if block != "projects"}
    measures = {*(written.ids.get("indicator") or ()), *others}
    taken = {*measures, *(written.ids.get("programme") or ()), *written.own_lines}
    kinds = written.ids.get("project_kind") or set()
    for path, node in find(written.tree, "projects.kinds.*.id"):
        own = node.text or ""
        if own in taken or NEW + own in {*measures, *kinds}:
            yield Finding("E351", node.place, path, Text("load.project_kind_taken"), own)


def _pairs(table: Table | None, column: str) -> list[tuple[int, str, str]]:
    """Record, project and the other project of each row of a table of links."""
    if table is None:
        return []
    cells = zip(table.values("project"), table.values(column), strict=True)
    return [(at, normal(one), normal(other)) for at, (one, other) in enumerate(cells)]


def _windows(tree: Node, library: Table) -> Iterable[Finding]:
    """Windows that close before they open, and projects that began in the plan."""
    years = [node.number for _, node in find(tree, "years.*") if node.number is not None]
    columns = (library.values(name) for name in ("first_year", "last_year", "started"))
    for at, cells in enumerate(zip(*columns, strict=True)):
        first, last, started = (number(cell) for cell in cells)
        if first is not None and last is not None and first > last:
            message = Text("load.project_window", {"last": f"{last:g}"})
            yield Finding("E352", library.place(at, "first_year"), "", message, f"{first:g}")
        if started is not None and years and started >= min(years):
            message = Text("load.project_started", {"year": f"{min(years):g}"})
            yield Finding("E352", library.place(at, "started"), "", message, f"{started:g}")


def _effects(tree: Node, library: Table, effects: Table | None) -> Iterable[Finding]:
    """Effects of the district centre's projects on their own town, and on stocks that the plan counts itself."""
    if effects is None:
        return
    stocks = {path.split(".")[2] for path, _ in find(tree, "attainment.indicators.*.stock")}
    towns = dict(zip(map(normal, library.values("project")), map(normal, library.values("town")), strict=True))
    cells = (effects.values(name) for name in ("project", "where", "indicator"))
    for at, (project, where, indicator) in enumerate(zip(*cells, strict=True)):
        if normal(where) == "own_town" and towns.get(normal(project)) == DISTRICT:
            yield Finding("E353", effects.place(at, "where"), "", Text("load.project_of_district"), normal(where))
        if normal(indicator) in stocks:
            yield Finding("E316", effects.place(at, "indicator"), "", Text("load.effect_on_stock"), normal(indicator))


def _circles(needs: Table | None) -> Iterable[Finding]:
    """Projects that need one another in a circle, so that none could ever go first; each circle once."""
    after: dict[str, list[tuple[int, str]]] = {}
    for at, one, other in _pairs(needs, "needs"):
        if one and other and one != other:
            after.setdefault(one, []).append((at, other))
    done: set[str] = set()
    for start in sorted(after):
        for circle, at in _walk(start, after, done, []):
            assert needs is not None
            message = Text("load.project_circle", {"projects": " → ".join(circle)})
            yield Finding("E355", needs.place(at, "needs"), "", message, circle[0])


def _walk(
    project: str, after: Mapping[str, list[tuple[int, str]]], done: set[str], trail: list[str]
) -> Iterable[tuple[list[str], int]]:
    """Circles that a walk along the prerequisites runs into, with the record that closes each."""
    if project in done:
        return
    trail.append(project)
    for at, other in after.get(project, ()):
        if other in trail:
            yield [*trail[trail.index(other) :], other], at
        else:
            yield from _walk(other, after, done, trail)
    trail.pop()
    done.add(project)
