"""What the command line prints of a plan of several years."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from rich.cells import cell_len
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text as Line

from allocator.report.page.content_years import before_row, missed_of, worst_cell
from allocator.report.terminal.lines import fitting, plain, row_of
from allocator.report.words.labels import Names, goal_unit, said, with_unit
from allocator.report.words.numbers import DASH, Shape, written
from allocator.report.words.rows import rows_of
from allocator.report.words.years import (
    agreements,
    goal_label,
    goal_lines,
    money_over_years,
    term_years,
    unchanged_stages,
    weakest_lines,
    years_table,
)
from allocator.tables.result import Result
from allocator.words.texts import say

MOST_GOALS, MOST_AGREEMENTS = 6, 6
MOST_YEARS, YEARS_FROM, YEAR_WIDTH = 5, 15, 13
"""Years in the lines of goals (the last ones), where they begin and how wide each is [characters]."""

STATES = {True: ("kept", "✓"), False: ("missed", "✗"), None: ("kept", "·")}


def parts_of_years(result: Result, names: Names) -> list[RenderableType]:
    """A line a year, what is carried over, goals by year, agreements, stages that changed nothing."""
    makers: tuple[Callable[[Result, Names], list[RenderableType]], ...] = (
        _years,
        _carried,
        _goals,
        _agreements,
        _stages,
    )
    return [part for make in makers for part in make(result, names)]


def _years(result: Result, names: Names) -> list[RenderableType]:
    words = ("worst", "mean", "batch_cv", "money_short", "missed")
    table = plain(say("report.cli.years"), *(say(f"report.cli.{word}") for word in words))
    if len(result.tables["towns"]):
        _, worst, mean, cv, *_ = before_row(result, names)
        row_of(table, say("report.cli.before"), worst, mean, cv, DASH, DASH)
    for row in rows_of(years_table(result)):
        levels = (worst_cell(names, row.town, row.level), written(row.mean, "points"), written(row.cv, "ratio"))
        missed = missed_of(row.hard_missed, row.hard)
        row_of(table, str(row.year), *levels, written(row.spent, "whole"), missed)
    return [Padding(table, (1, 0, 0, 0))]


def _carried(result: Result, _: Names) -> list[RenderableType]:
    """Money that goes on to the next year, and money that is lost, by year."""
    table = money_over_years(result)
    if not len(table):
        return []
    by_year = table.groupby("year")[["carried_out", "lost"]].sum()
    lines: list[RenderableType] = []
    for column, key in (("carried_out", "report.cli.carry_line"), ("lost", "report.cli.lost_line")):
        amounts = by_year[column]
        amounts = amounts[amounts >= 0.5]
        if len(amounts):
            lines.append(Line(say(key, {"years": _by_year(amounts)})))
    return lines


def _by_year(amounts: pd.Series[float]) -> str:
    words = (
        say("report.cli.of_year", {"year": year, "amount": written(amount, "whole")})
        for year, amount in amounts.items()
    )
    return say("report.list_comma").join(words)


def _goals(result: Result, names: Names) -> list[RenderableType]:
    """Goals by year, missed ones first: a line with the name and what is missing, one with the years."""
    lines = weakest_lines(goal_lines(result))
    if not lines:
        return []
    order = sorted(lines, key=lambda each: (each[0].is_met is not False, each[0].strength != "hard"))
    years = [str(year) for year in result.scenario.years[-MOST_YEARS:]]
    parts: list[RenderableType] = [Line(""), Line(_in_columns(say("report.cli.goals_years"), years), style="bold")]
    for line, missed, places in order[:MOST_GOALS]:
        how, unit = goal_unit(result.scenario.first, line.goal)
        strength = said(f"report.cli.{line.strength}", line.strength)
        words = {"goal": goal_label(names, line, places > 1), "strength": strength}
        words["gap"] = with_unit(float(line.years["shortfall"].iloc[-1]), how, unit)
        state, words["mark"] = STATES[line.is_met]
        text = say(f"report.cli.goal_{state}", words)
        if line.is_met is False and places > 1:
            text += say("report.cli.towns_missed", {"n": missed, "all": places})
        parts.append(Line(text, style="red" if line.is_met is False else ""))
        cells = [_compact(row.reached, row.target, row.missed, how) for row in rows_of(line.years.tail(MOST_YEARS))]
        parts.append(Line(_in_columns("", cells)))
    if len(order) > MOST_GOALS:
        parts.append(Line(say("report.cli.more", {"n": len(order) - MOST_GOALS})))
    return parts


def _in_columns(first: str, cells: Sequence[str]) -> str:
    """A line of equal columns, numbers to the right."""
    line = first + " " * (YEARS_FROM - cell_len(first))
    return line + "".join(" " * (YEAR_WIDTH - cell_len(cell)) + cell for cell in cells)


def _compact(reached: float, target: float, is_missed: bool, how: Shape) -> str:
    """Reached / asked in a narrow column; what is asked is left out where both are too long."""
    short: Shape = "whole" if how == "yuan" and max(reached, target) >= 1000 else how
    value = written(reached, short)
    if np.isnan(target):
        return value
    mark = "✗" if is_missed else "✓"
    both = f"{value.removesuffix('%')}/{written(target, short)}{mark}"
    return both if cell_len(both) < YEAR_WIDTH else f"{value}{mark}"


def _agreements(result: Result, names: Names) -> list[RenderableType]:
    """Agreements as marks under the years they run in."""
    table = agreements(result.tables["pairs"])
    parts: list[RenderableType] = []
    if len(table):
        first = min(int(table["start_year"].min()), result.scenario.years[0])
        last = max(int(table["end_year"].max()), result.scenario.years[-1])
        years = list(range(first, last + 1))[-9:]
        shown = plain(say("report.cli.agreements"), *(f"{year % 100:02d}" for year in years))
        for row in rows_of(table.head(MOST_AGREEMENTS)):
            pair = f"{names.short[row.mentor]}→{names.short[row.mentee]} {row.start_year}–{row.end_year}"
            row_of(shown, pair, *(_mark(row, year, result.scenario.years) for year in years))
        parts.append(Padding(shown, (1, 0, 0, 0)))
        if len(table) > MOST_AGREEMENTS:
            parts.append(Line(say("report.cli.more", {"n": len(table) - MOST_AGREEMENTS})))
    unpaired = result.tables["unpaired"]
    if len(unpaired):
        words = [f"{row.year} {names.short[row.town]}" for row in rows_of(unpaired)]
        text = say("report.cli.unpaired_years", {"years": fitting(words, 1)})
        parts.append(Line(text, style="yellow"))
    return parts


def _mark(row: Any, year: int, years: Sequence[int]) -> str:
    """First term, renewed term, outside the plan, or nothing."""
    if not row.start_year <= year <= row.end_year:
        return ""
    if not years[0] <= year <= years[-1]:
        return "·"
    return "■" if year < row.start_year + term_years(row) else "□"


def _stages(result: Result, _: Names) -> list[RenderableType]:
    unchanged = unchanged_stages(result.tables["stages"])
    if not unchanged:
        return []
    words = say("report.list_comma").join(said(f"terms.stage.{stage}", stage) for stage in unchanged)
    return [Line(say("report.cli.unchanged", {"stages": words}))]
