"""Goals in the model: every measure and scope by hand, and a count of towns against enumeration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from allocator.auditing.whole import audit, audit_tables
from allocator.engine.build import build
from allocator.tables.result import Result
from allocator.verbs.solving import solve
from allocator.words.errors import InfeasibleError
from worlds import CLASS, LEXIMIN, NEARNESS_MINUTES, TOTAL, attainment, effect, government, levels, rule, solved, world

BASICS = {"id": "basics"}


def goal(measure: str, at_least: float, strength: str = "hard", **more: Any) -> dict[str, Any]:
    return {"id": "g", "measure": measure, "strength": strength, "at_least": {"2016": at_least}, **more}


def reached(result: Result, town: str = "") -> tuple[float, float, float]:
    row = result.goals[result.goals["town"] == town].iloc[0]
    return float(row["target"]), round(float(row["reached"]), 5), round(float(row["shortfall"]), 5)


def paid(amount: float, *goals: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"funding": {"sources": [government(amount)]}, "goals": list(goals), "stages": [BASICS, TOTAL], **more}


# -- strengths -----------------------------------------------------------------------------------------------------


def test_a_rule_is_kept_and_shown_with_the_rules(tmp_path: Path) -> None:
    # 0.04 of 1,000 residents in b: 4 classes, 400 of 1,000 yuan; the other 6 classes go to a, 12 points.
    result = solved(tmp_path, **paid(1000, goal("participation", 0.04, "rule", scope="every_town"), stages=[TOTAL]))
    assert levels(result) == {"a": 12, "b": 4}
    row = rule(result, "goal", "g/b")
    assert (round(row["activity"], 3), row["bound"]) == (100, 100)
    assert rule(result, "goal", "g/a")["activity"] == pytest.approx(300, abs=1e-3)
    assert set(result.goals["enforced"]) == {"rule"}
    # One percent of the target more in b: 0.04 classes move from a, 0.08 - 0.04 points of two towns' mean.
    assert row["price_total"] == pytest.approx(-0.02, abs=1e-6)


@pytest.mark.parametrize(("amount", "feasible"), [(600, True), (599, False)])
def test_a_rule_on_a_line_from_the_base(amount: float, feasible: bool, tmp_path: Path) -> None:
    # From 0.1 in 2015 to 0.3 in 2020: 0.14 in 2016, 60 more persons of 1,500, 6 classes.
    line = {"id": "g", "measure": "participation", "strength": "rule", "at_least": {"2020": 0.3}}
    given = paid(amount, {**line, "path": "linear_from_base"}, base={"a": 0.1, "b": 0.1})
    if not feasible:
        with pytest.raises(InfeasibleError):
            solved(tmp_path, **given)
        return
    assert reached(solved(tmp_path, **given)) == (pytest.approx(0.14), 0.14, 0)


def test_a_stated_base_goes_before_the_tables(tmp_path: Path) -> None:
    line = {"id": "g", "measure": "participation", "strength": "hard", "at_least": {"2020": 0.3}}
    result = solved(tmp_path, **paid(300, {**line, "path": "linear_from_base", "base": 0.05}))
    assert reached(result) == (pytest.approx(0.1), 0.02, 0.08)


@pytest.mark.parametrize(("strength", "stages"), [("measured", [BASICS, TOTAL]), ("hard", [TOTAL]), ("soft", [BASICS])])
def test_a_goal_that_nothing_asks_for_has_no_rows(strength: str, stages: list[Any], tmp_path: Path) -> None:
    scenario = world(tmp_path, **paid(1000, goal("participation", 0.5, strength), stages=stages))
    model = build(scenario)
    assert not model.columns.keys() & {"reached", "shortfall"}
    assert list(solve(scenario).goals["enforced"]) == ["no"]


@pytest.mark.parametrize("asks", [{"2016": 0}, {"2018": 0.5}])
def test_a_target_of_nothing_asks_nothing(asks: Mapping[str, float], tmp_path: Path) -> None:
    result = solved(tmp_path, **paid(1000, {**goal("participation", 0), "at_least": asks}))
    assert levels(result) == {"a": 20, "b": 0}
    assert not (result.stages["stage"] == "basics").any()


# -- measures ------------------------------------------------------------------------------------------------------


def test_value_beyond_the_target_of_the_level_counts(tmp_path: Path) -> None:
    # The level is full at 0.02 in each town (1 class in a, 2 in b); the goal asks for 100 persons all the same.
    given = paid(1000, goal("participation", 1 / 15), attainment=attainment(effect(), target=0.02))
    result = solved(tmp_path, **given)
    assert reached(result)[2] == 0
    assert result.delivery["units"].sum() == pytest.approx(10, abs=1e-3)


def test_an_effect_in_pieces_reaches_what_the_pieces_bring(tmp_path: Path) -> None:
    # 10 persons up to 4 classes for each 1,000 residents (2 in a, 4 in b), then 5: of 10 classes 60 + 4 * 5 persons.
    bent = attainment(effect(per_unit=[{"up_to": 4, "gain": 10}, {"gain": 5}]))
    result = solved(tmp_path, **paid(1000, goal("participation", 0.08), attainment=bent))
    assert reached(result) == (0.08, pytest.approx(80 / 1500, abs=1e-5), pytest.approx(0.08 - 80 / 1500, abs=1e-5))


def test_money_of_the_special_fund_in_every_town(tmp_path: Path) -> None:
    # 1 yuan a head of special fund: 500 in a and 1,000 in b, all of it; social money is free to go to a.
    sources = [
        {**government(1500), "special_fund": True},
        {"id": "social", "amount": 500, "pays": ["courses"]},
    ]
    asked = goal("special_fund_per_head", 1, scope="every_town")
    result = solved(tmp_path, **paid(0, asked, funding={"sources": sources}))
    assert levels(result) == {"a": 20, "b": 10}
    assert (reached(result, "a"), reached(result, "b")) == ((1, 1, 0), (1, 1, 0))


@pytest.mark.parametrize(("measure", "target"), [("money", 700), ("money_per_head", 700 / 1500), ("level", 20 / 3)])
def test_measures_of_the_whole_district(measure: str, target: float, tmp_path: Path) -> None:
    # 700 of 1,000 yuan; a level of 20 / 3, weighted by residents, are 10 classes wherever they are.
    rest = {"programmes": [{**CLASS, "max_units": {"per": 1000, "of": "resident_pop", "units": 10 / 1.5}}]}
    result = solved(tmp_path, **paid(1000, goal(measure, target), stages=[BASICS], delivery=rest))
    assert reached(result)[1] >= round(target, 5)
    assert reached(result)[2] == 0


def test_a_level_in_every_town(tmp_path: Path) -> None:
    result = solved(tmp_path, **paid(1000, goal("level", 5, scope="every_town")))
    assert levels(result) == {"a": 10, "b": 5}


def taught(tmp_path: Path, share: float, strength: str = "hard", able: Sequence[str] = ("health", "skills")) -> Result:
    """Health classes bring persons, skills classes nothing; each is 10 hours of a teacher who has 500."""
    craft = {**CLASS, "id": "craft", "category": "skills", "teacher_hours": 10}
    health = {**CLASS, "category": "health", "teacher_hours": 10}
    people = {
        "teachers": [{"teacher": "t", "home_town": "a", "hours": 500, "backbone": False}],
        "skills": [{"teacher": "t", "category": each, "proficiency": 1} for each in able],
    }
    asked = goal("category_share", share, strength, category="skills")
    return solved(tmp_path, **paid(1000, asked, delivery={"programmes": [health, craft]}, teaching={}, tables=people))


def test_a_share_of_the_course_mix(tmp_path: Path) -> None:
    # A quarter of the hours is skills: 7.5 of 10 classes are left for health, 15 points in a.
    result = taught(tmp_path, 0.25)
    assert levels(result) == {"a": 15, "b": 0}
    assert reached(result) == (0.25, 0.25, 0)
    assert audit(result).failed == ()


def test_a_share_of_the_course_mix_as_a_rule(tmp_path: Path) -> None:
    result = taught(tmp_path, 0.4, "rule")
    assert levels(result) == {"a": 12, "b": 0}
    # Exactly kept: 40 - 0.4 * 100 hours over the share; all hours of the teacher are the scale.
    assert rule(result, "goal", "g/district")["activity"] == pytest.approx(100, abs=1e-3)


def test_a_share_that_nobody_can_teach_is_missed_though_nothing_is_taught(tmp_path: Path) -> None:
    result = taught(tmp_path, 0.25, able=("health",))
    assert result.delivery["units"].sum() == 0
    assert reached(result) == (0.25, 0, 0.25)
    assert result.run["hard_goals_missed"] == ["g"]
    assert audit(result).failed == ()


def test_a_slow_town_with_two_mentors_counts_once(tmp_path: Path) -> None:
    # Both mentors serve n1 best (nearer); the goal asks for a mentor for n2 too.
    base = {"m1": 0.6, "m2": 0.6, "n1": 0.1, "n2": 0.1}
    given: dict[str, Any] = {
        "towns": {town: {"resident_pop": 1000} for town in base},
        "base": base,
        "roads": {("m1", "n1"): 10, ("m2", "n1"): 10, ("n1", "n2"): 40},
        "delivery": None,
        "attainment": attainment(),
        "mentoring": {
            "slow": {"towns": ["n1", "n2"]},
            "mature": {"upper_third": False, "preset": ["m1", "m2"]},
            "transfer": {"participation": 0.4},
            "nearness_minutes": NEARNESS_MINUTES,
            "mentor_capacity": 1,
            "mentee_cover": 2,
        },
    }
    free = solved(tmp_path / "free", **given, goals=[goal("paired_slow_towns", 1, "measured")], stages=[BASICS, TOTAL])
    assert list(free.pairs["mentee"]) == ["n1", "n1"]
    assert reached(free) == (1, 0.5, 0.5)
    asked = solved(tmp_path / "asked", **given, goals=[goal("paired_slow_towns", 1)], stages=[BASICS, TOTAL])
    assert sorted(asked.pairs["mentee"]) == ["n1", "n2"]
    assert reached(asked) == (1, 1, 0)


# -- counts of towns -----------------------------------------------------------------------------------------------

TOWNS = {"p": 400, "q": 1300, "r": 700, "s": 1000, "t": 550}
BASES = {"p": 0.0, "q": 0.25, "r": 0.05, "s": 0.1, "t": 0.2}
TARGET, BUDGET = 0.3, 3000.0


def need(town: str) -> float:
    """Yuan that lift a town to the target: 10 yuan a person."""
    return TOWNS[town] * (TARGET - BASES[town]) * 10


def counted(tmp_path: Path, towns: int, strength: str = "hard") -> Result:
    return solved(
        tmp_path,
        **paid(
            BUDGET,
            goal("participation", TARGET, strength, scope="count_of_towns", towns=towns),
            towns={town: {"resident_pop": heads} for town, heads in TOWNS.items()},
            base=BASES,
            delivery={"programmes": [{**CLASS, "max_units": {"per": 1000, "of": "resident_pop", "units": 35}}]},
        ),
    )


def best_mean(least: int) -> float:
    """Best mean level with at least so many towns at the target, by enumeration of the sets that are lifted first."""
    best = -np.inf
    for size in range(least, len(TOWNS) + 1):
        for lifted in combinations(TOWNS, size):
            spent = {town: need(town) if town in lifted else 0.0 for town in TOWNS}
            rest = BUDGET - sum(spent.values())
            if rest < 0:
                continue
            for town in sorted(TOWNS, key=lambda each: TOWNS[each]):  # a person counts most in the smallest town
                more = min(rest, TOWNS[town] * 3.5 - spent[town])
                spent[town] += more
                rest -= more
            levels = [100 * (BASES[town] + spent[town] / 10 / TOWNS[town]) for town in TOWNS]
            best = max(best, float(np.mean(levels)))
    return best


@pytest.mark.parametrize("towns", [1, 2, 3])
def test_a_count_of_towns_is_what_enumeration_finds(towns: int, tmp_path: Path) -> None:
    result = counted(tmp_path, towns)
    assert reached(result)[0] == towns
    assert reached(result)[2] == 0
    assert result.towns["level_after"].mean() == pytest.approx(best_mean(towns), abs=1e-3)
    assert audit(result).failed == ()


def test_more_towns_than_the_money_lifts(tmp_path: Path) -> None:
    cheapest = np.cumsum(sorted(need(town) for town in TOWNS))
    able = int((cheapest <= BUDGET).sum())
    assert able == 3
    result = counted(tmp_path, 5)
    assert reached(result) == (5, able, 5 - able)
    assert result.goals["unit"].tolist() == ["towns"]
    assert result.stages.iloc[0]["value"] == pytest.approx((5 - able) / 5)


def test_a_count_of_towns_as_a_rule(tmp_path: Path) -> None:
    assert reached(counted(tmp_path / "kept", 3, "rule"))[1] >= 3
    with pytest.raises(InfeasibleError):
        counted(tmp_path / "broken", 4, "rule")


# -- the audit -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "column", "family"),
    [
        ("goals", "reached", "goals.reached"),
        ("goals", "target", "goals.target"),
        ("goals", "shortfall", "goals.shortfall"),
        ("rows", "activity", "rows.activity"),
    ],
)
def test_the_audit_names_an_altered_figure(table: str, column: str, family: str, tmp_path: Path) -> None:
    result = solved(tmp_path, **paid(1000, goal("participation", 0.04, "rule", scope="every_town")))
    assert audit(result).failed == ()
    changed = {name: frame.copy() for name, frame in result.tables.items()}
    row = (changed[table]["rule"] == "goal") if table == "rows" else changed[table]["town"] == "b"
    changed[table].loc[row, column] += 0.01
    assert family in audit_tables(result.scenario, changed).failed


def test_the_audit_finds_a_broken_rule_in_the_decisions(tmp_path: Path) -> None:
    scenario = world(tmp_path, **paid(1000, goal("participation", 0.04, "measured", scope="every_town")))
    stricter = scenario.with_({"goals.g.strength": "rule"})
    tables = solve(scenario).tables  # all money in a
    assert "goal" in audit_tables(stricter, tables).failed
    assert "goal" not in audit_tables(scenario, tables).failed


def test_leximin_gives_way_to_a_hard_count(tmp_path: Path) -> None:
    # Alone both towns reach 6.667. One town at 10 is cheapest in a (500 yuan); b keeps the other 500.
    asked = goal("level", 10, scope="count_of_towns", towns=1)
    free = solved(tmp_path / "free", **paid(1000, asked, stages=[LEXIMIN]))
    assert levels(free) == pytest.approx({"a": 6.667, "b": 6.667}, abs=2e-3)
    kept = solved(tmp_path / "kept", **paid(1000, asked, stages=[BASICS, LEXIMIN]))
    assert levels(kept) == pytest.approx({"a": 10, "b": 5}, abs=2e-3)
