"""Which locks leave no plan: each is lifted alone, then all together, and the rest is asked for any plan."""

from __future__ import annotations

import numpy as np

from allocator.engine.session import Session
from allocator.model import Model, Rows, Terms
from allocator.scenario.plan_year import Scenario
from allocator.scenario.section import Lock
from allocator.words.errors import Finding, InfeasibleError
from allocator.words.texts import Text

GAP = 1e-6
NOTHING = Terms({}, np.zeros(0, dtype=np.intp), np.zeros(0))


def name_locks(model: Model, scenario: Scenario, session: Session, wrong: InfeasibleError) -> InfeasibleError:
    """The error with the locks that cannot be kept, if lifting them gives a plan; else the error as it is.

    A lock is named alone if the plan without it exists; if none is, all locks are named together where they are to
    blame.
    """
    locks = {lock.id: lock for plan in scenario.plan_years for lock in plan.common.locks}
    if not locks or "lock" not in model.rows:
        return wrong
    alone = [lock for name, lock in sorted(locks.items()) if _plan_without(model, session, (name,))]
    together = not alone and len(locks) > 1 and _plan_without(model, session, tuple(locks))
    if not alone and not together:
        return wrong
    named = alone or [lock for _, lock in sorted(locks.items())]
    key = "stages.lock_alone" if alone else "stages.locks_together"
    findings = [_finding(scenario, lock, key) for lock in named]
    return InfeasibleError(Text("stages.infeasible_locks", {"locks": ", ".join(lock.id for lock in named)}), findings)


def _finding(scenario: Scenario, lock: Lock, key: str) -> Finding:
    path = f"locks.{lock.id}"
    return Finding("F701", scenario.first.places.get(path), path, Text(key, {"reason": lock.reason}), lock.id)


def _plan_without(model: Model, session: Session, names: tuple[str, ...]) -> bool:
    """Whether there is a plan once these locks are lifted; they are put back afterwards."""
    ids = model.axes["lock"].ids
    lifted: list[tuple[Rows, np.ndarray]] = []
    for rows in model.rows["lock"]:
        mine = np.array([ids[code] in names for code in rows.labels["lock"].tolist()], dtype=bool)
        if mine.any():
            lifted.append((rows, mine))
            session.release_rows(rows.positions[mine])
    found = session.solve(NOTHING, 0.0, False, GAP).has_plan
    for rows, mine in lifted:
        session.set_row_bounds(rows.positions[mine], rows.bound[mine])
    return found
