"""What the command line prints of the study ``frontier``."""

from __future__ import annotations

from functools import partial

import pandas as pd
from rich.console import Console, Group, RenderableType
from rich.text import Text as Line

from allocator.report.terminal.lines import bullet, plain, row_of
from allocator.report.words.labels import names_of, speaking
from allocator.report.words.numbers import DASH, Shape, signed, written
from allocator.report.words.rows import rows_of
from allocator.scenario.plan_year import PlanYear
from allocator.words.texts import Language, say

UNPROVEN = " ?"
COLUMNS = ("towns", "worst", "bound", "where", "mean", "cv", "cultivation", "price")


def print_frontier(table: pd.DataFrame, plan: PlanYear, language: Language) -> None:
    """Print the table; ``plan`` is the last year, which names the towns."""
    Console().print(speaking(language, partial(frontier_lines, table, plan)))


def frontier_lines(table: pd.DataFrame, plan: PlanYear) -> RenderableType:
    """A line a number, what is unproven marked, and why some have no plan, in the current language."""
    short = names_of(plan).short
    made = plain(*(say(f"report.cli.frontier_{column}") for column in COLUMNS))
    reasons: list[RenderableType] = []
    for row in rows_of(table):
        worst = _marked(row.worst_level, "points", row.proven)
        price = DASH if pd.isna(row.price_of_town) else signed(-row.price_of_town + 0.0, "points")
        price += "" if price == DASH or row.price_proven else UNPROVEN
        figures = (written(row.mean_level, "points"), written(row.cv, "ratio"), written(row.cultivation_yuan, "whole"))
        where = short.get(row.worst_town, DASH)
        row_of(made, str(row.towns), worst, written(row.worst_bound, "points"), where, *figures, price)
        if row.reason:
            reasons.append(bullet(f"{row.towns}: {row.reason}"))
    notes: list[RenderableType] = [Line(say("report.cli.frontier_note"))] if table["worst_level"].notna().any() else []
    solved = table[table["worst_level"].notna()]
    prices = solved[solved["price_of_town"].notna()]
    if not (solved["proven"].all() and prices["price_proven"].all()):
        notes.append(Line(say("report.cli.frontier_unproven"), style="yellow"))
    return Group(made, *reasons, *notes)


def _marked(value: float, how: Shape, proven: bool) -> str:
    text = written(value, how)
    return text if proven or text == DASH else text + UNPROVEN
