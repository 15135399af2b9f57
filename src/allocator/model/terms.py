"""Labels as codes, and aligned arrays of labelled terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Axis:
    """The ids a label can take, in published order."""

    name: str
    ids: tuple[str, ...]
    groups: Mapping[str, Codes] = field(default_factory=dict)
    """Name of another axis to the position each id belongs to there (a programme's spending category)."""

    def code(self, label: str) -> int:
        """Position of an id. Raises ValueError for an unknown one."""
        return self.ids.index(label)

    def codes(self, labels: Iterable[str]) -> Codes:
        """Positions of many ids. Raises KeyError for an unknown one."""
        position = {label: at for at, label in enumerate(self.ids)}
        return np.array([position[label] for label in labels], dtype=np.intp)


@dataclass(frozen=True)
class Terms:
    """Aligned arrays of labelled terms: coefficient x column, each with its labels."""

    labels: Mapping[str, Codes]
    column: Codes
    coefficient: Floats

    def __len__(self) -> int:
        return len(self.column)

    def __getitem__(self, dim: str) -> Codes:
        return self.labels[dim]

    def __mul__(self, factor: float | Floats) -> Terms:
        return Terms(self.labels, self.column, self.coefficient * factor)

    def __neg__(self) -> Terms:
        return self * -1.0

    def where(self, chosen: npt.NDArray[np.bool_] | Codes) -> Terms:
        """The chosen terms only."""
        labels = {dim: codes[chosen] for dim, codes in self.labels.items()}
        return Terms(labels, self.column[chosen], self.coefficient[chosen])

    def labelled(self, labels: Mapping[str, Codes]) -> Terms:
        """The same terms under other labels."""
        return Terms(labels, self.column, self.coefficient)


def constant_label(code: int, length: int) -> Codes:
    """The same code for every term."""
    return np.full(length, code, dtype=np.intp)


def joined(parts: Sequence[Terms], dims: Sequence[str]) -> Terms:
    """All terms of several groups, with the labels asked for."""
    return Terms(
        {dim: np.concatenate([part[dim] for part in parts]) for dim in dims},
        np.concatenate([part.column for part in parts]),
        np.concatenate([part.coefficient for part in parts]),
    )
