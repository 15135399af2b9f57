"""Arguments in, exit code out. The commands stand in files of their own, read once the language is known."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from allocator.words.texts import LANGUAGES, use_language


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code (see words.status.ExitCode)"""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _choose_language(given)
    from allocator.cli.run import run

    sys.exit(run(given))


def _choose_language(given: Sequence[str]) -> None:
    """Help texts are made when the commands are read, so ``--lang`` counts before anything else."""
    for at, word in enumerate(given):
        told = word.removeprefix("--lang=") if word.startswith("--lang=") else None
        if word == "--lang" and at + 1 < len(given):
            told = given[at + 1]
        for language in LANGUAGES:
            if told == language:
                use_language(language)
                os.environ["ALLOCATOR_LANG"] = language
