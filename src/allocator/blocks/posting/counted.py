"""What postings count by host town: teachers posted there, and backbone teachers among them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from allocator.blocks.posting.candidates import candidates
from allocator.blocks.posting.past import past_postings
from allocator.blocks.posting.section import Posting
from allocator.blocks.shared.counted import Counted
from allocator.scenario.plan_year import PlanYear


def counted(plan: PlanYear, given: Posting) -> Mapping[str, Counted]:
    """Teachers posted, and backbone teachers; before the first year with postings those of its last year's table."""
    first = next(year for year in (*plan.earlier, plan) if "posting" in year.sections)
    every, backbone = np.zeros((2, len(plan.towns)))
    found = candidates(first, given)
    ran = {(who, town) for who, town, _ in past_postings(first) or ()}
    at = {teacher: n for n, teacher in enumerate(found.ids)}
    for teacher, town in sorted(ran):
        host = plan.towns.index.get_loc(town)
        every[host] += 1.0
        backbone[host] += bool(teacher in at and found.backbone[at[teacher]])
    return {"posted_teachers": Counted("teachers", every), "posted_backbone": Counted("teachers", backbone)}
