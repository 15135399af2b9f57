"""What the years of a plan must agree on when they are solved together."""

from __future__ import annotations

from collections.abc import Sequence

from allocator.errors import Finding
from allocator.plan.yamltree import Node, find
from allocator.texts import Text

IGNORED = ("last_year", "funding.sources.*.carried_in")
"""Parts of a later year that the year before decides."""


def findings_between_years(trees: Sequence[Node]) -> list[Finding]:
    """A term of pairs that changes between years (an error), and parts of later years that count for nothing."""
    findings: list[Finding] = []
    if len(trees) < 2:
        return findings
    terms = [find(tree, "mentoring.term_years") for tree in trees]
    first = terms[0][0][1].number if terms[0] else None
    for tree, term in zip(trees[1:], terms[1:], strict=True):
        if term and term[0][1].number != first:
            path, node = term[0]
            values = {"first": "-" if first is None else f"{first:g}"}
            findings.append(Finding("E332", node.place, path, Text("load.term_changes", values), f"{node.number:g}"))
        for part in IGNORED:
            for path, node in find(tree, part):
                findings.append(Finding("W104", node.key or node.place, path, Text("load.decided_before")))
    return findings
