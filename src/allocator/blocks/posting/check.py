"""Postings: shares and floors in whole persons against the teachers who may be posted at all."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from allocator.blocks.posting.candidates import candidates, least_posted, may_be, most_away, most_there
from allocator.blocks.posting.section import Posting
from allocator.blocks.shared.known import Bools, Known
from allocator.blocks.shared.locked import Range
from allocator.blocks.shared.said import by_town, finding
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Lock
from allocator.words.errors import Finding
from allocator.words.texts import Text

A_LITTLE = 1e-9


def findings(known: Known, given: Posting) -> list[Finding]:
    """Everything that arithmetic can say about postings."""
    return [*_shares(known.plan, given), *_floors(known.plan, given), *_nowhere(known.plan, given)]


def lock_range(known: Known, given: Posting, lock: Lock) -> Range:
    """Teachers who run on, and teachers who may be posted there."""
    plan, found = known.plan, candidates(known.plan, given)
    who = np.array([lock.where.get("teacher") in (None, teacher) for teacher in found.ids], dtype=bool)
    town = np.array([lock.where.get("town") in (None, name) for name in plan.towns.index], dtype=bool)
    named = who[:, None] & town
    most = float((may_be(plan, given) & named).any(axis=1).sum())
    return Range(float((found.running & named).sum()), most, Text("check.why_posting"))


def _most_posted(plan: PlanYear, given: Posting, of: Bools) -> int:
    """Most of the given teachers that can be posted: as many of each town as may be away, and as hosts take."""
    found, towns = candidates(plan, given), len(plan.towns)
    able = may_be(plan, given)
    going = np.bincount(found.home[able.any(axis=1) & of], minlength=towns)
    room = np.minimum(most_there(given, found), able[of].sum(axis=0)).sum()
    return int(min(np.minimum(going, most_away(given, found, towns)).sum(), room))


def _shares(plan: PlanYear, given: Posting) -> Iterator[Finding]:
    """The least share of the eligible, and of backbone teachers in it."""
    found = candidates(plan, given)
    everyone = np.ones(len(found.ids), dtype=bool)
    least, most = least_posted(given, found), _most_posted(plan, given, everyone)
    eligible = int(found.eligible.sum())
    if least > most:
        values = {
            "share": given.exchange_share,
            "eligible": eligible,
            "need": least,
            "most": most,
            "possible": f"{math.floor(most / eligible * 1e4) / 1e4:g}" if eligible else "0",
        }
        yield finding(plan, "F851", "posting.exchange_share", values)
    posted = max(least, int(found.running.any(axis=1).sum()))
    need = math.ceil((given.backbone_share or 0.0) * posted - A_LITTLE)
    backbone = _most_posted(plan, given, found.backbone)
    if need > backbone:
        shares = {"share": given.backbone_share, "posted": posted, "need": need, "most": backbone}
        yield finding(plan, "F854", "posting.backbone_share", shares)


def _floors(plan: PlanYear, given: Posting) -> Iterator[Finding]:
    """The fewest teachers in each town: all of them together, and one town with all who may be posted to it."""
    found, towns = candidates(plan, given), len(plan.towns)
    need = given.host_floor * towns
    if need > len(found.ids):
        values = {"floor": given.host_floor, "towns": towns, "need": need, "most": len(found.ids)}
        yield finding(plan, "F852", "posting.host_floor", values)
        return
    own = np.bincount(found.home, minlength=towns).astype(float)
    coming = np.minimum(may_be(plan, given).sum(axis=0), most_there(given, found)).astype(float)
    broken = own + coming < given.host_floor
    each: dict[str, object] = {"floor": given.host_floor, "own": own, "coming": coming}
    yield from by_town(plan, "F853", "posting.host_floor", broken, each)


def _nowhere(plan: PlanYear, given: Posting) -> Iterator[Finding]:
    """Eligible teachers who can be posted nowhere."""
    found = candidates(plan, given)
    stuck = int((found.eligible & ~may_be(plan, given).any(axis=1)).sum())
    if stuck:
        values = {"n": stuck, "eligible": int(found.eligible.sum()), "minutes": given.bands[-1].up_to_minutes}
        yield finding(plan, "W851", "posting.bands", values)
