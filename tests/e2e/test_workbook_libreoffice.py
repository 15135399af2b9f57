"""The workbook in LibreOffice: it opens, its Chinese headings and totals are there, and it prints on few pages wide."""

from __future__ import annotations

import csv
import subprocess
from pathlib import Path

import pytest
from programs import program

from allocator.report.workbook.workbook import write_workbook
from allocator.tables.result import Result
from years_plan import years_result

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SECOND_SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,2"
"""Filter options: comma, quotes, UTF-8, only the second sheet."""


def converted(file: Path, what: str, folder: Path) -> Path:
    """The file LibreOffice makes of a workbook, with a profile of its own."""
    office = program("soffice", "libreoffice")
    profile = (folder / "profile").as_uri()
    command = [office, f"-env:UserInstallation={profile}", "--headless", "--convert-to", what, "--outdir", str(folder)]
    subprocess.run([*command, str(file)], check=True, capture_output=True, timeout=240)
    suffix = what.partition(":")[0]
    return next(each for each in folder.glob(f"*.{suffix}"))


@pytest.mark.parametrize(("language", "head", "total"), [("zh", "镇街", "合计"), ("en", "Town", "Total")])
def test_headings_and_totals_survive(tiny_result: Result, tmp_path: Path, language: str, head: str, total: str) -> None:
    book = write_workbook(tiny_result, tmp_path / "book.xlsx", language)  # type: ignore[arg-type]
    rows = list(csv.reader(converted(book, SECOND_SHEET, tmp_path).read_text(encoding="utf-8").splitlines()))
    headings = next(row for row in rows if row and row[0] == head)
    sums = next(row for row in rows if row and row[0] == total)
    assert len(headings) == len(sums)
    assert float(sums[2].replace(",", "")) == pytest.approx(150_000)
    east = next(row for row in rows if "east" in row)
    assert east[0] in ("东镇", "East")


def test_the_printed_workbook_reads(tiny_result: Result, tmp_path: Path) -> None:
    reader = program("pdftotext")
    book = write_workbook(tiny_result, tmp_path / "book.xlsx", "en")
    made = converted(book, "pdf", tmp_path)
    shown = subprocess.run([reader, "-layout", str(made), "-"], check=True, capture_output=True, timeout=60)
    text = shown.stdout.decode()
    assert "Three towns by hand" in text and "did not enforce" in text
    assert "Mentoring pairs" in text and "Total" in text


def test_a_workbook_of_several_years_opens_and_prints(tmp_path: Path) -> None:
    reader = program("pdftotext")
    made = converted(write_workbook(years_result(), tmp_path / "book.xlsx", "en"), "pdf", tmp_path)
    shown = subprocess.run([reader, "-layout", str(made), "-"], check=True, capture_output=True, timeout=60)
    text = shown.stdout.decode()
    assert "allocation plan 2016–2018" in text
    for title in ("Progress towards the goals", "Mentoring agreements", "Money carried over", "Volunteers: retained"):
        assert title in text
    assert "All years" in text and f"{years_result().funding['amount_yuan'].sum():,.2f}" in text
