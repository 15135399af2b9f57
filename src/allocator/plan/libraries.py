"""The project library of a plan: kinds that take no name of something else, and tables that make sense together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from allocator.scenario.files.headings import normal
from allocator.scenario.files.tables import Table
from allocator.scenario.files.yamltree import Node, find, item_names
from allocator.scenario.section import DISTRICT, FIXED_LINES
from allocator.words.errors import Finding
from allocator.words.texts import Text

NEW = "new_"
"""Before a kind's id: the projects of the kind that start in a year."""


def kind_ids(tree: Node) -> list[str]:
    """Ids of the kinds of projects."""
    return [name for _, node in find(tree, "projects.kinds") for name in item_names(node.items)]


def kind_measures(tree: Node) -> set[str]:
    """What goals may ask of the library: running projects of each kind, and those that start."""
    return {prefix + kind for kind in kind_ids(tree) for prefix in ("", NEW)}


def kind_findings(tree: Node, measures: Collection[str], programmes: Collection[str]) -> list[Finding]:
    """Kinds whose cost line or measure would carry the name of something else."""
    found, taken = [], {*measures, *programmes, *FIXED_LINES}
    kinds = kind_ids(tree)
    for path, node in find(tree, "projects.kinds.*.id"):
        own = node.text or ""
        if own in taken or NEW + own in {*measures, *kinds}:
            found.append(Finding("E351", node.place, path, Text("load.project_kind_taken"), own))
    return found


def library_findings(tree: Node, tables: Mapping[str, Table | None]) -> list[Finding]:
    """Windows, beginnings, effects and links between projects that make no sense.

    Args:
        tree: the merged plan year.
        tables: path under which the plan names a table (``projects.table``) to the table as read.
    """
    library = tables.get("projects.table")
    if library is None:
        return []
    found = [*_windows(tree, library), *_effects(tree, library, tables.get("projects.effects"))]
    needs, excludes = tables.get("projects.needs"), tables.get("projects.excludes")
    for table, column in ((needs, "needs"), (excludes, "other")):
        for at, one, other in _pairs(table, column):
            if table is not None and one == other:
                found.append(Finding("E354", table.place(at, column), "", Text("load.project_itself"), one))
    return [*found, *_circles(needs)]


def _pairs(table: Table | None, column: str) -> list[tuple[int, str, str]]:
    """Record, project and the other project of each row of a table of links."""
    if table is None:
        return []
    cells = zip(table.values("project"), table.values(column), strict=True)
    return [(at, normal(one), normal(other)) for at, (one, other) in enumerate(cells)]


def _year(cell: str) -> float | None:
    try:
        return float(normal(cell))
    except ValueError:
        return None


def _windows(tree: Node, library: Table) -> Iterable[Finding]:
    """Windows that close before they open, and projects that began in the plan."""
    years = [node.number for _, node in find(tree, "years.*") if node.number is not None]
    columns = (library.values(name) for name in ("first_year", "last_year", "started"))
    for at, cells in enumerate(zip(*columns, strict=True)):
        first, last, started = (_year(cell) for cell in cells)
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
