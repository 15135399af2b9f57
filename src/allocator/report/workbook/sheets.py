"""The sheets of the workbook: which columns each table shows, names beside ids, units, sums."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from allocator.blocks.shared.ledgers import ledger_labels
from allocator.report.words.labels import (
    NAMED_COLUMNS,
    TOWN_COLUMNS,
    Names,
    goal_unit,
    heading,
    indicator_unit,
    measure_shape,
    measure_unit,
    shape,
    shown_columns,
    titled,
    unit_name,
)
from allocator.report.words.numbers import Shape
from allocator.report.words.years import is_several
from allocator.tables.declared import TABLES
from allocator.tables.result import Result
from allocator.words.texts import say


@dataclass(frozen=True)
class SheetColumn:
    """A column of a sheet: words without a shape, numbers with one, or with one for each row."""

    heading: str
    shape: Shape | None = None
    shapes: tuple[Shape, ...] | None = None


@dataclass(frozen=True)
class Sheet:
    """A sheet: what it is called and its cells; nothing where a number is not known."""

    table: str
    name: str
    title: str
    columns: tuple[SheetColumn, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: tuple[Any, ...] | None
    sums: tuple[int, ...] = ()
    """Positions of rows that are sums of the rows above them."""


def table_names(result: Result) -> list[str]:
    """Result tables that have a sheet, in the order planners read them; one without rows has none."""
    return [name for name in TABLES if len(result.tables[name])]


def sheet(result: Result, names: Names, name: str) -> Sheet:
    """A result table as a sheet in the current language; over several years with the year and sums by year."""
    if is_several(result):
        return _sheet_of_years(result, names, name)
    columns, rows = _cells(result, names, name)
    total = _total(result, name, columns)
    return Sheet(name, say(f"report.sheet.{name}"), _title(result, name), columns, rows, total)


def _title(result: Result, name: str) -> str:
    enforced = name == "goals" and result.run.get("goals_enforced")
    return say(f"report.sheet_title.{name}_enforced" if enforced else f"report.sheet_title.{name}")


def _cells(result: Result, names: Names, name: str) -> tuple[tuple[SheetColumn, ...], tuple[tuple[Any, ...], ...]]:
    """Columns and rows of a result table."""
    table = result.tables[name]
    columns: list[SheetColumn] = []
    cells: list[Sequence[Any]] = []
    for column in shown_columns(name):
        for made, values in _columns(result, names, (name, column)):
            if made.shape is None and len(table) and not any(values):
                continue
            columns.append(made)
            cells.append(values)
    return tuple(columns), tuple(zip(*cells, strict=True)) if len(table) else ()


def _sheet_of_years(result: Result, names: Names, name: str) -> Sheet:
    """A result table with the year in front; each year of a table that is summed ends with its sum."""
    columns, cells = _cells(result, names, name)
    table = result.tables[name].reset_index(drop=True)
    order: list[int] = []
    rows: list[tuple[Any, ...]] = []
    sums: list[int] = []
    for plan in result.scenario.plan_years:
        part = table[table["year"] == plan.year]
        order += part.index.tolist()
        rows += [(plan.year, *cells[at]) for at in part.index]
        one = Result(replace(result.scenario, plan_years=(plan,)), {**result.tables, name: part}, result.run)
        total = _total(one, name, columns)
        if total is not None:
            sums.append(len(rows))
            order.append(-1)
            rows.append((plan.year, *total))
    shaped = tuple(_reordered(column, order) for column in columns)
    year_column = SheetColumn(heading(name, "year"), "year")
    total = _total_of_years(result, name, columns) if sums else None
    title = _title(result, name)
    return Sheet(name, say(f"report.sheet.{name}"), title, (year_column, *shaped), tuple(rows), total, tuple(sums))


def _reordered(column: SheetColumn, order: Sequence[int]) -> SheetColumn:
    """The column with its shapes in the order of the rows; sums have the column's own shape."""
    if column.shapes is None or column.shape is None:
        return column
    own = column.shape
    return replace(column, shapes=tuple(own if at < 0 else column.shapes[at] for at in order))


def _total_of_years(result: Result, name: str, columns: Sequence[SheetColumn]) -> tuple[Any, ...] | None:
    """Money of all years; other sums over years mean nothing."""
    if name not in ("funding_by_town", "funding"):
        return None
    whole = {titled(name, "amount_yuan"): _sum(result.tables[name]["amount_yuan"])}
    made = [whole.get(column.heading) for column in columns]
    return say("report.total_of_years"), *made


def _columns(result: Result, names: Names, place: tuple[str, str]) -> list[tuple[SheetColumn, Sequence[Any]]]:
    """The sheet's columns for one column of a result table: a name and its id, a word, or a number."""
    name, column = place
    table, how = result.tables[name], shape(name, column)
    values = table[column].tolist()
    if how is not None:
        shapes = _shapes(result, name, column)
        return [(SheetColumn(titled(name, column), how, shapes), [_number(value) for value in values])]
    words = names.words(name, table, column)
    if column == "key":
        labels = table["labels"] if "labels" in table else table["ledger"].map(ledger_labels())
        words = [names.key(of, key) for of, key in zip(labels, table["key"], strict=True)]
    if name == "goals" and column == "unit":
        words = [goal_unit(result.scenario.first, goal)[1] for goal in table["goal"]]
    if name in ("rows", "accounts", "stages", "counts") and column == "unit":
        words = [unit_name(str(value)) for value in values]
    own = (SheetColumn(heading(name, column)), words)
    named = column in TOWN_COLUMNS or column in NAMED_COLUMNS
    coded = [(SheetColumn(say("headings.id", {"heading": heading(name, column)})), values)] if named else []
    return [own, *coded]


def _shapes(result: Result, name: str, column: str) -> tuple[Shape, ...] | None:
    """Shapes row by row where rows count in different units."""
    plan, table = result.scenario.first, result.tables[name]
    if name == "balance":
        return tuple(measure_shape(measure) for measure in table["measure"])
    if name == "goals" and column in ("target", "reached", "shortfall"):
        return tuple(goal_unit(plan, goal)[0] for goal in table["goal"])
    if name == "demonstration" and column in ("at_least", "reached", "gap"):
        return tuple(measure_unit(plan, measure)[0] for measure in table["measure"])
    if name == "attainment" and column in ("base", "value", "target"):
        by_indicator = {each.id: indicator_unit(each)[0] for each in plan.indicators}
        return tuple(by_indicator[indicator] for indicator in table["indicator"])
    if name == "rows" and column in ("activity", "bound", "slack"):
        return tuple("ratio" if rule == "credit" else "yuan" for rule in table["rule"])
    if name == "accounts" and column in ("supplied", "used"):
        return tuple("ratio" if ledger == "value" else "yuan" for ledger in table["ledger"])
    return None


def _number(value: Any) -> float | int | None:
    number = float(value)
    if not math.isfinite(number):
        return None
    return int(number) if isinstance(value, int) else number


def _total(result: Result, name: str, columns: Sequence[SheetColumn]) -> tuple[Any, ...] | None:
    """The sum row; none for tables without sums or without rows."""
    table = result.tables[name]
    summed = [column for column, about in TABLES[name].columns.items() if about.summed]
    if not summed or not len(table):
        return None
    sums = {titled(name, column): _sum(table[column]) for column in summed}
    if name == "funding_by_town":
        sums |= _money_ratios(result, table)
    if name == "carry_over":
        at_hand = float(table["carried_in_yuan"].sum() + table["amount_yuan"].sum())
        rate = float(table["spent_yuan"].sum()) / at_hand if at_hand > 0 else None
        sums[titled(name, "execution")] = rate
    made: list[Any] = [sums.get(column.heading) for column in columns]
    made[0] = say("report.total")
    return tuple(made)


def _sum(values: pd.Series[Any]) -> float | None:
    whole = float(values.sum(min_count=1))
    return None if math.isnan(whole) else round(whole, 6)


def _money_ratios(result: Result, table: pd.DataFrame) -> dict[str, float | None]:
    """Change and money a head over the whole district."""
    amount, last = float(table["amount_yuan"].sum()), float(table["last_year_yuan"].sum(min_count=1))
    heads = float(result.scenario.first.population.sum())
    share = (amount - last) / last if last > 0 else None
    return {
        titled("funding_by_town", "change_share"): share,
        titled("funding_by_town", "per_head_yuan"): amount / heads,
    }
