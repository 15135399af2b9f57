"""A plan of any number of years in whole units of money: year after year, each by its own rounding model.

What a year finds is what the rounded year before leaves, so that every rule between two years is kept as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocator.engine.build import build
from allocator.engine.opening import Opening
from allocator.engine.own_rules import OWN, declare, own_rows, own_variables
from allocator.engine.session import Limits
from allocator.model import Codes, Floats, Model
from allocator.scenario.plan_year import PlanYear, Scenario
from allocator.tables.chain import YearTables, in_turn, joined_years
from allocator.tables.tabulate import year_tables
from allocator.verbs.rounding.whole_units import UNITS, Whole, whole_units


@dataclass(frozen=True, eq=False)
class Rounded:
    """A plan in whole units and what became of each year."""

    x: Floats
    """Columns of the whole plan's model."""
    years: Mapping[int, Whole]
    exact: pd.DataFrame
    """Columns year, town, level: levels before rounding."""
    unit_yuan: float


def in_whole_units(model: Model, scenario: Scenario, x: Floats, unit: str, opening: Opening, limits: Limits) -> Rounded:
    """Round all years of a plan to whole units of money.

    Raises:
        WholeUnitsError: some year has no table in this unit; the rules that conflict and a finer unit are named.
    """
    made, found = x.copy(), dict[int, Whole]()
    exact = _levels(model, scenario, x)

    def round_year(plan: PlanYear) -> YearTables:
        year = model.axes["year"].code(str(plan.year))
        own_rules = _own_rules(model, made, year) if OWN in model.rows else None
        alone = Scenario(f"{scenario.label}-{plan.year}", (plan,), (), scenario.source, own_rules)
        own = build(alone)
        here, there = _matched(model, own, year)
        start = np.zeros(own.column_count)
        start[there] = made[here]
        whole = whole_units(alone, start, unit, opening, limits)
        made[here] = whole.x[there]
        found[plan.year] = whole
        return year_tables(model, plan, made)

    for _ in in_turn(scenario.plan_years, round_year):
        pass
    return Rounded(made, found, exact, UNITS[unit])


def _own_rules(whole: Model, x: Floats, year: int) -> Callable[[Model], None]:
    """Declares the user's own rules on one year's own model; what they have of other years stays as it is in x."""

    def declare_own(own: Model) -> None:
        position = np.full(whole.column_count, -1, dtype=np.intp)
        here, there = _matched(whole, own, year)
        variables, columns = own_variables(whole, year)
        position[here] = there
        position[columns] = own.column_count + np.arange(len(columns))
        declare(own, variables, own_rows(whole).at(position, x))

    return declare_own


def _levels(model: Model, scenario: Scenario, x: Floats) -> pd.DataFrame:
    """Level of every town in every year as its decisions truly make it."""
    years = in_turn(scenario.plan_years, lambda plan: year_tables(model, plan, x.copy()))
    towns = joined_years(tables for _, tables in years)["towns"]
    return towns[["year", "town", "level_after"]].rename(columns={"level_after": "level"})


def _matched(whole: Model, own: Model, year: int) -> tuple[Codes, Codes]:
    """Columns of one year in the model of all years, and the same columns in that year's own model."""
    here, there = [], []
    for name in own.columns:
        if name not in whole.columns or "year" not in own.columns[name][0].dims:
            continue
        mine, its = whole.year(name, year), own.family(name)
        keys = [_keys(whole, mine.labels), _keys(own, its.labels)]
        at = pd.Index(keys[0]).get_indexer(pd.Index(keys[1]))
        known = at >= 0
        here.append(mine.column[at[known]])
        there.append(its.column[known])
    return np.concatenate(here), np.concatenate(there)


def _keys(model: Model, labels: Mapping[str, Codes]) -> list[tuple[str, ...]]:
    """Labels of columns as ids, the year left out."""
    names = model.decoded({dim: codes for dim, codes in labels.items() if dim != "year"})
    return list(zip(*names.values(), strict=True))
