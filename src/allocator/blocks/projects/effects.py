"""What a plan assumes that decisions of the block bring."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.blocks.projects.section import Projects
from allocator.blocks.shared.assumed import Assumed
from allocator.scenario.plan_year import PlanYear
from allocator.words.texts import say

PLACE = 50
"""Where its effects stand among those of all blocks."""


def effects(plan: PlanYear, section: Projects) -> Iterator[Assumed]:
    """What projects bring where they stand, or in every town."""
    indexes = {each.id for each in plan.indicators if each.denominator is None}
    for row in plan.tables[section.effects].to_dict("records") if section.effects is not None else ():
        gain, on = f"{row['gain']:g}", str(row["indicator"])
        if row["where"] == "every_town":
            gain = say("report.effect_everywhere" if on in indexes else "report.effect_everywhere_per", {"gain": gain})
        yield Assumed(str(row["project"]), on, gain, str(row["origin"]), str(row["rule"]), of_kind="project")
