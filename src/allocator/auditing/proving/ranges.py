"""A finite range for every column, derived from the rows: what a plan that keeps them can be at all.

A row ``sum of a x <= b`` bounds each of its columns by what the others must at least take up, round after round
(activity-based bound tightening). All roundings go outwards, so that no plan of the rows lies outside the ranges.

Source: Savelsbergh, Preprocessing and probing techniques for mixed integer programming problems, ORSA Journal on
Computing 6 (1994).
"""

from __future__ import annotations

import numpy as np

from allocator.auditing.proving.files import Floats, Program

UNIT = 2.0**-53
"""Relative error of one rounding of a float."""
ROUNDS = 30


def ranges(program: Program) -> tuple[Floats, Floats]:
    """Lower and upper end for every column; infinite where the rows give none in 30 rounds."""
    lower, upper = program.lower.copy(), program.upper.copy()
    for _ in range(ROUNDS):
        before = lower.copy(), upper.copy()
        for sign in (1.0, -1.0):  # sign -1: rows >= and ==, read as -row <= -bound
            _tighten(program, lower, upper, sign)
        if np.array_equal(before[0], lower) and np.array_equal(before[1], upper):
            break
    return lower, upper


def _tighten(program: Program, lower: Floats, upper: Floats, sign: float) -> None:
    """One round over the rows that hold in one direction; ranges shrink in place."""
    mine = (program.sense[program.row] * sign <= 0) & (program.coefficient != 0.0)
    row, column = program.row[mine], program.column[mine]
    factor = sign * program.coefficient[mine]
    count = len(program.bound)
    with np.errstate(over="ignore"):
        least = factor * np.where(factor > 0, lower[column], upper[column])
    open_ended = np.isinf(least)
    finite = np.where(open_ended, 0.0, least)
    open_others = np.bincount(row, weights=open_ended, minlength=count)[row] - open_ended
    others = np.bincount(row, weights=finite, minlength=count)[row] - finite
    size = np.bincount(row, weights=np.abs(finite), minlength=count)[row] + np.abs(program.bound[row])
    cells = np.bincount(row, minlength=count)[row]
    with np.errstate(over="ignore", invalid="ignore"):
        room = sign * program.bound[row] - others + 4 * (cells + 8) * UNIT * size
        end = room / factor
        end += np.where(factor > 0, 1.0, -1.0) * (8 * UNIT * np.abs(end) + np.finfo(float).tiny)
    known = (open_others == 0) & np.isfinite(end)
    up, down = known & (factor > 0), known & (factor < 0)
    np.minimum.at(upper, column[up], end[up])
    np.maximum.at(lower, column[down], end[down])
