"""One formatted workbook of the result tables: values with real number formats, nothing to recalculate."""

from __future__ import annotations

import datetime
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import xlsxwriter

from allocator.report.figures.placement import WIDE
from allocator.report.files import refuse_to_replace_file, write_whole
from allocator.report.words.labels import plan_name, speaking, status_name
from allocator.report.words.numbers import Shape
from allocator.report.words.years import is_several, names_of_all, span
from allocator.report.workbook.about import about_lines
from allocator.report.workbook.sheets import Sheet, sheet, table_names
from allocator.report.workbook.sheets_years import sheets_of_years
from allocator.tables.result import Result
from allocator.words.texts import Language, say

FONT = "Microsoft YaHei"
HEADER_ROW = 3
"""Row of the headings, from 0: a title, a line about the plan and a blank row stand above."""

ROW_POINTS = 18.0
"""Height of a line of text [points]."""

NARROWEST, WIDEST = 8.0, 60.0
"""Width of a column [characters]."""

PATTERNS: Mapping[Shape, str] = {
    "year": "0",
    "whole": "#,##0",
    "heads": "#,##0.0",
    "yuan": "#,##0.00",
    "hours": "#,##0.0",
    "minutes": "#,##0",
    "units": "#,##0.00",
    "share": "0.0%",
    "points": "0.00",
    "number": "#,##0.00####",
    "ratio": "#,##0.0000",
    "step": "#,##0.00000",
    "change": "+0.0%;-0.0%;0.0%",
    "price": "0.000000;-0.000000;0",
}


@dataclass(frozen=True)
class Styles:
    """Cell formats of a workbook, made once each."""

    book: Any
    made: dict[tuple[tuple[str, Any], ...], Any]

    def of(self, properties: Mapping[str, Any]) -> Any:
        """The format with these properties over the common font."""
        whole = {"font_name": FONT, "font_size": 10, "valign": "vcenter"} | dict(properties)
        key = tuple(sorted(whole.items()))
        if key not in self.made:
            self.made[key] = self.book.add_format(whole)
        return self.made[key]

    def cell(self, shape: Shape | None, bold: bool = False) -> Any:
        """Format of a table cell."""
        frame: dict[str, Any] = {"border": 1, "border_color": "#D0D7DE"}
        if bold:
            frame |= {"bold": True, "bg_color": "#EEF2F6", "top": 2}
        words = {"text_wrap": True, "indent": 1}
        numbers = {"align": "center"} if shape == "year" else {"align": "right", "indent": 1}
        return self.of(frame | (words if shape is None else numbers | {"num_format": PATTERNS[shape]}))


def write_workbook(result: Result, file: str | Path, language: Language, force: bool = False) -> Path:
    """Write the workbook in a language; returns the file. The same result gives the same bytes.

    Raises:
        UsageError: the file exists and ``force`` is not given.
    """
    target = Path(file)
    refuse_to_replace_file(target, force)
    return write_whole(target, speaking(language, partial(workbook_bytes, result)))


def workbook_bytes(result: Result) -> bytes:
    """The workbook in the current language."""
    stream = io.BytesIO()
    plan, several = result.scenario.first, is_several(result)
    names = names_of_all(result)
    with xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_urls": False}) as book:
        created = datetime.datetime(plan.year, 1, 1)
        title = _plan_title(result)
        book.set_properties({"title": title, "author": "edu-allocator", "created": created})
        styles = Styles(book, {})
        made = sheets_of_years(result, names) if several else []
        made += [sheet(result, names, table) for table in table_names(result)]
        _about(result, book, styles, made)
        values = {"plan": plan_name(plan), "year": span(result), "status": status_name(result.status)}
        about = say("report.sheet_about_years" if several else "report.sheet_about", values)
        for each in made:
            _table(book, styles, each, about)
    return stream.getvalue()


def _plan_title(result: Result) -> str:
    values = {"plan": plan_name(result.scenario.first), "year": span(result)}
    return say("report.title_years" if is_several(result) else "report.title", values)


def _about(result: Result, book: Any, styles: Styles, made: Sequence[Sheet]) -> None:
    """The first sheet: what this is and what to know before using it."""
    page = book.add_worksheet(say("report.sheet.about"))
    page.hide_gridlines(2)
    page.set_column(0, 0, 24)
    page.set_column(1, 1, 96)
    page.write_string(0, 0, _plan_title(result), styles.of({"bold": True, "font_size": 16, "font_color": "#173A5E"}))
    page.set_row(0, 30)
    colours = {"good": "#E3F4EE", "warn": "#FFF4DF", "bad": "#FDEAE8", "plain": "#FFFFFF"}
    row = 2
    for line in about_lines(result, made):
        frame = {"border": 1, "border_color": "#D0D7DE", "text_wrap": True, "bg_color": colours[line.tone]}
        page.write_string(row, 0, line.label, styles.of({**frame, "bold": True, "bg_color": "#EAF0F6"}))
        page.write_string(row, 1, line.text, styles.of({**frame, "bold": line.tone in ("good", "bad")}))
        page.set_row(row, ROW_POINTS * _lines(line.text, 96.0))
        row += 1
    _print_setup(page, None)
    page.fit_to_pages(1, 1)


def _table(book: Any, styles: Styles, made: Sheet, about: str) -> None:
    """One table: title, headings, rows, sum."""
    page = book.add_worksheet(made.name)
    page.write_string(0, 0, made.title, styles.of({"bold": True, "font_size": 14, "font_color": "#173A5E"}))
    page.write_string(1, 0, about, styles.of({"font_color": "#5B6B7C"}))
    page.set_row(0, 24)
    head = styles.of(
        {
            **{"bold": True, "bg_color": "#DCE6F1", "font_color": "#173A5E", "border": 1, "border_color": "#B8C8D8"},
            **{"text_wrap": True, "align": "center"},
        }
    )
    for at, column in enumerate(made.columns):
        page.write_string(HEADER_ROW, at, column.heading, head)
        page.set_column(at, at, _column_width(made, at))
    page.set_row(HEADER_ROW, 33)
    widths = [_column_width(made, at) for at in range(len(made.columns))]
    row = HEADER_ROW
    for at, cells in enumerate(made.rows):
        row += 1
        words = [(value, width) for value, width in zip(cells, widths, strict=True) if isinstance(value, str)]
        page.set_row(row, ROW_POINTS * max((_lines(text, width) for text, width in words), default=1))
        _write_row(page, styles, row, made, (cells, at in made.sums))
    if made.total is not None:
        page.set_row(row + 1, ROW_POINTS)
        _write_row(page, styles, row + 1, made, (made.total, True))
    last = len(made.columns) - 1
    page.autofilter(HEADER_ROW, 0, max(row, HEADER_ROW + 1), last)
    page.freeze_panes(HEADER_ROW + 1, 1)
    _print_setup(page, (row + (made.total is not None), last))


def _write_row(page: Any, styles: Styles, row: int, made: Sheet, given: tuple[Sequence[Any], bool]) -> None:
    """Numbers as numbers, words as words, nothing as blank cells."""
    cells, bold = given
    for at, (value, column) in enumerate(zip(cells, made.columns, strict=True)):
        shape = column.shape if column.shapes is None or bold else column.shapes[row - HEADER_ROW - 1]
        style = styles.cell(shape, bold)
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            page.write_blank(row, at, None, style)
        elif isinstance(value, str):
            page.write_string(row, at, value, styles.cell(None, bold))
        else:
            page.write_number(row, at, value, style)


def _column_width(made: Sheet, at: int) -> float:
    """Wide enough for the numbers and the words, within reason; headings may take two lines."""
    column = made.columns[at]
    widest = _width(column.heading) / 2 + 5
    for cells in [*made.rows, made.total or ()]:
        value = cells[at] if at < len(cells) else None
        if isinstance(value, str):
            widest = max(widest, _width(value) + 3)
        elif isinstance(value, (int, float)) and math.isfinite(value):
            widest = max(widest, len(f"{value:,.2f}") + 4)
    return min(max(widest, NARROWEST), WIDEST)


def _lines(text: str, width: float) -> int:
    """Lines a text takes in a column."""
    return max(1, math.ceil(_width(text) / max(width - 2, 1)))


def _width(text: str) -> float:
    """Width of a text in digits of the default font."""
    return sum(1.9 if ord(sign) >= WIDE else 1.0 for sign in text)


def _print_setup(page: Any, last: tuple[int, int] | None) -> None:
    """A4 landscape, one page wide, headings on every page."""
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    page.set_footer("&L&A&R" + say("report.print_page"))
    if last is not None:
        page.repeat_rows(HEADER_ROW)
        page.print_area(0, 0, last[0], last[1])
