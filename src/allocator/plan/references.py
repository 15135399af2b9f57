"""What a merged plan must keep across its parts: names that exist, words that stand once, rules that fit together."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.blocks.registry import parts_of
from allocator.blocks.shared.consistency import unknown
from allocator.plan.stages import stage_findings
from allocator.scenario.files.written import Written, said
from allocator.scenario.files.yamltree import Node, find
from allocator.scenario.marks import Distinct, Names, TownColumn
from allocator.scenario.section import ANY_CATEGORY
from allocator.words.errors import Finding
from allocator.words.texts import Text


def reference_findings(written: Written) -> list[Finding]:
    """Everything that is wrong across the parts and tables of a plan year."""
    return [
        *_unknown_ids(written),
        *_repeated(written),
        *_reserved(written.tree),
        *_vintages(written),
        *stage_findings(written.tree, written.ids.get("town")),
        *[finding for part in parts_of("consistency").values() for finding in part.findings(written)],
    ]


def _unknown_ids(written: Written) -> Iterator[Finding]:
    """Values and keys that name something that does not exist."""
    for each in said(written.tree, written.fields, Names):
        known = written.ids.get(each.mark.kind)
        if known is not None and each.word is not None and each.word not in known:
            yield unknown(each.mark.kind, each.place, each.path, each.word, known)


def _repeated(written: Written) -> Iterator[Finding]:
    """Words twice in a list of words."""
    for each in said(written.tree, written.fields, Distinct):
        seen: set[str] = set()
        for item in each.node.items:
            word = str(item.content)
            if word in seen and not item.entries and not item.items:
                yield Finding("E110", item.place, each.path, Text("load.twice"), word)
            seen.add(word)


def _reserved(tree: Node) -> Iterator[Finding]:
    """A category named like the hours of programmes that have none."""
    for _, node in find(tree, "categories.*"):
        if node.content == ANY_CATEGORY:
            yield Finding("E319", node.place, "categories", Text("load.reserved_id"), ANY_CATEGORY)


def _vintages(written: Written) -> Iterator[Finding]:
    """Rules that read a population column of another count than the plan's."""
    given = find(written.tree, "population.vintage")
    own = given[0][1].content if given else None
    named = find(written.tree, "population.other_vintages.*")
    others = {path.rpartition(".")[2]: node.content for path, node in named if node.content != own}
    for each in said(written.tree, written.fields, TownColumn):
        if each.word in others:
            message = Text("load.vintages_mixed", {"own": own, "other": others[each.word]})
            yield Finding("W101", each.place, each.path, message, each.word)
