"""A budget sweep on the built model against building and solving anew with PuLP's own HiGHS at every point."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pulp

from allocator.engine.build import build
from allocator.engine.session import Prices, Solution
from allocator.engine.stages import run_stages
from allocator.model import Codes, Floats, Model, Terms
from allocator.model.pulp_problem import PulpProblem
from allocator.plan.reading import load
from allocator.scenario.plan_year import Scenario
from allocator.verbs.sweeping import sweep

BUDGET = "funding.sources.government.amount"
SAMPLE = 10
"""Every so many points are built anew; the time of all is taken from these."""


class StockSession:
    """A session on PuLP's own HiGHS interface: a new solver object, handed over cell by cell, for every solve."""

    name, version = "stock PuLP", pulp.__version__

    def __init__(self, model: Model) -> None:
        self._model, self._written = model, PulpProblem(model)

    def solve(self, objective: Terms, constant: float, maximise: bool, gap: float) -> Solution:
        """Optimise (see Session)."""
        self._written.catch_up()
        self._written.minimise(objective, 0.0, -1.0 if maximise else 1.0)
        solver = pulp.HiGHS(msg=False, threads=1, gapAbs=gap)
        solved = self._written.problem.solve(solver) == pulp.LpStatusOptimal
        x = np.array([column.varValue or 0.0 for column in self._written.columns])
        value = float(objective.coefficient @ x[objective.column]) + constant
        return Solution("optimal" if solved else "infeasible", value, value, 0.0, x)

    def prices(self, objective: Terms, maximise: bool) -> Prices | None:  # noqa: ARG002
        """None here (see Session)."""
        return None

    def set_row_bounds(self, rows: Codes, bounds: Floats) -> None:
        """Move bounds (see Session)."""
        self._model.row_bound[rows] = bounds

    def set_column_bounds(self, columns: Codes, lower: Floats, upper: Floats) -> None:
        """Move bounds (see Session)."""
        self._model.column_lower[columns], self._model.column_upper[columns] = lower, upper

    def hold_integers(self, columns: Codes, values: Floats) -> None:
        """Fix integers (see Session)."""
        self.set_column_bounds(columns, values, values)
        for at in columns.tolist():
            self._written.columns[at].cat = pulp.LpContinuous

    def release_rows(self, rows: Codes) -> None:
        """Not needed: every model is new."""
        raise NotImplementedError

    def mark(self) -> object:
        """Nothing to remember."""
        return None

    def return_to(self, mark: object) -> None:
        """Nothing to go back to."""

    def start_from(self, columns: Codes, values: Floats) -> None:
        """PuLP's interface has no start for HiGHS."""


def sweep_table(file: Path, points: int) -> dict[str, object]:
    """One line: seconds of the sweep on the built model, of building anew, and their ratio; pairs fixed on both sides.

    Raises:
        AssertionError: the two sides reached different levels.
    """
    scenario = load(file)
    amounts = np.linspace(3.7e6, 6.6e6, points).tolist()
    begun = time.perf_counter()
    swept = sweep(scenario, {BUDGET: amounts})
    warm = time.perf_counter() - begun
    pairs = _pairs(scenario)
    seconds, sample = [], list(range(0, points, SAMPLE))
    for at in sample:
        changed = scenario.with_({BUDGET: amounts[at]})
        begun = time.perf_counter()
        worst = _anew(changed, pairs)
        seconds.append(time.perf_counter() - begun)
        swept_worst = float(swept.points["minimum"].iloc[at])
        assert abs(worst - swept_worst) < 1e-3, f"{amounts[at]:.0f} yuan: {swept_worst} swept, {worst} anew"
    anew = sum(seconds) / len(sample) * points
    return {
        "case": f"16 towns, {points} budgets, fixed pairs",
        "sweep on the built model (with prices)": warm,
        "built anew, stock PuLP HiGHS": anew,
        "points built anew": len(sample),
        "ratio": warm / anew,
    }


def _pairs(scenario: Scenario) -> Floats:
    """The pairs a sweep fixes: those of the unchanged scenario before the tie-break."""
    from allocator.engine.highs import HighsSession

    model = build(scenario)
    run = run_stages(model, scenario, HighsSession(model))
    assert run.x is not None
    return np.round(run.x[model.family("pairing").column])


def _anew(scenario: Scenario, pairs: Floats) -> float:
    """Build, solve the stages with stock PuLP, and the worst level."""
    model = build(scenario)
    session = StockSession(model)
    session.hold_integers(model.family("pairing").column, pairs)
    run = run_stages(model, scenario, session)
    assert run.x is not None
    return float(model.outcomes["level"].at(run.x).min())
