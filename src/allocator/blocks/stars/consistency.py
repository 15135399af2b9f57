"""The standard of star-rated stations: grades that rise, cutoffs that can be reached, points within the full number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from allocator.blocks.shared.consistency import needed, number
from allocator.scenario.files.headings import normal
from allocator.scenario.files.tables import Table
from allocator.scenario.files.written import Written
from allocator.scenario.files.yamltree import Node, find
from allocator.words.errors import Finding
from allocator.words.texts import Text


def findings(written: Written) -> Iterator[Finding]:
    """Gains where there are no indicators; grades and points that make no sense."""
    yield from needed(written.tree, "stars.gains.*", "attainment")
    criteria, scores = written.tables.get("stars.criteria"), written.tables.get("stars.scores")
    full = _full_points(criteria) if criteria is not None else {}
    yield from _grades(written.tree, full)
    if scores is not None:
        yield from _scores(scores, full)


def _grades(tree: Node, full: Mapping[str, float]) -> Iterator[Finding]:
    """Grades from the lowest: more stars for more points, and no more points than there are."""
    last = (0.0, 0.0)
    for path, grade in find(tree, "stars.grades.*"):
        stars, cutoff = (grade.entries[name].number if name in grade.entries else None for name in ("stars", "cutoff"))
        if stars is None or cutoff is None:
            continue
        place = grade.entries["cutoff"].place
        if stars <= last[0] or cutoff <= last[1]:
            yield Finding("E360", place, f"{path}.cutoff", Text("load.grades_rise"), f"{cutoff:g}")
        last = stars, cutoff
        if full and cutoff > sum(full.values()) + 1e-9:
            message = Text("load.cutoff_too_high", {"points": f"{sum(full.values()):g}"})
            yield Finding("E361", place, f"{path}.cutoff", message, f"{cutoff:g}")


def _scores(scores: Table, full: Mapping[str, float]) -> Iterator[Finding]:
    """Points of a station beyond the full points of the criterion."""
    for at, (criterion, cell) in enumerate(zip(scores.values("criterion"), scores.values("points"), strict=True)):
        most, points = full.get(normal(criterion)), number(cell)
        if most is not None and points is not None and points > most + 1e-9:
            message = Text("load.points_too_many", {"criterion": normal(criterion), "points": f"{most:g}"})
            yield Finding("E362", scores.place(at, "points"), "", message, cell)


def _full_points(criteria: Table) -> dict[str, float]:
    """Full points by criterion; cells that are no number are left to the reading of the table."""
    pairs = zip(criteria.values("criterion"), criteria.values("points"), strict=True)
    known = {normal(word): number(cell) for word, cell in pairs}
    return {word: points for word, points in known.items() if points is not None}
