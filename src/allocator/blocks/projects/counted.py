"""Projects that goals can ask for: how many of a kind run, and how many start in the year."""

from __future__ import annotations

import numpy as np

from allocator.blocks.projects.library import library
from allocator.blocks.projects.section import NEW, Projects
from allocator.blocks.shared.counted import Counted
from allocator.scenario.plan_year import PlanYear

UNIT = "projects"


def counted(plan: PlanYear, given: Projects) -> dict[str, Counted]:
    """Running projects of each kind (``<kind>``) and those that start (``new_<kind>``)."""
    found, towns, made = library(plan, given), len(plan.towns), dict[str, Counted]()
    before = min(plan.common.years) - 1
    for at, kind in enumerate(found.kinds):
        own = found.kind == at
        of_district = bool((found.town[own] == towns).any())
        ran = own & (found.started <= before) & (kind.yearly | (found.started == before))
        for name, which in ((kind.id, ran), (NEW + kind.id, own & (found.started == before))):
            base = np.bincount(found.town[which], minlength=towns + 1)[:towns].astype(float)
            made[name] = Counted(UNIT, base, of_district=of_district)
    return made
