"""The standard of star-rated stations: grades that rise, cutoffs that can be reached, points within the full number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from allocator.scenario.files.headings import normal
from allocator.scenario.files.tables import Table
from allocator.scenario.files.yamltree import Node, find, item_names
from allocator.words.errors import Finding
from allocator.words.texts import Text

KEPT = ("stars.stations", "stars.criteria", "stars.scores")
"""Tables that all years decided together take from the first of them."""


def grade_measures(tree: Node) -> set[str]:
    """What goals may ask of each grade but the lowest, which all starred stations have."""
    grades = [name for _, node in find(tree, "stars.grades") for name in item_names(node.items)]
    return {f"star_stations_{grade}" for grade in grades[1:]}


def standard_findings(tree: Node, tables: Mapping[str, Table | None]) -> list[Finding]:
    """Grades and points that make no sense.

    Args:
        tree: the merged plan year.
        tables: path under which the plan names a table (``stars.criteria``) to the table as read.
    """
    if "stars" not in tree.entries:
        return []
    criteria, scores = tables.get("stars.criteria"), tables.get("stars.scores")
    full = _numbers(criteria, "criterion") if criteria is not None else {}
    return [*_grades(tree, full), *(_scores(scores, full) if scores is not None else ())]


def _grades(tree: Node, full: Mapping[str, float]) -> list[Finding]:
    """Grades from the lowest: more stars for more points, and no more points than there are."""
    found, last = [], (0.0, 0.0)
    for path, grade in find(tree, "stars.grades.*"):
        stars, cutoff = (grade.entries[name].number if name in grade.entries else None for name in ("stars", "cutoff"))
        if stars is None or cutoff is None:
            continue
        place = grade.entries["cutoff"].place
        if stars <= last[0] or cutoff <= last[1]:
            found.append(Finding("E360", place, f"{path}.cutoff", Text("load.grades_rise"), f"{cutoff:g}"))
        last = stars, cutoff
        if full and cutoff > sum(full.values()) + 1e-9:
            message = Text("load.cutoff_too_high", {"points": f"{sum(full.values()):g}"})
            found.append(Finding("E361", place, f"{path}.cutoff", message, f"{cutoff:g}"))
    return found


def _scores(scores: Table, full: Mapping[str, float]) -> list[Finding]:
    """Points of a station beyond the full points of the criterion."""
    found = []
    for at, (criterion, cell) in enumerate(zip(scores.values("criterion"), scores.values("points"), strict=True)):
        most, points = full.get(normal(criterion)), _number(cell)
        if most is not None and points is not None and points > most + 1e-9:
            message = Text("load.points_too_many", {"criterion": normal(criterion), "points": f"{most:g}"})
            found.append(Finding("E362", scores.place(at, "points"), "", message, cell))
    return found


def standards_between_years(trees: Sequence[Node]) -> list[Finding]:
    """Tables and grades of later years that count for nothing, because the first year decides what all start from."""
    found = []
    for tree in trees[1:]:
        for pattern in (*KEPT, "stars.grades.*.stars", "stars.grades.*.cutoff"):
            before = {path: node.content for path, node in find(trees[0], pattern)}
            for path, node in find(tree, pattern):
                if before.get(path) != node.content:
                    found.append(Finding("W104", node.place, path, Text("load.decided_before"), str(node.content)))
    return found


def _numbers(table: Table, key: str) -> dict[str, float]:
    """Points by id; cells that are no number are left to the reading of the table."""
    pairs = zip(table.values(key), table.values("points"), strict=True)
    known = {normal(word): _number(cell) for word, cell in pairs}
    return {word: points for word, points in known.items() if points is not None}


def _number(cell: str) -> float | None:
    try:
        return float(normal(cell))
    except ValueError:
        return None
