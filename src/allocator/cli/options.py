"""Arguments and options that several commands take, and how what they say is read."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from allocator.words.errors import Finding, UsageError
from allocator.words.texts import LANGUAGES, Language, Text, current_language, say, use_language


def _speak(_context: click.Context, _option: click.Parameter, language: Language | None) -> None:
    """Texts follow the option also where the commands were read in another language."""
    if language is not None:
        use_language(language)


language_option = click.option(
    "--lang", type=click.Choice(LANGUAGES), expose_value=False, callback=_speak, help=say("cli.lang")
)
plan_argument = click.argument("plan", type=click.Path(exists=True, path_type=Path))
set_option = click.option("--set", "changes", multiple=True, metavar="PATH=VALUE", help=say("cli.set"))
force_option = click.option("--force", is_flag=True, help=say("cli.force"))


def parsed(changes: Sequence[str]) -> dict[str, Any]:
    """PATH=VALUE options; values are YAML."""
    from allocator.scenario.files.yamltree import parsed_value

    made: dict[str, Any] = {}
    for change in changes:
        path, equals, value = change.partition("=")
        if not equals or not path:
            raise UsageError(Text("cli.bad_set", {"given": change}))
        made[path.strip()] = parsed_value(value)
    return made


def print_findings(findings: Sequence[Finding]) -> None:
    """Findings go to stderr, one or more lines each."""
    if findings:
        from allocator.words.findings import finding_lines

        for line in finding_lines(findings, current_language()):
            click.echo(line, err=True)


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
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
