"""The bound that duals prove, in fractions or in floats with an error bound.

For the minimum of cost @ x over the rows, any y with the right signs (y >= 0 on rows >=, y <= 0 on rows <=) and
reduced costs d = cost - A'y prove

    cost @ x >= sum over columns of min(d * lower, d * upper) + y @ bound

for every plan x (weak duality). A column without an end needs a reduced cost of exactly the right sign: there the
duals, which are rounded numbers, are moved a little (``fitted``) so that it holds in fractions.

Source: Neumaier and Shcherbina, Safe bounds in linear and mixed-integer linear programming, Mathematical Programming
99 (2004); rounding errors of sums: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., sections 3 and 4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from allocator.auditing.proving.files import Claim, Codes, Floats, Program
from allocator.auditing.proving.ranges import UNIT

ZERO, ONE = Fraction(0), Fraction(1)
FITTING_ROUNDS = 20


@dataclass(frozen=True, eq=False)
class Ends:
    """The range of every column."""

    lower: Floats
    upper: Floats

    @property
    def open(self) -> Codes:
        """Columns without a lower or without an upper end."""
        return np.flatnonzero(np.isinf(self.lower) | np.isinf(self.upper))

    def allows(self, column: int, reduced: Fraction) -> bool:
        """Whether a reduced cost of an open column leaves the bound finite."""
        return (reduced <= 0 or bool(np.isfinite(self.lower[column]))) and (
            reduced >= 0 or bool(np.isfinite(self.upper[column]))
        )


@dataclass(frozen=True)
class Duals:
    """Exact duals of the right signs: those that are not floats, and all of them."""

    by_row: dict[int, Fraction]
    """Without zeros."""
    unmet: tuple[int, ...] = ()
    """Open columns whose reduced cost would have to have another sign: no bound follows."""


def sign_feasible(program: Program, duals: Floats) -> dict[int, Fraction]:
    """The duals in fractions, those of a wrong sign set to zero."""
    right = (program.sense * duals >= 0) & (duals != 0.0)
    return {at: Fraction(duals[at]) for at in np.flatnonzero(right).tolist()}


# -- open columns ----------------------------------------------------------------------------------


def fitted(claim: Claim, ends: Ends, duals: dict[int, Fraction]) -> Duals:
    """Duals moved so that every open column has a reduced cost of the right sign; one dual is moved after another.

    Columns of few rows come first and may disturb columns of more rows, which have more ways to be put right then.
    What cannot be put right so is named in ``unmet``.
    """
    system = _OpenColumns(claim, ends, dict(duals))
    for _ in range(FITTING_ROUNDS):
        unmet = system.unmet()
        if not unmet:
            break
        for column in unmet:
            if not ends.allows(column, system.reduced[column]):
                system.settle(column)
    return Duals({row: y for row, y in system.duals.items() if y}, tuple(system.unmet()))


class _OpenColumns:
    """The cells of the open columns and their reduced costs, kept exact while duals move."""

    def __init__(self, claim: Claim, ends: Ends, duals: dict[int, Fraction]) -> None:
        self.ends, self.sense, self.duals = ends, claim.program.sense, duals
        program, columns = claim.program, ends.open
        self.rows: dict[int, dict[int, Fraction]] = {at: {} for at in columns.tolist()}
        self.cells: dict[int, dict[int, Fraction]] = {}
        self.reduced = {at: Fraction(claim.cost[at]) for at in columns.tolist()}
        for cell in np.flatnonzero(np.isin(program.column, columns)).tolist():
            row, column = int(program.row[cell]), int(program.column[cell])
            factor = Fraction(program.coefficient[cell])
            if factor:
                self.rows[column][row] = self.cells.setdefault(row, {})[column] = factor
                self.reduced[column] -= factor * duals.get(row, ZERO)

    def unmet(self) -> list[int]:
        """Columns of a wrong reduced cost, those of few rows first."""
        wrong = [at for at, reduced in self.reduced.items() if not self.ends.allows(at, reduced)]
        return sorted(wrong, key=lambda at: (len(self.rows[at]), at))

    def settle(self, column: int) -> None:
        """Bring a column's reduced cost to zero by the duals of its rows, each moved as far as it may."""
        rows = self.rows[column]
        for row in sorted(rows, key=lambda at: (len(self.cells[at]), -abs(self.duals.get(at, ZERO)))):
            step = self.reduced[column] / rows[row]
            step *= self._share(row, step, column)
            self.duals[row] = self.duals.get(row, ZERO) + step
            for other, factor in self.cells[row].items():
                self.reduced[other] -= factor * step
            if not self.reduced[column]:
                return

    def _share(self, row: int, step: Fraction, column: int) -> Fraction:
        """How much of a step, 0 to 1, leaves the row's dual its sign and right columns of no more rows right."""
        dual, share = self.duals.get(row, ZERO), ONE
        if int(self.sense[row]) * (dual + step) < 0:
            share = -dual / step
        for other, factor in self.cells[row].items():
            if other == column or len(self.rows[other]) > len(self.rows[column]):
                continue
            before, change = self.reduced[other], -factor * step
            if self.ends.allows(other, before) and not self.ends.allows(other, before + change):
                share = min(share, -before / change)
        return share


# -- in fractions ----------------------------------------------------------------------------------


def exact_reduced(claim: Claim, duals: dict[int, Fraction]) -> dict[int, Fraction]:
    """Reduced costs in fractions, without zeros."""
    reduced = {at: Fraction(claim.cost[at]) for at in np.flatnonzero(claim.cost).tolist()}
    program = claim.program
    for row, dual in duals.items():
        cells = program.cells_of(row)
        for column, factor in zip(program.column[cells].tolist(), program.coefficient[cells].tolist(), strict=True):
            reduced[column] = reduced.get(column, ZERO) - Fraction(factor) * dual
    return {column: d for column, d in reduced.items() if d}


def exact_bound(claim: Claim, ends: Ends, duals: Duals) -> Fraction:
    """What the duals prove of the minimum of cost @ x; they must leave no column unmet."""
    bound = sum((Fraction(claim.program.bound[row]) * dual for row, dual in duals.by_row.items()), ZERO)
    for column, reduced in exact_reduced(claim, duals.by_row).items():
        bound += reduced * Fraction(float((ends.lower if reduced > 0 else ends.upper)[column]))
    return bound


# -- in floats -------------------------------------------------------------------------------------


def float_bound(claim: Claim, ends: Ends, duals: Duals) -> tuple[float, float]:
    """Two floats around what exact_bound gives: every rounding is counted.

    A sum of n products of floats that may be rounded themselves is off by at most 2 (n + 8) u times the sum of
    absolute products, u = 2^-53, as long as n u < 0.01 (and by less than the smallest float for underflow).
    """
    program, columns = claim.program, len(claim.cost)
    rounded = np.zeros(len(program.bound))
    rounded[list(duals.by_row)] = [float(dual) for dual in duals.by_row.values()]
    products = program.coefficient * rounded[program.row]
    reduced = claim.cost - np.bincount(program.column, weights=products, minlength=columns)
    size = np.abs(claim.cost) + np.bincount(program.column, weights=np.abs(products), minlength=columns)
    cells = np.bincount(program.column, minlength=columns)
    error = 2 * (cells + 8) * UNIT * size + np.where(size > 0, np.finfo(float).tiny, 0.0)
    lows, highs = _contributions(reduced - error, reduced + error, ends)
    fixed = rounded * program.bound
    slack = 16 * UNIT * math.fsum([*np.abs(fixed), *np.abs(lows), *np.abs(highs)]) + np.finfo(float).tiny
    return math.fsum([*fixed, *lows, -slack]), math.fsum([*fixed, *highs, slack])


def _contributions(low: Floats, high: Floats, ends: Ends) -> tuple[Floats, Floats]:
    """Least and greatest min(d * lower, d * upper) for d between low and high; a concave function of d.

    Open columns: their reduced costs are known to have the right sign exactly, so that d ends at zero.
    """
    low = np.where(np.isinf(ends.upper), np.maximum(low, 0.0), low)
    high = np.where(np.isinf(ends.upper), np.maximum(high, 0.0), high)
    high = np.where(np.isinf(ends.lower), np.minimum(high, 0.0), high)
    low = np.where(np.isinf(ends.lower), np.minimum(low, 0.0), low)
    lower, upper = (np.where(np.isinf(end), 0.0, end) for end in (ends.lower, ends.upper))

    def least(d: Floats) -> Floats:
        at_upper, at_lower = d * upper, d * lower
        made: Floats = np.where(
            np.isinf(ends.upper), at_lower, np.where(np.isinf(ends.lower), at_upper, np.minimum(at_lower, at_upper))
        )
        return made

    ends_of_d = least(low), least(high)
    greatest = np.maximum(*ends_of_d)
    across = (low < 0) & (high > 0)
    return np.minimum(*ends_of_d), np.where(across, np.maximum(greatest, 0.0), greatest)
