"""What a merged plan must keep across its parts: names that exist, words that stand once, rules that fit together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from allocator.blocks.registry import lockable, parts_of
from allocator.blocks.shared.consistency import crossed, lacking
from allocator.plan.stages import stage_findings
from allocator.scenario.files.wording import meant
from allocator.scenario.files.written import Ids, Written, said
from allocator.scenario.files.yamltree import Node, find
from allocator.scenario.marks import Distinct, Names, TownColumn
from allocator.scenario.section import ANY_CATEGORY
from allocator.words.errors import Finding, Place
from allocator.words.texts import Text


def reference_findings(written: Written) -> list[Finding]:
    """Everything that is wrong across the parts and tables of a plan year."""
    tree, ids = written.tree, written.ids
    return [
        *_unknown_ids(written),
        *_repeated(written),
        *_reserved(tree),
        *_vintages(written),
        *stage_findings(tree, ids.get("town")),
        *[finding for part in parts_of("consistency").values() for finding in part.findings(written)],
        *[finding for path, lock in find(tree, "locks.*") for finding in _lock(path, lock, tree, ids)],
    ]


def _unknown(kind: str, place: Place, path: str, word: str, known: Iterable[str]) -> Finding:
    message = Text("load.unknown_id", {"kind": Text(f"load.kind_{kind}")})
    return Finding("E301", place, path, message, word, hint=meant(word, known))


def _unknown_ids(written: Written) -> Iterator[Finding]:
    """Values and keys that name something that does not exist."""
    for each in said(written.tree, written.fields, Names):
        known = written.ids.get(each.mark.kind)
        if known is not None and each.word is not None and each.word not in known:
            yield _unknown(each.mark.kind, each.place, each.path, each.word, known)


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


def _lock(path: str, lock: Node, tree: Node, ids: Ids) -> list[Finding]:
    findings: list[Finding] = []
    bounds = lock.entries.keys() & {"equals", "at_least", "at_most"}
    if not bounds or bounds > {"equals"}:
        message = Text("load.lock_bounds")
        findings.append(Finding("E309", lock.place, path, message, ", ".join(sorted(bounds)) or None))
    findings += crossed(path, lock)
    decision, where = lock.entries.get("decision"), lock.entries.get("where")
    if decision is None or decision.text is None:
        return findings
    known_to = {name: how for name, how in lockable().items() if how[1].in_files}
    if decision.text not in known_to:
        hint, message = meant(decision.text, known_to), Text("load.no_such_decision")
        return [*findings, Finding("E310", decision.place, f"{path}.decision", message, decision.text, hint=hint)]
    block, how = known_to[decision.text]
    labels = how.labels
    if block not in tree.entries:
        findings.append(lacking(decision.place, f"{path}.decision", block))
    for label, node in where.entries.items() if where is not None else ():
        at = f"{path}.where.{label}"
        if label not in labels:
            hint, message = meant(label, labels), Text("load.no_such_label", {"decision": decision.text})
            findings.append(Finding("E311", node.key or node.place, at, message, label, hint=hint))
            continue
        known = ids.get(labels[label])
        if known is not None and node.text is not None and node.text not in known:
            findings.append(_unknown(labels[label], node.place, at, node.text, known))
    return findings
