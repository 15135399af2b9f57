"""The CBC session: status, bound and values are CBC's own, nothing is left behind."""

from __future__ import annotations

import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from allocator.engine import cbc
from allocator.engine.cbc import CbcSession, binary_version
from allocator.engine.highs import HighsSession
from allocator.engine.session import Limits, Session
from allocator.model import Axis, Floats, Model, Terms
from allocator.words.errors import InterruptedRun, SolverError

Row = tuple[dict[int, float], str, float]


def small(columns: int, rows: list[Row], *, upper: float = np.inf, integer: bool = False) -> tuple[Model, Terms]:
    """A model of numbered columns x >= 0 and numbered rows."""
    model = Model([Axis("at", tuple(str(n) for n in range(max(columns, len(rows)))))], {}, [])
    x = model.variables("x", {"at": np.arange(columns)}, "units", upper=upper, integer=integer)
    for n, (left, sense, bound) in enumerate(rows):
        chosen = x.where(np.array(list(left))) * np.array(list(left.values()))
        terms = chosen.labelled({"at": np.full(len(left), n)})
        model.define(f"row{n}", {"at": np.array([n])}, [terms], sense, bound, unit="units")  # type: ignore[arg-type]
    return model, x


def knapsack() -> tuple[Model, Terms, Floats]:
    """Hard to prove, easy to find plans for."""
    draw = random.Random(1)
    weights = [[draw.randint(10, 999) for _ in range(120)] for _ in range(12)]
    model, x = small(120, [(dict(enumerate(w)), "<=", sum(w) // 3) for w in weights], upper=1.0, integer=True)
    return model, x, np.array([draw.randint(300, 700) + 0.3 for _ in range(120)])


def market_split() -> tuple[Model, Terms]:
    """Hard to find any plan for."""
    draw = random.Random(1)
    weights = [[draw.randint(0, 99) for _ in range(40)] for _ in range(5)]
    return small(40, [(dict(enumerate(w)), "==", sum(w) // 2) for w in weights], upper=1.0, integer=True)


def test_an_optimum_is_read_to_full_precision() -> None:
    model, x = small(2, [({0: 3.0, 1: 1.0}, "<=", 10_000_000.125), ({1: 7.0}, "==", 1.0)])
    found = CbcSession(model).solve(x.where(np.array([0])), 5.0, True, 1e-6)
    assert found.status == "optimal"
    assert found.x[0] == pytest.approx((10_000_000.125 - 1 / 7) / 3, rel=1e-14)
    assert (found.value, found.gap) == (pytest.approx(found.x[0] + 5, rel=1e-14), 0.0)


@pytest.mark.parametrize(
    ("rows", "integer", "maximise", "status"),
    [
        ([({0: 1.0}, "<=", 1.0), ({0: 1.0}, ">=", 2.0)], False, False, "infeasible"),
        ([({0: 1.0, 1: 1.0}, "<=", 1.0), ({0: 1.0, 1: 1.0}, ">=", 2.0)], True, False, "infeasible"),
        ([({0: 2.0, 1: 2.0}, "==", 3.0)], True, False, "infeasible"),  # feasible but for the whole numbers
        ([({0: 1.0}, ">=", 1.0)], False, True, "unbounded"),
        ([({0: 1.0, 1: -1.0}, "<=", 0.5)], True, True, "unbounded"),
    ],
)
def test_no_plan_says_why(rows: list[Row], integer: bool, maximise: bool, status: str) -> None:
    model, x = small(2, rows, integer=integer)
    found = CbcSession(model).solve(x, 0.0, maximise, 1e-6)
    assert (found.status, found.has_plan) == (status, False)


def test_branching_closes_the_gap_it_is_asked_for() -> None:
    model, x = small(3, [({0: 2.0, 1: 3.0, 2: 4.0}, "<=", 7.5)], integer=True, upper=1.0)
    worth = np.array([3.0, 4.5, 5.5])
    found = CbcSession(model).solve(x * worth, 0.0, True, 1e-5)
    assert found.status == "optimal"
    assert found.x == pytest.approx([0, 1, 1], abs=1e-9)
    assert found.value == pytest.approx(10.0)
    assert found.value <= found.bound <= found.value + 1e-5
    assert found.gap <= 1e-5


def test_a_time_limit_with_a_plan_gives_its_bound() -> None:
    model, x, worth = knapsack()
    for maximise, sign in ((True, 1.0), (False, -1.0)):
        session = CbcSession(model, Limits(time.monotonic() + 1.5))
        found = session.solve(x * (sign * worth), 0.0, maximise, 1e-7)
        assert found.status == "feasible"
        assert found.value == pytest.approx(sign * worth @ np.round(found.x))
        assert sign * (found.bound - found.value) == pytest.approx(found.gap)
        assert 0 < found.gap < 0.2 * abs(found.value)


def test_a_time_limit_without_a_plan_is_stopped() -> None:
    model, x = market_split()
    begun = time.monotonic()
    found = CbcSession(model, Limits(begun + 0.5)).solve(x, 0.0, False, 1e-7)
    assert (found.status, found.has_plan) == ("stopped", False)
    assert time.monotonic() - begun < 60, "it would search for hours"


def test_a_linear_solve_stopped_midway_has_no_plan() -> None:
    assert cbc._status("Stopped on iterations - objective value -123.4", whole=False) == "stopped"
    assert cbc._status("Stopped on time - objective value -123.4", whole=True) == "feasible"
    heading = "Stopped on time (no integer solution - continuous used) - objective value 4.4"
    assert cbc._status(heading, whole=True) == "stopped"
    assert cbc._status("", whole=True) == "stopped"


def test_bound_of_a_stopped_search_is_the_last_one_in_the_log() -> None:
    log = "Cbc0010I After 0 nodes, 1 on tree, -26074.5 best solution, best possible -26400 (0.67 seconds)\n"
    log += "Cbc0005I Partial search - best objective -26074.5 (best possible -26380.343), took 5212 iterations\n"
    assert cbc._best_possible(log) == pytest.approx(-26380.343, abs=0.01)
    assert cbc._best_possible(log) < -26380.343
    assert cbc._best_possible("Lower bound:                    -121.457") == pytest.approx(-121.457, abs=1e-4)
    assert cbc._best_possible("nothing") == -np.inf


def test_cbc_takes_every_option() -> None:
    model, x, worth = knapsack()
    session = CbcSession(model, Limits(time.monotonic() + 2))
    session._set_objective(x * worth, True)
    logs = [
        session._run(cbc._TIGHT, "-initialSolve", whole=False).log,
        session._run(cbc._WIDE, "-dualSimplex", whole=False).log,
        session._run(("-allowableGap", "0.5", *cbc._TIGHT, *cbc._BRANCH), "-solve", whole=True).log,
    ]
    for name in ("primalTolerance", "dualTolerance", "timeMode"):
        assert all(f"{name} " in log and "changed from" in log for log in logs)
    for name in ("integerTolerance", "increment", "ratioGap", "allowableGap"):
        assert f"{name} was changed from" in logs[2]
    assert not any("No match" in log for log in logs)


def test_an_option_cbc_does_not_know_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cbc, "_TIGHT", ("-primalTolerence", "1e-9"))
    model, x = small(1, [({0: 1.0}, ">=", 1.0)])
    with pytest.raises(SolverError, match="CBC"):
        CbcSession(model).solve(x, 0.0, False, 1e-6)


def test_version_comes_from_the_binary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = subprocess.run([cbc.pulp_cbc_path, "-quit"], capture_output=True, text=True, check=True).stdout
    binary_version.cache_clear()
    assert f"Version: {binary_version()} " in said
    other = tmp_path / "cbc"
    other.write_text("#!/bin/sh\necho 'Welcome'\necho 'Version: 9.8.7 '\n")
    other.chmod(0o755)
    monkeypatch.setattr(cbc, "pulp_cbc_path", str(other))
    binary_version.cache_clear()
    assert binary_version() == "9.8.7"
    binary_version.cache_clear()


def after(looks: int, then: Callable[[], bool]) -> Callable[[], bool]:
    """False for a number of looks, then whatever follows."""
    left: Iterator[int] = iter(range(looks))
    return lambda: False if next(left, None) is not None else then()


def ctrl_c() -> bool:
    raise KeyboardInterrupt


@pytest.mark.parametrize(("then", "error"), [(lambda: True, InterruptedRun), (ctrl_c, KeyboardInterrupt)])
def test_an_interrupt_leaves_no_file_and_no_process(
    then: Callable[[], bool], error: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    started: list[subprocess.Popen[bytes]] = []
    begin = subprocess.Popen

    def popen(*given: object, **options: object) -> subprocess.Popen[bytes]:
        started.append(begin(*given, **options))  # type: ignore[call-overload]
        return started[-1]

    monkeypatch.setattr(cbc.subprocess, "Popen", popen)
    model, x = market_split()
    with pytest.raises(error):
        CbcSession(model, Limits(None, after(15, then))).solve(x, 0.0, False, 1e-7)
    assert list(tmp_path.iterdir()) == []
    assert len(started) >= 2
    assert all(process.returncode is not None for process in started)


def test_rows_and_columns_move_and_integers_are_held() -> None:
    model, x = small(2, [({0: 1.0, 1: 1.0}, "<=", 1.5)], upper=1.0, integer=True)
    session: Session = CbcSession(model)
    worth = x * np.array([1.0, 1.1])
    assert session.solve(worth, 0.0, True, 1e-6).value == pytest.approx(1.1)
    session.release_rows(np.array([0]))
    assert session.solve(worth, 0.0, True, 1e-6).value == pytest.approx(2.1)
    session.set_row_bounds(np.array([0]), np.array([1.0]))
    session.set_column_bounds(np.array([1]), np.array([0.0]), np.array([0.0]))
    assert session.solve(worth, 0.0, True, 1e-6).value == pytest.approx(1.0)
    session.hold_integers(np.array([0, 1]), np.array([0.0, 0.0]))
    assert session.solve(worth, 0.0, True, 1e-6).value == pytest.approx(0.0)


def test_offered_integers_count_only_if_they_reach_the_bound() -> None:
    model, x = small(2, [({0: 2.0, 1: 1.0}, "<=", 2.5)], upper=1.0, integer=True)
    session = CbcSession(model)
    for offered, gap in (([1.0, 0.0], 0.6), ([0.0, 0.0], 1e-6)):
        session.start_from(np.array([0, 1]), np.array(offered))
        found = session.solve(x, 0.0, True, gap)
        assert found.value == pytest.approx(1.0)
        assert found.gap <= gap
    assert model.column_lower.tolist() == [0.0, 0.0]


def test_prices_are_those_of_highs() -> None:
    rows = [({0: 1.0, 1: 2.0}, "<=", 8.0), ({0: 3.0, 1: 1.0}, "<=", 9.0), ({0: 1.0}, ">=", 1.0)]
    model, x = small(2, rows, upper=2.5)
    worth = x * np.array([1.0, 1.5])
    answers = [session.prices(worth, True) for session in (CbcSession(model), HighsSession(model))]
    assert answers[0] is not None and answers[1] is not None
    assert answers[0].rows == pytest.approx(answers[1].rows, abs=1e-9)
    assert answers[0].columns == pytest.approx(answers[1].columns, abs=1e-9)
    assert answers[0].rows.max() > 0
