"""A run that a limit stops after its first plan still publishes that plan, and says what it is."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from allocator.auditing.whole import audit_folder
from allocator.engine.opening import SolverName, open_session
from allocator.plan.reading import load
from allocator.tables.result import Result
from allocator.verbs.options import Options
from allocator.verbs.solving import solve
from shipped import FILES
from stopping import stopping

SOLVE = importlib.import_module("allocator.verbs.horizon")


@pytest.mark.parametrize("solver", ["highs", "cbc"])
def test_a_plan_held_at_its_incumbent_is_written(
    solver: SolverName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SOLVE, "open_session", lambda *asked: stopping(open_session(*asked), 2))
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
