"""What mentoring of a year leaves to the next one: all pairs that ever began, and whether they still ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from allocator.blocks.mentoring.past import past_pairs
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import LastYear

TABLE = "pairs_until_now"
"""Id of the table that stands for all pairs until the year before."""


def carried(plan: PlanYear, before: PlanYear, own: Mapping[str, pd.DataFrame]) -> PlanYear:
    """The plan year with the pairs until the year before as those of last year."""
    last = (plan.common.last_year or LastYear()).model_copy(update={"pairs": TABLE})
    common = plan.common.model_copy(update={"last_year": last})
    return replace(plan, common=common, tables={**plan.tables, TABLE: _pairs_until_now(before, own["pairs"])})


def _pairs_until_now(before: PlanYear, pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs that ran in the year before; and those that had ended by then, or could not be made in it.

    Pairs without a year or a number of renewals, which only a table altered by hand has, are left out.
    """
    columns = ["mentor", "mentee", "start_year", "renewals", "ran"]
    numbers = pairs[["start_year", "renewals"]].to_numpy(dtype=float)
    shown = pairs.loc[np.isfinite(numbers).all(axis=1)].assign(ran=True)
    ran = set(zip(pairs["mentor"], pairs["mentee"], strict=True))
    others = [pair for pair in past_pairs(before) or () if (pair.mentor, pair.mentee) not in ran]
    rows = [(pair.mentor, pair.mentee, pair.start_year, pair.renewals, False) for pair in others]
    made: pd.DataFrame = pd.concat([shown[columns], pd.DataFrame(rows, columns=columns)], ignore_index=True)
    return made
