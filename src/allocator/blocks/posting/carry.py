"""What postings of a year leave to the next one: teachers who were posted, where and since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from allocator.planfile import LastYear
from allocator.scenario import PlanYear

TABLE = "postings_of_the_year_before"


def carried(plan: PlanYear, _before: PlanYear, own: Mapping[str, pd.DataFrame]) -> PlanYear:
    """The plan year with the postings of the year before as those of last year."""
    past = own["postings"][["teacher", "to_town", "start_year"]]
    past = past[past["to_town"].isin(plan.towns.index)].reset_index(drop=True)
    given = (plan.common.last_year or LastYear()).model_copy(update={"postings": TABLE})
    common = plan.common.model_copy(update={"last_year": given})
    return replace(plan, common=common, tables={**plan.tables, TABLE: past})
