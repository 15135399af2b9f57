"""What the effects of guidance must agree on with the rest of a plan when it is read."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.blocks.shared.consistency import effects_twice, needed
from allocator.scenario.files.written import Written
from allocator.words.errors import Finding


def findings(written: Written) -> Iterator[Finding]:
    """Effects on indicators that the plan does not have, and effects given twice."""
    yield from needed(written.tree, "guidance.effects.*", "attainment")
    yield from effects_twice(written.tree, "guidance.effects.*", ("giver", "indicator"))
