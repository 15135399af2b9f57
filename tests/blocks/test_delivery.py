"""Delivery: ceilings, running cost, venues."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from worlds import CLASS, LEXIMIN, cells, government, levels, rule, slack, solved


def test_max_units_binds(tmp_path: Path) -> None:
    result = solved(tmp_path)
    assert levels(result) == {"a": 50, "b": 50}
    assert (slack(result, "max_units", "a/class"), slack(result, "max_units", "b/class")) == (0, 0)
    # One more unit in a: 2 points there, 1 of the mean.
    assert rule(result, "max_units", "a/class")["price_total"] == pytest.approx(1.0)


def test_max_units_does_not_bind(tmp_path: Path) -> None:
    funding = {"sources": [government(1000)]}
    result = solved(tmp_path / "capped", funding=funding)
    unlimited = {**CLASS, "max_units": None}
    free = solved(tmp_path / "free", funding=funding, delivery={"programmes": [unlimited]})
    assert levels(result) == levels(free) == {"a": 20, "b": 0}
    assert slack(result, "max_units", "a/class") == 15  # 25 - 10
    assert not (free.rows["rule"] == "max_units").any()


def test_max_units_per_and_of(tmp_path: Path) -> None:
    # 3 units for every 2 stations: a 4 stations -> 6, b 1 station -> 1.5.
    towns = {"a": {"resident_pop": 500, "stations": 4}, "b": {"resident_pop": 1000, "stations": 1}}
    limited = {**CLASS, "max_units": {"per": 2, "of": "stations", "units": 3}}
    result = solved(tmp_path, towns=towns, delivery={"programmes": [limited]})
    assert levels(result) == {"a": 12, "b": 1.5}


def running(**more: Any) -> dict[str, Any]:
    """Running cost of 300 yuan in a and 200 in b out of 1,000."""
    towns = {
        "a": {"resident_pop": 500, "running_cost_yuan": 300},
        "b": {"resident_pop": 1000, "running_cost_yuan": 200},
    }
    upkeep = {"id": "upkeep", "spending": "operations", "unit_cost": 1, "floor": "running_cost"}
    return {
        "towns": towns,
        "delivery": {"programmes": [CLASS, upkeep]},
        "funding": {"sources": [government(1000, pays=["courses", "operations"])]},
        **more,
    }


def test_running_cost_binds(tmp_path: Path) -> None:
    result = solved(tmp_path, **running())
    assert levels(result) == {"a": 10, "b": 0}  # 500 yuan are left: 5 classes in a
    assert (slack(result, "running_cost", "a/upkeep"), slack(result, "running_cost", "b/upkeep")) == (0, 0)
    assert cells(result.funding_by_town, "amount_yuan", "town") == {"a": 800, "b": 200}
    # One more yuan of running cost is 0.01 class less in a: 0.01 points of the mean less.
    assert rule(result, "running_cost", "b/upkeep")["price_total"] == pytest.approx(-0.01)


def test_running_cost_does_not_bind(tmp_path: Path) -> None:
    more = {"id": "more", "decision": "units", "where": {"town": "a", "programme": "upkeep"}, "at_least": 400}
    result = solved(tmp_path, **running(locks=[{**more, "reason": "promised"}]))
    assert slack(result, "running_cost", "a/upkeep") == 100
    assert levels(result) == {"a": 8, "b": 0}  # 1000 - 400 - 200


def test_floor_is_money_not_units(tmp_path: Path) -> None:
    # 300 yuan at 50 yuan a unit: at least 6 units.
    plan = running()
    dear = {**plan["delivery"]["programmes"][1], "unit_cost": 50}
    result = solved(tmp_path, **plan | {"delivery": {"programmes": [CLASS, dear]}})
    assert rule(result, "running_cost", "a/upkeep")["bound"] == 6
    assert levels(result) == {"a": 10, "b": 0}


def test_venue(tmp_path: Path) -> None:
    # 2 venue hours a class: 20 hours in a carry 10 classes, 150 hours in b more than its 50.
    towns = {"a": {"resident_pop": 500, "venue_hours": 20}, "b": {"resident_pop": 1000, "venue_hours": 150}}
    result = solved(tmp_path, towns=towns, delivery={"programmes": [{**CLASS, "venue_hours": 2}]})
    assert levels(result) == {"a": 20, "b": 50}
    assert (slack(result, "venue", "a"), slack(result, "venue", "b")) == (0, 50)
    # One more hour in a: half a class, one point there, 0.5 of the mean.
    assert rule(result, "venue", "a")["price_total"] == pytest.approx(0.5)


def test_venue_is_shared_by_programmes(tmp_path: Path) -> None:
    other = {**CLASS, "id": "other", "venue_hours": 1}
    towns = {"a": {"resident_pop": 500, "venue_hours": 30}, "b": {"resident_pop": 1000, "venue_hours": 0}}
    lock = {"id": "ten", "decision": "units", "where": {"town": "a", "programme": "other"}, "equals": 10}
    result = solved(
        tmp_path,
        towns=towns,
        delivery={"programmes": [{**CLASS, "venue_hours": 2}, other]},
        locks=[{**lock, "reason": "planned"}],
    )
    assert levels(result)["a"] == 20  # (30 - 10) / 2 = 10 classes
    accounts = result.accounts.query("ledger == 'venue_time' and key == 'a'")
    assert (accounts["supplied"].sum(), accounts["used"].sum()) == (30, 30)


def test_without_a_venue_column_there_is_no_limit(tmp_path: Path) -> None:
    result = solved(tmp_path, delivery={"programmes": [{**CLASS, "venue_hours": 2}]}, stages=[LEXIMIN])
    assert levels(result) == pytest.approx({"a": 50, "b": 50}, abs=2e-3)
    assert not (result.rows["rule"] == "venue").any()


def test_venues_that_nobody_needs(tmp_path: Path) -> None:
    towns = {"a": {"resident_pop": 500, "venue_hours": 20}, "b": {"resident_pop": 1000, "venue_hours": 0}}
    result = solved(tmp_path, towns=towns)
    assert levels(result) == {"a": 50, "b": 50}
    assert (slack(result, "venue", "a"), slack(result, "venue", "b")) == (20, 0)
