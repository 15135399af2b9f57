"""From a solution vector to the labelled result tables.

Decisions are rounded to the written digits first; every derived figure is computed from the rounded decisions,
so that a reader who recomputes it from the tables finds the same number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from allocator.blocks.funding.results import CARRY_OVER, REMAINDERS
from allocator.blocks.goals.model import settle as settle_goals
from allocator.blocks.registry import parts_of
from allocator.blocks.shared.solved import Year
from allocator.engine.criteria.measures import MEASURES, measures, variation
from allocator.engine.session import Prices
from allocator.engine.stages import StagesRun, value_at
from allocator.model import Floats, Model
from allocator.scenario.plan_year import PlanYear, Scenario
from allocator.scenario.section import DISTRICT
from allocator.tables.chain import following
from allocator.tables.declared import STAGES, TABLES
from allocator.tables.goals import goals_table
from allocator.tables.rules import accounts_table, counts_table, rows_table
from allocator.tables.settle import heads_before, settle, source_ids, sources_of, values
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

    Decisions are rounded to the written digits first. The model may credit less than is earned where nothing pushes
    it up; here pieces are filled in order, attainment is min(1, ceiling / target, value / target) and level follows.
    """
    settled = np.round(x, DECIMALS)
    parts: list[dict[str, pd.DataFrame]] = []
    plan = scenario.first
    for given in scenario.plan_years:
        plan = following(given, plan, parts[-1]) if parts else given
        year = Year(model, plan, settled)
        settle(year)
        settle_goals(model, settled)
        parts.append(_tables(year, prices))
    made = {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}
    made["stages"] = tidy("stages", scenario.last.year, _stages(run, settled))
    return made


def year_tables(
    model: Model, plan: PlanYear, settled: Floats, prices: Mapping[str, Prices | None] | None = None
) -> dict[str, pd.DataFrame]:
    """All result tables of one year but the stages; ``settled`` gets the year's derived columns as they truly are."""
    year = Year(model, plan, settled)
    settle(year)
    return _tables(year, prices or {})


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


def _tables(year: Year, prices: Mapping[str, Prices | None]) -> dict[str, pd.DataFrame]:
    """All result tables of a plan year from a settled plan, but for the stages."""
    plan = year.plan
    empty = {name: pd.DataFrame(columns=list(table.columns)) for name, table in TABLES.items() if table != STAGES}
    made = empty | _decisions(year)
    made["funding_by_town"] = _funding_by_town(plan, made["funding"])
    if year.has("carried"):
        made["carry_over"] = _carry_over(year, made["funding"])
    issued = getattr(plan.sections.get("funding"), "issued", None)
    if issued is not None:
        made["issue"] = _issue(plan.tables[issued.table], made["funding"])
    if year.has("volunteer_stock"):
        made["volunteer_stock"] = _volunteer_stock(year)
    if year.has("level"):
        value = values(year)
        made["attainment"] = _attainment(year, value)
        made["towns"] = _towns(plan, year.x[year.family("level").column])
        made["balance"] = _balance(plan, made["towns"], value)
    for block, part in parts_of("tables").items():
        if block in plan.sections:
            made |= part.tables(year, plan.sections[block])
    made["counts"] = counts_table(year)
    made["goals"] = goals_table(plan, made)
    made["rows"] = rows_table(year, prices)
    made["accounts"] = accounts_table(year)
    return {name: tidy(name, plan.year, table) for name, table in made.items()}


def _carry_over(year: Year, funding: pd.DataFrame) -> pd.DataFrame:
    """Money at hand of each source, and what became of it."""
    spent = funding.groupby("source")["amount_yuan"].sum() if len(funding) else pd.Series(dtype=float)
    cells = year.family("carried")
    out = dict(zip(source_ids(year.model, cells), year.x[cells.column].tolist(), strict=True))
    rows = []
    for source in sources_of(year.plan):
        used = round(float(spent.get(source.id, 0.0)), DECIMALS)
        at_hand = source.amount + source.carried_in
        left = max(0.0, at_hand - used - out[source.id])
        share = used / at_hand if at_hand > 0 else np.nan
        rows.append((source.id, source.carried_in, source.amount, used, out[source.id], left, share))
    return pd.DataFrame(rows, columns=list(CARRY_OVER.columns))


def _issue(gone: pd.DataFrame, funding: pd.DataFrame) -> pd.DataFrame:
    """Money that had gone out, what this issue adds (or takes back), and both together."""
    total = funding.groupby(["town", "source"])["amount_yuan"].sum()
    before = gone.set_index(["town", "source"])["amount_yuan"]
    both = pd.DataFrame({"issued_yuan": before, "total_yuan": total}).fillna(0.0)
    both["this_issue_yuan"] = both["total_yuan"] - both["issued_yuan"]
    return both.rename_axis(["town", "source"]).reset_index()


def _volunteer_stock(year: Year) -> pd.DataFrame:
    """The stock of volunteers before and after the year."""
    plan, heads = year.plan, year.x[year.family("volunteer_stock").column]
    volunteering: Any = plan.sections["volunteering"]
    table = plan.tables[volunteering.volunteers].set_index("town").reindex(plan.towns.index, fill_value=0.0)
    active = heads * table["active_rate"].to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "town": plan.towns.index.to_numpy(dtype=object),
            "heads_before": heads_before(plan),
            "retained": heads_before(plan) * volunteering.stock.retention,
            "trained": year.x[year.family("trained").column],
            "heads": heads,
            "active": active,
            "hours": active * table["hours_per_active"].to_numpy(dtype=float),
        }
    )


def _decisions(year: Year) -> dict[str, pd.DataFrame]:
    made: dict[str, pd.DataFrame] = {}
    if year.has("units"):
        made["delivery"] = year.cells("units", zeros=True).rename(columns={"value": "units"})
    if year.has("funding"):
        made["funding"] = year.cells("funding", zeros=False).rename(columns={"value": "amount_yuan"})
    for name in ("teaching", "volunteering"):
        if year.has(name):
            frame = year.cells(name, zeros=False).rename(columns={"value": "hours"})
            made[name] = frame.assign(minutes=year.minutes(frame, "from_town", "to_town"))
    if year.has("guidance"):
        down = year.cells("guidance", zeros=True).assign(giver=DISTRICT)
        further = year.cells("station_guidance", zeros=True)
        further["giver"] = further["town"]
        made["guidance"] = pd.concat([down, further]).rename(columns={"value": "hours"})
    return made


def _funding_by_town(plan: PlanYear, funding: pd.DataFrame) -> pd.DataFrame:
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


def _attainment(year: Year, value: Floats) -> pd.DataFrame:
    cells, plan = year.family("attainment"), year.plan
    targets = np.array([i.target for i in plan.indicators])
    frame = pd.DataFrame(year.model.decoded({dim: cells[dim] for dim in ("town", "indicator")}))
    at = (cells["town"], cells["indicator"])
    base, credited = plan.base_values()[at], year.x[cells.column]
    return frame.assign(base=base, value=value[at], target=targets[cells["indicator"]], attainment=credited)


def _towns(plan: PlanYear, after: Floats) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "town": plan.towns.index.to_numpy(dtype=object),
            "population": plan.population,
            "level_before": plan.base_levels().round(DECIMALS),
            "level_after": after.round(DECIMALS),
        }
    )
    for moment in ("before", "after"):
        frame[f"rank_{moment}"] = frame[f"level_{moment}"].rank(ascending=False, method="min")
    return frame.assign(could_reach=np.nan)


def _balance(plan: PlanYear, towns: pd.DataFrame, value: Floats) -> pd.DataFrame:
    """Measures of the level, then the 差异系数 of each indicator (uncapped values, weighted by its denominator)."""
    sides = [measures(towns[f"level_{moment}"].to_numpy(float), plan.population) for moment in ("before", "after")]
    rows = [(name, sides[0][name], sides[1][name]) for name in MEASURES]
    base = plan.base_values()
    for at, indicator in enumerate(plan.indicators):
        weights = plan.denominator(indicator)
        rows.append((f"cv:{indicator.id}", variation(base[:, at], weights), variation(value[:, at], weights)))
    return pd.DataFrame(rows, columns=["measure", "before", "after"])


def rounding_tables(
    scenario: Scenario, exact: pd.DataFrame, unit_yuan: float, made: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """What whole units leave over, source by source, and what each town's level loses by them.

    Args:
        exact: columns year, town, level: levels before rounding.
        unit_yuan: the unit in yuan.
        made: the tables of the rounded plan.
    """
    remainders, losses = [], []
    before: PlanYear | None = None
    for given in scenario.plan_years:
        plan = given if before is None else following(given, before, made)
        own = {name: made[name][made[name]["year"] == plan.year] for name in ("funding", "carry_over", "towns")}
        spent = own["funding"].groupby("source")["amount_yuan"].sum()
        out = own["carry_over"].set_index("source")["carried_out_yuan"]
        rows = []
        for source in sources_of(plan) if "funding" in plan.sections else ():
            at_hand = source.amount + source.carried_in
            used, carried = float(spent.get(source.id, 0.0)), float(out.get(source.id, 0.0))
            rows.append((source.id, unit_yuan, at_hand, used, carried, at_hand - used - carried))
        frame = pd.DataFrame(rows, columns=list(REMAINDERS.columns))
        remainders.append(tidy("remainders", plan.year, frame))
        level = exact[exact["year"] == plan.year].set_index("town")["level"]
        published = own["towns"].set_index("town")["level_after"]
        loss = pd.DataFrame({"level_exact": level, "level_published": published, "lost": level - published})
        losses.append(tidy("rounding", plan.year, loss.reset_index()))
        before = plan
    return {"remainders": pd.concat(remainders), "rounding": pd.concat(losses)}
