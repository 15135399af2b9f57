"""Volunteers as a stock: part of it stays, recruits join once they are trained; both bring hours and a level.

Town ``a`` has 1,000 residents and 100 volunteers, of whom eight tenths stay from year to year. Level: volunteers for
each resident, target 0.2, so that 2 volunteers are 1 point.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from allocator.tables.result import Result
from worlds import CLASS, attainment, effect, government, levels, of_year, slack, solved

COUNTED = {"id": "volunteers", "weight": 1, "target": 0.2, "denominator": "resident_pop", "stock": "volunteers"}


def plan(
    recruits: float, places: float, years: int = 2, heads: dict[str, float] | None = None, **more: Any
) -> dict[str, Any]:
    """At most so many recruits a 1,000 residents and so many places of training."""
    given = heads or {"a": 100}
    rows = [{"town": town, "heads": count, "active_rate": 0.5, "hours_per_active": 20} for town, count in given.items()]
    stock = {
        "retention": 0.8,
        "recruits": {"per": 1000, "of": "resident_pop", "heads": recruits},
        "training_places": places,
    }
    made: dict[str, Any] = {
        "towns": {town: {"resident_pop": 1000} for town in given},
        "years": {2016 + n: {} for n in range(years)},
        "tables": {"volunteers": rows},
        "delivery": None,
        "attainment": {"indicators": [COUNTED]},
        "volunteering": {"stock": stock},
    }
    return made | more


def column(result: Result, name: str, town: str = "a") -> list[float]:
    table = result.tables["volunteer_stock"]
    return [round(float(each), 4) for each in table[table["town"] == town][name]]


def test_the_stock_is_what_stays_and_who_is_trained(tmp_path: Path) -> None:
    # 80 + 10, then 72 + 10, then 65.6 + 10
    result = solved(tmp_path, **plan(10, 50, years=3))
    assert column(result, "heads_before") == [100, 90, 82]
    assert column(result, "retained") == [80, 72, 65.6]
    assert column(result, "trained") == [10, 10, 10]
    assert column(result, "heads") == [90, 82, 75.6]
    assert column(result, "active") == [45, 41, 37.8]
    assert column(result, "hours") == [900, 820, 756]
    assert [levels(result, year)["a"] for year in (2016, 2017, 2018)] == [45, 41, 37.8]
    assert result.attainment["base"].tolist() == pytest.approx([0.1, 0.09, 0.082])


def test_recruits_or_places_of_training_bind(tmp_path: Path) -> None:
    two = {"a": 100, "b": 100}
    recruits = solved(tmp_path / "recruits", **plan(10, 50, heads=two))
    assert slack(recruits, "recruits", "a", year=2017) == 0
    assert slack(recruits, "training_places", year=2017) == 30
    places = solved(tmp_path / "places", **plan(10, 15, heads=two))
    assert slack(places, "training_places", year=2017) == 0
    trained = of_year(places.tables["volunteer_stock"], 2017)["trained"]
    assert trained.sum() == pytest.approx(15)
    assert (trained <= 10 + 1e-6).all()
    # 160 + 15 volunteers, then 140 + 15, in two towns: a mean level of 43.75, then 38.75
    assert sum(levels(places, 2016).values()) == pytest.approx(87.5, abs=1e-3)
    assert sum(levels(places, 2017).values()) == pytest.approx(77.5, abs=1e-3)


def test_training_costs_money(tmp_path: Path) -> None:
    # 1,000 yuan train 5 of 10 recruits at 200 yuan.
    given = plan(10, 50)
    given["volunteering"]["training_allowance"] = {"unit_cost": 200, "spending": "activities"}
    given["funding"] = {"sources": [government(1000, pays=["activities"])]}
    result = solved(tmp_path, **given)
    assert column(result, "trained") == [5, 5]
    assert column(result, "heads") == [85, 73]
    assert result.funding["programme"].tolist() == ["volunteer_training"] * 2
    assert result.funding["amount_yuan"].tolist() == pytest.approx([1000, 1000])
    assert slack(result, "recruits", "a", year=2016) == 5


def test_volunteers_give_hours(tmp_path: Path) -> None:
    # A class takes 10 hours and is worth 1 point; a volunteer gives 0.5 * 20 = 10 hours. 8 + 2 volunteers carry 10
    # classes, then 8 + 2 again; there would be money for 20.
    given = plan(2, 10, heads={"a": 10})
    given |= {
        "delivery": {"programmes": [{**CLASS, "volunteer_hours": 10}]},
        "attainment": attainment(effect(), retention=0),
        "funding": {"sources": [government(2000)]},
    }
    result = solved(tmp_path / "hours", **given)
    assert [levels(result, year)["a"] for year in (2016, 2017)] == pytest.approx([10, 10])
    assert slack(result, "volunteer_supply", "a", year=2017) == 0
    # With money for 5 classes only, half of the hours are left over.
    given["funding"] = {"sources": [government(500)]}
    few = solved(tmp_path / "money", **given)
    assert [levels(few, year)["a"] for year in (2016, 2017)] == pytest.approx([5, 5])
    assert slack(few, "volunteer_supply", "a", year=2016) >= 30


def test_places_and_recruits_may_change_from_year_to_year(tmp_path: Path) -> None:
    given = plan(10, 50)
    given["years"][2017] = {"volunteering": {"stock": {"training_places": 4}}}
    result = solved(tmp_path, **given)
    assert column(result, "trained") == [10, 4]
    assert column(result, "heads") == [90, 76]


def test_a_single_year_after_another_starts_with_the_heads_it_finds(tmp_path: Path) -> None:
    # Year by year: 80 + 10 in 2016, and 2017 starts with these 90.
    result = solved(tmp_path, "rolling", **plan(10, 50))
    assert column(result, "heads_before") == [100, 90]
    assert column(result, "heads") == [90, 82]
