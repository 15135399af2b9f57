"""Funding: budgets, permissions, earmarks, shares, floors and yearly bounds, each binding and not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from allocator.engine.build import build
from worlds import CLASS, LEXIMIN, TALK, attainment, cells, effect, government, levels, rule, slack, solved, world

A_FIRST = {"a": 20, "b": 0}
"""1,000 yuan in a: 10 classes at 2 points."""
EVEN = {"a": 6.667, "b": 6.667}
"""1,000 yuan spread evenly: x / 100 * 2 = (1000 - x) / 100 at x = 333.33, that is 6.667 points in both."""


def test_budget_binds(tmp_path: Path) -> None:
    result = solved(tmp_path, funding={"sources": [government(1000)]})
    assert levels(result) == A_FIRST
    assert slack(result, "budget", "gov") == 0
    # One more yuan is 0.01 class in a, 0.02 points there, 0.01 points of the mean of two towns.
    assert rule(result, "budget", "gov")["price_total"] == pytest.approx(0.01)


def test_budget_does_not_bind(tmp_path: Path) -> None:
    # 25 + 50 classes at 100 yuan cost 7,500.
    result = solved(tmp_path / "rich", funding={"sources": [government(10_000)]})
    free = solved(tmp_path / "free")
    assert slack(result, "budget", "gov") == 2500
    assert levels(result) == levels(free) == {"a": 50, "b": 50}
    assert rule(result, "budget", "gov")["price_total"] == 0


def test_budget_is_by_source(tmp_path: Path) -> None:
    sources = [government(300), {"id": "social", "amount": 200, "pays": ["courses"]}]
    result = solved(tmp_path, funding={"sources": sources})
    assert levels(result) == {"a": 10, "b": 0}  # 500 yuan together: 5 classes in a
    assert cells(result.funding, "amount_yuan", "town", "source") == {("a", "gov"): 300, ("a", "social"): 200}


def two_programmes(**more: Any) -> dict[str, Any]:
    """A talk costs as much as a class and brings 5 persons: 1 point in a, 0.5 in b."""
    plan = {
        "delivery": {"programmes": [CLASS, TALK]},
        "attainment": attainment(effect(), effect("talk", 5)),
        "funding": {"sources": [government(2000, pays=["activities", "courses"])]},
    }
    return plan | more


def test_cells_exist_only_where_the_source_pays(tmp_path: Path) -> None:
    sources = [government(1000), {"id": "social", "amount": 400, "pays": ["activities"]}]
    scenario = world(tmp_path, **two_programmes(funding={"sources": sources}))
    model = build(scenario)
    names = model.decoded(model.family("funding").labels)
    assert set(zip(names["town"], names["programme"], names["source"], strict=True)) == {
        ("a", "class", "gov"),
        ("a", "talk", "social"),
        ("b", "class", "gov"),
        ("b", "talk", "social"),
    }


def test_permissions_keep_sources_apart(tmp_path: Path) -> None:
    # Social money may not pay for classes, though they bring twice as much: 10 classes (20) and 4 talks (4) in a.
    sources = [government(1000), {"id": "social", "amount": 400, "pays": ["activities"]}]
    result = solved(tmp_path, **two_programmes(funding={"sources": sources}))
    assert levels(result) == {"a": 24, "b": 0}
    assert slack(result, "budget", "social") == 0


def test_a_programme_nobody_may_pay_for_is_not_free(tmp_path: Path) -> None:
    nothing = solved(tmp_path / "none", funding={"sources": [government(1000, pays=["operations"])]})
    assert levels(nothing) == {"a": 0, "b": 0}
    talks = solved(tmp_path / "talks", **two_programmes(funding={"sources": [government(400, pays=["activities"])]}))
    assert levels(talks) == {"a": 4, "b": 0}  # 4 talks in a; classes have no payer


def test_costing_is_an_equality(tmp_path: Path) -> None:
    result = solved(tmp_path, funding={"sources": [government(730)]})
    assert cells(result.delivery, "units", "town")["a"] == 7.3  # 730 yuan / 100
    assert rule(result, "costing", "a/class")["sense"] == "=="
    dear = [{**CLASS, "unit_cost": 200}]
    result = solved(tmp_path / "dear", funding={"sources": [government(730)]}, delivery={"programmes": dear})
    assert cells(result.delivery, "units", "town")["a"] == 3.65


def test_what_costs_nothing_needs_no_money(tmp_path: Path) -> None:
    free = [{**CLASS, "unit_cost": 0}, TALK]
    result = solved(tmp_path, delivery={"programmes": free}, funding={"sources": [government(0, pays=["activities"])]})
    assert levels(result) == {"a": 50, "b": 50}
    assert "a/class" not in set(result.rows.query("rule == 'costing'")["key"])


def test_earmark_binds(tmp_path: Path) -> None:
    sources = [government(1000, earmark=[{"town": "b", "at_least": 600}])]
    result = solved(tmp_path, funding={"sources": sources})
    assert levels(result) == {"a": 8, "b": 6}  # 400 yuan in a, 600 in b
    assert slack(result, "earmark", "b/gov") == 0
    # One more yuan for b takes 0.02 points from a and brings 0.01 to b: -0.005 of the mean.
    assert rule(result, "earmark", "b/gov")["price_total"] == pytest.approx(-0.005)


def test_earmark_does_not_bind(tmp_path: Path) -> None:
    marked = [government(1000, earmark=[{"town": "b", "at_least": 600}])]
    result = solved(tmp_path / "marked", funding={"sources": marked}, stages=[LEXIMIN])
    plain = solved(tmp_path / "plain", funding={"sources": [government(1000)]}, stages=[LEXIMIN])
    assert levels(result) == pytest.approx(EVEN, abs=2e-3)
    assert levels(result) == pytest.approx(levels(plain), abs=2e-3)
    assert rule(result, "earmark", "b/gov")["slack"] == pytest.approx(66.667, abs=0.1)


def test_earmark_counts_only_its_own_source(tmp_path: Path) -> None:
    marked = {"id": "social", "amount": 500, "pays": ["courses"], "earmark": [{"town": "b", "at_least": 500}]}
    result = solved(tmp_path, funding={"sources": [government(1000), marked]})
    # All social money goes to b though 1,000 yuan of the government could meet the mark too.
    assert cells(result.funding, "amount_yuan", "town", "source") == {("a", "gov"): 1000, ("b", "social"): 500}


@pytest.mark.parametrize(
    ("share", "spent", "expected", "left"),
    [
        # spent <= 1000 / 0.5: 20 classes in a.
        (0.5, 2000, {"a": 40, "b": 0}, 0),
        # Without the rule 4,000 yuan: 25 classes in a, 15 in b; the government's 1,000 are 200 above 20 %.
        (0.2, 4000, {"a": 50, "b": 15}, 200),
        (None, 4000, {"a": 50, "b": 15}, None),
    ],
)
def test_source_share(
    tmp_path: Path, share: float | None, spent: float, expected: dict[str, float], left: float | None
) -> None:
    sources = [government(1000, min_share=share), {"id": "social", "amount": 3000, "pays": ["courses"]}]
    result = solved(tmp_path, funding={"sources": sources})
    assert result.funding_by_town["amount_yuan"].sum() == pytest.approx(spent)
    assert levels(result) == expected
    if left is not None:
        assert slack(result, "source_share", "gov") == left


def test_town_floor_binds_in_one_town_only(tmp_path: Path) -> None:
    # 0.4 yuan a head: at least 200 yuan in a and 400 in b; a keeps the other 600.
    floor = {"town": 0.4}
    result = solved(tmp_path, funding={"sources": [government(1000, special_fund=True)], "per_capita_floor": floor})
    assert levels(result) == {"a": 12, "b": 4}
    assert (slack(result, "per_capita_floor", "a"), slack(result, "per_capita_floor", "b")) == (400, 0)
    # 0.3 yuan a head under leximin, where b gets 666.67 anyway.
    floor = {"town": 0.3}
    sources = [government(1000, special_fund=True)]
    funding = {"sources": sources, "per_capita_floor": floor}
    loose = solved(tmp_path / "loose", funding=funding, stages=[LEXIMIN])
    assert levels(loose) == pytest.approx(EVEN, abs=2e-3)
    assert rule(loose, "per_capita_floor", "b")["slack"] == pytest.approx(366.667, abs=0.1)


def test_floor_counts_special_funds_only(tmp_path: Path) -> None:
    sources = [government(600, special_fund=True), {"id": "social", "amount": 400, "pays": ["courses"]}]
    result = solved(tmp_path, funding={"sources": sources, "per_capita_floor": {"town": 0.4}})
    # The special 600 yuan are just the floors (200 + 400); social money in b would not count, so it goes to a.
    assert cells(result.funding, "amount_yuan", "town", "source") == {
        ("a", "gov"): 200,
        ("a", "social"): 400,
        ("b", "gov"): 400,
    }


def venue_shared(floor: float | None) -> dict[str, Any]:
    """20 venue hours, all in a, one an hour: classes (social money) and talks (special fund) compete for them."""
    programmes = [{**CLASS, "venue_hours": 1}, {**TALK, "venue_hours": 1}]
    sources = [
        government(5000, pays=["activities"], special_fund=True),
        {"id": "social", "amount": 5000, "pays": ["courses"]},
    ]
    funding: dict[str, Any] = {"sources": sources}
    if floor is not None:
        funding["per_capita_floor"] = {"district": floor}
    towns = {"a": {"resident_pop": 500, "venue_hours": 20}, "b": {"resident_pop": 1000, "venue_hours": 0}}
    return two_programmes(delivery={"programmes": programmes}, funding=funding, towns=towns)


def test_district_floor(tmp_path: Path) -> None:
    # 0.4 yuan x 1,500 heads = 600 yuan of the special fund: 6 talks (6 points) push out 6 of 20 classes (2 points).
    result = solved(tmp_path / "floor", **venue_shared(0.4))
    assert levels(result) == {"a": 34, "b": 0}
    assert rule(result, "per_capita_floor", "district")["bound"] == 600
    assert slack(result, "per_capita_floor", "district") == 0
    free = solved(tmp_path / "free", **venue_shared(None))
    assert levels(free) == {"a": 40, "b": 0}


def test_district_floor_does_not_bind(tmp_path: Path) -> None:
    sources = [government(1000, special_fund=True)]
    result = solved(tmp_path, funding={"sources": sources, "per_capita_floor": {"district": 0.4}})
    assert levels(result) == A_FIRST
    assert slack(result, "per_capita_floor", "district") == 400  # 1,000 yuan against 600


@pytest.mark.parametrize(
    ("bound", "expected", "key", "left"),
    [
        # At most half in courses: 10 classes (20 points) and 10 talks (10 points) in a.
        ({"spending": "courses", "at_most": 0.5}, {"a": 30, "b": 0}, "courses/at_most", 0),
        ({"spending": "activities", "at_least": 0.5}, {"a": 30, "b": 0}, "activities/at_least", 0),
        # All 2,000 yuan go to courses anyway: 20 classes. 2000 - 0.5 * 2000 = 1000; 0.5 * 2000 - 0 = 1000.
        ({"spending": "courses", "at_least": 0.5}, {"a": 40, "b": 0}, "courses/at_least", 1000),
        ({"spending": "activities", "at_most": 0.5}, {"a": 40, "b": 0}, "activities/at_most", 1000),
    ],
)
def test_category_share(
    tmp_path: Path, bound: dict[str, Any], expected: dict[str, float], key: str, left: float
) -> None:
    funding = {"sources": [government(2000, pays=["activities", "courses"])], "category_shares": [bound]}
    result = solved(tmp_path, **two_programmes(funding=funding))
    assert levels(result) == expected
    assert slack(result, "category_share", key) == left


def yearly(down: float, up: float, **more: Any) -> dict[str, Any]:
    """Last year a had 400 yuan and b 600; 1,000 yuan this year."""
    return {
        "funding": {"sources": [government(1000)], "year_on_year": {"down": down, "up": up}},
        "last_year": {"funding_by_town": "before"},
        "tables": {"before": [{"town": "a", "amount_yuan": 400}, {"town": "b", "amount_yuan": 600}]},
        **more,
    }


def test_year_on_year_upper_side(tmp_path: Path) -> None:
    # a at most 400 * 1.5 = 600; b keeps 400, above 600 * 0.5 = 300.
    result = solved(tmp_path, **yearly(0.5, 0.5))
    assert levels(result) == {"a": 12, "b": 4}
    assert slack(result, "year_on_year", "a/at_most") == 0
    assert slack(result, "year_on_year", "b/at_least") == 100


def test_year_on_year_lower_side(tmp_path: Path) -> None:
    # b at least 300; a gets 700, below 400 * 2 = 800.
    result = solved(tmp_path, **yearly(0.5, 1.0))
    assert levels(result) == {"a": 14, "b": 3}
    assert slack(result, "year_on_year", "b/at_least") == 0
    assert slack(result, "year_on_year", "a/at_most") == 100


def test_year_on_year_does_not_bind(tmp_path: Path) -> None:
    # Leximin gives 333 and 667: inside [200, 600] and [300, 900].
    result = solved(tmp_path, **yearly(0.5, 0.5, stages=[LEXIMIN]))
    assert levels(result) == pytest.approx(EVEN, abs=2e-3)
    left = {key: slack(result, "year_on_year", key) for key in ("a/at_least", "a/at_most", "b/at_least", "b/at_most")}
    expected = {"a/at_least": 133.333, "a/at_most": 266.667, "b/at_least": 366.667, "b/at_most": 233.333}
    assert left == pytest.approx(expected, abs=0.2)


def test_year_on_year_needs_a_last_year(tmp_path: Path) -> None:
    funding = {"sources": [government(1000)], "year_on_year": {"down": 0.0, "up": 0.0}}
    result = solved(tmp_path, funding=funding)
    assert levels(result) == A_FIRST
    assert not (result.rows["rule"] == "year_on_year").any()


def test_money_in_ten_thousands(tmp_path: Path) -> None:
    # 0.1 万元 = 1,000 yuan; a class at 0.01 万元 = 100 yuan; a floor of 0.00004 万元 = 0.4 yuan a head.
    dear = [{**CLASS, "unit_cost": 0.01}]
    sources = [government(0.1, special_fund=True)]
    funding = {"sources": sources, "per_capita_floor": {"town": 0.00004}}
    result = solved(tmp_path, units={"money": "万元"}, delivery={"programmes": dear}, funding=funding)
    assert levels(result) == {"a": 12, "b": 4}
    assert rule(result, "budget", "gov")["bound"] == pytest.approx(1000)


def test_of_money_that_has_gone_out_only_a_share_may_be_taken_back(tmp_path: Path) -> None:
    # All would go to a; 400 yuan are in b already, a quarter of which may come back.
    gone = {"tables": {"gone": [{"town": "b", "source": "gov", "amount_yuan": 400}]}}
    for share, kept in ((0, 400), (0.25, 300), (1, 0)):
        funding = {"sources": [government(1000)], "issued": {"table": "gone", "take_back": share}}
        result = solved(tmp_path / str(share), funding=funding, **gone)
        assert cells(result.funding_by_town, "amount_yuan", "town") == {"a": 1000 - kept, "b": kept}
        assert rule(result, "issued", "b/gov")["bound"] == kept
