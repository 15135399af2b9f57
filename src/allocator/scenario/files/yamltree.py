"""A YAML file as a tree that remembers where every key and value stands."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from allocator.words.errors import Finding, Place
from allocator.words.texts import Text

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Node:
    """One value of a plan file: a map of nodes, a tuple of nodes, or a scalar; and where it stands."""

    content: Mapping[str, Node] | tuple[Node, ...] | Scalar
    place: Place
    key: Place | None = None
    """Where the key of the value stands; none for list items and whole files."""

    @property
    def entries(self) -> Mapping[str, Node]:
        """Children of a map by key; empty for anything else. Keys set to null are left out."""
        if not isinstance(self.content, Mapping):
            return {}
        return {key: child for key, child in self.content.items() if child.content is not None}

    @property
    def items(self) -> tuple[Node, ...]:
        """Items of a list; empty for anything else."""
        return self.content if isinstance(self.content, tuple) else ()

    @property
    def text(self) -> str | None:
        """A text value; none for anything else."""
        return self.content if isinstance(self.content, str) else None

    @property
    def number(self) -> float | None:
        """A number; none for anything else."""
        if isinstance(self.content, int | float) and not isinstance(self.content, bool):
            return float(self.content)
        return None


def item_names(items: tuple[Node, ...]) -> list[str]:
    """How paths name list items: by id where every item has one, else by position."""
    ids = [item.entries["id"].content if "id" in item.entries else None for item in items]
    if ids and all(isinstance(name, str) for name in ids):
        return [str(name) for name in ids]
    return [str(at) for at in range(len(items))]


def has_ids(items: tuple[Node, ...]) -> bool:
    """Whether every item of a list (with at least one) is a map with an id."""
    return bool(items) and all("id" in item.entries and item.entries["id"].text is not None for item in items)


def plain(node: Node) -> Any:
    """The tree as plain dicts, lists and scalars; keys set to null are left out."""
    if isinstance(node.content, Mapping):
        return {key: plain(child) for key, child in node.entries.items()}
    if isinstance(node.content, tuple):
        return [plain(item) for item in node.content]
    return node.content


def children(node: Node) -> list[tuple[str, Node]]:
    """Name and node of each child: by key, by id, or by position."""
    if isinstance(node.content, tuple):
        return list(zip(item_names(node.content), node.content, strict=True))
    return list(node.entries.items())


def walk(node: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    """Path and node of the tree and everything in it."""
    yield path, node
    for name, child in children(node):
        yield from walk(child, f"{path}.{name}" if path else name)


def find(node: Node, pattern: str, path: str = "") -> list[tuple[str, Node]]:
    """Path and node of all that match a pattern like ``delivery.programmes.*.spending``; ``*`` is any child."""
    first, _, rest = pattern.partition(".")
    found: list[tuple[str, Node]] = []
    for name, child in children(node):
        if first in ("*", name):
            at = f"{path}.{name}" if path else name
            found += find(child, rest, at) if rest else [(at, child)]
    return found


def made(value: Any, place: Place) -> Node:
    """A tree of plain values that all stand at one place."""
    if isinstance(value, Mapping):
        return Node({str(key): made(child, place) for key, child in value.items()}, place, place)
    if isinstance(value, list | tuple):
        return Node(tuple(made(item, place) for item in value), place, place)
    return Node(value, place, place)


class _Reader:
    """Turns composed YAML nodes into a tree, noting what is wrong on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self.constructor = SafeConstructor(loader=YAML(typ="rt"))
        self.open: set[int] = set()

    def place(self, node: ScalarNode | SequenceNode | MappingNode) -> Place:
        return Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def note(self, code: str, place: Place, path: str, text: Text, found: str | None = None) -> None:
        self.findings.append(Finding(code, place, path, text, found))

    def tree(self, node: Any, path: str, key: Place | None) -> Node:
        place = self.place(node)
        if isinstance(node, ScalarNode):
            return Node(self.scalar(node, path), place, key)
        if id(node) in self.open:
            self.note("E101", place, path, Text("load.alias_in_itself"))
            return Node(None, place, key)
        self.open.add(id(node))
        content = self.entries(node, path) if isinstance(node, MappingNode) else self.listed(node, path)
        self.open.discard(id(node))
        return Node(content, place, key)

    def entries(self, node: MappingNode, path: str) -> dict[str, Node]:
        """The entries of a map; a key given twice is a finding and its first value stays."""
        content: dict[str, Node] = {}
        for key_node, value in node.value:
            place = self.place(key_node)
            if not isinstance(key_node, ScalarNode):
                self.note("E101", place, path, Text("load.key_not_scalar"))
                continue
            key = str(key_node.value)
            at = f"{path}.{key}" if path else key
            if key in content:
                first = content[key].key
                self.note("E102", place, at, Text("load.duplicate_key", {"line": first.line if first else "?"}))
                continue
            content[key] = self.tree(value, at, place)
        return content

    def listed(self, node: SequenceNode, path: str) -> tuple[Node, ...]:
        """The items of a list; an id given twice is a finding and its first item stays."""
        ids = [_own_id(item) for item in node.value]
        names = [str(name) for name in (ids if None not in ids else range(len(ids)))]
        items = tuple(self.tree(item, f"{path}.{name}", None) for name, item in zip(names, node.value, strict=True))
        if not has_ids(items):
            return items
        kept: dict[str, Node] = {}
        for item in items:
            own = item.entries["id"]
            name = str(own.text)
            if name in kept:
                line = kept[name].entries["id"].place.line
                self.note("E110", own.place, f"{path}.{name}", Text("load.duplicate_id", {"line": line}), name)
            kept.setdefault(name, item)
        return tuple(kept.values())

    def scalar(self, node: ScalarNode, path: str) -> Scalar:
        """The value of a scalar under YAML 1.2; a tag of another kind is a finding."""
        kind = str(node.tag).rpartition(":")[2]
        if kind not in ("str", "int", "float", "bool", "null", "timestamp"):
            self.note("E101", self.place(node), path, Text("load.unknown_tag"), str(node.tag))
            return str(node.value)
        if kind in ("str", "timestamp"):
            return str(node.value)
        try:
            value: Scalar = getattr(self.constructor, f"construct_yaml_{kind}")(node)
        except ValueError:
            return str(node.value)
        if isinstance(value, float) and not math.isfinite(value):
            self.note("E105", self.place(node), path, Text("load.finite"), str(node.value))
            return None
        return value


def _own_id(node: Any) -> str | None:
    """The id of a list item that has one."""
    pairs = node.value if isinstance(node, MappingNode) else ()
    return next((str(value.value) for key, value in pairs if key.value == "id" and isinstance(value, ScalarNode)), None)


def read_tree(text: str, file: str) -> tuple[Node, list[Finding]]:
    """The tree of a YAML text and what is wrong with its structure; an unreadable text is an empty map."""
    start = Place(file, 1, 1)
    empty = Node({}, start)
    try:
        composed = YAML(typ="rt").compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark is not None else start
        found = str(error.problem or error.context)
        return empty, [Finding("E101", place, "", Text("load.yaml_syntax"), found, hint=Text("load.yaml_syntax_hint"))]
    except YAMLError as error:
        return empty, [Finding("E101", start, "", Text("load.yaml_syntax"), str(error).splitlines()[0])]
    if composed is None:
        return empty, []
    reader = _Reader(file)
    tree = reader.tree(composed, "", None)
    if not isinstance(tree.content, Mapping):
        reader.note("E106", tree.place, "", Text("load.file_not_map"))
        return empty, reader.findings
    return tree, reader.findings


def parsed_value(text: str) -> Any:
    """The value of a YAML text on the command line, e.g. ``0.4`` or ``[a, b]``; a text that is no YAML is itself."""
    try:
        composed = YAML(typ="rt").compose(text)
    except YAMLError:
        return text
    return None if composed is None else plain(_Reader("").tree(composed, "", None))


_PLAIN_WORD = re.compile(r"[A-Za-z_\u4e00-\u9fff][\w\u4e00-\u9fff./+-]*")


def scalar_text(value: Scalar) -> str:
    """A scalar as YAML that reads back to the same value."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        bare = _PLAIN_WORD.fullmatch(value) is not None and parsed_value(value) == value
        return value if bare else _quoted(value)
    return repr(value)


def _quoted(text: str) -> str:
    """A text in double quotes, everything that cannot be printed escaped."""
    signs = (
        json.dumps(sign, ensure_ascii=False)[1:-1] if sign.isprintable() or sign < " " else _escaped(sign)
        for sign in text
    )
    return f'"{"".join(signs)}"'


def _escaped(sign: str) -> str:
    return f"\\U{ord(sign):08X}"
