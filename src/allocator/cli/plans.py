"""Commands on plan files: init, schema, check, show, math."""

from __future__ import annotations

from pathlib import Path

import click

from allocator.cli.options import force_option, language_option, parsed, plan_argument, print_findings, set_option
from allocator.words.status import ExitCode
from allocator.words.texts import current_language, say


@click.command(help=say("cli.init"))
@click.argument("folder", type=click.Path(path_type=Path))
@force_option
@language_option
def init(folder: Path, force: bool) -> None:
    from allocator.verbs.starter import write_starter

    write_starter(folder, current_language(), force=force)
    click.echo(say("cli.init_done", {"folder": folder}))


@click.command(help=say("cli.schema"))
@click.option("--check", "only_check", type=click.Path(exists=True, path_type=Path), help=say("cli.schema_check"))
@language_option
def schema(only_check: Path | None) -> int:
    from allocator.plan.schema import schema_text

    if only_check is None:
        click.echo(schema_text(), nl=False)
        return ExitCode.OPTIMAL
    current = only_check.read_text(encoding="utf-8") == schema_text()
    click.echo(say("cli.schema_current" if current else "cli.schema_stale", {"file": only_check}))
    return ExitCode.OPTIMAL if current else ExitCode.BAD_INPUT


@click.command(help=say("cli.check"))
@plan_argument
@set_option
@language_option
def check(plan: Path, changes: tuple[str, ...]) -> int:
    from allocator.plan.check import check as check_scenario
    from allocator.plan.reading import load

    scenario = load(plan, parsed(changes))
    findings = [*scenario.warnings, *check_scenario(scenario)]
    print_findings(findings)
    if any(finding.severity == "infeasible" for finding in findings):
        click.echo(say("cli.check_infeasible", {"plan": scenario.label}))
        return ExitCode.INFEASIBLE
    click.echo(say("cli.check_fine", {"plan": scenario.label, "n": len(findings)}))
    return ExitCode.OPTIMAL


@click.command(help=say("cli.show"))
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--resolved", is_flag=True, required=True, help=say("cli.resolved"))
@set_option
@language_option
def show(file: Path, resolved: bool, changes: tuple[str, ...]) -> None:
    from allocator.plan.resolved import resolved_text

    click.echo(resolved_text(file, parsed(changes)), nl=False)


@click.command(help=say("cli.math"))
@plan_argument
@language_option
def math(plan: Path) -> None:
    from allocator.plan.reading import load
    from allocator.verbs.statement import statement

    click.echo(str(statement(load(plan))), nl=False)
