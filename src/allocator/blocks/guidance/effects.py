"""What a plan assumes that decisions of the block bring."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.blocks.guidance.section import Guidance
from allocator.blocks.shared.assumed import Assumed
from allocator.scenario.plan_year import PlanYear
from allocator.words.texts import say

PLACE = 20
"""Where its effects stand among those of all blocks."""


def effects(_plan: PlanYear, section: Guidance) -> Iterator[Assumed]:
    """What an hour of guidance brings."""
    for effect in section.effects:
        giver, origin = say(f"terms.giver.{effect.giver}"), effect.origin
        yield Assumed(giver, effect.indicator, f"{effect.per_hour:g}", origin.kind, origin.rule)
