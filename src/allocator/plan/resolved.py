"""The merged scenario as text, with the file and line that each value comes from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from allocator.scenario.files.layers import read_plan, with_changes
from allocator.scenario.files.yamltree import Node, scalar_text
from allocator.words.errors import InputError, Place
from allocator.words.findings import in_order

INDENT = "  "
COMMENT_COLUMN = 60


def resolved_text(path: str | Path, changes: Mapping[str, Any] | None = None) -> str:
    """The plan years of a plan, merged, as YAML; ``# file:line`` stands behind each value.

    Several years are several YAML documents. Values are shown as the files give them, checked or not.

    Raises:
        InputError: the files cannot be read as layers, or a change names what does not exist.
    """
    plan = read_plan(Path(path))
    findings = list(plan.findings)
    pages: list[str] = []
    for tree in plan.trees.values():
        changed, wrong = with_changes(tree, changes or {})
        findings += wrong
        pages.append("".join(f"{line}\n" for line in _lines(changed, "")))
    if findings:
        raise InputError(in_order(findings))
    return "---\n".join(pages)


def _lines(node: Node, indent: str) -> list[str]:
    """The lines of a map or list that is not empty."""
    if isinstance(node.content, tuple):
        return [line for item in node.content for line in _item(item, indent)]
    return [line for key, child in node.entries.items() for line in _entry(key, child, indent)]


def _entry(key: str, child: Node, indent: str) -> list[str]:
    head = f"{indent}{_key(key)}:"
    if _is_leaf(child):
        return [_with_place(f"{head} {_leaf(child)}", child.place)]
    return [head, *_lines(child, indent + INDENT)]


def _item(item: Node, indent: str) -> list[str]:
    if _is_leaf(item):
        return [_with_place(f"{indent}- {_leaf(item)}", item.place)]
    first, *rest = _lines(item, indent + INDENT)
    return [f"{indent}- {first.removeprefix(indent + INDENT)}", *rest]


def _is_leaf(node: Node) -> bool:
    return not node.items and not node.entries


def _leaf(node: Node) -> str:
    if isinstance(node.content, Mapping):
        return "{}"
    if isinstance(node.content, tuple):
        return "[]"
    return scalar_text(node.content)


def _key(key: str) -> str:
    return key if key.isascii() and key.isdigit() else scalar_text(key)


def _with_place(text: str, place: Place) -> str:
    where = place.file if place.line is None else f"{place.file}:{place.line}"
    width = sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)
    return f"{text}{' ' * max(0, COMMENT_COLUMN - width)}  # {where}"
