"""Locks: against what is possible, against rules, and against one another."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from allocator.blocks.demonstration.records import records
from allocator.blocks.mentoring.candidates import candidates
from allocator.blocks.projects.library import library
from allocator.blocks.shared.sites import open_before
from allocator.blocks.stars.ladder import ladder
from allocator.blocks.team.people import reachable_posts, type_ids
from allocator.plan.check.bounds import Units, pairs_within_hours, units
from allocator.plan.check.coverage import open_range
from allocator.plan.check.money import Money, money
from allocator.plan.check.pairs import why_not
from allocator.plan.check.posting import posted_range
from allocator.plan.check.said import exceeds, finding, listed, named, positions
from allocator.plan.check.supply import (
    Floats,
    bought,
    near,
    school_room,
    school_rooms,
    station_hours,
    taught_categories,
    teachers,
    volunteer_hours,
)
from allocator.plan.check.team import least as least_posts_of
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


@dataclass(frozen=True, eq=False)
class Facts:
    """What the bounds of locks are read from."""

    plan: PlanYear
    units: Units
    money: Money | None


def lock_findings(plan: PlanYear) -> list[Finding]:
    """Everything that arithmetic can say about the locks of a plan year."""
    if not plan.common.locks:
        return []
    counted = units(plan)
    facts = Facts(plan, counted, money(plan, counted))
    found: list[Finding] = []
    for lock in plan.common.locks:
        found += _alone(facts, lock)
    return [*found, *_contradictions(plan), *_sums(facts)]


def least_of(lock: Lock) -> float:
    """Least that a lock asks for."""
    return (lock.at_least if lock.equals is None else lock.equals) or 0.0


def most_of(lock: Lock) -> float:
    """Most that a lock allows."""
    most = lock.at_most if lock.equals is None else lock.equals
    return math.inf if most is None else most


def _path(lock: Lock) -> str:
    side = next(name for name in ("equals", "at_least", "at_most") if getattr(lock, name) is not None)
    return f"locks.{lock.id}.{side}"


def _alone(facts: Facts, lock: Lock) -> Iterator[Finding]:
    """One lock against what its decision can be at all."""
    plan = facts.plan
    values: dict[str, object] = {
        "lock": lock.id,
        "reason": lock.reason,
        "where": _where(plan, lock),
        "least": least_of(lock),
        "decision": Text(f"check.decision_{lock.decision}"),
    }
    if lock.decision == "pairing":
        missing = _ineligible(plan, lock)
        if missing is not None and least_of(lock) > 0:
            yield finding(plan, "F401", _path(lock), {**values, "why": missing})
            return
        if np.ceil(least_of(lock) - 1e-6) > np.floor(most_of(lock) + 1e-6) and least_of(lock) <= most_of(lock):
            yield finding(plan, "F405", _path(lock), {**values, "most": most_of(lock)})
            return
    possible = RANGES[lock.decision](facts, lock)
    if exceeds(least_of(lock), possible.most):
        code = "F402" if lock.decision == "pairing" else "F501"
        yield finding(plan, code, _path(lock), {**values, "most": possible.most, "why": possible.why})
    if exceeds(possible.least, most_of(lock)):
        yield finding(plan, "F502", _path(lock), {**values, "least": possible.least, "most": most_of(lock)})


def _where(plan: PlanYear, lock: Lock) -> Text:
    return listed([named(plan, word) for word in lock.where.values()])


def _ineligible(plan: PlanYear, lock: Lock) -> Text | None:
    """Why the one pair that a lock names may not be; none if it may, or if it names no single pair."""
    if set(lock.where) != {"mentor", "mentee"}:
        return None
    mentor, mentee = positions(plan, [lock.where["mentor"], lock.where["mentee"]])
    reasons = why_not(plan, mentor, mentee)
    return listed(reasons) if reasons else None


def _chosen(plan: PlanYear, lock: Lock, label: str) -> Sequence[int]:
    """Positions of the towns that a lock names under a label: one, or all; none for the district centre."""
    word = lock.where.get(label)
    if word is None:
        return range(len(plan.towns))
    return () if word == DISTRICT else positions(plan, [word])


def _units_range(facts: Facts, lock: Lock) -> Range:
    towns = list(_chosen(facts.plan, lock, "town"))
    wanted = lock.where.get("programme")
    own = [n for n, p in enumerate(facts.units.programmes) if wanted in (None, p.id)]
    floors = [_floor_units(facts.plan, facts.units.programmes[n]) for n in own]
    most = facts.units.most[towns][:, own]
    least = sum(float(floor[towns].sum()) for floor in floors)
    return Range(least, float(most.sum()), Text("check.why_units"))


def _floor_units(plan: PlanYear, programme: Any) -> Floats:
    if programme.floor is None or programme.unit_cost <= 0:
        return np.zeros(len(plan.towns))
    return np.asarray(plan.per_town(f"{programme.floor}_yuan") / programme.unit_cost)


def _funding_range(facts: Facts, lock: Lock) -> Range:
    whole = facts.money
    assert whole is not None
    recipients = list(_chosen(facts.plan, lock, "town"))
    if lock.where.get("town") in (None, DISTRICT):
        recipients.append(len(facts.plan.towns))
    source, line = lock.where.get("source"), lock.where.get("programme")
    payers = np.array([source in (None, word) for word in whole.ids])
    own = np.array([line in (None, word) for word in whole.lines.ids], dtype=bool)
    paid = whole.pays[payers].any(axis=0) & own
    spend = float(whole.lines.most[recipients][:, paid].sum())
    gives = float(whole.amount[payers & (whole.pays & own).any(axis=1)].sum())
    least = _least_money(whole, lock, recipients, payers)
    return Range(least, min(spend, gives), Text("check.why_spend" if spend < gives else "check.why_amount"))


def _least_money(whole: Money, lock: Lock, recipients: Sequence[int], payers: np.ndarray) -> float:
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
    return float(whole.lines.least[list(recipients), line].sum())


def _teaching_range(facts: Facts, lock: Lock) -> Range:
    plan, why = facts.plan, Text("check.why_teaching")
    staff = teachers(plan)
    assert staff is not None
    category = lock.where.get("category")
    codes = range(len(taught_categories(plan))) if category is None else [taught_categories(plan).index(category)]
    who = np.array([lock.where.get("teacher") in (None, word) for word in staff.ids], dtype=bool)
    homes = np.isin(staff.home, list(_chosen(plan, lock, "from_town")))
    able = (staff.able[:, list(codes)] > 0).any(axis=1) & who & homes
    most = staff.most[:, list(_chosen(plan, lock, "to_town"))].max(axis=1, initial=0.0)
    return Range(0.0, float(most[able].sum()), why)


def _volunteering_range(facts: Facts, lock: Lock) -> Range:
    plan = facts.plan
    own = volunteer_hours(plan)
    assert own is not None
    givers, towns = list(_chosen(plan, lock, "from_town")), list(_chosen(plan, lock, "to_town"))
    reaches = near(plan, "volunteering")[np.ix_(givers, towns)].any(axis=1)
    return Range(0.0, float(own[givers][reaches].sum()), Text("check.why_volunteering"))


def _pairing_range(facts: Facts, lock: Lock) -> Range:
    """Most pairs by eligibility, capacity of mentors, cover of mentees and hours of the mentors' schools."""
    plan = facts.plan
    given: Any = plan.sections["mentoring"]
    found = candidates(plan, given)
    inside = np.isin(found.mentor, list(_chosen(plan, lock, "mentor")))
    inside &= np.isin(found.mentee, list(_chosen(plan, lock, "mentee")))
    eligible = np.bincount(found.mentor[inside], minlength=len(plan.towns)).astype(float)
    by_capacity = np.minimum(eligible, given.mentor_capacity)
    hours = pairs_within_hours(plan, found)
    covered = np.minimum(np.bincount(found.mentee[inside], minlength=len(plan.towns)), given.mentee_cover)
    options = [
        (float(inside.sum()), "check.why_eligible"),
        (float(by_capacity.sum()), "check.why_capacity"),
        (float(covered.sum()), "check.why_cover"),
        (float(np.minimum(by_capacity, hours).sum()), "check.why_school"),
    ]
    most, why = min(options, key=lambda each: each[0])
    return Range(0.0, most, Text(why))


def _guidance_range(facts: Facts, lock: Lock) -> Range:
    plan = facts.plan
    given: Any = plan.sections["guidance"]
    towns = len(_chosen(plan, lock, "town"))
    others = (len(plan.towns) - towns) * given.town_min_hours
    return Range(towns * given.town_min_hours, max(0.0, given.district_hours - others), Text("check.why_guidance"))


def _station_range(facts: Facts, lock: Lock) -> Range:
    plan, towns = facts.plan, list(_chosen(facts.plan, lock, "town"))
    rooms = school_rooms(plan)
    return Range(float(station_hours(plan)[towns].sum()), float(rooms[towns].sum()), Text("check.why_school"))


def _stars_range(facts: Facts, lock: Lock) -> Range:
    """Grades that stations have, and all that there are."""
    way = ladder(facts.plan)
    rows = [at for at, station in enumerate(way.station) if lock.where.get("station") in (None, station)]
    rungs = [at for at, grade in enumerate(way.grade) if lock.where.get("grade") in (None, grade)]
    held = way.held[rows][:, rungs]
    return Range(float(held.sum()), float(held.size), Text("check.why_stars"))


def _projects_range(facts: Facts, lock: Lock) -> Range:
    """Projects that may start in the year (or run, by then), and those that run whatever is decided."""
    given: Any = facts.plan.sections["projects"]
    found = library(facts.plan, given)
    own = np.array([lock.where.get("project") in (None, project) for project in found.ids], dtype=bool)
    may, runs_on = found.may_start(facts.plan.year), np.zeros(len(found), dtype=bool)
    if lock.decision == "project_running":
        runs_on = found.runs_on
        for before in facts.plan.earlier if facts.plan.before is not None else ():
            may = may | (found.may_start(before.year) & found.goes_on)
    return Range(float(runs_on[own].sum()), float((may | runs_on)[own].sum()), Text("check.why_projects"))


def _demonstration_range(facts: Facts, lock: Lock) -> Range:
    """Standards that towns held before the plan, and those that they may hold."""
    given: Any = facts.plan.sections["demonstration"]
    found, towns = records(facts.plan, given), list(_chosen(facts.plan, lock, "town"))
    own = [at for at, each in enumerate(found.standards) if lock.where.get("standard") in (None, each)]
    held, may = found.held[towns][:, own], found.may[towns][:, own]
    if facts.plan.before is not None:
        may = np.ones(may.shape, dtype=bool)
    return Range(float(held.sum()), float((held | may).sum()), Text("check.why_demonstration"))


def _open_range(facts: Facts, lock: Lock) -> Range:
    """Sites that are open already, and sites that may be open by then."""
    site = lock.where.get("site")
    least, most = open_range(facts.plan, open_before(facts.plan) if site is None else (site,))
    return Range(float(least), float(most), Text("check.why_open"))


def _posting_range(facts: Facts, lock: Lock) -> Range:
    """Teachers who run on, and teachers who may be posted there."""
    return Range(*posted_range(facts.plan, lock), Text("check.why_posting"))


def _purchased_range(facts: Facts, lock: Lock) -> Range:
    """Hours that organisations offer there."""
    found, towns = bought(facts.plan), list(_chosen(facts.plan, lock, "town"))
    assert found is not None
    own = np.array([lock.where.get("provider") in (None, each) for each in found.provider], dtype=bool)
    own &= np.array([lock.where.get("category") in (None, each) for each in found.category], dtype=bool)
    here = found.works[:, towns].any(axis=1)
    return Range(0.0, float(found.capacity[own & here].sum()), Text("check.why_offers"))


def _posts_range(facts: Facts, lock: Lock) -> Range:
    """Posts by floors and people who stay, and by caps and hiring; people trained by posts and places."""
    given: Any = facts.plan.sections["team"]
    towns = list(_chosen(facts.plan, lock, "town"))
    types = [at for at, word in enumerate(type_ids(given)) if lock.where.get("type") in (None, word)]
    cells = np.ix_(towns, types)
    most = float(reachable_posts(facts.plan, given)[cells].sum())
    if lock.decision == "posts":
        return Range(float(least_posts_of(facts.plan, given)[cells].sum()), most, Text("check.why_posts"))
    places = given.training.places if given.training is not None else 0.0
    return Range(0.0, min(places, most), Text("check.why_places"))


RANGES: Mapping[str, Any] = {
    "purchased": _purchased_range,
    "posts": _posts_range,
    "staff_trained": _posts_range,
    "units": _units_range,
    "funding": _funding_range,
    "teaching": _teaching_range,
    "volunteering": _volunteering_range,
    "pairing": _pairing_range,
    "posted": _posting_range,
    "guidance": _guidance_range,
    "open": _open_range,
    "station_guidance": _station_range,
    "demonstrated": _demonstration_range,
    "starred": _stars_range,
    "project_start": _projects_range,
    "project_running": _projects_range,
}
"""Decision that can be locked to the least and most it can be."""


def _contradictions(plan: PlanYear) -> Iterator[Finding]:
    """A lock that asks for more inside what another lock allows at most."""
    for inner in plan.common.locks:
        for outer in plan.common.locks:
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
                yield finding(plan, "F503", _path(inner), values)


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


def _sums(facts: Facts) -> Iterator[Finding]:
    """Locks together against what they share: a source, a mentor, a mentee, the district centre."""
    plan = facts.plan
    by_decision = {name: [lock for lock in plan.common.locks if lock.decision == name] for name in RANGES}
    if facts.money is not None:
        yield from _source_sums(facts.money, by_decision["funding"])
    if by_decision["pairing"]:
        yield from _pair_sums(plan, by_decision["pairing"])
    guidance: Any = plan.sections.get("guidance")
    if guidance is not None:
        kept = [lock for lock in disjoint(by_decision["guidance"]) if "town" in lock.where]
        need = sum(max(least_of(lock), guidance.town_min_hours) for lock in kept)
        need += (len(plan.towns) - len(kept)) * guidance.town_min_hours
        if len(kept) > 1 and exceeds(need, guidance.district_hours):
            yield _too_much(plan, "F505", kept, (need, guidance.district_hours))


def _source_sums(whole: Money, locks: Sequence[Lock]) -> Iterator[Finding]:
    """Locks on the money of a source, with its earmarks to other towns; and all locks against all money."""
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
            yield _too_much(whole.plan, "F504", kept, values, {"source": named(whole.plan, source), "marked": marked})
    kept = disjoint(locks)
    need = sum(map(least_of, kept))
    if len(kept) > 1 and exceeds(need, whole.amount.sum()):
        yield _too_much(whole.plan, "F506", kept, (need, float(whole.amount.sum())))


def _pair_sums(plan: PlanYear, locks: Sequence[Lock]) -> Iterator[Finding]:
    """Locked pairs against the capacity and hours of their mentor and the cover of their mentee."""
    given: Any = plan.sections["mentoring"]
    rooms = school_room(plan)
    for at, town in enumerate(plan.towns.index):
        as_mentor = disjoint([lock for lock in locks if lock.where.get("mentor") == town])
        as_mentee = disjoint([lock for lock in locks if lock.where.get("mentee") == town])
        pairs = float(sum(math.ceil(least_of(lock) - 1e-6) for lock in as_mentor))
        values = {"town": named(plan, town)}
        if len(as_mentor) > 1 and pairs > given.mentor_capacity:
            yield _too_much(plan, "F403", as_mentor, (pairs, float(given.mentor_capacity)), values)
        covered = float(sum(math.ceil(least_of(lock) - 1e-6) for lock in as_mentee))
        if len(as_mentee) > 1 and covered > given.mentee_cover:
            yield _too_much(plan, "F404", as_mentee, (covered, float(given.mentee_cover)), values)
        hours = pairs * given.hours_per_pair if given.pairs is None else 0.0  # a table may say other hours
        if len(as_mentor) > 1 and exceeds(hours, rooms[at]):
            more = {**values, "pairs": pairs, "hours": given.hours_per_pair}
            yield _too_much(plan, "F406", as_mentor, (hours, float(rooms[at])), more)


def _too_much(
    plan: PlanYear,
    code: str,
    kept: Sequence[Lock],
    sums: tuple[float, float],
    values: Mapping[str, object] | None = None,
) -> Finding:
    need, most = sums
    terms = listed([Text("check.amount", {"name": lock.id, "n": f"{least_of(lock):,.10g}"}) for lock in kept])
    own = {"locks": terms, "need": need, "most": most, "short": need - most}
    return finding(plan, code, _path(kept[0]), {**own, **(values or {})})
