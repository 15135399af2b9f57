"""Ledgers: quantities that blocks supply and use, and in which alone they meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from allocator.model.families import Sense
from allocator.model.terms import Codes, Floats, Terms, joined


@dataclass(frozen=True)
class Entry:
    """One block's part in a ledger."""

    block: str
    terms: Terms
    supplied: bool
    whole: bool = False
    """Whether every column is a whole number in any plan."""
    year: int | None = None
    """The year (code) in which it supplies, be it with nothing; none: those of its terms."""


@dataclass(frozen=True)
class Provision:
    """A fixed amount that a block brings into a ledger; ``parameter`` names where the scenario says it."""

    block: str
    labels: Mapping[str, Codes]
    amount: Floats
    parameter: str | None = None
    money: bool = False


@dataclass
class Ledger:
    """A quantity that blocks supply and use; closed, it becomes the family ``row_name``."""

    name: str
    dims: tuple[str, ...]
    unit: str
    row_name: str | None
    """None: the ledger only hands on what one block supplies to another, and stays open."""
    requirement: str = ""
    """What of a scenario its rows keep; where a provision is a number of the scenario, that number."""
    sense: Sense = "<="
    """used <= supplied, or used == supplied."""
    entries: list[Entry] = field(default_factory=list)
    provisions: list[Provision] = field(default_factory=list)

    def supply(self, block: str, terms: Terms, *, year: int | None = None, whole: bool = False) -> None:
        """Bring in what the terms measure; a supplier that names its year closes the ledger then, even with nothing."""
        self.entries.append(Entry(block, terms, supplied=True, whole=whole, year=year))

    def use(self, block: str, terms: Terms) -> None:
        """Take out what the terms measure."""
        if len(terms):
            self.entries.append(Entry(block, terms, supplied=False))

    def provide(self, provision: Provision) -> None:
        """Bring in fixed amounts."""
        self.provisions.append(provision)

    def side(self, supplied: bool, year: int | None = None, *, whole: bool | None = None) -> Terms:
        """All terms supplied, or all used; of one year (its code), or in whole units or not, if asked for."""
        if year is not None:
            every = self.side(supplied, whole=whole)
            return every.where(every["year"] == year)
        mine = [entry for entry in self.entries if entry.supplied == supplied and whole in {None, entry.whole}]
        parts = [entry.terms for entry in mine]
        if not parts:
            nothing = np.zeros(0, dtype=np.intp)
            return Terms(dict.fromkeys(self.dims, nothing), nothing, np.zeros(0))
        return joined(parts, self.dims)

    @property
    def is_closed(self) -> bool:
        """Whether it becomes rows: it has a row family, somebody supplies it and there is anything in it."""
        supplied = bool(self.provisions) or any(entry.supplied for entry in self.entries)
        filled = bool(self.provisions) or any(len(entry.terms) for entry in self.entries)
        return self.row_name is not None and supplied and filled

    def closes(self, labels: Mapping[str, Codes]) -> npt.NDArray[np.bool_]:
        """Which labels are of years in which somebody supplies it: a block may begin in a later year of the plan."""
        if "year" not in self.dims:
            return np.ones(len(labels[self.dims[0]]), dtype=bool)
        of_terms = [entry.terms["year"] for entry in self.entries if entry.supplied]
        named = [np.array([entry.year], dtype=np.intp) for entry in self.entries if entry.year is not None]
        given = [provision.labels["year"] for provision in self.provisions]
        years = [np.zeros(0, dtype=np.intp), *of_terms, *named, *given]
        return np.isin(labels["year"], np.concatenate(years))
