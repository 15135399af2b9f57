"""Attainment at exactly min(1, ceiling / target, value / target), and bent effects filled in order.

Where plans are compared by how unequal they are, crediting less than is earned could look better. Binaries say which
cells are credited in full and which pieces are full; they stand only where both can happen. What can happen follows
from the ranges of the columns, derived from the rows one at a time (activity-based bound tightening).

Source: big-M form of a minimum; incremental form of piecewise linear functions (Markowitz and Manne 1957); ranges:
Savelsbergh, Preprocessing and probing techniques for mixed integer programming problems, ORSA Journal on Computing 6
(1994).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allocator.model import Codes, Floats, Model, Rows, Terms, Variables
from allocator.scenario.plan_year import PlanYear
from allocator.words.errors import UsageError
from allocator.words.texts import Text

FAMILIES = ("at_cap", "exact_credit", "bend_filled", "bend_order", "bend_sum")
"""Rows that forbid crediting less than is earned."""
OPPOSITE = {"exact_credit": "credit", "bend_sum": "piece_sum"}
"""Rows that make those of another family equations where their binary is 0."""

ROUNDS = 30
OUTWARDS = 1e-9
"""Share by which ranges are widened, against rounding."""
BOUNDED = 1e12
"""Largest bound that is of use."""
BARELY = 1e-7
"""Share of a cap or of the end of a piece by which it may be passed without a binary; solvers drop smaller numbers."""


def exact(model: Model, plan: PlanYear, ranges: tuple[Floats, Floats]) -> None:
    """Declare what makes one year's attainment exact; all other columns and rows must stand."""
    year = model.axes["year"].code(str(plan.year))
    for part in model.columns.get("effective_units", ()):
        if len(part.terms) and part.terms["year"][0] == year:
            _bent(model, part, ranges)
    _credited(model, plan, year, ranges)


@dataclass(frozen=True, eq=False)
class Settled:
    """What the rows of FAMILIES come to once the binaries stand: positions in the whole model."""

    needless: Codes
    """Rows that face another one which is an equation now, or repeat that a column stays."""
    equations: Codes
    columns: Codes
    """Columns that stay."""


def settled(model: Model, x: Floats) -> Settled:
    """The rows of FAMILIES with the binaries as in x, without two rows that say the same."""
    whole = np.zeros(len(x), dtype=bool)
    for name in ("capped", "bend_full"):
        for family in model.columns.get(name, ()):
            whole[family.terms.column] = True
    nothing = np.zeros(0, dtype=np.intp)
    needless, equations, columns = [nothing], [nothing], [nothing]
    for part in (part for name in FAMILIES for part in model.rows.get(name, ())):
        binary = part.matrix.where(whole[part.matrix.column])
        on = binary.coefficient * np.round(x[binary.column])
        bound = part.bound - np.bincount(binary["row"], weights=on, minlength=len(part))
        if part.name in OPPOSITE:
            faced = _opposite(model, OPPOSITE[part.name], part, bound)
            needless.append(part.positions[faced >= 0])
            equations.append(faced[faced >= 0])
            continue
        stays = bound > 0 if part.sense == ">=" else bound == 0
        needless.append(part.positions[stays])
        others = part.matrix.where(~whole[part.matrix.column])
        columns.append(others.where(stays[others["row"]]).column)
    return Settled(*(np.concatenate(each) for each in (needless, equations, columns)))


def _opposite(model: Model, name: str, part: Rows, bound: Floats) -> Codes:
    """Positions of the rows of a family with the same labels, where their bound is the opposite one; else -1."""
    sizes = [len(model.axes[dim].ids) for dim in part.dims]
    others = model.rows[name]
    labels = [np.concatenate([other.labels[dim] for other in others]) for dim in part.dims]
    keys, wanted = (np.ravel_multi_index(each, sizes) for each in (labels, [part.labels[dim] for dim in part.dims]))
    order = np.argsort(keys)
    at = order[np.searchsorted(keys[order], wanted)]
    faces = np.abs(np.concatenate([other.bound for other in others])[at] + bound) <= OUTWARDS
    return np.where(faces, np.concatenate([other.positions for other in others])[at], -1)


def column_ranges(model: Model) -> tuple[Floats, Floats]:
    """Lower and upper end of every column in any plan; infinite where single rows give none."""
    low, high = model.column_lower.copy(), model.column_upper.copy()
    rows = [part for parts in model.rows.values() for part in parts]
    row = np.concatenate([part.matrix["row"] + part.first for part in rows])
    column = np.concatenate([part.matrix.column for part in rows])
    factor = np.concatenate([part.matrix.coefficient for part in rows])
    bound, upwards, downwards = (np.zeros(model.row_count, dtype=kind) for kind in (float, bool, bool))
    for part in rows:
        bound[part.positions] = part.bound
        upwards[part.positions], downwards[part.positions] = part.sense != ">=", part.sense != "<="
    for _ in range(ROUNDS):
        before = low.copy(), high.copy()
        for sign, kept in ((1.0, upwards), (-1.0, downwards)):
            mine = kept[row]
            _tighten((row[mine], column[mine], sign * factor[mine]), sign * bound, low, high)
        if np.allclose(before[0], low, rtol=1e-6, atol=1e-9) and np.allclose(before[1], high, rtol=1e-6, atol=1e-9):
            break
    return low, high


def _tighten(matrix: tuple[Codes, Codes, Floats], bound: Floats, low: Floats, high: Floats) -> None:
    """One round over rows sum of a x <= bound; ranges shrink in place."""
    row, column, factor = matrix
    least = factor * np.where(factor > 0, low[column], high[column])
    endless = np.isinf(least)
    finite = np.where(endless, 0.0, least)
    others_endless = np.bincount(row, weights=endless, minlength=len(bound))[row] - endless
    others = np.bincount(row, weights=finite, minlength=len(bound))[row] - finite
    end = (bound[row] - others) / factor
    end += np.sign(factor) * OUTWARDS * np.maximum(1.0, np.abs(end))
    known = (others_endless == 0) & (np.abs(end) < BOUNDED)
    up, down = known & (factor > 0), known & (factor < 0)
    np.minimum.at(high, column[up], end[up])
    np.maximum.at(low, column[down], end[down])


def _credited(model: Model, plan: PlanYear, year: int, ranges: tuple[Floats, Floats]) -> None:
    """capped, at_cap and exact_credit of a year."""
    cells = model.year("attainment", year)
    target = plan.targets()[cells["indicator"]]
    most = plan.caps()[cells["indicator"]] / target
    shape = (len(plan.towns), len(plan.indicators))
    brought = model.ledgers["value"].side(supplied=True, year=year)
    given = np.zeros(shape)
    for provision in model.ledgers["value"].provisions:
        own = provision.labels["year"] == year
        np.add.at(given, (provision.labels["town"][own], provision.labels["indicator"][own]), provision.amount[own])
    ends = []
    for sign in (1.0, -1.0):
        side = np.where(sign * brought.coefficient > 0, ranges[1][brought.column], ranges[0][brought.column])
        end = given.copy()
        np.add.at(end, (brought["town"], brought["indicator"]), brought.coefficient * side)
        ends.append(end[cells["town"], cells["indicator"]])
    over, always = ends[0] - most * target, ends[1] >= most * target
    open_ = (over > BARELY * target) & ~always
    _must_end(over[open_])
    full = model.variables(
        "capped",
        {dim: codes[open_] for dim, codes in cells.labels.items()},
        "cells",
        upper=1.0,
        integer=True,
        follows=True,
    )
    up = cells.where(always | open_)
    model.define(
        "at_cap",
        up.labels,
        [up, full * -most[open_]],
        ">=",
        np.where(always, most, 0.0)[always | open_],
        unit="share of target",
    )
    under = cells.where(~always)
    key = np.zeros(shape, dtype=bool)
    key[under["town"], under["indicator"]] = True
    earned = brought.where(key[brought["town"], brought["indicator"]])
    spared = [under * -target[~always], earned, full * -over[open_]]
    bound = -given[under["town"], under["indicator"]]
    model.define("exact_credit", under.labels, spared, "<=", bound, unit="indicator units")


def _bent(model: Model, part: Variables, ranges: tuple[Floats, Floats]) -> None:
    """bend_full, bend_filled, bend_order and bend_sum of one effect in one year."""
    pieces = int(part.terms["piece"].max()) + 1
    width = part.upper.reshape(-1, pieces)
    end = np.cumsum(width, axis=1)
    first = part.terms.where(part.terms["piece"] == 0)
    units = _units_of(model, first)
    least, most = ranges[0][units.column][:, None], ranges[1][units.column][:, None]
    ends_here = np.isfinite(end)
    passed = ends_here & (most > end * (1 + BARELY)) & (least < end)
    always, open_ = (least >= end).ravel(), passed.ravel()
    _must_end(most[passed.any(axis=1)].ravel())
    full = model.variables(
        "bend_full",
        {dim: codes[open_] for dim, codes in part.terms.labels.items()},
        "pieces",
        upper=1.0,
        integer=True,
        follows=True,
    )
    filled = part.terms.where(always | open_)
    wide = width.ravel()
    model.define(
        "bend_filled",
        filled.labels,
        [filled, full * -wide[open_]],
        ">=",
        np.where(always, wide, 0.0)[always | open_],
        unit="units",
    )
    room = np.minimum(np.hstack([width[:, 1:], np.zeros((len(width), 1))]), np.maximum(most - end, 0.0))
    room = np.where(ends_here, room, 0.0).ravel()
    is_last = part.terms["piece"] == pieces - 1
    later = part.terms.where(~is_last & ~always)
    after = part.terms.where(np.roll(~is_last & ~always, 1)).labelled(later.labels)
    over = np.maximum(most - end, 0.0).ravel()
    before = full.where(~is_last[open_]) * -room[open_ & ~is_last]
    model.define("bend_order", later.labels, [after, before], "<=", 0.0, unit="units")
    last = full.where(is_last[open_]) * -over[open_ & is_last]
    _bent_sum(model, part.terms, (units, last), np.where(always, over, 0.0)[is_last])


def _bent_sum(model: Model, split: Terms, parts: tuple[Terms, Terms], bound: Floats) -> None:
    """units - sum over piece <= what exceeds the last piece, once that is full."""
    units, last = parts
    dims = [dim for dim in units.labels if dim != "piece"]
    terms = [each.labelled({dim: each[dim] for dim in dims}) for each in (units, -split, last)]
    labels = {dim: units[dim] for dim in dims}
    model.define("bend_sum", labels, terms, "<=", bound, unit="units")


def _units_of(model: Model, first: Terms) -> Terms:
    """Units delivered behind each split, under the labels of the split."""
    units = model.family("units")
    sizes = [len(model.axes[dim].ids) for dim in ("town", "programme", "year")]
    keys, wanted = (
        np.ravel_multi_index((each["town"], each["programme"], each["year"]), sizes) for each in (units, first)
    )
    order = np.argsort(keys)
    found = units.where(order[np.searchsorted(keys[order], wanted)])
    return found.labelled(first.labels)


def _must_end(sizes: Floats) -> None:
    """Raises UsageError where the rows set no largest value, so that nothing says how far a cap can be passed."""
    if not np.isfinite(sizes).all():
        raise UsageError(Text("stages.no_largest_value"))
