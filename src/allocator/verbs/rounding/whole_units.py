"""Money in the office's unit: the plan closest to the exact one whose every sum is a whole number of units.

A rounding model, not a rounding rule: all rules of the plan stand (rows and bounds of build.build, no held stages),
whole things such as pairs stay as published, units follow from money by `costing`, hours are decided anew.

    minimise    sum over cells of (whole - plan)^2 / plan  +  TIE_WEIGHT * hash(cell) where the cell is lifted
    whole[cell]         = floor(plan) + lifted - lowered + raised           in units of money
    money[cell]         = unit * whole                                      rows whole_funding, whole_carried
    sum over towns and programmes of funding >= unit * floor(sum of plan / unit)    row whole_total[source, year]

`plan` is the exact money in units, to the fen. A cell goes to one of its two neighbours and a zero stays zero
(`lifted` is 0 or 1); only where no such table exists may cells go further (`lowered`, `raised`: whole numbers whose
further steps cost what the first costs), and only then may more than one unit of a source be left over.

Why not the least sum of |whole - plan|: with the row whole_total it is the method of largest remainder, and has its
Alabama paradox (weights 2952, 617, 2114, 668, 478, 2133: town 4 gets 2 of 18 units and 1 of 19). Divided by plan, the
squares are Webster's: if all cells grow alike and no other rule binds, none loses a unit while his method keeps each
within one unit of its plan.

Goals that the exact plan meets stay met where there is such a table, in the order neighbours, any; else they may slip,
and the table of goals says by how much.

Last, the hours (see allocator.verbs.rounding.hours): those closest to the exact plan among those with which levels
lose least.

Source: controlled rounding: Cox 1987, JASA 82(398). Method of Webster / Sainte-Laguë: Balinski and Young 1982, Fair
Representation, appendix A (least sum of squares over quotas; house monotone).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from allocator.engine.build import build
from allocator.engine.opening import Opening
from allocator.engine.session import Limits, Solution, Status
from allocator.engine.stages import no_plan
from allocator.engine.timing import soonest
from allocator.model import Codes, Floats, Model, Terms, joined
from allocator.scenario.plan_year import Scenario
from allocator.verbs.diagnosis.conflicts import Infeasible, RuleConflict, conflicting_rules
from allocator.verbs.rounding.hours import GOAL_SLACK, hours_for_money, met_goals, published_columns
from allocator.words.errors import WholeUnitsError
from allocator.words.texts import Text, catalogue

UNITS: Mapping[str, float] = {"元": 1.0, "百元": 1e2, "0.01 万元": 1e2, "千元": 1e3, "万元": 1e4}
"""Units an office may publish money in, in yuan."""

MONEY = ("funding", "carried")
"""Families of variables that are published money."""
FEN = 2
"""Decimals to which the exact plan's yuan count; solvers agree on more."""
LEAST_PLAN = 0.01
"""Units of money below which a plan weighs like this much, so that no square is divided by zero."""
TIE_WEIGHT = 1e-3
"""Weight of the hash that tells equal cells apart."""
GAP = 1e-7
"""Absolute gap of the objective."""
FINER_SECONDS = 60.0
"""Longest look at whether a finer unit works."""

Reach = Literal["neighbours", "any", "any, more left over"]
"""How far cells may go, in the order tried: to a neighbouring whole number, to any, without the row whole_total."""
REACHES: tuple[Reach, ...] = ("neighbours", "any", "any, more left over")


@dataclass(frozen=True, eq=False)
class Whole:
    """A plan in whole units of money."""

    x: Floats
    """Columns of build(scenario); money is k * unit exactly, what is credited may be less than earned (see settle)."""
    unit: str
    moved: float
    """Sum over cells of |whole - exact money| [yuan]."""
    cells: int
    """Cells of money that changed."""
    reach: Reach
    status: Status
    gap: float
    """In the objective's unit."""
    loss: float
    """Most level points that a town loses; nan if the best hours were not found."""
    hours: str
    """``converged``: the hours are the closest ones; otherwise why they are only possible ones."""
    seconds: float


@dataclass(frozen=True, eq=False)
class _Rounding:
    """A fresh model with whole money over it, and what it minimises."""

    model: Model
    money: Codes
    """Columns that are money."""
    fixed: tuple[Codes, Floats]
    """Columns that stay as published, and their values."""
    cost: Terms
    constant: float


@dataclass(frozen=True, eq=False)
class _Tried:
    """A rounding model that has a table."""

    reach: Reach
    rounding: _Rounding
    found: Solution


def whole_units(scenario: Scenario, x: Floats, unit: str, opening: Opening, limits: Limits | None = None) -> Whole:
    """The plan x in whole units of money.

    Args:
        scenario: What x is a plan of.
        x: A plan: values of the columns of build(scenario); further columns are cut off. Losses are measured from its
            levels, so these should be as earned.
        unit: A key of UNITS.
        opening: Opens a session on a model, e.g. of HiGHS.
        limits: When to stop; none: when it is solved.

    Raises:
        WholeUnitsError: no such table exists in this unit; names the rules that conflict and a finer unit that works.
        StoppedError: a limit struck before a table was found.
    """
    begun, given = time.perf_counter(), limits or Limits()
    tried = _first_that_works(scenario, x, UNITS[unit], opening, given)
    if isinstance(tried, Solution):
        if tried.status != "infeasible":
            raise no_plan(tried)
        raise _no_table(scenario, x, unit, opening, given)
    money = tried.rounding.money
    exact = np.round(tried.found.x[money] / UNITS[unit]) * UNITS[unit]
    hours = hours_for_money(scenario, x, (money, exact), tried.found.x, opening, given)
    change = np.abs(exact - x[money])
    return Whole(
        x=hours.x,
        unit=unit,
        moved=float(change.sum()),
        cells=int((change >= 0.5 * 10.0**-FEN).sum()),
        reach=tried.reach,
        status=tried.found.status,
        gap=tried.found.gap,
        loss=hours.loss,
        hours=hours.how,
        seconds=time.perf_counter() - begun,
    )


def _first_that_works(
    scenario: Scenario, x: Floats, yuan: float, opening: Opening, limits: Limits
) -> _Tried | Solution:
    """The rounding with the least reach that has a table, solved; else the answer that ended the search."""
    found = None
    met = bool(len(met_goals(build(scenario), x)))
    for goals, reach in [*([(True, reach) for reach in REACHES[:2]] if met else []), *((False, r) for r in REACHES)]:
        rounding = _rounding(scenario, x, yuan, reach)
        session = opening(rounding.model, limits)
        columns, values = rounding.fixed
        session.set_column_bounds(columns, values, values)
        if goals:
            kept = met_goals(rounding.model, x)
            session.set_column_bounds(kept, np.zeros(len(kept)), np.full(len(kept), GOAL_SLACK))
        found = session.solve(rounding.cost, rounding.constant, False, GAP)
        if found.has_plan:
            return _Tried(reach, rounding, found)
        if found.status != "infeasible":
            break
    assert found is not None
    return found


def _rounding(scenario: Scenario, x: Floats, yuan: float, reach: Reach) -> _Rounding:
    """The rounding model of a plan."""
    model = build(scenario)
    fixed = published_columns(model)
    families = [name for name in MONEY if name in model.columns]
    costs, constant = [], 0.0
    for name in families:
        cost, start = _whole_money(model, name, np.round(x[model.family(name).column], FEN) / yuan, yuan, reach)
        costs.append(cost)
        constant += start
    if reach != "any, more left over" and "funding" in families:
        _whole_total(model, x, yuan)
    money = [model.family(name).column for name in families]
    nothing = np.zeros(0, dtype=np.intp)
    return _Rounding(model, np.concatenate([nothing, *money]), (fixed, np.round(x[fixed])), _together(costs), constant)


def _together(parts: list[Terms]) -> Terms:
    if not parts:
        nothing = np.zeros(0, dtype=np.intp)
        return Terms({}, nothing, np.zeros(0))
    return joined(parts, ())


def _whole_money(model: Model, name: str, plan: Floats, yuan: float, reach: Reach) -> tuple[Terms, float]:
    """Declare whole money for a family; its cost and what that starts from.

    ``plan`` [cells] in units of money.
    """
    cells, floor = model.family(name), np.floor(plan)
    labels, rest, weight = dict(cells.labels), plan - np.floor(plan), 1.0 / np.maximum(plan, LEAST_PLAN)
    upper = np.ones(len(plan)) if reach != "neighbours" else np.ceil(plan) - floor
    lifted = model.variables(f"lifted_{name}", labels, "units of money", upper=upper, integer=True)
    parts = [cells, lifted * -yuan]
    costs = [lifted * ((1.0 - 2.0 * rest) * weight + TIE_WEIGHT * _hashes(model, name, cells))]
    if reach != "neighbours":
        lowered = model.variables(f"lowered_{name}", labels, "units of money", upper=floor, integer=True)
        given = sum(provision.amount.sum() for provision in model.ledgers["money"].provisions)
        most = np.ceil(given / yuan)
        raised = model.variables(f"raised_{name}", labels, "units of money", upper=most, integer=True)
        parts += [lowered * yuan, raised * -yuan]
        costs += [lowered * ((1.0 + 2.0 * rest) * weight), raised * ((3.0 - 2.0 * rest) * weight)]
    model.define(f"whole_{name}", labels, parts, "==", floor * yuan, unit="yuan")
    return joined(costs, ()), float((rest**2 * weight).sum())


def _whole_total(model: Model, x: Floats, yuan: float) -> None:
    """Each source gives as much as in the exact plan, but for less than one unit."""
    funding, count = model.family("funding"), len(model.axes["year"].ids)
    keys, at = np.unique(funding["source"] * count + funding["year"], return_inverse=True)
    totals = np.round(np.bincount(at, weights=x[funding.column], minlength=len(keys)), FEN)
    labels = {"source": (keys // count).astype(np.intp), "year": (keys % count).astype(np.intp)}
    given = funding.labelled({dim: funding[dim] for dim in labels})
    least = np.floor(totals / yuan) * yuan
    model.constrain("whole_total", labels, [given], ">=", least, unit="yuan", requirement="publish.unit")


def _hashes(model: Model, name: str, cells: Terms) -> Floats:
    """SHA-256(family, ids) / 2^256 for each cell; depends on ids alone."""
    names = model.decoded(cells.labels)
    digests = (hashlib.sha256("\x1f".join((name, *ids)).encode()).digest() for ids in zip(*names.values(), strict=True))
    return np.array([int.from_bytes(digest, "big") / 2.0**256 for digest in digests], dtype=float)


# -- where there is no table ---------------------------------------------------------------------------


def _no_table(scenario: Scenario, x: Floats, unit: str, opening: Opening, limits: Limits) -> WholeUnitsError:
    """The error that names the rules in conflict and the next finer unit that works."""
    rounding = _rounding(scenario, x, UNITS[unit], REACHES[-1])
    conflicts = conflicting_rules(Infeasible(rounding.model, rounding.fixed, opening, limits))
    finer = _finer_unit(scenario, x, unit, opening, limits)
    advice = Text("whole_units.none_finer") if finer is None else Text("whole_units.finer", _unit_said(finer))
    values = {**_unit_said(unit), "rules": _listed([_said(each) for each in conflicts]), "advice": advice}
    return WholeUnitsError(Text("whole_units.no_table", values), tuple(each.rule for each in conflicts), finer)


def _finer_unit(scenario: Scenario, x: Floats, unit: str, opening: Opening, limits: Limits) -> str | None:
    """The next finer unit in which a table exists; none if there is none."""
    finer: dict[float, str] = {}
    for label, yuan in UNITS.items():
        if yuan < UNITS[unit]:
            finer.setdefault(yuan, label)
    for yuan in sorted(finer, reverse=True):
        tried = _first_that_works(scenario, x, yuan, opening, soonest(limits, FINER_SECONDS))
        if isinstance(tried, _Tried):
            return finer[yuan]
    return None


def _unit_said(unit: str) -> dict[str, object]:
    return {"unit": unit, "yuan": f"{UNITS[unit]:,.0f}"}


def _said(conflict: RuleConflict) -> Text:
    """A rule in conflict, where, and by how much it would be broken."""
    keys = ", ".join(key for key in conflict.keys if key)
    values = {
        "rule": _term(f"terms.rule.{conflict.rule}", conflict.rule),
        "where": f" ({keys})" if keys else "",
        "excess": f"{conflict.excess:,.2f}".rstrip("0").rstrip("."),
        "unit": _term(f"terms.unit.{conflict.unit.replace(' ', '_')}", conflict.unit),
    }
    return Text("whole_units.rule" if np.isfinite(conflict.excess) else "whole_units.rule_alone", values)


def _term(key: str, other: str) -> Text | str:
    return Text(key) if key in catalogue() else other


def _listed(texts: list[Text]) -> Text:
    """Several texts as one."""
    if not texts:
        return Text("whole_units.unknown")
    whole = texts[0]
    for text in texts[1:]:
        whole = Text("whole_units.list", {"first": whole, "next": text})
    return whole
