"""What a plan assumes that decisions of the block bring."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.blocks.shared.assumed import Assumed, gains_of
from allocator.blocks.team.section import Team
from allocator.scenario.plan_year import PlanYear
from allocator.words.texts import say

PLACE = 60
"""Where its effects stand among those of all blocks."""


def effects(_plan: PlanYear, section: Team) -> Iterator[Assumed]:
    """What someone trained brings."""
    if section.training is not None:
        yield from gains_of(say("report.effect_of_training"), section.training.gains)
