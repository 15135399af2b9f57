"""Findings as lines that a user reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from allocator.words.errors import Finding
from allocator.words.texts import Language, Text


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by place (file, line, column), each once."""
    once = {(f.code, f.place, f.path, str(f.message), f.found): f for f in findings}
    return sorted(once.values(), key=_order)


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    place = finding.place
    if place is None:
        return ("", 0, 0, "", finding.code)
    return (place.file, place.line or 0, place.column or 0, place.field or "", finding.code)


def finding_lines(findings: Sequence[Finding], language: Language) -> list[str]:
    """One line a finding, sorted by place: ``place code path: message (found ...; expected ...). Hint: ...``."""
    return [_line(finding, language) for finding in in_order(findings)]


def _line(finding: Finding, language: Language) -> str:
    head = " ".join(part for part in (str(finding.place or ""), finding.code, finding.path) if part)
    about = [
        Text(key, {"value": value}).in_language(language)
        for key, value in (("load.found", finding.found), ("load.expected", finding.expected))
        if value is not None
    ]
    values = {
        "head": head,
        "message": finding.message,
        "about": Text("load.about", {"parts": Text("load.and").in_language(language).join(about)}) if about else "",
        "hint": Text("load.hint", {"hint": finding.hint}) if finding.hint is not None else "",
    }
    return Text("load.line", values).in_language(language)
