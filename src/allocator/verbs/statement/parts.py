"""The parts of a block's statement: what it says of its data, variables, rows, ledgers and outcomes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass

HEADINGS = ("Data", "Variables", "Rows", "Ledgers", "Outcomes", "Source")

_NAME = re.compile(r"([a-z_][a-z_.]*)(?:\[([a-z_, ]*)\]|\([a-z]+\))?")
_POSTING = re.compile(r"([a-z_]+)\s+(supply|use)\s+(.*)")
_CLOSED = re.compile(r"closed as ([a-z_]+)\[([a-z_, ]*)\](?: \((==|<=)\))?")


@dataclass(frozen=True)
class Posting:
    """One line of a statement about a ledger."""

    ledger: str
    supplied: bool
    what: str


@dataclass(frozen=True)
class Statement:
    """What a block says of itself."""

    text: str
    """The whole docstring."""
    data: tuple[str, ...]
    """Names of coefficients and limits."""
    variables: Mapping[str, tuple[str, ...]]
    """Family to its labels."""
    rows: Mapping[str, tuple[str, ...]]
    outcomes: Mapping[str, tuple[str, ...]]
    postings: tuple[Posting, ...]
    closed: Mapping[str, tuple[str, tuple[str, ...]]]
    """Ledger to the row family it closes into, with its labels."""


def read_statement(module: object) -> Statement:
    """The statement that stands as docstring of a block's model."""
    text = inspect.getdoc(module) or ""
    lines = sections(text)
    postings, closed = [], {}
    for line in lines["Ledgers"]:
        found = _POSTING.match(line)
        if found is None:
            continue
        ledger, side, what = found.groups()
        postings.append(Posting(ledger, side == "supply", what))
        end = _CLOSED.search(what)
        if end is not None:
            closed[ledger] = (end[1], _labels(end[2]))
    return Statement(
        text,
        tuple(name for line in lines["Data"] for name in _names(line)),
        _families(lines["Variables"]),
        _families(lines["Rows"]),
        _families(lines["Outcomes"]),
        tuple(postings),
        closed,
    )


def sections(text: str) -> dict[str, list[str]]:
    """Heading to its lines; lines that go on from the line before (indented further) are left out."""
    found: dict[str, list[str]] = {heading: [] for heading in HEADINGS}
    current: list[str] = []
    for line in text.splitlines():
        if line.strip() in HEADINGS and not line.startswith(" "):
            current = found[line.strip()]
        elif line.startswith("    ") and not line.startswith("     "):
            current.append(line.strip())
    return found


def _labels(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _families(lines: list[str]) -> dict[str, tuple[str, ...]]:
    found = {}
    for line in lines:
        match = _NAME.match(line)
        if match is not None and match[2] is not None:
            found[match[1]] = _labels(match[2])
    return found


def _names(line: str) -> list[str]:
    """Names at the beginning of a line of data: ``lo[spending], hi[spending]   share``."""
    names: list[str] = []
    rest = line
    while (match := _NAME.match(rest)) is not None:
        names.append(match[1])
        rest = rest[match.end() :]
        if not rest.startswith(", "):
            break
        rest = rest[2:]
    return names
