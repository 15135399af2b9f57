"""From one plan year to the next: what a year starts with, given the result tables of the year before.

Used wherever a year is looked at alone although another goes before it: the tables and the audit of a plan of several
years, and the rolling mode, which solves one year after the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from allocator.blocks.registry import parts_of
from allocator.scenario.plan_year import PlanStart, PlanYear
from allocator.scenario.section import LastYear, Section

FUNDING_TABLE, PAIRS_TABLE, STOCK_TABLE = "funding_of_the_year_before", "pairs_until_now", "volunteers_until_now"
"""Ids of the tables that stand for what the year before left."""


def following(plan: PlanYear, before: PlanYear, tables: Mapping[str, pd.DataFrame]) -> PlanYear:
    """A plan year as it starts after the year before.

    Args:
        plan: the year as it is loaded.
        before: the year before, with what it started with itself.
        tables: result tables of the year before (rows of other years are left out).

    Base values are what is retained of the values reached, for each head of the new denominator; stocks that are
    counted each year keep their count. Last year's money, pairs, carried money and volunteers come from the tables.
    """
    own = {name: table[table["year"] == before.year] for name, table in tables.items() if "year" in table}
    start = before.start or PlanStart(before.base, before.last_year_money())
    made, sections = dict(plan.tables), dict(plan.sections)
    given = plan.common.last_year or LastYear()
    if "funding" in before.sections:
        money = own["funding_by_town"]
        money = money[money["town"].isin(plan.towns.index)].drop_duplicates("town")
        made[FUNDING_TABLE] = money[["town", "amount_yuan"]]
        given = given.model_copy(update={"funding_by_town": FUNDING_TABLE})
        sections["funding"] = _with_carried(sections.get("funding"), own["carry_over"])
    if "mentoring" in before.sections:
        made[PAIRS_TABLE] = _pairs_until_now(before, own["pairs"])
        given = given.model_copy(update={"pairs": PAIRS_TABLE})
    stock = own.get("volunteer_stock")
    if before.volunteer_stock is not None and plan.volunteer_stock is not None and stock is not None:
        volunteering: Any = sections["volunteering"]
        table = made[volunteering.volunteers].set_index("town")
        made[STOCK_TABLE] = table.assign(heads=_by(stock, "town", "heads").reindex(table.index)).reset_index()
        sections["volunteering"] = volunteering.model_copy(update={"volunteers": STOCK_TABLE})
    common = plan.common.model_copy(update={"last_year": given})
    alone = replace(plan, common=common, tables=made, sections=sections, start=start, before=None)
    for block, part in parts_of("carry").items():
        if block in plan.sections and block in before.sections:
            alone = part.carried(alone, before, own)
    return replace(alone, base=_base(alone, before, own))


def _with_carried(funding: Any, carried: pd.DataFrame) -> Section:
    """The funding section with the money each source carried out of the year before."""
    came = _by(carried, "source", "carried_out_yuan")
    sources = tuple(
        source.model_copy(update={"carried_in": float(came.get(source.id, 0.0))}) for source in funding.sources
    )
    section: Section = funding.model_copy(update={"sources": sources})
    return section


def _pairs_until_now(before: PlanYear, pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs that ran in the year before; and those that had ended by then, or could not be made in it.

    Pairs without a year or a number of renewals, which only a table altered by hand has, are left out.
    """
    columns = ["mentor", "mentee", "start_year", "renewals", "ran"]
    numbers = pairs[["start_year", "renewals"]].to_numpy(dtype=float)
    shown = pairs.loc[np.isfinite(numbers).all(axis=1)].assign(ran=True)
    ran = set(zip(pairs["mentor"], pairs["mentee"], strict=True))
    others = [pair for pair in before.past_pairs() or () if (pair.mentor, pair.mentee) not in ran]
    rows = [(pair.mentor, pair.mentee, pair.start_year, pair.renewals, False) for pair in others]
    made: pd.DataFrame = pd.concat([shown[columns], pd.DataFrame(rows, columns=columns)], ignore_index=True)
    return made


def _by(table: pd.DataFrame, label: str, column: str) -> pd.Series[Any]:
    """A column by label; of rows with the same label the first."""
    return table.drop_duplicates(label).set_index(label)[column]


def _base(plan: PlanYear, before: PlanYear, own: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Values the year starts from [town, indicator]."""
    base = plan.base.copy()
    reached = own["attainment"]
    for indicator, earlier in zip(plan.indicators, before.indicators, strict=True):
        if indicator.stock is not None:
            if plan.volunteer_stock is not None:
                volunteering: Any = plan.sections["volunteering"]
                heads = plan.tables[volunteering.volunteers].set_index("town")["heads"].reindex(plan.towns.index)
                base[indicator.id] = heads.to_numpy(dtype=float) / plan.denominator(indicator)
            continue
        value = _by(reached[reached["indicator"] == indicator.id], "town", "value").reindex(plan.towns.index)
        ratio = before.denominator(earlier) / plan.denominator(indicator)
        base[indicator.id] = indicator.retention * value.to_numpy(dtype=float) * np.asarray(ratio)
    return base
