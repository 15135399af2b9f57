"""The verbs of the command line. Each only reads arguments, calls a public function and prints."""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from allocator.words.errors import AllocatorError, InfeasibleError, InputError, UsageError
from allocator.words.texts import LANGUAGES, Language, Text, current_language, say, use_language

if TYPE_CHECKING:
    import pandas as pd

    from allocator.engine.stages import Progress
    from allocator.tables.result import Result

FEASIBLE, GOALS_MISSED, BATCH_FAILURES, AUDIT_FAILED, BAD_INPUT, INFEASIBLE = 5, 1, 7, 8, 3, 4
INTERRUPTED, INTERNAL = 130, 70
MONEY_UNITS = ("元", "百元", "千元", "0.01 万元", "万元")


def _speak(_context: click.Context, _option: click.Parameter, language: Language | None) -> None:
    """Texts follow the option also where the commands were read in another language."""
    if language is not None:
        use_language(language)


_language = click.option(
    "--lang", type=click.Choice(LANGUAGES), expose_value=False, callback=_speak, help=say("cli.lang")
)
_plan = click.argument("plan", type=click.Path(exists=True, path_type=Path))
_changes = click.option("--set", "changes", multiple=True, metavar="PATH=VALUE", help=say("cli.set"))
_force = click.option("--force", is_flag=True, help=say("cli.force"))


def run(arguments: Sequence[str]) -> int:
    """Run one command; every error becomes a message on stderr and an exit code."""
    return copy_context().run(_run, arguments)


def _run(arguments: Sequence[str]) -> int:
    try:
        code = program.main(list(arguments), prog_name="allocator", standalone_mode=False)
    except click.exceptions.Abort:
        return INTERRUPTED
    except click.ClickException as refused:
        refused.show()
        return refused.exit_code
    except InputError as wrong:
        _print_findings(wrong.findings)
        click.echo(str(wrong), err=True)
        return wrong.exit_code
    except InfeasibleError as wrong:
        click.echo(str(wrong), err=True)
        _print_findings(wrong.findings)
        return wrong.exit_code
    except AllocatorError as wrong:
        click.echo(str(wrong), err=True)
        return wrong.exit_code
    except KeyboardInterrupt:
        click.echo(say("solver.interrupted"), err=True)
        return INTERRUPTED
    except BrokenPipeError:
        return 0
    except Exception:  # a bug of ours: say so, with what a developer needs, and the exit code for it
        traceback.print_exc()
        click.echo(say("cli.internal"), err=True)
        return INTERNAL
    return code if isinstance(code, int) else 0


@click.group(help=say("cli.about"), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="edu-allocator", prog_name="allocator", help=say("cli.version"))
@_language
def program() -> None:
    pass


@program.command(help=say("cli.init"))
@click.argument("folder", type=click.Path(path_type=Path))
@_force
@_language
def init(folder: Path, force: bool) -> None:
    from allocator.verbs.starter import write_starter

    write_starter(folder, current_language(), force=force)
    click.echo(say("cli.init_done", {"folder": folder}))


@program.command(help=say("cli.schema"))
@click.option("--check", "only_check", type=click.Path(exists=True, path_type=Path), help=say("cli.schema_check"))
@_language
def schema(only_check: Path | None) -> int:
    from allocator.plan.schema import schema_text

    if only_check is None:
        click.echo(schema_text(), nl=False)
        return 0
    current = only_check.read_text(encoding="utf-8") == schema_text()
    click.echo(say("cli.schema_current" if current else "cli.schema_stale", {"file": only_check}))
    return 0 if current else BAD_INPUT


@program.command(help=say("cli.check"))
@_plan
@_changes
@_language
def check(plan: Path, changes: tuple[str, ...]) -> int:
    from allocator.plan.check import check as check_scenario
    from allocator.plan.reading import load

    scenario = load(plan, _parsed(changes))
    findings = [*scenario.warnings, *check_scenario(scenario)]
    _print_findings(findings)
    if any(finding.severity == "infeasible" for finding in findings):
        click.echo(say("cli.check_infeasible", {"plan": scenario.label}))
        return INFEASIBLE
    click.echo(say("cli.check_fine", {"plan": scenario.label, "n": len(findings)}))
    return 0


@program.command(help=say("cli.show"))
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--resolved", is_flag=True, required=True, help=say("cli.resolved"))
@_changes
@_language
def show(file: Path, resolved: bool, changes: tuple[str, ...]) -> None:
    from allocator.plan.resolved import resolved_text

    click.echo(resolved_text(file, _parsed(changes)), nl=False)


@program.command(help=say("cli.math"))
@_plan
@_language
def math(plan: Path) -> None:
    from allocator.plan.reading import load
    from allocator.verbs.statement import statement

    click.echo(str(statement(load(plan))), nl=False)


@program.command(help=say("cli.solve"))
@_plan
@click.option("--out", type=click.Path(path_type=Path), help=say("cli.out"))
@click.option("--solver", type=click.Choice(["highs", "highs-ipm", "cbc"]), default="highs", help=say("cli.solver"))
@click.option("--gap", multiple=True, metavar="[STAGE=]X[%]", help=say("cli.gap"))
@click.option("--time-limit", type=click.FloatRange(min=0.0, min_open=True), help=say("cli.time_limit"))
@click.option("--mode", type=click.Choice(["horizon", "rolling"]), default="horizon", help=say("cli.mode"))
@click.option("--unit", type=click.Choice(MONEY_UNITS), help=say("cli.unit"))
@click.option("--start", type=click.Path(exists=True, file_okay=False, path_type=Path), help=say("cli.start"))
@click.option("--proof", is_flag=True, help=say("cli.proof"))
@_changes
@click.option("--xlsx", is_flag=True, help=say("cli.xlsx"))
@_force
@click.option("--strict", is_flag=True, help=say("cli.strict"))
@click.option("--json", "as_json", is_flag=True, help=say("cli.json"))
@_language
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
    from allocator.verbs.solving import Options
    from allocator.verbs.solving import solve as solve_scenario

    scenario = load(plan, _parsed(changes))
    rolling = mode == "rolling" and len(scenario.plan_years) > 1
    name = f"{scenario.label}-rolling" if rolling else scenario.label
    folder = out if out is not None else Path("results") / name
    refuse_to_replace(folder, force)
    _print_findings(scenario.warnings)
    with _interruptible() as interrupted, _progress(quiet=as_json) as progress:
        asked = {"mode": mode, "unit": unit, "start": start, "proof": proof}
        options = Options(solver, gap, time_limit, progress, interrupted, **asked)
        result = solve_scenario(scenario, options)
    extra = _workbook(result) if xlsx else {}
    result.save(folder, force=force, extra=extra)
    if as_json:
        click.echo(result.to_json())
    else:
        _print_summary(result, folder)
    if result.status != "optimal":
        return FEASIBLE
    return GOALS_MISSED if strict and result.missed_hard_goals else 0


@program.command(help=say("cli.audit"))
@click.argument("results", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--scenario", "plan", type=click.Path(exists=True, path_type=Path), help=say("cli.audit_scenario"))
@click.option("--no-hash", is_flag=True, help=say("cli.no_hash"))
@click.option("--proof", is_flag=True, help=say("cli.audit_proof"))
@_language
def audit(results: Path, plan: Path | None, no_hash: bool, proof: bool) -> int:
    from allocator.auditing.whole import audit_folder
    from allocator.plan.reading import load

    report = audit_folder(results, None if plan is None else load(plan), use_hashes=not no_hash)
    for line in report.lines(current_language()):
        click.echo(line)
    proven = True
    if proof:
        from allocator.auditing.proving.checking import check_proof

        checked = check_proof(results)
        proven = checked.passed
        for line in checked.lines(current_language()):
            click.echo(line)
    return 0 if report.passed and proven else AUDIT_FAILED


@program.command(help=say("cli.report"))
@click.argument("results", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help=say("cli.report_out"))
@_force
@_language
def report(results: Path, out: Path | None, force: bool) -> None:
    from allocator.report.page.page import write_page
    from allocator.tables.result import Result

    target = results / "report.html" if out is None else out
    made = write_page(Result.load(results), target, current_language(), force=force)
    click.echo(say("cli.report_done", {"file": made}))


@program.command(help=say("cli.compare"))
@click.argument("a", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("b", type=click.Path(exists=True, file_okay=False, path_type=Path))
@_language
def compare(a: Path, b: Path) -> None:
    from allocator.report.terminal.terminal_compare import print_comparison
    from allocator.tables.result import Result

    print_comparison(Result.load(a), Result.load(b), current_language(), (a.resolve().name, b.resolve().name))


@program.group(help=say("cli.study"))
def study() -> None:
    pass


@study.command("goals", help=say("cli.study_goals"))
@_plan
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help=say("cli.study_out"))
@_changes
@_force
@_language
def study_goals(plan: Path, out: Path | None, changes: tuple[str, ...], force: bool) -> None:
    from allocator.plan.reading import load
    from allocator.verbs.costs_of_goals import goal_costs

    _print_study(goal_costs(load(plan, _parsed(changes))), out, force)


@study.command("stability", help=say("cli.study_stability"))
@_plan
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help=say("cli.study_out"))
@_changes
@_force
@_language
def study_stability(plan: Path, out: Path | None, changes: tuple[str, ...], force: bool) -> None:
    from allocator.plan.reading import load
    from allocator.verbs.price_of_stability import stability_price

    _print_study(stability_price(load(plan, _parsed(changes))), out, force)


@study.command("nested", help=say("cli.study_nested"))
@_plan
@click.argument("path")
@click.argument("values", nargs=-1, required=True, type=float)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help=say("cli.study_out"))
@_changes
@_force
@_language
def study_nested(
    plan: Path, path: str, values: tuple[float, ...], out: Path | None, changes: tuple[str, ...], force: bool
) -> None:
    from allocator.plan.reading import load
    from allocator.verbs.nested_budgets import nested

    _print_study(nested(load(plan, _parsed(changes)), path, values), out, force)


@study.command("modes", help=say("cli.study_modes"))
@click.argument("horizon", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("rolling", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help=say("cli.study_out"))
@_force
@_language
def study_modes(horizon: Path, rolling: Path, out: Path | None, force: bool) -> None:
    from allocator.tables.result import Result
    from allocator.verbs.modes import compare_modes

    _print_study(compare_modes(Result.load(horizon), Result.load(rolling)), out, force)


@study.command("frontier", help=say("cli.study_frontier"))
@_plan
@click.option("--towns", required=True, help=say("cli.study_frontier_towns"))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help=say("cli.study_frontier_out"))
@click.option("--solver", type=click.Choice(["highs", "highs-ipm", "cbc"]), default="highs", help=say("cli.solver"))
@click.option("--gap", multiple=True, metavar="[STAGE=]X[%]", help=say("cli.gap"))
@click.option("--time-limit", type=click.FloatRange(min=0.0, min_open=True), help=say("cli.study_frontier_limit"))
@_changes
@_force
@click.option("--json", "as_json", is_flag=True, help=say("cli.study_json"))
@_language
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
    from allocator.verbs.solving import Options

    numbers, scenario = _numbers(towns), load(plan, _parsed(changes))
    if out is not None:
        refuse_to_replace(out, force)
    with _interruptible() as interrupted:
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


@program.command(help=say("cli.batch"))
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help=say("cli.batch_out"))
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help=say("cli.jobs"))
@click.option("--time-limit", type=click.FloatRange(min=0.0, min_open=True), help=say("cli.batch_limit"))
@_force
@_language
def batch(folder: Path, out: Path, jobs: int, time_limit: float | None, force: bool) -> int:
    from allocator.report.terminal.terminal import batch_progress, print_batch
    from allocator.verbs.batches import run_batch

    with batch_progress(current_language()) as progress:
        summary = run_batch(folder, out, jobs=jobs, time_limit=time_limit, force=force, progress=progress)
    print_batch(summary, out, current_language())
    return 0 if summary.all_solved else BATCH_FAILURES


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


def _parsed(changes: Sequence[str]) -> dict[str, Any]:
    """PATH=VALUE options; values are YAML."""
    from allocator.scenario.files.yamltree import parsed_value

    made: dict[str, Any] = {}
    for change in changes:
        path, equals, value = change.partition("=")
        if not equals or not path:
            raise UsageError(Text("cli.bad_set", {"given": change}))
        made[path.strip()] = parsed_value(value)
    return made


def _print_findings(findings: Sequence[Any]) -> None:
    if findings:
        from allocator.words.findings import finding_lines

        for line in finding_lines(findings, current_language()):
            click.echo(line, err=True)


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
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Ctrl-C asks the run to stop; a second one stops it at once."""
    asked = False

    def ask(_number: int, _frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


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
