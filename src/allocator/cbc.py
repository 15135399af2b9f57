"""The CBC session: the second, independent solver, through PuLP's bundled binary.

CBC reads a file for every solve, so nothing is warm; it exists to agree with HiGHS. Status, gap and bound
come from CBC's own log.
"""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path

import numpy as np
import pulp
from pulp.apis.coin_api import pulp_cbc_path

from allocator.errors import SolverError
from allocator.model import Codes, Floats, Model, Terms
from allocator.session import Limits, Prices, Solution, Status
from allocator.texts import Text

_FAR = 1e9
"""Bound at which a held value restricts nothing; CBC's files know no infinite right-hand side."""

_NUMBER = r"([-+0-9.eE]+)"


class CbcSession:
    """A model solved by CBC, one process for each solve."""

    name = "cbc"

    def __init__(self, model: Model, limits: Limits | None = None) -> None:
        self.model, self.limits = model, limits or Limits()
        if not pulp.COIN_CMD(path=pulp_cbc_path).available():
            raise SolverError(Text("solver.no_cbc"))
        self.version = "2.10.3"
        self._relaxed = False

    def solve(self, objective: Terms, constant: float, maximise: bool, gap: float) -> Solution:
        """Optimise one objective to an absolute gap (see Session)."""
        self._set_objective(objective, maximise)
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "cbc.log"
            self.model.problem.solve(self._solver(log, gap))
            said = log.read_text(encoding="utf-8", errors="replace")
        self.limits.check()
        return self._solution(said, objective, constant, maximise, gap)

    def prices(self, objective: Terms, maximise: bool) -> Prices | None:
        """Duals of a linear solve, positive where one more unit of the bound improves the objective."""
        self._set_objective(objective, maximise)
        solver = pulp.COIN_CMD(path=pulp_cbc_path, msg=False, mip=False)
        self.model.problem.solve(solver)
        if self.model.problem.sol_status != pulp.LpSolutionOptimal:
            return None
        rows = np.array([np.nan if row.pi is None else row.pi for row in self.model.pulp_rows], dtype=float)
        columns = np.array([0.0 if c.dj is None else c.dj for c in self.model.pulp_columns], dtype=float)
        return Prices(-rows, -columns)

    def set_row_bounds(self, rows: Codes, bounds: Floats) -> None:
        """Move the bounds of rows (see Session)."""
        for at, bound in zip(rows.tolist(), bounds.tolist(), strict=True):
            self.model.pulp_rows[at].changeRHS(bound)

    def release_rows(self, rows: Codes) -> None:
        """Let rows restrict nothing until their bounds are set again (see Session)."""
        for at in rows.tolist():
            row = self.model.pulp_rows[at]
            row.changeRHS(-_FAR if row.sense == pulp.LpConstraintGE else _FAR)

    def set_column_bounds(self, columns: Codes, lower: Floats, upper: Floats) -> None:
        """Move the bounds of columns (see Session)."""
        for at, low, high in zip(columns.tolist(), lower.tolist(), upper.tolist(), strict=True):
            column = self.model.pulp_columns[at]
            column.lowBound = low if np.isfinite(low) else None
            column.upBound = high if np.isfinite(high) else None

    def hold_integers(self, columns: Codes, values: Floats) -> None:
        """Fix integer columns and go on with linear solves (see Session)."""
        self.set_column_bounds(columns, values, values)
        self._relaxed = True

    def mark(self) -> object:
        """CBC has no basis to remember."""
        return None

    def return_to(self, mark: object) -> None:
        """CBC starts afresh every time."""

    def start_from(self, columns: Codes, values: Floats) -> None:
        """CBC starts afresh every time."""

    # -- inside ------------------------------------------------------------------------------------

    def _solver(self, log: Path, gap: float) -> pulp.LpSolver:
        left = None if self.limits.deadline is None else max(0.1, self.limits.deadline - time.monotonic())
        options = ["primalT 1e-9", "dualT 1e-9", "integerT 1e-9", "increment 1e-9", f"allow {gap!r}"]
        return pulp.COIN_CMD(
            path=pulp_cbc_path,
            mip=not self._relaxed,
            msg=False,
            gapRel=0.0,
            threads=1,
            timeLimit=left,
            logPath=str(log),
            options=options,
        )

    def _set_objective(self, objective: Terms, maximise: bool) -> None:
        """Minimised inside; every column is named, so that none in no row is forgotten."""
        cost = np.zeros(len(self.model.pulp_columns))
        np.add.at(cost, objective.column, -objective.coefficient if maximise else objective.coefficient)
        terms = dict(zip(self.model.pulp_columns, cost.tolist(), strict=True))
        self.model.problem.setObjective(pulp.LpAffineExpression(terms))

    def _solution(self, said: str, objective: Terms, constant: float, maximise: bool, gap: float) -> Solution:
        status = self._status(said)
        if status not in ("optimal", "feasible"):
            return Solution(status, np.nan, np.nan, np.inf, np.zeros(0))
        x = np.array([0.0 if c.varValue is None else c.varValue for c in self.model.pulp_columns], dtype=float)
        value = float(objective.coefficient @ x[objective.column]) + constant
        bound = value
        told = re.search(r"Lower bound:\s*" + _NUMBER, said)
        if told and status == "feasible":
            bound = (-1.0 if maximise else 1.0) * float(told.group(1)) + constant
        reached = max(abs(value - bound), gap if "Gap" in said and status == "optimal" else 0.0)
        return Solution(status, value, bound, reached, x)

    def _status(self, said: str) -> Status:
        problem = self.model.problem
        if problem.sol_status == pulp.LpSolutionOptimal:
            return "optimal"
        if problem.sol_status == pulp.LpSolutionIntegerFeasible:
            return "feasible"
        if problem.status == pulp.LpStatusUnbounded or "unbounded" in said.lower():
            return "unbounded"
        if problem.status == pulp.LpStatusInfeasible or "infeasible" in said.lower():
            return "infeasible"
        return "stopped"
