"""Which towns may be recognised by which standards, and which of them are so before the year: for model and tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocator.blocks.demonstration.section import Demonstration
from allocator.scenario.plan_year import PlanYear

LEVEL_DECIMALS = 9
"""Levels equal to so many decimals are equal."""


@dataclass(frozen=True, eq=False)
class Records:
    """Towns and standards of a year, [town, standard]."""

    standards: tuple[str, ...]
    may: npt.NDArray[np.bool_]
    """The town may be recognised in this year: it is mature enough and not recognised before the plan."""
    since: npt.NDArray[np.float64]
    """Year of a recognition before the plan; nan: none."""

    @property
    def held(self) -> npt.NDArray[np.bool_]:
        """Recognised before the plan."""
        return np.isfinite(self.since)


def records(plan: PlanYear, given: Demonstration) -> Records:
    """Towns by standard, as a year finds them where no other year is decided before it."""
    standards = tuple(each.id for each in given.standards)
    since = np.full((len(plan.towns), len(standards)), np.nan)
    known: pd.DataFrame | None = None if given.before is None else plan.tables[given.before]
    if known is not None:
        own = known[known["standard"].isin(standards) & known["town"].isin(plan.towns.index)]
        rows = plan.towns.index.get_indexer(pd.Index(own["town"]))
        since[rows, pd.Index(standards).get_indexer(pd.Index(own["standard"]))] = own["year"].to_numpy(dtype=float)
    return Records(standards, mature(plan, given)[:, None] & ~np.isfinite(since), since)


def mature(plan: PlanYear, given: Demonstration) -> npt.NDArray[np.bool_]:
    """Towns whose level before the plan's first year is high enough."""
    if given.eligible is None:
        return np.ones(len(plan.towns), dtype=bool)
    levels = np.round(plan.levels(plan.plan_base()), LEVEL_DECIMALS)
    return np.asarray(levels >= given.eligible.min_level - 10.0**-LEVEL_DECIMALS)


def criteria(plan: PlanYear, given: Demonstration) -> pd.DataFrame:
    """Criteria of the standards of the plan: standard, criterion, measure, at_least."""
    table = plan.tables[given.criteria]
    return table[table["standard"].isin([each.id for each in given.standards])].reset_index(drop=True)
