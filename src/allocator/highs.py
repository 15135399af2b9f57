"""The persistent HiGHS session: the one file that knows highspy.

The model reaches HiGHS through PuLP, on one solver object that lives as long as the session. PuLP's own
interface makes a new object for every solve and hands columns and rows over one by one; ``OneCallHiGHS``
hands the same PuLP objects over in one call. Status, gap and bound are read from the solver's own object,
because PuLP reports "Optimal" for a run that hit its time limit.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt
import pulp

from allocator.errors import SolverError
from allocator.model import Codes, Floats, Model, Terms
from allocator.session import Limits, Prices, Solution, Status
from allocator.texts import Text

_OPTIONS: dict[str, bool | int | float | str] = {
    "threads": 1,
    "presolve": "off",
    "solver": "choose",
    "simplex_strategy": 0,
    "random_seed": 0,
    "mip_rel_gap": 0.0,
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
    "mip_feasibility_tolerance": 1e-9,
}
"""One thread count per process: changing it later yields an empty solution without an error."""

_FROM_NOTHING: dict[str, bool | int | float | str] = {"solver": "ipm", "presolve": "on"}
"""For the first linear solve of a session, which has no basis to start from: interior point, then crossover."""
_LARGE = 10_000
"""Nonzeros from which that pays: stages 1.4 times as fast at 20,000 nonzeros, 2.4 to 3.7 times at 70,000."""

_PATIENCE, _NO_LIMIT = 1_000, 2_147_483_647
"""Simplex steps from an old basis after which a large linear model is solved from nothing instead: on the five Panyu
years a step of leximin took 49,701 of them and 46 s, interior point and crossover 3 to 6 s."""

_LARGE_WHOLE = 50_000
"""Nonzeros from which a branch and bound solves its first relaxation by interior point: 12 s instead of 17 on the
five Panyu years."""

_WHOLE_SECONDS = 60.0
"""Longest branch and bound of one step in such a model where the user sets no limit: what relaxation and rounding left
open by then stays open for hours. The step is then held at the best plan known, and its gap shown."""

_QUARTER = 4
"""One in so many of the fractional columns is rounded in a round of a dive."""

_NEAR_SECONDS = 20.0
"""Longest search near the known plan, and at most half of what a step has."""
_AGREED = 0.5
"""Least share of the whole columns that relaxation and known plan must agree on for such a search."""

_WHOLE = 1e-7
"""Distance from a whole number within which a relaxed value counts as whole."""

_MODEL_STATUS = highspy.HighsModelStatus
_NO_ANSWER = (_MODEL_STATUS.kSolveError, _MODEL_STATUS.kUnknown, _MODEL_STATUS.kNotset)
_TO_CONFIRM = (
    *_NO_ANSWER,
    _MODEL_STATUS.kInfeasible,
    _MODEL_STATUS.kUnbounded,
    _MODEL_STATUS.kUnboundedOrInfeasible,
)
"""Answers that count only when a run afresh gives them too."""


class OneCallHiGHS(pulp.HiGHS):  # type: ignore[misc]
    """PuLP's HiGHS with the model handed over in one call, from the same PuLP objects."""

    def buildSolverModel(self, lp: pulp.LpProblem) -> None:
        """Pass all columns and rows of the problem; columns in the order of their names."""
        hand_over(lp.solverModel, lp.variables(), lp.constraints(), 0)


def hand_over(
    highs: highspy.Highs, columns: Sequence[pulp.LpVariable], rows: Sequence[pulp.LpConstraint], first_column: int
) -> None:
    """Append PuLP columns (positions from ``first_column`` on) and rows to a solver object."""
    infinity = highspy.kHighsInf
    if columns:
        for at, column in enumerate(columns, start=first_column):
            column.index = at
        lower = np.array([-infinity if c.lowBound is None else c.lowBound for c in columns], dtype=float)
        upper = np.array([infinity if c.upBound is None else c.upBound for c in columns], dtype=float)
        nothing = np.zeros(0, dtype=np.int32)
        count = len(columns)
        starts = np.zeros(count, dtype=np.int32)
        _checked(highs.addCols(count, np.zeros(count), lower, upper, 0, starts, nothing, np.zeros(0)))
        whole = [at for at, c in enumerate(columns, start=first_column) if c.cat == pulp.LpInteger]
        if whole:
            kinds = np.full(len(whole), highspy.HighsVarType.kInteger)
            _checked(highs.changeColsIntegrality(len(whole), np.array(whole, dtype=np.int32), kinds))
    if rows:
        lows, highs_ = [row.getLb() for row in rows], [row.getUb() for row in rows]
        lower = np.array([-infinity if low is None else low for low in lows], dtype=float)
        upper = np.array([infinity if high is None else high for high in highs_], dtype=float)
        sizes = np.array([len(row) for row in rows], dtype=np.int32)
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
        total = int(sizes.sum())
        index = np.fromiter((v.index for row in rows for v in row), dtype=np.int32, count=total)
        value = np.fromiter((a for row in rows for a in row.values()), dtype=float, count=total)
        _checked(highs.addRows(len(rows), lower, upper, total, starts, index, value))


def _checked(status: highspy.HighsStatus) -> None:
    if status == highspy.HighsStatus.kError:
        raise SolverError(Text("solver.refused", {"what": "HiGHS"}))


def _best_known(plans: Sequence[Solution], bounds: tuple[float, float], maximise: bool, gap: float) -> Solution:
    """The best of several plans, with the closest of the bounds that hold for all of them."""
    known = [plan for plan in plans if plan.has_plan]
    if not known:
        return plans[-1]
    best = (max if maximise else min)(known, key=lambda plan: plan.value)
    finite = [bound for bound in bounds if np.isfinite(bound)]
    bound = (min if maximise else max)(finite) if finite else np.nan
    left = abs(best.value - bound) if finite else np.inf
    return Solution("optimal" if left <= gap else "feasible", best.value, bound, left, best.x)


class HighsSession:
    """A model held by one HiGHS object."""

    name = "highs"

    def __init__(self, model: Model, limits: Limits | None = None, *, interior: bool = False) -> None:
        """``interior``: every linear solve from nothing by interior point and crossover, instead of simplex."""
        self.model, self.limits, self.interior = model, limits or Limits(), interior
        self.version = highspy.Highs().version()
        solver = OneCallHiGHS(msg=False)
        solver.createAndConfigureSolver(model.problem)
        self.highs: highspy.Highs = model.problem.solverModel
        self._set(_OPTIONS)
        if self.limits.interrupted is not None:
            self._listen()
        self._columns = self._rows = 0
        self._costed = np.zeros(0, dtype=np.int32)
        self._start: tuple[npt.NDArray[np.int32], Floats] | None = None
        self._held = False
        self._begun = False

    def solve(self, objective: Terms, constant: float, maximise: bool, gap: float) -> Solution:
        """Optimise one objective to an absolute gap (see Session)."""
        self._prepare(objective, maximise)
        whole = self._integers()
        if self._held or not len(whole):
            return self._run(constant, maximise, gap)
        relaxed = self._run_relaxed(constant, maximise, gap)
        if relaxed.status == "infeasible":
            return relaxed
        if relaxed.status != "optimal":
            return self._run_whole(constant, maximise, gap)
        values = relaxed.x[whole]
        if np.abs(values - np.round(values)).max() <= _WHOLE:
            return relaxed
        plans: list[Solution] = []
        known = self._start is not None
        for attempt in (self._run_incumbent, self._run_near if known else self._run_dive):
            tried = attempt(constant, maximise, gap, relaxed)
            if tried is None or not tried.has_plan:
                continue
            if abs(tried.value - relaxed.value) <= gap:
                return Solution("optimal", tried.value, relaxed.value, abs(tried.value - relaxed.value), tried.x)
            plans.append(tried)
        found = self._run_whole(constant, maximise, gap)
        if found.status in ("optimal", "infeasible", "unbounded"):
            return found
        return _best_known([*plans, found], (relaxed.value, found.bound), maximise, gap)

    def prices(self, objective: Terms, maximise: bool) -> Prices | None:
        """Duals of a linear solve, positive where one more unit of the bound improves the objective."""
        self._prepare(objective, maximise)
        self._run_relaxed(0.0, maximise, 0.0)
        solved = self.highs.getModelStatus() == _MODEL_STATUS.kOptimal
        duals = self.highs.getSolution()
        if not solved or not duals.dual_valid:
            return None
        return Prices(-np.array(duals.row_dual, dtype=float), -np.array(duals.col_dual, dtype=float))

    def set_row_bounds(self, rows: Codes, bounds: Floats) -> None:
        """Move the bounds of rows (see Session)."""
        self._sync()
        for at, bound in zip(rows.tolist(), bounds.tolist(), strict=True):
            row = self.model.pulp_rows[at]
            row.changeRHS(bound)
            low, high = row.getLb(), row.getUb()
            infinity = highspy.kHighsInf
            self.highs.changeRowBounds(at, -infinity if low is None else low, infinity if high is None else high)

    def release_rows(self, rows: Codes) -> None:
        """Let rows restrict nothing until their bounds are set again (see Session)."""
        self._sync()
        for at in rows.tolist():
            self.highs.changeRowBounds(at, -highspy.kHighsInf, highspy.kHighsInf)

    def set_column_bounds(self, columns: Codes, lower: Floats, upper: Floats) -> None:
        """Move the bounds of columns (see Session)."""
        self._sync()
        for at, low, high in zip(columns.tolist(), lower.tolist(), upper.tolist(), strict=True):
            column = self.model.pulp_columns[at]
            column.lowBound = low if np.isfinite(low) else None
            column.upBound = high if np.isfinite(high) else None
            self.highs.changeColBounds(at, low, high)

    def hold_integers(self, columns: Codes, values: Floats) -> None:
        """Fix integer columns and go on with linear solves (see Session)."""
        self.set_column_bounds(columns, values, values)
        self._held = True
        _checked(self.highs.setOptionValue("solve_relaxation", True))

    def mark(self) -> object:
        """Remember the basis of the last linear solve (see Session)."""
        return self.highs.getBasis()

    def return_to(self, mark: object) -> None:
        """Go on from a remembered basis: columns added since are at a bound, rows added since are slack."""
        basis = mark
        if not isinstance(basis, highspy.HighsBasis) or not basis.valid:
            return
        self._sync()
        columns, rows = list(basis.col_status), list(basis.row_status)
        status = highspy.HighsBasisStatus
        for column in self.model.pulp_columns[len(columns) :]:
            columns.append(status.kZero if column.lowBound is None else status.kLower)
        rows += [status.kBasic] * (len(self.model.pulp_rows) - len(rows))
        longer = highspy.HighsBasis()
        longer.col_status, longer.row_status, longer.valid = columns, rows, True
        self.highs.setBasis(longer)

    def start_from(self, columns: Codes, values: Floats) -> None:
        """Offer values of some columns; they count if they reach the bound of the relaxation."""
        self._start = (columns.astype(np.int32), values)

    # -- inside ------------------------------------------------------------------------------------

    def _sync(self) -> None:
        """Hand over the columns and rows that were declared since the last call."""
        columns, rows = self.model.pulp_columns[self._columns :], self.model.pulp_rows[self._rows :]
        if columns or rows:
            hand_over(self.highs, columns, rows, self._columns)
            self._columns, self._rows = len(self.model.pulp_columns), len(self.model.pulp_rows)

    def _prepare(self, objective: Terms, maximise: bool) -> None:
        """Set the objective; minimised inside."""
        self._sync()
        cost = np.zeros(self._columns)
        np.add.at(cost, objective.column, -objective.coefficient if maximise else objective.coefficient)
        wanted = np.flatnonzero(cost).astype(np.int32)
        touched = np.union1d(self._costed, wanted).astype(np.int32)
        if len(touched):
            _checked(self.highs.changeColsCost(len(touched), touched, cost[touched]))
        self._costed = wanted

    def _run(self, constant: float, maximise: bool, gap: float) -> Solution:
        """One run of the solver as it stands."""
        ends = self.limits.ends
        if ends is not None:
            left = max(0.01, ends - time.monotonic())
            # HiGHS counts linear solves from the first run of the object on, a branch and bound from its own start.
            counted = 0.0 if self._branches() else self.highs.getRunTime()
            _checked(self.highs.setOptionValue("time_limit", counted + left))
        large = self.highs.getNumNz() >= _LARGE
        options = _FROM_NOTHING if self.interior or (large and not self._begun) else {}
        self._begun = True
        self._set({**options, "simplex_iteration_limit": _PATIENCE if large and not options else _NO_LIMIT})
        self.highs.run()
        if self.highs.getModelStatus() == _MODEL_STATUS.kIterationLimit:
            options = _FROM_NOTHING
            self.highs.clearSolver()
            self._set({**options, "simplex_iteration_limit": _NO_LIMIT})
            self.highs.run()
        self._set({option: _OPTIONS[option] for option in options})
        self.limits.check()
        if self.highs.getModelStatus() in _TO_CONFIRM or self._unanswered():
            self._run_afresh()
        return self._solution(constant, maximise, gap)

    def _run_afresh(self) -> None:
        """Once more without the old basis and with presolve, then with a wider tolerance if the solver gives up.

        A run from an old basis now and then ends without an answer or calls a sound model unbounded.
        """
        for tolerance in (_OPTIONS["primal_feasibility_tolerance"], 1e-8, 1e-7):
            self.highs.clearSolver()
            tolerances = ("primal_feasibility_tolerance", "dual_feasibility_tolerance")
            wider = {"presolve": "on"} | dict.fromkeys(tolerances, tolerance)
            if self.highs.getNumNz() >= _LARGE:
                wider |= _FROM_NOTHING
            self._set({**wider, "simplex_iteration_limit": _NO_LIMIT})
            self.highs.run()
            self.limits.check()
            if not self._unanswered():
                break
        self._set({option: _OPTIONS[option] for option in wider})

    def _unanswered(self) -> bool:
        """Whether the last run left no answer, or calls a plan optimal that breaks the tolerance once unscaled."""
        status = self.highs.getModelStatus()
        feasible = self.highs.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        return status in _NO_ANSWER or (status == _MODEL_STATUS.kOptimal and not feasible)

    def _set(self, options: Mapping[str, bool | int | float | str]) -> None:
        for option, value in options.items():
            _checked(self.highs.setOptionValue(option, value))

    def _run_relaxed(self, constant: float, maximise: bool, gap: float) -> Solution:
        """The linear relaxation, warm from the last basis: often whole already, always a bound."""
        _checked(self.highs.setOptionValue("solve_relaxation", True))
        found = self._run(constant, maximise, gap)
        _checked(self.highs.setOptionValue("solve_relaxation", self._held))
        return found

    def _run_incumbent(self, constant: float, maximise: bool, gap: float, _: Solution) -> Solution | None:
        """The best plan with the integers of the plan offered to start from; none without one."""
        if self._start is None:
            return None
        columns, values = self._start
        low, high = self._bounds(columns)
        _checked(self.highs.changeColsBounds(len(columns), columns, values, values))
        found = self._run_relaxed(constant, maximise, gap)
        _checked(self.highs.changeColsBounds(len(columns), columns, low, high))
        return found

    def _bounds(self, columns: npt.NDArray[np.int32]) -> tuple[Floats, Floats]:
        """Bounds of some columns as they stand now; without limit where there is none."""
        own = [self.model.pulp_columns[at] for at in columns.tolist()]
        low = [-np.inf if each.lowBound is None else each.lowBound for each in own]
        high = [np.inf if each.upBound is None else each.upBound for each in own]
        return np.array(low, dtype=float), np.array(high, dtype=float)

    def _run_near(self, constant: float, maximise: bool, gap: float, relaxed: Solution) -> Solution | None:
        """The best plan among those that keep what relaxation and known plan agree on; none where nothing is left open.

        Source: relaxation induced neighbourhood search (Danna, Rothberg and Le Pape 2005).
        """
        assert self._start is not None
        columns, values = self._start
        agreed = np.abs(relaxed.x[columns] - values) <= _WHOLE
        open_ones = int((~agreed).sum())
        if open_ones == 0 or agreed.mean() < _AGREED:
            return None
        at = columns[agreed]
        low, high = self._bounds(at)
        _checked(self.highs.changeColsBounds(len(at), at, values[agreed], values[agreed]))
        kept, now = self.limits.step_deadline, time.monotonic()
        until = self.limits.ends
        self.limits.step_deadline = now + (_NEAR_SECONDS if until is None else min(_NEAR_SECONDS, (until - now) / 2))
        found = self._run_whole(constant, maximise, gap)
        self.limits.step_deadline, self._start = kept, (columns, values)
        _checked(self.highs.changeColsBounds(len(at), at, low, high))
        return found

    def _run_dive(self, constant: float, maximise: bool, gap: float, _: Solution) -> Solution | None:
        """The best plan found by rounding the relaxation step by step; none where that leads to no plan.

        In each round the columns that are whole stay as they are, and so do the largest of the others, rounded up: a
        quarter of them, or one where there are few.
        """
        whole = self._integers().astype(np.int32)
        low, high = self._bounds(whole)
        floor, roof, found = low.copy(), high.copy(), self._run_relaxed(constant, maximise, gap)
        while found.status == "optimal":
            values = found.x[whole]
            apart = np.abs(values - np.round(values))
            if apart.max() <= _WHOLE:
                break
            kept = apart <= _WHOLE
            left = np.flatnonzero(~kept)
            largest = np.argsort(np.floor(values[left]) - values[left], kind="stable")
            kept[left[largest[: max(1, len(left) // _QUARTER)]]] = True
            rounded = np.where(apart <= _WHOLE, np.round(values), np.ceil(values))
            floor, roof = np.where(kept, rounded, floor), np.where(kept, rounded, roof)
            _checked(self.highs.changeColsBounds(len(whole), whole, floor, roof))
            found = self._run_relaxed(constant, maximise, gap)
        _checked(self.highs.changeColsBounds(len(whole), whole, low, high))
        return found if found.status == "optimal" else None

    def _run_whole(self, constant: float, maximise: bool, gap: float) -> Solution:
        """Branch and bound; the basis of the relaxation is kept for the next linear solve.

        It is never given a plan to start from: with one and with presolve, HiGHS 1.15.1 now and then calls that very
        plan optimal although better ones exist (tests/test_tie_break.py has a case; 28 of 150 random objectives there).
        """
        basis = self.highs.getBasis()
        large = self.highs.getNumNz() >= _LARGE_WHOLE
        self._set({"mip_abs_gap": gap, "presolve": "choose", "mip_lp_solver": "ipm" if large else "choose"})
        if large and self.limits.ends is None:
            self._set({"time_limit": _WHOLE_SECONDS})
        self._start = None
        found = self._run(constant, maximise, gap)
        self._set({"presolve": _OPTIONS["presolve"], "time_limit": highspy.kHighsInf})
        if basis.valid:
            self.highs.setBasis(basis)
        return found

    def _solution(self, constant: float, maximise: bool, gap: float) -> Solution:
        facts = self.highs.getInfo()
        sign = -1.0 if maximise else 1.0
        value = sign * facts.objective_function_value + constant
        bound = sign * facts.mip_dual_bound + constant if self._branches() else value
        has_plan = facts.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        status = self._status(has_plan)
        reached = abs(value - bound) if has_plan and (status == "optimal" or self._branches()) else np.inf
        if status == "optimal" and reached > gap * (1 + 1e-9):
            status = "feasible"
        x = np.array(self.highs.getSolution().col_value, dtype=float) if has_plan else np.zeros(0)
        return Solution(status, value, bound, reached, x)

    def _branches(self) -> bool:
        """Whether a run is a branch and bound."""
        return len(self._integers()) > 0 and not self.highs.getOptionValue("solve_relaxation")[1]

    def _integers(self) -> Codes:
        """Positions of the integer columns."""
        parts = [part.terms.column for parts in self.model.columns.values() for part in parts if part.integer]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.intp)

    def _status(self, has_plan: bool) -> Status:
        status = self.highs.getModelStatus()
        if status == _MODEL_STATUS.kModelEmpty or (status == _MODEL_STATUS.kOptimal and has_plan):
            return "optimal"
        if status == _MODEL_STATUS.kInfeasible:
            return "infeasible"
        if status == _MODEL_STATUS.kUnbounded:
            return "unbounded"
        if status == _MODEL_STATUS.kUnboundedOrInfeasible:
            return self._tell_apart()
        return "feasible" if has_plan else "stopped"

    def _tell_apart(self) -> Status:
        """Infeasible or unbounded? Presolve may not say; without an objective only infeasibility is left."""
        costed = self._costed
        kept = np.array(self.highs.getLp().col_cost_, dtype=float)[costed]
        self.highs.changeColsCost(len(costed), costed, np.zeros(len(costed)))
        self.highs.run()
        feasible = self.highs.getModelStatus() == _MODEL_STATUS.kOptimal
        self.highs.changeColsCost(len(costed), costed, kept)
        return "unbounded" if feasible else "infeasible"

    def _listen(self) -> None:
        """Ask from inside a long run whether the user wants to stop."""

        def ask(_kind: Any, _message: str, _out: Any, given: Any, _user: Any) -> None:
            given.user_interrupt = self.limits.interrupted is not None and self.limits.interrupted()

        self.highs.setCallback(ask, None)
        for kind in (
            highspy.cb.HighsCallbackType.kCallbackMipInterrupt,
            highspy.cb.HighsCallbackType.kCallbackSimplexInterrupt,
            highspy.cb.HighsCallbackType.kCallbackIpmInterrupt,
        ):
            self.highs.startCallback(kind)
