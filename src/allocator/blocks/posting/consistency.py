"""What postings must agree on with the rest of a plan when it is read: parts they need, bands from near to far."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.blocks.shared.consistency import needed
from allocator.scenario.files.written import Written
from allocator.scenario.files.yamltree import find
from allocator.words.errors import Finding
from allocator.words.texts import Text


def findings(written: Written) -> Iterator[Finding]:
    """Postings without teachers or without travel times, and bands that do not rise."""
    yield from needed(written.tree, "posting", "teaching")
    yield from needed(written.tree, "posting", "travel")
    end: float | None = None
    for path, node in find(written.tree, "posting.bands.*.up_to_minutes"):
        if end is not None and node.number is not None and node.number <= end:
            message = Text("load.band_end", {"before": f"{end:g}"})
            yield Finding("E370", node.place, path, message, f"{node.number:g}")
        end = node.number if node.number is not None else end
