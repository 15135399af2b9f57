"""Locks on pairs: pairs that may not be and every reason why, the most there can be, and what locks need together."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from allocator.blocks.mentoring.candidates import candidates, is_strong, pairs_within_hours
from allocator.blocks.mentoring.section import Mentoring
from allocator.blocks.shared.known import Known
from allocator.blocks.shared.locked import Range, chosen, disjoint, least_of, locks_on, most_of, path_of, too_much
from allocator.blocks.shared.said import exceeds, finding, listed, named, number, positions
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Lock
from allocator.words.errors import Finding
from allocator.words.texts import Text


def impossible_locks(plan: PlanYear, given: Mentoring, only: Lock | None = None) -> Iterator[Finding]:
    """Locks (or one of them) on a pair that may not be, and those between whole numbers of pairs."""
    for lock in locks_on(plan, "pairing") if only is None else (only,):
        values: dict[str, object] = {
            "lock": lock.id,
            "reason": lock.reason,
            "where": listed([named(plan, word) for word in lock.where.values()]),
            "least": least_of(lock),
            "decision": Text("check.decision_pairing"),
        }
        missing = _ineligible(plan, given, lock)
        if missing is not None and least_of(lock) > 0:
            yield finding(plan, "F401", path_of(lock), {**values, "why": missing})
        elif np.ceil(least_of(lock) - 1e-6) > np.floor(most_of(lock) + 1e-6) and least_of(lock) <= most_of(lock):
            yield finding(plan, "F405", path_of(lock), {**values, "most": most_of(lock)})


def pairing_range(known: Known, given: Mentoring, lock: Lock) -> Range:
    """Most pairs by eligibility, capacity of mentors, cover of mentees and hours of the mentors' schools."""
    plan = known.plan
    found = candidates(plan, given)
    inside = np.isin(found.mentor, chosen(plan, lock, "mentor"))
    inside &= np.isin(found.mentee, chosen(plan, lock, "mentee"))
    eligible = np.bincount(found.mentor[inside], minlength=len(plan.towns)).astype(float)
    by_capacity = np.minimum(eligible, given.mentor_capacity)
    hours = pairs_within_hours(found, known.supply.school_room)
    covered = np.minimum(np.bincount(found.mentee[inside], minlength=len(plan.towns)), given.mentee_cover)
    options = [
        (float(inside.sum()), "check.why_eligible"),
        (float(by_capacity.sum()), "check.why_capacity"),
        (float(covered.sum()), "check.why_cover"),
        (float(np.minimum(by_capacity, hours).sum()), "check.why_school"),
    ]
    most, why = min(options, key=lambda each: each[0])
    return Range(0.0, most, Text(why), "F402")


def locks_on_towns(known: Known, given: Mentoring) -> Iterator[Finding]:
    """Locked pairs against the capacity and hours of their mentor and the cover of their mentee."""
    plan, rooms = known.plan, known.supply.school_room
    locks = locks_on(plan, "pairing")
    for at, town in enumerate(plan.towns.index):
        as_mentor = disjoint([lock for lock in locks if lock.where.get("mentor") == town])
        as_mentee = disjoint([lock for lock in locks if lock.where.get("mentee") == town])
        pairs = float(sum(math.ceil(least_of(lock) - 1e-6) for lock in as_mentor))
        values = {"town": named(plan, town)}
        if len(as_mentor) > 1 and pairs > given.mentor_capacity:
            yield too_much(plan, "F403", as_mentor, (pairs, float(given.mentor_capacity)), values)
        covered = float(sum(math.ceil(least_of(lock) - 1e-6) for lock in as_mentee))
        if len(as_mentee) > 1 and covered > given.mentee_cover:
            yield too_much(plan, "F404", as_mentee, (covered, float(given.mentee_cover)), values)
        hours = pairs * given.hours_per_pair if given.pairs is None else 0.0  # a table may say other hours
        if len(as_mentor) > 1 and exceeds(hours, rooms[at]):
            more = {**values, "pairs": pairs, "hours": given.hours_per_pair}
            yield too_much(plan, "F406", as_mentor, (hours, float(rooms[at])), more)


def _ineligible(plan: PlanYear, given: Mentoring, lock: Lock) -> Text | None:
    """Why the one pair that a lock names may not be; none if it may, or if it names no single pair."""
    if set(lock.where) != {"mentor", "mentee"}:
        return None
    mentor, mentee = positions(plan, [lock.where["mentor"], lock.where["mentee"]])
    reasons = why_not(plan, given, mentor, mentee)
    return listed(reasons) if reasons else None


def why_not(plan: PlanYear, given: Mentoring, mentor: int, mentee: int) -> list[Text]:
    """Every reason why one town may not mentor another; none if it may."""
    found = candidates(plan, given)
    names = {"mentor": named(plan, plan.towns.index[mentor]), "mentee": named(plan, plan.towns.index[mentee])}
    if given.pairs is not None:
        listed_pair = ((found.mentor == mentor) & (found.mentee == mentee)).any()
        return [] if listed_pair else [Text("check.not_listed", {**names, "table": given.pairs})]
    reasons = []
    if not found.mature[mentor]:
        reasons.append(Text("check.not_mature", names))
    if not found.slow[mentee]:
        reasons.append(Text("check.not_slow", names))
    return reasons + obstacles(plan, given, mentor, mentee)


def obstacles(plan: PlanYear, given: Mentoring, mentor: int, mentee: int) -> list[Text]:
    """Too small a lead, too long a way."""
    levels = plan.base_levels()
    names = {"mentor": named(plan, plan.towns.index[mentor])}
    reasons = []
    gap = float(levels[mentor] - levels[mentee])
    if gap < given.min_gap - 1e-9:
        reasons.append(Text("check.small_gap", {**names, "gap": number(gap), "min_gap": number(given.min_gap)}))
    reach = plan.common.travel.reach_minutes.mentoring if plan.common.travel is not None else None
    minutes = 0.0 if plan.travel is None else float(plan.travel.minutes[mentor, mentee])
    if reach is not None and minutes > reach + 1e-9:
        reasons.append(Text("check.too_far", {**names, "minutes": number(minutes), "reach": number(reach)}))
    if not reasons and given.matching is not None and not is_strong(plan, given.matching, mentor, mentee):
        reasons.append(Text("check.not_strong", names))
    return reasons
