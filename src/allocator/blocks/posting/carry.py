"""What postings of a year leave to the next one: teachers who were posted, where and since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import LastYear

TABLE = "postings_of_the_year_before"


def carried(plan: PlanYear, _before: PlanYear, own: Mapping[str, pd.DataFrame]) -> PlanYear:
    """The plan year with the postings of the year before as those of last year.

    Postings without a first year, which only a table altered by hand has, are left out.
    """
    past = own["postings"][["teacher", "to_town", "start_year"]]
    known = np.isfinite(past["start_year"].to_numpy(dtype=float)) & past["to_town"].isin(plan.towns.index).to_numpy()
    past = past.loc[known].reset_index(drop=True)
    given = (plan.common.last_year or LastYear()).model_copy(update={"postings": TABLE})
    common = plan.common.model_copy(update={"last_year": given})
    return replace(plan, common=common, tables={**plan.tables, TABLE: past})
