"""Years of a plan that are solved together must agree, and say which of their parts the year before decides."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from allocator.plan.reading import load
from allocator.words.errors import InputError

PANYU = Path(__file__).parent.parent / "scenarios" / "panyu"


@pytest.fixture
def panyu(tmp_path: Path) -> Path:
    shutil.copytree(PANYU, tmp_path / "panyu", ignore=shutil.ignore_patterns("variants", "expected"))
    return tmp_path / "panyu"


def add(folder: Path, year: int, line: str) -> int:
    """Append a line to a year file; its number."""
    file = folder / f"{year}.yaml"
    text = file.read_text(encoding="utf-8") + line + "\n"
    file.write_text(text, encoding="utf-8")
    return text.count("\n")


def test_a_term_that_changes_between_years_is_an_error_where_it_changes(panyu: Path) -> None:
    line = add(panyu, 2018, "mentoring: {term_years: 2}")
    with pytest.raises(InputError) as wrong:
        load(panyu)
    (finding,) = wrong.value.findings
    assert (finding.code, finding.path, finding.found) == ("E332", "mentoring.term_years", "2")
    assert finding.place is not None
    assert (Path(finding.place.file).name, finding.place.line) == ("2018.yaml", line)
    load(panyu / "2018.yaml")  # alone it is a plan


def test_parts_that_the_year_before_decides_are_said_to_count_for_nothing(panyu: Path) -> None:
    line = add(panyu, 2017, "last_year: {pairs: last_year_pairs}")
    (warning,) = load(panyu).warnings
    assert (warning.code, warning.path) == ("W104", "last_year")
    assert warning.place is not None
    assert warning.place.line == line
    assert load(panyu / "2017.yaml").warnings == ()
