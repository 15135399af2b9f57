"""Locks, checked from the written tables: every total that the planner fixed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from allocator.blocks.registry import lockable
from allocator.blocks.shared.checks import Checks, Judges, Posting, Sense, Tables, rule
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Lock


def audit_block(tables: Tables, plan: PlanYear, given: Sequence[Lock]) -> list[Checks]:
    """One check a side of each lock."""
    made = []
    for lock in given:
        total, weight = _total(tables, plan, lock)
        sides: list[tuple[str, Sense, float | None]] = [
            ("at_least", ">=", lock.equals if lock.equals is not None else lock.at_least),
            ("at_most", "<=", lock.equals if lock.equals is not None else lock.at_most),
        ]
        for side, sense, bound in sides:
            if bound is not None:
                activity = pd.Series([total], index=pd.Index([f"{lock.id}/{side}"], dtype=object))
                made.append(rule("lock", activity, sense, bound, weight))
    return made


def _total(tables: Tables, plan: PlanYear, lock: Lock) -> tuple[float, float]:
    """The locked decision summed over the labels not named, and the number of cells that enter it (at least 1)."""
    frame = written(tables, plan, lock.decision)
    assert frame is not None
    for label, wanted in lock.where.items():
        frame = frame[frame[label] == wanted]
    return float(frame["amount"].to_numpy(dtype=float).sum()), float(max(1, len(frame)))


def written(tables: Tables, plan: PlanYear, name: str) -> pd.DataFrame | None:
    """The table of a decision of one year: its labels, and its numbers in the column ``amount``; none for one that no
    table has."""
    if name not in lockable():
        return None
    _, decision = lockable()[name]
    frame = decision.rows(tables[decision.table], plan)
    amounts = frame[decision.column].to_numpy(dtype=float) if decision.column else np.ones(len(frame))
    labels = {label: frame[decision.column_of(label)].to_numpy(dtype=object) for label in decision.labels}
    return pd.DataFrame({**labels, "amount": amounts})


def postings(tables: Tables, plan: PlanYear, given: Sequence[Lock]) -> list[Posting]:  # noqa: ARG001
    """Locks bring nothing into the ledgers."""
    return []


OUTCOMES: Judges = {}
