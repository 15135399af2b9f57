"""The tables of the page about all years of a plan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from allocator.report.page.grids import Grid, Head, grid, numbers, words
from allocator.report.words.labels import Names, goal_unit, heading, measure_shape, said, titled, with_unit
from allocator.report.words.numbers import DASH, Shape, written
from allocator.report.words.rows import rows_of
from allocator.report.words.years import (
    agreements,
    goal_label,
    goal_lines,
    levels_by_year,
    money_over_years,
    stock_over_years,
    weakest_lines,
    worst_town_of,
    years_table,
)
from allocator.tables.result import Result
from allocator.words.texts import say


def years_grid(result: Result, names: Names) -> Grid:
    """A line a year: worst-off town, mean, 差异系数, money, pairs, missed goals; the state before the plan first."""
    rows = [before_row(result, names)] if len(result.tables["towns"]) else []
    table = years_table(result)
    for row in rows_of(table):
        goals = [missed_of(row.hard_missed, row.hard), missed_of(row.soft_missed, row.soft)]
        levels = (worst_cell(names, row.town, row.level), written(row.mean, "points"), written(row.cv, "ratio"))
        money = (written(row.spent, "yuan"), written(row.per_head, "yuan"), written(row.pairs, "whole"))
        rows.append([str(row.year), *levels, *money, *goals])
    total = [say("report.total"), "", "", "", written(float(table["spent"].sum()), "yuan"), "", "", "", ""]
    headings: list[Head] = words(heading("towns", "year"), say("report.cli.worst"))
    headings += numbers(say("measures.mean"), say("measures.cv"), _yuan("report.spent"), say("report.per_head_heading"))
    headings += numbers(say("report.key_pairs"), say("report.hard_missed_heading"), say("report.soft_missed_heading"))
    return grid(say("report.caption.years"), headings, rows, total)


def before_row(result: Result, names: Names) -> list[str]:
    """Worst-off town, mean and 差异系数 before the plan, in the shape of the lines of the years."""
    first = result.scenario.years[0]
    towns = result.tables["towns"]
    own = towns[towns["year"] == first]
    balance = result.tables["balance"]
    before = balance[balance["year"] == first].set_index("measure")["before"]
    level = worst_cell(names, *worst_town_of(own, "before"))
    figures = [written(float(before.get(m, float("nan"))), measure_shape(m)) for m in ("mean", "cv")]
    return [say("report.before_plan"), level, *figures, *[DASH] * 5]


def worst_cell(names: Names, town: str, level: float) -> str:
    """Level and short name of the worst-off town; a dash in a plan without levels."""
    return f"{written(level, 'points')} {names.short.get(town, town)}" if town else DASH


def missed_of(missed: int, asked: int) -> str:
    """Missed goals of those that ask something: ``1 / 4``."""
    return f"{missed} / {asked}" if asked else DASH


def _yuan(key: str) -> str:
    return say("headings.with_unit", {"heading": say(key), "unit": say("terms.unit.yuan")})


def levels_years_grid(result: Result, names: Names) -> Grid:
    """Level of each town before the plan and after every year, lowest in the last year first."""
    table = levels_by_year(result)
    rows = [[names.of("town", str(town)), *(written(v, "points") for v in values)] for town, values in table.iterrows()]
    headings = words(heading("towns", "town")) + numbers(say("report.before_plan"), *table.columns[1:])
    return grid(say("report.caption.levels_years"), headings, rows)


def balance_years_grid(result: Result, names: Names) -> Grid:
    """Every measure of balance before the plan and after each year, with its definition."""
    rows = []
    for measure, values in balance_by_year(result).iterrows():
        name = str(measure)
        definition = say(f"measures.{'cv_of' if ':' in name else name}_definition")
        rows.append([names.measure(name), *(written(v, measure_shape(name)) for v in values), definition])
    columns = numbers(say("report.before_plan"), *map(str, result.scenario.years))
    headings = words(heading("balance", "measure")) + columns + words(say("report.definition"))
    return grid(say("report.caption.balance_years"), headings, rows)


def balance_by_year(result: Result) -> pd.DataFrame:
    """Index: measure, in the order of the table. Columns: ``before`` the plan, then the value after every year."""
    table, years = result.tables["balance"], result.scenario.years
    after = table.pivot(index="measure", columns="year", values="after")
    before = table[table["year"] == years[0]].set_index("measure")["before"]
    order = table["measure"].drop_duplicates()
    return after.assign(before=before).reindex(order)[["before", *years]]


def goals_years_grid(result: Result, names: Names) -> Grid:
    """Goals over the years: base, reached of what is asked for, and what the last year lacks."""
    rows, classes = [], []
    for line, missed, places in weakest_lines(goal_lines(result)):
        how, unit = goal_unit(result.scenario.first, line.goal)
        last = line.years.iloc[-1]
        met = "none" if line.is_met is None else "met" if line.is_met else "missed"
        state = say(f"report.goal_{met}")
        if places > 1:
            state = say("report.goal_towns", {"state": state, "met": places - missed, "all": places})
        cells = [reached_of(row.reached, row.target, row.missed, how) for row in rows_of(line.years)]
        lacking = with_unit(float(last["shortfall"]), how, unit)
        label = goal_label(names, line, places > 1)
        base = with_unit(line.base, how, unit)
        rows.append([label, said(f"report.cli.{line.strength}", line.strength), base, *cells, lacking, state])
        classes.append(met)
    years = [str(year) for year in result.scenario.years]
    headings = words(heading("goals", "goal"), heading("goals", "strength"))
    headings += numbers(say("report.base_year", {"year": result.scenario.years[0] - 1}), *years)
    headings += numbers(say("report.gap_of_year", {"year": years[-1]}))
    headings += words(say("report.goal_state"))
    made = grid(say("report.caption.goals_years"), headings, rows, note=say("report.goals_years_note"))
    return Grid(made.caption, made.columns, made.rows, None, made.note, tuple(classes), made.left_out)


def sentences_grid(result: Result, names: Names) -> Grid:
    """The sentences of the plan text that the goals are taken from."""
    rows = [
        [names.of("goal", goal.id), goal.requirement or DASH, goal.text]
        for goal in result.scenario.first.common.goals
        if goal.text
    ]
    headings = words(heading("goals", "goal"), say("report.requirement"), heading("goals", "text"))
    return grid(say("report.caption.sentences"), headings, rows)


def reached_of(value: float, target: float, is_missed: bool, how: Shape) -> str:
    """What a year reaches, and what it is asked: ``36.2 / 40.0% ×``."""
    if np.isnan(target):
        return written(value, how)
    return f"{written(value, how).removesuffix('%')} / {written(target, how)} {'×' if is_missed else '✓'}"


def carry_over_grid(result: Result, names: Names) -> Grid:
    """Money of each source and year: brought along, given, spent, carried on, lost; sums by year."""
    table = money_over_years(result)
    columns = ["carried_in", "amount", "spent", "carried_out", "lost"]
    rows, classes = [], []
    for year, part in table.groupby("year", sort=True):
        for row in rows_of(part):
            figures = [float(getattr(row, column)) for column in columns]
            rows.append([str(year), names.of("source", row.source), *_with_rate(figures)])
            classes.append("")
        if len(part) > 1:
            sums = [float(part[column].sum()) for column in columns]
            rows.append([str(year), say("report.total"), *_with_rate(sums)])
            classes.append("sum")
    headings = words(heading("carry_over", "year"), heading("funding", "source"))
    headings += numbers(titled("carry_over", "carried_in_yuan"), titled("carry_over", "amount_yuan"))
    headings += numbers(titled("carry_over", "spent_yuan"), titled("carry_over", "carried_out_yuan"))
    headings += numbers(say("report.lost_yuan"), heading("carry_over", "execution"))
    made = grid(say("report.caption.carry_over"), headings, rows, note=say("report.carry_over_note"))
    return Grid(made.caption, made.columns, made.rows, None, made.note, tuple(classes), made.left_out)


def _with_rate(figures: Sequence[float]) -> list[str]:
    """Amounts, and the share of the money at hand that is spent."""
    carried_in, amount, spent, *_ = figures
    at_hand = carried_in + amount
    rate = spent / at_hand if at_hand > 0 else float("nan")
    return [*(written(figure, "yuan") for figure in figures), written(rate, "share")]


def agreements_grid(result: Result, names: Names) -> Grid:
    """Agreements with first and last year, renewal, travel, lead and the uplift of every year."""
    pairs, years = result.tables["pairs"], result.scenario.years
    uplift = pairs.set_index(["mentor", "mentee", "start_year", "year"])["uplift"]
    rows = []
    for row in rows_of(agreements(pairs)):
        key = (row.mentor, row.mentee, row.start_year)
        by_year = (written(float(uplift.get((*key, year), float("nan"))), "points") for year in years)
        term = f"{row.start_year}–{row.end_year}" if row.end_year > row.start_year else str(row.start_year)
        towns = (names.of("town", row.mentor), names.of("town", row.mentee))
        facts = (written(row.minutes, "minutes"), written(row.level_gap, "points"))
        rows.append([*towns, term, renewal_of(row.renewals), *facts, *by_year])
    headings = words(heading("pairs", "mentor"), heading("pairs", "mentee"), say("report.term"), say("report.renewed"))
    headings += numbers(titled("pairs", "minutes"), titled("pairs", "level_gap"))
    headings += numbers(*(say("report.uplift_of_year", {"year": year}) for year in years))
    return grid(say("report.caption.agreements"), headings, rows)


def renewal_of(renewals: int) -> str:
    """Whether an agreement was renewed, in a word."""
    return say("report.is_renewed") if renewals else say("report.not_renewed")


def unpaired_years_grid(result: Result, names: Names) -> Grid:
    """Slow-starting towns without a mentor, by year, and why."""
    table = result.tables["unpaired"]
    rows = [[str(r.year), names.of("town", r.town), names.text("reason", r.reason)] for r in rows_of(table)]
    headings = words(*(heading("unpaired", column) for column in ("year", "town", "reason")))
    return grid(say("report.caption.unpaired"), headings, rows)


def stock_grid(result: Result) -> Grid:
    """Volunteers of the whole district by year: at the start, retained, trained, at the end, active, hours."""
    table = stock_over_years(result)
    columns = [column for column in table.columns if column != "year"]
    rows = [
        [str(int(row["year"])), *(written(float(row[c]), "hours" if c == "hours" else "heads") for c in columns)]
        for row in table.to_dict("records")
    ]
    headings = words(heading("volunteer_stock", "year"))
    headings += numbers(*(titled("volunteer_stock", column) for column in columns))
    return grid(say("report.caption.volunteer_stock"), headings, rows)


def changes_note(stages: Sequence[str]) -> str:
    """Says which stages changed nothing; empty if all did."""
    if not stages:
        return ""
    named = say("report.list_comma").join(said(f"terms.stage.{stage}", stage) for stage in stages)
    return say("report.stages_unchanged", {"stages": named})
