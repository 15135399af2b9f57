"""Who is there and how many may be: pure data, used by the model, the tables and the checks."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from allocator.blocks.team.section import StaffBound, Team
from allocator.scenario.plan_year import PlanYear

Floats = npt.NDArray[np.float64]

FIRST = "first_heads"
"""Column of a staff table that was carried on: the heads before the plan's first year."""
STEP = 1e-3
"""Turnover is counted to a thousandth, so that a share of whole people is a whole number of these."""
_WHOLE = 1e-6


def type_ids(given: Team) -> list[str]:
    """Types of staff, in published order."""
    return sorted(each.id for each in given.types)


def heads(plan: PlanYear, given: Team, column: str = "heads") -> Floats:
    """Staff before the year [town, type]; none where the table has no row."""
    table = plan.tables[given.staff]
    wide = table.set_index(["town", "type"])[column].unstack("type") if len(table) else table
    filled = wide.reindex(index=plan.towns.index, columns=type_ids(given))
    return np.asarray(filled.fillna(0.0).to_numpy(dtype=float))


def heads_before_plan(plan: PlanYear, given: Team) -> Floats:
    """Staff before the plan's first year [town, type]."""
    return heads(plan, given, FIRST if FIRST in plan.tables[given.staff] else "heads")


def stay_shares(given: Team) -> Floats:
    """Share of each type that stays from one year to the next [type], counted to a thousandth."""
    shares = {each.id: 1.0 - round(each.turnover, 3) for each in given.types}
    return np.array([shares[name] for name in type_ids(given)])


def staying(heads_before: Floats, given: Team) -> Floats:
    """Whole people who stay [town, type]: those before, times the share that stays, rounded up."""
    return np.asarray(np.ceil(heads_before * stay_shares(given) - _WHOLE))


def least_posts(plan: PlanYear, given: Team) -> Floats:
    """Least posts by the floors [town, type]; parts of a post count whole."""
    return _bounds(plan, given, given.floors, floor=True)


def most_posts(plan: PlanYear, given: Team) -> Floats:
    """Most posts by the caps [town, type]; parts of a post do not count; no limit where none is given."""
    return _bounds(plan, given, given.most, floor=False)


def _bounds(plan: PlanYear, given: Team, bounds: Iterable[StaffBound], floor: bool) -> Floats:
    types = type_ids(given)
    made = np.full((len(plan.towns), len(types)), 0.0 if floor else np.inf)
    for each in bounds:
        at = types.index(each.type)
        posts = np.full(len(plan.towns), each.posts)
        if each.of is not None:
            posts = each.posts * plan.per_town(each.of) / each.per
        whole = np.ceil(posts - _WHOLE) if floor else np.floor(posts + _WHOLE)
        made[:, at] = np.maximum(made[:, at], whole) if floor else np.minimum(made[:, at], whole)
    return made


def reachable_posts(plan: PlanYear, given: Team) -> Floats:
    """Most posts that any plan can have in the year [town, type]: those who stay and may be hired, within the caps."""
    before = heads(plan, given)
    if plan.before is not None and isinstance(earlier := plan.before.sections.get("team"), Team):
        last = dict(zip(type_ids(earlier), reachable_posts(plan.before, earlier).T, strict=True))
        before = np.stack([last.get(name, now) for name, now in zip(type_ids(given), before.T, strict=True)], axis=1)
    limit = np.inf if given.most_hired_a_year is None else float(given.most_hired_a_year)
    with np.errstate(invalid="ignore"):
        stay = np.where(np.isinf(before), np.inf, staying(np.where(np.isinf(before), 0.0, before), given))
    return np.minimum(stay + limit, most_posts(plan, given))
