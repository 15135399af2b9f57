"""What several blocks ask when a plan is read: parts that need a block, bounds that cross, things said twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from allocator.scenario.files.headings import normal
from allocator.scenario.files.tables import Table
from allocator.scenario.files.wording import meant
from allocator.scenario.files.yamltree import Node, find
from allocator.words.errors import Finding, Place
from allocator.words.texts import Text

SUM_TOLERANCE = 1e-9
"""Largest distance of shares from the sum they must have."""


def needed(tree: Node, pattern: str, block: str) -> Iterator[Finding]:
    """Parts that make no sense in a plan without a block (or another part of the plan)."""
    if block not in tree.entries:
        for path, node in find(tree, pattern):
            yield lacking(node.key or node.place, path, block)


def lacking(place: Place, path: str, block: str) -> Finding:
    """A part of the plan is wanted that it does not have."""
    return Finding("E313", place, path, Text("load.needs_block", {"block": block}))


def unknown(kind: str, place: Place, path: str, word: str, known: Iterable[str]) -> Finding:
    """A word that should be the id of something of a kind, and is none."""
    message = Text("load.unknown_id", {"kind": Text(f"load.kind_{kind}")})
    return Finding("E301", place, path, message, word, hint=meant(word, known))


def crossed(path: str, part: Node) -> Iterator[Finding]:
    """A part whose ``at_least`` lies above its ``at_most``."""
    low, high = part.entries.get("at_least"), part.entries.get("at_most")
    if low is None or high is None or low.number is None or high.number is None or low.number <= high.number:
        return
    message = Text("load.bounds_crossed", {"most": f"{high.number:.10g}"})
    yield Finding("E307", low.place, f"{path}.at_least", message, f"{low.number:.10g}")


def sum_to_one(code: str, message: str, pattern: str, tree: Node, inner: str = "*") -> Iterator[Finding]:
    """Parts whose numbers (at ``inner`` within each) do not sum to 1; left alone while one of them is no number."""
    for path, node in find(tree, pattern):
        numbers = [part.number for _, part in find(node, inner)]
        known = [number for number in numbers if number is not None]
        if len(known) == len(numbers) and abs(sum(known) - 1.0) > SUM_TOLERANCE:
            yield Finding(code, node.key or node.place, path, Text(message), f"{sum(known):.10g}")


def effects_twice(tree: Node, pattern: str, pair: tuple[str, str]) -> Iterator[Finding]:
    """Effects of the same two things, given a second time."""
    first: dict[tuple[str | None, ...], Place] = {}
    for path, effect in find(tree, pattern):
        own = tuple(effect.entries[name].text if name in effect.entries else None for name in pair)
        if None not in own and own in first:
            message = Text("load.effect_twice", {"line": first[own].line})
            yield Finding("E317", effect.place, path, message, ", ".join(map(str, own)))
        first.setdefault(own, effect.place)


def towns_without_row(table: Table, towns: set[str] | None) -> Iterator[Finding]:
    """Towns that a table should have a row for and has not."""
    absent = sorted((towns or set()) - {normal(cell) for cell in table.values("town")})
    if absent:
        message = Text("load.towns_without_row", {"towns": ", ".join(absent)})
        yield Finding("E215", table.place(None, "town"), "", message)


def number(cell: str) -> float | None:
    """The number that a cell holds; none where it holds no number, which the reading of the table says."""
    try:
        return float(normal(cell))
    except ValueError:
        return None
