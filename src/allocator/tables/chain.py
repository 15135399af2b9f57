"""From one plan year to the next: what a year starts with, given the result tables of the year before.

Used wherever a year is looked at alone although another goes before it: the tables and the audit of a plan of several
years, and the rolling mode, which solves one year after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

import pandas as pd

from allocator.blocks.registry import parts_of
from allocator.scenario.plan_year import PlanStart, PlanYear

YearTables = Mapping[str, pd.DataFrame]
"""Result tables by name; rows of other years than the one asked for are left out."""


def in_turn(
    years: Iterable[PlanYear], tables_of: Callable[[PlanYear], YearTables]
) -> Iterator[tuple[PlanYear, YearTables]]:
    """Every plan year as it starts after the one before, and its result tables.

    Args:
        years: the years as they are loaded.
        tables_of: makes (or knows) the tables of a year as it starts; the next year starts with what they say.
    """
    before: tuple[PlanYear, YearTables] | None = None
    for given in years:
        plan = given if before is None else following(given, *before)
        before = plan, tables_of(plan)
        yield before


def joined_years(parts: Iterable[YearTables]) -> dict[str, pd.DataFrame]:
    """The result tables of several years as those of one plan."""
    every = list(parts)
    return {name: pd.concat([part[name] for part in every], ignore_index=True) for name in every[0]}


def following(plan: PlanYear, before: PlanYear, tables: YearTables) -> PlanYear:
    """A plan year as it starts after the year before: every block that both have says what lasts of it.

    Args:
        plan: the year as it is loaded.
        before: the year before, with what it started with itself.
        tables: result tables of the year before (rows of other years are left out).
    """
    own = {name: table[table["year"] == before.year] for name, table in tables.items() if "year" in table}
    start = before.start or PlanStart(before.base, before.last_year_money())
    alone = replace(plan, start=start, before=None)
    for block, part in parts_of("carry").items():
        if block in plan.sections and block in before.sections:
            alone = part.carried(alone, before, own)
    return alone
