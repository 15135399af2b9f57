"""Mentoring: slow towns without an eligible mentor and why, and whether mentors suffice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from allocator.blocks.mentoring.candidates import Candidates, candidates, mentor_places
from allocator.blocks.mentoring.check_locks import impossible_locks, locks_on_towns, obstacles, pairing_range
from allocator.blocks.mentoring.past import last_year_pairs, past_pairs
from allocator.blocks.mentoring.section import Mentoring
from allocator.blocks.shared.known import Floats, Known
from allocator.blocks.shared.locked import Range
from allocator.blocks.shared.said import amounts, exceeds, finding, listed, named
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Lock
from allocator.words.errors import Finding
from allocator.words.texts import Text

MOST_REASONS = 4
"""Most towns whose reason is given one by one, nearest to being eligible first."""


def findings(known: Known, given: Mentoring) -> list[Finding]:
    """What is worth knowing about mentoring before any solve, and pairs in their term that are too many already."""
    plan, found = known.plan, candidates(known.plan, given)
    places = mentor_places(plan, given, known.supply.school_room)
    made = [*_running(plan, given, found), *_without_mentor(plan, given, found)]
    made += [*_capacity(plan, given, found, places), *_ending(plan, given, found)]
    made += [*_least(plan, given, found, places), *_travel(plan, given, found)]
    return [*made, *impossible_locks(plan, given), *locks_on_towns(known, given)]


def lock_range(known: Known, given: Mentoring, lock: Lock) -> Range | None:
    """Pairs by eligibility, capacity, cover and hours; none where ``findings`` says that there is no such pair."""
    return None if any(impossible_locks(known.plan, given, lock)) else pairing_range(known, given, lock)


def _running(plan: PlanYear, given: Mentoring, found: Candidates) -> Iterator[Finding]:
    """Pairs that began before the plan and whose term covers the year, against capacity and cover."""
    names = plan.towns.index
    kept = np.flatnonzero(_in_term(plan, given, found))
    running = [(names[found.mentor[at]], names[found.mentee[at]]) for at in kept]
    for code, side, most, path in (
        ("F407", 0, given.mentor_capacity, "mentoring.mentor_capacity"),
        ("F408", 1, given.mentee_cover, "mentoring.mentee_cover"),
    ):
        for town in sorted({pair[side] for pair in running}):
            own = [pair for pair in running if pair[side] == town]
            if len(own) > most:
                pairs = listed(
                    [Text("check.pair", {"mentor": named(plan, m), "mentee": named(plan, n)}) for m, n in own]
                )
                values = {"town": named(plan, town), "count": len(own), "most": most, "pairs": pairs}
                yield finding(plan, code, path, values)


def _ending(plan: PlanYear, given: Mentoring, found: Candidates) -> Iterator[Finding]:
    """Pairs of last year that end whatever is done, because both terms are over or they may no longer be made."""
    names, past = plan.towns.index, past_pairs(plan) or ()
    eligible = {(names[m], names[n]) for m, n in zip(found.mentor, found.mentee, strict=True)}
    may_go_on = {
        (pair.mentor, pair.mentee)
        for pair in past
        if pair.last_year(given.term_years) >= plan.year or (pair.renewals == 0 and not given.rotation)
    }
    ending = [pair for pair in last_year_pairs(plan) or () if pair not in eligible & may_go_on]
    if given.max_changes is not None and len(ending) > given.max_changes:
        pairs = listed([Text("check.pair", {"mentor": named(plan, m), "mentee": named(plan, n)}) for m, n in ending])
        values = {"count": len(ending), "most": given.max_changes, "pairs": pairs}
        yield finding(plan, "F865", "mentoring.max_changes", values)


def _in_term(plan: PlanYear, given: Mentoring, found: Candidates) -> npt.NDArray[np.bool_]:
    """Eligible pairs that began before the plan and whose term covers the year."""
    names = plan.towns.index
    past = past_pairs(plan) or ()
    running = {(p.mentor, p.mentee) for p in past if p.last_year(given.term_years) >= plan.year}
    pairs = zip(found.mentor, found.mentee, strict=True)
    return np.array([(names[m], names[n]) in running for m, n in pairs], dtype=bool)


def _without_mentor(plan: PlanYear, given: Mentoring, found: Candidates) -> Iterator[Finding]:
    """One warning for each slow town that nobody may mentor, with the reason for each mature town."""
    levels = plan.base_levels()
    nobody = "check.nobody_mature" if given.pairs is None else "check.nobody_listed"
    for mentee in np.flatnonzero(found.slow & ~np.isin(np.arange(len(levels)), found.mentee)).tolist():
        reasons = [
            (len(parts), number_of(parts), parts)
            for mentor in (np.flatnonzero(found.mature).tolist() if given.pairs is None else ())
            for parts in [obstacles(plan, given, mentor, mentee)]
        ]
        reasons.sort(key=lambda each: each[:2])
        texts = [listed(parts) for _, _, parts in reasons[:MOST_REASONS]]
        values = {
            "town": named(plan, plan.towns.index[mentee]),
            "level": float(levels[mentee]),
            "reasons": listed(texts) if texts else Text(nobody),
            "others": len(reasons) - len(texts),
        }
        yield finding(plan, "W211", "mentoring", values)


def number_of(parts: list[Text]) -> str:
    """Order of equally many reasons: by what they say."""
    return " ".join(part.in_language("en") for part in parts)


def _capacity(plan: PlanYear, given: Mentoring, found: Candidates, places: Floats) -> Iterator[Finding]:
    """Places with mentors against slow towns that could have one."""
    reachable = len(np.unique(found.mentee))
    if not len(found.mentor) or places.sum() >= reachable:
        return
    mentors = np.unique(found.mentor)
    values = {
        "slow": float(reachable),
        "room": float(places.sum()),
        "capacity": given.mentor_capacity,
        "mentors": amounts(plan, [plan.towns.index[at] for at in mentors], places[mentors].tolist()),
        "short": float(reachable - places.sum()),
    }
    yield finding(plan, "W212", "mentoring.mentor_capacity", values)


def _least(plan: PlanYear, given: Mentoring, found: Candidates, places: Floats) -> Iterator[Finding]:
    """Mentees that together need more mentors than there are places with all who may mentor them."""
    values: dict[str, object] = {"least": given.mentee_least, "cover": given.mentee_cover}
    if given.mentee_least > given.mentee_cover and found.slow.any():
        yield finding(plan, "F863", "mentoring.mentee_least", values)
        return
    short = too_few_places(found, places, given.mentee_least)
    if short is None:
        return
    towns, enough = short
    mentors, need = np.unique(found.mentor[np.isin(found.mentee, towns)]), float(given.mentee_least * len(towns))
    values |= {
        "mentees": listed([named(plan, plan.towns.index[at]) for at in towns]),
        "mentors": listed([named(plan, plan.towns.index[at]) for at in mentors]),
        "need": need,
        "places": enough,
        "short": need - enough,
    }
    yield finding(plan, "F861", "mentoring.mentee_least", values)


def too_few_places(found: Candidates, room: Floats, least: int) -> tuple[list[int], float] | None:
    """Mentees (positions) whose mentors together have fewer places than they need, and how many; none where all find
    enough.

    Every mentee gets its mentors one after the other, others handing on their place where they find another one. Where
    nobody does, the mentees that were asked hold all places of all mentors of theirs (Hall's condition).
    """
    options = {int(town): found.mentor[found.mentee == town].tolist() for town in np.flatnonzero(found.slow)}
    given: dict[int, set[int]] = {town: set() for town in options}

    def place(town: int, seen: set[int]) -> bool:
        for mentor in options[town]:
            if mentor in seen or mentor in given[town]:
                continue
            seen.add(mentor)
            holders = [each for each in given if mentor in given[each]]
            if len(holders) >= room[mentor]:
                left = next((each for each in holders if place(each, seen)), None)
                if left is None:
                    continue
                given[left].discard(mentor)
            given[town].add(mentor)
            return True
        return False

    for town in [town for town in options for _ in range(least)]:
        seen: set[int] = set()
        if not place(town, seen):
            asked = sorted({town, *(each for each in given if given[each] & seen)})
            inside = np.array([mentor for each in asked for mentor in options[each]], dtype=np.intp)
            return asked, float(np.minimum(room, np.bincount(inside, minlength=len(room))).sum())
    return None


def _travel(plan: PlanYear, given: Mentoring, found: Candidates) -> Iterator[Finding]:
    """Minutes of travel that pairs in their term and required mentors take at least, and whether all could have one."""
    if given.travel is None:
        return
    minutes, kept = given.travel.minutes(found.minutes), _in_term(plan, given, found)
    most_of_mentor, most, path = given.travel.most_minutes_of_mentor, given.travel.most_minutes, "mentoring.travel"
    taken = np.bincount(found.mentor[kept], weights=minutes[kept], minlength=len(found.slow))
    for mentor in np.flatnonzero(taken).tolist():
        if most_of_mentor is not None and exceeds(taken[mentor], most_of_mentor):
            values = {
                "town": named(plan, plan.towns.index[mentor]),
                "need": float(taken[mentor]),
                "most": most_of_mentor,
            }
            yield finding(plan, "F864", f"{path}.most_minutes_of_mentor", values)
    if most is None:
        return
    required, one_each = float(minutes[kept].sum()), []
    for mentee in np.unique(found.mentee):
        free = np.sort(minutes[(found.mentee == mentee) & ~kept])
        has = int(kept[found.mentee == mentee].sum())
        required += float(free[: max(0, given.mentee_least - has)].sum())
        one_each += [float(free[0])] if not has and len(free) else []
    if exceeds(required, most):
        yield finding(plan, "F862", f"{path}.most_minutes", {"need": required, "most": most, "short": required - most})
        return
    cheapest = np.cumsum(np.sort(np.array(one_each)))
    reached = int((cheapest <= most - float(minutes[kept].sum()) + 1e-6).sum())
    if reached < len(one_each):
        values = {"reached": reached, "open": len(one_each), "most": most, "visits": given.travel.visits}
        yield finding(plan, "W861", f"{path}.most_minutes", values)
