"""Panyu's plan with its whole things: it stands on Panyu's plan, holds together, and solves with everything audited."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from allocator import load, solve
from allocator.blocks.counted import counted
from allocator.build import build
from allocator.check import check
from allocator.gaps import Gaps
from allocator.highs import HighsSession
from allocator.scenario import Scenario
from allocator.solve import Options
from allocator.stages import run_stages

PLAN = Path(__file__).parent.parent / "scenarios" / "panyu_whole"


@pytest.fixture(scope="module")
def year() -> Scenario:
    return load(PLAN / "2016.yaml")


def test_it_stands_on_panyu_and_adds_every_block_of_whole_things(year: Scenario) -> None:
    below = load(PLAN.parent / "panyu" / "2016.yaml")
    added = {"stars", "demonstration", "projects", "purchase", "bases", "coverage", "posting", "team"}
    assert set(year.first.sections) - set(below.first.sections) == added
    assert list(year.first.towns.index) == list(below.first.towns.index)
    assert year.first.places["delivery.programmes.operations.id"].file == "../panyu/plan.yaml"
    assert year.first.places["stars.most_a_year"].file == "plan.yaml"


def test_stations_agree_with_the_towns_and_with_the_base_table(year: Scenario) -> None:
    plan = year.first
    stations = plan.tables["stations"]
    assert len(stations) == 336
    by_town = stations.groupby("town")
    assert (by_town.size() == plan.towns["stations"]).all()
    assert (by_town["residents"].sum() == plan.towns["resident_pop"]).all()
    starred = stations[stations["star"] > 0].groupby("town").size().reindex(plan.towns.index, fill_value=0)
    shown = plan.base["standard_stations"] * plan.towns["stations"]
    assert (abs(shown - starred) < 1e-3).all()


def test_all_years_hold_together_and_nothing_is_said_to_be_impossible() -> None:
    scenario = load(PLAN)
    assert scenario.years == (2016, 2017, 2018, 2019, 2020)
    assert [finding for finding in check(scenario) if finding.severity == "infeasible"] == []
    wanted = {goal.measure for goal in scenario.last.common.goals}
    assert {"star_stations", "demonstration_towns", "curriculum", "brand", "covered_share"} <= wanted
    assert wanted & set(counted(scenario.last)) >= {"star_stations", "demonstration_towns", "new_research"}


def test_every_block_has_columns_in_every_year() -> None:
    model = build(load(PLAN))
    for family in ("starred", "demonstrated", "project_start", "purchased", "opening", "covered", "posted", "posts"):
        years = set(model.family(family)["year"].tolist())
        assert years == {0, 1, 2, 3, 4}, family


@pytest.mark.slow
def test_one_year_solves_and_every_step_says_how_far_it_got(year: Scenario) -> None:
    # The audit has passed when solve returns. How many gaps close in that time depends on the machine.
    result = solve(year, Options(gap=["balance=0.05", "others=0.1%"], time_limit=40))
    stages = result.stages
    closed = stages["gap"] <= stages["asked"] * (1 + 1e-9)
    assert (stages["status"].str.startswith("optimal") == closed).all()
    assert closed[stages["stage"] == "basics"].all()
    assert result.status == ("optimal" if closed.all() else "feasible")
    assert result.run["hard_goals_missed"] == []
    assert (result.tables["counts"].query("counted == 'new_research'")["amount"].sum()) >= 1
    assert len(result.tables["star_batches"]) == 16


@pytest.mark.slow
def test_the_first_steps_are_those_that_the_second_solver_proved(year: Scenario) -> None:
    # No time limit: the goals and the two worst-off towns alone close on any machine.
    basics, balance = (stage for stage in year.first.common.stages if stage.id in ("basics", "balance"))
    few = year.first.common.model_copy(update={"stages": (basics, balance.model_copy(update={"ranks": (1, 2)}))})
    alone = replace(year, plan_years=(replace(year.first, common=few),))
    model = build(alone)
    run = run_stages(model, alone, HighsSession(model), Gaps.read(["balance=0.05"]))
    assert run.closed
    values = {(record.stage, record.step): record.value for record in run.records}
    lines = YAML(typ="safe").load(PLAN / "expected" / "2016.yaml")["stages"]
    assert set(values) == {(line["stage"], line["step"]) for line in lines}
    for line in lines:
        assert values[line["stage"], line["step"]] == pytest.approx(line["value"], abs=line["within"]), line["step"]
