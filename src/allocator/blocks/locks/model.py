"""Locks: any decision or total that the planner fixes, with the reason.

Data
    where, equals, at_least, at_most      scenario: locks
Rows
    lock[lock, side, year]   sum of the decision over the labels not named in `where`  >= / <= the bound
                             (`equals` gives both sides)
Source
    What the planner has signed, promised or been told; officials must be able to override.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from allocator.model import Model, Sense, Terms
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Lock

AT_LEAST, AT_MOST = 0, 1


def build(model: Model, plan: PlanYear, given: Sequence[Lock]) -> None:
    """Declare one row for each side of each lock."""
    for lock in sorted(given, key=lambda each: each.id):
        chosen = chosen_terms(model, plan, lock)
        least = lock.at_least if lock.equals is None else lock.equals
        most = lock.at_most if lock.equals is None else lock.equals
        unit = model.columns[lock.decision][0].unit if lock.decision in model.columns else ""
        sides: list[tuple[int, Sense, float | None]] = [(AT_LEAST, ">=", least), (AT_MOST, "<=", most)]
        for side, sense, bound in sides:
            if bound is None:
                continue
            codes = {
                "lock": model.axes["lock"].code(lock.id),
                "side": side,
                "year": model.axes["year"].code(str(plan.year)),
            }
            labels = {dim: np.array([code], dtype=np.intp) for dim, code in codes.items()}
            terms = chosen.labelled({dim: np.full(len(chosen), code, dtype=np.intp) for dim, code in codes.items()})
            path = f"locks.{lock.id}"
            model.constrain("lock", labels, [terms], sense, bound, unit=unit, requirement=path)


def chosen_terms(model: Model, plan: PlanYear, lock: Lock) -> Terms:
    """The columns a lock names; none where the decision does not exist."""
    if lock.decision not in model.columns:
        nothing = np.zeros(0, dtype=np.intp)
        return Terms({}, nothing, np.zeros(0))
    decision = model.family(lock.decision)
    chosen = decision["year"] == model.axes["year"].code(str(plan.year))
    for dim, label in lock.where.items():
        chosen &= decision[dim] == model.axes[dim].code(label)
    return decision.where(chosen)
