"""Commands on questions that take more than one solve: study goals, stability, nested, modes, frontier."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from allocator.words.errors import UsageError
from allocator.words.texts import Text, current_language, say

if TYPE_CHECKING:
    import pandas as pd


from allocator.cli.options import force_option, interruptible, language_option, parsed, plan_argument, set_option


@click.group(help=say("cli.study"))
def study() -> None:
    pass


@study.command("goals", help=say("cli.study_goals"))
@plan_argument
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help=say("cli.study_out"))
@set_option
@force_option
@language_option
def study_goals(plan: Path, out: Path | None, changes: tuple[str, ...], force: bool) -> None:
    from allocator.plan.reading import load
    from allocator.verbs.costs_of_goals import goal_costs

    _print_study(goal_costs(load(plan, parsed(changes))), out, force)


@study.command("stability", help=say("cli.study_stability"))
@plan_argument
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help=say("cli.study_out"))
@set_option
@force_option
@language_option
def study_stability(plan: Path, out: Path | None, changes: tuple[str, ...], force: bool) -> None:
    from allocator.plan.reading import load
    from allocator.verbs.price_of_stability import stability_price

    _print_study(stability_price(load(plan, parsed(changes))), out, force)


@study.command("nested", help=say("cli.study_nested"))
@plan_argument
@click.argument("path")
@click.argument("values", nargs=-1, required=True, type=float)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help=say("cli.study_out"))
@set_option
@force_option
@language_option
def study_nested(
    plan: Path, path: str, values: tuple[float, ...], out: Path | None, changes: tuple[str, ...], force: bool
) -> None:
    from allocator.plan.reading import load
    from allocator.verbs.nested_budgets import nested

    _print_study(nested(load(plan, parsed(changes)), path, values), out, force)


@study.command("modes", help=say("cli.study_modes"))
@click.argument("horizon", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("rolling", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help=say("cli.study_out"))
@force_option
@language_option
def study_modes(horizon: Path, rolling: Path, out: Path | None, force: bool) -> None:
    from allocator.tables.result import Result
    from allocator.verbs.modes import compare_modes

    _print_study(compare_modes(Result.load(horizon), Result.load(rolling)), out, force)


@study.command("frontier", help=say("cli.study_frontier"))
@plan_argument
@click.option("--towns", required=True, help=say("cli.study_frontier_towns"))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help=say("cli.study_frontier_out"))
@click.option("--solver", type=click.Choice(["highs", "highs-ipm", "cbc"]), default="highs", help=say("cli.solver"))
@click.option("--gap", multiple=True, metavar="[STAGE=]X[%]", help=say("cli.gap"))
@click.option("--time-limit", type=click.FloatRange(min=0.0, min_open=True), help=say("cli.study_frontier_limit"))
@set_option
@force_option
@click.option("--json", "as_json", is_flag=True, help=say("cli.study_json"))
@language_option
def study_frontier(
    plan: Path,
    towns: str,
    out: Path | None,
    solver: Any,
    gap: tuple[str, ...],
    time_limit: float | None,
    changes: tuple[str, ...],
    force: bool,
    as_json: bool,
) -> None:
    from allocator.plan.reading import load
    from allocator.report.figures.figures_frontier import frontier_page
    from allocator.report.terminal.terminal_frontier import print_frontier
    from allocator.tables.written import refuse_to_replace, table_bytes
    from allocator.verbs.frontiers import frontier
    from allocator.verbs.options import Options

    numbers, scenario = _numbers(towns), load(plan, parsed(changes))
    if out is not None:
        refuse_to_replace(out, force)
    with interruptible() as interrupted:
        options = Options(solver, gap, time_limit, interrupted=interrupted)
        table = frontier(scenario, numbers, options)
    if as_json:
        click.echo(table.to_json(orient="records", force_ascii=False, double_precision=9))
    else:
        print_frontier(table, scenario.last, current_language())
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "frontier.csv").write_bytes(table_bytes(table))
        (out / "frontier.html").write_bytes(frontier_page(table, current_language()))
        click.echo(say("cli.study_done", {"file": out}), err=as_json)


def _print_study(table: pd.DataFrame, out: Path | None, force: bool) -> None:
    """Print a study's table, or write it as CSV that opens in Excel."""
    from allocator.report.terminal.terminal import print_table
    from allocator.tables.written import refuse_to_replace, table_bytes

    if out is None:
        print_table(table, current_language())
        return
    if out.exists() and not force:
        refuse_to_replace(out, force)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(table_bytes(table))
    click.echo(say("cli.study_done", {"file": out}))


def _numbers(given: str) -> list[int]:
    """Numbers written ``4..10`` or ``4,6,8``."""
    first, dots, last = given.partition("..")
    words = (first, last) if dots else given.split(",")
    if not all(word.strip().isdigit() for word in words):
        raise UsageError(Text("study.bad_towns", {"given": given}))
    numbers = [int(word) for word in words]
    if dots and numbers[0] > numbers[1]:
        raise UsageError(Text("study.bad_towns", {"given": given}))
    return list(range(numbers[0], numbers[1] + 1)) if dots else numbers
