"""The CBC session: the second, independent solver, through PuLP's bundled binary.

CBC reads a file for every solve, so nothing is warm; it exists to agree with HiGHS. PuLP writes the model; status,
bound and warnings come from CBC's own log, and values from its binary solution file, because the text one carries
eight digits. The linear relaxation is solved first, as often it is whole already, and a branched answer is solved
once more with its integers fixed, because branch and bound keeps rows to about six digits only.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pulp
from pulp.apis.coin_api import pulp_cbc_path

from allocator.engine.session import Limits, Prices, Solution, Status
from allocator.model import Codes, Floats, Model, Terms
from allocator.model.pulp_problem import PulpProblem
from allocator.words.errors import SolverError
from allocator.words.texts import Text

_FAR = 1e9
"""Bound at which a held value restricts nothing; CBC's files know no infinite right-hand side."""

_WHOLE = 1e-7
"""Distance from a whole number within which a relaxed value counts as whole."""

_TIGHT = ("-primalTolerance", "1e-9", "-dualTolerance", "1e-9")
_WIDE = ("-presolve", "off", "-primalTolerance", "1e-8", "-dualTolerance", "1e-8")
"""For a second look when CBC finds no plan: presolve at tight tolerances may call a thin set empty."""
_BRANCH = ("-integerTolerance", "1e-8", "-increment", "1e-9", "-ratioGap", "0")

_GRACE = 5.0
"""Seconds after the time limit at which a process that does not stop by itself is ended."""
_LOOK = 0.05
"""Seconds between two looks at whether the user wants to stop."""

_NUMBER = r"([-+0-9.eE]+)"


@dataclass(frozen=True)
class _Answer:
    """What one process of CBC said."""

    status: Status
    x: Floats
    row_duals: Floats
    column_duals: Floats
    log: str


class CbcSession:
    """A model solved by CBC, one process for each solve."""

    name = "cbc"

    def __init__(self, model: Model, limits: Limits | None = None) -> None:
        self.model, self.limits = model, limits or Limits()
        if not pulp.COIN_CMD(path=pulp_cbc_path).available():
            raise SolverError(Text("solver.no_cbc"))
        self.version = binary_version()
        self._written, self._released = PulpProblem(model), set[int]()
        self._held = False
        self._start: tuple[Codes, Floats] | None = None

    def solve(self, objective: Terms, constant: float, maximise: bool, gap: float) -> Solution:
        """Optimise one objective to an absolute gap (see Session)."""
        self._set_objective(objective, maximise)
        sign = -1.0 if maximise else 1.0
        start, self._start = self._start, None
        relaxed = self._linear()
        if relaxed.status != "optimal":
            is_linear = self._held or not len(self.model.integer_columns)
            if is_linear or relaxed.status == "infeasible":
                return _no_plan(relaxed.status)
            return self._branch(objective, constant, sign, gap, -np.inf)
        least = sign * self._value(objective, relaxed.x)
        whole = self.model.integer_columns
        if self._held or self._is_whole(relaxed.x[whole]):
            value = sign * least + constant
            return Solution("optimal", value, value, 0.0, relaxed.x)
        if start is not None:
            tried = self._with_integers(*start)
            if tried.status == "optimal" and sign * self._value(objective, tried.x) - least <= gap:
                value, bound = self._value(objective, tried.x) + constant, sign * least + constant
                return Solution("optimal", value, bound, abs(value - bound), tried.x)
        return self._branch(objective, constant, sign, gap, least)

    def prices(self, objective: Terms, maximise: bool) -> Prices | None:
        """Duals of a linear solve, positive where one more unit of the bound improves the objective."""
        self._set_objective(objective, maximise)
        answer = self._linear()
        return Prices(-answer.row_duals, -answer.column_duals) if answer.status == "optimal" else None

    def set_row_bounds(self, rows: Codes, bounds: Floats) -> None:
        """Move the bounds of rows (see Session)."""
        self.model.row_bound[rows] = bounds
        self._released -= set(rows.tolist())

    def release_rows(self, rows: Codes) -> None:
        """Let rows restrict nothing until their bounds are set again (see Session)."""
        self._released |= set(rows.tolist())

    def set_column_bounds(self, columns: Codes, lower: Floats, upper: Floats) -> None:
        """Move the bounds of columns (see Session)."""
        self.model.column_lower[columns], self.model.column_upper[columns] = lower, upper

    def hold_integers(self, columns: Codes, values: Floats) -> None:
        """Fix integer columns and go on with linear solves (see Session)."""
        self.set_column_bounds(columns, values, values)
        for rows in self.model.strengthening:
            self.release_rows(rows.positions)
        self._held = True

    def mark(self) -> object:
        """CBC has no basis to remember."""
        return None

    def return_to(self, mark: object) -> None:
        """CBC starts afresh every time."""

    def start_from(self, columns: Codes, values: Floats) -> None:
        """Offer values of some columns; they count if they reach the bound of the relaxation."""
        self._start = (columns, values)

    # -- inside ------------------------------------------------------------------------------------

    def _branch(self, objective: Terms, constant: float, sign: float, gap: float, least: float) -> Solution:
        """Branch and bound, then a linear solve with the integers found."""
        found = self._run(("-allowableGap", repr(0.9 * gap), *_TIGHT, *_BRANCH), "-solve", whole=True)
        if found.status not in ("optimal", "feasible"):
            return _no_plan(found.status)
        whole = self.model.integer_columns
        exact = self._with_integers(whole, np.round(found.x[whole]))
        x = exact.x if exact.status == "optimal" else found.x
        value = sign * self._value(objective, x)
        best = sign * self._value(objective, found.x)
        proven = best - 0.9 * gap if found.status == "optimal" else _best_possible(found.log)
        bound = min(value, max(least, proven))
        reached = value - bound
        status: Status = "optimal" if found.status == "optimal" and reached <= gap else "feasible"
        return Solution(status, sign * value + constant, sign * bound + constant, reached, x)

    def _with_integers(self, columns: Codes, values: Floats) -> _Answer:
        """A linear solve with integer columns fixed for once."""
        before = self.model.column_lower[columns], self.model.column_upper[columns]
        self.set_column_bounds(columns, values, values)
        try:
            return self._linear()
        finally:
            self.set_column_bounds(columns, *before)

    def _linear(self) -> _Answer:
        """The linear relaxation; no plan only if a second look without presolve finds none either."""
        answer = self._run(_TIGHT, "-initialSolve", whole=False)
        if answer.status in ("infeasible", "unbounded"):
            answer = self._run(_WIDE, "-dualSimplex", whole=False)
        return answer

    def _run(self, options: Sequence[str], how: str, *, whole: bool) -> _Answer:
        """One process of CBC on the model as it stands."""
        self._catch_up()
        with tempfile.TemporaryDirectory(prefix="allocator-cbc-") as name:
            folder = Path(name)
            self._written.problem.writeMPS(str(folder / "model.mps"), mip=whole)
            command = [pulp_cbc_path, "model.mps", *self._time_left(), *options, how]
            command += ["-saveSolution", "values.bin", "-solution", "said.txt", "-quit"]
            log = self._wait(command, folder)
            if "No match for" in log:
                raise SolverError(Text("solver.refused", {"what": f"CBC {self.version}"}))
            said = folder / "said.txt"
            heading = said.read_text(encoding="utf-8").partition("\n")[0] if said.is_file() else ""
            status = _status(heading, whole)
            values = folder / "values.bin"
            if status not in ("optimal", "feasible") or not values.is_file():
                nothing = np.zeros(0)
                return _Answer(status, nothing, nothing, nothing, log)
            x, row_duals, column_duals = _read_values(values)
            return _Answer(status, x, row_duals, column_duals, log)

    def _time_left(self) -> list[str]:
        if self.limits.ends is None:
            return []
        return ["-timeMode", "elapsed", "-seconds", f"{max(0.1, self.limits.ends - time.monotonic()):.3f}"]

    def _wait(self, command: Sequence[str], folder: Path) -> str:
        """Run a process to its end, the user's wish to stop or well past the time limit; returns its log."""
        log = folder / "cbc.log"
        with log.open("wb") as out:
            process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            while True:
                try:
                    process.wait(_LOOK)
                    break
                except subprocess.TimeoutExpired:
                    self.limits.check()
                    late = self.limits.ends is not None and time.monotonic() > self.limits.ends + _GRACE
                    if late:
                        break
        finally:
            process.kill()
            process.wait()
        self.limits.check()
        return log.read_text(encoding="utf-8", errors="replace")

    def _set_objective(self, objective: Terms, maximise: bool) -> None:
        """Minimised inside."""
        self._written.catch_up()
        self._written.minimise(objective, 0.0, -1.0 if maximise else 1.0)

    def _catch_up(self) -> None:
        """Take over the model as it stands; released rows get a bound far away."""
        self._written.catch_up()
        for at in self._released:
            row = self._written.rows[at]
            row.changeRHS(-_FAR if row.sense == pulp.LpConstraintGE else _FAR)

    @staticmethod
    def _value(objective: Terms, x: Floats) -> float:
        return float(objective.coefficient @ x[objective.column])

    @staticmethod
    def _is_whole(values: Floats) -> bool:
        return bool((np.abs(values - np.round(values)) <= _WHOLE).all())


@cache
def binary_version() -> str:
    """Version of CBC as the binary itself says it.

    Raises:
        SolverError: the binary does not answer.
    """
    said = subprocess.run([pulp_cbc_path, "-quit"], capture_output=True, text=True, check=False).stdout
    told = re.search(r"Version:\s*(\S+)", said)
    if told is None:
        raise SolverError(Text("solver.no_cbc"))
    return told.group(1)


def _no_plan(status: Status) -> Solution:
    return Solution(status, np.nan, np.nan, np.inf, np.zeros(0))


def _status(heading: str, whole: bool) -> Status:
    """Status from the heading CBC writes over its solution.

    A linear solve that is stopped may hand out a point that breaks rows, so it has no plan.
    """
    if heading.startswith("Optimal"):
        return "optimal"
    if heading.startswith(("Infeasible", "Integer infeasible")):
        return "infeasible"
    if heading.startswith("Unbounded"):
        return "unbounded"
    if heading.startswith("Stopped") and whole and "no integer solution" not in heading:
        return "feasible"
    return "stopped"


def _best_possible(log: str) -> float:
    """The bound of a branch and bound that was stopped (minimisation); -inf if the log has none."""
    told = re.findall(r"best possible " + _NUMBER, log) or re.findall(r"Lower bound:\s*" + _NUMBER, log)
    if not told:
        return -np.inf
    bound = float(told[-1])
    return bound - 1e-7 * abs(bound)  # the log prints eight digits


def _read_values(file: Path) -> tuple[Floats, Floats, Floats]:
    """Columns, row duals and reduced costs from CBC's binary solution file.

    The file: counts of rows and columns (int32), objective, then activities and duals of the rows, values and
    reduced costs of the columns (float64).
    """
    content = file.read_bytes()
    rows, columns = np.frombuffer(content, dtype=np.int32, count=2).tolist()
    numbers = np.frombuffer(content, dtype=np.float64, offset=8)[1:]
    ends = np.cumsum([rows, rows, columns, columns])
    _, row_duals, x, column_duals = np.split(numbers, ends[:-1])
    return x.copy(), row_duals.copy(), column_duals[:columns].copy()
