"""Which towns may mentor which: pure data, used by the model, the checks and the tables."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocator.blocks.mentoring.section import Matching, Mentoring, NamedTowns
from allocator.scenario.plan_year import PlanYear

Bools = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]

LEVEL_DECIMALS = 9
"""Base levels equal to so many decimals are ties, ranked by town id; summing in another order changes nothing."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Eligible pairs as aligned arrays of town positions, and who is slow and who is mature."""

    slow: Bools
    """Towns that need a mentor: the slow-starting ones, or the mentees of the table of pairs."""
    mature: Bools
    """Towns that may mentor."""
    mentor: Positions
    mentee: Positions
    minutes: Floats
    level_gap: Floats
    """Level of the mentor less that of the mentee, before the plan [level points]."""
    transferred: Floats
    """[pair, indicator]: value a pair adds in the mentee in its first year, in the indicator's unit."""
    fading: Floats
    """[indicator]: what a pair adds in a year over what it added the year before, 1 - transfer."""
    points: Floats
    """[indicator]: level points of one unit of value, before the cap of attainment at 1."""
    hours: Floats
    """Hours of the mentor's town school that each pair needs in a year."""
    worth: Floats
    """What each pair is worth by the table of pairs; 0 without one."""
    cost: Floats
    """What each pair costs by the table of pairs; 0 without one."""
    matched: Bools
    """[pair, indicator]: needs of the mentee in which the mentor is strong; none without matching."""
    weak: Bools
    """[town]: slow towns that mature ones could reach, none of which is strong in what they need."""

    def added(self, age: int) -> Floats:
        """[pair, indicator]: value a pair adds in the given year of its life (1: the first)."""
        return np.asarray(self.transferred * self.fading ** (age - 1))

    def benefit(self, age: int) -> Floats:
        """Level points each pair adds in the given year of its life, before the cap of attainment at 1."""
        return np.asarray(self.added(age) @ self.points)


@dataclass(frozen=True, eq=False)
class _Listed:
    """Pairs before anything is said of what they bring."""

    slow: Bools
    mature: Bools
    mentor: Positions
    mentee: Positions
    hours: Floats
    worth: Floats
    cost: Floats

    def where(self, chosen: Bools | Positions) -> _Listed:
        """The chosen pairs only."""
        hours, worth, cost = (part[chosen] for part in (self.hours, self.worth, self.cost))
        return _Listed(self.slow, self.mature, self.mentor[chosen], self.mentee[chosen], hours, worth, cost)


def third(towns: int) -> int:
    """Size of a third of the towns: rounded to the nearest whole number, at least one."""
    return max(1, math.floor(towns / 3 + 0.5))


def candidates(plan: PlanYear, given: Mentoring) -> Candidates:
    """The pairs of the table; without one those between mature and slow towns within reach and with the least gap, and
    with matching only those in which the mentor is strong where the mentee needs it."""
    levels = np.round(plan.levels(plan.plan_base()), LEVEL_DECIMALS)
    gap = levels[:, None] - levels[None, :]
    minutes = np.zeros(gap.shape) if plan.travel is None else plan.travel.minutes
    pairs = _by_level(plan, given, levels, minutes) if given.pairs is None else _by_table(plan, given, given.pairs)
    matched, weak = _matched(plan, given.matching, pairs), np.zeros(len(levels), dtype=bool)
    if given.matching is not None and given.pairs is None:
        fits: Bools = np.asarray(matched.any(axis=1))
        weak[pairs.mentee] = True
        weak[pairs.mentee[fits]] = False
        pairs, matched = pairs.where(fits), matched[fits]
    at = (pairs.mentor, pairs.mentee)
    base, rates = plan.plan_base(), np.array([given.transfer.get(i.id, 0.0) for i in plan.indicators])
    near = 1.0 if given.nearness_minutes is None else np.exp(-minutes[at] / given.nearness_minutes)[:, None]
    transferred = rates * np.maximum(0.0, base[pairs.mentor] - base[pairs.mentee]) * near
    if given.matching is not None and given.matching.only_needs:
        transferred = transferred * matched
    points = np.array([100.0 * i.weight / i.target for i in plan.indicators])
    brought = (minutes[at], gap[at], transferred, 1.0 - rates, points)
    of_table = (pairs.hours, pairs.worth, pairs.cost)
    return Candidates(pairs.slow, pairs.mature, *at, *brought, *of_table, matched, weak)


def _by_level(plan: PlanYear, given: Mentoring, levels: Floats, minutes: Floats) -> _Listed:
    """Slow and mature towns by base level, and the pairs between them within reach and with the least gap."""
    names = plan.towns.index
    ranked = np.lexsort((np.arange(len(levels)), levels))
    slow = np.zeros(len(levels), dtype=bool)
    mature = np.asarray(names.isin(given.mature.preset))
    if isinstance(given.slow, NamedTowns):
        slow |= np.asarray(names.isin(given.slow.towns))
    else:
        slow[ranked[: third(len(levels))]] = True
        slow &= ~mature
    if given.mature.upper_third:
        upper = np.zeros(len(levels), dtype=bool)
        upper[ranked[-third(len(levels)) :]] = True
        mature |= upper & ~slow
    reach = plan.common.travel.reach_minutes.mentoring if plan.common.travel else None
    near = minutes <= (np.inf if reach is None else reach + 1e-9)
    leads = levels[:, None] - levels[None, :] >= given.min_gap - 1e-9
    mentor, mentee = np.nonzero(mature[:, None] & slow[None, :] & near & leads)
    nothing = np.zeros(len(mentor))
    return _Listed(slow, mature, mentor, mentee, np.full(len(mentor), given.hours_per_pair), nothing, nothing)


def _by_table(plan: PlanYear, given: Mentoring, name: str) -> _Listed:
    """The pairs that a table lists; its mentors may mentor, its mentees need a mentor."""
    table, names = plan.tables[name], plan.towns.index
    slow, mature = (np.asarray(names.isin(table[side])) for side in ("mentee", "mentor"))
    table = table[table["eligible"]]
    mentor, mentee = (names.get_indexer(pd.Index(table[side])).astype(np.intp) for side in ("mentor", "mentee"))
    hours = table.get("hours", table["cost"] * np.nan).fillna(given.hours_per_pair)
    numbers = [each.to_numpy(dtype=float) for each in (hours, table["benefit"], table["cost"])]
    order = np.lexsort((mentee, mentor))
    return _Listed(slow, mature, mentor, mentee, *numbers).where(order)


def is_strong(plan: PlanYear, given: Matching, mentor: int, mentee: int) -> bool:
    """Whether a town (position) is strong in some need of another."""
    return bool((_needs(plan, given)[mentee] & _strong(plan, given, np.array([mentor]), np.array([mentee]))[0]).any())


def _matched(plan: PlanYear, given: Matching | None, pairs: _Listed) -> Bools:
    """[pair, indicator]: needs of the mentee in which the mentor is strong."""
    if given is None:
        return np.zeros((len(pairs.mentor), len(plan.indicators)), dtype=bool)
    return np.asarray(_needs(plan, given)[pairs.mentee] & _strong(plan, given, pairs.mentor, pairs.mentee))


def _needs(plan: PlanYear, given: Matching) -> Bools:
    """[town, indicator]: the indicators in which a town stands lowest and below the target."""
    share = _shares(plan)
    needs = np.zeros(share.shape, dtype=bool)
    np.put_along_axis(needs, np.argsort(share, axis=1, kind="stable")[:, : given.needs], values=True, axis=1)
    return np.asarray(needs & (share < 1.0))


def _strong(plan: PlanYear, given: Matching, mentor: Positions, mentee: Positions) -> Bools:
    """[pair, indicator]: the mentor has the share of the target that is asked for, and is ahead of the mentee."""
    share = _shares(plan)
    return np.asarray((share[mentor] >= given.strong_at_least - 1e-9) & (share[mentor] > share[mentee]))


def _shares(plan: PlanYear) -> Floats:
    """[town, indicator]: where towns stand before the plan as shares of the targets."""
    targets = np.array([i.target for i in plan.indicators])
    ceilings = np.array([np.inf if i.ceiling is None else i.ceiling for i in plan.indicators])
    return np.asarray(np.round(np.minimum(plan.plan_base(), ceilings) / targets, LEVEL_DECIMALS))


def mentor_places(plan: PlanYear, given: Mentoring, school_room: Floats) -> Floats:
    """Most pairs that each town can mentor: its eligible mentees, its capacity, the hours of its school."""
    found = candidates(plan, given)
    eligible = np.bincount(found.mentor, minlength=len(plan.towns)).astype(float)
    places: Floats = np.minimum(eligible, given.mentor_capacity)
    return np.minimum(places, pairs_within_hours(found, school_room))


def pairs_within_hours(found: Candidates, school_room: Floats) -> Floats:
    """Most pairs that the hours of each town's school carry [town]: those that need the fewest hours first."""
    rooms, most = np.maximum(school_room, 0.0), np.full(len(school_room), np.inf)
    for town in np.unique(found.mentor[found.hours > 0]).tolist():
        needed = np.cumsum(np.sort(found.hours[found.mentor == town]))
        most[town] = float((needed <= rooms[town] + 1e-9 * np.maximum(1.0, needed)).sum())
    return most
