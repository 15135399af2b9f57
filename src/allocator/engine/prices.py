"""Prices of what bounds the balance and the total, in a plan whose whole decisions are fixed."""

from __future__ import annotations

import numpy as np

from allocator.engine.session import Prices, Session
from allocator.engine.stages import StagesRun, integer_values
from allocator.model import Model


def stage_prices(model: Model, session: Session, run: StagesRun) -> dict[str, Prices | None]:
    """Stage prices: derivative of the first balance step and of the total.

    Earlier held values keep their numbers and integers are fixed as published; each stage's own held rows and
    all later ones are released while its price is taken.
    """
    columns, values = integer_values(model, run.x if run.x is not None else np.zeros(0))
    if len(columns):
        session.hold_integers(columns, values)
    prices: dict[str, Prices | None] = {"balance": None, "total": None}
    for stage in prices:
        own = [at for at, held in enumerate(run.held) if held.stage == stage]
        if not own:
            continue
        for held in run.held[own[0] :]:
            session.release_rows(held.row.positions)
        step = run.held[own[0]].step
        session.return_to(run.held[own[0]].mark)
        if step.shown is None or step.maximise:  # a ratio has no price in level points
            prices[stage] = session.prices(step.objective, step.maximise)
        for held in run.held[own[0] :]:
            session.set_row_bounds(held.row.positions, np.array([held.limit]))
    return prices
