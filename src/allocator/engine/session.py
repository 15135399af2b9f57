"""What a solver session offers: the same words for HiGHS and for CBC."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from allocator.model import Codes, Floats, Keepers, Model, Terms
from allocator.words.errors import InterruptedRun
from allocator.words.texts import Text

Status = Literal["optimal", "feasible", "infeasible", "unbounded", "stopped"]
"""optimal: gap reached <= gap asked; feasible: a plan, not proven; stopped: a limit struck before any plan."""


@dataclass(frozen=True)
class Solution:
    """What one solve gave. ``x`` is only meant to be read where the status says there is a plan."""

    status: Status
    value: float
    bound: float
    """Best value that is still possible."""
    gap: float
    """|value - bound|, in the objective's unit."""
    x: Floats

    @property
    def has_plan(self) -> bool:
        """Whether x is a plan that keeps the rules."""
        return self.status in ("optimal", "feasible")


@dataclass(frozen=True)
class Prices:
    """Duals of one linear solve: improvement of the objective for one more unit of each bound."""

    rows: Floats
    columns: Floats


@dataclass
class Limits:
    """When to stop. Deadlines are values of time.monotonic(); ``interrupted`` is asked now and then."""

    deadline: float | None = None
    interrupted: Callable[[], bool] | None = None
    step_deadline: float | None = None
    """When the step at hand must end, so that time is left for those after it."""

    @property
    def ends(self) -> float | None:
        """The earlier of the two deadlines; none where there is neither."""
        given = [each for each in (self.deadline, self.step_deadline) if each is not None]
        return min(given, default=None)

    def check(self) -> None:
        """Raises InterruptedRun if the user wants to stop."""
        if self.interrupted is not None and self.interrupted():
            raise InterruptedRun(Text("solver.interrupted"))


class Session(Protocol):
    """A built model held by a solver; columns and rows declared since the last solve are handed over first."""

    name: str
    version: str
    limits: Limits

    def solve(self, objective: Terms, constant: float, maximise: bool, gap: float) -> Solution:
        """Optimise one objective to an absolute gap."""
        ...

    def prices(self, objective: Terms, maximise: bool) -> Prices | None:
        """Duals of a linear solve; none if the solver gives none. Integer columns must be fixed before."""
        ...

    def set_row_bounds(self, rows: Codes, bounds: Floats) -> None:
        """Move the bounds of rows."""
        ...

    def release_rows(self, rows: Codes) -> None:
        """Let inequality rows restrict nothing until their bounds are set again."""
        ...

    def set_column_bounds(self, columns: Codes, lower: Floats, upper: Floats) -> None:
        """Move the bounds of columns; equal bounds fix them."""
        ...

    def hold_integers(self, columns: Codes, values: Floats) -> None:
        """Fix all integer columns; from then on every solve is linear and has duals."""
        ...

    def mark(self) -> object:
        """Remember where the last linear solve ended."""
        ...

    def return_to(self, mark: object) -> None:
        """Go on from there at the next solve, if the solver can."""
        ...

    def start_from(self, columns: Codes, values: Floats) -> None:
        """Offer values of some columns to start from, if the solver can use them."""
        ...


def relax(model: Model, session: Session, requirement: str) -> Keepers:
    """Let a whole requirement ask nothing any more, in a model and in the session that is open on it.

    Returns the rows and columns that kept it.

    Raises:
        KeyError: no row and no bound keeps it.
    """
    found = model.relax(requirement)
    columns = np.concatenate([found.lower, found.upper])
    session.release_rows(found.rows)
    session.set_column_bounds(columns, model.column_lower[columns], model.column_upper[columns])
    return found
