"""What the years of a plan must agree on when they are solved together."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from allocator.blocks.registry import section_types, table_uses
from allocator.plan.definition import FIELDS
from allocator.plan.lastyear import tables_of_last_year
from allocator.scenario.files.written import Ids
from allocator.scenario.files.yamltree import Node, find
from allocator.scenario.marks import DecidedBefore, Marked, OfFirstYear, SameEveryYear
from allocator.words.errors import Finding, Place
from allocator.words.texts import Text


def findings_between_years(trees: Sequence[Node], ids: Sequence[Ids]) -> list[Finding]:
    """Sections and things in tables that come or go where they may not, terms of agreements that change (errors),
    and parts of later years that do not count.

    Args:
        trees: the merged plan years, in order.
        ids: kind of id (project, site, station) to all ids of the year; none where they are not known.
    """
    if len(trees) < 2:
        return []
    return [*_sections(trees), *_gone(trees, ids), *_terms(trees), *_decided_before(trees), *_of_first_year(trees)]


def _sections(trees: Sequence[Node]) -> Iterator[Finding]:
    """Sections of the whole plan that not all years have, and sections that stop after they have begun."""
    for before, tree in itertools.pairwise(trees):
        year = tree.entries["year"].content
        for block, section in section_types().items():
            was, stands = block in before.entries, block in tree.entries
            if was == stands or (stands and not section.of_whole_plan):
                continue
            key = "load.section_in_all_years" if section.of_whole_plan else "load.section_stops"
            code = "E333" if section.of_whole_plan else "E334"
            values = {"block": block, "year": year, "before": before.entries["year"].content}
            hint = Text(f"{key}_hint", values)
            yield Finding(code, _place(before if stands else tree, block), block, Text(key, values), hint=hint)


def _gone(trees: Sequence[Node], ids: Sequence[Ids]) -> Iterator[Finding]:
    """Things that an earlier year names and the next one does not: they would be forgotten, and could begin again."""
    lasting = [(use.defines, use.path) for use in table_uses() if use.lasting and use.defines is not None]
    for (before, had), (tree, has) in itertools.pairwise(zip(trees, ids, strict=True)):
        for kind, path in lasting:
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


def _terms(trees: Sequence[Node]) -> Iterator[Finding]:
    """Years whose term, written or not, is another one than in the first year that has the section."""
    for field in FIELDS:
        if isinstance(field.mark, SameEveryYear):
            yield from _another(trees, field, field.mark.message)


def _another(trees: Sequence[Node], field: Marked, message: str) -> Iterator[Finding]:
    """Years with another number in a field than the first year that has its section."""
    block, first = field.path.partition(".")[0], None
    for tree in trees:
        if block not in tree.entries:
            continue
        given = find(tree, field.path)
        own = given[0][1].number if given else float(field.default)
        first = own if first is None else first
        if own is not None and own != first:
            place = given[0][1].place if given else _place(tree, block)
            yield Finding("E332", place, field.path, Text(message, {"first": f"{first:g}"}), f"{own:g}")


def _decided_before(trees: Sequence[Node]) -> Iterator[Finding]:
    """Parts of a later year that count for nothing, because the year before decides them."""
    patterns = [field.path for field in FIELDS if isinstance(field.mark, DecidedBefore)]
    for before, tree in itertools.pairwise(trees):
        counted = ["last_year"] if _begins_with_last_year(before, tree) else []
        for path, node in (each for pattern in patterns if pattern not in counted for each in find(tree, pattern)):
            yield Finding("W104", node.key or node.place, path, Text("load.decided_before"))


def _of_first_year(trees: Sequence[Node]) -> Iterator[Finding]:
    """Values of later years that count for nothing, because the first year decides what all start from."""
    patterns = [field.path for field in FIELDS if isinstance(field.mark, OfFirstYear)]
    for tree, pattern in itertools.product(trees[1:], patterns):
        before = {path: node.content for path, node in find(trees[0], pattern)}
        for path, node in find(tree, pattern):
            if before.get(path) != node.content:
                yield Finding("W104", node.place, path, Text("load.decided_before"), str(node.content))


def _begins_with_last_year(before: Node, tree: Node) -> bool:
    """Whether a section begins with a year that says what it did in the year before: that counts."""
    given = tree.entries["last_year"].entries if "last_year" in tree.entries else {}
    began = (name for block, name, _ in tables_of_last_year() if block in tree.entries and block not in before.entries)
    return any(name in given for name in began)
