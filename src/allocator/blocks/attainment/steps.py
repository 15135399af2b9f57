"""Credit in whole steps: what a whole number of units can be credited, and no more.

A town of 13 stations, 1 of them standard, whose target is 20 % has its full credit with 1.6 more in a relaxation, and
with 2 in truth; with 1 more it is credited as before. The line through these two points cuts off what lies between, so
that relaxations know that stations are whole. It keeps no rule: plans with whole numbers of units all lie below it.

    from      target * attainment <= given + gain * units + others,  attainment <= most,  units whole,  others >= 0
    follows   target * attainment <= target * most + gain * part * (units - needed) + others

``needed`` is the number of units that full credit takes, (target * most - given) / gain rounded up, and ``part`` the
part of the last of them that counts. Where a town keeps all it has from year to year, units of earlier years count on.

Source: mixed-integer rounding (Nemhauser and Wolsey, A recursive procedure to generate all cuts for 0-1 mixed integer
programs, Mathematical Programming 46, 1990).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from allocator.blocks.attainment.denominators import kept
from allocator.model import Codes, Floats, Model, Terms, joined
from allocator.scenario.plan_year import PlanYear

LEAST = 1e-3
"""Least part of a unit that must count, or not count: with less there is nothing to cut off but rounding."""
SAME = 1e-9
"""Relative difference that counts as none."""

CELL = ("town", "indicator")


@dataclass(frozen=True, eq=False)
class Brought:
    """What the values of a year are made of, with all that is kept in full from the years before."""

    units: Terms
    others: Terms
    given: Floats
    """[town, indicator]"""


def credit_steps(model: Model, plan: PlanYear) -> None:
    """Declare the rows of one year, of which all blocks must stand."""
    brought = _brought(model, plan)
    if not len(brought.units):
        return
    shape = brought.given.shape
    gain, part, needed, most = (np.zeros(shape) for _ in range(4))
    targets = plan.targets()
    most[:] = plan.caps()
    open_ = _alike(model, brought, gain)
    needed[open_] = (most - brought.given)[open_] / gain[open_]
    part = needed - np.floor(needed)
    open_ &= (needed > 0) & (part >= LEAST) & (part <= 1.0 - LEAST)
    attainment = model.year("attainment", model.axes["year"].code(str(plan.year)))
    mine = attainment.where(open_[attainment["town"], attainment["indicator"]])
    town, indicator = mine["town"], mine["indicator"]
    units, others = (_in(open_, terms) for terms in (brought.units, brought.others))
    terms = [mine * targets[indicator], -(units * part[units["town"], units["indicator"]]), -others]
    year = mine["year"][0] if len(mine) else 0
    dated = [each.labelled({**{d: each[d] for d in CELL}, "year": np.full(len(each), year)}) for each in terms]
    bound = (most - gain * part * np.ceil(needed))[town, indicator]
    model.strengthen("credit_steps", mine.labels, dated, "<=", bound, unit="indicator units")


def _brought(model: Model, plan: PlanYear) -> Brought:
    """What is brought in the year, and in the years before it where that is kept in full."""
    value, year = model.ledgers["value"], model.axes["year"].code(str(plan.year))
    sides = [value.side(True, year, whole=whole) for whole in (True, False)]
    units, others = (side.labelled({dim: side[dim] for dim in CELL}) for side in sides)
    given = np.zeros((len(plan.towns), len(plan.indicators)))
    for provision in value.provisions:
        own = provision.labels["year"] == year
        np.add.at(given, tuple(provision.labels[dim][own] for dim in CELL), provision.amount[own])
    if plan.before is None or "starting" not in model.columns:
        return Brought(units, others, given)
    full, starting = np.zeros(given.shape, dtype=bool), model.year("starting", year)
    full[starting["town"], starting["indicator"]] = True
    full &= np.abs(kept(plan) - 1.0) <= SAME
    earlier = _brought(model, plan.before)
    others = others.where(~(np.isin(others.column, starting.column) & full[others["town"], others["indicator"]]))
    return Brought(
        joined([units, _in(full, earlier.units)], CELL),
        joined([others, _in(full, earlier.others)], CELL),
        given + np.where(full, earlier.given, 0.0),
    )


def _in(cells: npt.NDArray[np.bool_], terms: Terms) -> Terms:
    """The terms of some cells [town, indicator]."""
    return terms.where(cells[terms["town"], terms["indicator"]])


def _alike(model: Model, brought: Brought, gain: Floats) -> npt.NDArray[np.bool_]:
    """Cells whose units all bring the same, and whose others only add; writes into ``gain`` what a unit brings."""
    units, others = brought.units, brought.others
    least = np.full(gain.shape, np.inf)
    np.maximum.at(gain, _cells(units), units.coefficient)
    np.minimum.at(least, _cells(units), units.coefficient)
    alike = (least > 0) & (gain - least <= SAME * gain)
    low = model.column_lower[others.column]
    alike[_cells(others.where((others.coefficient < 0) | ~(low >= 0)))] = False
    return np.asarray(alike & np.isfinite(least))


def _cells(terms: Terms) -> tuple[Codes, Codes]:
    return terms["town"], terms["indicator"]
