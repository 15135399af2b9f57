"""What the demonstration block counts: towns that hold a standard."""

from __future__ import annotations

import numpy as np

from allocator.blocks.demonstration.records import records
from allocator.blocks.demonstration.section import ANY, Demonstration
from allocator.blocks.shared.counted import Counted
from allocator.scenario.plan_year import PlanYear


def counted(plan: PlanYear, given: Demonstration) -> dict[str, Counted]:
    """Towns that hold any standard, and towns that hold each."""
    first = plan.earlier[0] if plan.earlier else plan
    start = first.sections.get("demonstration")
    section = start if isinstance(start, Demonstration) else given
    found = records(first if section is start else plan, section)
    held = {name: found.held[:, at].astype(float) for at, name in enumerate(found.standards)}
    nothing = np.zeros(len(plan.towns))
    of_each = {each.counted: Counted("towns", held.get(each.id, nothing)) for each in given.standards}
    return {ANY: Counted("towns", found.held.any(axis=1).astype(float)), **of_each}
