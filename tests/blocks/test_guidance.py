"""Guidance: both flows, their minima, capacities and effects.

An hour of the district centre brings 10 persons: 2 points in a, 1 in b. No programmes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from worlds import ORIGIN, attainment, cells, government, levels, rule, slack, solved

STATIONS = {"a": {"resident_pop": 500, "stations": 5}, "b": {"resident_pop": 1000, "stations": 10}}


def plan(district_hours: float, giver: str = "district", **guidance: Any) -> dict[str, Any]:
    effects = [{"giver": giver, "indicator": "participation", "per_hour": 10, "origin": ORIGIN}]
    given = {"district_hours": district_hours, "effects": effects, **guidance}
    return {"towns": STATIONS, "delivery": None, "attainment": attainment(), "guidance": given}


def test_capacity_binds(tmp_path: Path) -> None:
    result = solved(tmp_path, **plan(20))
    assert levels(result) == {"a": 40, "b": 0}
    assert slack(result, "guidance_capacity") == 0
    assert rule(result, "guidance_capacity")["price_total"] == pytest.approx(1.0)  # 2 points in a, 1 of the mean


def test_capacity_does_not_bind_and_the_allowance_is_charged(tmp_path: Path) -> None:
    # 100 yuan an hour out of 1,000: 10 of 20 hours.
    paid = {"allowance": {"unit_cost": 100, "spending": "operations"}}
    money = {"funding": {"sources": [government(1000, pays=["operations"])]}}
    result = solved(tmp_path / "20", **plan(20, **paid), **money)
    assert levels(result) == {"a": 20, "b": 0}
    assert slack(result, "guidance_capacity") == 10
    assert cells(result.funding, "amount_yuan", "town", "programme") == {("district", "guidance"): 1000}
    assert levels(solved(tmp_path / "1000", **plan(1000, **paid), **money)) == {"a": 20, "b": 0}


def test_minimum(tmp_path: Path) -> None:
    result = solved(tmp_path, **plan(20, town_min_hours=5))
    assert levels(result) == {"a": 30, "b": 5}
    assert (slack(result, "guidance_minimum", "b"), slack(result, "guidance_minimum", "a")) == (0, 10)
    assert cells(result.guidance.query("giver == 'district'"), "hours", "town") == {"a": 15, "b": 5}
    # One more hour for each: b +1, a -1 hour (-2 points): the price of b's bound is (1 - 2) / 2.
    assert rule(result, "guidance_minimum", "b")["price_total"] == pytest.approx(-0.5)


def with_schools(hours: float, **guidance: Any) -> dict[str, Any]:
    towns = {town: {**columns, "school_hours": hours} for town, columns in STATIONS.items()}
    return plan(0, "school", **guidance) | {"towns": towns}


def test_station_effects_count_hours_of_each_station(tmp_path: Path) -> None:
    # 20 hours: 4 for each of 5 stations in a, 40 persons of 500; 2 for each of 10 in b, 20 persons of 1,000.
    result = solved(tmp_path, **with_schools(20))
    assert levels(result) == {"a": 8, "b": 2}
    assert slack(result, "school_hours", "a") == 0


def test_contact_minimum_does_not_bind(tmp_path: Path) -> None:
    result = solved(tmp_path, **with_schools(20, station_min_hours=1))
    assert levels(result) == {"a": 8, "b": 2}  # as without it
    assert (slack(result, "contact_minimum", "a"), slack(result, "contact_minimum", "b")) == (15, 10)


def test_contact_minimum_binds_against_mentoring(tmp_path: Path) -> None:
    # a's school has 15 hours: 5 stations x 2 hours leave 5, a pair takes 6. Without the minimum the pair is made.
    mentoring = {
        "slow": {"towns": ["b"]},
        "mature": {"upper_third": False, "preset": ["a"]},
        "transfer": {"participation": 0.5},
        "nearness_minutes": 1000,
        "hours_per_pair": 6,
    }
    more = {"mentoring": mentoring, "base": {"a": 0.5, "b": 0.1}, "roads": {("a", "b"): 30}}
    scarce = with_schools(15, station_min_hours=2, effects=[])
    scarce["towns"]["b"]["school_hours"] = 20
    result = solved(tmp_path / "scarce", **scarce, **more)
    assert len(result.pairs) == 0
    assert slack(result, "contact_minimum", "b") == 0
    free = solved(tmp_path / "free", **with_schools(15, effects=[]), **more)
    assert len(free.pairs) == 1
