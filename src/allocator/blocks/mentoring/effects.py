"""What a plan assumes that decisions of the block bring."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.blocks.mentoring.section import Mentoring
from allocator.blocks.shared.assumed import Assumed
from allocator.scenario.plan_year import PlanYear
from allocator.words.texts import say

PLACE = 30
"""Where its effects stand among those of all blocks."""


def effects(_plan: PlanYear, section: Mentoring) -> Iterator[Assumed]:
    """What of the mentor's lead a pair brings; the plan itself says it."""
    for indicator, share in section.transfer.items():
        gain = say("report.transfer", {"share": f"{share:.1%}", "minutes": f"{section.nearness_minutes:g}"})
        yield Assumed(say("terms.block.mentoring"), indicator, gain, "", say("report.set_by_plan"))
