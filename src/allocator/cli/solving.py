"""Commands that solve plans: solve, export, batch."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from allocator.words.status import ExitCode, exit_code_of, is_optimal
from allocator.words.texts import current_language, say

if TYPE_CHECKING:
    from allocator.engine.stages import Progress
    from allocator.tables.result import Result

from allocator.cli.options import (
    force_option,
    interruptible,
    language_option,
    parsed,
    plan_argument,
    print_findings,
    set_option,
)

MONEY_UNITS = ("元", "百元", "千元", "0.01 万元", "万元")


@click.command(help=say("cli.solve"))
@plan_argument
@click.option("--out", type=click.Path(path_type=Path), help=say("cli.out"))
@click.option("--solver", type=click.Choice(["highs", "highs-ipm", "cbc"]), default="highs", help=say("cli.solver"))
@click.option("--gap", multiple=True, metavar="[STAGE=]X[%]", help=say("cli.gap"))
@click.option("--time-limit", type=click.FloatRange(min=0.0, min_open=True), help=say("cli.time_limit"))
@click.option("--mode", type=click.Choice(["horizon", "rolling"]), default="horizon", help=say("cli.mode"))
@click.option("--unit", type=click.Choice(MONEY_UNITS), help=say("cli.unit"))
@click.option("--start", type=click.Path(exists=True, file_okay=False, path_type=Path), help=say("cli.start"))
@click.option("--proof", is_flag=True, help=say("cli.proof"))
@set_option
@click.option("--xlsx", is_flag=True, help=say("cli.xlsx"))
@force_option
@click.option("--strict", is_flag=True, help=say("cli.strict"))
@click.option("--json", "as_json", is_flag=True, help=say("cli.json"))
@language_option
def solve(
    plan: Path,
    out: Path | None,
    solver: Any,
    gap: tuple[str, ...],
    time_limit: float | None,
    mode: Any,
    unit: str | None,
    start: Path | None,
    proof: bool,
    changes: tuple[str, ...],
    xlsx: bool,
    force: bool,
    strict: bool,
    as_json: bool,
) -> int:
    from allocator.plan.reading import load
    from allocator.tables.written import refuse_to_replace
    from allocator.verbs.options import Options
    from allocator.verbs.solving import solve as solve_scenario

    scenario = load(plan, parsed(changes))
    rolling = mode == "rolling" and len(scenario.plan_years) > 1
    name = f"{scenario.label}-rolling" if rolling else scenario.label
    folder = out if out is not None else Path("results") / name
    refuse_to_replace(folder, force)
    print_findings(scenario.warnings)
    with interruptible() as interrupted, _progress(quiet=as_json) as progress:
        asked = {"mode": mode, "unit": unit, "start": start, "proof": proof}
        options = Options(solver, gap, time_limit, progress, interrupted, **asked)
        result = solve_scenario(scenario, options)
    extra = _workbook(result) if xlsx else {}
    result.save(folder, force=force, extra=extra)
    if as_json:
        click.echo(result.to_json())
    else:
        _print_summary(result, folder)
    if is_optimal(result.status) and strict and result.missed_hard_goals:
        return ExitCode.GOALS_MISSED
    return exit_code_of(result.status)


@click.command(help=say("cli.export"))
@plan_argument
@click.option("--stage", required=True, help=say("cli.export_stage"))
@click.option("--format", "kind", type=click.Choice(["lp", "mps"]), default="lp", help=say("cli.export_format"))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help=say("cli.export_out"))
@set_option
@force_option
@language_option
def export(plan: Path, stage: str, kind: Any, out: Path | None, changes: tuple[str, ...], force: bool) -> None:
    from allocator.plan.reading import load
    from allocator.verbs.exporting import export as write_problem

    made = write_problem(load(plan, parsed(changes)), stage, kind, out, force=force)
    click.echo(say("cli.export_done", {"file": made}))


@click.command(help=say("cli.batch"))
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help=say("cli.batch_out"))
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help=say("cli.jobs"))
@click.option("--time-limit", type=click.FloatRange(min=0.0, min_open=True), help=say("cli.batch_limit"))
@force_option
@language_option
def batch(folder: Path, out: Path, jobs: int, time_limit: float | None, force: bool) -> int:
    from allocator.report.terminal.terminal import batch_progress, print_batch
    from allocator.verbs.batches import run_batch

    with batch_progress(current_language()) as progress:
        summary = run_batch(folder, out, jobs=jobs, time_limit=time_limit, force=force, progress=progress)
    print_batch(summary, out, current_language())
    return ExitCode.OPTIMAL if summary.all_solved else ExitCode.BATCH_FAILURES


def _print_summary(result: Result, folder: Path) -> None:
    from rich.console import Console

    from allocator.report.terminal.terminal import summary

    console = Console()
    console.print(summary(result, current_language(), folder))


def _workbook(result: Result) -> dict[str, Callable[[Path], object]]:
    """The workbook as a further file of the result folder."""
    from allocator.report.workbook.workbook import write_workbook

    language = current_language()
    return {f"{result.scenario.label}.xlsx": lambda file: write_workbook(result, file, language)}


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
    """A status line on a terminal, nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status(say("cli.working")) as status:

        def show(at: Progress) -> None:
            worst = "-" if at.worst is None else f"{at.worst:.2f}"
            where = {"stage": say(f"terms.stage.{at.stage}"), "step": at.step}
            status.update(say("cli.progress", {**where, "seconds": f"{at.seconds:.1f}", "worst": worst}))

        yield show
