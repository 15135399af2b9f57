"""What locks must agree on with the rest of a plan when it is read: decisions, labels and ids that exist."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.blocks.registry import lockable
from allocator.blocks.shared.consistency import crossed, lacking, unknown
from allocator.scenario.decisions import Decision
from allocator.scenario.files.wording import meant
from allocator.scenario.files.written import Written
from allocator.scenario.files.yamltree import Node, find
from allocator.words.errors import Finding
from allocator.words.texts import Text


def findings(written: Written) -> Iterator[Finding]:
    """Locks without a bound or with bounds that cross, and locks on what the plan does not have."""
    known = {name: how for name, how in lockable().items() if how[1].in_files}
    for path, lock in find(written.tree, "locks.*"):
        yield from _bounds(path, lock)
        decision = lock.entries.get("decision")
        if decision is None or decision.text is None:
            continue
        if decision.text not in known:
            hint, message = meant(decision.text, known), Text("load.no_such_decision")
            yield Finding("E310", decision.place, f"{path}.decision", message, decision.text, hint=hint)
            continue
        block, how = known[decision.text]
        if block not in written.tree.entries:
            yield lacking(decision.place, f"{path}.decision", block)
        yield from _labels(f"{path}.where", lock, how, written)


def _bounds(path: str, lock: Node) -> Iterator[Finding]:
    """Either what the decision equals, or a least, a most, or both."""
    bounds = lock.entries.keys() & {"equals", "at_least", "at_most"}
    if not bounds or bounds > {"equals"}:
        yield Finding("E309", lock.place, path, Text("load.lock_bounds"), ", ".join(sorted(bounds)) or None)
    yield from crossed(path, lock)


def _labels(path: str, lock: Node, decision: Decision, written: Written) -> Iterator[Finding]:
    """Labels that the decision has not, and ids that do not exist."""
    where = lock.entries.get("where")
    for label, node in where.entries.items() if where is not None else ():
        if label not in decision.labels:
            hint, message = meant(label, decision.labels), Text("load.no_such_label", {"decision": decision.name})
            yield Finding("E311", node.key or node.place, f"{path}.{label}", message, label, hint=hint)
            continue
        kind = decision.labels[label]
        known = written.ids.get(kind)
        if known is not None and node.text is not None and node.text not in known:
            yield unknown(kind, node.place, f"{path}.{label}", node.text, known)
