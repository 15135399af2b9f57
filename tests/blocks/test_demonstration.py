"""Demonstration towns: criteria, order, pace and cost of recognitions, worked out by hand.

Towns a (500), b and c (1,000 residents) with 10, 30 and 50 % participation. A class of 100 yuan brings 10 persons:
2 points in a, 1 in b and in c. With 4,000 yuan every town reaches 50 points: a 2,000 yuan, b 2,000 yuan.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from allocator.engine.build import build
from allocator.engine.highs import HighsSession
from allocator.model import Model
from allocator.tables.result import Result
from allocator.verbs.options import Options
from allocator.verbs.solving import solve
from allocator.words.errors import InfeasibleError, InputError
from worlds import LEXIMIN, TOTAL, attainment, cells, effect, government, levels, rule, slack, solved, world

TOWNS = {"a": {"resident_pop": 500}, "b": {"resident_pop": 1000}, "c": {"resident_pop": 1000}}
BASE = {"a": 0.1, "b": 0.3, "c": 0.5}
PROVINCIAL = {"id": "provincial", "unit_cost": 500}
NATIONAL = {"id": "national", "unit_cost": 300}


def asks(standard: str, measure: str, at_least: float, criterion: str | None = None) -> dict[str, Any]:
    """A row of the table of criteria."""
    row = {"standard": standard, "criterion": criterion or measure, "measure": measure, "at_least": at_least}
    return {**row, "text_zh": f"{measure}不低于{at_least}", "text_en": f"{measure} of at least {at_least}"}


HALF = asks("provincial", "participation", 0.55)


def plan(
    *criteria: Mapping[str, Any],
    money: float = 4000,
    standards: Sequence[Mapping[str, Any]] = (PROVINCIAL,),
    before: Sequence[tuple[str, str, int]] = (),
    more: Mapping[str, Any] | None = None,
    **demonstration: Any,
) -> dict[str, Any]:
    """The plan of three towns; without criteria: 55 % participation."""
    given = {"standards": list(standards), "spending": "activities", **demonstration}
    tables: dict[str, Any] = {"demonstration_criteria": list(criteria) or [HALF]}
    if before:
        given["before"] = "before"
        tables["before"] = [dict(zip(("town", "standard", "year"), row, strict=True)) for row in before]
    funding = {"sources": [government(money, pays=["activities", "courses"])]}
    made = {"towns": TOWNS, "base": BASE, "funding": funding, "demonstration": given, "tables": tables}
    return {**made, "stages": [LEXIMIN], **(more or {})}


def states(result: Result, year: int | None = None) -> dict[Any, str]:
    table = result.tables["demonstration_towns"]
    table = table if year is None else table[table["year"] == year]
    return dict(zip(zip(table["standard"], table["town"], strict=True), table["status"], strict=True))


def held(result: Result, year: int | None = None) -> set[Any]:
    return {cell for cell, status in states(result, year).items() if status in ("new", "recognised")}


def goal(measure: str, at_least: Any, strength: str = "soft", **more: Any) -> dict[str, Any]:
    asked = at_least if isinstance(at_least, dict) else {"2016": at_least}
    return {"id": "goal", "measure": measure, "strength": strength, "at_least": asked, **more}


# -- criteria ----------------------------------------------------------------------------------------------------


def test_without_a_reason_nobody_is_recognised(tmp_path: Path) -> None:
    result = solved(tmp_path, **plan())
    assert levels(result) == pytest.approx({"a": 50, "b": 50, "c": 50}, abs=1e-3)
    assert states(result) == dict.fromkeys((("provincial", town) for town in "abc"), "short")
    assert result.tables["counts"]["amount"].sum() == 0


@pytest.mark.parametrize(("least", "new", "worst"), [(1, "c", 43.333), (2, "ac", 32.5)])
def test_a_criterion_binds(least: int, new: str, worst: float, tmp_path: Path) -> None:
    # One town: c costs 500 and rises by 5 points for 500 yuan; 3,000 yuan bring a and b to 43.33.
    # Two: a costs 500 and rises by 45 points for 2,250 yuan; 250 yuan are left for b.
    result = solved(tmp_path, **plan(least_towns=least))
    assert levels(result)["b"] == pytest.approx(worst, abs=2e-3)
    assert held(result) == {("provincial", town) for town in new}
    reached = cells(result.tables["demonstration"], "reached", "town")
    assert all(reached[town] == pytest.approx(0.55, abs=1e-4) for town in new)
    assert slack(result, "demonstration_least") == 0
    paid = result.funding[result.funding["programme"] == "demonstration"]
    assert cells(paid, "amount_yuan", "town") == dict.fromkeys(new, 500)


def test_three_are_too_many(tmp_path: Path) -> None:
    # a 2,250, b 2,500 and c 500 yuan for classes, and 1,500 for cultivation: 6,750 yuan.
    with pytest.raises(InfeasibleError):
        solved(tmp_path / "less", **plan(least_towns=3, money=6749))
    assert len(held(solved(tmp_path / "enough", **plan(least_towns=3, money=6750)))) == 3


def test_a_criterion_that_is_met_anyway_does_not_bind(tmp_path: Path) -> None:
    low = asks("provincial", "participation", 0.4)
    result = solved(tmp_path, **plan(low, least_towns=3, money=5500))
    assert levels(result) == pytest.approx({"a": 50, "b": 50, "c": 50}, abs=1e-3)
    assert held(result) == {("provincial", town) for town in "abc"}
    assert cells(result.tables["demonstration"], "gap", "town") == {"a": 0, "b": 0, "c": 0}


@pytest.mark.parametrize(
    ("measure", "at_least", "found"),
    [
        ("level", 60, {"a": 60, "b": 40, "c": 50}),  # a: 2,500 + 500 yuan, 1,000 for b; c would leave both at 40
        ("money", 3000, {"a": 60, "b": 40, "c": 50}),
        ("money_per_head", 2.5, {"a": 46.667, "b": 46.667, "c": 50}),  # a spends more a head anyway
        ("special_fund_per_head", 2.5, {"a": 46.667, "b": 46.667, "c": 50}),
    ],
)
def test_every_measure_of_a_town_can_be_a_criterion(
    measure: str, at_least: float, found: dict[str, float], tmp_path: Path
) -> None:
    given = plan(asks("provincial", measure, at_least), least_towns=1)
    given["funding"]["sources"][0]["special_fund"] = True
    result = solved(tmp_path, **given)
    assert held(result) == {("provincial", "a")}
    assert levels(result) == pytest.approx(found, abs=3e-3)
    table = result.tables["demonstration"].set_index("town")
    assert table["met"]["a"] == 1
    assert table["reached"]["a"] >= at_least - 1e-4


def test_all_criteria_must_be_met(tmp_path: Path) -> None:
    # With money alone b needs 3 yuan a head; b must also reach 55 %: 2,500 of the 3,000 yuan do that.
    both = (asks("provincial", "participation", 0.55), asks("provincial", "money_per_head", 3))
    more = {"goals": [goal("demonstration_towns", 1)], "stages": [{"id": "aspirations"}, TOTAL]}
    result = solved(tmp_path, **plan(*both, more=more))
    ((_, town),) = held(result)
    met = result.tables["demonstration"].set_index("town").loc[town, "met"]
    assert met.tolist() == [1, 1]


# -- order, pace, maturity ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("after", "cost"), [(None, 300), ("provincial", 800)])
def test_a_standard_after_another_needs_it(after: str | None, cost: float, tmp_path: Path) -> None:
    standards = [PROVINCIAL, {**NATIONAL, "after": after}]
    criteria = (asks("provincial", "participation", 0.4), asks("national", "participation", 0.5))
    more = {"goals": [goal("demonstration_national", 1)], "stages": [{"id": "aspirations"}, LEXIMIN]}
    result = solved(tmp_path, **plan(*criteria, standards=standards, more=more))
    paid = result.funding[result.funding["programme"] == "demonstration"]["amount_yuan"].sum()
    assert paid == pytest.approx(cost, abs=1e-3)
    counts = result.tables["counts"].groupby("counted")["amount"].sum()
    assert counts["demonstration_national"] == counts["demonstration_towns"] == 1
    assert counts["demonstration_provincial"] == (0 if after is None else 1)


def test_a_town_that_only_lacks_the_standard_before_waits(tmp_path: Path) -> None:
    standards = [{**PROVINCIAL, "unit_cost": 9000}, {**NATIONAL, "after": "provincial"}]
    criteria = (asks("provincial", "participation", 0.6), asks("national", "participation", 0.5))
    found = states(solved(tmp_path, **plan(*criteria, standards=standards, eligible={"min_level": 30})))
    assert found["national", "c"] == "waits"
    assert found["provincial", "c"] == "short"
    assert found["national", "a"] == "not_mature"


def test_only_mature_towns_are_recognised(tmp_path: Path) -> None:
    # b stands at exactly 30 points before the plan.
    most = {"goals": [goal("demonstration_towns", 3)], "stages": [{"id": "aspirations"}, LEXIMIN]}
    all_but_a = solved(tmp_path / "30", **plan(money=99_000, eligible={"min_level": 30}, more=most))
    assert held(all_but_a) == {("provincial", "b"), ("provincial", "c")}
    assert states(all_but_a)["provincial", "a"] == "not_mature"
    only_c = solved(tmp_path / "31", **plan(money=99_000, eligible={"min_level": 30.1}, more=most))
    assert held(only_c) == {("provincial", "c")}
    every = solved(tmp_path / "0", **plan(money=99_000, more=most))
    assert len(held(every)) == 3


@pytest.mark.parametrize(("most", "new"), [(2, 2), (5, 3)])
def test_most_recognitions_in_a_year(most: int, new: int, tmp_path: Path) -> None:
    asked = {"goals": [goal("demonstration_towns", 3)], "stages": [{"id": "aspirations"}, LEXIMIN]}
    result = solved(tmp_path, **plan(money=99_000, most_a_year=most, more=asked))
    assert len(held(result)) == new
    assert slack(result, "recognitions_a_year") == most - new


def test_the_pace_counts_both_standards(tmp_path: Path) -> None:
    criteria = (asks("provincial", "participation", 0.4), asks("national", "participation", 0.4))
    standards = [PROVINCIAL, {**NATIONAL, "after": "provincial"}]
    asked = {"goals": [goal("demonstration_national", 3)], "stages": [{"id": "aspirations"}, LEXIMIN]}
    result = solved(tmp_path, **plan(*criteria, money=99_000, standards=standards, most_a_year=5, more=asked))
    counts = result.tables["counts"].groupby("counted")["amount"].sum()
    assert counts["demonstration_national"] == 2  # a third one would be the sixth recognition


# -- what was recognised before ----------------------------------------------------------------------------------


def test_what_was_recognised_before_counts_and_costs_nothing(tmp_path: Path) -> None:
    before = [("a", "provincial", 2012)]
    result = solved(tmp_path, **plan(before=before, least_towns=1, eligible={"min_level": 20}))
    assert held(result) == {("provincial", "a")}
    assert states(result)["provincial", "a"] == "recognised"
    assert levels(result)["b"] == pytest.approx(50, abs=1e-3)  # nothing is spent on cultivation
    row = result.tables["demonstration_towns"].set_index("town").loc["a"]
    assert (row["year_recognised"], row["new"], row["cost_yuan"], row["held"]) == (2012, 0, 0, 1)


def test_a_standard_held_before_stands_without_the_one_it_comes_after(tmp_path: Path) -> None:
    standards = [PROVINCIAL, {**NATIONAL, "after": "provincial"}]
    criteria = (HALF, asks("national", "participation", 0.9))
    before = [("a", "national", 2014)]
    result = solved(tmp_path, **plan(*criteria, standards=standards, before=before, least_towns=1))
    assert held(result) == {("national", "a")}
    assert slack(result, "demonstration_least") == 0


# -- goals, locks, sizes -----------------------------------------------------------------------------------------


def test_goals_ask_by_town_and_by_number(tmp_path: Path) -> None:
    by_number = {"goals": [goal("demonstration_towns", 2)], "stages": [{"id": "aspirations"}, LEXIMIN]}
    result = solved(tmp_path / "number", **plan(more=by_number))
    assert result.goals["reached"].tolist() == [2]
    base = {"goals": [goal("demonstration_towns", {"2017": 3}, path="linear_from_base")]}
    given = plan(before=[("a", "provincial", 2015)], more={**base, "stages": [{"id": "aspirations"}, LEXIMIN]})
    lined = solved(tmp_path / "line", **given, years={2016: {}})
    assert lined.goals["target"].tolist() == [2]  # from 1 in 2015 to 3 in 2017


def test_a_lock_names_a_town_and_a_standard(tmp_path: Path) -> None:
    lock = {"id": "a", "decision": "demonstrated", "where": {"town": "a"}, "equals": 1, "reason": "x"}
    result = solved(tmp_path, **plan(more={"locks": [lock]}))
    assert held(result) == {("provincial", "a")}
    assert slack(result, "lock", "a/at_least", ">=") == 0
    never = {**lock, "where": {"standard": "provincial"}, "equals": 0}
    with pytest.raises(InfeasibleError):
        solved(tmp_path / "never", **plan(least_towns=1, more={"locks": [never]}))


def test_numbers_set_on_the_built_model_are_those_of_a_rebuilt_one(tmp_path: Path) -> None:
    def best(model: Model) -> tuple[str, float]:
        session = HighsSession(model)
        some = model.family("demonstrated")
        found = session.solve(some, 0.0, False, 0.5)
        return found.status, round(found.value, 6)

    given = world(tmp_path, **plan(money=99_000, least_towns=1, most_a_year=3))
    for path, value in (("least_towns", 2), ("least_towns", 3), ("most_a_year", 1), ("most_a_year", 0)):
        model = build(given)
        session = HighsSession(model)
        (use,) = model.parameters[f"demonstration.{path}"]
        session.set_row_bounds(use.positions, np.array([float(value)]) * use.per_unit)
        found = session.solve(model.family("demonstrated"), 0.0, False, 0.5)
        rebuilt = best(build(given.with_({f"demonstration.{path}": value})))
        assert (found.status, round(found.value, 6) if found.has_plan else None) == (
            rebuilt[0],
            rebuilt[1] if found.has_plan else None,
        )


# -- brute force and the other solver ----------------------------------------------------------------------------


LIMITS = {"national": (0.6, 300.0), "provincial": (0.55, 500.0)}


def by_brute_force(budget: float, in_order: bool) -> tuple[int, float]:
    """Most towns with a standard (in order: with the national one), two at most, then the highest mean level."""
    heads, best = {"a": 500, "b": 1000, "c": 1000}, (0, -np.inf)
    for national, provincial in itertools.product(itertools.product((0, 1), repeat=3), repeat=2):
        if in_order and any(n > p for n, p in zip(national, provincial, strict=True)):
            continue
        held = {
            "national": dict(zip("abc", national, strict=True)),
            "provincial": dict(zip("abc", provincial, strict=True)),
        }
        asked = {town: [limit for name, (limit, _) in LIMITS.items() if held[name][town]] for town in "abc"}
        level = {town: max([BASE[town], *asked[town]]) for town in "abc"}
        left = budget - sum(cost * sum(held[name].values()) for name, (_, cost) in LIMITS.items())
        left -= sum((level[town] - BASE[town]) * heads[town] * 10 for town in "abc")  # a class of 100 yuan: 10 persons
        if left < -1e-9:
            continue
        for town in "abc":  # the mean of levels: a first, then the others; at most 50 classes for 1,000 residents
            gain = min(min(1.0, BASE[town] + 0.5) - level[town], left / (heads[town] * 10))
            level[town], left = level[town] + gain, left - gain * heads[town] * 10
        count = sum(national) if in_order else sum(max(pair) for pair in zip(national, provincial, strict=True))
        best = max(best, (min(2, count), 100 * sum(level.values()) / 3))
    return best


@pytest.mark.parametrize("in_order", [False, True])
@pytest.mark.parametrize("budget", [2600, 3900])
def test_every_choice_by_brute_force(budget: float, in_order: bool, tmp_path: Path) -> None:
    criteria = [asks(name, "participation", limit) for name, (limit, _) in LIMITS.items()]
    counted = "demonstration_national" if in_order else "demonstration_towns"
    more = {"goals": [goal(counted, 2)], "stages": [{"id": "aspirations"}, TOTAL]}
    standards = [PROVINCIAL, {**NATIONAL, "after": "provincial" if in_order else None}]
    result = solve(world(tmp_path, **plan(*criteria, money=budget, standards=standards, more=more)))
    count, mean = by_brute_force(budget, in_order)
    assert min(2, result.goals["reached"].iloc[0]) == count
    assert np.mean(list(levels(result).values())) == pytest.approx(mean, abs=0.02)


def test_another_solver_finds_the_same(tmp_path: Path) -> None:
    given = plan(least_towns=2)
    given["stages"] = [LEXIMIN, TOTAL, {"id": "tie_break", "factors": {"resident_pop": 1}}]
    scenario = world(tmp_path, **given)
    one, other = (solve(scenario, Options(solver=solver)) for solver in ("highs", "cbc"))
    assert states(one) == states(other)
    assert levels(one) == pytest.approx(levels(other), abs=2e-3)


# -- years -------------------------------------------------------------------------------------------------------

KEEPS = {"retention": 0.5}


def two_years(tmp_path: Path, mode: Any = "horizon", **demonstration: Any) -> Result:
    """Participation halves from year to year; 2016 has 2,000 yuan and 2017 has 4,000."""
    first, second = ({"funding": {"sources": [government(m, pays=["activities", "courses"])]}} for m in (2000, 4000))
    given = plan(**demonstration)
    given |= {"attainment": attainment(effect(), **KEEPS), "years": {2016: first, 2017: second}}
    return solved(tmp_path, mode, **given)


@pytest.mark.parametrize("mode", ["horizon", "rolling"])
def test_a_recognition_lasts_and_is_paid_once(mode: str, tmp_path: Path) -> None:
    asked = {"goals": [goal("demonstration_towns", 1, "hard")], "stages": [{"id": "basics"}, LEXIMIN]}
    result = two_years(tmp_path, mode, least_towns=1, most_a_year=1, more=asked)
    assert (states(result, 2016)["provincial", "c"], states(result, 2017)["provincial", "c"]) == ("new", "recognised")
    table = result.tables["demonstration_towns"].query("town == 'c'").set_index("year")
    assert table["cost_yuan"].to_dict() == {2016: 500, 2017: 0}
    assert table["year_recognised"].to_dict() == {2016: 2016, 2017: 2016}
    reached = cells(result.tables["demonstration"].query("town == 'c'"), "reached", "year")
    assert reached[2016] == pytest.approx(0.55, abs=1e-3)
    assert reached[2017] < 0.55  # the criterion counts in the year of the recognition
    assert rule(result, "demonstration_least", year=2017)["activity"] == 1


def test_least_towns_looks_at_the_last_year(tmp_path: Path) -> None:
    result = two_years(tmp_path, least_towns=2, most_a_year=1)
    assert [len(held(result, year)) for year in (2016, 2017)] == [1, 2]
    assert "demonstration_least" not in set(result.rows.query("year == 2016")["rule"])


def test_a_table_row_of_a_year_that_has_not_come_is_empty_in_the_file(tmp_path: Path) -> None:
    result = two_years(tmp_path / "plan", least_towns=1)
    folder = result.save(tmp_path / "results")
    lines = (folder / "demonstration_towns.csv").read_text(encoding="utf-8-sig").splitlines()
    assert "2016,a,provincial,0,,0,0.000000,short" in lines
    again = Result.load(folder)
    assert again.tables["demonstration_towns"].equals(result.tables["demonstration_towns"])


# -- wrong input -------------------------------------------------------------------------------------------------


def wrong(tmp_path: Path, **given: Any) -> list[tuple[str, str | None, Any]]:
    with pytest.raises(InputError) as caught:
        world(tmp_path, **given)
    return [(f.code, f.found, None if f.hint is None else f.hint.values.get("word")) for f in caught.value.findings]


def test_unknown_ids_are_named_with_what_may_be_meant(tmp_path: Path) -> None:
    assert wrong(tmp_path / "s", **plan(asks("provincal", "participation", 1), HALF)) == [
        ("E213", "provincal", "provincial")
    ]
    assert wrong(tmp_path / "m", **plan(asks("provincial", "partcipation", 1))) == [
        ("E213", "partcipation", "participation")
    ]
    assert wrong(tmp_path / "d", **plan(asks("provincial", "demonstration_towns", 1)))[0][:2] == (
        "E213",
        "demonstration_towns",
    )
    assert wrong(tmp_path / "b", **plan(before=[("aa", "provincial", 2014)]))[0][0] == "E213"
    more = {"goals": [goal("demonstration_provincal", 1)]}
    assert wrong(tmp_path / "g", **plan(more=more)) == [("E301", "demonstration_provincal", "demonstration_provincial")]
    lock = {"id": "a", "decision": "demonstrated", "where": {"standard": "x"}, "equals": 1, "reason": "x"}
    assert ("E301", "x") in [each[:2] for each in wrong(tmp_path / "l", **plan(more={"locks": [lock]}))]


def test_measures_of_blocks_that_the_plan_lacks_are_unknown(tmp_path: Path) -> None:
    given = plan(asks("provincial", "money_per_head", 1), more={"funding": None})
    assert wrong(tmp_path, **given)[0][:2] == ("E213", "money_per_head")


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    given = plan()
    del given["tables"]["demonstration_criteria"]
    assert wrong(tmp_path, **given)[0][:2] == ("E201", "demonstration_criteria")


def test_standards_without_criteria_in_circles_or_too_late(tmp_path: Path) -> None:
    assert wrong(tmp_path / "none", **plan(standards=[PROVINCIAL, NATIONAL])) == [("E228", "national", None)]
    circle = [{**PROVINCIAL, "after": "national"}, {**NATIONAL, "after": "provincial"}]
    both = (HALF, asks("national", "participation", 0.5))
    assert [each[0] for each in wrong(tmp_path / "circle", **plan(*both, standards=circle))] == ["E347", "E347"]
    assert wrong(tmp_path / "late", **plan(before=[("a", "provincial", 2016)])) == [("E229", "2016", None)]


def test_a_plan_without_money_needs_no_source(tmp_path: Path) -> None:
    classes = {"programmes": [{"id": "class", "spending": "courses", "unit_cost": 0, "max_units": {"per": 1000,
               "of": "resident_pop", "units": 50}}]}  # fmt: skip
    result = solved(tmp_path, **plan(least_towns=1, more={"funding": None, "delivery": classes}))
    assert levels(result) == {"a": 60, "b": 80, "c": 100}
    assert len(held(result)) >= 1
