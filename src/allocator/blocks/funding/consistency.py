"""What shares, matchings and earmarks of money must keep when a plan is read."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.blocks.shared.consistency import SUM_TOLERANCE, crossed, needed
from allocator.scenario.files.written import Written
from allocator.scenario.files.yamltree import Node, children, find
from allocator.words.errors import Finding, Place
from allocator.words.texts import Text


def findings(written: Written) -> Iterator[Finding]:
    """Money a head where no residents are counted, shares and matchings that cannot be kept, towns earmarked twice."""
    tree = written.tree
    yield from needed(tree, "funding.per_capita_floor", "population")
    yield from _category_shares(tree)
    yield from _matching(tree)
    yield from _earmarked_twice(tree)


def _category_shares(tree: Node) -> Iterator[Finding]:
    """Bounds that cross, spending categories with two shares, least shares of more than everything."""
    least = 0.0
    first: dict[str | None, Node] = {}
    for path, share in find(tree, "funding.category_shares.*"):
        yield from crossed(path, share)
        low, spending = share.entries.get("at_least"), share.entries.get("spending")
        least += (low.number or 0.0) if low is not None else 0.0
        if spending is not None and spending.text in first:
            yield Finding("E110", spending.place, path, Text("load.twice"), spending.text)
        elif spending is not None:
            first[spending.text] = spending
    if least > 1.0 + SUM_TOLERANCE:
        path, node = find(tree, "funding.category_shares")[0]
        yield Finding("E308", node.key or node.place, path, Text("load.least_shares_sum"), f"{least:.10g}")


def _matching(tree: Node) -> Iterator[Finding]:
    """A matching compares two different sources, and has a bound; its least is not above its most."""
    for path, matching in find(tree, "funding.matching.*"):
        source, other = matching.entries.get("source"), matching.entries.get("with")
        if source is not None and other is not None and source.text is not None and source.text == other.text:
            yield Finding("E340", other.place, f"{path}.with", Text("load.matching_itself"), other.text)
        if not matching.entries.keys() & {"at_least", "at_most"}:
            yield Finding("E341", matching.place, path, Text("load.matching_bounds"))
        yield from crossed(path, matching)


def _earmarked_twice(tree: Node) -> Iterator[Finding]:
    """A town earmarked twice by one source."""
    for path, marks in find(tree, "funding.sources.*.earmark"):
        first: dict[str | None, Place] = {}
        for at, mark in children(marks):
            town = mark.entries["town"].text if "town" in mark.entries else None
            if town is not None and town in first:
                message = Text("load.earmark_twice", {"line": first[town].line})
                yield Finding("E323", mark.place, f"{path}.{at}", message, town)
            first.setdefault(town, mark.place)
