"""The persistent HiGHS session: the one file that knows highspy.

The arrays of the model are handed over as they are, to one solver object that lives as long as the session:
what is declared later is appended to it. Status, gap and bound are read from the solver's own object.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import highspy
import numpy as np

from allocator.engine.branching import Question, Search
from allocator.engine.session import Limits, Prices, Solution, Status
from allocator.model import Codes, Floats, Model, Terms
from allocator.words.errors import SolverError
from allocator.words.texts import Text

_OPTIONS: dict[str, bool | int | float | str] = {
    "threads": 1,
    "parallel": "off",
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

_HUGE, _LITTLE_PATIENCE = 200_000, 300
"""The same for models of so many nonzeros: the linear solves of a dive took 3 s instead of 4.5."""

_LEAST_STEPS, _STEPS_A_ROW = 5_000, 5
"""Simplex steps, at least and for each row, after which a run from nothing goes round in circles: HiGHS 1.16 did for
ever on a re-solve of Panyu's leximin after an interior point that it did not trust; the next way then took 52 steps."""

_LARGE_WHOLE = 50_000
"""Nonzeros from which a branch and bound solves its first relaxation by interior point: 12 s instead of 17 on the
five Panyu years."""

_LONG_WHOLE, _WHOLE_SECONDS = 40_000, 60.0
"""Nonzeros, and the longest branch and bound of one step in a model of so many where the user sets no limit: what
relaxation and rounding left open by then stays open for hours. The step is then held at the best plan known, and its
gap shown."""

_NO_SEARCH: dict[str, bool | int | float | str] = {
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_heuristic_effort": 0.0,
}
"""For a branch and bound that has to beat a known plan. HiGHS would search below the root with hundreds of sub-models
before its first branch: on one Panyu year 54 s without an answer, 20 to 30 s to the proof without them."""

_MODEL_STATUS = highspy.HighsModelStatus
_NO_ANSWER = (_MODEL_STATUS.kSolveError, _MODEL_STATUS.kUnknown, _MODEL_STATUS.kNotset)
_TO_CONFIRM = (
    *_NO_ANSWER,
    _MODEL_STATUS.kInfeasible,
    _MODEL_STATUS.kUnbounded,
    _MODEL_STATUS.kUnboundedOrInfeasible,
)
"""Answers that count only when a run afresh gives them too."""


def _checked(status: highspy.HighsStatus) -> None:
    if status == highspy.HighsStatus.kError:
        raise SolverError(Text("solver.refused", {"what": "HiGHS"}))


class _Quiet(highspy.Highs):  # type: ignore[misc]
    """HiGHS without a word: 1.16 greets on the standard output as soon as it may call back."""

    def enableCallbacks(self) -> None:
        """Enable callbacks, in silence."""
        _checked(self.setOptionValue("output_flag", False))
        super().enableCallbacks()


class HighsSession:
    """A model held by one HiGHS object."""

    name = "highs"

    def __init__(self, model: Model, limits: Limits | None = None, *, interior: bool = False) -> None:
        """``interior``: every linear solve from nothing by interior point and crossover, instead of simplex."""
        self.model, self.limits, self.interior = model, limits or Limits(), interior
        self.highs = _Quiet()
        self.version = self.highs.version()
        self._set(_OPTIONS)
        if self.limits.interrupted is not None:
            self._listen()
        self._columns = self._rows = 0
        self._costed = np.zeros(0, dtype=np.int32)
        self._start: tuple[Codes, Floats] | None = None
        self._marks: dict[str, object] = {}
        self.slowest = 0.0
        self._maximise = False
        self._held = False
        self._begun = False

    def solve(self, objective: Terms, constant: float, maximise: bool, gap: float) -> Solution:
        """Optimise one objective to an absolute gap (see Session)."""
        self._prepare(objective, maximise)
        question, whole = Question(constant, maximise, gap), self.model.integer_columns
        if self._held or not len(whole):
            return self._run(question)
        start, self._start = self._start, None
        return Search(self, question, whole, self.model.integer_families, start).run()

    @property
    def large(self) -> bool:
        """Whether branch and bound of the whole model gets nowhere (see Engine)."""
        return bool(self.highs.getNumNz() >= _LARGE_WHOLE)

    @property
    def branching_seconds(self) -> float | None:
        """Longest branch and bound of a large model without a time limit (see Engine)."""
        return _WHOLE_SECONDS if self.highs.getNumNz() >= _LONG_WHOLE else None

    def trivial(self) -> tuple[float, float]:
        """Lowest and highest value of the objective within the bounds of its columns, in the sense that is asked."""
        lp, at = self.highs.getLp(), self._costed
        cost = np.array(lp.col_cost_, dtype=float)[at]
        ends = np.stack(
            [np.array(lp.col_lower_, dtype=float)[at] * cost, np.array(lp.col_upper_, dtype=float)[at] * cost]
        )
        low, high = float(ends.min(axis=0).sum()), float(ends.max(axis=0).sum())
        return (-high, -low) if self._maximise else (low, high)

    def relaxed(self, question: Question, like: str = "") -> Solution:
        """The linear relaxation, warm from the last basis of its kind: often whole already, always a bound."""
        _checked(self.highs.setOptionValue("solve_relaxation", True))
        if like in self._marks:
            self.return_to(self._marks[like])
        begun = time.monotonic()
        found = self._run(question)
        self.slowest = max(self.slowest, time.monotonic() - begun)
        if like:
            self._marks[like] = self.mark()
        _checked(self.highs.setOptionValue("solve_relaxation", self._held))
        return found

    def branched(self, question: Question) -> Solution:
        """Branch and bound; the basis of the relaxation is kept for the next linear solve."""
        basis = self.highs.getBasis()
        options = {} if question.better_than is None else _NO_SEARCH
        before = {option: self.highs.getOptionValue(option)[1] for option in options}
        self._set(
            {"mip_abs_gap": question.gap, "presolve": "choose", "mip_lp_solver": "ipm" if self.large else "choose"}
        )
        self._set(options)
        if self.limits.ends is None and self.branching_seconds is not None:
            self._set({"time_limit": self.branching_seconds})
        with self._cut_off(question):
            found = self._made_feasible(question, self._run(question))
        self._set({"presolve": _OPTIONS["presolve"], "time_limit": highspy.kHighsInf, **before})
        if basis.valid:
            self.highs.setBasis(basis)
        return found

    def bounds(self, columns: Codes) -> tuple[Floats, Floats]:
        """Bounds of columns as they stand now; without limit where there is none."""
        return self.model.column_lower[columns], self.model.column_upper[columns]

    @contextmanager
    def narrowed(self, columns: Codes, lower: Floats, upper: Floats) -> Iterator[None]:
        """Other bounds of columns for as long as the context lasts."""
        at, (low, high) = columns.astype(np.int32), self.bounds(columns)
        _checked(self.highs.changeColsBounds(len(at), at, lower, upper))
        try:
            yield
        finally:
            _checked(self.highs.changeColsBounds(len(at), at, low, high))

    def prices(self, objective: Terms, maximise: bool) -> Prices | None:
        """Duals of a linear solve, positive where one more unit of the bound improves the objective."""
        self._prepare(objective, maximise)
        self.relaxed(Question(0.0, maximise, 0.0))
        solved = self.highs.getModelStatus() == _MODEL_STATUS.kOptimal
        duals = self.highs.getSolution()
        if not solved or not duals.dual_valid:
            return None
        return Prices(-np.array(duals.row_dual, dtype=float), -np.array(duals.col_dual, dtype=float))

    def set_row_bounds(self, rows: Codes, bounds: Floats) -> None:
        """Move the bounds of rows (see Session)."""
        self._sync()
        self.model.row_bound[rows] = bounds
        for at, low, high in zip(rows.tolist(), *self.model.row_limits(rows), strict=True):
            self.highs.changeRowBounds(at, low, high)

    def release_rows(self, rows: Codes) -> None:
        """Let rows restrict nothing until their bounds are set again (see Session)."""
        self._sync()
        for at in rows.tolist():
            self.highs.changeRowBounds(at, -highspy.kHighsInf, highspy.kHighsInf)

    def set_column_bounds(self, columns: Codes, lower: Floats, upper: Floats) -> None:
        """Move the bounds of columns (see Session)."""
        self._sync()
        self.model.column_lower[columns], self.model.column_upper[columns] = lower, upper
        for at, low, high in zip(columns.tolist(), lower.tolist(), upper.tolist(), strict=True):
            self.highs.changeColBounds(at, low, high)

    def hold_integers(self, columns: Codes, values: Floats) -> None:
        """Fix integer columns and go on with linear solves (see Session)."""
        self.set_column_bounds(columns, values, values)
        for rows in self.model.strengthening:
            self.release_rows(rows.positions)
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
        newer = np.isfinite(self.model.column_lower[len(columns) :])
        columns += [status.kLower if limited else status.kZero for limited in newer.tolist()]
        rows += [status.kBasic] * (self.model.row_count - len(rows))
        longer = highspy.HighsBasis()
        longer.col_status, longer.row_status, longer.valid = columns, rows, True
        self.highs.setBasis(longer)

    def start_from(self, columns: Codes, values: Floats) -> None:
        """Offer values of some columns; the search for whole decisions begins with them."""
        self._start = (columns, values)

    # -- inside ------------------------------------------------------------------------------------

    def _sync(self) -> None:
        """Hand over the columns and rows that were declared since the last call."""
        self._append_columns(self.model.column_count - self._columns)
        self._append_rows(self.model.row_count - self._rows)

    def _append_columns(self, count: int) -> None:
        """Append the last columns of the model."""
        if not count:
            return
        first, nothing = self._columns, np.zeros(0, dtype=np.int32)
        lower, upper = self.model.column_lower[first:], self.model.column_upper[first:]
        starts = np.zeros(count, dtype=np.int32)
        _checked(self.highs.addCols(count, np.zeros(count), lower, upper, 0, starts, nothing, np.zeros(0)))
        whole = self.model.integer_columns
        whole = np.sort(whole[whole >= first]).astype(np.int32)
        if len(whole):
            kinds = np.full(len(whole), highspy.HighsVarType.kInteger)
            _checked(self.highs.changeColsIntegrality(len(whole), whole, kinds))
        self._columns += count

    def _append_rows(self, count: int) -> None:
        """Append the last rows of the model."""
        if not count:
            return
        rows = self.model.compressed_rows(self._rows)
        starts, index = rows.starts[:-1].astype(np.int32), rows.column.astype(np.int32)
        added = self.highs.addRows(count, rows.lower, rows.upper, len(index), starts, index, rows.coefficient)
        _checked(added)
        self._rows += count

    def _prepare(self, objective: Terms, maximise: bool) -> None:
        """Set the objective; minimised inside."""
        self._sync()
        cost = np.zeros(self._columns)
        np.add.at(cost, objective.column, -objective.coefficient if maximise else objective.coefficient)
        wanted = np.flatnonzero(cost).astype(np.int32)
        touched = np.union1d(self._costed, wanted).astype(np.int32)
        if len(touched):
            _checked(self.highs.changeColsCost(len(touched), touched, cost[touched]))
        self._costed, self._maximise = wanted, maximise

    def _run(self, question: Question) -> Solution:
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
        patience = _LITTLE_PATIENCE if self.highs.getNumNz() >= _HUGE else _PATIENCE
        self._set({**options, "simplex_iteration_limit": patience if large and not options else _NO_LIMIT})
        self.highs.run()
        if self.highs.getModelStatus() == _MODEL_STATUS.kIterationLimit:
            options = _FROM_NOTHING
            self.highs.clearSolver()
            self._set({**options, "simplex_iteration_limit": _NO_LIMIT})
            self.highs.run()
        self._set({option: _OPTIONS[option] for option in options})
        self.limits.check()
        proven = question.better_than is not None and self.highs.getModelStatus() == _MODEL_STATUS.kInfeasible
        if not proven and (self.highs.getModelStatus() in _TO_CONFIRM or self._unanswered()):
            self._run_afresh()
        return self._solution(question)

    def _run_afresh(self) -> None:
        """Once more without the old basis and with presolve, then with a wider tolerance if the solver gives up.

        A run from an old basis now and then ends without an answer or calls a sound model unbounded; a branch and bound
        at the narrow tolerance now and then ends in an error of the solver.
        """
        tolerances = ("primal_feasibility_tolerance", "dual_feasibility_tolerance", "mip_feasibility_tolerance")
        narrow = float(_OPTIONS["primal_feasibility_tolerance"])
        first = [(narrow, _FROM_NOTHING)] if self.highs.getNumNz() >= _LARGE else []
        used: set[str] = set()
        for tolerance, start in (*first, (narrow, {}), (1e-8, {}), (1e-7, {})):
            self.highs.clearSolver()
            self._set({option: _OPTIONS[option] for option in used})
            wider = {"presolve": "on", **start} | dict.fromkeys(tolerances, tolerance)
            used |= wider.keys()
            self._set({**wider, "simplex_iteration_limit": max(_LEAST_STEPS, _STEPS_A_ROW * self.highs.getNumRow())})
            self.highs.run()
            self.limits.check()
            if not (self._unanswered() or self.highs.getModelStatus() == _MODEL_STATUS.kIterationLimit):
                break
        self._set({**{option: _OPTIONS[option] for option in used}, "simplex_iteration_limit": _NO_LIMIT})

    def _unanswered(self) -> bool:
        """Whether the last run left no answer, or calls a plan optimal that breaks the tolerance once unscaled."""
        status = self.highs.getModelStatus()
        feasible = self.highs.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        return status in _NO_ANSWER or (status == _MODEL_STATUS.kOptimal and not feasible)

    def _set(self, options: Mapping[str, bool | int | float | str]) -> None:
        for option, value in options.items():
            _checked(self.highs.setOptionValue(option, value))

    @contextmanager
    def _cut_off(self, question: Question) -> Iterator[None]:
        """A row that only lets plans through that are as good as asked, for as long as the context lasts."""
        if question.better_than is None:
            yield
            return
        cost = np.array(self.highs.getLp().col_cost_, dtype=float)
        most = (question.better_than - question.constant) * (-1.0 if question.maximise else 1.0)
        _checked(self.highs.addRow(-highspy.kHighsInf, most, len(self._costed), self._costed, cost[self._costed]))
        try:
            yield
        finally:
            _checked(self.highs.deleteRows(1, np.array([self._rows], dtype=np.int32)))

    def _made_feasible(self, question: Question, found: Solution) -> Solution:
        """The plan with the same whole decisions where that of a branch and bound breaks the tolerance by a little.

        It is finished even where the time is up: otherwise the plan would be lost.
        """
        whole = self.model.integer_columns
        x = np.array(self.highs.getSolution().col_value, dtype=float)
        if found.has_plan or found.status == "infeasible" or not len(x) or not self.highs.getSolution().value_valid:
            return found
        values, limits = np.round(x[whole]), self.limits
        self.limits = Limits(interrupted=limits.interrupted)
        with self.narrowed(whole, values, values):
            settled = self.relaxed(question)
        self.limits = limits
        if not settled.has_plan:
            return found
        gap = abs(settled.value - found.bound)
        return Solution("optimal" if gap <= question.gap else "feasible", settled.value, found.bound, gap, settled.x)

    def _solution(self, question: Question) -> Solution:
        facts = self.highs.getInfo()
        sign, constant = -1.0 if question.maximise else 1.0, question.constant
        value = sign * facts.objective_function_value + constant
        bound = sign * facts.mip_dual_bound + constant if self._branches() else value
        has_plan = facts.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        status = self._status(has_plan)
        reached = abs(value - bound) if has_plan and (status == "optimal" or self._branches()) else np.inf
        if status == "optimal" and reached > question.gap * (1 + 1e-9):
            status = "feasible"
        x = np.array(self.highs.getSolution().col_value, dtype=float) if has_plan else np.zeros(0)
        return Solution(status, value, bound, reached, x)

    def _branches(self) -> bool:
        """Whether a run is a branch and bound."""
        return len(self.model.integer_columns) > 0 and not self.highs.getOptionValue("solve_relaxation")[1]

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
