"""Which towns may mentor which: pure data, used by the model, the checks and the tables."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from allocator.blocks.mentoring.section import Mentoring, NamedTowns
from allocator.scenario import PlanYear

LEVEL_DECIMALS = 9
"""Base levels equal to so many decimals are ties, ranked by town id; summing in another order changes nothing."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Eligible pairs as aligned arrays of town positions, and who is slow and who is mature."""

    slow: npt.NDArray[np.bool_]
    mature: npt.NDArray[np.bool_]
    mentor: npt.NDArray[np.intp]
    mentee: npt.NDArray[np.intp]
    minutes: npt.NDArray[np.float64]
    level_gap: npt.NDArray[np.float64]
    """Level of the mentor less that of the mentee, before the plan [level points]."""
    transferred: npt.NDArray[np.float64]
    """[pair, indicator]: value a pair adds in the mentee in its first year, in the indicator's unit."""
    fading: npt.NDArray[np.float64]
    """[indicator]: what a pair adds in a year over what it added the year before, 1 - transfer."""
    points: npt.NDArray[np.float64]
    """[indicator]: level points of one unit of value, before the cap of attainment at 1."""

    def added(self, age: int) -> npt.NDArray[np.float64]:
        """[pair, indicator]: value a pair adds in the given year of its life (1: the first)."""
        return np.asarray(self.transferred * self.fading ** (age - 1))

    def benefit(self, age: int) -> npt.NDArray[np.float64]:
        """Level points each pair adds in the given year of its life, before the cap of attainment at 1."""
        return np.asarray(self.added(age) @ self.points)


def third(towns: int) -> int:
    """Size of a third of the towns: rounded to the nearest whole number, at least one."""
    return max(1, math.floor(towns / 3 + 0.5))


def candidates(plan: PlanYear, given: Mentoring) -> Candidates:
    """Slow and mature towns by base level, and the pairs between them within reach and with the least gap."""
    levels = np.round(plan.levels(plan.plan_base()), LEVEL_DECIMALS)
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
    minutes = np.zeros((len(levels), len(levels))) if plan.travel is None else plan.travel.minutes
    reach = plan.common.travel.reach_minutes.mentoring if plan.common.travel else None
    gap = levels[:, None] - levels[None, :]
    near = minutes <= (np.inf if reach is None else reach + 1e-9)
    mentor, mentee = np.nonzero(mature[:, None] & slow[None, :] & near & (gap >= given.min_gap - 1e-9))
    base = plan.plan_base()
    rates = np.array([given.transfer.get(i.id, 0.0) for i in plan.indicators])
    nearness = np.exp(-minutes[mentor, mentee] / given.nearness_minutes)
    transferred = rates * np.maximum(0.0, base[mentor] - base[mentee]) * nearness[:, None]
    points = np.array([100.0 * i.weight / i.target for i in plan.indicators])
    pair = (mentor, mentee)
    return Candidates(slow, mature, *pair, minutes[pair], gap[pair], transferred, 1.0 - rates, points)
