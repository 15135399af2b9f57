"""Locks, for the checks of the blocks whose decisions they fix: what a lock asks for, and what sums of locks need."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from allocator.blocks.shared.said import finding, listed, positions
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import DISTRICT, Lock
from allocator.words.errors import Finding
from allocator.words.texts import Text


@dataclass(frozen=True, eq=False)
class Range:
    """Least and most that a locked total can be, and why not more."""

    least: float
    most: float
    why: Text
    above: str = "F501"
    """Code of the proof that a lock asks for more."""


def locks_on(plan: PlanYear, decision: str) -> list[Lock]:
    """The locks of a plan year on a decision."""
    return [lock for lock in plan.common.locks if lock.decision == decision]


def least_of(lock: Lock) -> float:
    """Least that a lock asks for."""
    return (lock.at_least if lock.equals is None else lock.equals) or 0.0


def most_of(lock: Lock) -> float:
    """Most that a lock allows."""
    most = lock.at_most if lock.equals is None else lock.equals
    return math.inf if most is None else most


def path_of(lock: Lock) -> str:
    """Where the bound of a lock is written."""
    side = next(name for name in ("equals", "at_least", "at_most") if getattr(lock, name) is not None)
    return f"locks.{lock.id}.{side}"


def chosen(plan: PlanYear, lock: Lock, label: str) -> list[int]:
    """Positions of the towns that a lock names under a label: one, or all; none for the district centre."""
    word = lock.where.get(label)
    if word is None:
        return list(range(len(plan.towns)))
    return [] if word == DISTRICT else positions(plan, [word])


def disjoint(locks: Sequence[Lock]) -> list[Lock]:
    """Locks that have no cell in common with a larger one kept before."""
    kept: list[Lock] = []
    for lock in sorted(locks, key=least_of, reverse=True):
        if least_of(lock) > 0 and all(_apart(lock, other) for other in kept):
            kept.append(lock)
    return kept


def _apart(one: Lock, other: Lock) -> bool:
    """Whether two locks of a decision name nothing in common."""
    return any(one.where[label] != other.where[label] for label in one.where.keys() & other.where.keys())


def too_much(
    plan: PlanYear,
    code: str,
    kept: Sequence[Lock],
    sums: tuple[float, float],
    values: Mapping[str, object] | None = None,
) -> Finding:
    """Locks that together ask for more than there is.

    Args:
        sums: what they need, and the most there is.
        values: further values of the text.
    """
    need, most = sums
    terms = listed([Text("check.amount", {"name": lock.id, "n": f"{least_of(lock):,.10g}"}) for lock in kept])
    own = {"locks": terms, "need": need, "most": most, "short": need - most}
    return finding(plan, code, path_of(kept[0]), {**own, **(values or {})})
