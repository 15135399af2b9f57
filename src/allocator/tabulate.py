"""From a solution vector to the labelled result tables.

Decisions are rounded to the written digits first; every derived figure is computed from the rounded decisions,
so that a reader who recomputes it from the tables finds the same number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocator.blocks.mentoring.candidates import Candidates, candidates
from allocator.columns import DECIMALS, RESULT_TABLES
from allocator.criteria.measures import MEASURES, measures, variation
from allocator.goals import goals_table
from allocator.model import Codes, Floats, Ledger, Model, Rows, Terms
from allocator.result import tidy
from allocator.scenario import DISTRICT, PlanYear
from allocator.session import Prices
from allocator.stages import StageRecord

NO_RULES = ("level_sum", "spending_sum", "piece_sum", "rank_below", "money_change", "held", "forbidden")
"""Families that define a helper column or belong to a stage; they keep no rule and are not in the table of rows."""

ZERO = 0.5 * 10.0**-DECIMALS


def settle(model: Model, plan: PlanYear, x: Floats) -> Floats:
    """The plan in written digits, with effects and attainment at what the decisions truly bring.

    The model may credit less than is earned where nothing pushes it up; here pieces are filled in order,
    attainment is min(1, ceiling / target, value / target) and level follows.
    """
    settled = np.round(x, DECIMALS)
    if "attainment" not in model.columns:
        return settled
    _fill_pieces(model, settled)
    value = values(model, plan, settled)
    targets = np.array([i.target for i in plan.indicators])
    ceilings = np.array([np.inf if i.ceiling is None else i.ceiling for i in plan.indicators])
    credited = np.minimum(np.minimum(1.0, ceilings / targets), value / targets)
    cells = model.family("attainment")
    settled[cells.column] = credited[cells["town"], cells["indicator"]]
    level = model.family("level")
    settled[level.column] = 100.0 * credited @ np.array([i.weight for i in plan.indicators])
    return settled


def _fill_pieces(model: Model, x: Floats) -> None:
    """Fill the pieces of every bent effect in order, up to the units delivered."""
    if "effective_units" not in model.columns:
        return
    units = model.family("units")
    delivered = np.zeros((len(model.axes["town"].ids), len(model.axes["programme"].ids)))
    delivered[units["town"], units["programme"]] = x[units.column]
    for part in model.columns["effective_units"]:
        pieces = int(part.terms["piece"].max()) + 1
        room = part.upper.reshape(-1, pieces)
        first = part.terms.where(part.terms["piece"] == 0)
        whole = delivered[first["town"], first["programme"]]
        before = np.cumsum(np.hstack([np.zeros((len(room), 1)), room[:, :-1]]), axis=1)
        x[part.terms.column] = np.clip(whole[:, None] - before, 0.0, room).ravel()


def values(model: Model, plan: PlanYear, x: Floats) -> Floats:
    """Value of each indicator [town, indicator], uncapped: base + everything the ledger `value` was supplied."""
    value = plan.base_values().copy()
    added = model.ledgers["value"].side(supplied=True)
    np.add.at(value, (added["town"], added["indicator"]), added.coefficient * x[added.column])
    return value


def tables(
    model: Model,
    plan: PlanYear,
    x: Floats,
    prices: Mapping[str, Prices | None],
    records: list[StageRecord],
) -> dict[str, pd.DataFrame]:
    """All result tables of a plan year from a settled solution."""
    empty = {name: pd.DataFrame(columns=list(columns)) for name, columns in RESULT_TABLES.items()}
    made = empty | _decisions(model, plan, x)
    made["funding_by_town"] = _funding_by_town(plan, made["funding"])
    if "level" in model.columns:
        value = values(model, plan, x)
        made["attainment"] = _attainment(model, plan, x, value)
        made["towns"] = _towns(plan, x[model.family("level").column])
        made["balance"] = _balance(plan, made["towns"], value)
    made["goals"] = goals_table(plan, made)
    made["rows"] = _rows(model, x, prices)
    made["accounts"] = _accounts(model, x)
    made["stages"] = pd.DataFrame(
        [(r.stage, r.step, r.value, r.held_at, r.status, r.gap if np.isfinite(r.gap) else np.nan) for r in records],
        columns=list(RESULT_TABLES["stages"]),
    )
    return {name: tidy(name, plan.year, table) for name, table in made.items()}


def _cells(model: Model, name: str, x: Floats, *, zeros: bool) -> pd.DataFrame:
    """A family as a frame: its labels and ``value``; without its zeros unless asked for."""
    if name not in model.columns:
        return pd.DataFrame()
    cells = model.family(name)
    if not zeros:
        cells = cells.where(np.abs(x[cells.column]) > ZERO)
    frame = pd.DataFrame(model.decoded({dim: cells[dim] for dim in cells.labels}))
    frame["value"] = x[cells.column]
    return frame


def _minutes(plan: PlanYear, frame: pd.DataFrame, start: str, end: str) -> Floats:
    """One-way minutes between two label columns."""
    if plan.travel is None or not len(frame):
        return np.zeros(len(frame))
    at = plan.towns.index.get_indexer
    return plan.travel.minutes[at(pd.Index(frame[start])), at(pd.Index(frame[end]))]


def _decisions(model: Model, plan: PlanYear, x: Floats) -> dict[str, pd.DataFrame]:
    made: dict[str, pd.DataFrame] = {}
    if "units" in model.columns:
        made["delivery"] = _cells(model, "units", x, zeros=True).rename(columns={"value": "units"})
    if "funding" in model.columns:
        made["funding"] = _cells(model, "funding", x, zeros=False).rename(columns={"value": "amount_yuan"})
    for name in ("teaching", "volunteering"):
        if name in model.columns:
            frame = _cells(model, name, x, zeros=False).rename(columns={"value": "hours"})
            made[name] = frame.assign(minutes=_minutes(plan, frame, "from_town", "to_town"))
    if "guidance" in model.columns:
        down = _cells(model, "guidance", x, zeros=True).assign(giver=DISTRICT)
        further = _cells(model, "station_guidance", x, zeros=True)
        further["giver"] = further["town"]
        made["guidance"] = pd.concat([down, further]).rename(columns={"value": "hours"})
    given: Any = plan.sections.get("mentoring")
    if "pairing" in model.columns:
        found = candidates(plan, given)
        paired = x[model.family("pairing").column] > 0.5
        made["pairs"] = _pairs(plan, found, paired)
        made["unpaired"] = _unpaired(plan, given, found, paired)
    return made


def _pairs(plan: PlanYear, found: Candidates, paired: npt.NDArray[np.bool_]) -> pd.DataFrame:
    names = plan.towns.index.to_numpy(dtype=object)
    return pd.DataFrame(
        {
            "mentor": names[found.mentor[paired]],
            "mentee": names[found.mentee[paired]],
            "minutes": found.minutes[paired],
            "level_gap": found.level_gap[paired],
            "uplift": found.benefit[paired],
        }
    )


def _unpaired(plan: PlanYear, given: Any, found: Candidates, paired: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Slow-starting towns without a mentor and the first reason that applies."""
    taken = np.bincount(found.mentor[paired], minlength=len(plan.towns))
    rows = []
    for town in np.flatnonzero(found.slow):
        mine = found.mentee == town
        if (mine & paired).any():
            continue
        if not found.mature.any():
            reason = "no_mature_town"
        elif not mine.any():
            reason = "no_eligible_mentor"
        elif (taken[found.mentor[mine]] >= given.mentor_capacity).all():
            reason = "mentors_full"
        else:
            reason = "not_chosen"
        rows.append((plan.towns.index[int(town)], reason))
    return pd.DataFrame(rows, columns=["town", "reason"])


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


def _attainment(model: Model, plan: PlanYear, x: Floats, value: Floats) -> pd.DataFrame:
    cells = model.family("attainment")
    targets = np.array([i.target for i in plan.indicators])
    frame = pd.DataFrame(model.decoded({dim: cells[dim] for dim in ("town", "indicator")}))
    at = (cells["town"], cells["indicator"])
    return frame.assign(
        base=plan.base_values()[at], value=value[at], target=targets[cells["indicator"]], attainment=x[cells.column]
    )


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
    return frame


def _balance(plan: PlanYear, towns: pd.DataFrame, value: Floats) -> pd.DataFrame:
    """Measures of the level, then the 差异系数 of each indicator (uncapped values, weighted by its denominator)."""
    sides = [measures(towns[f"level_{moment}"].to_numpy(float), plan.population) for moment in ("before", "after")]
    rows = [(name, sides[0][name], sides[1][name]) for name in MEASURES]
    base = plan.base_values()
    for at, indicator in enumerate(plan.indicators):
        weights = plan.denominator(indicator)
        rows.append((f"cv:{indicator.id}", variation(base[:, at], weights), variation(value[:, at], weights)))
    return pd.DataFrame(rows, columns=["measure", "before", "after"])


def joined_key(model: Model, labels: Mapping[str, Codes]) -> npt.NDArray[np.object_]:
    """The labels of each row but the year, joined by "/"."""
    parts = [values for dim, values in model.decoded(labels).items() if dim != "year"]
    count = len(next(iter(labels.values())))
    return np.array(["/".join(key) for key in zip(*parts, strict=True)] if parts else [""] * count, dtype=object)


def _rows(model: Model, x: Floats, prices: Mapping[str, Prices | None]) -> pd.DataFrame:
    """Every rule of the plan with its activity, bound, slack and prices."""
    parts = []
    for name, families in model.rows.items():
        if name not in NO_RULES:
            parts += [_rule(model, family, x, prices) for family in families]
    for families_ in model.columns.values():
        for part in families_:
            if part.lower_rule is not None:
                parts.append(_bound_rule(model, (part.lower_rule, part.terms, part.lower), x, prices, ">="))
            if part.upper_rule is not None:
                parts.append(_bound_rule(model, (part.upper_rule, part.terms, part.upper), x, prices, "<="))
    kind = "" if not prices else "fixed_pairs" if _has_integers(model) else "linear"
    made = pd.concat([part for part in parts if len(part)], ignore_index=True) if parts else pd.DataFrame()
    return made.assign(price_kind=kind)


def _has_integers(model: Model) -> bool:
    return any(part.integer and len(part.terms) for parts in model.columns.values() for part in parts)


def _rule(model: Model, family: Rows, x: Floats, prices: Mapping[str, Prices | None]) -> pd.DataFrame:
    activity = family.activity(x)
    frame = pd.DataFrame({"rule": family.name, "key": joined_key(model, family.labels), "sense": family.sense})
    frame["activity"], frame["bound"] = activity, family.bound
    frame["slack"] = family.bound - activity if family.sense == "<=" else activity - family.bound
    for stage, price in prices.items():
        frame[f"price_{stage}"] = np.nan if price is None else price.rows[family.positions]
    return frame


def _bound_rule(
    model: Model,
    rule: tuple[str, Terms, Floats],
    x: Floats,
    prices: Mapping[str, Prices | None],
    sense: str,
) -> pd.DataFrame:
    """A bound of single decisions that is a rule; a lower bound of zero is only the natural one."""
    name, terms, bounds = rule
    chosen = np.isfinite(bounds) & ((bounds > 0) | (sense == "<="))
    cells, bound = terms.where(chosen), bounds[chosen]
    activity = x[cells.column]
    frame = pd.DataFrame({"rule": name, "key": joined_key(model, cells.labels), "sense": sense})
    frame["activity"], frame["bound"] = activity, bound
    frame["slack"] = bound - activity if sense == "<=" else activity - bound
    for stage, price in prices.items():
        if price is None:
            frame[f"price_{stage}"] = np.nan
        else:
            worth = price.columns[cells.column]
            frame[f"price_{stage}"] = np.maximum(worth, 0.0) if sense == "<=" else np.minimum(worth, 0.0)
    return frame


def _accounts(model: Model, x: Floats) -> pd.DataFrame:
    """Who supplied and who used what, ledger by ledger."""
    parts = [part for ledger in model.ledgers.values() if ledger.is_closed for part in _ledger_parts(model, ledger, x)]
    if not parts:
        return pd.DataFrame(columns=list(RESULT_TABLES["accounts"]))
    frame = pd.concat(parts, ignore_index=True)
    return frame.groupby(["ledger", "key", "block", "unit"], as_index=False, sort=False)[["supplied", "used"]].sum()


def _ledger_parts(model: Model, ledger: Ledger, x: Floats) -> list[pd.DataFrame]:
    made = []
    for entry in ledger.entries:
        labels = {dim: entry.terms[dim] for dim in ledger.dims}
        amount = entry.terms.coefficient * x[entry.terms.column]
        made.append((entry.block, joined_key(model, labels), amount, entry.supplied))
    for given in ledger.provisions:
        labels = {dim: given.labels[dim] for dim in ledger.dims}
        made.append((given.block, joined_key(model, labels), given.amount, True))
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
