"""Held values on their grid, statuses that cannot be mistaken, and a solver object that stays true to the model."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pulp
import pytest

from allocator.engine.build import build
from allocator.engine.criteria.step import LEVEL_GRID, SUM_GRID, Step
from allocator.engine.highs import HighsSession
from allocator.engine.opening import open_session
from allocator.engine.session import Limits
from allocator.engine.stages import StagesRun, hold_bound, run_stages
from allocator.model import Axis, Model, Outcome, Terms
from allocator.model.pulp_problem import PulpProblem
from allocator.plan.reading import load
from allocator.scenario.plan_year import Scenario
from allocator.words.errors import InfeasibleError, InterruptedRun, NoPlanError, StoppedError, UnboundedError
from stopping import stopping
from test_ordered import pairing_world
from worlds import CLASS, LEXIMIN, TOTAL, government, run, world

SCENARIOS = Path(__file__).parents[1] / "scenarios"
SOLVERS = ("highs", "cbc")
Solver = Literal["highs", "cbc"]


# -- the grid -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "grid", "maximise", "bound"),
    [
        (51.00004, LEVEL_GRID, True, 50.9999),  # rounds to 51.0000, held one ten-thousandth lower
        (51.00006, LEVEL_GRID, True, 51.0000),
        (102.0004, SUM_GRID, True, 101.999),
        (101.9996, SUM_GRID, True, 101.999),
        (167.58623, LEVEL_GRID, False, 167.5863),  # a change is held one step higher
        (0.0, LEVEL_GRID, False, 0.0001),
    ],
)
def test_hold_bound(value: float, grid: float, maximise: bool, bound: float) -> None:
    nothing = np.zeros(0, dtype=np.intp)
    step = Step("any", Terms({}, nothing, np.zeros(0)), 0.0, maximise, grid)
    assert hold_bound(step, value) == pytest.approx(bound, abs=1e-9)


def test_records_of_the_stages(tmp_path: Path) -> None:
    # 1,000 yuan evenly: 20 / 3 points in both towns (see worlds).
    _, _, done = run(world(tmp_path, funding={"sources": [government(1000)]}, stages=[LEXIMIN, TOTAL]))
    told = [(r.stage, r.step, r.status) for r in done.records]
    expected = [("balance", "worst_1", "optimal"), ("balance", "worst_2", "optimal"), ("total", "mean", "optimal")]
    assert told == expected
    assert [r.held_at for r in done.records] == pytest.approx([6.6666, 13.332, 6.6666], abs=1.1e-3)
    assert all(r.gap <= 1e-5 for r in done.records)
    assert done.closed and not done.conditional


def test_later_stages_keep_what_earlier_ones_held(tmp_path: Path) -> None:
    model, _, done = run(world(tmp_path, funding={"sources": [government(1000)]}, stages=[LEXIMIN, TOTAL]))
    smallest = np.cumsum(np.sort(model.outcomes["level"].at(done.x)))
    assert smallest[0] >= done.records[0].held_at - 1e-7
    assert smallest[1] >= done.records[1].held_at - 1e-7


def test_stability_without_a_last_year_is_skipped_and_said(tmp_path: Path) -> None:
    stages = [TOTAL, {"id": "stability", "unit_change": {"money": 100}}]
    _, _, done = run(world(tmp_path, funding={"sources": [government(1000)]}, stages=stages))
    assert [record.stage for record in done.records] == ["total"]
    assert done.skipped == [("stability", "stages.no_last_year")]


def test_stability_counts_changes_of_money(tmp_path: Path) -> None:
    # Nothing but last year's money counts: 400 + 300 of 1,000 yuan may stay, no change at all.
    before = [{"town": "a", "amount_yuan": 400}, {"town": "b", "amount_yuan": 300}]
    change = {"id": "stability", "unit_change": {"money": 50}}
    plan: dict[str, Any] = {"tables": {"before": before}, "last_year": {"funding_by_town": "before"}}
    model, _, done = run(world(tmp_path / "a", funding={"sources": [government(1000)]}, stages=[change], **plan))
    assert done.records[0].value == pytest.approx(0)
    # Total first: 1,000 in a, none in b: 600 + 300 yuan moved, 18 changes of 50 yuan.
    stages = [TOTAL, change]
    model, _, done = run(world(tmp_path / "b", funding={"sources": [government(1000)]}, stages=stages, **plan))
    assert done.records[-1].value == pytest.approx(18, abs=0.01)
    assert model.family("funding").column.size == 2


def test_stability_counts_changes_of_pairs(tmp_path: Path) -> None:
    # m2 - n1 ran last year and can be kept; m1 - m2 was no such pair and counts as lost whatever is done.
    plan = pairing_world(5)
    rows = [("m2", "n1"), ("m1", "m2")]
    table = [{"mentor": m, "mentee": n, "start_year": 2015, "renewals": 0} for m, n in rows]
    change = {"id": "stability", "unit_change": {"money": 50, "pair": 0.5}}
    more = {"tables": {"before": table}, "last_year": {"pairs": "before"}, "stages": [change]}
    scenario = world(tmp_path, **plan, **more)
    model, _, done = run(scenario)
    names = model.decoded(model.family("pairing").labels)
    chosen = done.x[model.family("pairing").column] > 0.5
    assert list(zip(names["mentor"][chosen], names["mentee"][chosen], strict=True)) == [("m2", "n1")]
    assert done.records[0].value == pytest.approx(1 / 0.5)


# -- statuses -----------------------------------------------------------------------------------------------------


def stopped_by(error: type[NoPlanError], scenario: Scenario, model: Model, solver: Solver, limits: Limits) -> None:
    with pytest.raises(NoPlanError) as caught:
        run_stages(model, scenario, open_session(model, solver, limits))
    assert type(caught.value) is error


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize("stages", [[TOTAL], [LEXIMIN]])
def test_infeasible(tmp_path: Path, solver: Solver, pairs: bool, stages: list[dict[str, Any]]) -> None:
    # 11 classes are promised, 1,000 yuan pay 10.
    lock = {"id": "promise", "decision": "units", "where": {"programme": "class"}, "at_least": 11, "reason": "."}
    plan = pairing_world(1) if pairs else {}
    plan |= {"delivery": {"programmes": [CLASS]}, "funding": {"sources": [government(1000)]}, "locks": [lock]}
    scenario = world(tmp_path, **plan, stages=stages)
    stopped_by(InfeasibleError, scenario, build(scenario), solver, Limits())


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize("stages", [[TOTAL], [LEXIMIN]])
def test_unbounded(tmp_path: Path, solver: Solver, pairs: bool, stages: list[dict[str, Any]]) -> None:
    # Units of a free programme without a ceiling, looked at in the place of the level.
    free = {"id": "class", "spending": "courses", "unit_cost": 0}
    plan = pairing_world(1) if pairs else {}
    scenario = world(tmp_path, **plan | {"delivery": {"programmes": [free]}, "stages": stages})
    model = build(scenario)
    units = model.family("units")
    terms = units.labelled({"outcome": units["town"]})
    level = model.outcomes["level"]
    model.outcomes["level"] = Outcome("level", "units", level.labels, terms, np.zeros(len(level)))
    stopped_by(UnboundedError, scenario, model, solver, Limits())


def test_exit_codes() -> None:
    errors = (InfeasibleError, StoppedError, UnboundedError, InterruptedRun)
    assert [error.exit_code for error in errors] == [4, 6, 9, 130]


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("pairs", [False, True])
def test_interrupted(tmp_path: Path, solver: Solver, pairs: bool) -> None:
    scenario = world(tmp_path, **(pairing_world(1) if pairs else {}))
    stopped_by(InterruptedRun, scenario, build(scenario), solver, Limits(interrupted=lambda: True))


def binaries(scenario: Scenario, count: int) -> tuple[Model, Terms]:
    """A model of nothing but whole columns, called pairs, with the axes of a scenario."""
    axes = {axis.name: axis for axis in build(scenario).axes.values()}
    model = Model([*axes.values(), Axis("item", tuple(map(str, range(count))))], {}, [])
    return model, model.variables("pairing", {"item": np.arange(count)}, "1", upper=1.0, integer=True)


def split_market(scenario: Scenario) -> Model:
    """Four equations in 40 binaries: no solver finds a plan, or that there is none, in a fraction of a second."""
    model, items = binaries(scenario, 40)
    draw = np.random.default_rng(0)
    for row in range(4):
        weights = draw.integers(0, 100, 40).astype(float)
        terms = (items * weights).labelled({"item": np.full(40, row)})
        model.define("market", {"item": np.array([row])}, [terms], "==", float(weights.sum() // 2), unit="1")
    model.outcomes["level"] = Outcome(
        "level",
        "1",
        {"town": np.zeros(1, dtype=np.intp)},
        items.labelled({"outcome": np.zeros(40, dtype=np.intp)}),
        np.zeros(1),
    )
    return model


@pytest.mark.parametrize("solver", SOLVERS)
def test_stopped_before_any_plan(tmp_path: Path, solver: Solver) -> None:
    scenario = world(tmp_path)
    stopped_by(StoppedError, scenario, split_market(scenario), solver, Limits(deadline=time.monotonic() + 0.3))


def knapsacks(scenario: Scenario, sacks: int, count: int) -> Model:
    """Knapsacks over the same items, two outcomes: a plan is easy (nothing at all), the proof of 30 over 120 is not."""
    model, items = binaries(scenario, count)
    draw = np.random.default_rng(0)
    for row in range(sacks):
        weights = draw.integers(1, 1000, count).astype(float)
        terms = (items * weights).labelled({"item": np.full(count, row)})
        model.define("sack", {"item": np.array([row])}, [terms], "<=", float(weights.sum() // 2), unit="1")
    worth = draw.integers(1, 1000, count).astype(float)
    outcome = np.arange(count, dtype=np.intp) % 2
    labels = {"town": np.arange(2, dtype=np.intp), "year": np.zeros(2, dtype=np.intp)}
    model.outcomes["level"] = Outcome("level", "1", labels, (items * worth).labelled({"outcome": outcome}), np.zeros(2))
    return model


@pytest.mark.parametrize("solver", SOLVERS)
def test_stopped_with_a_plan_makes_the_rest_conditional(tmp_path: Path, solver: Solver) -> None:
    scenario = world(tmp_path, stages=[LEXIMIN, TOTAL])
    model = knapsacks(scenario, 30, 120)
    session = open_session(model, solver, Limits())
    begun = time.monotonic()
    session.limits.deadline = begun + 1
    done = run_stages(model, scenario, session)
    statuses = [record.status for record in done.records]
    assert statuses[0] == "feasible"
    assert len(statuses) == 3
    assert all(status.endswith(", conditional") for status in statuses[1:])
    assert done.conditional
    assert not done.closed
    # The limit holds for all steps together: any one of them without it takes far longer than this.
    assert time.monotonic() - begun < 30
    # Held at the incumbent, and what is published keeps it.
    assert done.records[0].gap > 1e-4
    assert model.outcomes["level"].at(done.x).min() >= done.records[0].held_at - 1e-6


def test_a_step_without_an_answer_is_held_at_the_plan_so_far(tmp_path: Path) -> None:
    # The second and third step get no answer; their criteria are read off the plan of the first.
    scenario = world(tmp_path, stages=[LEXIMIN, TOTAL])
    model = knapsacks(scenario, 3, 20)
    done = run_stages(model, scenario, stopping(HighsSession(model), 1))
    worth = np.sort(model.outcomes["level"].at(done.x))
    assert 0 < worth[0] < worth[1], "two sums that could be mistaken for each other"
    assert [record.status for record in done.records] == ["optimal", "stopped", "stopped, conditional"]
    assert [record.value for record in done.records] == pytest.approx([worth[0], worth.sum(), worth.sum() / 2])
    assert [record.held_at for record in done.records] == pytest.approx(
        [worth[0] - LEVEL_GRID, worth.sum() - SUM_GRID, worth.sum() / 2 - LEVEL_GRID]
    )


def test_the_change_of_a_plan_is_read_off_it(tmp_path: Path) -> None:
    # The number a stopped stability step is held at is the number the step itself would have.
    before = [{"town": "a", "amount_yuan": 400}, {"town": "b", "amount_yuan": 300}]
    plan: dict[str, Any] = {"tables": {"before": before}, "last_year": {"funding_by_town": "before"}}
    stages = [TOTAL, {"id": "stability", "unit_change": {"money": 50}}]
    _, _, done = run(world(tmp_path, funding={"sources": [government(1000)]}, stages=stages, **plan))
    step = done.held[-1].step
    assert step.at_plan is not None
    assert step.at_plan(done.x) == pytest.approx(done.records[-1].value) == pytest.approx(18, abs=0.01)


# -- the solver object --------------------------------------------------------------------------------------------


def matrix(highs: Any) -> dict[str, np.ndarray]:
    lp = highs.getLp()
    highs.ensureColwise()
    lp = highs.getLp()
    made = {
        name: np.array(getattr(lp, name))
        for name in ("col_cost_", "col_lower_", "col_upper_", "row_lower_", "row_upper_")
    }
    made |= {name: np.array(getattr(lp.a_matrix_, name)) for name in ("start_", "index_", "value_")}
    return made | {"integrality_": np.array([int(kind) for kind in lp.integrality_])}


def handed_over_by_pulp(model: Model) -> Any:
    """A solver object that PuLP's own interface filled, cell by cell."""
    written = PulpProblem(model)
    written.minimise(Terms({}, np.zeros(0, dtype=np.intp), np.zeros(0)), 0.0, 1.0)
    solver = pulp.HiGHS(msg=False)
    solver.createAndConfigureSolver(written.problem)
    solver.buildSolverModel(written.problem)
    return written.problem.solverModel


@pytest.mark.parametrize("plan", ["tiny/2016.yaml", "panyu/2016.yaml"])
def test_arrays_reach_the_solver_as_pulp_would_hand_them_over(plan: str) -> None:
    model = build(load(SCENARIOS / plan))
    session = HighsSession(model)
    session.release_rows(np.zeros(0, dtype=np.intp))
    made = [matrix(session.highs), matrix(handed_over_by_pulp(model))]
    for name, array in made[0].items():
        np.testing.assert_array_equal(array, made[1][name], err_msg=name)
    assert len(made[0]["col_lower_"]) == model.size["columns"]
    assert len(made[0]["value_"]) == model.size["nonzeros"]


def fresh_values(model: Model, done: StagesRun) -> list[float]:
    """Every step solved by a new solver object on the finished model, its own and later held rows let go."""
    values = []
    for at, held in enumerate(done.held):
        session = HighsSession(model)
        for later in done.held[at:]:
            session.release_rows(later.row.positions)
        values.append(session.solve(held.step.objective, held.step.constant, held.step.maximise, 1e-7).value)
    return values


@pytest.mark.parametrize("seed", [0, 1])
def test_steps_on_one_object_agree_with_fresh_objects(tmp_path: Path, seed: int) -> None:
    plan = pairing_world(seed) | {"delivery": {"programmes": [CLASS]}, "funding": {"sources": [government(3000)]}}
    model, _, done = run(world(tmp_path, **plan, stages=[LEXIMIN, TOTAL]))
    assert [record.value for record in done.records] == pytest.approx(fresh_values(model, done), abs=1e-4)


def test_highs_and_cbc_reach_the_same_values(tmp_path: Path) -> None:
    plan = pairing_world(2) | {"delivery": {"programmes": [CLASS]}, "funding": {"sources": [government(3000)]}}
    scenario = world(tmp_path, **plan, stages=[LEXIMIN, TOTAL])
    runs = []
    for solver in SOLVERS:
        model = build(scenario)
        runs.append(run_stages(model, scenario, open_session(model, solver, Limits())))
    values = [[record.value for record in each.records] for each in runs]
    assert values[0] == pytest.approx(values[1], abs=1e-4)


def test_an_interrupt_from_inside_a_long_solve_stops_it(tmp_path: Path) -> None:
    # The first look is before the solve, all others from inside it; a deadline would end in another error.
    scenario, looks = world(tmp_path), itertools.count()
    limits = Limits(deadline=time.monotonic() + 60, interrupted=lambda: next(looks) > 3)
    stopped_by(InterruptedRun, scenario, split_market(scenario), "highs", limits)
