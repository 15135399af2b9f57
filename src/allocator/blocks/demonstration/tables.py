"""The tables of demonstration towns (示范镇街培育表): every criterion with its gap, every town with its standards."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocator.blocks.demonstration.records import criteria, mature, records
from allocator.blocks.demonstration.results import DEMONSTRATION_TOWNS
from allocator.blocks.demonstration.section import Demonstration
from allocator.blocks.shared.amounts import measured
from allocator.blocks.shared.measures import sizes
from allocator.blocks.shared.solved import Year
from allocator.model import Floats
from allocator.words.columns import DECIMALS

NEARLY = 1e-5
"""Share of its number that a town may lack and still meet a criterion."""


def settle(year: Year, given: Demonstration) -> None:
    """Recognitions and towns with some standard as whole numbers, as the standards held say."""
    held = records(year.plan, given).held
    cells = year.family("demonstrated")
    now = np.round(year.x[cells.column])
    year.x[cells.column] = now
    year.x[year.family("recognition").column] = now - held.ravel()
    if year.has("any_standard"):
        year.x[year.family("any_standard").column] = now.reshape(held.shape).any(axis=1)


def tables(year: Year, given: Demonstration) -> Mapping[str, pd.DataFrame]:
    """What each town reaches of every criterion, and since when it holds which standard."""
    reached = _reached(year, given)
    return {"demonstration": reached, "demonstration_towns": _towns(year, given, reached)}


def _reached(year: Year, given: Demonstration) -> pd.DataFrame:
    """Each town against each criterion; a criterion that counts shares of nothing is met."""
    plan = year.plan
    towns = plan.towns.index.to_numpy(dtype=object)
    values = {str(measure): _values(year, str(measure)) for measure in criteria(plan, given)["measure"].unique()}
    parts = []
    for row in criteria(plan, given).to_dict("records"):
        part = pd.DataFrame({"town": towns, "reached": values[row["measure"]]})
        parts.append(part.assign(**{name: row[name] for name in ("standard", "criterion", "measure", "at_least")}))
    made = pd.concat(parts, ignore_index=True)
    short = made["reached"] < made["at_least"] * (1.0 - NEARLY)
    return made.assign(gap=(made["at_least"] - made["reached"]).clip(lower=0.0).fillna(0.0), met=(~short).astype(int))


def _values(year: Year, measure: str) -> Floats:
    """A measure by town; nan where there is nothing to measure."""
    amount, size = measured(year, measure), sizes(year.plan, measure)
    value = np.divide(amount[: len(size)], size, out=np.full(len(size), np.nan), where=size > 0)
    return np.asarray(value.round(DECIMALS), dtype=float)


def _towns(year: Year, given: Demonstration, reached: pd.DataFrame) -> pd.DataFrame:
    """Every town and standard: recognised since when, what it cost this year, or what keeps it from it."""
    plan, found = year.plan, records(year.plan, given)
    new = (year.x[year.family("recognition").column] > 0.5).reshape(found.may.shape)
    since = np.where(new, float(plan.year), found.since)
    ready = reached.groupby(["standard", "town"])["met"].min()
    able, rows = mature(plan, given), []
    position = {each: at for at, each in enumerate(found.standards)}
    for each in given.standards:
        at = position[each.id]
        after = np.ones(len(able), dtype=bool) if each.after is None else np.isfinite(since[:, position[each.after]])
        for town, name in enumerate(plan.towns.index):
            status = "new" if new[town, at] else "recognised"
            if not np.isfinite(since[town, at]):
                barred = [
                    (not able[town], "not_mature"),
                    (not ready.get((each.id, name), 1), "short"),
                    (not after[town], "waits"),
                ]
                status = next((word for bars, word in barred if bars), "ready")
            held, cost = int(np.isfinite(since[town, at])), each.unit_cost * new[town, at]
            rows.append((name, each.id, held, since[town, at], int(new[town, at]), cost, status))
    return pd.DataFrame(rows, columns=list(DEMONSTRATION_TOWNS.columns))
