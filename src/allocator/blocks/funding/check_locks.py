"""Locks on money: what can be given at least and at most inside what they name, and what they ask for together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from allocator.blocks.shared.known import Bools
from allocator.blocks.shared.locked import Range, chosen, disjoint, least_of, locks_on, too_much
from allocator.blocks.shared.money import Money
from allocator.blocks.shared.said import exceeds, named
from allocator.scenario.section import DISTRICT, Lock
from allocator.words.errors import Finding
from allocator.words.texts import Text


def funding_range(whole: Money, lock: Lock) -> Range:
    """Money by floors, and by what can be spent and what the sources give."""
    recipients = chosen(whole.plan, lock, "town")
    if lock.where.get("town") in (None, DISTRICT):
        recipients.append(len(whole.plan.towns))
    source, line = lock.where.get("source"), lock.where.get("programme")
    payers = np.array([source in (None, word) for word in whole.ids])
    own = np.array([line in (None, word) for word in whole.lines.ids], dtype=bool)
    paid = whole.pays[payers].any(axis=0) & own
    spend = float(whole.lines.most[recipients][:, paid].sum())
    gives = float(whole.amount[payers & (whole.pays & own).any(axis=1)].sum())
    least = _least_money(whole, lock, recipients, payers)
    return Range(least, min(spend, gives), Text("check.why_spend" if spend < gives else "check.why_amount"))


def _least_money(whole: Money, lock: Lock, recipients: Sequence[int], payers: Bools) -> float:
    """Least money that rules ask for inside what a lock names."""
    towns = [at for at in recipients if at < len(whole.plan.towns)]
    if "source" in lock.where and "programme" in lock.where:
        return 0.0
    if "source" in lock.where:
        marked = float(whole.earmarks[payers][:, towns].sum())
        only = bool((payers == whole.special).all())
        floors = float(whole.special_need[towns].sum()) if only else 0.0
        district = whole.district_floor if only and "town" not in lock.where else 0.0
        return max(marked, floors, district)
    if "programme" in lock.where:
        own = np.array([word == lock.where["programme"] for word in whole.lines.ids], dtype=bool)
        return float(sum(_floor_money(whole, int(n), recipients) for n in np.flatnonzero(own)))
    if "town" in lock.where:
        return float(whole.town_need[towns].sum()) if towns else float(whole.lines.least[-1].sum())
    return whole.least[0]


def _floor_money(whole: Money, line: int, recipients: Sequence[int]) -> float:
    """Least money of a cost line for some recipients."""
    return float(whole.lines.least[list(recipients), line].sum())


def locks_on_sources(whole: Money) -> Iterator[Finding]:
    """Locks on the money of a source, with its earmarks to other towns; and all locks against all money."""
    locks = locks_on(whole.plan, "funding")
    for at, source in enumerate(whole.ids):
        kept = disjoint([lock for lock in locks if lock.where.get("source") == source])
        free = [
            n
            for n, town in enumerate(whole.plan.towns.index)
            if not any(lock.where.get("town", town) == town for lock in kept)
        ]
        marked = float(whole.earmarks[at, free].sum())
        need = sum(map(least_of, kept)) + marked
        if kept and (len(kept) > 1 or marked > 0) and exceeds(need, whole.amount[at]):
            values = (need, float(whole.amount[at]))
            yield too_much(whole.plan, "F504", kept, values, {"source": named(whole.plan, source), "marked": marked})
    kept = disjoint(locks)
    need = sum(map(least_of, kept))
    if len(kept) > 1 and exceeds(need, whole.amount.sum()):
        yield too_much(whole.plan, "F506", kept, (need, float(whole.amount.sum())))
