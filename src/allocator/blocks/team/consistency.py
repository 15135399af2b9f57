"""What the team must agree on with the rest of a plan when it is read."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.blocks.shared.consistency import needed
from allocator.scenario.files.written import Written
from allocator.words.errors import Finding


def findings(written: Written) -> Iterator[Finding]:
    """Gains of training where there are no indicators."""
    yield from needed(written.tree, "team.training.gains.*", "attainment")
