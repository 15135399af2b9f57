"""Arrays that grow as families are declared, and rows in the compressed form that solvers take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from allocator.model.families import Rows
from allocator.model.terms import Codes, Floats

_ROOM = 64
"""Numbers that an array has room for at first."""


class Growing:
    """An array of numbers that grows at its end, at a cost that does not depend on how many pieces it comes in."""

    def __init__(self) -> None:
        self._room, self._count = np.zeros(_ROOM), 0

    def __len__(self) -> int:
        return self._count

    @property
    def values(self) -> Floats:
        """The numbers so far; writing into them changes them, until the array grows."""
        return self._room[: self._count]

    def extend(self, more: Floats) -> None:
        """Append numbers."""
        end = self._count + len(more)
        if end > len(self._room):
            room = np.zeros(max(end, 2 * len(self._room)))
            room[: self._count] = self.values
            self._room = room
        self._room[self._count : end] = more
        self._count = end


class CompressedRows(NamedTuple):
    """Rows one after the other (compressed sparse rows): row r has the cells ``starts[r]:starts[r + 1]``."""

    lower: Floats
    """Smallest activity [row]; -inf without one."""
    upper: Floats
    """Largest activity [row]; inf without one."""
    starts: Codes
    """[row + 1]"""
    column: Codes
    """[cell]"""
    coefficient: Floats
    """[cell]"""


def compressed(families: Sequence[Rows], lower: Floats, upper: Floats) -> CompressedRows:
    """Families of rows, in their order, with the limits of every row."""
    cells = [np.bincount(family.matrix["row"], minlength=len(family)) for family in families]
    return CompressedRows(
        lower,
        upper,
        np.concatenate([np.zeros(1, dtype=np.intp), *cells]).cumsum(),
        np.concatenate([np.zeros(0, dtype=np.intp), *(family.matrix.column for family in families)]),
        np.concatenate([np.zeros(0), *(family.matrix.coefficient for family in families)]),
    )
