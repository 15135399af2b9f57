"""How to solve: what can be asked for beside the scenario."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from allocator.engine.opening import SolverName
from allocator.engine.stages import Progress

Mode = Literal["horizon", "rolling"]


@dataclass(frozen=True)
class Options:
    """How to solve."""

    solver: SolverName = "highs"
    gap: float | str | Sequence[str] | None = None
    """Gap of the stages: one absolute number in each stage's unit, or ``["balance=0.05", "others=0.1%"]``; none asks
    for a tenth of the stage's grid."""
    time_limit: float | None = None
    """Seconds for all stages together; a step takes at most three times its even share of what is left, and a year of
    a rolling plan its even share."""
    progress: Callable[[Progress], None] | None = None
    interrupted: Callable[[], bool] | None = None
    """Asked now and then; true stops the run."""
    mode: Mode = "horizon"
    """Several years: ``horizon`` decides them together; ``rolling`` one after the other, each year's result being the
    next year's base."""
    unit: str | None = None
    """Unit money is published in (元, 百元, 千元, 0.01 万元, 万元); none: as the scenario says, else exact."""
    start: Path | pd.DataFrame | None = None
    """Whole decisions the search begins with, where they are still possible: a results folder, or what
    ``start.whole_decisions`` gave."""
    proof: bool = False
    """Also export the model and the duals of every linear step, for `audit --proof`; in one model only."""
