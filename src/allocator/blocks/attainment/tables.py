"""The tables of attainment: values and attainment of indicators, levels of towns, and measures of balance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocator.blocks.attainment.section import Attainment
from allocator.blocks.shared.inequality import MEASURES, measures, variation
from allocator.blocks.shared.solved import Year
from allocator.model import Floats
from allocator.scenario.plan_year import PlanYear
from allocator.words.columns import DECIMALS


def settle(year: Year, _given: Attainment) -> None:
    """Pieces are filled in order, and attainment and level are all that the decisions earn.

    The model may credit less than is earned where nothing pushes it up.
    """
    if not year.has("attainment"):
        return
    plan, x = year.plan, year.x
    _fill_pieces(year)
    starting = year.family("starting")
    if len(starting):
        x[starting.column] = plan.base_values()[starting["town"], starting["indicator"]]
    value = _values(year)
    cells = year.family("attainment")
    x[cells.column] = plan.credited(value)[cells["town"], cells["indicator"]]
    x[year.family("level").column] = plan.levels(value)


def _fill_pieces(year: Year) -> None:
    """Fill the pieces of every bent effect in order, up to the units delivered."""
    model, x = year.model, year.x
    units = year.family("units")
    delivered = np.zeros((len(model.axes["town"].ids), len(model.axes["programme"].ids)))
    if not len(units):
        return
    delivered[units["town"], units["programme"]] = x[units.column]
    for part in model.columns.get("effective_units", ()):
        if part.terms["year"][0] != year.code:
            continue
        pieces = int(part.terms["piece"].max()) + 1
        room = part.upper.reshape(-1, pieces)
        first = part.terms.where(part.terms["piece"] == 0)
        whole = delivered[first["town"], first["programme"]]
        before = np.cumsum(np.hstack([np.zeros((len(room), 1)), room[:, :-1]]), axis=1)
        x[part.terms.column] = np.clip(whole[:, None] - before, 0.0, room).ravel()


def _values(year: Year) -> Floats:
    """Value of each indicator [town, indicator], uncapped: everything the ledger `value` was brought in the year."""
    ledger = year.model.ledgers["value"]
    value = np.zeros((len(year.plan.towns), len(year.plan.indicators)))
    for provision in ledger.provisions:
        own = provision.labels["year"] == year.code
        np.add.at(value, (provision.labels["town"][own], provision.labels["indicator"][own]), provision.amount[own])
    added = ledger.side(supplied=True)
    added = added.where(added["year"] == year.code)
    np.add.at(value, (added["town"], added["indicator"]), added.coefficient * year.x[added.column])
    return value


def tables(year: Year, _given: Attainment) -> Mapping[str, pd.DataFrame]:
    """Every indicator of every town, every town, and every measure of balance."""
    if not year.has("level"):
        return {}
    value, towns = _values(year), _towns(year.plan, year.x[year.family("level").column])
    return {"attainment": _attainment(year, value), "towns": towns, "balance": _balance(year.plan, towns, value)}


def _attainment(year: Year, value: Floats) -> pd.DataFrame:
    """Value before and after, target and what is credited of it, by town and indicator."""
    cells, plan = year.family("attainment"), year.plan
    frame = pd.DataFrame(year.model.decoded({dim: cells[dim] for dim in ("town", "indicator")}))
    at = (cells["town"], cells["indicator"])
    base, credited = plan.base_values()[at], year.x[cells.column]
    return frame.assign(base=base, value=value[at], target=plan.targets()[cells["indicator"]], attainment=credited)


def _towns(plan: PlanYear, after: Floats) -> pd.DataFrame:
    """Level and rank of every town before and after the year; what each could reach is for a later question."""
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
