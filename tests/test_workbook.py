"""The workbook holds the tables as real numbers under headings a planner reads."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from allocator.report.words.labels import names_of, speaking
from allocator.report.workbook.sheets import sheet
from allocator.report.workbook.workbook import HEADER_ROW, write_workbook
from allocator.tables.result import Result
from allocator.words.errors import UsageError
from allocator.words.texts import LANGUAGES, Language, catalogue

FILLED = (
    *("funding_by_town", "funding", "delivery", "pairs", "mentors", "mentees", "volunteering"),
    *("towns", "attainment", "balance", "goals", "rows", "accounts", "stages"),
)
"""Result tables of the plan of three towns that have rows, in the planners' order: all are paired, nobody teaches."""


@pytest.fixture(scope="module")
def books(tiny_result: Result, tmp_path_factory: pytest.TempPathFactory) -> dict[Language, Path]:
    folder = tmp_path_factory.mktemp("books")
    return {language: write_workbook(tiny_result, folder / f"{language}.xlsx", language) for language in LANGUAGES}


def rows_of(file: Path, name: str) -> list[list[Any]]:
    return CalamineWorkbook.from_path(str(file)).get_sheet_by_name(name).to_python(skip_empty_area=False)


def name_of(table: str, language: Language) -> str:
    return catalogue()[f"report.sheet.{table}"][language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sheet_for_every_table_in_the_planners_order(books: dict[Language, Path], language: Language) -> None:
    names = CalamineWorkbook.from_path(str(books[language])).sheet_names
    assert names == [name_of(table, language) for table in ("about", *FILLED)]
    assert all(len(name) <= 31 for name in names)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("table", FILLED)
def test_every_number_of_a_table_is_a_number_of_its_sheet(
    books: dict[Language, Path], tiny_result: Result, table: str, language: Language
) -> None:
    rows = rows_of(books[language], name_of(table, language))
    made = speaking(language, lambda: sheet(tiny_result, names_of(tiny_result.scenario.first), table))
    assert rows[HEADER_ROW][: len(made.columns)] == [column.heading for column in made.columns]
    for at, column in enumerate(made.columns):
        if column.shape is None:
            continue
        for cells, row in zip(made.rows, rows[HEADER_ROW + 1 :], strict=False):
            if cells[at] is None:
                assert row[at] == ""
            else:
                assert isinstance(row[at], float) and row[at] == pytest.approx(cells[at], abs=1e-9)


def test_money_has_names_units_and_a_total(books: dict[Language, Path], tiny_result: Result) -> None:
    rows = rows_of(books["zh"], "镇街经费")
    assert rows[0][0] == "年度经费分配表" and "状态：最优" in rows[1][0]
    head = rows[HEADER_ROW]
    assert head[:3] == ["镇街", "镇街代码", "本年安排（元）"]
    assert rows[HEADER_ROW + 1][:2] == ["东镇", "east"]
    total = rows[HEADER_ROW + 1 + len(tiny_result.tables["funding_by_town"])]
    assert total[0] == "合计" and total[2] == pytest.approx(150_000)
    assert total[head.index("人均（元/人）")] == pytest.approx(150_000 / 40_000)


def test_the_first_sheet_says_how_good_the_plan_is_and_what_it_rests_on(books: dict[Language, Path]) -> None:
    for language, words in (
        ("zh", ("最优方案", "没有强制执行", "示例数据（虚构）", "三镇手算示例")),
        ("en", ("Optimal: every stage", "did not enforce", "illustrative (made up)", "Three towns by hand")),
    ):
        text = "\n".join(str(cell) for row in rows_of(books[language], name_of("about", language)) for cell in row)  # type: ignore[arg-type, index]
        for word in words:
            assert word in text


def test_formats_panes_filters_and_print_setup_are_set(books: dict[Language, Path]) -> None:
    with zipfile.ZipFile(books["zh"]) as archive:
        styles = archive.read("xl/styles.xml").decode()
        first = archive.read("xl/worksheets/sheet2.xml").decode()
        names = archive.read("xl/workbook.xml").decode()
        sheets = [archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert "Microsoft YaHei" in styles and "0.0%" in styles
    assert '<pane xSplit="1" ySplit="4"' in first and "<autoFilter" in first
    assert 'orientation="landscape"' in first and 'paperSize="9"' in first and 'fitToHeight="0"' in first
    assert "_xlnm.Print_Titles" in names
    assert not any("<f>" in text for text in sheets)


def test_texts_are_never_formulas_or_links(tiny_result: Result, tmp_path: Path) -> None:
    goals = tiny_result.tables["goals"].assign(text='=HYPERLINK("https://example.org")')
    result = Result(tiny_result.scenario, {**tiny_result.tables, "goals": goals}, tiny_result.run)
    file = write_workbook(result, tmp_path / "book.xlsx", "zh")
    with zipfile.ZipFile(file) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist())
    assert any('=HYPERLINK("https://example.org")' in row for row in rows_of(file, "目标测量"))


def test_the_same_result_gives_the_same_bytes(books: dict[Language, Path], tiny_result: Result, tmp_path: Path) -> None:
    again = write_workbook(tiny_result, tmp_path / "book.xlsx", "zh")
    assert again.read_bytes() == books["zh"].read_bytes()


def test_a_workbook_is_replaced_only_when_asked(tiny_result: Result, tmp_path: Path) -> None:
    file = tmp_path / "book.xlsx"
    file.write_bytes(b"mine")
    with pytest.raises(UsageError):
        write_workbook(tiny_result, file, "zh")
    assert file.read_bytes() == b"mine"
    write_workbook(tiny_result, file, "zh", force=True)
    assert file.read_bytes()[:2] == b"PK"


def test_empty_tables_have_no_sheet(tiny_result: Result, tmp_path: Path) -> None:
    empty = {name: table.iloc[:0] for name, table in tiny_result.tables.items() if name != "delivery"}
    tables = {**tiny_result.tables, **empty}
    file = write_workbook(Result(tiny_result.scenario, tables, tiny_result.run), tmp_path / "book.xlsx", "en")
    assert CalamineWorkbook.from_path(str(file)).sheet_names == [name_of(each, "en") for each in ("about", "delivery")]
