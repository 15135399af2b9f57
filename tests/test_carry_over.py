"""Money that goes on to the next year: saved for a better year, for one year only, within what must be spent at once.

Town ``a`` of 1,000 residents; a unit of ``class`` is worth 1 point and costs 100 yuan, in some years less or more;
nothing is retained of a year's value. The mean of all years is sought.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from allocator.plan.check import check
from allocator.tables.result import Result
from allocator.verbs.options import Mode
from allocator.words.errors import InfeasibleError
from worlds import CLASS, attainment, effect, government, levels, of_year, rule, slack, solved

ONE = {"a": {"resident_pop": 1000}}


def plan(
    *years: tuple[float, float], execution: float = 0.0, first: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """A plan of some years from 2016 on, each with its amount and the cost of a unit."""
    made: dict[int, dict[str, Any]] = {}
    for at, (amount, cost) in enumerate(years):
        source = {"id": "gov", "amount": amount, **((first or {}) if at == 0 else {})}
        programme = {"id": "class", "unit_cost": cost}
        made[2016 + at] = {"funding": {"sources": [source]}, "delivery": {"programmes": [programme]}}
    funding = {"sources": [government(0)], "carry_over": {"execution": execution}}
    return {"towns": ONE, "years": made, "funding": funding, "attainment": attainment(effect(), retention=0), **more}


def closed(*years: int, **plan: Any) -> dict[str, Any]:
    """The plan with no classes in some years."""
    for year in years:
        none = {"per": 1000, "of": "resident_pop", "units": 0}
        plan["years"][year]["delivery"]["programmes"][0]["max_units"] = none
    return plan


def of_town(result: Result) -> list[float]:
    return [levels(result, year)["a"] for year in result.scenario.years]


def account(result: Result, year: int) -> list[float]:
    """Carried in, amount, spent, carried out, forfeited [yuan, to the nearest tenth]."""
    row = of_year(result.tables["carry_over"], year).iloc[0]
    names = ("carried_in", "amount", "spent", "carried_out", "forfeited")
    return [round(float(row[f"{name}_yuan"]), 1) + 0.0 for name in names]


def test_money_is_saved_for_a_better_year(tmp_path: Path) -> None:
    # At 50 yuan a unit, 2017 makes 40 points of both years' money.
    result = solved(tmp_path, **plan((1000, 100), (1000, 50)))
    assert of_town(result) == pytest.approx([0, 40], abs=1e-3)
    assert account(result, 2016) == [0, 1000, 0, 1000, 0]
    assert account(result, 2017) == [1000, 1000, 2000, 0, 0]
    assert slack(result, "budget", "gov", year=2017) == 0
    assert rule(result, "budget", "gov", year=2017)["bound"] == pytest.approx(2000)


def test_nothing_is_saved_for_a_dearer_year(tmp_path: Path) -> None:
    result = solved(tmp_path, **plan((1000, 50), (1000, 100)))
    assert of_town(result) == pytest.approx([20, 10], abs=1e-3)
    assert account(result, 2016) == [0, 1000, 1000, 0, 0]


def test_without_carry_over_the_money_of_a_year_is_spent_in_it_or_lost(tmp_path: Path) -> None:
    given = plan((1000, 100), (1000, 50))
    given["funding"]["carry_over"] = None
    result = solved(tmp_path, **given)
    assert of_town(result) == pytest.approx([10, 20])
    assert result.tables["carry_over"].empty


@pytest.mark.parametrize("mode", ["horizon", "rolling"])
def test_money_of_a_source_that_the_next_year_does_not_have_is_lost(tmp_path: Path, mode: Mode) -> None:
    # 10 points for 1,000 yuan each year; half of the 2,000 of 2016 must be spent. 2017 could make 20 points of 1,000
    # yuan and as much carried by gov: it saves all its money while `old` keeps the rule.
    given = plan((1000, 100), (1000, 50), execution=0.5)
    old = {"id": "old", "amount": 1000, "pays": ["courses"]}
    given["years"][2016]["funding"]["sources"].append(old)
    result = solved(tmp_path, mode, **given)
    both = {"horizon": [10, 40], "rolling": [20, 20]}
    assert of_town(result) == pytest.approx(both[mode], abs=1e-3)
    later = of_year(result.tables["carry_over"], 2017)
    assert later["source"].tolist() == ["gov"]
    assert set(result.accounts.loc[result.accounts["ledger"] == "money", "key"]) == {"gov", "old"}


def test_money_may_be_carried_into_a_year_that_carries_nothing_on(tmp_path: Path) -> None:
    given = plan((1000, 100), (1000, 50))
    given["years"][2017]["funding"]["carry_over"] = None
    lock = {"id": "l", "decision": "funding", "where": {"town": "a"}, "at_least": 2000, "reason": "test"}
    given["years"][2017]["locks"] = [lock]
    result = solved(tmp_path, **given)
    assert of_town(result) == pytest.approx([0, 40], abs=1e-3)
    assert [each.code for each in check(result.scenario) if each.code.startswith("F")] == []


def test_the_share_that_must_be_spent_limits_what_is_saved(tmp_path: Path) -> None:
    # 900 of 1,000 must be spent: 9 points; 1,100 yuan at 50 are 22 points.
    result = solved(tmp_path, **plan((1000, 100), (1000, 50), execution=0.9))
    assert of_town(result) == pytest.approx([9, 22], abs=1e-3)
    assert slack(result, "execution", year=2016) == 0
    # 2017 has 1,100 yuan at hand and spends them; 990 are asked for
    assert rule(result, "execution", year=2017)["bound"] == pytest.approx(990)
    assert slack(result, "execution", year=2017) == 110
    assert of_year(result.tables["carry_over"], 2016)["execution"].tolist() == pytest.approx([0.9])


def test_a_share_that_is_spent_anyway_does_not_bind(tmp_path: Path) -> None:
    result = solved(tmp_path, **plan((1000, 50), (1000, 100), execution=0.9))
    assert of_town(result) == pytest.approx([20, 10], abs=1e-3)
    free = [slack(result, "execution", year=year) for year in (2016, 2017)]
    assert free == pytest.approx([100, 100], abs=0.1)


def test_money_is_carried_once_only(tmp_path: Path) -> None:
    # Classes are cheap in 2018 alone. Of 2016's 1,000 nothing can get there: 2017 may hand on no more than its own 300.
    # 300 / 50 = 6 points in 2018; the 1,000 make 10 points in 2016 and 2017 together.
    result = solved(tmp_path, **plan((1000, 100), (300, 100), (0, 50)))
    found = of_town(result)
    assert found[2] == pytest.approx(6, abs=1e-3)
    assert found[0] + found[1] == pytest.approx(10, abs=1e-3)
    assert slack(result, "carry_age", "gov", year=2017) == 0
    assert account(result, 2018) == [300, 0, 300, 0, 0]


def test_old_money_that_finds_no_use_is_forfeited(tmp_path: Path) -> None:
    # No classes in 2016 and 2017: 2016's 1,000 reach 2017 and end there; 2017's own 200 reach 2018.
    result = solved(tmp_path, **closed(2016, 2017, **plan((1000, 100), (200, 100), (0, 100))))
    assert of_town(result) == pytest.approx([0, 0, 2], abs=1e-3)
    assert account(result, 2016) == [0, 1000, 0, 1000, 0]
    assert account(result, 2017) == [1000, 200, 0, 200, 1000]
    assert account(result, 2018) == [200, 0, 200, 0, 0]
    assert slack(result, "budget", "gov", year=2017) == 1000


def test_what_is_left_in_the_last_year_earns_nothing(tmp_path: Path) -> None:
    # Saving beyond the last year would be the only use of 2017's money; spending it is better all the same.
    spent = solved(tmp_path / "spent", **plan((1000, 100), (1000, 1000)))
    assert of_town(spent) == pytest.approx([10, 1], abs=1e-3)
    assert account(spent, 2017) == [0, 1000, 1000, 0, 0]
    # At the target there is nothing to buy: what is left, up to the year's amount, goes on beyond the plan.
    full = solved(tmp_path / "full", **closed(2016, 2017, **plan((100, 100), (1000, 100))))
    assert of_town(full) == [0, 0]
    assert account(full, 2017) == [100, 1000, 0, 1000, 100]


def test_money_from_before_the_plan_comes_on_top_and_cannot_be_carried_again(tmp_path: Path) -> None:
    more = solved(tmp_path / "more", **plan((1000, 50), (0, 100), first={"carried_in": 500}))
    assert of_town(more) == pytest.approx([30, 0], abs=1e-3)
    assert account(more, 2016) == [500, 1000, 1500, 0, 0]
    # 2017 is better: the 1,000 of the year are saved, the 500 of before are spent at once.
    saved = solved(tmp_path / "saved", **plan((1000, 100), (0, 50), first={"carried_in": 500}))
    assert of_town(saved) == pytest.approx([5, 20], abs=1e-3)
    assert account(saved, 2016) == [500, 1000, 500, 1000, 0]
    # What must be spent counts it: 0.9 * 1,500
    bound = solved(tmp_path / "bound", **plan((1000, 100), (0, 50), first={"carried_in": 500}, execution=0.9))
    assert rule(bound, "execution", year=2016)["bound"] == pytest.approx(1350)
    assert of_town(bound) == pytest.approx([13.5, 3], abs=1e-3)


@pytest.mark.parametrize("mode", ["horizon", "rolling"])
def test_money_reaches_a_year_that_carries_nothing_on_itself(tmp_path: Path, mode: Mode) -> None:
    given = closed(2016, **plan((1000, 100), (1000, 50)))
    given["funding"]["carry_over"] = None
    given["years"][2016]["funding"]["carry_over"] = {"execution": 0}
    result = solved(tmp_path, mode, **given)
    # 2,000 yuan at 50 in 2017
    assert of_town(result) == pytest.approx([0, 40], abs=1e-3)
    assert result.tables["carry_over"]["year"].tolist() == [2016]
    assert "execution" not in set(of_year(result.rows, 2017)["rule"])


def test_each_source_carries_its_own(tmp_path: Path) -> None:
    # soc pays only talks, which are worth nothing: its money stays its own and never buys a class.
    given = plan((1000, 100), (1000, 50))
    talk = {"id": "talk", "spending": "activities", "unit_cost": 100}
    given["delivery"] = {"programmes": [{**CLASS, "unit_cost": 100}, talk]}
    given["funding"]["sources"].append({"id": "soc", "amount": 700, "pays": ["activities"]})
    result = solved(tmp_path, **given)
    assert of_town(result) == pytest.approx([0, 40], abs=1e-3)
    carried = of_year(result.tables["carry_over"], 2017).set_index("source")["carried_in_yuan"]
    assert carried["gov"] == pytest.approx(1000, abs=0.1)
    assert carried["soc"] <= 700


def test_a_share_that_cannot_be_spent_leaves_no_plan(tmp_path: Path) -> None:
    with pytest.raises(InfeasibleError):
        solved(tmp_path, **closed(2016, **plan((1000, 100), (1000, 50), execution=0.1)))
