"""The tables of funding: who pays what and where, what is carried over, and what an issue adds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocator.blocks.funding.carry import at_hand, most_carried
from allocator.blocks.funding.results import CARRY_OVER, FUNDING
from allocator.blocks.funding.section import Funding
from allocator.blocks.shared.solved import Year
from allocator.model import Floats
from allocator.words.columns import DECIMALS


def settle(year: Year, given: Funding) -> None:
    """Money that is not spent goes on as far as the rules let it, and as the next year can still execute it."""
    carried = year.family("carried")
    if not len(carried):
        return
    model, x = year.model, year.x
    sources = {source.id: source for source in given.sources}
    spent = year.family("funding")
    by_source = np.bincount(spent["source"], weights=x[spent.column], minlength=len(model.axes["source"].ids))
    codes = carried["source"].tolist()
    most = np.array([most_carried(sources[model.axes["source"].ids[at]], by_source[at]) for at in codes])
    planned = np.minimum(x[carried.column], most)
    left = most - planned
    more = _room(year, most) * most.sum() - planned.sum()
    share = float(np.clip(more / left.sum(), 0.0, 1.0)) if left.sum() > 0 else 0.0
    x[carried.column] = np.maximum(0.0, np.round(planned + left * share, DECIMALS))


def _room(year: Year, most: Floats) -> float:
    """Share of what is left over that the next year of the plan can take and still execute; 1 without such a rule."""
    model, code = year.model, year.code + 1
    if code >= len(model.axes["year"].ids) or not most.sum() > 0:
        return 1.0
    rows = next((part for part in model.rows["execution"] if part.labels["year"][0] == code), None)
    if rows is None:
        return 1.0
    later = rows.matrix.coefficient > 0
    least = float(-rows.matrix.coefficient[~later].min(initial=0.0))
    if least == 0.0:
        return 1.0
    spent = float(rows.matrix.coefficient[later] @ year.x[rows.matrix.column[later]])
    return float(np.clip((spent - rows.bound[0]) / least / most.sum(), 0.0, 1.0))


def tables(year: Year, given: Funding) -> Mapping[str, pd.DataFrame]:
    """Money paid, without zeros; what became of the money of each source; what had gone out and what is added."""
    funding = pd.DataFrame(columns=list(FUNDING.columns))
    if year.has("funding"):
        funding = year.cells("funding", zeros=False).rename(columns={"value": "amount_yuan"})
    made = {"funding": funding}
    if year.has("carried"):
        made["carry_over"] = _carry_over(year, given, funding)
    if given.issued is not None:
        made["issue"] = _issue(year.plan.tables[given.issued.table], funding)
    return made


def _carry_over(year: Year, given: Funding, funding: pd.DataFrame) -> pd.DataFrame:
    """Money at hand of each source, and what became of it."""
    spent = funding.groupby("source")["amount_yuan"].sum() if len(funding) else pd.Series(dtype=float)
    out = year.cells("carried", zeros=True).set_index("source")["value"]
    rows = []
    for source in given.sources:
        used = round(float(spent.get(source.id, 0.0)), DECIMALS)
        had, gone = at_hand(source), float(out[source.id])
        share = used / had if had > 0 else np.nan
        rows.append((source.id, source.carried_in, source.amount, used, gone, max(0.0, had - used - gone), share))
    return pd.DataFrame(rows, columns=list(CARRY_OVER.columns))


def _issue(gone: pd.DataFrame, funding: pd.DataFrame) -> pd.DataFrame:
    """Money that had gone out, what this issue adds (or takes back), and both together."""
    total = funding.groupby(["town", "source"])["amount_yuan"].sum()
    before = gone.set_index(["town", "source"])["amount_yuan"]
    both = pd.DataFrame({"issued_yuan": before, "total_yuan": total}).fillna(0.0)
    both["this_issue_yuan"] = both["total_yuan"] - both["issued_yuan"]
    return both.rename_axis(["town", "source"]).reset_index()
