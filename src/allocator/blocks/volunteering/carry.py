"""How the stock of volunteers of a year starts with that at the end of the year before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from allocator.blocks.volunteering.section import Volunteering
from allocator.scenario.plan_year import PlanYear

TABLE = "volunteers_until_now"
"""Id of the table that stands for the volunteers at the end of the year before."""


def carried(plan: PlanYear, before: PlanYear, own: Mapping[str, pd.DataFrame]) -> PlanYear:
    """The plan year with the heads that the year before left, and the base values of the indicators that count them;
    a year that does not decide on the stock knows its heads."""
    given, earlier = plan.section(Volunteering), before.section(Volunteering)
    assert given is not None
    assert earlier is not None
    if given.stock is None:
        return plan
    table = plan.tables[given.volunteers].set_index("town")
    if earlier.stock is not None:
        heads = own["volunteer_stock"].drop_duplicates("town").set_index("town")["heads"].reindex(table.index)
        table = table.assign(heads=heads)
        section = given.model_copy(update={"volunteers": TABLE})
        tables, sections = {**plan.tables, TABLE: table.reset_index()}, {**plan.sections, "volunteering": section}
        plan = replace(plan, tables=tables, sections=sections)
    base, now = plan.base.copy(), table["heads"].reindex(plan.towns.index).to_numpy(dtype=float)
    for indicator in plan.indicators:
        if indicator.stock is not None:
            base[indicator.id] = now / plan.denominator(indicator)
    return replace(plan, base=base)
