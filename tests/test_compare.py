"""What two results differ in, as tables and on the terminal."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from allocator import compare
from allocator.cli.run import run
from allocator.report.terminal.terminal_compare import comparison, print_comparison
from allocator.report.words.labels import speaking
from allocator.tables.declared import TABLES
from allocator.tables.result import Result
from allocator.words.texts import Language
from worlds import TOTAL, government, solved

CRITERION = {"standard": "model", "criterion": "one", "measure": "participation", "text_zh": "甲", "text_en": "one"}


def demonstrating(folder: Path, least: int) -> Result:
    """Towns a and b of the usual world, 4,000 yuan; 20 % participation and 500 yuan make a demonstration town."""
    return solved(
        folder,
        funding={"sources": [government(4000, pays=["activities", "courses"])]},
        demonstration={
            "standards": [{"id": "model", "name": {"zh": "示范", "en": "Model"}, "unit_cost": 500}],
            "spending": "activities",
            "least_towns": least,
        },
        tables={"demonstration_criteria": [{**CRITERION, "at_least": 0.2}]},
        goals=[{"id": "two", "measure": "demonstration_towns", "strength": "measured", "at_least": {"2016": 2}}],
        stages=[TOTAL],
    )


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Result]:
    """One demonstration town against two: a comes first in both; 20 classes are enough for b in the second."""
    return demonstrating(tmp_path_factory.mktemp("one"), 1), demonstrating(tmp_path_factory.mktemp("two"), 2)


def shown(a: Result, b: Result, language: Language, folders: tuple[str, str] = ("", "")) -> str:
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(speaking(language, lambda: comparison(a, b, folders)))
    return console.export_text()


def test_a_town_recognised_in_one_plan_only(pair: tuple[Result, Result]) -> None:
    tables = compare(*pair)
    assert tables["decisions"].to_dict("records") == [
        {"year": 2016, "decision": "recognition", "what": "model", "town": "b", "how": "", "a": 0.0, "b": 1.0}
    ]
    assert tables["taken"].to_dict("records") == [
        {"year": 2016, "decision": "recognition", "a": 1.0, "b": 2.0, "change": 1.0}
    ]
    goal = tables["goals"].iloc[0]
    assert (goal["goal"], goal["reached_a"], goal["reached_b"], goal["met_a"], goal["met_b"]) == ("two", 1, 2, 0, 1)


def with_rows(result: Result, **rows: list[dict[str, object]]) -> Result:
    """The result with other rows in some tables."""
    made = {
        name: pd.DataFrame([{"year": 2016, **row} for row in given], columns=["year", *TABLES[name].columns])
        for name, given in rows.items()
    }
    return Result(result.scenario, {**result.tables, **made}, result.run)


def test_every_kind_of_whole_decision_is_compared(pair: tuple[Result, Result]) -> None:
    first, second = pair
    posts = {"town": "a", "type": "full_time", "trained": 0}
    star = {"station": "s1", "town": "a", "grade_before": "", "grade_after": "one"}
    a = with_rows(
        first,
        projects=[
            {"project": "p1", "town": "a", "state": "started"},
            {"project": "p2", "town": "b", "state": "running"},
        ],
        stars=[star, {"station": "s2", "town": "a", "grade_before": "one", "grade_after": "one"}],
        bases=[{"site": "x", "town": "a", "state": "opened"}, {"site": "y", "town": "b", "state": "open"}],
        postings=[{"teacher": "t1", "from_town": "a", "to_town": "b", "new": 1}],
        team=[{**posts, "posts": 2}],
    )
    b = with_rows(
        second,
        projects=[{"project": "p2", "town": "b", "state": "started"}],
        stars=[{**star, "grade_after": "two"}],
        bases=[{"site": "x", "town": "a", "state": "opened"}],
        postings=[{"teacher": "t1", "from_town": "a", "to_town": "b", "new": 0}],
        team=[{**posts, "posts": 3, "trained": 1}],
    )
    found = compare(a, b)["decisions"]
    rows = list(found[["decision", "what", "town", "how", "a", "b"]].itertuples(index=False, name=None))
    assert rows == [
        ("project", "p1", "a", "", 1, 0),
        ("project", "p2", "b", "", 0, 1),
        ("star", "s1", "a", "one", 1, 0),
        ("star", "s1", "a", "two", 0, 1),
        ("recognition", "model", "b", "", 0, 1),
        ("posting", "t1", "b", "", 1, 0),
        ("posts", "full_time", "a", "", 2, 3),
        ("training", "full_time", "a", "", 0, 1),
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_decisions_and_goals_are_printed_with_names(pair: tuple[Result, Result], language: Language) -> None:
    text = shown(*pair, language, ("before", "after"))
    line = next(line for line in text.splitlines() if line.startswith("2016"))
    assert (
        line.split()
        == {
            "zh": ["2016", "认定示范镇街:", "示范", "·", "b", "—", "1"],
            "en": ["2016", "demonstration", "town:", "Model", "·", "b", "—", "1"],
        }[language]
    )
    assert {"zh": "before 0/1，after 1/1", "en": "before 0 of 1, after 1 of 1"}[language] in text


def test_two_runs_of_one_plan_are_told_apart(pair: tuple[Result, Result]) -> None:
    text = shown(*pair, "en")
    assert "first compared with second" in text and "world-2016" not in text
    assert "more compared with less" in shown(*pair, "en", ("more", "less"))
    assert "first compared with second" in shown(*pair, "en", ("same", "same"))


def test_the_command_calls_results_like_their_folders(
    pair: tuple[Result, Result], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [str(result.save(tmp_path / name)) for name, result in zip(("one", "two"), pair, strict=True)]
    assert run(["compare", *folders, "--lang", "en"]) == 0
    assert "one compared with two" in capsys.readouterr().out


def test_the_same_decisions_and_years_without_goals(pair: tuple[Result, Result]) -> None:
    without = with_rows(pair[0], goals=[])
    text = shown(without, without, "en")
    assert "both plans take the same whole decisions" in text and "goals reached" not in text
    assert np.isnan(compare(pair[0], without)["goals"]["reached_b"]).all()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_comparison_shows_both_and_the_change(
    tiny_result: Result, language: Language, capsys: pytest.CaptureFixture[str]
) -> None:
    less = tiny_result.tables["towns"].assign(level_after=lambda t: t["level_after"] - 1)
    other = Result(tiny_result.scenario, {**tiny_result.tables, "towns": less}, tiny_result.run)
    text = shown(tiny_result, other, language)
    assert "−1.00" in text
    assert {"zh": "两者都有", "en": "in both"}[language] in text
    print_comparison(tiny_result, other, language)
    assert "−1.00" in capsys.readouterr().out
