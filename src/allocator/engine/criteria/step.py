"""What a criterion asks of the solver: steps, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

from allocator.model import Floats, Sense, Terms


@dataclass(frozen=True)
class Hold:
    """What a step shows and what row holds it, where that is not its objective on the grid (a ratio, say)."""

    value: float
    """The number shown, e.g. the smallest Gini coefficient."""
    held_at: float
    """The number held: the nearest point of the step's grid, one step worse."""
    terms: Terms
    """Labels do not matter here."""
    sense: Sense
    bound: float
    per_grid: float
    """How far the bound moves for one grid step worse (positive)."""


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
    """How many outcomes the number adds up: the held value is lowered by this times the stage's ``give``, and a gap
    asked for as a number counts so many times."""
    at_plan: Callable[[Floats], float] | None = None
    """The same number read off a plan that lacks the step's own columns; none where the step has no such columns."""
    gap: float | None = None
    """Absolute gap to close, in the objective's unit; none: a tenth of the grid."""
    probe: bool = False
    """Only a question on the way: solved and answered, but neither held nor recorded."""
    hold: Callable[[float, Floats], Hold] | None = None
    """From the objective's value and the plan to what is shown and held; none: the objective itself on the grid."""
    stands: Callable[[Floats], bool] | None = None
    """Asked of the plan before the step: whether it would be asked in the same words again; none: always."""
    shown: Callable[[Floats], float] | None = None
    """The number shown, read off any plan; none: the objective."""
    unit: str = ""
    """Unit of the number shown."""
    sign: float = 1.0
    """-1 where the objective is the number shown with the opposite sign (minutes that are lowered)."""


Steps = Generator[Step, Floats, None]
"""Yields a step, is sent the plan that was reached (all columns), yields the next."""

LEVEL_GRID = 1e-4
"""Level points."""
SUM_GRID = 1e-3
"""Sums of level points."""
