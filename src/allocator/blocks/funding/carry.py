"""Money that goes on from year to year: how much a source can carry out of a year, and what the next starts with.

Source: two-year rule for unspent money: Budget Law, article 42, and 国办发〔2014〕70号.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from allocator.blocks.funding.section import Funding, FundingSource
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import LastYear

TABLE = "funding_of_the_year_before"
"""Id of the table that stands for the money of towns in the year before."""


def at_hand(source: FundingSource) -> float:
    """Money of a source in a year [yuan]: its amount and what came in from the year before."""
    return source.amount + source.carried_in


def most_carried(source: FundingSource, spent: float) -> float:
    """Most money that a source can carry on to the next year [yuan]: what is not spent, and no more than its amount.

    Old money counts as spent first, so that what is carried twice would have to be the year's own.
    """
    return min(source.amount, at_hand(source) - spent)


def carried(plan: PlanYear, before: PlanYear, own: Mapping[str, pd.DataFrame]) -> PlanYear:
    """The plan year with the money of towns in the year before, and what its sources carried out of it.

    What a source carried that the year does not have is forfeited.
    """
    del before
    given = plan.section(Funding)
    assert given is not None
    money = own["funding_by_town"]
    money = money[money["town"].isin(plan.towns.index)].drop_duplicates("town")
    last = (plan.common.last_year or LastYear()).model_copy(update={"funding_by_town": TABLE})
    came = own["carry_over"].drop_duplicates("source").set_index("source")["carried_out_yuan"]
    sources = tuple(
        source.model_copy(update={"carried_in": float(came.get(source.id, 0.0))}) for source in given.sources
    )
    return replace(
        plan,
        common=plan.common.model_copy(update={"last_year": last}),
        tables={**plan.tables, TABLE: money[["town", "amount_yuan"]]},
        sections={**plan.sections, "funding": given.model_copy(update={"sources": sources})},
    )
