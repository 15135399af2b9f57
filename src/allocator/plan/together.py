"""What the years of a plan must agree on when they are solved together."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from allocator.blocks.registry import section_types
from allocator.plan.standards import standards_between_years
from allocator.scenario.files.yamltree import Node, find
from allocator.words.errors import Finding, Place
from allocator.words.texts import Text

CARRIED_IN = "funding.sources.*.carried_in"
"""A part of a later year that the year before decides."""

OF_THE_WHOLE = ("attainment", "delivery", "funding", "guidance", "teaching", "volunteering")
"""Sections that others build on: they stand in all years of a plan or in none. Any other section may begin in a later
year, and then goes on to the last."""


LASTING = {"project": "projects.table", "site": "bases.sites", "station": "coverage.stations"}
"""Things that later years know of, and the table that names them: it may grow from year to year, but not shrink."""

Ids = Mapping[str, set[str] | None]


def findings_between_years(trees: Sequence[Node], ids: Sequence[Ids]) -> list[Finding]:
    """Sections and things in tables that come or go where they may not, terms of agreements that change (errors),
    and parts of later years that do not count.

    Args:
        trees: the merged plan years, in order.
        ids: kind of id (project, site, station) to all ids of the year; none where they are not known.
    """
    if len(trees) < 2:
        return []
    findings = [*_sections(trees), *_gone(trees, ids)]
    for block, key in (("mentoring", "load.term_changes"), ("posting", "load.posting_term_changes")):
        findings += _terms([tree for tree in trees if block in tree.entries], block, key)
    for before, tree in itertools.pairwise(trees):
        parts = [*(() if _begins_with_last_year(before, tree) else find(tree, "last_year")), *find(tree, CARRIED_IN)]
        for path, node in parts:
            findings.append(Finding("W104", node.key or node.place, path, Text("load.decided_before")))
    return findings + standards_between_years(trees)


def _sections(trees: Sequence[Node]) -> Iterator[Finding]:
    """Sections of the whole plan that not all years have, and sections that stop after they have begun."""
    for before, tree in itertools.pairwise(trees):
        year = tree.entries["year"].content
        for block in section_types():
            was, stands = block in before.entries, block in tree.entries
            if was == stands or (stands and block not in OF_THE_WHOLE):
                continue
            key = "load.section_in_all_years" if block in OF_THE_WHOLE else "load.section_stops"
            code = "E333" if block in OF_THE_WHOLE else "E334"
            values = {"block": block, "year": year, "before": before.entries["year"].content}
            hint = Text(f"{key}_hint", values)
            yield Finding(code, _place(before if stands else tree, block), block, Text(key, values), hint=hint)


def _gone(trees: Sequence[Node], ids: Sequence[Ids]) -> Iterator[Finding]:
    """Things that an earlier year names and the next one does not: they would be forgotten, and could begin again."""
    for (before, had), (tree, has) in itertools.pairwise(zip(trees, ids, strict=True)):
        for kind, path in LASTING.items():
            now = has.get(kind)
            gone = sorted((had.get(kind) or set()) - now) if now is not None else []
            if gone:
                given, block = find(tree, path), path.partition(".")[0]
                values = {"kind": Text(f"load.kind_{kind}"), "before": before.entries["year"].content}
                place, hint = given[0][1].place if given else _place(tree, block), Text("load.thing_gone_hint")
                yield Finding("E335", place, path, Text("load.thing_gone", values), ", ".join(gone), hint=hint)


def _place(tree: Node, block: str) -> Place:
    """Where a year says that it has a section, or null; its year where it says nothing."""
    named = tree.content.get(block) if isinstance(tree.content, Mapping) else None
    named = named or tree.entries["year"]
    return named.key or named.place


def _terms(trees: Sequence[Node], block: str, key: str) -> Iterator[Finding]:
    """Years whose term, written or not, is another one than in the first year that has the section."""
    standard = float(section_types()[block].model_fields["term_years"].default)
    first: float | None = None
    for tree in trees:
        given = find(tree, f"{block}.term_years")
        term = given[0][1].number if given else standard
        first = term if first is None else first
        if term is not None and term != first:
            place = given[0][1].place if given else _place(tree, block)
            values = {"first": f"{first:g}"}
            yield Finding("E332", place, f"{block}.term_years", Text(key, values), f"{term:g}")


def _begins_with_last_year(before: Node, tree: Node) -> bool:
    """Whether pairs or postings begin with a year that says what ran in the year before: that counts."""
    begins = {"pairs": "mentoring", "postings": "posting"}
    given = tree.entries["last_year"].entries if "last_year" in tree.entries else {}
    return any(
        part in given and block in tree.entries and block not in before.entries for part, block in begins.items()
    )
