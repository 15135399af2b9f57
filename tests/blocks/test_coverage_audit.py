"""A written result of bases and coverage passes the audit; any table that was tampered with does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from allocator.auditing.whole import audit_tables
from allocator.tables.result import Result
from circles import ALL_COVERED, CHEAPEST, MOST_COVERED, SITES, STATIONS, circle, site
from worlds import CLASS, attainment, effect, government, solved

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Everything at once: functions, venue hours, money, limited places, a lock, goals; p0 is open before."""
    sites = [{**each, "open": each["site"] == "p0", "capacity": 800} for each in SITES]
    sites.append(site(3, "b", opening_cost_yuan=9000, yearly_cost_yuan=0, hours=10, open=False, capacity=10))
    uses = [
        {"site": f"p{at}", "function": name, "least_hours": least}
        for at in range(3)
        for name, least in (("courses", 0), ("elderly", 40))
    ]
    plan = circle(
        CHEAPEST,
        {
            "functions": [{"id": "courses"}, {"id": "elderly"}],
            "site_functions": "uses",
            "venue_function": "courses",
            "spending": "operations",
            "most_new": 2,
            "exactly_open": 2,
        },
        {"serve": "nearest", "capacity": True},
        sites=sites,
        tables={"uses": uses},
        goals=[{**ALL_COVERED, "at_least": {"2016": 0.8}}],
        locks=[{"id": "keep", "decision": "open", "where": {"site": "p1"}, "equals": 1, "reason": "x"}],
        towns={"a": {"resident_pop": 500, "venue_hours": 5}, "b": {"resident_pop": 1000, "venue_hours": 5}},
        funding={"sources": [government(9000, pays=["courses", "operations"])]},
    )
    plan |= {"delivery": {"programmes": [{**CLASS, "venue_hours": 10}]}, "attainment": attainment(effect())}
    plan["stages"] = [*CHEAPEST, {"id": "balance"}]
    return solved(tmp_path_factory.mktemp("full"), **plan)


def failed(result: Result, tables: Tables) -> set[str]:
    return set(audit_tables(result.scenario, tables).failed)


def test_the_plan_as_it_is_written_passes(full: Result) -> None:
    assert failed(full, full.tables) == set()
    assert full.bases["state"].tolist() == ["open", "opened", "closed", "closed"]
    assert full.base_hours.query("function == 'courses'")["hours"].sum() > 0


def put(column: str, value: Any, where: str | None = None) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Change a column in the first row, or in the rows of a query."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        made = table.copy()
        made[column] = made[column].astype(object)
        rows = made.index[:1] if where is None else made.query(where).index
        assert len(rows)
        made.loc[rows, column] = value
        return made

    return change


def without(where: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table.drop(table.query(where).index)


SPOILED = [
    ("bases", put("state", "open", "site == 'p2'"), {"bases.state", "open_bases"}),
    ("bases", put("state", "opened", "site == 'p2'"), {"open_bases", "costing", "bases.cost_yuan"}),
    ("bases", put("state", "opened", "site in ['p2', 'p3']"), {"new_bases"}),
    ("bases", put("state", "closed", "site == 'p0'"), {"bases.state", "open_bases", "base_capacity", "counts.amount"}),
    (
        "bases",
        put("state", "closed", "site == 'p1'"),
        {"lock", "counts.amount", "coverage.covered", "assignments", "site_places"},
    ),
    ("bases", put("state", "gone", "site == 'p2'"), {"bases.state"}),
    ("bases", put("town", "b"), {"bases.town"}),
    ("bases", put("functions", "courses"), {"bases.functions"}),
    ("bases", put("hours", 99.0), {"bases.hours"}),
    ("bases", put("cost_yuan", 99.0), {"bases.cost_yuan"}),
    ("bases", without("site == 'p3'"), {"bases"}),
    ("base_hours", put("hours", 150.0, "site == 'p0' and function == 'courses'"), {"base_capacity", "accounts"}),
    ("base_hours", put("hours", 30.0, "site == 'p0' and function == 'elderly'"), {"least_base_hours"}),
    ("base_hours", put("hours", 0.0, "function == 'courses'"), {"venue"}),
    ("base_hours", put("hours", -1.0, "site == 'p0' and function == 'courses'"), {"base_hours"}),
    ("base_hours", put("site", "p3", "site == 'p0' and function == 'courses'"), {"base_hours"}),
    ("coverage", put("residents", 1.0), {"coverage.residents"}),
    ("coverage", put("covered_before", 1.0), {"coverage.covered_before"}),
    ("coverage", put("covered", 1.0), {"coverage.covered"}),
    ("coverage", put("share_before", 0.9), {"coverage.share_before"}),
    ("coverage", put("share", 0.9), {"coverage.share"}),
    ("coverage", put("uncovered", 3.0), {"coverage.uncovered"}),
    ("coverage", without("town == 'a'"), {"coverage.covered"}),
    ("uncovered", put("station", "s0"), {"uncovered.residents", "uncovered.minutes"}),
    ("uncovered", put("town", "a"), {"uncovered.town"}),
    ("uncovered", put("residents", 1.0), {"uncovered.residents"}),
    ("uncovered", put("nearest_site", "p0"), {"uncovered.nearest_site"}),
    ("uncovered", put("nearest_site", "p2"), {"uncovered.nearest_site"}),
    ("uncovered", put("minutes", 1.0), {"uncovered.minutes"}),
    ("uncovered", without("station == 's4'"), {"uncovered.residents"}),
    ("assignments", put("site", "p2"), {"assignments"}),
    ("assignments", put("site", "p1", "station in ['s0', 's1', 's2', 's3', 's4']"), {"site_places"}),
    ("assignments", put("residents", 1.0), {"assignments.residents"}),
    ("assignments", put("minutes", 1.0), {"assignments.minutes"}),
    ("assignments", without("station == 's0'"), {"assignments"}),
    ("counts", put("amount", 7.0, "counted == 'bases' and town == 'a'"), {"counts.amount"}),
    ("counts", put("amount", 7.0, "counted == 'covered_share' and town == 'a'"), {"counts.amount"}),
    ("rows", put("activity", 7.0, "rule == 'open_bases'"), {"rows.activity"}),
    ("rows", put("bound", 7.0, "rule == 'site_places'"), {"rows.bound"}),
    ("stages", put("published", 7.0, "stage == 'total'"), {"stages.published"}),
]


@pytest.mark.parametrize(("table", "spoil", "families"), SPOILED, ids=[f"{at}-{s[0]}" for at, s in enumerate(SPOILED)])
def test_a_table_that_was_tampered_with_is_found(
    full: Result, table: str, spoil: Callable[[pd.DataFrame], pd.DataFrame], families: set[str]
) -> None:
    assert families <= failed(full, {**full.tables, table: spoil(full.tables[table])})


def test_the_nearest_base_is_the_nearest(tmp_path: Path) -> None:
    plan = circle(
        [{"id": "total", "of": "coverage.distance"}], {"exactly_open": 2}, {"serve": "nearest"}, stations=STATIONS
    )
    result = solved(tmp_path, **plan)
    wrong = put("site", "p0", "station == 's4'")(result.assignments)
    wrong = put("minutes", 24.0, "station == 's4'")(wrong)
    assert {"assignments.site", "assignments.minutes"} <= failed(result, {**result.tables, "assignments": wrong})
    # s3 is as near to p1 as to p2.
    plan = circle([{"id": "total", "of": "coverage.distance"}], {"exactly_open": 3}, {"serve": "nearest"})
    three = solved(tmp_path / "three", **plan)
    moved = put("site", "p2", "station == 's3'")(three.assignments)
    assert three.assignments.query("station == 's3'")["site"].tolist() == ["p1"]
    assert failed(three, {**three.tables, "assignments": moved}) == set()
    extra = result.tables["assignments"].assign(station="s9")
    assert "assignments" in failed(result, {**result.tables, "assignments": extra})


def test_a_station_that_passes_by_a_base_with_places_is_found(tmp_path: Path) -> None:
    # s4 has 50 residents; sent to p0, it passes by p1 and by p2, which it left with room for them.
    sites = [{**each, "open": True, "capacity": 800} for each in SITES]
    result = solved(tmp_path, **circle(MOST_COVERED, {}, {"serve": "nearest", "capacity": True}, sites=sites))
    assert failed(result, result.tables) == set()
    wrong = put("site", "p0", "station == 's4'")(result.assignments)
    wrong = put("minutes", 24.0, "station == 's4'")(wrong)
    assert "assignments.site" in failed(result, {**result.tables, "assignments": wrong})


def test_a_plan_that_sends_nobody_has_no_assignments(tmp_path: Path) -> None:
    result = solved(tmp_path, **circle(CHEAPEST, {"exactly_open": 1}))
    row = pd.DataFrame([{"year": 2016, "station": "s0", "site": "p1", "residents": 100.0, "minutes": 0.0}])
    assert failed(result, result.tables) == set()
    assert "assignments" in failed(result, {**result.tables, "assignments": row})
