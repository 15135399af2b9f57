"""CSV tables of a plan: declared columns, stated units, unique keys, every row checked."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import pandas as pd
from pydantic import Field, ValidationError

from allocator.scenario.files.headings import Heading, heading, labels, normal
from allocator.scenario.files.wording import described, meant, shown
from allocator.scenario.section import Amount, Id, Row, TownId
from allocator.words.errors import Finding, Place
from allocator.words.texts import Text

ENCODINGS = ("utf-8-sig", "gb18030")
FIRST_ROW = 2
"""Row of the first record as a spreadsheet counts it; the headings are row 1."""

_NUMBER = re.compile(r"[+-]?(0|[1-9]\d*)?(\.\d*)?([eE][+-]?\d+)?")
_CODES = {"range": "E210", "finite": "E211"}


class TownRow(Row):
    """A town or subdistrict; columns that no rule of the plan uses may be left out."""

    town: Id
    code: str | None = None
    name_zh: str
    name_en: str
    kind: str | None = None
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    """Latitude [degrees]."""
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    """Longitude [degrees]."""
    resident_pop: Amount | None = None
    """Residents [heads]."""
    pop_60plus: Amount | None = None
    """Residents aged 60 and over [heads]."""
    stations: Amount | None = None
    """Learning stations."""
    venue_hours: Amount | None = None
    """Hours a year that venues can be used; without the column there is no such limit."""
    school_hours: Amount | None = None
    """Hours a year of the town school for mentoring and guidance; without the column there is no such limit."""
    running_cost_yuan: Amount | None = None


class RoadRow(Row):
    """A road link, in both directions."""

    from_town: TownId
    to_town: TownId
    minutes: Annotated[float, Field(gt=0, allow_inf_nan=False)]


class OriginRow(Row):
    """Where the numbers of a column come from."""

    table: str
    column: str
    origin: Literal["real", "derived", "illustrative"]
    rule_zh: str
    rule_en: str


@dataclass(frozen=True)
class Columns:
    """What a table may hold."""

    row: type[Row]
    key: tuple[str, ...]
    extra: tuple[str, ...] = ()
    """Further columns the plan declares; numbers or texts, kept as they are."""
    lesson_minutes: float | None = None


@dataclass(frozen=True)
class Table:
    """A table as read: checked rows, and enough of the file to say where something stands."""

    file: str
    frame: pd.DataFrame
    """Rows without errors, sorted by key."""
    cells: tuple[Mapping[str, str], ...]
    """Every record as written, by canonical column."""
    rows: tuple[int, ...]
    """Row of each record as a spreadsheet counts it."""
    headings: Mapping[str, str]
    """Canonical column to its heading in the file."""

    def place(self, at: int | None, column: str | None = None) -> Place:
        """The place of a record's cell; of the whole record or file without column or record."""
        shown_column = self.headings.get(column, column) if column is not None else None
        return Place(self.file, self.rows[at] if at is not None else None, None, shown_column)

    def values(self, column: str) -> list[str]:
        """The cells of a column as written; blank where the record or the column has none."""
        return [record.get(column, "") for record in self.cells]


@dataclass
class TableFolder:
    """The tables of a plan; each file is read from disk once."""

    folder: Path
    below: tuple[Path, ...] = ()
    """Folders of tables that stand where the first has none, the nearest first."""
    contents: dict[str, bytes] = field(default_factory=dict)
    read_tables: dict[tuple[str, Columns], tuple[Table, list[Finding]]] = field(default_factory=dict)

    def names(self) -> set[str]:
        """Ids of all tables in the folder."""
        files = (file for folder in (self.folder, *self.below) for file in folder.glob("*.csv"))
        return {file.stem for file in files} | set(self.contents)

    def content(self, table: str) -> bytes | None:
        """The bytes of a table's file; none without such a file."""
        if table not in self.contents:
            files = [folder / f"{table}.csv" for folder in (self.folder, *self.below)]
            found = next((file for file in files if file.is_file()), None)
            if "/" in table or "\\" in table or found is None:
                return None
            self.contents[table] = found.read_bytes()
        return self.contents[table]

    def table(self, name: str, columns: Columns) -> tuple[Table, list[Finding]] | None:
        """A table and what is wrong with it; none without such a file."""
        content = self.content(name)
        if content is None:
            return None
        if (name, columns) not in self.read_tables:
            self.read_tables[name, columns] = read_table(content, f"{self.folder.name}/{name}.csv", columns)
        return self.read_tables[name, columns]


def read_table(content: bytes, file: str, columns: Columns) -> tuple[Table, list[Finding]]:
    """A table from the bytes of a CSV file, and everything that is wrong with it by itself."""
    empty = Table(file, pd.DataFrame(columns=list(columns.row.model_fields)), (), (), {})
    text = decoded(content)
    if text is None:
        hint = Text("load.encoding_hint")
        return empty, [Finding("E202", Place(file), "", Text("load.encoding"), hint=hint)]
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        return empty, [Finding("E202", Place(file), "", Text("load.csv_syntax"), str(error))]
    if not lines or not any(cell.strip() for cell in lines[0]):
        return empty, [Finding("E218", Place(file, 1), "", Text("load.table_empty"))]
    known = (*columns.row.model_fields, *columns.extra)
    headings = [heading(cell, known, columns.lesson_minutes) for cell in lines[0]]
    findings = _heading_findings(file, headings, lines, columns)
    records = [(row, cells) for row, cells in enumerate(lines[1:], start=FIRST_ROW) if any(c.strip() for c in cells)]
    findings += [
        Finding("E217", Place(file, row), "", Text("load.row_length", {"n": len(headings)}), str(len(cells)))
        for row, cells in records
        if len(cells) > len(headings) and any(cell.strip() for cell in cells[len(headings) :])
    ]
    usable = {each.column: each for each in reversed(headings) if each.column is not None and not each.code}
    positions = {name: headings.index(each) for name, each in usable.items()}
    ordered = [name for name in known if name in usable]
    written = tuple({n: _cell(cells, positions[n]) for n in ordered} for _, cells in records)
    table = Table(
        file,
        empty.frame,
        written,
        tuple(row for row, _ in records),
        {each.column: each.written.strip() for each in headings if each.column is not None},
    )
    frame, wrong = _checked(table, usable, columns)
    findings += wrong + _duplicates(table, columns.key)
    return Table(file, frame, table.cells, table.rows, table.headings), findings


def decoded(content: bytes) -> str | None:
    """The text of a file in one of the known encodings; none if it fits neither."""
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else text
    return None


def _cell(cells: Sequence[str], at: int) -> str:
    return cells[at].strip() if at < len(cells) else ""


def _heading_findings(
    file: str, headings: Sequence[Heading], lines: Sequence[Sequence[str]], columns: Columns
) -> list[Finding]:
    """Columns unknown, twice, without unit, or missing."""
    findings: list[Finding] = []
    known = (*columns.row.model_fields, *columns.extra)
    seen: dict[str, str] = {}
    for at, each in enumerate(headings):
        name = each.written.strip()
        place = Place(file, 1, None, name)
        if each.column is None:
            if name or any(_cell(cells, at) for cells in lines[1:]):
                findings.append(
                    Finding("E203", place, "", Text("load.unknown_column"), name, hint=meant(normal(name), known))
                )
        elif each.column in seen:
            message = Text("load.column_twice", {"column": each.column, "other": seen[each.column]})
            findings.append(Finding("E205", place, "", message, name))
        else:
            seen[each.column] = name
            if each.message is not None:
                hint = Text("load.unit_hint", {"column": name}) if each.code == "E206" else None
                findings.append(Finding(each.code, place, "", each.message, name, each.expected, hint))
    for name, about in columns.row.model_fields.items():
        if about.is_required() and name not in seen:
            findings.append(Finding("E204", Place(file, 1, None, name), "", Text("load.missing_column"), hint=None))
    return findings


def _checked(table: Table, usable: Mapping[str, Heading], columns: Columns) -> tuple[pd.DataFrame, list[Finding]]:
    """The rows that are right as a frame sorted by key, and what is wrong with the others."""
    fields = columns.row.model_fields
    own = [name for name in usable if name in fields]
    readers = {name: _reader(columns.row, name, usable[name].factor) for name in own}
    given = [{name: readers[name](record[name]) for name in own if record[name]} for record in table.cells]
    rows, wrong = _validated(given, columns.row)
    absent = {name for name, about in fields.items() if about.is_required() and name not in usable}
    findings: list[Finding] = []
    for at, name, error in wrong:
        if error["type"] == "missing":
            if name not in absent:
                findings.append(Finding("E208", table.place(at, name), "", Text("load.blank_cell")))
            continue
        group, message, expected = described(error["type"], error.get("ctx", {}))
        if group == "kind":
            message = Text("load.wrong_kind")
        found = shown(table.cells[at].get(name, ""))
        hint = Text("load.thousands_hint") if re.fullmatch(r"[\d,，]+(\.\d+)?", found) and "," in found else None
        findings.append(Finding(_CODES.get(group, "E209"), table.place(at, name), "", message, found, expected, hint))
    good = [at for at, row in enumerate(rows) if row is not None]
    frame = pd.DataFrame(
        {
            name: _series([getattr(rows[at], name) for at in good], fields[name].annotation)
            for name in fields
            if name in usable or (fields[name].default is not None and name not in absent)
        }
    )
    for name in columns.extra:
        if name in usable:
            frame[name] = _free([table.cells[at][name] for at in good])
    key = [name for name in columns.key if name in frame]
    return (frame.sort_values(key, ignore_index=True) if key else frame), findings


def _validated(
    given: Sequence[Mapping[str, str]], row: type[Row]
) -> tuple[list[Row | None], list[tuple[int, str, Any]]]:
    """The rows that are right (none for a wrong one), and each error with its record and column."""
    rows: list[Row | None] = []
    wrong: list[tuple[int, str, Any]] = []
    for at, each in enumerate(given):
        try:
            rows.append(row.model_validate_strings(dict(each)))
        except ValidationError as error:
            rows.append(None)
            wrong += [(at, str(found["loc"][0]), found) for found in error.errors(include_url=False)]
    return rows, wrong


def _kinds(annotation: Any) -> set[Any]:
    """The plain types an annotation is made of."""
    parts = get_args(annotation)
    return set().union(*(_kinds(part) for part in parts)) if parts else {annotation}


def _reader(row: type[Row], name: str, factor: Decimal) -> Any:
    """How a cell of a column becomes the text that is validated."""
    about = row.model_fields[name]
    kinds = _kinds(about.annotation)
    if bool in kinds:
        words = dict.fromkeys(labels("cell_true"), "true") | dict.fromkeys(labels("cell_false"), "false")
        return lambda cell: words.get(normal(cell).casefold(), normal(cell))
    if float in kinds or int in kinds:
        return lambda cell: _scaled(normal(cell), factor)
    if str in kinds and not about.metadata:
        return lambda cell: cell
    return normal


def _scaled(cell: str, factor: Decimal) -> str:
    if factor == 1:
        return cell
    try:
        return str(Decimal(cell) * factor)
    except InvalidOperation:
        return cell


def _series(values: list[Any], annotation: Any) -> pd.Series[Any]:
    """A column of one type: blanks are nan among numbers, empty among texts."""
    kinds = _kinds(annotation)
    if float in kinds or (int in kinds and type(None) in kinds):
        return pd.Series(values, dtype=float)
    if int in kinds or bool in kinds:
        return pd.Series(values, dtype=bool if bool in kinds else int)
    return pd.Series(["" if value is None else value for value in values], dtype="str")


def _free(cells: list[str]) -> pd.Series[Any]:
    """A declared extra column: numbers if all its cells are (codes like 0440 are not), else texts."""
    plain_cells = [normal(cell) for cell in cells]
    if any(plain_cells) and all(_is_number(cell) for cell in plain_cells if cell):
        return pd.Series([float(cell) if cell else float("nan") for cell in plain_cells], dtype=float)
    return pd.Series(cells, dtype="str")


def _is_number(cell: str) -> bool:
    return any(digit.isdigit() for digit in cell) and _NUMBER.fullmatch(cell) is not None


def _duplicates(table: Table, key: tuple[str, ...]) -> list[Finding]:
    """Records whose key another record above already has."""
    findings: list[Finding] = []
    first: dict[tuple[str, ...], int] = {}
    for at, record in enumerate(table.cells):
        own = tuple(normal(record.get(name, "")) for name in key)
        if not all(own):
            continue
        if own in first:
            message = Text("load.duplicate_row", {"row": table.rows[first[own]]})
            findings.append(Finding("E212", table.place(at, key[-1]), "", message, ", ".join(own)))
        first.setdefault(own, at)
    return findings
