"""A page of several years says in its main part which whole things come in which year."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pandas as pd
import pytest

from allocator.report.page.content_batches import batch_grids
from allocator.report.page.page import page_text
from allocator.report.words.labels import speaking
from allocator.report.words.years import names_of_all
from allocator.tables.declared import TABLES
from allocator.tables.result import Result
from allocator.verbs.solving import solve
from projects_worlds import plan, project
from worlds import world


def table(name: str, *rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["year", *TABLES[name].columns])


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Two years: money for one project each year, p goes on; stars, a recognition and a base by hand."""
    rows = [project("p", once=1000, benefit=9), project("q", once=1000, town="b")]
    made = solve(world(tmp_path_factory.mktemp("two"), **plan(rows, money=1000, years=2)))
    batch = {"stations": 3, "starred_before": 0, "starred": 2, "share": 0.5, "cost_yuan": 0.0}
    held = {"standard": "model", "held": 1, "cost_yuan": 0.0, "status": "new"}
    tables = {
        "star_batches": table(
            "star_batches",
            {"year": 2016, "town": "a", "new": 2, "new_stations": "s1, s2", **batch},
            {"year": 2017, "town": "a", "new": 0, "new_stations": "", **batch},
            {"year": 2017, "town": "b", "new": 1, "new_stations": "s9", **batch},
        ),
        "demonstration_towns": table(
            "demonstration_towns",
            {"year": 2016, "town": "a", "new": 0, **held},
            {"year": 2017, "town": "a", "new": 1, **held},
        ),
        "bases": table(
            "bases",
            {"year": 2016, "site": "x", "town": "b", "state": "opened", "functions": ""},
            {"year": 2017, "site": "x", "town": "b", "state": "open", "functions": ""},
        ),
    }
    return Result(made.scenario, {**made.tables, **tables}, made.run)


def test_every_thing_stands_in_its_town_and_year(result: Result) -> None:
    grids = speaking("en", lambda: batch_grids(result, names_of_all(result)))
    stars, projects, towns, bases = grids
    assert stars.rows == (("a", "s1; s2", ""), ("b", "", "s9"))
    assert stars.total == (
        "Total",
        "stations: 2",
        "stations: 1",
    )
    assert projects.rows == (
        ("project p", "brand", "a", "2016", "■", "□"),
        ("project q", "brand", "b", "2017", "", "■"),
    )
    assert towns.rows == (("a", "", "model"),) and bases.rows == (("b", "x", ""),)


def test_the_section_stands_before_the_years(result: Result) -> None:
    text = speaking("zh", lambda: page_text(result))
    main = unescape(re.sub(r"<[^>]+>", " ", text[: text.index('<section id="years"')]))
    assert "分期分批建设" in main and "s1；s2" in main and "项目启动时间表" in main


def test_a_plan_without_whole_things_has_no_such_section(result: Result) -> None:
    none = {name: result.tables[name].iloc[:0] for name in ("star_batches", "demonstration_towns", "bases", "projects")}
    assert batch_grids(Result(result.scenario, {**result.tables, **none}, result.run), names_of_all(result)) == []
