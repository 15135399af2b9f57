"""What the command line prints of two results: levels, money, balance, pairs, whole decisions and goals."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
from rich.console import Console, RenderableType
from rich.console import Group as Lines
from rich.padding import Padding
from rich.text import Text as Line

from allocator.report.terminal.lines import TONES, bullet, plain, row_of
from allocator.report.words.facts import status
from allocator.report.words.labels import Names, goal_unit, heading, measure_shape, speaking, with_unit
from allocator.report.words.numbers import DASH, signed, written
from allocator.report.words.rows import rows_of
from allocator.report.words.years import is_several, names_of_all
from allocator.tables.comparison import compare, compared
from allocator.tables.result import Result
from allocator.words.texts import Language, say

MOVED = 1e-6
"""Difference of what a goal reaches from which on it counts as another number."""

Labels = Mapping[str, str]
"""``a`` and ``b`` to what the two results are called."""


def print_comparison(a: Result, b: Result, language: Language, folders: tuple[str, str] = ("", "")) -> None:
    """Print what changes from one result to another, which are called like their folders where these differ."""
    Console().print(speaking(language, partial(comparison, a, b, folders)))


def comparison(a: Result, b: Result, folders: tuple[str, str] = ("", "")) -> RenderableType:
    """Everything that differs between two results, in the current language."""
    tables, names = compare(a, b), names_of_all(a, b)
    labels, several = _told_apart(a, b, folders), is_several(a) or is_several(b)
    parts: list[RenderableType] = [Line(say("report.cli.compare", labels), style="bold")]
    parts += [
        bullet(f"{labels[side]}: {head.text}", TONES[head.tone]) for side, head in (("a", status(a)), ("b", status(b)))
    ]
    made = [
        _balance(tables["balance"], names, labels, several),
        _towns(tables["towns"], names, several),
        _pairs(tables["pairs"], names, labels, several),
        *_whole_things(tables, names, labels, several),
        *_goals(tables["goals"], names, labels, several),
    ]
    return Lines(*parts, *(Padding(each, (1, 0, 0, 0)) for each in made))


def _told_apart(a: Result, b: Result, folders: tuple[str, str]) -> dict[str, str]:
    """What to call two results: their folders, else their plans, else the first and the second."""
    counted = (say("report.cli.first"), say("report.cli.second"))
    choices = (folders, (a.scenario.label, b.scenario.label), counted)
    first, second = next(pair for pair in choices if pair[0] != pair[1])
    return {"a": first, "b": second}


def _year(row: Any, several: bool) -> str:
    """The year before the first cell of a row of a plan of several years."""
    return f"{row.year} " if several else ""


def _balance(balance: pd.DataFrame, names: Names, labels: Labels, several: bool) -> RenderableType:
    made = plain(heading("balance", "measure"), labels["a"], labels["b"], say("report.cli.change"))
    for row in rows_of(balance):
        how = measure_shape(row.measure)
        sides = (written(row.after_a, how), written(row.after_b, how))
        row_of(made, _year(row, several) + names.measure(row.measure), *sides, signed(row.change, how))
    return made


def _towns(towns: pd.DataFrame, names: Names, several: bool) -> RenderableType:
    """Level and money of each town in the second result, with the change from the first."""
    change = say("report.cli.change")
    made = plain(heading("towns", "town"), say("report.cli.level"), change, say("report.cli.money"), change)
    for row in rows_of(towns):
        level = (written(row.level_b, "points"), signed(row.level_change, "points"))
        money = (written(row.amount_yuan_b, "whole"), signed(row.amount_yuan_change, "whole"))
        row_of(made, _year(row, several) + names.of("town", row.town), *level, *money)
    return made


def _pairs(pairs: pd.DataFrame, names: Names, labels: Labels, several: bool) -> RenderableType:
    if not len(pairs):
        return Line(say("report.cli.no_pairs"))
    made = plain(say("report.cli.pairs_changed"), "")
    for row in rows_of(pairs):
        side = str(row[3])
        where = say("report.cli.kept") if side == "kept" else say("report.cli.only", {"label": labels[side]})
        pair = f"{names.of('town', row.mentor)}→{names.of('town', row.mentee)}"
        row_of(made, _year(row, several) + pair, where)
    return made


def _whole_things(
    tables: Mapping[str, pd.DataFrame], names: Names, labels: Labels, several: bool
) -> list[RenderableType]:
    """How many whole decisions of each kind there are, and each that differs; nothing in a plan without any."""
    if not len(tables["taken"]):
        return []
    taken = plain(say("report.cli.taken"), labels["a"], labels["b"], say("report.cli.change"))
    for row in rows_of(tables["taken"]):
        sides = (written(row.a, "whole"), written(row.b, "whole"))
        kind = say(f"report.compared.{row.decision}")
        row_of(taken, _year(row, several) + kind, *sides, signed(row.change, "whole"))
    if not len(tables["decisions"]):
        return [taken, Line(say("report.cli.no_decisions"))]
    made = plain(say("report.cli.decisions"), labels["a"], labels["b"])
    for row in rows_of(tables["decisions"]):
        kind = say(f"report.compared.{row.decision}")
        words = [names.of(compared()[row.decision][0].what, row.what), names.text("grade_after", row.how)]
        words += [names.of("town", row.town)]
        text = " · ".join(word for word in words if word)
        row_of(made, f"{row.year} {kind}: {text}", *(_number(v) for v in (row.a, row.b)))
    return [taken, made]


def _number(amount: float) -> str:
    return written(amount, "whole") if amount else DASH


def _goals(goals: pd.DataFrame, names: Names, labels: Labels, several: bool) -> list[RenderableType]:
    """How many goals are reached in each plan, and those that reach something else."""
    asked = {side: goals[f"met_{side}"].dropna() for side in ("a", "b")}
    if not any(len(met) for met in asked.values()):
        return []
    values: dict[str, object] = dict(labels)
    for side, met in asked.items():
        values |= {f"met_{side}": int(met.sum()), f"all_{side}": len(met)}
    count = Line(say("report.cli.goals_met", values))
    change = (goals["reached_b"] - goals["reached_a"]).abs()
    moved = goals[(change > MOVED) | (goals["met_a"].fillna(-1) != goals["met_b"].fillna(-1))]
    moved = moved[moved[["met_a", "met_b"]].notna().any(axis=1)]
    if not len(moved):
        return [count]
    made = plain(say("report.cli.goals_changed"), labels["a"], labels["b"])
    for row in rows_of(moved):
        how, unit = goal_unit(names.plan, row.goal)
        where = f" · {names.of('town', row.town)}" if row.town else ""
        cells = [
            f"{_mark(met)} {with_unit(reached, how, unit)}"
            for met, reached in ((row.met_a, row.reached_a), (row.met_b, row.reached_b))
        ]
        row_of(made, _year(row, several) + names.of("goal", row.goal) + where, *cells)
    return [count, made]


def _mark(met: float) -> str:
    return "✓" if met == 1.0 else "✗" if met == 0.0 else "·"
