"""Least and most of everything that any plan can have: units of programmes, money of cost lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from allocator.blocks.delivery.section import Programme
from allocator.blocks.mentoring.candidates import Candidates, candidates
from allocator.plan.check.supply import (
    Bools,
    Floats,
    bought,
    school_room,
    taught_categories,
    teachers,
    venue_rooms,
    volunteer_hours,
    volunteer_reach,
)
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import ANY_CATEGORY


@dataclass(frozen=True, eq=False)
class Units:
    """Bounds on the units of every programme in every town, [town, programme]."""

    programmes: tuple[Programme, ...]
    least: Floats
    most: Floats
    ceiling: Floats
    """By ``max_units`` alone; ``most`` counts rooms, helpers and teachers too."""

    def per_unit(self, need: str) -> Floats:
        """A number of every programme, e.g. ``venue_hours``."""
        return np.array([getattr(p, need) for p in self.programmes], dtype=float)


@dataclass(frozen=True, eq=False)
class Lines:
    """Bounds on the money of every cost line, [recipient, line]; the district centre stands after the towns."""

    ids: tuple[str, ...]
    spending: tuple[str, ...]
    least: Floats
    most: Floats

    def of(self, category: str) -> Bools:
        """Which lines belong to a spending category."""
        return np.array([own == category for own in self.spending], dtype=bool)


def units(plan: PlanYear) -> Units:
    """Bounds on units; a programme that needs hours nobody within reach can give has none."""
    delivery: Any = plan.sections.get("delivery")
    programmes: tuple[Programme, ...] = delivery.programmes if delivery is not None else ()
    towns, size = len(plan.towns), (len(plan.towns), len(programmes))
    least, limits = np.zeros(size), np.full((5, *size), np.inf)
    rooms = venue_rooms(plan)
    helpers, taught = volunteer_reach(plan), _teacher_reach(plan)
    for at, p in enumerate(programmes):
        if p.floor is not None and p.unit_cost > 0:
            least[:, at] = plan.per_town(f"{p.floor}_yuan") / p.unit_cost
        if p.max_units is not None:
            limits[0, :, at] = p.max_units.units * plan.per_town(p.max_units.of) / p.max_units.per
        of_category = None if taught is None else taught[:, taught_categories(plan).index(p.category or ANY_CATEGORY)]
        given = (rooms, helpers, of_category)
        for n, (hours, need) in enumerate(zip(given, (p.venue_hours, p.volunteer_hours, p.teacher_hours), strict=True)):
            if hours is not None and need > 0:
                limits[n + 1, :, at] = hours / need
    volunteering: Any = plan.sections.get("volunteering")
    if volunteering is not None and volunteering.supervision_ratio is not None and programmes:
        limits[4] = _supervised(programmes, limits.min(axis=0), volunteering.supervision_ratio)
    most = limits.min(axis=0)
    for lock in plan.common.locks:
        if lock.decision == "units" and set(lock.where) == {"town", "programme"}:
            cell = (
                plan.towns.index.get_loc(lock.where["town"]),
                next(n for n, p in enumerate(programmes) if p.id == lock.where["programme"]),
            )
            least[cell] = max(least[cell], min(lock.at_least or lock.equals or 0.0, most[cell]))
    return Units(programmes, least.reshape(towns, -1), most, limits[0])


def supervision_relief(programmes: Sequence[Programme], most: Floats, ratio: float) -> Floats:
    """Most volunteer hours that teaching leaves to programmes which need more than ratio x their own teacher hours."""
    balance = np.array([p.volunteer_hours - ratio * p.teacher_hours for p in programmes])
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(balance < 0, -balance * most, 0.0).sum(axis=1))


def _supervised(programmes: Sequence[Programme], most: Floats, ratio: float) -> Floats:
    """Most units by supervision alone [town, programme]."""
    balance = np.array([p.volunteer_hours - ratio * p.teacher_hours for p in programmes])
    room = np.full(most.shape, np.inf)
    short = balance > 1e-9
    room[:, short] = supervision_relief(programmes, most, ratio)[:, None] / balance[short]
    return room


def most_within(gains: Floats, needs: Floats, room: Floats, budget: float) -> float:
    """Largest sum of gain x amount with need x amount within a budget and amount <= room.

    Source: fractional knapsack (Dantzig 1957): fill by gain for each unit of need.
    """
    free = needs <= 0
    with np.errstate(invalid="ignore"):
        whole = float(np.where(gains[free] > 0, gains[free] * room[free], 0.0).sum())
    paid = np.flatnonzero(~free & (gains > 0))
    for at in paid[np.argsort(-gains[paid] / needs[paid], kind="stable")].tolist():
        taken = min(float(room[at]), budget / float(needs[at]))
        whole += taken * float(gains[at])
        budget -= taken * float(needs[at])
    return whole


def pools(plan: PlanYear) -> list[tuple[str, float]]:
    """What a unit may need of people and rooms, and all there is of it in the district [hours]."""
    found = []
    staff, helpers = teachers(plan), volunteer_hours(plan)
    if helpers is not None:
        found.append(("volunteer_hours", float(helpers.sum())))
    offered, rooms = bought(plan), venue_rooms(plan)
    if staff is not None or offered is not None:
        own, more = (0.0 if staff is None else staff.hours.sum()), (0.0 if offered is None else offered.whole())
        found.append(("teacher_hours", float(own + more)))
    if rooms is not None:
        found.append(("venue_hours", float(rooms.sum())))
    return found


def _teacher_reach(plan: PlanYear) -> Floats | None:
    """Effective teacher hours [town, category] if every teacher and organisation within reach came for this alone."""
    found, offered = teachers(plan), bought(plan)
    own = None if found is None else found.most.T @ found.able
    if offered is None:
        return own
    more = np.stack([offered.effective(category) for category in taught_categories(plan)], axis=1)
    return more if own is None else own + more


def lines(plan: PlanYear, counted: Units) -> Lines:
    """Bounds on the money of programmes and allowances."""
    costs = counted.per_unit("unit_cost")
    paid = costs > 0
    towns = len(plan.towns)
    with np.errstate(invalid="ignore"):
        least, most = counted.least[:, paid] * costs[paid], counted.most[:, paid] * costs[paid]
    programmes = [p for p, counts in zip(counted.programmes, paid, strict=True) if counts]
    ids, spending = [p.id for p in programmes], [p.spending for p in programmes]
    extra = _allowances(plan)
    least = np.vstack([least, np.zeros((1, len(ids)))])
    most = np.vstack([most, np.zeros((1, len(ids)))])
    for line, category, low, high in extra:
        ids.append(line)
        spending.append(category)
        least, most = np.column_stack([least, low]), np.column_stack([most, high])
    shape = (towns + 1, len(ids))
    return Lines(tuple(ids), tuple(spending), least.reshape(shape), most.reshape(shape))


def _allowances(plan: PlanYear) -> list[tuple[str, str, Floats, Floats]]:
    """Line, spending category, least and most money by recipient, of the allowances that cost something."""
    found = []
    towns = len(plan.towns)
    guidance: Any = plan.sections.get("guidance")
    if guidance is not None and guidance.allowance is not None and guidance.allowance.unit_cost > 0:
        low, high = np.zeros(towns + 1), np.zeros(towns + 1)
        low[-1] = guidance.allowance.unit_cost * guidance.town_min_hours * towns
        high[-1] = guidance.allowance.unit_cost * guidance.district_hours
        found.append(("guidance", guidance.allowance.spending, low, high))
    mentoring: Any = plan.sections.get("mentoring")
    if mentoring is not None and mentoring.allowance is not None and mentoring.allowance.unit_cost > 0:
        high = np.append(mentor_room(plan) * mentoring.allowance.unit_cost, 0.0)
        found.append(("mentoring", mentoring.allowance.spending, np.zeros(towns + 1), high))
    teaching: Any = plan.sections.get("teaching")
    staff = teachers(plan)
    if staff is not None and teaching.travel_allowance is not None and teaching.travel_allowance.unit_cost > 0:
        hours = np.append(staff.hours @ staff.away, 0.0)
        found.append(
            (
                "travel",
                teaching.travel_allowance.spending,
                np.zeros(towns + 1),
                hours * teaching.travel_allowance.unit_cost,
            )
        )
    offered = bought(plan)
    if offered is not None:
        spending = plan.cost_lines()["purchase"].spending
        found.append(("purchase", spending, np.zeros(towns + 1), np.append(offered.cost, 0.0)))
    known = {line for line, *_ in found} | plan.programme_ids | {"guidance", "mentoring", "travel"}
    for line, how in plan.cost_lines().items():
        if line not in known:
            at = np.array([how.at != "district"] * towns + [how.at != "towns"])
            found.append((line, how.spending, np.zeros(towns + 1), np.where(at, np.inf, 0.0)))
    return found


def mentor_room(plan: PlanYear) -> Floats:
    """Most pairs that each town can mentor: its eligible mentees, its capacity, the hours of its school."""
    given: Any = plan.sections["mentoring"]
    found = candidates(plan, given)
    eligible = np.bincount(found.mentor, minlength=len(plan.towns)).astype(float)
    room: Floats = np.minimum(eligible, given.mentor_capacity)
    return np.minimum(room, pairs_within_hours(plan, found))


def pairs_within_hours(plan: PlanYear, found: Candidates) -> Floats:
    """Most pairs that the hours of each town's school carry: those that need the fewest hours first."""
    rooms, most = np.maximum(school_room(plan), 0.0), np.full(len(plan.towns), np.inf)
    for town in np.unique(found.mentor[found.hours > 0]).tolist():
        needed = np.cumsum(np.sort(found.hours[found.mentor == town]))
        most[town] = float((needed <= rooms[town] + 1e-9 * np.maximum(1.0, needed)).sum())
    return most
