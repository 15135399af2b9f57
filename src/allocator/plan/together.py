"""What the years of a plan must agree on when they are solved together."""

from __future__ import annotations

from collections.abc import Sequence

from allocator.errors import Finding
from allocator.plan.standards import standards_between_years
from allocator.plan.yamltree import Node, find
from allocator.texts import Text

IGNORED = ("last_year", "funding.sources.*.carried_in")
"""Parts of a later year that the year before decides."""


def findings_between_years(trees: Sequence[Node]) -> list[Finding]:
    """Terms of pairs or postings that change between years (errors), and parts of later years that do not count."""
    findings: list[Finding] = []
    if len(trees) < 2:
        return findings
    for block, key in (("mentoring", "load.term_changes"), ("posting", "load.posting_term_changes")):
        terms = [find(tree, f"{block}.term_years") for tree in trees]
        first = terms[0][0][1].number if terms[0] else None
        for term in terms[1:]:
            if term and term[0][1].number != first:
                path, node = term[0]
                values = {"first": "-" if first is None else f"{first:g}"}
                findings.append(Finding("E332", node.place, path, Text(key, values), f"{node.number:g}"))
    for tree in trees[1:]:
        for part in IGNORED:
            for path, node in find(tree, part):
                findings.append(Finding("W104", node.key or node.place, path, Text("load.decided_before")))
    return findings + standards_between_years(trees)
