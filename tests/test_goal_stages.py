"""Basics and aspirations: least shortfall, importance, which goals are missed, and what stays a rule."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from allocator.auditing.whole import audit, audit_tables
from allocator.plan.reading import load
from allocator.tables.goals import missed_goals
from allocator.tables.result import Result
from allocator.verbs.costs_of_goals import goal_costs
from allocator.verbs.options import Options
from allocator.verbs.solving import solve
from allocator.words.errors import InputError
from worlds import CLASS, LEXIMIN, PARTICIPATION, TALK, TOTAL, effect, government, levels, solved, world

PANYU = Path(__file__).parent.parent / "scenarios" / "panyu" / "2016.yaml"
BASICS, ASPIRATIONS = {"id": "basics"}, {"id": "aspirations"}
EVENLY = {"id": "tie_break", "factors": {"resident_pop": 1}}


def goal(name: str, measure: str, at_least: float, strength: str = "hard", **more: Any) -> dict[str, Any]:
    return {"id": name, "measure": measure, "strength": strength, "at_least": {"2016": at_least}, **more}


def steps(result: Result, stage: str) -> dict[str, tuple[float, float]]:
    """Step to value and held value."""
    mine = result.stages[result.stages["stage"] == stage]
    return {row.step: (round(row.value, 6), round(row.held_at, 6)) for row in mine.itertuples()}


def two_measures(*goals: dict[str, Any], stages: list[Any], **more: Any) -> dict[str, Any]:
    """1,000 yuan for classes (participation) and talks (visits), 10 persons each: 10 units in all."""
    indicators = [{**PARTICIPATION, "weight": 0.5}, {**PARTICIPATION, "id": "visits", "weight": 0.5}]
    effects = [effect(), effect("talk", indicator="visits")]
    return {
        "delivery": {"programmes": [{**CLASS, "max_units": None}, TALK]},
        "attainment": {"indicators": indicators, "effects": effects},
        "funding": {"sources": [government(1000, pays=["courses", "activities"])]},
        "goals": list(goals),
        "stages": stages,
        **more,
    }


ALL = 100 / 1500  # what ten units of one kind reach in the district


def units(result: Result) -> dict[str, float]:
    return result.delivery.groupby("programme")["units"].sum().round(3).to_dict()


# -- basics --------------------------------------------------------------------------------------------------------


def test_a_goal_that_can_be_met_is_a_rule_from_then_on(tmp_path: Path) -> None:
    # 4 talks are the goal; leximin of levels would be as happy with classes, the tie-break may not touch the 4 talks.
    result = solved(tmp_path, **two_measures(goal("g", "visits", 0.4 * ALL), stages=[BASICS, TOTAL, EVENLY]))
    assert steps(result, "basics") == {"shortfall": (0, 0.00002), "met": (1, 0.99998)}  # held, then loosened once
    assert missed_goals(result.goals) == []
    reached = result.goals.iloc[0]["reached"]
    assert reached >= 0.4 * ALL * (1 - 1e-7)
    assert result.run["unique"]
    assert audit(result).failed == ()


def test_a_goal_out_of_reach_falls_short_by_what_arithmetic_says(tmp_path: Path) -> None:
    result = solved(tmp_path, **two_measures(goal("g", "visits", 1.25 * ALL), stages=[BASICS, TOTAL]))
    assert steps(result, "basics") == {"shortfall": (0.2, 0.20001)}
    assert result.goals.iloc[0]["shortfall"] == pytest.approx(0.25 * ALL, abs=1e-6)
    assert units(result) == {"class": 0, "talk": 10}
    assert missed_goals(result.goals) == ["g"]


@pytest.mark.parametrize(
    ("of_class", "of_talk", "expected"), [(1, 2, {"class": 0, "talk": 10}), (3, 2, {"class": 10, "talk": 0})]
)
def test_the_more_important_of_two_goals_is_met(
    of_class: float, of_talk: float, expected: dict[str, float], tmp_path: Path
) -> None:
    goals = [
        goal("classes", "participation", ALL, importance=of_class),
        goal("talks", "visits", ALL, importance=of_talk),
    ]
    result = solved(tmp_path, **two_measures(*goals, stages=[BASICS, TOTAL]))
    assert units(result) == pytest.approx(expected, abs=2e-3)
    assert steps(result, "basics")["shortfall"][0] == min(of_class, of_talk)
    assert len(missed_goals(result.goals)) == 1
    assert audit(result).failed == ()


def test_importance_weighs_shares_of_the_targets(tmp_path: Path) -> None:
    # A talk is a tenth of one target and a fifth of the other: five talks meet the lower one, five classes are left.
    goals = [goal("classes", "participation", ALL), goal("talks", "visits", ALL / 2)]
    result = solved(tmp_path, **two_measures(*goals, stages=[BASICS, TOTAL]))
    assert units(result) == pytest.approx({"class": 5, "talk": 5}, abs=2e-3)
    assert steps(result, "basics")["shortfall"][0] == 0.5


def weight(name: str) -> float:
    digest = hashlib.sha256("\x1f".join(("shortfall", name, "district", "2016")).encode()).digest()
    return 1 + int.from_bytes(digest, "big") / 2**256


@pytest.mark.parametrize("names", [("classes", "talks"), ("c", "t"), ("x", "y")])
def test_which_of_two_equal_goals_is_missed_follows_the_published_order(names: tuple[str, str], tmp_path: Path) -> None:
    goals = [goal(names[0], "participation", ALL), goal(names[1], "visits", ALL)]
    result = solved(tmp_path, **two_measures(*goals, stages=[BASICS, TOTAL]))
    heavier, lighter = sorted(names, key=weight, reverse=True)
    assert missed_goals(result.goals) == [lighter]
    assert steps(result, "basics")["shortfall"] == (1, 1.00001)
    assert steps(result, "basics")["which"][0] == pytest.approx(weight(lighter), abs=1e-6)
    assert steps(result, "basics")["met"] == (1, 0.99999)
    assert result.goals.set_index("goal").loc[heavier, "shortfall"] == pytest.approx(0, abs=1e-6)


def test_a_goal_of_every_town_counts_as_one_goal(tmp_path: Path) -> None:
    # Both goals ask for all the money. In every town: 5 persons in a, 10 in b for each percent: 15 of 100 persons.
    every = goal("every", "visits", ALL, scope="every_town", importance=1)
    whole = goal("whole", "participation", ALL, importance=0.9)
    result = solved(tmp_path, **two_measures(every, whole, stages=[BASICS, TOTAL]))
    # A talk in a lowers half the goal by 10 / (500 * ALL) = 0.3, weight 0.5: 0.15 > 0.09 of a class; in b 0.075 < 0.09.
    # So a is served with 10 / 3 talks and the rest are classes.
    assert units(result) == pytest.approx({"class": 20 / 3, "talk": 10 / 3}, abs=2e-3)
    assert steps(result, "basics")["shortfall"][0] == pytest.approx(0.5 + 0.9 / 3, abs=1e-5)
    assert missed_goals(result.goals) == ["every/b", "whole"]
    assert audit(result).failed == ()


# -- aspirations ---------------------------------------------------------------------------------------------------

SOFT = goal("one", "level", 10, "soft", scope="count_of_towns", towns=1)


def test_aspirations_and_balance_in_either_order(tmp_path: Path) -> None:
    given = {"funding": {"sources": [government(1000)]}, "goals": [SOFT]}
    balanced = solved(tmp_path / "balance", **given, stages=[LEXIMIN, ASPIRATIONS])
    assert levels(balanced) == pytest.approx({"a": 6.667, "b": 6.667}, abs=2e-3)
    assert steps(balanced, "aspirations")["shortfall"][0] == 1
    striving = solved(tmp_path / "strive", **given, stages=[ASPIRATIONS, LEXIMIN])
    assert levels(striving) == pytest.approx({"a": 10, "b": 5}, abs=2e-3)
    assert steps(striving, "aspirations") == {"shortfall": (0, 0.00001), "met": (1, 0.99999)}
    assert audit(balanced).failed == audit(striving).failed == ()


def test_hard_goals_come_before_soft_ones(tmp_path: Path) -> None:
    goals = [goal("must", "visits", ALL, importance=0.1), goal("strive", "participation", ALL, "soft", importance=9)]
    result = solved(tmp_path, **two_measures(*goals, stages=[BASICS, ASPIRATIONS, TOTAL]))
    assert units(result) == {"class": 0, "talk": 10}
    assert missed_goals(result.goals) == []
    assert missed_goals(result.goals, "soft") == ["strive"]


def test_what_aspirations_give_is_spent_by_the_total(tmp_path: Path) -> None:
    # The goal asks for ten talks; the total prefers classes (twice the weight). A quarter of the target is given.
    plan = two_measures(goal("g", "visits", ALL, "soft"), stages=[{**ASPIRATIONS, "give": 0.25}, TOTAL])
    plan["attainment"]["indicators"][0]["weight"], plan["attainment"]["indicators"][1]["weight"] = 0.8, 0.2
    result = solved(tmp_path, **plan)
    assert units(result) == pytest.approx({"class": 2.5, "talk": 7.5}, abs=2e-3)
    assert steps(result, "aspirations") == {"shortfall": (0, 0.25001)}
    assert audit(result).failed == ()


# -- audit, tables, references -------------------------------------------------------------------------------------


def competing(tmp_path: Path) -> Result:
    goals = [goal("classes", "participation", ALL), goal("talks", "visits", ALL / 2, importance=2)]
    return solved(tmp_path, **two_measures(*goals, stages=[BASICS, TOTAL]))


@pytest.mark.parametrize("step", ["shortfall", "which", "met"])
def test_the_audit_finds_a_stage_that_claims_more(step: str, tmp_path: Path) -> None:
    result = competing(tmp_path)
    assert audit(result).failed == ()
    changed = {name: frame.copy() for name, frame in result.tables.items()}
    better = 1 if step == "met" else -0.01
    changed["stages"].loc[changed["stages"]["step"] == step, ["value", "held_at"]] += better
    assert audit_tables(result.scenario, changed).failed == ("stages",)


def test_the_audit_finds_a_plan_that_falls_shorter(tmp_path: Path) -> None:
    result, other = competing(tmp_path / "one"), solved(tmp_path / "two", **two_measures(stages=[TOTAL]))
    mixed: dict[str, pd.DataFrame] = {
        **other.tables,
        "stages": result.tables["stages"],
        "goals": result.tables["goals"],
    }
    assert {"stages", "goals.reached"} <= set(audit_tables(result.scenario, mixed).failed)


@pytest.mark.parametrize(
    ("more", "code", "path"),
    [
        ({"measure": "partcipation"}, "E301", "goals.g.measure"),
        ({"measure": "category_share"}, "E313", "goals.g.measure"),
        ({"measure": "special_fund_per_head"}, "E313", "goals.g.measure"),
        ({"category": "health"}, "E326", "goals.g.category"),
        ({"category": "helth"}, "E301", "goals.g.category"),
        ({"scope": "count_of_towns"}, "E326", "goals.g.towns"),
        ({"towns": 1}, "E326", "goals.g.towns"),
        ({"scope": "count_of_towns", "towns": 3}, "E328", "goals.g.towns"),
        ({"measure": "paired_slow_towns", "scope": "every_town"}, "E327", "goals.g.scope"),
        ({"measure": "money_per_head", "path": "linear_from_base"}, "E329", "goals.g.path"),
    ],
)
def test_goals_that_cannot_be_meant_are_said(more: dict[str, Any], code: str, path: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        world(tmp_path, goals=[{**goal("g", "participation", 0.1), **more}])
    assert (code, path) in {(finding.code, finding.path) for finding in raised.value.findings}


def test_basics_come_first(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        world(tmp_path, stages=[TOTAL, BASICS])
    assert [finding.code for finding in raised.value.findings] == ["E306"]


# -- what goals cost, and a whole district -------------------------------------------------------------------------


def test_what_each_goal_costs(tmp_path: Path) -> None:
    goals = [goal("classes", "participation", ALL), goal("talks", "visits", ALL / 2, importance=2)]
    costs = goal_costs(world(tmp_path, **two_measures(*goals, stages=[BASICS, TOTAL])))
    cost = costs.set_index(["dropped", "what"])[["before", "after", "change"]].round(4)
    # Together: 5 talks, 5 classes. Without the talks' goal all ten are classes.
    assert cost.loc[("talks", "classes")].tolist() == pytest.approx([ALL / 2, ALL, ALL / 2], abs=1e-4)
    assert cost.loc[("talks", "basics/shortfall")].tolist() == pytest.approx([0.5, 0, -0.5], abs=1e-4)
    assert cost.loc[("classes", "basics/shortfall")].tolist() == pytest.approx([0.5, 0, -0.5], abs=1e-4)
    assert ("talks", "talks") not in cost.index


@pytest.mark.slow
def test_panyu_with_its_goals_enforced() -> None:
    scenario = load(PANYU)
    kept = {stage.id: stage.model_dump(exclude_none=True) for stage in scenario.first.common.stages}
    stricter = {"goals.stars_20.at_least": {2020: 0.37}}  # 0.138 in 2016; 0.128 with the plan's own goal
    result = solve(scenario.with_(stricter))
    assert result.run["unique"]
    assert missed_goals(result.goals) == []
    unasked = [stage for name, stage in kept.items() if name not in ("basics", "aspirations")]
    free = solve(scenario.with_({"stages": unasked, **stricter}))
    assert missed_goals(free.goals) == ["mix_skills", "stars_20"]
    asked = result.goals.set_index("goal").loc[["mix_skills", "stars_20"]]
    assert asked["reached"].tolist() == pytest.approx(asked["target"].tolist(), rel=1e-6)  # met, and no more than that
    assert result.towns["level_after"].min() <= free.towns["level_after"].min() + 1e-3


def test_goals_of_two_years_decided_together(tmp_path: Path) -> None:
    # Ten classes a year that last: 100 persons of 1,500 in 2016, 200 in 2017, of 75 and 225 asked for.
    asked = {**goal("g", "participation", 0), "at_least": {"2016": 0.05, "2017": 0.15}}
    each = {**goal("money", "money_per_head", 0.1, "rule", scope="every_town")}
    world(tmp_path, funding={"sources": [government(1000)]}, goals=[asked, each], stages=[BASICS, TOTAL, EVENLY])
    plan = json.loads((tmp_path / "plan.yaml").read_text(encoding="utf-8"))
    (tmp_path / "plan.yaml").write_text(json.dumps({**plan, "years": [2016, 2017]}), encoding="utf-8")
    (tmp_path / "2017.yaml").write_text("year: 2017\n", encoding="utf-8")
    result = solve(load(tmp_path))
    reached = result.goals[result.goals["goal"] == "g"].set_index("year")[["reached", "shortfall"]].round(4)
    assert reached.loc[2016].tolist() == pytest.approx([100 / 1500, 0], abs=1e-4)
    assert reached.loc[2017].tolist() == pytest.approx([200 / 1500, 25 / 1500], abs=1e-4)
    assert result.stages.iloc[0]["value"] == pytest.approx(25 / 225)
    assert missed_goals(result.goals) == result.run["hard_goals_missed"] == ["2017/g"]
    assert audit(result).failed == ()


@pytest.mark.parametrize("stages", [[BASICS, ASPIRATIONS, LEXIMIN], [BASICS, LEXIMIN, ASPIRATIONS, TOTAL]])
def test_both_solvers_reach_the_same_goals(stages: list[Any], tmp_path: Path) -> None:
    goals = [SOFT, goal("hard", "participation", 0.06), goal("each", "level", 8, "soft", scope="every_town")]
    scenario = world(tmp_path, funding={"sources": [government(1000)]}, goals=goals, stages=[*stages, EVENLY])
    one, other = (solve(scenario, Options(solver=name)) for name in ("highs", "cbc"))
    assert one.goals["reached"].tolist() == pytest.approx(other.goals["reached"].tolist(), abs=1e-4)
    held = one.stages[one.stages["stage"] != "tie_break"], other.stages[other.stages["stage"] != "tie_break"]
    assert held[0]["step"].tolist() == held[1]["step"].tolist()
    assert held[0]["held_at"].tolist() == pytest.approx(held[1]["held_at"].tolist(), abs=1e-6)
