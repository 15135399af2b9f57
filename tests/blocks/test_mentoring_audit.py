"""The audit of mentoring: a table that breaks a rule, or says something else than the pairs, is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from allocator.auditing.whole import audit_tables
from allocator.tables.result import Result
from allocator.verbs.solving import solve
from worlds import NEARNESS_MINUTES, government, world

Tables = dict[str, pd.DataFrame]
Change = Callable[[Tables], Any]


def failed(result: Result, tables: Tables) -> tuple[str, ...]:
    return audit_tables(result.scenario, tables).failed


def copied(result: Result) -> Tables:
    return {name: table.copy() for name, table in result.tables.items()}


def put(table: str, column: str, value: Any, at: int = 0) -> Change:
    """Another value in one cell."""

    def change(tables: Tables) -> None:
        tables[table][column] = tables[table][column].astype(object)
        tables[table].loc[at, column] = value

    return change


def pair(mentor: str, mentee: str, **more: Any) -> Change:
    """One more pair."""

    def change(tables: Tables) -> None:
        row = {**tables["pairs"].iloc[0].to_dict(), "mentor": mentor, "mentee": mentee, **more}
        tables["pairs"] = pd.concat([tables["pairs"], pd.DataFrame([row])], ignore_index=True)

    return change


def without_pairs(tables: Tables) -> None:
    tables["pairs"] = tables["pairs"].iloc[:0]


@pytest.fixture(scope="module")
def by_table(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """a mentors x, b mentors y; a-y would take a mentor, b-x would take all too much travel; z is struck."""
    rows = [
        {"mentor": "a", "mentee": "x", "benefit": 9, "cost": 1, "hours": 8, "eligible": "true"},
        {"mentor": "a", "mentee": "y", "benefit": 6, "cost": 2, "hours": 6, "eligible": "true"},
        {"mentor": "b", "mentee": "x", "benefit": 5, "cost": 3, "hours": 5, "eligible": "true"},
        {"mentor": "b", "mentee": "y", "benefit": 7, "cost": 4, "hours": 4, "eligible": "true"},
        {"mentor": "b", "mentee": "z", "benefit": 7, "cost": 4, "hours": 4, "eligible": "false"},
    ]
    travel = {
        "visits": 1,
        "most_minutes": 110,
        "most_minutes_of_mentor": 60,
        "cost_per_hour": 60,
        "spending": "courses",
    }
    scenario = world(
        tmp_path_factory.mktemp("by_table"),
        towns={town: {"resident_pop": 1, "school_hours": 10} for town in "abxyz"},
        tables={"base": [], "pair_values": rows},
        roads={("a", "x"): 30, ("a", "y"): 25, ("b", "x"): 20, ("b", "y"): 25, ("b", "z"): 400},
        attainment=None,
        delivery=None,
        funding={"sources": [government(1000)]},
        mentoring={"pairs": "pair_values", "travel": travel},
        stages=[
            {"id": "total", "of": "mentoring.worth", "aggregate": "sum"},
            {"id": "balance", "of": "mentoring.cost", "criterion": "maximin"},
        ],
    )
    return solve(scenario)


BY_TABLE: list[tuple[str, Change]] = [
    ("pairing", pair("b", "z")),
    ("mentor_travel", pair("a", "y")),
    ("travel_budget", pair("b", "x")),
    ("mentee_cover", pair("a", "y")),
    ("school_hours", pair("a", "y")),
    ("accounts", pair("b", "x")),
    ("costing", without_pairs),
    ("stages", without_pairs),
    ("stages.published", put("stages", "published", 15)),
    ("mentors", put("mentors", "mentees", "y")),
    ("mentors", put("mentors", "travel_minutes", 30)),
    ("mentors", put("mentors", "hours_used", 7)),
    ("mentees", put("mentees", "mentors", "b")),
    ("mentees", put("mentees", "until", "2017")),
    ("mentees", put("mentees", "reason", "mentors_full", at=2)),
    ("unpaired_reason", put("unpaired", "reason", "not_chosen")),
    ("pairs_content", put("pairs", "content", "participation")),
]


def test_a_plan_by_a_table_passes(by_table: Result) -> None:
    assert set(zip(by_table.pairs["mentor"], by_table.pairs["mentee"], strict=True)) == {("a", "x"), ("b", "y")}
    assert failed(by_table, copied(by_table)) == ()
    assert by_table.unpaired["reason"].tolist() == ["no_eligible_mentor"]


@pytest.mark.parametrize(("family", "change"), BY_TABLE, ids=[f"{n}-{f}" for n, (f, _) in enumerate(BY_TABLE)])
def test_a_spoilt_table_of_a_plan_by_a_table_is_named(by_table: Result, family: str, change: Change) -> None:
    tables = copied(by_table)
    change(tables)
    assert family in failed(by_table, tables)


@pytest.fixture(scope="module")
def by_needs(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """o was the mentor of n in 2015, as a term of one year; with rotation m follows."""
    indicators = [{"id": i, "weight": 0.5, "target": 1} for i in "pq"]
    base = {"m": {"p": 0.9, "q": 0.2}, "o": {"p": 0.8, "q": 0.8}, "n": {"p": 0.1, "q": 0.3}}
    scenario = world(
        tmp_path_factory.mktemp("by_needs"),
        towns={town: {"resident_pop": 1000} for town in base},
        base=base,
        tables={"old": [{"mentor": "o", "mentee": "n", "start_year": 2015, "renewals": 0}]},
        last_year={"pairs": "old"},
        roads={("m", "n"): 20, ("o", "n"): 20},
        delivery=None,
        attainment={"indicators": indicators},
        mentoring={
            "slow": {"towns": ["n"]},
            "mature": {"upper_third": False, "preset": ["m", "o"]},
            "min_gap": 0,
            "mentee_least": 1,
            "term_years": 1,
            "rotation": True,
            "matching": {"needs": 2, "strong_at_least": 0.6},
            "transfer": {"p": 0.4, "q": 0.4},
            "nearness_minutes": NEARNESS_MINUTES,
        },
    )
    return solve(scenario)


def renewed(tables: Tables) -> None:
    """The pair of the year before goes on."""
    tables["pairs"] = tables["pairs"].assign(mentor="o", start_year=2015, end_year=2016, renewals=1, content="p, q")


BY_NEEDS: list[tuple[str, Change]] = [
    ("pair_terms", renewed),
    ("mentee_least", without_pairs),
    ("pairs_content", put("pairs", "content", "p, q")),
    ("pairs_uplift", put("pairs", "uplift", 9)),
    ("level_sum", put("towns", "level_after", 50)),
]


def test_a_plan_by_needs_passes(by_needs: Result) -> None:
    assert by_needs.pairs[["mentor", "content"]].to_numpy().tolist() == [["m", "p"]]
    assert failed(by_needs, copied(by_needs)) == ()


@pytest.mark.parametrize(("family", "change"), BY_NEEDS, ids=[family for family, _ in BY_NEEDS])
def test_a_spoilt_table_of_a_plan_by_needs_is_named(by_needs: Result, family: str, change: Change) -> None:
    tables = copied(by_needs)
    change(tables)
    assert family in failed(by_needs, tables)
