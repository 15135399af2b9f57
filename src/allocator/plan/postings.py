"""What a plan says of postings, checked across its parts: the blocks it needs, and bands from near to far."""

from __future__ import annotations

from allocator.scenario.files.yamltree import Node, find
from allocator.words.errors import Finding
from allocator.words.texts import Text


def posting_findings(tree: Node) -> list[Finding]:
    """Postings without teachers or without travel times, and bands that do not rise."""
    given = tree.entries.get("posting")
    if given is None:
        return []
    findings = [
        Finding("E313", given.key or given.place, "posting", Text("load.needs_block", {"block": block}))
        for block in ("teaching", "travel")
        if block not in tree.entries
    ]
    end: float | None = None
    for path, node in find(tree, "posting.bands.*.up_to_minutes"):
        if end is not None and node.number is not None and node.number <= end:
            message = Text("load.band_end", {"before": f"{end:g}"})
            findings.append(Finding("E370", node.place, path, message, f"{node.number:g}"))
        end = node.number if node.number is not None else end
    return findings
