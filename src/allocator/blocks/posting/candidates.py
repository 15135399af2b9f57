"""Which teachers may be posted where, in which band: pure data, used by the model, the checks and the tables."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocator.blocks.posting.past import past_postings
from allocator.blocks.posting.section import Posting
from allocator.scenario.plan_year import PlanYear

NEAR = 1e-9
"""Minutes and shares of a person that rounding may add."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Teachers of a plan year as arrays in the order of their table, and where each may go."""

    ids: tuple[str, ...]
    home: npt.NDArray[np.intp]
    """Position of each teacher's home town."""
    hours: npt.NDArray[np.float64]
    backbone: npt.NDArray[np.bool_]
    eligible: npt.NDArray[np.bool_]
    minutes: npt.NDArray[np.float64]
    """[teacher, town]: one-way travel time from home."""
    band: npt.NDArray[np.intp]
    """[teacher, town]: position of the band; beyond the last band the last one (postings that run already)."""
    allowance: npt.NDArray[np.float64]
    """[teacher, town]: yuan a year."""
    may_begin: npt.NDArray[np.bool_]
    """[teacher, town]: eligible, away from home and within the last band."""
    running: npt.NDArray[np.bool_]
    """[teacher, town]: a posting from before the plan (the year, where it is looked at alone) whose term covers it."""

    @property
    def possible(self) -> npt.NDArray[np.bool_]:
        """[teacher, town]: where a teacher may be, by what may begin in the year and what began before the plan."""
        return self.may_begin | self.running


def candidates(plan: PlanYear, given: Posting) -> Candidates:
    """Teachers, bands and running postings of a plan year."""
    table = plan.table("teaching.teachers")
    towns, ids = len(plan.towns), tuple(table["teacher"])
    home = plan.towns.index.get_indexer(pd.Index(table["home_town"])).astype(np.intp)
    eligible = np.ones(len(ids), dtype=bool)
    if given.eligible == "eligible" and "eligible" in table:
        eligible = table["eligible"].to_numpy(dtype=bool)
    minutes = np.full((towns, towns), np.inf) if plan.travel is None else np.array(plan.travel.minutes, dtype=float)
    np.fill_diagonal(minutes, 0.0)
    away = home[:, None] != np.arange(towns)
    ends = np.array([band.up_to_minutes for band in given.bands])
    band = np.searchsorted(ends + NEAR, minutes[home], side="left")
    within = band < len(ends)
    band = np.minimum(band, len(ends) - 1).astype(np.intp)
    allowance = np.array([each.allowance for each in given.bands])[band]
    running = np.zeros((len(ids), towns), dtype=bool)
    at = {teacher: n for n, teacher in enumerate(ids)}
    for teacher, town, begun in past_postings(first_decided(plan)) or ():
        if teacher in at and begun + given.term_years - 1 >= plan.year:
            running[at[teacher], plan.towns.index.get_loc(town)] = True
    return Candidates(
        ids,
        home,
        table["hours"].to_numpy(dtype=float),
        table["backbone"].to_numpy(dtype=bool),
        eligible,
        minutes[home],
        band,
        allowance,
        eligible[:, None] & away & within,
        running & away,
    )


def first_decided(plan: PlanYear) -> PlanYear:
    """The first year with postings that is decided together with this one."""
    while plan.before is not None and plan.follows("posting"):
        plan = plan.before
    return plan


def abilities(plan: PlanYear, found: Candidates) -> npt.NDArray[np.float64]:
    """Proficiency [teacher, category] by the table of skills, categories in published order."""
    categories = {name: n for n, name in enumerate(sorted(plan.common.categories))}
    at = {teacher: n for n, teacher in enumerate(found.ids)}
    able = np.zeros((len(found.ids), len(categories)))
    skills = plan.table("teaching.skills")
    for teacher, category, share in zip(skills["teacher"], skills["category"], skills["proficiency"], strict=True):
        if teacher in at:
            able[at[teacher], categories[category]] = share
    return able


def least_posted(given: Posting, found: Candidates) -> int:
    """Fewest teachers posted by the share of exchange [whole persons]."""
    return math.ceil((given.exchange_share or 0.0) * int(found.eligible.sum()) - NEAR)


def most_away(given: Posting, found: Candidates, towns: int) -> npt.NDArray[np.float64]:
    """Most teachers of each home town that may be away [whole persons]; no fewer than run on from before."""
    own = np.bincount(found.home, minlength=towns)
    gone = np.bincount(found.home[found.running.any(axis=1)], minlength=towns)
    return np.asarray(np.maximum(np.floor(given.out_share * own + NEAR), gone), dtype=float)


def most_there(given: Posting, found: Candidates) -> npt.NDArray[np.float64]:
    """Most teachers posted to each town; no fewer than run on from before."""
    most = np.inf if given.most_hosted is None else float(given.most_hosted)
    return np.asarray(np.maximum(most, found.running.sum(axis=0)), dtype=float)


def swaps_before(found: Candidates, able: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """[town, town, category]: teachers of a category run on both ways between two towns from before."""
    towns = found.running.shape[1]
    way = np.zeros((towns, towns, able.shape[1]), dtype=bool)
    teacher, host = np.nonzero(found.running)
    for who, town in zip(teacher.tolist(), host.tolist(), strict=True):
        way[found.home[who], town] |= able[who] > 0
    return way & way.transpose(1, 0, 2)


def may_be(plan: PlanYear, given: Posting) -> npt.NDArray[np.bool_]:
    """[teacher, town]: where a teacher may be in the year, also by a posting that begins in an earlier year."""
    found = candidates(plan, given)
    possible, at = found.possible.copy(), {teacher: n for n, teacher in enumerate(found.ids)}
    before = plan.before
    while before is not None and {"posting", "teaching"} <= before.sections.keys():
        earlier = candidates(before, given)
        for who, town in zip(*np.nonzero(earlier.may_begin), strict=True):
            if earlier.ids[who] in at:
                possible[at[earlier.ids[who]], town] = True
        before = before.before
    return possible
