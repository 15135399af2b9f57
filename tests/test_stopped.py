"""A run that a limit stops after its first plan still publishes that plan, and says what it is."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

from allocator.auditing.whole import audit_folder
from allocator.engine.session import Limits, Session, Solution
from allocator.model import Model, Terms
from allocator.plan.reading import load
from allocator.tables.result import Result
from allocator.verbs.solving import Options, SolverName, open_session, solve
from shipped import FILES

SOLVE = importlib.import_module("allocator.verbs.solving")


def stops_after(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every solve after so many end without an answer, as it does past the time limit."""

    def opened(model: Model, solver: SolverName, limits: Limits) -> Session:
        session = open_session(model, solver, limits)
        answer, asked = session.solve, iter(range(steps))

        def limited(objective: Terms, constant: float, maximise: bool, gap: float) -> Solution:
            if next(asked, None) is None:
                return Solution("stopped", np.nan, np.nan, np.inf, np.zeros(0))
            return answer(objective, constant, maximise, gap)

        session.solve = limited  # type: ignore[method-assign]
        return session

    monkeypatch.setattr(SOLVE, "open_session", opened)


@pytest.mark.parametrize("solver", ["highs", "cbc"])
def test_a_plan_held_at_its_incumbent_is_written(
    solver: SolverName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stops_after(2, monkeypatch)
    result = solve(load(FILES["tiny/2016"]), Options(solver=solver))
    assert (result.status, result.run["unique"], result.run["conditional"]) == ("feasible", False, True)
    status = list(result.stages["status"])
    assert status[:3] == ["optimal", "optimal", "stopped"]
    assert all(each == "stopped, conditional" for each in status[3:])
    assert result.stages["gap"].isna().tolist() == [False, False, *[True] * (len(status) - 2)]
    assert list(result.stages["value"].iloc[:2]) == pytest.approx([51.0, 102.0], abs=1e-3)
    folder = result.save(tmp_path / "result")
    assert audit_folder(folder).passed
    assert Result.load(folder).stages["gap"].isna().sum() == len(status) - 2
