"""A stage as a PuLP problem and as LP and MPS files: any solver reaches the value of the stage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import highspy
import pulp
import pytest
from pulp.apis.coin_api import pulp_cbc_path

from allocator.cli.run import run
from allocator.engine.build import build
from allocator.model import Axis, Model
from allocator.model.pulp_problem import PulpProblem, readable
from allocator.plan.reading import load
from allocator.tables.result import Result
from allocator.verbs.exporting import export, problem_of
from allocator.verbs.solving import solve
from allocator.words.errors import UsageError
from shipped import FILES, SCENARIOS, parameters, result
from worlds import CLASS, TOTAL, attainment, effect, government, world

KILROY = SCENARIOS / "classics" / "kilroy" / "1971.yaml"
SOLVERS = {"cbc": pulp.COIN_CMD(path=pulp_cbc_path, msg=False, gapRel=0.0), "highs": pulp.HiGHS(msg=False, gapRel=0.0)}


def reached(done: Result, stage: str) -> float:
    """Value of a step in the table of stages."""
    name, _, step = stage.partition("/")
    stages = done.tables["stages"]
    rows = stages[stages["stage"] == name].reset_index(drop=True)
    at = int(step or 1) - 1 if not step or step.isdigit() else rows.index[rows["step"] == step][0]
    return float(rows.loc[at, "value"])


def optimum(problem: pulp.LpProblem, solver: str) -> float:
    assert problem.solve(SOLVERS[solver]) == pulp.LpStatusOptimal
    return float(problem.objective.value())


def read_back(file: Path) -> float:
    """Optimum of a file, read and solved by HiGHS alone."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("mip_rel_gap", 0.0)
    assert highs.readModel(str(file)) == highspy.HighsStatus.kOk
    highs.run()
    assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return float(highs.getInfo().objective_function_value)


@pytest.mark.parametrize("name", parameters(["tiny/2016", "wuchuan/2021"]))
@pytest.mark.parametrize("stage", ["balance", "balance/3", "total"])
def test_pulps_own_solvers_and_both_files_reach_the_value_of_the_stage(name: str, stage: str, tmp_path: Path) -> None:
    scenario = load(FILES[name])
    wanted = -reached(result(name), stage)  # levels are raised, and problems are minimised
    problem = problem_of(scenario, stage)
    assert [optimum(problem, solver) for solver in SOLVERS] == pytest.approx([wanted] * 2, abs=2e-6)
    problem.writeLP(str(tmp_path / "stage.lp"), max_length=255)
    problem.writeMPS(str(tmp_path / "stage.mps"))
    found = [read_back(tmp_path / f"stage.{kind}") for kind in ("lp", "mps")]
    assert found == pytest.approx([wanted] * 2, abs=2e-6)


@pytest.mark.parametrize("name", parameters(["panyu/2016"]))
def test_a_plan_with_pairs_and_goals(name: str) -> None:
    scenario, done = load(FILES[name]), result(name)
    for stage, solver, within in (
        ("balance/1", "cbc", 1e-5),
        ("balance/worst_2", "highs", 1e-4),
        ("total", "highs", 1e-4),
    ):
        assert optimum(scenario.problem(stage), solver) == pytest.approx(-reached(done, stage), abs=within)


def test_a_classic_of_covering() -> None:
    scenario = load(KILROY)
    wanted = reached(solve(scenario), "total")
    problem = scenario.problem("total")
    assert [optimum(problem, solver) for solver in SOLVERS] == pytest.approx([wanted] * 2)


def test_limits_that_are_curved_have_the_rows_that_the_answer_needs(tmp_path: Path) -> None:
    limits = [{"id": "even", "measure": "cv", "at_most": 0.2}]
    scenario = world(
        tmp_path,
        delivery={"programmes": [CLASS]},
        attainment=attainment(effect()),
        funding={"sources": [government(2000)]},
        limits=limits,
        stages=[TOTAL],
    )
    wanted = -reached(solve(scenario), "total")
    assert optimum(scenario.problem("total"), "highs") == pytest.approx(wanted, abs=1e-3)


def test_names_say_family_and_labels() -> None:
    scenario = load(FILES["wuchuan/2021"])
    written = PulpProblem(build(scenario), readable)
    names = [each.name for each in [*written.columns, *written.rows]]
    assert all(name.isascii() and not set(name) & set(pulp.LpVariable.illegal_chars) for name in names)
    town, source = scenario.first.towns.index[0], "government"
    assert any(name.startswith(f"funding__{town}__") and f"__{source}__" in name for name in names)


def test_names_stay_unique_where_pulp_would_make_them_one(tmp_path: Path) -> None:
    model = Model([Axis("town", ("San Juan", "San-Juan", "San_Juan", "San_Juan__2"))], {}, [])
    codes = {"town": model.axes["town"].codes(model.axes["town"].ids)}
    x = model.variables("x", codes, "yuan", upper=1.0)
    model.define("kept", codes, [x], "<=", 0.5, unit="yuan")
    written = PulpProblem(model, readable)
    written.minimise(x, 0.0, -1.0)
    written.problem.writeLP(str(tmp_path / "x.lp"))
    assert len({column.name for column in written.columns}) == len({row.name for row in written.rows}) == 4
    assert read_back(tmp_path / "x.lp") == pytest.approx(-2.0)


@pytest.mark.parametrize(
    ("stage", "said"),
    [("balence/1", "did you mean balance"), ("tie_break", "known"), ("balance/9", "balance/worst_3"), ("", "balance")],
)
def test_an_unknown_stage_or_step_names_those_there_are(stage: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        problem_of(load(FILES["tiny/2016"]), stage)


def test_nothing_is_solved_where_the_file_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("work was begun")

    monkeypatch.setattr("allocator.verbs.exporting.problem_of", refuse)
    scenario = load(FILES["tiny/2016"])
    (tmp_path / "there.lp").write_text("mine", encoding="utf-8")
    for file in (tmp_path / "no folder" / "x.lp", tmp_path / "there.lp", tmp_path):
        with pytest.raises(UsageError):
            export(scenario, "total", "lp", file)
    assert (tmp_path / "there.lp").read_text(encoding="utf-8") == "mine"


def test_the_command_writes_either_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = []
    for kind in ("lp", "mps"):
        file = tmp_path / f"first.{kind}"
        words = ["export", str(FILES["tiny/2016"]), "--stage", "balance/1", "--format", kind, "--out", str(file)]
        assert run(words) == 0
        assert str(file) in capsys.readouterr().out
        assert run(words) == 2, "not replaced"
        assert run([*words, "--force"]) == 0
        values.append(read_back(file))
    assert values == pytest.approx([-51.0] * 2)  # docs/tiny.md


def test_the_problem_is_named_after_plan_and_stage() -> None:
    assert load(FILES["tiny/2016"]).problem("balance/1").name == "tiny-2016-balance-1"
