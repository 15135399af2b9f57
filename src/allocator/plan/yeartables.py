"""The tables one plan year uses, checked against the plan and against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from allocator.blocks.registry import table_uses
from allocator.blocks.shared.consistency import towns_without_row
from allocator.blocks.shared.table_use import TableUse
from allocator.plan.ids import ids_of_lists
from allocator.plan.lastyear import last_year_rows, tables_of_last_year
from allocator.plan.towncolumns import column_findings
from allocator.scenario.files.headings import normal
from allocator.scenario.files.tables import Columns, OriginRow, RoadRow, Table, TableFolder, TownRow, read_table
from allocator.scenario.files.wording import meant
from allocator.scenario.files.yamltree import Node, find
from allocator.scenario.section import DISTRICT
from allocator.words.errors import Finding, Place
from allocator.words.texts import Text

TOWNS = "towns"
ORIGINS = "origins"

ROADS = TableUse("travel.roads", RoadRow, ("from_town", "to_town"))


@dataclass
class YearTables:
    """Tables by id, ids by kind, and what is wrong."""

    ids: dict[str, set[str] | None]
    """Kind of id (town, teacher, ...) to all ids; none where they are not known because their own part is missing."""
    tables: dict[str, Table] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    """Table id to the bytes of its file."""
    findings: list[Finding] = field(default_factory=list)
    last_year: dict[str, str] = field(default_factory=dict)
    """Field of ``last_year`` to the table that was made from a result."""
    by_path: dict[str, Table] = field(default_factory=dict)
    """Path under which the plan names a table to the table."""


def year_tables(tree: Node, folder: TableFolder, plan_folder: Path) -> YearTables:
    """Read and check every table a merged plan names."""
    year = YearTables(ids_of_lists(tree) | {"table": folder.names()})
    towns = _read(year, tree, folder, TableUse("", TownRow, ("town",)), (TOWNS, None))
    year.ids["town_column"] = set(towns.headings) if towns is not None else None
    year.ids["town"] = {normal(cell) for cell in towns.values("town") if cell} if towns is not None else None
    year.ids["recipient"] = None if year.ids["town"] is None else year.ids["town"] | {DISTRICT}
    if towns is not None:
        year.findings += [*_reserved_town(towns), *column_findings(tree, towns)]
    for use in (*table_uses(), ROADS):
        named = _named(tree, use)
        table = _read(year, tree, folder, use, named) if named is not None else None
        if table is not None:
            year.by_path[use.path] = table
        if use.defines is not None:
            year.ids[use.defines] = set(map(normal, table.values(use.key[0]))) if table is not None else None
    _last_result(year, tree, plan_folder)
    for use in (*table_uses(), ROADS):
        if use.path in year.by_path:
            year.findings += _references(year.ids, use, year.by_path[use.path])
    if ROADS.path in year.by_path:
        year.findings += _two_ways(year.by_path[ROADS.path])
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


def _read(
    year: YearTables, tree: Node, folder: TableFolder, use: TableUse, named: tuple[str, Place | None]
) -> Table | None:
    """A table, and what is wrong with it by itself; none without such a file."""
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


def _references(ids: Mapping[str, set[str] | None], use: TableUse, table: Table) -> Iterator[Finding]:
    """Cells that name a town, teacher, category or indicator that does not exist, and towns without a row."""
    for column, kind in use.refers.items():
        known = ids.get(kind)
        if known is None:
            continue
        for at, cell in enumerate(table.values(column)):
            own = normal(cell)
            if own and own not in known:
                message = Text("load.unknown_id", {"kind": Text(f"load.kind_{kind}")})
                yield Finding("E213", table.place(at, column), "", message, own, hint=meant(own, known))
    if use.every_town:
        yield from towns_without_row(table, ids.get("town"))


def _reserved_town(towns: Table) -> Iterator[Finding]:
    for at, cell in enumerate(towns.values("town")):
        if normal(cell) == DISTRICT:
            yield Finding("E214", towns.place(at, "town"), "", Text("load.reserved_id"), DISTRICT)


def _two_ways(table: Table) -> Iterator[Finding]:
    """A link given in both directions must take the same time in both."""
    first: dict[tuple[str, str], int] = {}
    for at, record in enumerate(table.cells):
        one, other = normal(record.get("from_town", "")), normal(record.get("to_town", ""))
        back = first.get((other, one))
        if back is not None and table.cells[back].get("minutes") != record.get("minutes") and one != other:
            message = Text("load.two_ways", {"row": table.rows[back]})
            yield Finding("E212", table.place(at, "minutes"), "", message, record.get("minutes"))
        first.setdefault((one, other), at)


def _last_result(year: YearTables, tree: Node, plan_folder: Path) -> None:
    """Tables of last year taken from the folder of a result."""
    given = find(tree, "last_year.results")
    if not given or given[0][1].text is None:
        return
    path, node = given[0]
    if any(name in tree.entries["last_year"].entries for _, name, _ in tables_of_last_year()):
        year.findings.append(Finding("E322", node.place, path, Text("load.last_year_twice")))
        return
    own = tree.entries["year"].content
    for block, name, use in tables_of_last_year():
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
        year.findings += [*findings, *_references(year.ids, use, table)]


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
            year.findings.append(Finding("W103", Place(origins.file), "", message))
