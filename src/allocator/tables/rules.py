"""The table of rules (activity, bound, slack, prices) and the accounts of the ledgers, year by year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocator.blocks.registry import counted
from allocator.blocks.shared.amounts import measured
from allocator.blocks.shared.inequality import measures
from allocator.blocks.shared.solved import Year
from allocator.engine.limits import limit_weights, limits_of
from allocator.engine.session import Prices
from allocator.model import BoundRule, Floats, Ledger, Model, Rows, Sense, Variables, joined_key
from allocator.tables.declared import ACCOUNTS, COUNTS, ROWS
from allocator.words.columns import DECIMALS

BEGINNINGS = ("beginning", "renewal")
"""Columns of earlier years that say since when a pair runs; they stand for this year's pair."""


def rows_table(year: Year, prices: Mapping[str, Prices | None]) -> pd.DataFrame:
    """Every rule of the year with its activity, bound, slack and prices."""
    parts, model = [], year.model
    for families in model.rows.values():
        parts += [_rule(year, family, prices) for family in families if family.is_rule]
    for part in (part for families in model.columns.values() for part in families):
        parts += [_bound_rule(year, part, rule, prices) for rule in part.bound_rules]
    parts.append(_limits(year))
    kind = "" if not prices else "fixed_integers" if _has_integers(model) else "linear"
    filled = [part for part in parts if len(part)]
    made = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(ROWS.columns))
    return made.assign(price_kind=kind)


def _limits(year: Year) -> pd.DataFrame:
    """Every limit on inequality with what the published plan reaches; prices are not taken."""
    rows = []
    for limit in limits_of(year.plan):
        outcomes = year.model.outcomes[limit.of].of_year(year.code).at(year.x).round(DECIMALS)
        reached = measures(outcomes, limit_weights(year.plan, limit))[limit.measure] if outcomes.any() else 0.0
        slack = limit.at_most - reached
        rows.append(("limit", limit.id, "<=", reached, limit.at_most, slack, "share", "limit", f"limits.{limit.id}"))
    columns = ["rule", "key", "sense", "activity", "bound", "slack", "unit", "labels", "requirement"]
    return pd.DataFrame(rows, columns=columns)


def _has_integers(model: Model) -> bool:
    return any(part.integer and len(part.terms) for parts in model.columns.values() for part in parts)


def _rule(year: Year, family: Rows, prices: Mapping[str, Prices | None]) -> pd.DataFrame:
    """The year's rows of a family; what the year before leaves counts as given and stands in the bound."""
    mine = family.labels["year"] == year.code
    carried = np.where(_is_given(year)[family.matrix.column], family.matrix.coefficient, 0.0)
    came = np.bincount(family.matrix["row"], weights=carried * year.x[family.matrix.column], minlength=len(family))
    activity, bound = (family.activity(year.x) - came)[mine], (family.bound - came)[mine]
    key = joined_key(year.model, {dim: codes[mine] for dim, codes in family.labels.items()})
    frame = pd.DataFrame({"rule": family.name, "key": key, "sense": family.sense})
    frame["activity"], frame["bound"] = activity, bound
    frame["slack"] = bound - activity if family.sense == "<=" else activity - bound
    frame["unit"], frame["labels"] = family.unit, _labels(family.dims)
    frame["requirement"] = family.requirement[mine]
    for stage, price in prices.items():
        frame[f"price_{stage}"] = np.nan if price is None else price.rows[family.positions[mine]]
    return frame


def _is_given(year: Year) -> npt.NDArray[np.bool_]:
    """Columns that the year finds as the years before left them."""
    given = np.zeros(len(year.x), dtype=bool)
    for name, parts in year.model.columns.items():
        for part in parts:
            if "year" not in part.dims or part.terms.column.max(initial=0) >= len(given):
                continue
            if name == "starting":
                given[part.terms.column] = True
            elif name not in BEGINNINGS:
                given[part.terms.column[part.terms["year"] < year.code]] = True
    return given


def _labels(dims: Sequence[str]) -> str:
    """The names of the labels of which a key is made."""
    return "/".join(dim for dim in dims if dim != "year")


def _bound_rule(
    year: Year, family: Variables, rule: tuple[BoundRule, Sense, Floats], prices: Mapping[str, Prices | None]
) -> pd.DataFrame:
    """A bound of single decisions that is a rule; a lower bound of zero is only the natural one."""
    (said, sense, bounds), terms = rule, family.terms
    chosen = np.isfinite(bounds) & ((bounds > 0) | (sense == "<=")) & (terms["year"] == year.code)
    cells, bound = terms.where(chosen), bounds[chosen]
    activity = year.x[cells.column]
    frame = pd.DataFrame({"rule": said.name, "key": joined_key(year.model, cells.labels), "sense": sense})
    frame["activity"], frame["bound"] = activity, bound
    frame["slack"] = bound - activity if sense == "<=" else activity - bound
    frame["unit"], frame["labels"] = family.unit, _labels(family.dims)
    frame["requirement"] = np.broadcast_to(np.asarray(said.requirement, dtype=object), len(terms))[chosen]
    for stage, price in prices.items():
        if price is None:
            frame[f"price_{stage}"] = np.nan
        else:
            worth = price.columns[cells.column]
            frame[f"price_{stage}"] = np.maximum(worth, 0.0) if sense == "<=" else np.minimum(worth, 0.0)
    return frame


def counts_table(year: Year) -> pd.DataFrame:
    """What blocks count, town by town, with what a share is taken of."""
    model, known = year.model, counted(year.plan)
    rows = []
    for name, how in known.items():
        found = measured(year, name)
        size = np.append(np.full(len(found) - 1, np.nan) if how.size is None else how.size, np.nan)
        places = np.arange(len(found)) if how.of_district else np.arange(len(found) - 1)
        ids, unit = model.axes["town"].ids, how.unit
        rows += [(name, ids[at], found[at], size[at], unit) for at in places.tolist()]
    return pd.DataFrame(rows, columns=list(COUNTS.columns))


def accounts_table(year: Year) -> pd.DataFrame:
    """Who supplied and who used what, ledger by ledger."""
    ledgers = year.model.ledgers.values()
    parts = [part for ledger in ledgers if ledger.is_closed for part in _ledger_parts(year, ledger)]
    if not parts:
        return pd.DataFrame(columns=list(ACCOUNTS.columns))
    frame = pd.concat(parts, ignore_index=True)
    return frame.groupby(["ledger", "key", "block", "unit"], as_index=False, sort=False)[["supplied", "used"]].sum()


def _ledger_parts(year: Year, ledger: Ledger) -> list[pd.DataFrame]:
    made, model = [], year.model
    for entry in ledger.entries:
        terms = entry.terms.where((entry.terms["year"] == year.code) & ledger.closes(entry.terms.labels))
        amount = terms.coefficient * year.x[terms.column]
        made.append((entry.block, joined_key(model, {dim: terms[dim] for dim in ledger.dims}), amount, entry.supplied))
    for given in ledger.provisions:
        own = given.labels["year"] == year.code
        key = joined_key(model, {dim: given.labels[dim][own] for dim in ledger.dims})
        made.append((given.block, key, given.amount[own], True))
    return [
        pd.DataFrame(
            {
                "ledger": ledger.name,
                "key": key,
                "block": block,
                "supplied": amount if supplied else 0.0,
                "used": 0.0 if supplied else amount,
                "unit": ledger.unit,
            }
        )
        for block, key, amount, supplied in made
    ]
