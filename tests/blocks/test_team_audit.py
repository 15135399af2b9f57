"""The audit of posts: a good plan passes, and every rule and figure that is tampered with is found."""

from __future__ import annotations

import pandas as pd
import pytest
from test_team import FREE, FULL, bound, only_base, plan

from allocator.auditing.whole import audit_tables
from allocator.report.words.labels import names_of
from allocator.report.workbook.sheets import sheet
from allocator.tables.result import Result
from worlds import ORIGIN, TOTAL, government, solved

GAIN = {"indicator": "participation", "per_unit": 10, "origin": ORIGIN}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    given = plan(
        ({**FULL, "contact_hours": 5}, FREE),
        {"a_full": 2, "b_free": 1},
        ratios=[{"id": "many", "of": ["free"], "at_least": 0.3}],
        floors=bound("full", 1),
        most=[*bound("free", 2), *bound("full", 4)],
        most_hired_a_year=4,
        training={"places": 4, "gains": [GAIN]},
    )
    made = {**given, "stages": [TOTAL], "delivery": None, "attainment": only_base()}
    folder = tmp_path_factory.mktemp("team")
    return solved(folder, **made, funding={"sources": [government(900)]})


def changed(result: Result, column: str, value: object, row: int = 0) -> dict[str, pd.DataFrame]:
    """The tables with one cell of the team's table changed; posts keep their other figures right."""
    made = {name: table.copy() for name, table in result.tables.items()}
    team = made["team"]
    team[column] = team[column].astype(object)
    team.loc[row, column] = value
    if column == "posts":
        team["hired"] = team["posts"] - team["staying"]
    return made


def test_a_good_plan_passes(result: Result) -> None:
    report = audit_tables(result.scenario, result.tables)
    assert report.passed
    rules = {"staff_floor", "staff_most", "staff_kept", "staff_ratio", "staff_hired", "trained_posts", "team_places"}
    assert rules <= set(report.families["family"])
    assert rules <= set(result.rows["rule"])
    order = list(zip(result.tables["team"]["town"], result.tables["team"]["type"], strict=True))
    assert order == [("a", "free"), ("a", "full"), ("b", "free"), ("b", "full")]


SPOILED = [
    ("staff_floor", "posts", 0, 3),
    ("staff_most", "posts", 9, 0),
    ("staff_kept", "posts", 1, 1),
    ("staff_ratio", "posts", 4, 3),
    ("staff_hired", "posts", 9, 3),
    ("posts", "posts", 1.5, 0),
    ("posts", "posts", -1, 0),
    ("posts", "type", "nobody", 0),
    ("trained_posts", "trained", 3, 0),
    ("team_places", "trained", 9, 0),
    ("staff_trained", "trained", 0.5, 0),
    ("staff_trained", "trained", -1, 0),
    ("team.heads_before", "heads_before", 3, 1),
    ("team.staying", "staying", 1, 1),
    ("team.hired", "hired", 7, 1),
    ("team.cost_yuan", "cost_yuan", 1, 1),
    ("costing", "posts", 3, 1),
    ("counts.amount", "posts", 3, 1),
]


@pytest.mark.parametrize(("family", "column", "value", "row"), SPOILED)
def test_what_is_tampered_with_is_found(result: Result, family: str, column: str, value: object, row: int) -> None:
    assert family in audit_tables(result.scenario, changed(result, column, value, row)).failed


def test_training_in_a_plan_that_does_not_train_is_found(result: Result) -> None:
    without = result.scenario.with_({"team.training": None})
    assert "staff_trained" in audit_tables(without, result.tables).failed


def test_a_team_in_a_plan_without_one_is_found(result: Result) -> None:
    without = result.scenario.with_({"team": None})
    assert "table.team" in audit_tables(without, result.tables).failed


def test_the_sheet_of_the_team_sums_every_figure_and_no_word(result: Result) -> None:
    # Three heads before, all stay: a_full 2 and b_free 1. Three more are hired (two of a_free for the share of 0.3, one
    # of b_full for its floor), four trained; three full posts cost 100 each, two courses of theirs 10.
    made = sheet(result, names_of(result.scenario.first), "team")
    assert made.total is not None
    words = [column.shape is None for column in made.columns]
    assert words == sorted(words, reverse=True)
    assert made.total[sum(words) :] == (3, 3, 3, 6, 4, 320)
    assert made.total[1 : sum(words)] == (None,) * (sum(words) - 1)
