"""The other side of the comparison: the same matrices solved by highspy alone, without PuLP or this package's session.

``Recorder`` stands in for a session and keeps, at every solve, the matrix as it stands (all columns and rows, helper
columns and held rows included) and the objective. ``solve_raw`` gives each of them to a fresh ``highspy.Highs``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

import highspy
import numpy as np

from allocator.engine.session import Prices, Session, Solution
from allocator.engine.stages import integer_values
from allocator.engine.tie_break import column_bounds, current_bounds
from allocator.model import Codes, Floats, Model, Terms

Method = Literal["default", "interior point", "warm simplex"]
METHODS: tuple[Method, ...] = ("default", "interior point", "warm simplex")
"""default: HiGHS chooses, presolve on; interior point: with crossover; warm simplex: from the basis before."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One solve: plain arrays, nothing of the package."""

    lp: highspy.HighsLp
    gap: float
    maximise: bool
    reached: float | None
    """What our path reached, in the objective's unit; none if there was no plan."""


class Recorder:
    """A session that also keeps what it was asked; costs time, so it is never timed."""

    def __init__(self, session: Session, model: Model) -> None:
        self._session, self._model = session, model
        self._integers_held = False
        self._released: set[int] = set()
        self.name, self.version = session.name, session.version
        self.snapshots: list[Snapshot] = []

    def solve(self, objective: Terms, constant: float, maximise: bool, gap: float) -> Solution:
        """Keep the matrix and the objective, then solve (see Session)."""
        lp = exported(self._model, objective, constant, maximise, whole=not self._integers_held)
        free = sorted(self._released)
        lp.row_lower_, lp.row_upper_ = _freed(lp.row_lower_, free, -np.inf), _freed(lp.row_upper_, free, np.inf)
        found = self._session.solve(objective, constant, maximise, gap)
        self.snapshots.append(Snapshot(lp, gap, maximise, found.value if found.has_plan else None))
        return found

    def hold_integers(self, columns: Codes, values: Floats) -> None:
        """From here on the matrices are linear (see Session)."""
        self._integers_held = True
        self._session.hold_integers(columns, values)

    def release_rows(self, rows: Codes) -> None:
        """Rows that restrict nothing (see Session)."""
        self._released |= set(rows.tolist())
        self._session.release_rows(rows)

    def set_row_bounds(self, rows: Codes, bounds: Floats) -> None:
        """Rows that restrict again (see Session)."""
        self._released -= set(rows.tolist())
        self._session.set_row_bounds(rows, bounds)

    def prices(self, objective: Terms, maximise: bool) -> Prices | None:
        """Not kept: prices are no part of the comparison (see Session)."""
        return self._session.prices(objective, maximise)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


def _freed(bounds: list[float], rows: list[int], infinity: float) -> Floats:
    made = np.array(bounds, dtype=float)
    made[rows] = infinity
    return made


def exported(model: Model, objective: Terms, constant: float, maximise: bool, *, whole: bool) -> highspy.HighsLp:
    """The model as it stands, row by row, with one objective to minimise."""
    families = [family for parts in model.rows.values() for family in parts]
    families.sort(key=lambda family: family.first)
    lp, count = highspy.HighsLp(), model.column_count
    lower, upper, sizes, index, value = [], [], [], [], []
    for family in families:
        bound = current_bounds(model, family)
        lower.append(np.where(family.sense == "<=", -np.inf, bound))
        upper.append(np.where(family.sense == ">=", np.inf, bound))
        sizes.append(np.bincount(family.matrix["row"], minlength=len(family)))
        index.append(family.matrix.column)
        value.append(family.matrix.coefficient)
    cost = np.zeros(count)
    np.add.at(cost, objective.column, -objective.coefficient if maximise else objective.coefficient)
    lp.num_col_, lp.num_row_ = count, sum(len(part) for part in sizes)
    lp.col_cost_, lp.offset_ = cost, -constant if maximise else constant
    lp.col_lower_, lp.col_upper_ = column_bounds(model)
    lp.row_lower_, lp.row_upper_ = np.concatenate(lower), np.concatenate(upper)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.concatenate([[0], np.cumsum(np.concatenate(sizes))]).astype(np.int32)
    lp.a_matrix_.index_ = np.concatenate(index).astype(np.int32)
    lp.a_matrix_.value_ = np.concatenate(value)
    integers = integer_values(model, np.zeros(count))[0]
    if whole and len(integers):
        kinds = np.full(count, highspy.HighsVarType.kContinuous)
        kinds[integers] = highspy.HighsVarType.kInteger
        lp.integrality_ = list(kinds)
    return lp


def solve_raw(snapshots: list[Snapshot], method: Method) -> tuple[float, list[float | None]]:
    """Seconds to pass, solve and read all matrices one after the other, and the value of each (none: no plan)."""
    values: list[float | None] = []
    before: highspy.HighsBasis | None = None
    begun = time.perf_counter()
    for each in snapshots:
        highs = highspy.Highs()
        options: dict[str, bool | int | float | str] = {
            "output_flag": False,
            "threads": 1,
            "mip_rel_gap": 0.0,
            "mip_abs_gap": each.gap,
        }
        options |= {"solver": "ipm"} if method == "interior point" else {}
        for name, option in options.items():
            assert highs.setOptionValue(name, option) == highspy.HighsStatus.kOk
        highs.passModel(each.lp)
        if method == "warm simplex" and before is not None:
            highs.setBasis(_longer(before, each.lp))
        highs.run()
        solved = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        np.array(highs.getSolution().col_value)
        reached = highs.getInfo().objective_function_value
        values.append((-reached if each.maximise else reached) if solved else None)
        before = highs.getBasis() if solved else None
    return time.perf_counter() - begun, values


def _longer(basis: highspy.HighsBasis, lp: highspy.HighsLp) -> highspy.HighsBasis:
    """A basis for a matrix that has more rows and columns by now."""
    status = highspy.HighsBasisStatus
    columns, rows = list(basis.col_status), list(basis.row_status)
    lows = np.isfinite(np.array(lp.col_lower_)[len(columns) :])
    longer = highspy.HighsBasis()
    longer.col_status = columns + [status.kLower if low else status.kZero for low in lows.tolist()]
    longer.row_status = rows + [status.kBasic] * (lp.num_row_ - len(rows))
    longer.valid = True
    return longer
