"""The whole definition of a plan year as one model, so that one validation finds all that is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError, create_model

from allocator.blocks.registry import section_types
from allocator.scenario.files.wording import described, is_mismatch, meant, shown
from allocator.scenario.files.yamltree import Node, children, item_names, plain
from allocator.scenario.marks import Marked, marked
from allocator.scenario.section import YUAN_PER_UNIT, Common, Lock, Section, Stage
from allocator.words.errors import Finding
from allocator.words.texts import Text

_CODES = {
    "unknown": "E103",
    "range": "E104",
    "finite": "E105",
    "kind": "E106",
    "missing": "E107",
    "choice": "E108",
    "id": "E109",
    "short": "E116",
    "other": "E119",
}

_fields: dict[str, Any] = {block: (section | None, None) for block, section in section_types().items()}
Definition: type[Common] = create_model("Definition", __base__=Common, __doc__="A plan year.", **_fields)
"""Common parts and the sections of all blocks."""

FIELDS: tuple[Marked, ...] = tuple(dict.fromkeys(marked(Definition)))
"""What the fields of a plan say about themselves besides their types."""


def yuan_per_unit(tree: Node) -> float:
    """Yuan in one unit of money of the plan's YAML files; 1 where the unit is missing or unknown."""
    units = tree.entries.get("units")
    money = units.entries.get("money") if units is not None else None
    return YUAN_PER_UNIT.get(str(money.content), 1.0) if money is not None else 1.0


def validated(tree: Node) -> tuple[Common | None, list[Finding]]:
    """The definition a tree gives, ids in published order and money in yuan; or what is wrong with it."""
    unit = yuan_per_unit(tree)
    try:
        text = json.dumps(plain(tree), ensure_ascii=False)
        definition = Definition.model_validate_json(text, strict=True, context={"yuan_per_unit": unit})
    except ValidationError as error:
        return None, _findings(tree, error)
    locks = tuple(_lock_in_yuan(lock, unit) for lock in definition.locks)
    ordered: Common = in_published_order(definition.model_copy(update={"locks": locks}))
    return ordered, []


def common_part(definition: Common) -> Common:
    """The parts of a definition that belong to no block."""
    return Common.model_construct(**{name: getattr(definition, name) for name in Common.model_fields})


def sections(definition: Common) -> dict[str, Section]:
    """Block name to its section, for the blocks that have one."""
    found = {block: getattr(definition, block) for block in section_types()}
    return {block: section for block, section in found.items() if section is not None}


def _lock_in_yuan(lock: Lock, unit: float) -> Lock:
    if lock.decision != "funding":
        return lock
    bounds = {name: getattr(lock, name) for name in ("equals", "at_least", "at_most")}
    return lock.model_copy(update={name: bound * unit for name, bound in bounds.items() if bound is not None})


def in_published_order(value: Any) -> Any:
    """A validated value with lists of ids, and of items with ids, sorted by id; only stages keep their order."""
    if isinstance(value, BaseModel):
        update = {name: in_published_order(getattr(value, name)) for name in type(value).model_fields}
        return value.model_copy(update=update)
    if isinstance(value, Mapping):
        return {key: in_published_order(value[key]) for key in sorted(value)}
    if not isinstance(value, tuple):
        return value
    items = tuple(in_published_order(item) for item in value)
    if all(isinstance(item, str | int) for item in items):
        return tuple(sorted(items))
    if all(isinstance(item, BaseModel) and hasattr(item, "id") for item in items):
        return items if isinstance(items[0], get_args(get_args(Stage)[0])) else tuple(sorted(items, key=_id_of))
    return items


def _id_of(item: Any) -> str:
    return str(item.id)


def _findings(tree: Node, error: ValidationError) -> list[Finding]:
    """One finding a place: of the branches of an "either ... or" only the one that fits the value best."""
    located = [(*_located(tree, each["loc"], each["type"]), each) for each in error.errors(include_url=False)]
    kept: list[Finding] = []
    for path, node, choice, each in located:
        kind = each["type"]
        if kind == "too_short" and node.items:
            continue
        deeper = [
            other
            for other, _, _, rival in located
            if (other == path and not is_mismatch(rival["type"])) or other.startswith(f"{path}.")
        ]
        if choice and is_mismatch(kind) and deeper:
            continue
        finding = _finding(path, node, each)
        same = [at for at, other in enumerate(kept) if (other.path, other.code) == (path, finding.code)]
        if not same:
            kept.append(finding)
        elif finding.expected is not None and kept[same[0]].expected != finding.expected:
            both = Text("load.either", {"one": kept[same[0]].expected, "other": finding.expected})
            kept[same[0]] = _finding(path, node, each, both)
    return kept


def _finding(path: str, node: Node, error: Any, either: Text | None = None) -> Finding:
    kind, context = error["type"], error.get("ctx", {})
    group, message, expected = described(kind, context)
    place, found, hint = node.place, None, None
    if group == "unknown":
        place = node.key or node.place
        hint = meant(str(error["loc"][-1]), expected_keys(error["loc"]))
        found = str(error["loc"][-1])
    elif kind == "union_tag_invalid":
        own = node.entries["id"]
        place, found = own.place, str(own.content)
        hint = meant(found, str(context["expected_tags"]).replace("'", "").split(", "))
    elif group == "choice":
        found = shown(error["input"])
        hint = meant(found, [word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")])
    elif error["loc"][-1] == "[key]":
        place, found = node.key or node.place, str(error["input"])
    elif group != "missing":
        found = shown(error["input"])
    if group == "choice" and hint is not None and hint.key == "load.known_words":
        hint = None
    if group == "kind" and isinstance(error["input"], str) and _is_number(error["input"]):
        hint = Text("load.quotes_off")
    elif group == "kind" and kind == "string_type" and not isinstance(error["input"], dict | list):
        hint = Text("load.quotes_on", {"value": found})
    return Finding(_CODES[group], place, path, message, found, either or expected, hint)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _located(tree: Node, loc: Sequence[str | int], kind: str) -> tuple[str, Node, bool]:
    """Path and node of an error, and whether its way leads through an "either ... or".

    A missing key has the path it would have and the node that lacks it.
    """
    node, steps, choice = tree, list[str](), False
    for at, step in enumerate(loc):
        below = dict(children(node))
        name = item_names(node.items)[step] if isinstance(step, int) and step < len(node.items) else str(step)
        if name in below:
            node = below[name]
            steps.append(name)
        elif kind == "missing" and at == len(loc) - 1:
            steps.append(name)
        elif step != "[key]":
            choice = True
    return ".".join(steps), node, choice


def expected_keys(loc: Sequence[str | int]) -> set[str]:
    """The keys a plan knows where the last step of an error's location stands."""
    models: list[type[BaseModel]] = [Definition]
    for step in loc[:-1]:
        if isinstance(step, int):
            continue
        inner = [each for model in models if step in model.model_fields for each in _models(model, step)]
        tagged = [model for model in models if step in (model.__name__, _tag(model))]
        models = inner or tagged or models
    return {about.alias or name for model in models for name, about in model.model_fields.items()}


def _tag(model: type[BaseModel]) -> str | None:
    """The fixed id of a model that is told apart by it."""
    own = model.model_fields.get("id")
    words = get_args(own.annotation) if own is not None else ()
    return words[0] if words and isinstance(words[0], str) else None


def _models(model: type[BaseModel], name: str) -> Iterator[type[BaseModel]]:
    yield from _models_in(model.model_fields[name].annotation)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
