"""What blocks count by town besides the indicators, so that goals and standards can ask for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


COUNTED: Mapping[str, Callable[[PlanYear, Any], Mapping[str, Counted]]] = {}
"""Block to what it counts, by the name that goals use as ``measure``."""


def counted(plan: PlanYear) -> dict[str, Counted]:
    """Everything that is counted in a plan year, by name."""
    blocks = [block for block in sorted(COUNTED) if block in plan.sections]
    return {name: how for block in blocks for name, how in COUNTED[block](plan, plan.sections[block]).items()}
