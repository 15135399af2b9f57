"""What a block says of something that it counts by town besides the indicators, for goals and standards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
