"""Commands on results folders: audit, report, compare."""

from __future__ import annotations

from pathlib import Path

import click

from allocator.cli.options import force_option, language_option
from allocator.words.status import ExitCode
from allocator.words.texts import current_language, say


@click.command(help=say("cli.audit"))
@click.argument("results", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--scenario", "plan", type=click.Path(exists=True, path_type=Path), help=say("cli.audit_scenario"))
@click.option("--no-hash", is_flag=True, help=say("cli.no_hash"))
@click.option("--proof", is_flag=True, help=say("cli.audit_proof"))
@language_option
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
    return ExitCode.OPTIMAL if report.passed and proven else ExitCode.AUDIT_FAILED


@click.command(help=say("cli.report"))
@click.argument("results", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help=say("cli.report_out"))
@force_option
@language_option
def report(results: Path, out: Path | None, force: bool) -> None:
    from allocator.report.page.page import write_page
    from allocator.tables.result import Result

    target = results / "report.html" if out is None else out
    made = write_page(Result.load(results), target, current_language(), force=force)
    click.echo(say("cli.report_done", {"file": made}))


@click.command(help=say("cli.compare"))
@click.argument("a", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("b", type=click.Path(exists=True, file_okay=False, path_type=Path))
@language_option
def compare(a: Path, b: Path) -> None:
    from allocator.report.terminal.terminal_compare import print_comparison
    from allocator.tables.result import Result

    print_comparison(Result.load(a), Result.load(b), current_language(), (a.resolve().name, b.resolve().name))
