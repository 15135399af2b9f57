"""The vertex next to a solver's answer, solved in fractions: a plan and duals without rounding.

A plan written in floats names a basis: the columns and slacks that lie inside their ranges, filled up with those at
an end (or, without any end, at zero) whose reduced cost is nearest to zero. The basis is solved exactly, once for the
plan and once for the duals. If the exact plan keeps every rule and the exact duals prove its own value, that value is
the optimum, with no gap at all.

Source: Dhiflaoui et al., Certifying and repairing solutions to large LPs, SODA 2003; Applegate, Cook, Dash, Espinoza,
Exact solutions to linear programming problems, Operations Research Letters 35 (2007).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from allocator.auditing.proving.files import Claim, Floats

Vector = dict[int, Fraction]
ZERO = Fraction(0)
NEAR = 1e-9
"""Distance from an end, relative to 1 + its size, within which a float counts as being there."""


@dataclass(frozen=True)
class Vertex:
    """Exact values of all columns that are not zero, and exact duals."""

    x: Vector
    duals: Vector

    def cost(self, claim: Claim) -> Fraction:
        """Exact cost of the plan."""
        return sum((Fraction(claim.cost[at]) * value for at, value in self.x.items()), ZERO)

    def keeps_all(self, claim: Claim) -> bool:
        """Whether the plan keeps every row and every column bound, exactly."""
        program = claim.program
        sides = [ZERO] * len(program.bound)
        cells = zip(program.row.tolist(), program.column.tolist(), program.coefficient.tolist(), strict=True)
        for row, column, factor in cells:
            if column in self.x:
                sides[row] += Fraction(factor) * self.x[column]
        for sense, side, bound in zip(program.sense.tolist(), sides, program.bound.tolist(), strict=True):
            over = side - Fraction(bound)
            if over if sense == 0 else sense * over < 0:
                return False
        return all(
            low <= self.x.get(at, ZERO) <= high
            for at, (low, high) in enumerate(zip(program.lower.tolist(), program.upper.tolist(), strict=True))
        )


class Tableau:
    """Columns and slacks of a claim as exact vectors over the rows; slacks are numbered after the columns."""

    def __init__(self, claim: Claim) -> None:
        program = claim.program
        self.claim, self.columns = claim, len(claim.cost)
        used = np.zeros(len(program.bound), dtype=bool)
        used[program.row] = True
        self.rows: list[int] = np.flatnonzero(used).tolist()
        self.vectors: list[Vector] = [{} for _ in range(self.columns)]
        cells = zip(program.row.tolist(), program.column.tolist(), program.coefficient.tolist(), strict=True)
        for row, column, factor in cells:
            self.vectors[column][row] = Fraction(factor)

    def vector(self, at: int) -> Vector:
        """Column of the exact system ``A x + s = b``."""
        return self.vectors[at] if at < self.columns else {self.rows[at - self.columns]: Fraction(1)}

    def ranges(self) -> tuple[Floats, Floats]:
        """Ends of columns, then of slacks."""
        program = self.claim.program
        sense = program.sense[self.rows]
        lower = np.where(sense > 0, -np.inf, 0.0)
        upper = np.where(sense < 0, np.inf, 0.0)
        return np.append(program.lower, lower), np.append(program.upper, upper)


def vertex(claim: Claim) -> Vertex | None:
    """The exact vertex that a claim's plan and duals point at; none where they name no basis."""
    tableau = Tableau(claim)
    low, high = tableau.ranges()
    program = claim.program
    x = np.append(claim.x, (program.bound - program.activity(claim.x))[tableau.rows])
    from_low, from_high = (np.abs(x - end) / (1 + np.abs(np.where(np.isinf(end), 0.0, end))) for end in (low, high))
    reduced = claim.cost - np.bincount(
        program.column, weights=program.coefficient * claim.duals[program.row], minlength=tableau.columns
    )
    reduced = np.append(reduced, -claim.duals[tableau.rows])
    inside = np.minimum(np.minimum(from_low, from_high), np.where(np.isinf(low) & np.isinf(high), np.abs(x), np.inf))
    order = np.lexsort((np.abs(reduced), inside <= NEAR))  # inside first, then by reduced cost
    basis = _independent(tableau, order.tolist())
    if len(basis) < len(tableau.rows):
        return None
    resting = np.where(from_low <= from_high, low, high)
    resting = np.where(np.isinf(resting), 0.0, resting)
    return _solved(tableau, basis, resting)


def _independent(tableau: Tableau, order: list[int]) -> list[int]:
    """The first columns, in this order, that no earlier ones combine to."""
    chosen: list[int] = []
    pivots: dict[int, Vector] = {}
    for at in order:
        left = _reduced_by(tableau.vector(at), pivots)
        if left:
            pivot = min(left)
            pivots[pivot] = {row: value / left[pivot] for row, value in left.items()}
            chosen.append(at)
        if len(chosen) == len(tableau.rows):
            break
    return chosen


def _reduced_by(vector: Mapping[int, Fraction], pivots: Mapping[int, Vector]) -> Vector:
    """A vector with the pivots taken out; a pivot's first entry is its own row, so that rows come in order."""
    left = dict(vector)
    waiting = sorted(left)
    while waiting:
        row = waiting.pop(0)
        factor = left.get(row, ZERO)
        if row not in pivots or not factor:
            continue
        for other, value in pivots[row].items():
            left[other] = left.get(other, ZERO) - factor * value
        waiting = sorted({*waiting, *(other for other in pivots[row] if other > row)})
    return {row: value for row, value in left.items() if value}


def _solved(tableau: Tableau, basis: list[int], resting: Floats) -> Vertex:
    """Plan and duals of a basis; the other columns rest at an end."""
    claim, rows = tableau.claim, tableau.rows
    bound = {row: Fraction(claim.program.bound[row]) for row in rows}
    x = {at: Fraction(resting[at]) for at in range(tableau.columns) if resting[at]}
    for at in basis:
        x.pop(at, None)
    for at, value in x.items():
        for row, factor in tableau.vector(at).items():
            bound[row] -= factor * value
    by_row: dict[int, Vector] = {row: {} for row in rows}
    for at in basis:
        for row, factor in tableau.vector(at).items():
            by_row[row][at] = factor
    values = _solution([(by_row[row], bound[row]) for row in rows])
    costs = {at: Fraction(claim.cost[at]) if at < tableau.columns else ZERO for at in basis}
    duals = _solution([(dict(tableau.vector(at)), costs[at]) for at in basis])
    x |= {at: value for at, value in values.items() if at < tableau.columns and value}
    return Vertex(x, {row: dual for row, dual in duals.items() if dual})


def _solution(equations: list[tuple[Vector, Fraction]]) -> Vector:
    """The one solution of as many independent equations as unknowns; shortest equations first, to stay sparse."""
    solved: list[tuple[int, Vector, Fraction]] = []
    left = [(dict(row), value) for row, value in equations]
    while left:
        row, value = left.pop(min(range(len(left)), key=lambda at: len(left[at][0])))
        pivot = min(row)
        scale = row.pop(pivot)
        row, value = {at: factor / scale for at, factor in row.items()}, value / scale
        solved.append((pivot, row, value))
        left = [_without(each, pivot, row, value) for each in left]
    found: Vector = {}
    for pivot, row, value in reversed(solved):
        found[pivot] = value - sum((factor * found[at] for at, factor in row.items()), ZERO)
    return found


def _without(equation: tuple[Vector, Fraction], pivot: int, row: Vector, value: Fraction) -> tuple[Vector, Fraction]:
    """An equation with one unknown replaced by what another equation says of it."""
    mine, right = equation
    factor = mine.pop(pivot, None)
    if factor is None:
        return equation
    for at, other in row.items():
        mine[at] = mine.get(at, ZERO) - factor * other
        if not mine[at]:
            del mine[at]
    return mine, right - factor * value
