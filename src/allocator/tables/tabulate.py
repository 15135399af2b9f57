"""From a solution vector to the labelled result tables.

Decisions are rounded to the written digits first; every derived figure is computed from the rounded decisions,
so that a reader who recomputes it from the tables finds the same number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from allocator.blocks.parts import TablesPart
from allocator.blocks.registry import given, parts_of
from allocator.blocks.shared.solved import Year
from allocator.engine.session import Prices
from allocator.engine.stages import StagesRun, value_at
from allocator.model import Floats, Model
from allocator.scenario.plan_year import PlanYear, Scenario
from allocator.scenario.section import DISTRICT
from allocator.tables.chain import in_turn, joined_years
from allocator.tables.declared import STAGES, TABLES
from allocator.tables.goals import goals_table
from allocator.tables.rules import accounts_table, counts_table, rows_table
from allocator.tables.written import tidy
from allocator.words.columns import DECIMALS


def tabulated(
    model: Model,
    scenario: Scenario,
    x: Floats,
    prices: Mapping[str, Prices | None],
    run: StagesRun,
) -> dict[str, pd.DataFrame]:
    """All result tables of a plan: year after year, each starting with what the tables of the year before say.

    Decisions are rounded to the written digits first, then every block puts the columns that follow from them at what
    they truly are.
    """
    settled = np.round(x, DECIMALS)
    years = in_turn(scenario.plan_years, lambda plan: year_tables(model, plan, settled, prices))
    made = joined_years(tables for _, tables in years)
    made["stages"] = tidy("stages", scenario.last.year, _stages(run, settled))
    return made


def year_tables(
    model: Model, plan: PlanYear, settled: Floats, prices: Mapping[str, Prices | None] | None = None
) -> dict[str, pd.DataFrame]:
    """All result tables of one year but the stages; ``settled`` gets the year's derived columns as they truly are."""
    year, blocks = Year(model, plan, settled), _blocks(plan)
    for part, own in blocks:
        part.settle(year, own)
    made = {name: pd.DataFrame(columns=list(table.columns)) for name, table in TABLES.items() if table != STAGES}
    for part, own in blocks:
        made |= part.tables(year, own)
    made["funding_by_town"] = _funding_by_town(plan, made["funding"])
    made["counts"] = counts_table(year)
    made["goals"] = goals_table(plan, made)
    made["rows"] = rows_table(year, prices or {})
    made["accounts"] = accounts_table(year)
    return {name: tidy(name, plan.year, table) for name, table in made.items()}


def _blocks(plan: PlanYear) -> list[tuple[TablesPart, Any]]:
    """What makes the tables of every block of the year, in build order, and what the block reads in the plan."""
    read = ((part, given(plan, block)) for block, part in parts_of("tables").items())
    return [(part, own) for part, own in read if own is not None]


def _stages(run: StagesRun, x: Floats) -> pd.DataFrame:
    """Steps as they were taken, and what the published plan reaches in each."""
    published = {(held.stage, held.step.name): value_at(held.step, x) for held in run.held}
    rows = [
        (
            *(r.stage, r.step, r.before, r.value, r.held_at, published.get((r.stage, r.step), np.nan), r.status),
            *(r.asked, r.gap, r.unit),
        )
        for r in run.records
    ]
    made = pd.DataFrame(rows, columns=list(STAGES.columns))
    return made.assign(gap=made["gap"].astype(float).where(np.isfinite(made["gap"].astype(float))))


def _funding_by_town(plan: PlanYear, funding: pd.DataFrame) -> pd.DataFrame:
    """Money of every town (and the district centre where it has any), against last year's, and a head."""
    spent = funding.groupby("town")["amount_yuan"].sum() if len(funding) else pd.Series(dtype=float)
    towns = [*plan.towns.index, *([DISTRICT] if DISTRICT in spent.index else [])]
    frame = pd.DataFrame({"town": towns, "amount_yuan": spent.reindex(towns, fill_value=0.0).to_numpy(float)})
    frame["amount_yuan"] = frame["amount_yuan"].round(DECIMALS)
    count = len(plan.towns)
    before = plan.last_year_money()
    last = np.full(len(towns), np.nan)
    if before is not None:
        last[:count] = before
    frame["last_year_yuan"] = last
    frame["change_yuan"] = frame["amount_yuan"] - last
    frame["change_share"] = frame["change_yuan"] / np.where(last > 0, last, np.nan)
    frame["per_head_yuan"] = frame["amount_yuan"] / np.append(plan.population, np.nan)[: len(towns)]
    return frame
