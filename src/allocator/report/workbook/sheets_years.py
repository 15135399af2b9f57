"""The sheets of the workbook that look at all years of a plan."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from allocator.report.page.content_years import balance_by_year, renewal_of
from allocator.report.words.labels import Names, goal_unit, heading, measure_shape, titled
from allocator.report.words.numbers import Shape
from allocator.report.words.rows import rows_of
from allocator.report.words.years import agreements, goal_lines, years_table
from allocator.report.workbook.sheets import Sheet, SheetColumn
from allocator.tables.result import Result
from allocator.words.texts import say


def sheets_of_years(result: Result, names: Names) -> list[Sheet]:
    """Sheets over all years that have anything to say: years, goals, agreements, balance."""
    made = [years_sheet(result, names)]
    if len(result.tables["goals"]):
        made.append(goals_sheet(result, names))
    if len(result.tables["pairs"]):
        made.append(agreements_sheet(result, names))
    if len(result.tables["balance"]):
        made.append(balance_sheet(result, names))
    return made


def _sheet(name: str, columns: Sequence[SheetColumn], rows: Sequence[Sequence[Any]], total: Any = None) -> Sheet:
    cells = tuple(tuple(_cell(value) for value in row) for row in rows)
    title = say(f"report.sheet_title.{name}")
    return Sheet(name, say(f"report.sheet.{name}"), title, tuple(columns), cells, total)


def _cell(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def years_sheet(result: Result, names: Names) -> Sheet:
    """A row a year: worst-off town, levels, money, pairs, goals; the money of all years at the end."""
    table = years_table(result)
    counts = ("hard_missed", "hard", "soft_missed", "soft")
    rows = [
        (
            r.year,
            names.of("town", r.town),
            r.level,
            r.mean,
            r.cv,
            r.spent,
            r.per_head,
            r.pairs,
            *(getattr(r, c) for c in counts),
        )
        for r in rows_of(table)
    ]
    money = say("headings.with_unit", {"heading": say("report.spent"), "unit": say("terms.unit.yuan")})
    heads: list[tuple[str, Shape | None]] = [
        (heading("towns", "year"), "year"),
        (say("report.cli.worst"), None),
        (say("report.worst_level"), "points"),
        (say("measures.mean"), "points"),
        (say("measures.cv"), "ratio"),
        (money, "yuan"),
        (say("report.per_head_heading"), "yuan"),
        (say("report.key_pairs"), "whole"),
        (say("report.hard_missed_count"), "whole"),
        (say("report.hard_asked_count"), "whole"),
        (say("report.soft_missed_count"), "whole"),
        (say("report.soft_asked_count"), "whole"),
    ]
    columns = [SheetColumn(name, shape) for name, shape in heads]
    blanks = [None] * 6
    total = (say("report.total_of_years"), None, None, None, None, round(float(table["spent"].sum()), 6), *blanks)
    return _sheet("years", columns, rows, total)


def goals_sheet(result: Result, names: Names) -> Sheet:
    """Every goal of every place: base, asked for and reached in each year, gap of the last year, the sentence."""
    lines, years = goal_lines(result), result.scenario.years
    units = [goal_unit(result.scenario.first, line.goal) for line in lines]
    shapes = tuple(how for how, _ in units)
    rows = []
    for line, (_, unit) in zip(lines, units, strict=True):
        where = names.of("town", line.town) if line.town else names.text("scope", line.scope)
        met = "none" if line.is_met is None else "met" if line.is_met else "missed"
        figures = line.years[["target", "reached"]].to_numpy(dtype=float).ravel().tolist()
        gap = float(line.years["shortfall"].iloc[-1])
        words = (names.text("strength", line.strength), names.text("enforced", line.enforced), unit)
        last = (say(f"report.goal_{met}"), line.text, line.requirement)
        rows.append((names.of("goal", line.goal), where, *words, line.base, *figures, gap, *last))
    labels = [heading("goals", column) for column in ("goal", "scope", "strength", "enforced", "unit")]
    columns = [SheetColumn(label) for label in labels]
    numbers = [say("report.base_year", {"year": years[0] - 1})]
    numbers += [say(f"report.{side}_of_year", {"year": year}) for year in years for side in ("target", "reached")]
    numbers.append(say("report.gap_of_year", {"year": years[-1]}))
    columns += [SheetColumn(number, "number", shapes) for number in numbers]
    columns += [SheetColumn(say("report.goal_state")), SheetColumn(heading("goals", "text"))]
    columns.append(SheetColumn(say("report.requirement")))
    return _sheet("goals_years", columns, rows)


def agreements_sheet(result: Result, names: Names) -> Sheet:
    """Every agreement: towns, first and last year, renewal, travel, lead, uplift of each year."""
    pairs, years = result.tables["pairs"], result.scenario.years
    uplift = pairs.set_index(["mentor", "mentee", "start_year", "year"])["uplift"]
    rows = []
    for row in rows_of(agreements(pairs)):
        key = (row.mentor, row.mentee, row.start_year)
        added = [float(uplift.get((*key, year), float("nan"))) for year in years]
        towns = (names.of("town", row.mentor), names.of("town", row.mentee))
        term = (row.start_year, row.end_year, renewal_of(row.renewals))
        rows.append((*towns, *term, float(row.minutes), float(row.level_gap), *added))
    columns = [SheetColumn(heading("pairs", "mentor")), SheetColumn(heading("pairs", "mentee"))]
    columns += [SheetColumn(heading("pairs", column), "year") for column in ("start_year", "end_year")]
    columns.append(SheetColumn(say("report.renewed")))
    columns += [SheetColumn(titled("pairs", "minutes"), "minutes"), SheetColumn(titled("pairs", "level_gap"), "points")]
    columns += [SheetColumn(say("report.uplift_of_year", {"year": year}), "points") for year in years]
    return _sheet("agreements", columns, rows)


def balance_sheet(result: Result, names: Names) -> Sheet:
    """Every measure of balance before the plan and after each year, with its definition."""
    table = balance_by_year(result)
    shapes = tuple(measure_shape(str(measure)) for measure in table.index)
    rows = []
    for measure, values in table.iterrows():
        name = str(measure)
        definition = say(f"measures.{'cv_of' if ':' in name else name}_definition")
        rows.append((names.measure(name), *(float(value) for value in values), definition))
    columns = [SheetColumn(heading("balance", "measure")), SheetColumn(say("report.before_plan"), "ratio", shapes)]
    columns += [SheetColumn(str(year), "ratio", shapes) for year in result.scenario.years]
    columns.append(SheetColumn(say("report.definition")))
    return _sheet("balance_years", columns, rows)
