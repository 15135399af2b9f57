"""Locks, checked from the written tables: every total that the planner fixed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from allocator.blocks.shared.checks import Checks, Judges, Posting, Sense, cost_lines, forbidden, rule, starred
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import DISTRICT, Lock

DECISIONS = {
    "units": ("delivery", "units"),
    "funding": ("funding", "amount_yuan"),
    "teaching": ("teaching", "hours"),
    "volunteering": ("volunteering", "hours"),
    "purchased": ("purchases", "hours"),
    "posts": ("team", "posts"),
    "staff_trained": ("team", "trained"),
    "pairing": ("pairs", ""),
    "posted": ("postings", ""),
    "guidance": ("guidance", "hours"),
    "station_guidance": ("guidance", "hours"),
    "project_start": ("projects", ""),
    "project_running": ("projects", ""),
    "open": ("bases", ""),
    "starred": ("stars", ""),
    "demonstrated": ("demonstration_towns", "held"),
    "attainment": ("attainment", "attainment"),
    "level": ("towns", "level_after"),
}
"""Decision to the table and column it is written in; a pair counts 1, and so does a project in one of its states."""

STATES = {"project_start": ("started",), "project_running": ("started", "running")}
"""Decision to the states of the rows that count."""


def audit_block(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Sequence[Lock]) -> list[Checks]:
    """One check a side of each lock."""
    made = []
    for lock in given:
        total, weight = _total(tables, plan, lock)
        if np.isnan(total):
            made.append(forbidden("lock", np.array([lock.id], dtype=object)))
            continue
        sides: list[tuple[str, Sense, float | None]] = [
            ("at_least", ">=", lock.equals if lock.equals is not None else lock.at_least),
            ("at_most", "<=", lock.equals if lock.equals is not None else lock.at_most),
        ]
        for side, sense, bound in sides:
            if bound is not None:
                activity = pd.Series([total], index=pd.Index([f"{lock.id}/{side}"], dtype=object))
                made.append(rule("lock", activity, sense, bound, weight))
    return made


def _total(tables: Mapping[str, pd.DataFrame], plan: PlanYear, lock: Lock) -> tuple[float, float]:
    """The locked decision summed over the labels not named, and its weight; nan where it cannot be read."""
    frame = written(tables, plan, lock.decision)
    if frame is None:
        return float("nan"), 0.0
    if lock.decision == "funding" and "spending" in lock.where:
        frame = frame.merge(cost_lines(plan), on=["town", "programme"], how="left")
    for label, wanted in lock.where.items():
        if label == "year":
            continue
        if label not in frame:
            return float("nan"), 0.0
        frame = frame[frame[label] == wanted]
    return float(frame["amount"].sum()), float(max(1, len(frame)))


def written(tables: Mapping[str, pd.DataFrame], plan: PlanYear, decision: str) -> pd.DataFrame | None:
    """The table of a decision of one year, its numbers in the column ``amount``; none for one that no table has."""
    if decision not in DECISIONS:
        return None
    table, column = DECISIONS[decision]
    frame = tables[table]
    if decision == "open":
        frame = frame[frame["state"].isin(["open", "opened"])]
    if decision == "starred":
        frame = starred(plan, frame)
    if table == "guidance":
        own = frame["giver"] == DISTRICT
        frame = frame[own if decision == "guidance" else ~own]
    if decision in STATES:
        frame = frame[frame["state"].isin(STATES[decision])]
    if decision == "posted":
        frame = frame.rename(columns={"to_town": "town"})
    return frame.assign(amount=frame[column].to_numpy(dtype=float) if column else 1.0)


def postings(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Sequence[Lock]) -> list[Posting]:  # noqa: ARG001
    """Locks bring nothing into the ledgers."""
    return []


OUTCOMES: Judges = {}
