"""Panyu's plan with its whole things: it stands on Panyu's plan, holds together, and solves with everything audited."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ruamel.yaml import YAML

from allocator import load, solve
from allocator.blocks.registry import counted
from allocator.engine.build import build
from allocator.engine.gaps import Gaps
from allocator.engine.highs import HighsSession
from allocator.engine.stages import run_stages
from allocator.plan.check import check
from allocator.scenario.plan_year import Scenario
from allocator.scenario.section import Stage, TotalStage
from allocator.verbs.options import Options

PLAN = Path(__file__).parent.parent / "scenarios" / "panyu_whole"


pytestmark = pytest.mark.xdist_group("panyu_whole")
"""One worker loads what several tests look at."""


@pytest.fixture(scope="module")
def year() -> Scenario:
    return load(PLAN / "2016.yaml")


@pytest.fixture(scope="module")
def years() -> Scenario:
    return load(PLAN)


def own() -> dict[str, Any]:
    """What plan.yaml says beyond the plan that it stands on."""
    return dict(YAML(typ="safe").load(PLAN / "plan.yaml"))


def expected() -> dict[str, Any]:
    """Stage values of the second solver, and facts that every plan of 2016 shows."""
    return dict(YAML(typ="safe").load(PLAN / "expected" / "2016.yaml"))


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


def test_all_years_hold_together_and_nothing_is_said_to_be_impossible(years: Scenario) -> None:
    assert years.years == (2016, 2017, 2018, 2019, 2020)
    assert [finding for finding in check(years) if finding.severity == "infeasible"] == []
    wanted = {goal.measure for goal in years.last.common.goals}
    assert {"star_stations", "demonstration_towns", "curriculum", "brand", "covered_share"} <= wanted
    assert wanted & set(counted(years.last)) >= {"star_stations", "demonstration_towns", "new_research"}


@pytest.mark.slow
def test_every_block_has_columns_in_every_year(years: Scenario) -> None:
    model = build(years)
    for family in ("starred", "demonstrated", "project_start", "purchased", "opening", "covered", "posted", "posts"):
        assert set(model.family(family)["year"].tolist()) == {0, 1, 2, 3, 4}, family


@pytest.mark.slow
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


@pytest.mark.slow
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


def test_every_goal_quotes_the_plan_documents_and_stands_on_its_line_of_the_page() -> None:
    documents = (PLAN.parent / "sources" / "plan-documents").glob("*.txt")
    written = "".join(re.sub(r"\s+", "", path.read_text(encoding="utf-8")) for path in documents)
    page = (PLAN.parents[1] / "docs" / "plan-text.md").read_text(encoding="utf-8").splitlines()
    lines = {line.split("|")[1].strip(): line for line in page if line.startswith("| A")}
    goals = own()["goals"]
    assert len(goals) == 9
    for goal in goals:
        assert re.sub(r"\s+", "", goal["text"]) in written
        assert f"`{goal['id']}`" in lines[goal["requirement"]]
        wish = goal["text"].startswith(("争取", "完善", "推进"))
        assert goal["strength"] == ("soft" if wish else "hard")


def test_every_kind_of_project_stands_on_the_page_and_has_projects(year: Scenario) -> None:
    page = (PLAN.parents[1] / "docs" / "plan-text.md").read_text(encoding="utf-8")
    counts = year.first.tables["projects"]["kind"].value_counts()
    for kind in own()["projects"]["kinds"]:
        assert counts[kind["id"]] >= 1
        assert f"`{kind['id']}`" in page or any(goal["measure"] == kind["id"] for goal in own()["goals"])


def test_every_section_says_what_is_assumed() -> None:
    # The comment right above a section of its own; those of ../panyu have theirs there.
    text = (PLAN / "plan.yaml").read_text(encoding="utf-8")
    blocks = re.findall(r"((?:^#.*\n)*)^(\w+):", text, flags=re.MULTILINE)
    unsaid = {name for comment, name in blocks if "示例数据（虚构）" not in comment}
    assert unsaid == {"plan", "name", "names", "delivery", "goals", "stages"}


def test_every_column_in_use_has_an_origin(year: Scenario) -> None:
    read = [pd.read_csv(path, encoding="utf-8-sig") for path in sorted((PLAN / "tables").glob("*.csv"))]
    named = [path.stem for path in sorted((PLAN / "tables").glob("*.csv"))]
    origins = read[named.index("origins")]
    said = set(zip(origins["table"], origins["column"], strict=True))
    assert not origins.duplicated(["table", "column"]).any()
    assert {(n, c) for n, frame in zip(named, read, strict=True) for c in frame.columns if n != "origins"} <= said
    assumed = origins["origin"] == "illustrative"
    assert (origins["rule_zh"].str.startswith("示例数据（虚构）") == assumed).all()


def test_exchange_asks_for_a_tenth_of_the_eligible_and_a_fifth_of_backbone_teachers(year: Scenario) -> None:
    teachers = year.first.tables["teachers"]
    assert teachers["eligible"].sum() == 34
    assert set(teachers.loc[teachers["eligible"], "hours"]) == {200}
    model = build(year)
    rows = {name: model.rows[name][0].positions for name in ("posting_share", "posting_backbone", "matching")}
    assert model.row_bound[rows["posting_share"][0]] == 4
    assert len(rows["posting_backbone"]) == 1
    assert sum(len(part.positions) for part in model.rows["matching"]) == 2


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
    facts = expected()["facts"]
    amounts = result.tables["counts"].groupby("counted")["amount"].sum()
    out = [f for f in facts if not f.get("at_least", 0) <= amounts[f["counted"]] <= f.get("at_most", math.inf)]
    assert facts and out == []
    assert len(result.towns) == len(result.tables["star_batches"]) == 16
    # No plan has better worst-off towns than the second solver's bound.
    worst = result.towns["level_after"].sort_values().cumsum().reset_index(drop=True)
    for line in expected()["stages"]:
        if line["stage"] == "balance":
            assert worst[int(line["step"].removeprefix("worst_")) - 1] <= line["value"] + line["within"]
    posts = result.tables["team"]
    assert 0 < posts["hired"].sum() <= 24
    school = result.tables["accounts"].query("ledger == 'school_time'").groupby("block")["supplied"].sum()
    paid = {"full_time": (9000, 24), "part_time": (3000, 10), "volunteer": (240, 3), "expert": (2000, 0)}
    by_type = posts.groupby("type")["posts"].sum()
    assert school["team"] == pytest.approx(sum(by_type[each] * hours for each, (_, hours) in paid.items()))


@pytest.mark.slow
def test_the_first_steps_are_those_that_the_second_solver_proved(year: Scenario) -> None:
    # No time limit: the goals and the two worst-off towns alone close on any machine.
    basics, balance = (stage for stage in year.first.common.stages if stage.id in ("basics", "balance"))
    alone = with_stages(year, [basics, balance.model_copy(update={"ranks": (1, 2)})])
    model = build(alone)
    run = run_stages(model, alone, HighsSession(model), Gaps.read(["balance=0.05"]))
    assert run.closed
    values = {(record.stage, record.step): record.value for record in run.records}
    lines = expected()["stages"]
    assert set(values) == {(line["stage"], line["step"]) for line in lines}
    for line in lines:
        assert values[line["stage"], line["step"]] == pytest.approx(line["value"], abs=line["within"]), line["step"]
