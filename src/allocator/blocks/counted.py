"""What blocks count by town besides the indicators, so that goals and standards can ask for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from allocator.scenario import PlanYear

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Counted:
    """Something that is counted by town, in town order."""

    unit: str
    """Unit of the amounts, e.g. ``stations``."""
    base: Floats
    """Amount in each town before the plan's first year."""
    size: Floats | None = None
    """What a share is taken of, e.g. all stations of the town; none: the amount itself is measured."""
    of_district: bool = False
    """Whether amounts may stand at the district centre, so that only the district as a whole can be asked."""


@cache
def registered() -> Mapping[str, Callable[[PlanYear, Any], Mapping[str, Counted]]]:
    """Block to what it counts, by the name that goals use as ``measure``; imported late: blocks import this module."""
    from allocator.blocks.bases.uses import counted as bases
    from allocator.blocks.coverage.reach import counted as coverage
    from allocator.blocks.demonstration.counted import counted as demonstration
    from allocator.blocks.posting.counted import counted as posting
    from allocator.blocks.projects.counted import counted as projects
    from allocator.blocks.stars.counted import counted as stars
    from allocator.blocks.team.counted import counted as team

    return {
        "bases": bases,
        "coverage": coverage,
        "demonstration": demonstration,
        "posting": posting,
        "projects": projects,
        "stars": stars,
        "team": team,
    }


def counted(plan: PlanYear) -> dict[str, Counted]:
    """Everything that is counted in a plan year, by name."""
    known = registered()
    blocks = [block for block in sorted(known) if block in plan.sections]
    return {name: how for block in blocks for name, how in known[block](plan, plan.sections[block]).items()}
