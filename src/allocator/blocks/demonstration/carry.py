"""What lasts of demonstration: whoever was recognised until the year before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from allocator.blocks.demonstration.section import Demonstration
from allocator.scenario.plan_year import PlanYear

RECOGNISED = "recognised_until_now"
"""Id of the table that stands for the recognitions of all years before."""


def carried(plan: PlanYear, before: PlanYear, own: Mapping[str, pd.DataFrame]) -> PlanYear:
    """The plan year with everything recognised before it, in the plan or before the plan.

    A standard that the year before does not know keeps what the year's own table says.
    """
    given, earlier = plan.section(Demonstration), before.section(Demonstration)
    assert given is not None
    assert earlier is not None
    shown = own["demonstration_towns"].dropna(subset=["year_recognised"])
    shown = shown[["town", "standard", "year_recognised"]].rename(columns={"year_recognised": "year"})
    known = {each.id for each in earlier.standards}
    parts = [shown[shown["standard"].isin(known)].drop_duplicates(["town", "standard"])]
    if given.before is not None:
        table = plan.tables[given.before]
        parts.append(table[~table["standard"].isin(known)])
    held = pd.concat(parts, ignore_index=True)
    section = given.model_copy(update={"before": RECOGNISED})
    sections = {**plan.sections, "demonstration": section}
    return replace(plan, sections=sections, tables={**plan.tables, RECOGNISED: held})
