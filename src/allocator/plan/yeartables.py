"""The tables one plan year uses, checked against the plan and against each other."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from allocator.blocks.registry import table_uses
from allocator.blocks.shared.table_use import TableUse
from allocator.plan.circles import place_findings
from allocator.plan.demonstration import demonstration_findings
from allocator.plan.libraries import library_findings
from allocator.plan.references import town_measures
from allocator.plan.standards import standard_findings
from allocator.scenario.files.headings import MONEY, normal
from allocator.scenario.files.tables import (
    Columns,
    OriginRow,
    RoadRow,
    Table,
    TableFolder,
    TownRow,
    decoded,
    read_table,
)
from allocator.scenario.files.wording import meant
from allocator.scenario.files.yamltree import Node, find, has_ids, item_names
from allocator.scenario.section import ANY_CATEGORY, DISTRICT
from allocator.words.errors import Finding, Place
from allocator.words.texts import Text

TOWNS = "towns"
ORIGINS = "origins"

ROADS = TableUse("travel.roads", RoadRow, ("from_town", "to_town"), {"from_town": "town", "to_town": "town"})

RULE_COLUMNS = (
    "population.column",
    "attainment.indicators.*.denominator",
    "delivery.programmes.*.audience",
    "delivery.programmes.*.floor",
    "delivery.programmes.*.max_units.of",
    "volunteering.stock.recruits.of",
    "team.floors.*.of",
    "team.most.*.of",
    "stages.*.weighted_by",
    "limits.*.weighted_by",
)
"""Paths whose value is a column of the towns table (``floor`` without its ending)."""

POSITIVE = ("population.column", "attainment.indicators.*.denominator", "limits.*.weighted_by")
"""Of these, the ones something is divided by."""

LAST_RESULT = (("funding", "funding_by_town"), ("mentoring", "pairs"), ("posting", "postings"))
"""Blocks and the result tables that stand for last year, by the field of ``last_year``."""

WHOLE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "venue_hours": ("delivery",),
    "school_hours": ("mentoring", "guidance"),
}
"""Optional limits: where the column is there and one of the blocks is too, every town needs a number."""


@dataclass
class YearTables:
    """Tables by id, ids by kind, and what is wrong."""

    tables: dict[str, Table] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    """Table id to the bytes of its file."""
    ids: dict[str, set[str] | None] = field(default_factory=dict)
    """Kind of id (town, teacher, ...) to all ids; none where they are not known because their own part is missing."""
    findings: list[Finding] = field(default_factory=list)
    last_year: dict[str, str] = field(default_factory=dict)
    """Field of ``last_year`` to the table that was made from a result."""

    def note(self, code: str, place: Place | None, path: str, message: Text, found: str | None = None) -> None:
        """Add a finding without a hint."""
        self.findings.append(Finding(code, place, path, message, found))


def ids_of(tree: Node, path: str) -> set[str] | None:
    """Ids of a list of the plan: of its items, or the items themselves; none without the list."""
    found = find(tree, path)
    if not found:
        return None
    items = found[0][1].items
    words = {item.text for item in items if item.text is not None}
    return words or (set(item_names(items)) if has_ids(items) else set())


def year_tables(tree: Node, folder: TableFolder, plan_folder: Path) -> YearTables:
    """Read and check every table a merged plan names."""
    year = YearTables()
    year.ids["category"] = ids_of(tree, "categories") or set()
    year.ids["indicator"] = ids_of(tree, "attainment.indicators")
    year.ids["source"] = ids_of(tree, "funding.sources")
    year.ids["star_grade"] = ids_of(tree, "stars.grades")
    year.ids["function"] = ids_of(tree, "bases.functions")
    year.ids["standard"] = ids_of(tree, "demonstration.standards")
    year.ids["town_measure"] = town_measures(tree, year.ids)
    year.ids["project_kind"] = ids_of(tree, "projects.kinds")
    year.ids["taught_category"] = (year.ids["category"] or set()) | {ANY_CATEGORY}
    year.ids["staff_type"] = ids_of(tree, "team.types")
    towns = _read(year, tree, folder, TableUse("", TownRow, ("town",)), (TOWNS, None))
    year.ids["town"] = {normal(cell) for cell in towns.values("town") if cell} if towns is not None else None
    year.ids["recipient"] = None if year.ids["town"] is None else year.ids["town"] | {DISTRICT}
    if towns is not None:
        _reserved_town(year, towns)
        _rule_columns(year, tree, towns)
    used = [each for each in (*table_uses(), ROADS) if _named(tree, each) is not None]
    for each in used:
        name = _named(tree, each)
        if name is not None:
            table = _read(year, tree, folder, each, name)
            if each.path == "teaching.teachers":
                year.ids["teacher"] = set(map(normal, table.values("teacher"))) if table is not None else None
            if each.path in ("bases.sites", "coverage.stations"):
                kind = "site" if each.path == "bases.sites" else "station"
                year.ids[kind] = set(map(normal, table.values(kind))) if table is not None else None
            if each.path in ("stars.stations", "stars.criteria"):
                own = each.key[0]
                known = set(map(normal, table.values(own))) if table is not None else None
                year.ids[f"star_{own}"] = known
            if each.path == "projects.table":
                year.ids["project"] = set(map(normal, table.values("project"))) if table is not None else None
            if each.path == "purchase.providers":
                year.ids["provider"] = set(map(normal, table.values("provider"))) if table is not None else None
    _last_result(year, tree, plan_folder)
    for each in used:
        named = _named(tree, each)
        if named is not None and named[0] in year.tables:
            _references(year, each, year.tables[named[0]])
    _base_covers(year, tree)
    _stock_covers(year, tree)
    _two_ways(year, tree)
    _one_side(year, tree)
    year.findings += place_findings(tree, {use.path: _table(year, tree, use) for use in table_uses()})
    year.findings += standard_findings(tree, {use.path: _table(year, tree, use) for use in table_uses()})
    year.findings += library_findings(tree, {use.path: _table(year, tree, use) for use in table_uses()})
    year.findings += demonstration_findings(tree, {use.path: _table(year, tree, use) for use in table_uses()})
    _origins(year, tree, folder)
    return year


def _named(tree: Node, use: TableUse) -> tuple[str, Place | None] | None:
    """The table a plan names for a use, and where; none if the plan has no such part."""
    section, _, _ = use.path.partition(".")
    if section not in tree.entries:
        return None
    given = find(tree, use.path)
    if given and given[0][1].text is not None:
        return str(given[0][1].text), given[0][1].place
    return (use.default, tree.entries[section].key) if use.default is not None else None


def _table(year: YearTables, tree: Node, use: TableUse) -> Table | None:
    """The table of a use as read; none where there is none."""
    named = _named(tree, use)
    return year.tables.get(named[0]) if named is not None else None


def _read(
    year: YearTables, tree: Node, folder: TableFolder, use: TableUse, named: tuple[str, Place | None]
) -> Table | None:
    name, place = named
    extra = tuple(str(node.content) for _, node in find(tree, f"extra_columns.{name}.*"))
    lesson = [node.number for _, node in find(tree, "units.lesson_minutes")]
    read = folder.table(name, Columns(use.row, use.key, extra, lesson[0] if lesson else None))
    if read is None:
        file = f"{folder.folder.name}/{name}.csv"
        hint = meant(name, folder.names() - {name})
        message = Text("load.table_missing", {"file": file})
        year.findings.append(Finding("E201", place or Place(file), use.path, message, name, hint=hint))
        return None
    year.tables[name] = read[0]
    year.contents[name] = folder.contents[name]
    year.findings += read[1]
    return read[0]


def _references(year: YearTables, use: TableUse, table: Table) -> None:
    """Cells that name a town, teacher, category or indicator that does not exist, and towns without a row."""
    for column, kind in use.refers.items():
        known = year.ids.get(kind)
        if known is None:
            continue
        for at, cell in enumerate(table.values(column)):
            own = normal(cell)
            if own and own not in known:
                message = Text("load.unknown_id", {"kind": Text(f"load.kind_{kind}")})
                place = table.place(at, column)
                year.findings.append(Finding("E213", place, "", message, own, hint=meant(own, known)))
    if use.every_town:
        _towns_without_row(year, table)


def _towns_without_row(year: YearTables, table: Table) -> None:
    absent = sorted((year.ids.get("town") or set()) - {normal(cell) for cell in table.values("town")})
    if absent:
        message = Text("load.towns_without_row", {"towns": ", ".join(absent)})
        year.note("E215", table.place(None, "town"), "", message)


def _reserved_town(year: YearTables, towns: Table) -> None:
    for at, cell in enumerate(towns.values("town")):
        if normal(cell) == DISTRICT:
            year.note("E214", towns.place(at, "town"), "", Text("load.reserved_id"), DISTRICT)


def rule_columns(tree: Node) -> list[tuple[str, str, Place]]:
    """Every column of the towns table that a rule reads: column, path of the rule, place."""
    named = [(path, node) for pattern in RULE_COLUMNS for path, node in find(tree, pattern)]
    columns = [
        (f"{node.text}{MONEY}" if path.endswith(".floor") else node.text, path, node.place)
        for path, node in named
        if node.text is not None
    ]
    factors = [(path, node.key or node.place) for path, node in find(tree, "stages.*.factors.*")]
    return columns + [(path.rpartition(".")[2], path, place) for path, place in factors]


def _rule_columns(year: YearTables, tree: Node, towns: Table) -> None:
    """Columns that rules read exist, hold numbers, have no blanks, and are not zero where divided by."""
    wanted = rule_columns(tree)
    if "guidance" in tree.entries:
        wanted.append(("stations", "guidance", tree.entries["guidance"].key or tree.place))
    divided = {node.text for pattern in POSITIVE for _, node in find(tree, pattern)}
    for column, path, place in wanted:
        if column not in towns.headings:
            message = Text("load.no_such_column", {"file": towns.file})
            hint = meant(column, towns.headings)
            year.findings.append(Finding("E318", place, path, message, column, hint=hint))
        elif column in towns.frame and not pd.api.types.is_numeric_dtype(towns.frame[column]):
            year.note("E318", place, path, Text("load.column_not_numeric", {"file": towns.file}), column)
    needed = {column for column, _, _ in wanted}
    for column, blocks in WHOLE_COLUMNS.items():
        if column in towns.headings and any(block in tree.entries for block in blocks):
            needed.add(column)
    for column in sorted(needed & set(towns.headings)):
        require(year, towns, column)
        if column in divided:
            _positive(year, towns, column)
    weighing = {path for pattern in ("stages.*.weighted_by", "stages.*.factors.*") for path, _ in find(tree, pattern)}
    for column, path, place in wanted:
        if path in weighing and _is_all_zero(towns, column):
            year.note("E325", place, path, Text("load.weights_all_zero", {"file": towns.file}), column)


def require(year: YearTables, towns: Table, column: str) -> bool:
    """Whether every town has a value in a column; each blank cell is a finding."""
    blank = [at for at, record in enumerate(towns.cells) if record.get(column) == ""]
    for at in blank:
        finding = Finding("E208", towns.place(at, column), "", Text("load.blank_cell"))
        if finding not in year.findings:
            year.findings.append(finding)
    return not blank


def _is_all_zero(towns: Table, column: str) -> bool:
    """Whether a column has numbers and all of them are zero, so that nothing could be weighed by it."""
    try:
        numbers = [float(normal(cell)) for cell in towns.values(column)] if column in towns.headings else []
    except ValueError:
        return False
    return bool(numbers) and not any(numbers)


def _positive(year: YearTables, towns: Table, column: str) -> None:
    for at, cell in enumerate(towns.values(column)):
        try:
            zero = float(normal(cell)) == 0
        except ValueError:
            continue
        if zero:
            year.note("E210", towns.place(at, column), "", Text("load.greater_than", {"bound": "0"}), cell)


def _base_covers(year: YearTables, tree: Node) -> None:
    """The base table has every indicator of every town, but none of a stock that the plan counts itself."""
    named = next(_named(tree, use) for use in table_uses() if use.path == "attainment.base")
    if named is None or named[0] not in year.tables:
        return
    table, towns = year.tables[named[0]], year.ids.get("town") or set()
    indicators = find(tree, "attainment.indicators.*")
    given: dict[str, set[str]] = {}
    for town, indicator in zip(table.values("town"), table.values("indicator"), strict=True):
        given.setdefault(normal(indicator), set()).add(normal(town))
    for path, node in indicators:
        own = path.rpartition(".")[2]
        if "stock" in node.entries:
            for at, cell in enumerate(table.values("indicator")):
                if normal(cell) == own:
                    year.note("E220", table.place(at, "indicator"), path, Text("load.base_of_stock"), own)
            continue
        absent = sorted(towns - given.get(own, set()))
        if absent:
            message = Text("load.base_missing", {"indicator": own, "towns": ", ".join(absent)})
            year.note("E215", table.place(None, "value"), path, message)


def _stock_covers(year: YearTables, tree: Node) -> None:
    stock = [node for _, node in find(tree, "attainment.indicators.*.stock") if node.text is not None]
    named = next((_named(tree, use) for use in table_uses() if use.path == "volunteering.volunteers"), None)
    if stock and named is not None and named[0] in year.tables:
        _towns_without_row(year, year.tables[named[0]])


def _two_ways(year: YearTables, tree: Node) -> None:
    """A link given in both directions must take the same time in both."""
    named = _named(tree, ROADS)
    if named is None or named[0] not in year.tables:
        return
    table = year.tables[named[0]]
    first: dict[tuple[str, str], int] = {}
    for at, record in enumerate(table.cells):
        one, other = normal(record.get("from_town", "")), normal(record.get("to_town", ""))
        back = first.get((other, one))
        if back is not None and table.cells[back].get("minutes") != record.get("minutes") and one != other:
            message = Text("load.two_ways", {"row": table.rows[back]})
            year.note("E212", table.place(at, "minutes"), "", message, record.get("minutes"))
        first.setdefault((one, other), at)


def _one_side(year: YearTables, tree: Node) -> None:
    """In a table of pairs a town is a mentor or a mentee, never both."""
    named = next((_named(tree, use) for use in table_uses() if use.path == "mentoring.pairs"), None)
    if named is None or named[0] not in year.tables:
        return
    table = year.tables[named[0]]
    mentors = set(map(normal, table.values("mentor")))
    for at, cell in enumerate(table.values("mentee")):
        if normal(cell) in mentors:
            year.note("E221", table.place(at, "mentee"), "", Text("load.both_sides"), normal(cell))


def _last_result(year: YearTables, tree: Node, plan_folder: Path) -> None:
    """Tables of last year taken from the folder of a result."""
    given = find(tree, "last_year.results")
    if not given or given[0][1].text is None:
        return
    path, node = given[0]
    if any(name in tree.entries["last_year"].entries for _, name in LAST_RESULT):
        year.note("E322", node.place, path, Text("load.last_year_twice"))
        return
    own = tree.entries["year"].content
    for block, name in LAST_RESULT:
        use = next(each for each in table_uses() if each.path == f"last_year.{name}")
        file = plan_folder / str(node.text) / f"{name}.csv"
        if not file.is_file():
            if block in tree.entries:
                message, hint = Text("load.result_missing", {"file": file.name}), Text("load.result_missing_hint")
                year.findings.append(Finding("E219", node.place, path, message, str(node.text), hint=hint))
            continue
        content = last_year_rows(file.read_bytes(), list(use.row.model_fields), own if isinstance(own, int) else None)
        table, findings = read_table(content, f"{node.text}/{name}.csv", Columns(use.row, use.key))
        made = f"last_year_{name.removesuffix('_by_town')}_{own}"
        year.tables[made], year.contents[made], year.last_year[name] = table, content, made
        year.findings += findings
        _references(year, use, table)


def last_year_rows(content: bytes, columns: Iterable[str], before: int | None) -> bytes:
    """The rows of a result table of the latest year before a plan year, with the columns of a last-year table."""
    records = list(csv.DictReader(io.StringIO(decoded(content) or "", newline="")))
    years = {int(record["year"]) for record in records if (record.get("year") or "").isdigit()}
    earlier = {each for each in years if before is None or each < before} or years
    latest = str(max(earlier, default=""))
    rows = [{"start_year": latest, **record} for record in records if record.get("year") == latest]
    kept = [name for name in columns if not records or name in records[0] or name == "start_year"]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, kept, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def _origins(year: YearTables, tree: Node, folder: TableFolder) -> None:
    """Where a table of origins is given, it names only what exists and covers every column that is used."""
    if ORIGINS not in folder.names():
        return
    used = {name: table for name, table in year.tables.items() if name not in year.last_year.values()}
    origins = _read(year, tree, folder, TableUse("", OriginRow, ("table", "column")), (ORIGINS, None))
    if origins is None:
        return
    covered: dict[str, set[str]] = {}
    for at, record in enumerate(origins.cells):
        name, column = normal(record.get("table", "")), normal(record.get("column", ""))
        covered.setdefault(name, set()).add(column)
        content = folder.content(name)
        if content is not None:
            year.contents[name] = content
        elif name:
            hint, message = meant(name, folder.names()), Text("load.unknown_id", {"kind": Text("load.kind_table")})
            year.findings.append(Finding("E213", origins.place(at, "table"), "", message, name, hint=hint))
        if name in used and column and column not in {*used[name].headings, *used[name].headings.values()}:
            hint, message = meant(column, used[name].headings), Text("load.unknown_column")
            year.findings.append(Finding("E213", origins.place(at, "column"), "", message, column, hint=hint))
    for name, table in sorted(used.items()):
        open_columns = [c for c, written in table.headings.items() if not {c, written} & covered.get(name, set())]
        if open_columns:
            message = Text("load.origins_missing", {"table": name, "columns": ", ".join(open_columns)})
            year.note("W103", Place(origins.file), "", message)
