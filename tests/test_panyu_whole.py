"""Panyu's plan with its whole things: it stands on Panyu's plan, holds together, and solves with everything audited."""

from __future__ import annotations

from collections.abc import Sequence
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
from allocator.planfile import Stage, TotalStage
from allocator.scenario import Scenario
from allocator.solve import Options
from allocator.stages import run_stages

PLAN = Path(__file__).parent.parent / "scenarios" / "panyu_whole"


@pytest.fixture(scope="module")
def year() -> Scenario:
    return load(PLAN / "2016.yaml")


def with_stages(year: Scenario, stages: Sequence[Stage]) -> Scenario:
    """The year with some of its stages."""
    common = year.first.common.model_copy(update={"stages": tuple(stages)})
    return replace(year, plan_years=(replace(year.first, common=common),))


def newly_starred(year: Scenario, stages: Sequence[Stage]) -> list[str]:
    """Stations that get their first star with these stages alone, the mean level within half a point of the best."""
    alone = with_stages(year, stages)
    model = build(alone)
    run = run_stages(model, alone, HighsSession(model), Gaps.read(["total=0.5"]))
    assert run.closed and run.x is not None
    starred = model.family("starred")
    ids = model.decoded(starred.labels)
    known = year.first.tables["stations"].set_index("station")["star"]
    taken = zip(ids["station"], ids["grade"], run.x[starred.column].round(), strict=True)
    return [station for station, grade, has in taken if grade == "one_star" and has and known[station] == 0]


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


def test_stars_are_favoured_where_stations_are_slow(year: Scenario) -> None:
    # The mean level alone takes the stations that cost least, which are not the slow ones.
    by_id = {stage.id: stage for stage in year.first.common.stages}
    favour = by_id["favour"]
    assert isinstance(favour, TotalStage) and favour.of == "stars.benefit"
    order = [stage.id for stage in year.first.common.stages]
    assert order.index("favour") < order.index("total")
    level_alone = newly_starred(year, [by_id["basics"], by_id["total"]])
    favoured = newly_starred(year, [by_id["basics"], favour, by_id["total"]])
    stations = year.first.tables["stations"].set_index("station")
    open_before = stations.loc[stations["star"] == 0, "slow"].mean()
    assert stations.loc[level_alone, "slow"].mean() < open_before < stations.loc[favoured, "slow"].mean()


def test_four_fifths_of_the_residents_can_be_near_a_base_but_not_with_any_ten_new_ones(year: Scenario) -> None:
    favour = TotalStage(id="favour", of="coverage.covered", aggregate="sum")
    basics = next(stage for stage in year.first.common.stages if stage.id == "basics")
    people = float(year.first.tables["stations"]["residents"].sum())
    assert year.first.sections["bases"].most_new > 10
    for most, enough in ((year.first.sections["bases"].most_new, True), (10, False)):
        alone = with_stages(year.with_({"bases.most_new": most}), [basics, favour])
        model = build(alone)
        run = run_stages(model, alone, HighsSession(model), Gaps.read(["favour=1000"]))
        assert run.closed
        share = run.records[-1].value / people
        assert (0.8 <= share < 0.9) if enough else (share + 1000 / people < 0.8)


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
    alone = with_stages(year, [basics, balance.model_copy(update={"ranks": (1, 2)})])
    model = build(alone)
    run = run_stages(model, alone, HighsSession(model), Gaps.read(["balance=0.05"]))
    assert run.closed
    values = {(record.stage, record.step): record.value for record in run.records}
    lines = YAML(typ="safe").load(PLAN / "expected" / "2016.yaml")["stages"]
    assert set(values) == {(line["stage"], line["step"]) for line in lines}
    for line in lines:
        assert values[line["stage"], line["step"]] == pytest.approx(line["value"], abs=line["within"]), line["step"]
