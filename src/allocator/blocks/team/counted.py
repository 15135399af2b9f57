"""What the team block counts: posts of each type, and staff trained in the year."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from allocator.blocks.shared.counted import Counted
from allocator.blocks.team.people import heads_before_plan, type_ids
from allocator.blocks.team.section import Team
from allocator.scenario.plan_year import PlanYear


def counted(plan: PlanYear, given: Team) -> Mapping[str, Counted]:
    """Posts by type, from the staff before the plan; staff trained, from none."""
    before = heads_before_plan(plan, given)
    made = {f"posts_{name}": Counted("posts", before[:, at]) for at, name in enumerate(type_ids(given))}
    if given.training is not None:
        made["posts_trained"] = Counted("heads", np.zeros(len(plan.towns)))
    return made
