"""What the page, the workbook and the picture say of bases and coverage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from allocator.report.figures.figures import figure
from allocator.report.page.content_coverage import coverage_grid, uncovered_grid
from allocator.report.page.page import page_text
from allocator.report.words.labels import names_of
from allocator.report.workbook.workbook import write_workbook
from allocator.tables.result import Result
from allocator.words.texts import Language, use_language
from circles import MOST_COVERED, SITES, STATIONS, circle
from worlds import solved


@pytest.fixture(params=["zh", "en"])
def language(request: pytest.FixtureRequest) -> Iterator[Language]:
    use_language(request.param)
    yield request.param
    use_language(None)


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """One base for five stations that have coordinates."""
    stations = [{**each, "lat": 23.0, "lon": 113.4 + at / 100} for at, each in enumerate(STATIONS)]
    sites = [{**each, "lat": 23.01, "lon": 113.4 + 2 * at / 100} for at, each in enumerate(SITES)]
    functions = [{"id": "elderly", "name": {"zh": "老年教育", "en": "Elderly learning"}}]
    bases = {"exactly_open": 1, "functions": functions}
    return solved(tmp_path_factory.mktemp("placed"), **circle(MOST_COVERED, bases, stations=stations, sites=sites))


def test_the_map_shows_stations_and_bases_and_the_bars_shares(placed: Result, language: Language) -> None:
    drawn = figure(placed, "coverage")
    named = {trace.name: trace for trace in drawn.data}
    words = {
        "zh": ("已覆盖的站", "未覆盖的站", "已开放基地", "未开放候选点", "方案后"),
        "en": ("covered stations", "stations left out", "open bases", "closed sites", "after"),
    }[language]
    assert [len(named[word].x) for word in words] == [3, 2, 1, 2, 2]
    assert sorted(named[words[4]].x) == pytest.approx([83.33, 88.89])
    text = json.loads(drawn.to_json())
    assert {trace["type"] for trace in text["data"]} <= {"scatter", "bar"}
    assert "mapbox" not in text["layout"]


def test_without_coordinates_the_bars_stand_alone(tmp_path: Path, language: Language) -> None:
    drawn = figure(solved(tmp_path, **circle(MOST_COVERED, {"exactly_open": 1})), "coverage")
    assert {trace.type for trace in drawn.data} == {"bar"}


def test_the_page_tells_what_opens_and_who_is_left_out(placed: Result, language: Language) -> None:
    text = page_text(placed)
    assert {"zh": "学习基地与十分钟圈覆盖表", "en": "Coverage by town"}[language] in text
    assert {"zh": "老年教育", "en": "Elderly learning"}[language] in text
    assert {"zh": "站4", "en": "S4"}[language] in text
    assert {"zh": "本年开放", "en": "opens this year"}[language] in text


def test_residents_and_minutes_are_whole_numbers(placed: Result, language: Language) -> None:
    names = names_of(placed.scenario.first)
    covered, left_out = coverage_grid(placed, names), uncovered_grid(placed, names)
    assert covered.rows[0][1:4] == ("600", "0", "500")
    assert covered.total is not None and covered.total[1:4] == ("1,050", "0", "900")
    assert left_out.rows[0][2:] == ("100", {"zh": "点1", "en": "P1"}[language], "12")


def test_the_workbook_has_a_sheet_for_each_table(placed: Result, tmp_path: Path) -> None:
    file = write_workbook(placed, tmp_path / "x.xlsx", "zh")
    book = CalamineWorkbook.from_path(str(file))
    assert {"学习体验基地", "学习圈覆盖", "未覆盖站", "基地功能时数"} <= set(book.sheet_names)
    rows = book.get_sheet_by_name("学习圈覆盖").to_python()
    assert any("合计" in str(row[0]) and 1050.0 in row for row in rows)
