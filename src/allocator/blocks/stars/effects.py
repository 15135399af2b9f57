"""What a plan assumes that decisions of the block bring."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.blocks.shared.assumed import Assumed, gains_of
from allocator.blocks.stars.section import Stars
from allocator.scenario.plan_year import PlanYear
from allocator.words.texts import say

PLACE = 40
"""Where its effects stand among those of all blocks."""


def effects(_plan: PlanYear, section: Stars) -> Iterator[Assumed]:
    """What a star brings."""
    yield from gains_of(say("report.effect_of_star"), section.gains)
