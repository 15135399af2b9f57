"""The variables of a PuLP problem by family and labels: what a rule of one's own is written with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pulp

from allocator.model.model import Model
from allocator.model.pulp_problem import PulpProblem
from allocator.model.terms import Terms
from allocator.scenario.files.wording import meant
from allocator.words.texts import Text

Label: TypeAlias = "str | int | slice | Sequence[str | int]"
"""An id, several of them, or ``:`` for all; years may be numbers."""


class UnknownLabelError(KeyError):
    """A family has no such label."""

    def __init__(self, message: Text) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class Handles:
    """The variables of one family: ``families.funding["shilou", :, "social"]`` lists those that have the labels.

    Labels stand in the order of ``dims``; those at the end that are left out, and ``:``, mean all. The list is in the
    order of the model, and empty where the family has no variable with these labels.
    """

    def __init__(self, name: str, model: Model, cells: Terms, variables: Sequence[pulp.LpVariable]) -> None:
        self.name = name
        self.dims: tuple[str, ...] = tuple(cells.labels)
        self._ids = model.decoded(cells.labels)
        self._variables = [variables[at] for at in cells.column.tolist()]

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """The ids of every label that some variable of the family has."""
        return {dim: tuple(dict.fromkeys(ids.tolist())) for dim, ids in self._ids.items()}

    def __len__(self) -> int:
        return len(self._variables)

    def __iter__(self) -> Iterator[pulp.LpVariable]:
        return iter(self._variables)

    def __getitem__(self, asked: Label | tuple[Label, ...]) -> list[pulp.LpVariable]:
        """Raises UnknownLabelError (a KeyError) for a label that no variable has, or for too many labels."""
        given = asked if isinstance(asked, tuple) else (asked,)
        if len(given) > len(self.dims):
            values = {"family": self.name, "dims": ", ".join(self.dims), "n": len(given)}
            raise UnknownLabelError(Text("own.too_many_labels", values))
        chosen = np.ones(len(self), dtype=bool)
        for dim, label in zip(self.dims, given, strict=False):
            chosen &= self._having(dim, label)
        return [self._variables[at] for at in np.flatnonzero(chosen).tolist()]

    def _having(self, dim: str, label: Label) -> npt.NDArray[np.bool_]:
        """Which variables have a label."""
        if isinstance(label, slice):
            if label != slice(None):
                raise UnknownLabelError(Text("own.bounded_slice", {"family": self.name, "dim": dim}))
            return np.ones(len(self), dtype=bool)
        wanted = [str(label)] if isinstance(label, str | int) else [str(each) for each in label]
        known = set(self._ids[dim].tolist())
        for each in wanted:
            if each not in known:
                values = {"family": self.name, "dim": dim, "label": each, "hint": _hint(each, known)}
                raise UnknownLabelError(Text("own.unknown_label", values))
        return np.isin(self._ids[dim].astype(str), wanted)


class Families:
    """All families of variables of a problem, each an attribute by its name; ``dir()`` lists them."""

    def __init__(self, written: PulpProblem, model: Model) -> None:
        self._made: Mapping[str, Handles] = {
            name: Handles(name, model, model.family(name), written.columns) for name in model.columns
        }

    def __getattr__(self, name: str) -> Handles:
        if name.startswith("_") or name not in self._made:
            values = {"family": name, "hint": _hint(name, self.__dict__.get("_made", ()))}
            raise AttributeError(str(Text("own.unknown_family", values)))
        return self._made[name]

    def __dir__(self) -> list[str]:
        return sorted(self._made)


def _hint(word: str, known: Iterable[str]) -> Text:
    """What was meant, or what there is."""
    return meant(word, known) or Text("load.known_words", {"words": ", ".join(sorted(known))})
