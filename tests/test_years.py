"""Years that depend on one another: what is kept from year to year, goals of several years, one criterion over all.

The usual plan here: town ``a`` of 1,000 residents; a unit of ``class`` costs 100 yuan and is worth 1 point; nothing is
kept of a year's value (retention 0) unless said otherwise, so that a year's level is the units of that year.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from allocator.tables.result import Result
from allocator.words.errors import UsageError
from worlds import (
    LEXIMIN,
    TOTAL,
    attainment,
    cells,
    effect,
    government,
    levels,
    of_year,
    rule,
    run,
    slack,
    solved,
    world,
)

ONE = {"a": {"resident_pop": 1000}}
TWO = {"a": {"resident_pop": 1000}, "b": {"resident_pop": 1000}}
EVERY = {"id": "balance", "over": "every"}


def money(amount: float, **more: Any) -> dict[str, Any]:
    """What a year says of its money."""
    return {"funding": {"sources": [{"id": "gov", "amount": amount, **more}]}}


def plan(*amounts: float, retention: float = 0, funding: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A plan of as many years as there are amounts, from 2016 on."""
    given = {"sources": [government(0)], **(funding or {})}
    years = {2016 + n: money(amount) for n, amount in enumerate(amounts)}
    attained = attainment(effect(), retention=retention)
    return {"towns": ONE, "years": years, "funding": given, "attainment": attained, **more}


def of_town(result: Result, town: str = "a") -> list[float]:
    """Levels of a town, year by year."""
    return [levels(result, year)[town] for year in result.scenario.years]


def step(result: Result, stage: str, name: str) -> float:
    table = result.stages
    return float(table[(table["stage"] == stage) & (table["step"] == name)]["value"].iloc[0])


# -- what is kept --------------------------------------------------------------------------------------------------


def test_a_year_starts_with_what_is_retained_for_each_head_of_the_new_denominator(tmp_path: Path) -> None:
    # 2016: 0.2 + 10 * 10 / 500 = 0.4. 2017: half of it is left, in 625 heads: 0.5 * 0.4 * 500 / 625 = 0.16; and
    # 100 more persons of 625 are 0.16: 0.32.
    towns = {"a": {"resident_pop": 500, "residents_2017": 625}}
    given = plan(1000, 1000, retention=0.5, towns=towns, base={"a": 0.2})
    given["years"][2017] |= {"attainment": {"indicators": [{"id": "participation", "denominator": "residents_2017"}]}}
    result = solved(tmp_path, **given)
    assert of_town(result) == pytest.approx([40, 32])
    assert result.attainment["base"].tolist() == pytest.approx([0.2, 0.16])
    assert result.towns["level_before"].tolist() == pytest.approx([20, 16])


def test_a_quality_index_has_no_denominator_to_divide_by(tmp_path: Path) -> None:
    # 0.6 + 10 * 0.01 = 0.7; nine tenths of it are 0.63; once more 0.1: 0.73.
    quality = {"id": "quality", "weight": 1, "target": 1, "retention": 0.9}
    one = {"programme": "class", "indicator": "quality", "per_unit": 0.01, "origin": effect()["origin"]}
    given = plan(1000, 1000, base={"a": 0.6}) | {"attainment": {"indicators": [quality], "effects": [one]}}
    result = solved(tmp_path, **given)
    assert of_town(result) == pytest.approx([70, 73])


def test_what_is_reached_beyond_the_target_is_kept_as_well(tmp_path: Path) -> None:
    # 0.95 + 0.1 = 1.05 of a target of 1: level 100. Half of 1.05, not of 1, is left: 0.525 (+ nothing).
    result = solved(tmp_path, **plan(1000, 0, retention=0.5, base={"a": 0.95}))
    assert of_town(result) == pytest.approx([100, 52.5])
    assert result.attainment["value"].tolist() == pytest.approx([1.05, 0.525])


def test_three_years_in_a_row(tmp_path: Path) -> None:
    # 10; 5 + 20 = 25; 12.5 + 30 = 42.5
    assert of_town(solved(tmp_path, **plan(1000, 2000, 3000, retention=0.5))) == pytest.approx([10, 25, 42.5])


def test_a_stock_that_is_counted_each_year_keeps_its_count(tmp_path: Path) -> None:
    # 100 volunteers of 1,000 are 0.1; 2017 counts 150: 0.15, whatever is retained of other values.
    person = {"active_rate": 0.5, "hours_per_active": 10}
    tables = {f"people_{year}": [{"town": "a", "heads": heads, **person}] for year, heads in ((2016, 100), (2017, 150))}
    stock = {"id": "volunteers", "weight": 0.4, "target": 1, "denominator": "resident_pop", "stock": "volunteers"}
    given = plan(1000, 1000, tables=tables, volunteering={"volunteers": "people_2016"})
    given["attainment"]["indicators"] = [{**given["attainment"]["indicators"][0], "weight": 0.6}, stock]
    given["years"][2017]["volunteering"] = {"volunteers": "people_2017"}
    result = solved(tmp_path, **given)
    assert cells(result.attainment, "base", "year", "indicator") == {
        (2016, "participation"): 0,
        (2016, "volunteers"): 0.1,
        (2017, "participation"): 0,
        (2017, "volunteers"): 0.15,
    }
    assert of_town(result) == pytest.approx([0.6 * 10 + 0.4 * 10, 0.6 * 10 + 0.4 * 15])


# -- money from year to year -----------------------------------------------------------------------------------------


def test_growth_holds_the_money_of_a_year_to_that_of_the_year_before(tmp_path: Path) -> None:
    growth = {"growth": {"down": 0.1, "up": 0.2}}
    # 2017 could spend 2,000, but at most 1.2 * 1,000
    most = solved(tmp_path / "most", **plan(1000, 2000, funding=growth))
    assert of_town(most) == pytest.approx([10, 12])
    assert slack(most, "growth", "at_most", year=2017) == 0
    assert slack(most, "growth", "at_least", year=2017) == 300  # 1,200 - 0.9 * 1,000
    # 2017 has only 800, which must be nine tenths of 2016: 888.89 at most
    least = solved(tmp_path / "least", **plan(1000, 800, funding=growth))
    assert of_town(least) == pytest.approx([8.889, 8])
    assert slack(least, "growth", "at_least", year=2017) == 0
    assert rule(least, "growth", "at_least", year=2017)["bound"] == pytest.approx(800)
    # between the two nothing binds
    free = solved(tmp_path / "free", **plan(1000, 1100, funding=growth))
    assert of_town(free) == pytest.approx([10, 11])
    assert (slack(free, "growth", "at_least", year=2017), slack(free, "growth", "at_most", year=2017)) == (200, 100)
    assert "growth" not in set(of_year(free.rows, 2016)["rule"])  # nothing is known before 2016


def test_a_growth_without_an_upper_bound_has_only_the_lower_one(tmp_path: Path) -> None:
    result = solved(tmp_path, **plan(1000, 5000, funding={"growth": {"down": 0}}))
    assert of_town(result) == pytest.approx([10, 50])
    assert of_year(result.rows, 2017).query("rule == 'growth'")["key"].tolist() == ["at_least"]


def test_growth_in_the_first_year_is_measured_against_last_years_table(tmp_path: Path) -> None:
    given = plan(2000, 2000, funding={"growth": {"down": 0.1, "up": 0.2}})
    given["tables"] = {"old": [{"town": "a", "amount_yuan": 1000}]}
    given["last_year"] = {"funding_by_town": "old"}
    # 1.2 * 1,000, then 1.2 * 1,200
    assert of_town(solved(tmp_path, **given)) == pytest.approx([12, 14.4])


def test_year_on_year_holds_each_town_to_its_money_of_the_year_before(tmp_path: Path) -> None:
    # a (500 residents) gains 2 points a unit, b 1: all goes to a; 2017 could give it 20 units, but at most 1.5 * 10
    funding = {"year_on_year": {"down": 0.5, "up": 0.5}}
    towns = {"a": {"resident_pop": 500}, "b": {"resident_pop": 1000}}
    tight = solved(tmp_path / "tight", **plan(1000, 2000, funding=funding, towns=towns))
    assert [levels(tight, year) for year in (2016, 2017)] == [{"a": 20, "b": 0}, {"a": 30, "b": 0}]
    assert slack(tight, "year_on_year", "a/at_most", year=2017) == 0
    assert slack(tight, "year_on_year", "a/at_least", year=2017) == 1000
    free = solved(tmp_path / "free", **plan(1000, 1200, funding=funding, towns=towns))
    assert levels(free, 2017) == {"a": 24, "b": 0}
    assert slack(free, "year_on_year", "a/at_most", year=2017) == 300


# -- one criterion over several years --------------------------------------------------------------------------------


def test_the_total_is_the_mean_of_all_years_and_then_the_last_year(tmp_path: Path) -> None:
    saving = {"carry_over": {"execution": 0}}
    # Worth the same in both years, the money is saved for the last one.
    even = solved(tmp_path / "even", **plan(1000, 1000, funding=saving))
    assert of_town(even) == pytest.approx([0, 20], abs=1e-3)
    assert step(even, "total", "mean") == pytest.approx(10)
    assert step(even, "total", "final_mean") == pytest.approx(20, abs=1e-3)
    # Dearer in 2017 (200 yuan a unit): the mean of all years comes first, nothing is saved.
    given = plan(1000, 1000, funding=saving)
    given["years"][2017]["delivery"] = {"programmes": [{"id": "class", "unit_cost": 200}]}
    dear = solved(tmp_path / "dear", **given)
    assert of_town(dear) == pytest.approx([10, 5], abs=1e-3)


def test_the_total_weighs_every_year_with_its_own_column(tmp_path: Path) -> None:
    # Weights 1, 3 in 2016 and 3, 1 in 2017, the same sum in both years: 2016 serves b, 2017 serves a.
    towns = {"a": {"resident_pop": 1000, "first": 1, "second": 3}, "b": {"resident_pop": 1000, "first": 3, "second": 1}}
    given = plan(1000, 1000, towns=towns, stages=[{"id": "total", "weighted_by": "first"}])
    given["years"][2017]["stages"] = [{"id": "total", "weighted_by": "first"}]
    result = solved(tmp_path, **given)
    assert [levels(result, year) for year in (2016, 2017)] == [{"a": 0, "b": 10}, {"a": 0, "b": 10}]
    # (3 * 10 + 3 * 10) / 8
    assert step(result, "total", "mean") == pytest.approx(7.5)


def test_balance_looks_at_the_final_year_first_and_then_at_the_means(tmp_path: Path) -> None:
    # Nothing is lost from year to year, but the residents of a double in 2017: x units in a and 20 - x in b make
    # x / 2 and 20 - x, even at x = 40 / 3 with 6.667 each. Of these a gets x1 in 2016; the means (x1 + 6.667) / 2 and
    # (10 - x1 + 6.667) / 2 are even at x1 = 5. Looking at the means alone, the worst mean would be 6.43, not 5.83.
    towns = {"a": {"resident_pop": 1000, "later": 2000}, "b": {"resident_pop": 1000, "later": 1000}}
    given = plan(1000, 1000, retention=1, towns=towns, stages=[LEXIMIN])
    given["years"][2017]["attainment"] = {"indicators": [{"id": "participation", "denominator": "later"}]}
    result = solved(tmp_path, **given)
    assert levels(result, 2017) == pytest.approx({"a": 20 / 3, "b": 20 / 3}, abs=2e-3)
    assert levels(result, 2016) == pytest.approx({"a": 5, "b": 5}, abs=5e-3)
    assert result.stages["step"].tolist() == ["worst_1", "worst_2", "mean_worst_1", "mean_worst_2"]
    assert step(result, "balance", "mean_worst_1") == pytest.approx((5 + 20 / 3) / 2, abs=2e-3)


def test_balance_over_every_town_and_year_lets_no_year_starve_for_the_last(tmp_path: Path) -> None:
    saving = {"carry_over": {"execution": 0}}
    final = solved(tmp_path / "final", **plan(1000, 1000, funding=saving, stages=[LEXIMIN]))
    assert of_town(final) == pytest.approx([0, 20], abs=2e-3)
    every = solved(tmp_path / "every", **plan(1000, 1000, funding=saving, stages=[EVERY]))
    assert of_town(every) == pytest.approx([10, 10], abs=2e-3)
    assert every.stages["step"].tolist() == ["worst_1", "worst_2"]


def test_what_the_final_year_gives_raises_the_means(tmp_path: Path) -> None:
    # A unit costs 200 yuan in 2017: all 2,000 yuan make 10 points there and none in 2016, a mean of 5. With 2 points to
    # give, 8 points take 1,600 yuan; 400 in 2016 make 4: a mean of 6.
    def given(points: float) -> dict[str, Any]:
        made = plan(1000, 1000, funding={"carry_over": {"execution": 0}}, stages=[{**LEXIMIN, "give": points}])
        made["years"][2017]["delivery"] = {"programmes": [{"id": "class", "unit_cost": 200}]}
        return made

    none, two = solved(tmp_path / "none", **given(0)), solved(tmp_path / "two", **given(2))
    assert of_town(none) == pytest.approx([0, 10], abs=2e-3)
    assert of_town(two) == pytest.approx([4, 8], abs=2e-3)
    assert [step(each, "balance", "mean_worst_1") for each in (none, two)] == pytest.approx([5, 6], abs=2e-3)


@pytest.mark.parametrize(("count", "taken"), [(50, True), (51, False)])
def test_every_town_and_year_is_looked_at_up_to_a_hundred_outcomes(tmp_path: Path, count: int, taken: bool) -> None:
    towns = {f"t{n}": {"resident_pop": 1000} for n in range(count)}
    stages = [{**EVERY, "criterion": "maximin"}]
    scenario = world(tmp_path, **plan(1000 * count, 1000 * count, towns=towns, stages=stages))
    if taken:
        # every town gets 10 units in both years
        assert run(scenario)[2].records[0].value == pytest.approx(10)
        return
    with pytest.raises(UsageError, match="102"):
        run(scenario)


def test_stability_is_the_change_of_all_years(tmp_path: Path) -> None:
    old = [{"town": "a", "amount_yuan": 400}, {"town": "b", "amount_yuan": 600}]
    stable = {"id": "stability", "unit_change": {"money": 100}}
    given = plan(500, 1000, towns=TWO, tables={"old": old}, last_year={"funding_by_town": "old"})
    # All money is spent: 500 less than the 1,000 of last year, then 500 more again.
    both = solved(tmp_path / "both", **given, stages=[TOTAL, stable])
    assert step(both, "stability", "change") == pytest.approx(5 + 5, abs=0.01)
    # With no other wish 2016 falls by 500 and 2017 stays there.
    alone = solved(tmp_path / "alone", **given, stages=[stable])
    assert step(alone, "stability", "change") == pytest.approx(5, abs=0.01)
    assert of_year(alone.funding, 2017)["amount_yuan"].sum() == pytest.approx(500, abs=1)


def test_without_last_year_only_the_changes_between_the_plans_years_count(tmp_path: Path) -> None:
    given = plan(500, 1000, towns=TWO, stages=[TOTAL, {"id": "stability", "unit_change": {"money": 100}}])
    # nothing is known of 2015; 2017 has 500 yuan more than 2016
    assert step(solved(tmp_path, **given), "stability", "change") == pytest.approx(5, abs=0.01)
