"""What a field of a plan says about itself besides its type, and the one reader that walks the fields.

Marks stand in ``Annotated``: ``spending: Annotated[Id, Names("spending")]`` holds the id of a spending category, and
``types: Annotated[tuple[StaffType, ...], Defines("staff_type")]`` brings the ids of all types of staff. A mark on the
key of a mapping speaks of the keys: ``transfer: Mapping[Annotated[Id, Names("indicator")], Share]``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo


class Mark:
    """Base of what a field says about itself."""


@dataclass(frozen=True)
class Names(Mark):
    """The value is the id of something of a kind, e.g. ``town``, ``indicator``."""

    kind: str


@dataclass(frozen=True)
class Defines(Mark):
    """The list brings all ids of a kind: those of its items, or its words."""

    kind: str


@dataclass(frozen=True)
class TownColumn(Mark):
    """The value names a column of numbers in the towns table; every town needs one."""

    ending: str = ""
    """What the name of the column has behind the value."""
    divides: bool = False
    """Whether something is divided by it, so that no town may have zero."""
    weighs: bool = False
    """Whether towns are weighed by it, so that not all may have zero."""


@dataclass(frozen=True)
class Distinct(Mark):
    """No word stands twice in the list."""


@dataclass(frozen=True)
class SameEveryYear(Mark):
    """All years that are decided together have the same value."""

    message: str
    """Key of the text that says so."""


@dataclass(frozen=True)
class DecidedBefore(Mark):
    """The year before decides the value: in a later year of a plan it counts for nothing."""


@dataclass(frozen=True)
class OfFirstYear(Mark):
    """All years decided together take the value from the first of them; another one later counts for nothing."""


@dataclass(frozen=True)
class Marked:
    """A mark, and the field that it stands on."""

    path: str
    """Where plans have the value, e.g. ``delivery.programmes.*.spending``."""
    mark: Mark
    of_keys: bool
    """Whether the mark speaks of the keys at the path and not of the values."""
    default: Any
    """Value of the field where a plan gives none; ``PydanticUndefined`` for one that it must give."""


M = TypeVar("M", bound=Mark)


def marks_of(field: FieldInfo, kind: type[M]) -> list[M]:
    """Marks of a class that stand on a field itself, e.g. on a column of a table."""
    found = _walk("", Annotated[(field.annotation, *field.metadata, None)], field.default)
    return [each.mark for each in found if isinstance(each.mark, kind)]


def marked(model: type[BaseModel], path: str = "") -> Iterator[Marked]:
    """Every mark on the fields of a model and of the models within it."""
    for name, about in model.model_fields.items():
        at = f"{path}.{about.alias or name}".lstrip(".")
        yield from _walk(at, Annotated[(about.annotation, *about.metadata, None)], about.default)


def _walk(path: str, annotation: Any, default: Any, *, of_keys: bool = False) -> Iterator[Marked]:
    """The marks of an annotation and of all within it: lists, mappings, choices, models."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        for mark in parts[1:]:
            if isinstance(mark, Mark):
                yield Marked(path, mark, of_keys, default)
        yield from _walk(path, parts[0], default, of_keys=of_keys)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from marked(annotation, path)
    elif origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        yield from _walk(f"{path}.*", parts[0], default, of_keys=True)
        yield from _walk(f"{path}.*", parts[1], default)
    else:
        below = f"{path}.*" if origin is tuple else path
        for part in parts:
            yield from _walk(below, part, default, of_keys=of_keys)
