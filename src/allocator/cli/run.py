"""The program: its commands, and how an error becomes a message on stderr and an exit code."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from contextvars import copy_context

import click

from allocator.cli import plans, results, solving, studies
from allocator.cli.options import language_option, print_findings
from allocator.words.errors import AllocatorError, InfeasibleError, InputError
from allocator.words.status import ExitCode
from allocator.words.texts import say


@click.group(help=say("cli.about"), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="edu-allocator", prog_name="allocator", help=say("cli.version"))
@language_option
def program() -> None:
    pass


for command in (
    plans.init,
    plans.schema,
    plans.check,
    plans.show,
    plans.math,
    solving.solve,
    solving.export,
    solving.batch,
    results.audit,
    results.report,
    results.compare,
    studies.study,
):
    program.add_command(command)


def run(arguments: Sequence[str]) -> int:
    """Run one command; every error becomes a message on stderr and an exit code."""
    return copy_context().run(_run, arguments)


def _run(arguments: Sequence[str]) -> int:
    try:
        code = program.main(list(arguments), prog_name="allocator", standalone_mode=False)
    except click.exceptions.Abort:
        return ExitCode.INTERRUPTED
    except click.ClickException as refused:
        refused.show()
        return refused.exit_code
    except InputError as wrong:
        print_findings(wrong.findings)
        click.echo(str(wrong), err=True)
        return wrong.exit_code
    except InfeasibleError as wrong:
        click.echo(str(wrong), err=True)
        print_findings(wrong.findings)
        return wrong.exit_code
    except AllocatorError as wrong:
        click.echo(str(wrong), err=True)
        return wrong.exit_code
    except KeyboardInterrupt:
        click.echo(say("solver.interrupted"), err=True)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return 0
    except Exception:  # a bug of ours: say so, with what a developer needs, and the exit code for it
        traceback.print_exc()
        click.echo(say("cli.internal"), err=True)
        return ExitCode.INTERNAL
    return code if isinstance(code, int) else 0
