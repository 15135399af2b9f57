"""The tables of whole units of money: what they leave over, source by source, and what towns lose by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from allocator.blocks.attainment.results import ROUNDING
from allocator.blocks.funding.carry import at_hand
from allocator.blocks.funding.results import REMAINDERS
from allocator.blocks.funding.section import Funding
from allocator.scenario.plan_year import PlanYear, Scenario
from allocator.tables.chain import YearTables, in_turn, joined_years
from allocator.tables.written import tidy

if TYPE_CHECKING:
    from allocator.verbs.rounding.years import Rounded


def rounding_tables(scenario: Scenario, rounded: Rounded, made: YearTables) -> dict[str, pd.DataFrame]:
    """What whole units leave over, source by source, and what each town's level loses by them.

    Args:
        scenario: the plan.
        rounded: the unit, and levels before rounding.
        made: the tables of the rounded plan.
    """
    parts: list[Mapping[str, pd.DataFrame]] = []
    for plan, _ in in_turn(scenario.plan_years, lambda _plan: made):
        own = {name: table[table["year"] == plan.year] for name, table in made.items()}
        exact = rounded.exact[rounded.exact["year"] == plan.year]
        year = {REMAINDERS.name: _remainders(plan, rounded.unit_yuan, own), ROUNDING.name: _losses(exact, own)}
        parts.append({name: tidy(name, plan.year, table) for name, table in year.items()})
    return joined_years(parts)


def _remainders(plan: PlanYear, unit_yuan: float, own: YearTables) -> pd.DataFrame:
    """Money of every source at hand, published, carried on, and left over."""
    given = plan.section(Funding)
    spent = own["funding"].groupby("source")["amount_yuan"].sum()
    out = own["carry_over"].set_index("source")["carried_out_yuan"]
    rows = []
    for source in given.sources if given is not None else ():
        had, used, gone = at_hand(source), float(spent.get(source.id, 0.0)), float(out.get(source.id, 0.0))
        rows.append((source.id, unit_yuan, had, used, gone, had - used - gone))
    return pd.DataFrame(rows, columns=list(REMAINDERS.columns))


def _losses(exact: pd.DataFrame, own: YearTables) -> pd.DataFrame:
    """Level of every town before rounding and as published."""
    level = exact.set_index("town")["level"]
    published = own["towns"].set_index("town")["level_after"]
    return pd.DataFrame({"level_exact": level, "level_published": published, "lost": level - published}).reset_index()
