"""Build and hand-over: arrays as they are, against the way over PuLP objects that they replaced.

The old way makes a variable or a constraint of PuLP for every column and row and gathers them into the arrays of one
call again, as the engine did before. Both sides take turns in one process, with the garbage collector off.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from pathlib import Path

import highspy
import numpy as np
import pulp

from allocator.engine.build import build
from allocator.engine.opening import open_session
from allocator.engine.session import Limits
from allocator.model.pulp_problem import PulpProblem
from allocator.plan.reading import load
from allocator.scenario.plan_year import Scenario


def hand_over_table(file: Path, rounds: int, name: str) -> dict[str, object]:
    """One line: median seconds of both ways, and their ratio.

    Raises:
        AssertionError: the two solver objects hold different models.
    """
    scenario = load(file)
    assert _matrix(as_arrays(scenario)) == _matrix(over_pulp(scenario))
    seconds: dict[Callable[[Scenario], highspy.Highs], list[float]] = {as_arrays: [], over_pulp: []}
    for turn in range(rounds):
        for way in (as_arrays, over_pulp) if turn % 2 == 0 else (over_pulp, as_arrays):
            gc.collect()
            gc.disable()
            begun = time.perf_counter()
            way(scenario)
            seconds[way].append(time.perf_counter() - begun)
            gc.enable()
    arrays, objects = (float(np.median(seconds[way])) for way in (as_arrays, over_pulp))
    return {
        "case": f"{name}, build and hand-over",
        "arrays": arrays,
        "over PuLP objects": objects,
        "times as fast": objects / arrays,
    }


def as_arrays(scenario: Scenario) -> highspy.Highs:
    """The way of the engine."""
    from allocator.engine.highs import HighsSession

    session = open_session(build(scenario), "highs", Limits())
    assert isinstance(session, HighsSession)
    session.release_rows(np.zeros(0, dtype=np.intp))
    return session.highs


def over_pulp(scenario: Scenario) -> highspy.Highs:
    """The old way: PuLP objects, gathered and handed over in one call."""
    written = PulpProblem(build(scenario))
    highs, columns, rows = highspy.Highs(), written.columns, written.rows
    highs.setOptionValue("output_flag", False)
    for at, column in enumerate(columns):
        column.index = at
    count, nothing = len(columns), np.zeros(0, dtype=np.int32)
    lower, upper = _ends([each.lowBound for each in columns], [each.upBound for each in columns])
    highs.addCols(count, np.zeros(count), lower, upper, 0, np.zeros(count, dtype=np.int32), nothing, np.zeros(0))
    whole = np.array([at for at, each in enumerate(columns) if each.cat == pulp.LpInteger], dtype=np.int32)
    highs.changeColsIntegrality(len(whole), whole, np.full(len(whole), highspy.HighsVarType.kInteger))
    lower, upper = _ends([row.getLb() for row in rows], [row.getUb() for row in rows])
    sizes = np.array([len(row) for row in rows], dtype=np.int32)
    starts, total = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32), int(sizes.sum())
    index = np.fromiter((each.index for row in rows for each in row), dtype=np.int32, count=total)
    value = np.fromiter((each for row in rows for each in row.values()), dtype=float, count=total)
    highs.addRows(len(rows), lower, upper, total, starts, index, value)
    return highs


def _ends(low: list[float | None], high: list[float | None]) -> tuple[np.ndarray, np.ndarray]:
    """Bounds with infinity where there is none."""
    lower = [-highspy.kHighsInf if each is None else each for each in low]
    upper = [highspy.kHighsInf if each is None else each for each in high]
    return np.array(lower, dtype=float), np.array(upper, dtype=float)


def _matrix(highs: highspy.Highs) -> tuple[bytes, ...]:
    """Everything that a solver object holds."""
    highs.ensureColwise()
    lp = highs.getLp()
    arrays = (lp.col_lower_, lp.col_upper_, lp.row_lower_, lp.row_upper_)
    cells = (lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_)
    return tuple((np.array(each, dtype=float) + 0.0).tobytes() for each in (*arrays, *cells))
