"""Locks: each against what its decision can be at all, and against one another.

What locks of one decision ask for together, of a source or a mentor, stands with the block of that decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from allocator.blocks.registry import lockable, parts_of
from allocator.blocks.shared.known import Known
from allocator.blocks.shared.locked import Range, least_of, most_of, path_of
from allocator.blocks.shared.said import exceeds, finding, listed, named
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Lock
from allocator.words.errors import Finding
from allocator.words.texts import Text


def findings(known: Known, given: Sequence[Lock]) -> Iterator[Finding]:
    """Locks out of reach, and locks that ask for more than another allows."""
    for lock in given:
        block, _ = lockable()[lock.decision]
        section = known.plan.sections[block]
        possible: Range | None = parts_of("check")[block].lock_range(known, section, lock)
        if possible is not None:
            yield from _against(known.plan, lock, possible)
    yield from _contradictions(known.plan, given)


def _against(plan: PlanYear, lock: Lock, possible: Range) -> Iterator[Finding]:
    """A lock against the least and most that its decision can be."""
    values: dict[str, object] = {
        "lock": lock.id,
        "reason": lock.reason,
        "where": listed([named(plan, word) for word in lock.where.values()]),
        "least": least_of(lock),
        "decision": Text(f"check.decision_{lock.decision}"),
    }
    if exceeds(least_of(lock), possible.most):
        yield finding(plan, possible.above, path_of(lock), {**values, "most": possible.most, "why": possible.why})
    if exceeds(possible.least, most_of(lock)):
        yield finding(plan, "F502", path_of(lock), {**values, "least": possible.least, "most": most_of(lock)})


def _contradictions(plan: PlanYear, given: Sequence[Lock]) -> Iterator[Finding]:
    """A lock that asks for more inside what another lock allows at most."""
    for inner in given:
        for outer in given:
            covers = inner.decision == outer.decision and outer.where.items() <= inner.where.items()
            if inner is not outer and covers and exceeds(least_of(inner), most_of(outer)):
                values = {
                    "lock": inner.id,
                    "other": outer.id,
                    "least": least_of(inner),
                    "most": most_of(outer),
                    "reason": inner.reason,
                    "other_reason": outer.reason,
                    "decision": Text(f"check.decision_{inner.decision}"),
                }
                yield finding(plan, "F503", path_of(inner), values)
