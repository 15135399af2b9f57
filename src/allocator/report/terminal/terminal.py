"""What the command line prints: the summary after a solve, a batch, the table of a study."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Line

from allocator.report.page.record import binding_rules, price_note
from allocator.report.terminal.lines import TONES, bullet, fitting, plain, row_of
from allocator.report.terminal.terminal_years import parts_of_years
from allocator.report.words.facts import remarks, sources, status, worst_town
from allocator.report.words.labels import (
    Names,
    goal_unit,
    plan_name,
    speaking,
    status_name,
    with_unit,
)
from allocator.report.words.numbers import DASH, Shape, signed, written
from allocator.report.words.optimised import LEVEL, MAIN_STAGES, change_sign, optimised, outcome_of
from allocator.report.words.rows import rows_of
from allocator.report.words.years import is_several, names_of_all, span
from allocator.tables.goals import is_missed
from allocator.tables.result import Result
from allocator.words.status import ExitCode
from allocator.words.texts import Language, say

if TYPE_CHECKING:
    from allocator.verbs.batches import Summary

MOST_SOURCES, MOST_GOALS, MOST_REMARKS, LINES_OF_PAIRS = 6, 7, 6, 3
YUAN_STEP = 1e4


def summary(result: Result, language: Language, folder: Path | None = None) -> RenderableType:
    """The result in at most 40 lines of 80 columns; the status is said first."""
    return speaking(language, partial(_summary, result, folder))


def _summary(result: Result, folder: Path | None) -> RenderableType:
    names, several = names_of_all(result), is_several(result)
    head = status(result)
    values = {"plan": plan_name(result.scenario.first), "year": span(result)}
    title = say("report.title_years" if several else "report.title", values)
    style = "bold black on green" if head.tone == "good" else "bold black on yellow"
    parts: list[RenderableType] = [Line.assemble((f" {status_name(result.status)} ", style), " ", (title, "bold"))]
    parts.append(Line(head.text, style=TONES[head.tone]))
    parts += [bullet(remark.text, TONES[remark.tone]) for remark in remarks(result)[:MOST_REMARKS]]
    parts += _optimised(result)
    makers = (parts_of_years,) if several else (_levels, _money, _pairs, _goals)
    parts += [part for make in makers for part in make(result, names)]
    if folder is not None:
        parts.append(Line(say("report.cli.files", {"folder": folder}), style="bold"))
        parts.append(Line(say("report.cli.report_hint", {"folder": folder})))
    return Group(*parts)


def _optimised(result: Result) -> list[RenderableType]:
    """What the main stages reached where they look at something else than the level."""
    steps = optimised(result)
    if not steps:
        return []
    table = plain(say("report.cli.optimised"), say("report.cli.value"), say("report.cli.gap_left"))
    for step in steps:
        row_of(table, f"{step.stage} · {step.name}", step.value, step.gap)
    return [Padding(table, (1, 0, 0, 0))]


def _levels(result: Result, names: Names) -> list[RenderableType]:
    if not len(result.tables["towns"]):
        return []
    balance = result.tables["balance"].set_index("measure")
    table = plain(say("report.cli.key"), say("report.cli.before"), say("report.cli.after"), say("report.cli.change"))
    (before_town, before), (after_town, after) = (worst_town(result, names, m) for m in ("before", "after"))
    sides = (f"{written(before, 'points')} {before_town}", f"{written(after, 'points')} {after_town}")
    row_of(table, say("report.cli.worst"), *sides, signed(after - before, "points"))
    shapes: tuple[tuple[str, Shape], ...] = (("mean", "points"), ("cv", "ratio"))
    for measure, how in shapes:
        if measure in balance.index:
            low, high = float(balance["before"][measure]), float(balance["after"][measure])
            row_of(table, say(f"report.cli.{measure}"), written(low, how), written(high, how), signed(high - low, how))
    return [Padding(table, (1, 0, 0, 0))]


def _money(result: Result, names: Names) -> list[RenderableType]:
    """Money used of available; for sources used up, what 10,000 yuan more would bring."""
    by_source = sources(result)
    if not len(by_source):
        return []
    priced, _ = binding_rules(result)
    worth = priced[priced["rule"] == "budget"].set_index("key")
    plan = result.scenario.first
    signs = [change_sign(plan, stage) * YUAN_STEP for stage in ("total", "balance")]
    of_levels = all(outcome_of(plan, stage) == LEVEL for stage in MAIN_STAGES)
    heading = "report.cli.worth" if of_levels else "report.cli.worth_stages"
    keys = ("report.available", "report.used", "report.used_share", heading)
    table = plain(say("report.cli.money"), *(say(key) for key in keys))
    for row in rows_of(by_source.head(MOST_SOURCES)):
        prices = DASH
        if row.source in worth.index:
            both = worth.loc[row.source, ["price_total", "price_balance"]].to_numpy(float) * signs
            prices = " / ".join(_effect(value) for value in both.tolist())
        row_of(table, names.of("source", row.source), *_amounts(row.available, row.used), prices)
    if len(by_source) > 1:
        whole = _amounts(float(by_source["available"].sum()), float(by_source["used"].sum()))
        row_of(table, say("report.total"), *whole, "")
    note = price_note(result, "cli.") if len(worth) else ""
    return [Padding(table, (1, 0, 0, 0)), *([Line(note)] if note else [])]


def _amounts(available: float, used: float) -> tuple[str, str, str]:
    share = used / available if available else float("nan")
    return written(available, "whole"), written(used, "whole"), written(share, "share")


def _effect(value: float) -> str:
    return DASH if np.isnan(value) else signed(value, "price")


def _pairs(result: Result, names: Names) -> list[RenderableType]:
    if "mentoring" not in result.scenario.first.sections:
        return []
    table = result.tables["pairs"]
    arrows = [f"{names.short[a]}→{names.short[b]}" for a, b in zip(table["mentor"], table["mentee"], strict=True)]
    text = say("report.cli.pairs_line", {"n": len(table), "pairs": fitting(arrows, LINES_OF_PAIRS)})
    lines: list[RenderableType] = [Line(""), Line(text)]
    if len(result.tables["unpaired"]):
        towns = fitting([names.short[town] for town in result.tables["unpaired"]["town"]], 1)
        lines.append(Line(say("report.cli.unpaired_line", {"towns": towns}), style="yellow"))
    return lines


def _goals(result: Result, names: Names) -> list[RenderableType]:
    """Goals that ask something this year, missed and hard ones first."""
    goals = result.tables["goals"]
    asked = goals[goals["target"].notna()]
    if not len(asked):
        return []
    missed = is_missed(asked)
    order = asked.assign(missed=missed, order=2 * (~missed) + (asked["strength"] != "hard")).sort_values(
        "order", kind="stable"
    )
    enforced = bool(result.run.get("goals_enforced"))
    title = say("report.section.goals_enforced" if enforced else "report.cli.goals")
    lines: list[RenderableType] = [Line(""), Line(title, style="bold")]
    for row in rows_of(order.head(MOST_GOALS)):
        how, unit = goal_unit(result.scenario.first, row.goal)
        where = f" · {names.short[row.town]}" if row.town else ""
        values = {
            "mark": "✗" if row.missed else "✓",
            "goal": names.of("goal", row.goal) + where,
            "target": with_unit(row.target, how, unit),
            "reached": with_unit(row.reached, how, unit),
            "strength": say(f"report.cli.{row.strength}"),
        }
        lines.append(Line(say("report.cli.goal_line", values), style="red" if row.missed else ""))
    if len(order) > MOST_GOALS:
        lines.append(Line(say("report.cli.more", {"n": len(order) - MOST_GOALS})))
    return lines


@contextmanager
def batch_progress(language: Language) -> Iterator[Callable[[int, int, str], None] | None]:
    """A status line on a terminal while a batch runs, nothing elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    with console.status("") as shown:

        def tell(done: int, whole: int, label: str) -> None:
            values = {"done": done, "all": whole, "label": label}
            shown.update(speaking(language, partial(say, "report.cli.batch_progress", values)))

        yield tell


def print_batch(made: Summary, out: Path, language: Language) -> None:
    """Print the summary of a batch."""
    Console().print(speaking(language, partial(batch_table, made, out)))


def batch_table(made: Summary, out: Path) -> RenderableType:
    """One line a scenario, with the messages of those without a plan, in the current language."""
    words = ("status", "worst", "cv", "money", "hard", "seconds")
    table = plain(say("report.cli.batch_label"), *(say(f"report.cli.batch_{word}") for word in words))
    messages: list[RenderableType] = []
    for row in rows_of(made.table):
        missed = _or_blank(row.missed_hard_goals, "whole")
        figures = (_or_blank(row.worst_level, "points"), _or_blank(row.cv, "ratio"), _or_blank(row.money_yuan, "whole"))
        row_of(table, row.label, status_name(row.status), *figures, missed, written(row.seconds, "hours"))
        if not ExitCode(row.exit_code).has_plan:
            messages.append(bullet(f"{row.label}: {row.message}", TONES["bad"]))
    done = Line(say("report.cli.files", {"folder": out}), style="bold")
    return Group(table, *messages, done)


def _or_blank(value: float, how: Shape) -> str:
    return "" if np.isnan(value) else written(value, how)


def print_table(table: pd.DataFrame, language: Language) -> None:
    """Print the table of a study."""
    Console().print(speaking(language, partial(_study, table)))


def _study(table: pd.DataFrame) -> RenderableType:
    made = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in table.columns:
        made.add_column(Line(say(f"study.{name}")), justify="right" if table[name].dtype.kind in "fi" else "left")
    for row in table.to_dict("records"):
        row_of(made, *(_cell(str(name), value) for name, value in row.items()))
    return made


def _cell(column: str, value: object) -> str:
    """A cell of a study: numbers to four decimals, years and words as they are."""
    if isinstance(value, bool):
        return "✓" if value else ""
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:,.4f}"
    return "" if value is None else str(value) if column == "year" or not isinstance(value, int) else f"{value:,}"
