"""Goals: what is asked in a year, what is reached, what is missing, in which unit."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from allocator.blocks.shared.targets import target_of_year
from allocator.scenario.section import Goal
from worlds import NEARNESS_MINUTES, attainment, effect, government, solved

AT = {2018: 0.30, 2020: 0.40}


@pytest.mark.parametrize(
    ("path", "year", "expected"),
    [
        ("milestones", 2016, math.nan),
        ("milestones", 2018, 0.30),
        ("milestones", 2019, math.nan),
        ("milestones", 2020, 0.40),
        ("milestones", 2023, 0.40),
        # From the base 0.15 in 2015, 0.05 a year to 2018 and 0.05 a year to 2020.
        ("linear_from_base", 2016, 0.20),
        ("linear_from_base", 2018, 0.30),
        ("linear_from_base", 2019, 0.35),
        ("linear_from_base", 2020, 0.40),
        ("linear_from_base", 2025, 0.40),
    ],
)
def test_targets(path: Any, year: int, expected: float) -> None:
    goal = Goal(id="g", measure="participation", strength="hard", at_least=AT, path=path)
    assert target_of_year(goal, year, 2016, 0.15) == pytest.approx(expected, nan_ok=True)


def test_a_plan_of_later_years_draws_the_line_from_the_year_before() -> None:
    goal = Goal(id="g", measure="participation", strength="hard", at_least={2022: 0.5}, path="linear_from_base")
    assert target_of_year(goal, 2021, 2021, 0.3) == pytest.approx(0.4)  # halfway from 2020 to 2022


def goal(name: str, measure: str, at_least: float, **more: Any) -> dict[str, Any]:
    return {"id": name, "measure": measure, "strength": "hard", "at_least": {"2016": at_least}, **more}


def table(result: Any) -> dict[Any, tuple[float, float, float, str]]:
    rows = result.goals.itertuples()
    return {(r.goal, r.town): (round(r.target, 6), round(r.reached, 4), round(r.shortfall, 4), r.unit) for r in rows}


def test_indicator_of_the_district_is_weighted_by_its_denominator(tmp_path: Path) -> None:
    # 1,000 yuan: 10 classes in a, 100 persons. District (100 + 0.2 * 1,000) / 1,500 = 0.2; a 0.2, b 0.2.
    goals = [
        goal("met", "participation", 0.2),
        goal("missed", "participation", 0.25),
        goal("towns", "participation", 0.21, scope="every_town", strength="soft"),
    ]
    money = {"sources": [government(1000)]}
    result = solved(tmp_path, funding=money, goals=goals, base={"a": 0.0, "b": 0.2})
    unit = "per 1 resident_pop"
    assert table(result) == {
        ("met", ""): (0.2, 0.2, 0, unit),
        ("missed", ""): (0.25, 0.2, 0.05, unit),
        ("towns", "a"): (0.21, 0.2, 0.01, unit),
        ("towns", "b"): (0.21, 0.2, 0.01, unit),
    }
    assert result.missed_hard_goals == 1  # the soft one does not count
    assert result.status == "optimal"


def test_value_counts_beyond_the_target_of_the_level(tmp_path: Path) -> None:
    # Level target 0.1 is reached with 5 classes in a; the lock runs 20: value 0.4 there, 200 / 1,500 in the district.
    lock = {"id": "agreed", "decision": "units", "where": {"town": "a"}, "equals": 20, "reason": "agreed"}
    result = solved(
        tmp_path,
        funding={"sources": [government(2000)]},
        attainment=attainment(effect(), target=0.1),
        goals=[goal("g", "participation", 0.2)],
        locks=[lock],
    )
    assert table(result)["g", ""][1:3] == (0.1333, 0.0667)


def test_money_per_head(tmp_path: Path) -> None:
    # 1,000 yuan for 1,500 heads; all in a (500 heads, 2 yuan each), none in b.
    goals = [goal("all", "money_per_head", 0.5), goal("each", "money_per_head", 1.0, scope="every_town")]
    result = solved(tmp_path, funding={"sources": [government(1000)]}, goals=goals)
    assert table(result) == {
        ("all", ""): (0.5, 0.6667, 0, "yuan/head"),
        ("each", "a"): (1, 2, 0, "yuan/head"),
        ("each", "b"): (1, 0, 1, "yuan/head"),
    }


def test_money_per_head_on_a_line_from_last_year(tmp_path: Path) -> None:
    # Last year 600 yuan = 0.4 a head; 1.4 in 2020: a fifth of the way in 2016.
    line = {"id": "line", "measure": "money_per_head", "strength": "soft", "at_least": {"2020": 1.4}}
    result = solved(
        tmp_path,
        funding={"sources": [government(300)]},
        tables={"before": [{"town": "a", "amount_yuan": 200}, {"town": "b", "amount_yuan": 400}]},
        last_year={"funding_by_town": "before"},
        goals=[{**line, "path": "linear_from_base"}],
    )
    assert table(result)["line", ""] == (0.6, 0.2, 0.4, "yuan/head")


@pytest.mark.parametrize(("capacity", "share"), [(2, 1.0), (1, 0.5), (0, 0.0)])
def test_paired_slow_towns(tmp_path: Path, capacity: int, share: float) -> None:
    base = {"m": 0.6, "n1": 0.1, "n2": 0.2}
    result = solved(
        tmp_path,
        towns={town: {"resident_pop": 1000} for town in base},
        base=base,
        roads={("m", "n1"): 20, ("m", "n2"): 20},
        delivery=None,
        attainment=attainment(),
        mentoring={
            "slow": {"towns": ["n1", "n2"]},
            "mature": {"upper_third": False, "preset": ["m"]},
            "transfer": {"participation": 0.4},
            "nearness_minutes": NEARNESS_MINUTES,
            "mentor_capacity": capacity,
        },
        goals=[goal("paired", "paired_slow_towns", 1.0)],
    )
    assert table(result)["paired", ""] == (1, share, 1 - share, "share")


def test_quality_index_has_its_own_unit(tmp_path: Path) -> None:
    quality = attainment(effect(per_unit=0.05), denominator=None)
    result = solved(
        tmp_path, attainment=quality, funding={"sources": [government(0)]}, goals=[goal("q", "participation", 1)]
    )
    assert table(result)["q", ""] == (1, 0, 1, "index")
