"""Which column the heading of a CSV table means, and in which unit it counts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from allocator.scenario.section import YUAN_PER_UNIT
from allocator.words.texts import LANGUAGES, Text, catalogue

MONEY = "_yuan"
"""Ending of the name of a money column."""

MINUTES_PER_HOUR = 60

_MEASURES: Mapping[str, str] = {
    "hours": "unit_hours",
    "hours_per_active": "unit_hours",
    "venue_hours": "unit_hours",
    "school_hours": "unit_hours",
    "minutes": "unit_minutes",
    "resident_pop": "unit_people",
    "pop_60plus": "unit_people",
    "heads": "unit_people",
    "stations": "unit_stations",
}

_WITH_UNIT = re.compile(r"(.+?)\s*[(\[](.+?)[)\]]")


@dataclass(frozen=True)
class Heading:
    """What a heading means; with a code and a message where it cannot be used."""

    written: str
    column: str | None
    """Canonical name; none for a column nobody knows."""
    factor: Decimal = Decimal(1)
    """What a cell is multiplied by: yuan in its money unit, hours in a lesson."""
    code: str = ""
    message: Text | None = None
    expected: Text | None = None


def normal(text: str) -> str:
    """A text with full-width letters, digits and signs made ordinary, without blanks around it."""
    return unicodedata.normalize("NFKC", text).strip()


def labels(key: str) -> tuple[str, ...]:
    """A catalogue entry of columns.json in all languages, as headings are compared."""
    return tuple(catalogue()[f"columns.{key}"][language].casefold() for language in LANGUAGES)


def heading(written: str, columns: Collection[str], lesson_minutes: float | None) -> Heading:
    """The column among some that a heading means.

    Canonical names, catalogue labels in both languages, and either with a unit in brackets are known. A
    money column that is not written ``..._yuan`` must say its unit; it is never guessed.
    """
    text = normal(written)
    if text in columns:
        return Heading(written, text)
    with_unit = _WITH_UNIT.fullmatch(text)
    stem, unit = (with_unit[1], with_unit[2].strip()) if with_unit else (text, None)
    column = next((each for each in columns if stem.casefold() in _names(each)), None)
    if column is None:
        return Heading(written, None)
    if column.endswith(MONEY):
        return _money(written, column, unit, stem)
    if unit is None:
        return Heading(written, column)
    return _measured(written, column, unit, lesson_minutes)


def _names(column: str) -> tuple[str, ...]:
    known = labels(column) if f"columns.{column}" in catalogue() else ()
    return (column, column.removesuffix(MONEY), *known)


def _money(written: str, column: str, unit: str | None, stem: str) -> Heading:
    expected = Text("load.one_of", {"words": ", ".join(YUAN_PER_UNIT)})
    if unit is None:
        return Heading(written, column, code="E206", message=Text("load.no_money_unit"), expected=expected)
    factor = 1.0 if unit.casefold() in labels("unit_yuan") else YUAN_PER_UNIT.get(unit)
    if factor is None:
        return Heading(written, column, code="E207", message=Text("load.unknown_unit"), expected=expected)
    if stem == column and factor != 1.0:
        return Heading(written, column, code="E207", message=Text("load.two_units"))
    return Heading(written, column, Decimal(int(factor)))


def _measured(written: str, column: str, unit: str, lesson_minutes: float | None) -> Heading:
    measure = _MEASURES.get(column)
    if measure is None:
        return Heading(written, column, code="E207", message=Text("load.takes_no_unit"))
    if unit.casefold() in labels(measure):
        return Heading(written, column)
    if measure == "unit_hours" and unit.casefold() in labels("unit_lessons"):
        if lesson_minutes is None:
            return Heading(written, column, code="E207", message=Text("load.lesson_minutes_missing"))
        return Heading(written, column, Decimal(str(lesson_minutes)) / MINUTES_PER_HOUR)
    expected = Text("load.one_of", {"words": ", ".join(labels(measure))})
    return Heading(written, column, code="E207", message=Text("load.unknown_unit"), expected=expected)
