"""Bought hours: what floors need against what teachers and organisations can give."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from allocator.blocks.purchase.section import Purchase
from allocator.blocks.shared.known import Known, taught_categories
from allocator.blocks.shared.locked import Range, chosen
from allocator.blocks.shared.said import by_town, each_exceeds, exceeds, finding, named
from allocator.scenario.section import Lock
from allocator.words.errors import Finding
from allocator.words.texts import Text


def findings(known: Known, given: Purchase) -> list[Finding]:
    """Everything that arithmetic can say about bought hours."""
    offered = known.supply.offers
    found = [] if offered is None or len(offered.provider) else [finding(known.plan, "W831", "purchase", {})]
    return [*found, *_hours(known), *_share(known, given)] if known.units.programmes else found


def _hours(known: Known) -> Iterator[Finding]:
    """Teacher hours of floors, by category, against teachers within reach and all that may be bought."""
    plan, staff, offered = known.plan, known.supply.teachers, known.supply.offers
    assert offered is not None
    nobody = np.zeros(len(plan.towns))
    for code, category in enumerate(taught_categories(plan)):
        need = known.units.teacher_hours(category)
        own = nobody if staff is None else staff.most.T @ staff.able[:, code]
        buy = offered.effective(category)
        values = {"category": named(plan, category), "need": need, "own": own, "buy": buy, "short": need - own - buy}
        broken = each_exceeds(need, own + buy)
        yield from by_town(plan, "F831", "purchase.offers", broken, values)
        all_own = 0.0 if staff is None else float(staff.hours @ staff.able[:, code])
        most = all_own + offered.whole(category)
        if exceeds(need.sum(), most) and not broken.any():
            whole = {"own": all_own, "buy": offered.whole(category), "short": need.sum() - most, "need": need.sum()}
            yield finding(plan, "F832", "purchase.offers", {**values, **whole})


def _share(known: Known, given: Purchase) -> Iterator[Finding]:
    """Hours that must not be bought against the teachers within reach."""
    plan, counted, staff = known.plan, known.units, known.supply.teachers
    if given.most_share is None or staff is None:
        return
    need = (1.0 - given.most_share) * (counted.least @ counted.per_unit("teacher_hours"))
    own = staff.most.T @ staff.able.max(axis=1, initial=0.0)
    broken = each_exceeds(need, own)
    values = {"share": given.most_share, "need": need, "most": own, "short": need - own}
    yield from by_town(plan, "F833", "purchase.most_share", broken, values)


def lock_range(known: Known, given: Purchase, lock: Lock) -> Range:  # noqa: ARG001
    """Hours that organisations offer there."""
    found, towns = known.supply.offers, chosen(known.plan, lock, "town")
    assert found is not None
    own = np.array([lock.where.get("provider") in (None, each) for each in found.provider], dtype=bool)
    own &= np.array([lock.where.get("category") in (None, each) for each in found.category], dtype=bool)
    here = found.works[:, towns].any(axis=1)
    return Range(0.0, float(found.capacity[own & here].sum()), Text("check.why_offers"))
