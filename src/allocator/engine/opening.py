"""Sessions of the solver that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from allocator.engine.limits import WithinLimits
from allocator.engine.session import Limits, Session
from allocator.model import Model

SolverName = Literal["highs", "highs-ipm", "cbc"]
Opening = Callable[[Model, Limits], Session]
"""Opens a session on a model, to end at the limits."""


def open_session(model: Model, solver: SolverName, limits: Limits) -> Session:
    """A session of the solver asked for; its answers keep limits that are curved."""
    session = _bare_session(model, solver, limits)
    return WithinLimits(model, session) if model.curved else session


def opening_with(solver: SolverName) -> Opening:
    """Opens sessions of one solver."""
    return lambda model, limits: open_session(model, solver, limits)


def _bare_session(model: Model, solver: SolverName, limits: Limits) -> Session:
    if solver == "cbc":
        from allocator.engine.cbc import CbcSession

        return CbcSession(model, limits)
    from allocator.engine.highs import HighsSession

    return HighsSession(model, limits, interior=solver == "highs-ipm")
