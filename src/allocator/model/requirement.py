"""Requirements: what of a scenario the rows and bounds of a model keep.

A requirement is one number, sentence or table of the scenario that a planner could change: a source's amount, a goal, a
lock, the places of a training. Several rows may keep the same one (a lock over several years, a goal in every town),
and a family of rows may keep many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from allocator.model.terms import Codes

if TYPE_CHECKING:
    from allocator.words.errors import Place

Strength = Literal["rule", "hard", "soft"]
"""rule: kept by every plan; hard and soft: sought by the stages ``basics`` and ``aspirations``, with a shortfall."""

Ids = npt.NDArray[np.object_]
"""Id of the requirement of each row, or of each column whose bound keeps it."""


@dataclass(frozen=True)
class Requirement:
    """One requirement of a scenario that a model keeps."""

    id: str
    """Path of the field that says it, e.g. ``funding.sources.government.amount`` or ``locks.signed``."""
    strength: Strength
    unit: str
    """Unit of the rows or bounds that keep it."""
    sentence: str = ""
    """The sentence of the plan text, or the planner's reason, where the scenario gives one."""
    place: Place | None = None
    """Where the field, or the nearest part of the scenario around it, stands in the files."""


@dataclass(frozen=True, eq=False)
class Keepers:
    """Where a requirement stands in a model: positions of rows, and of columns whose lower or upper bound keeps it."""

    rows: Codes
    lower: Codes
    upper: Codes


@dataclass(frozen=True, eq=False)
class BoundRule:
    """A bound of columns that is a rule of the plan: its name, and the requirement that each column's bound keeps."""

    name: str
    requirement: str | Ids


def nearest(places: dict[str, Place], path: str) -> Place | None:
    """The place of a path, or of the longest part of the path that has one."""
    while path and path not in places:
        path = path.rpartition(".")[0]
    return places.get(path)
