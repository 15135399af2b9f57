"""What pydantic finds, in the user's words; and which word was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from allocator.words.texts import Text

MOST_LISTED = 12
"""Longest list of known words that a hint still prints."""

_BOUNDS = {
    "greater_than_equal": ("ge", "load.at_least"),
    "greater_than": ("gt", "load.greater_than"),
    "less_than_equal": ("le", "load.at_most"),
    "less_than": ("lt", "load.less_than"),
}
_KINDS = {
    "float": "load.a_number",
    "int": "load.a_whole_number",
    "bool": "load.true_or_false",
    "string": "load.a_text",
    "tuple": "load.a_list",
    "list": "load.a_list",
    "dict": "load.a_map",
    "model": "load.a_map",
    "mapping": "load.a_map",
}


def meant(word: str, known: Iterable[str]) -> Text | None:
    """The hint for an unknown word: the known one it resembles, else the known ones if they are few."""
    choices = sorted({str(each) for each in known})
    close = get_close_matches(word, choices, n=1, cutoff=0.6)
    if not close:
        folded = {each.casefold(): each for each in choices}
        close = [folded[word.casefold()]] if word.casefold() in folded else []
    if close and len(close[0]) > 1:
        return Text("load.did_you_mean", {"word": close[0]})
    if 0 < len(choices) <= MOST_LISTED:
        return Text("load.known_words", {"words": ", ".join(choices)})
    return None


def is_mismatch(kind: str) -> bool:
    """Whether a pydantic error type says that the value is of the wrong kind altogether."""
    return kind.endswith("_type") or kind in ("float_parsing", "int_parsing", "bool_parsing", "int_from_float")


def expected_kind(kind: str) -> Text | None:
    """What a pydantic error type like ``float_type`` would have taken."""
    stem = kind.partition("_")[0]
    return Text(_KINDS[stem]) if stem in _KINDS else None


def described(kind: str, context: Mapping[str, Any]) -> tuple[str, Text, Text | None]:
    """Group, message and what was expected, for a pydantic error type with its context.

    Groups: range, finite, kind, missing, unknown, choice, id, short, other; callers turn them into codes.
    """
    if kind in _BOUNDS:
        field, key = _BOUNDS[kind]
        return "range", Text(key, {"bound": f"{float(context[field]):g}"}), None
    if kind == "finite_number":
        return "finite", Text("load.finite"), None
    if kind == "missing":
        return "missing", Text("load.missing"), None
    if kind == "extra_forbidden":
        return "unknown", Text("load.unknown_key"), None
    if kind in ("literal_error", "union_tag_invalid"):
        words = re.findall(r"'([^']*)'|(\d+)", str(context.get("expected") or context.get("expected_tags")))
        listed = ", ".join(quoted or number for quoted, number in words)
        return "choice", Text("load.not_allowed"), Text("load.one_of", {"words": listed})
    if kind == "union_tag_not_found":
        return "missing", Text("load.missing_id"), None
    if kind == "string_pattern_mismatch":
        return "id", Text("load.bad_id"), Text("load.id_form")
    if kind in ("too_short", "string_too_short"):
        return "short", Text("load.too_short", {"n": context.get("min_length", 1)}), None
    expected = expected_kind(kind)
    if is_mismatch(kind) and expected is not None:
        return "kind", Text("load.wrong_kind"), expected
    return "other", Text("load.not_accepted"), None


def shown(value: Any) -> str:
    """A value as a message shows it: short, on one line."""
    text = value if isinstance(value, str) else repr(value)
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "..."
