"""What a criterion asks of the solver: steps, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

from allocator.model import Floats, Terms


@dataclass(frozen=True)
class Step:
    """One optimisation: a linear objective, its unit's grid and how far later stages may give way."""

    name: str
    objective: Terms
    """Labels do not matter here."""
    constant: float
    maximise: bool
    grid: float
    """Values are held on multiples of this."""
    give_weight: float = 0.0
    """The held value is lowered by this times the stage's ``give``."""
    at_plan: Callable[[Floats], float] | None = None
    """The same number read off a plan that lacks the step's own columns; none where the step has no such columns."""


Steps = Generator[Step, float, None]
"""Yields a step, is sent the value that was reached, yields the next."""

LEVEL_GRID = 1e-4
"""Level points."""
SUM_GRID = 1e-3
"""Sums of level points."""
