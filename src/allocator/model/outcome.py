"""Outcomes: what stages look at; and what changes from year to year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from allocator.model.terms import Codes, Floats, Terms, constant_label


@dataclass(frozen=True)
class Outcome:
    """What a stage looks at: one number for each label, linear in the columns."""

    name: str
    unit: str
    labels: Mapping[str, Codes]
    terms: Terms
    """Labels: ``outcome``, position among the outcomes."""
    constant: Floats
    weight: Floats | None = None
    """Weight of each outcome where a stage names no column, e.g. the people at a place; none: all alike."""
    less_is_better: bool = False
    """Whether smaller numbers are better (minutes, costs), so that stages lower them and look at the largest."""
    weighted_unit: str | None = None
    """Unit of their sum by their own weights, e.g. person-minutes; none: the same as that of each of them."""

    def __len__(self) -> int:
        return len(self.constant)

    def at(self, x: Floats) -> Floats:
        """The outcomes at x."""
        products = self.terms.coefficient * x[self.terms.column]
        return self.constant + np.bincount(self.terms["outcome"], weights=products, minlength=len(self))

    @property
    def raised(self) -> Outcome:
        """The same outcomes so that more is better: with the opposite sign where less is."""
        if not self.less_is_better:
            return self
        return replace(self, terms=-self.terms, constant=-self.constant, less_is_better=False)

    def of_year(self, year: int) -> Outcome:
        """The outcomes of one year (its code), in the order of their other labels."""
        return self._gathered(self.labels["year"] == year, np.ones(len(self)))

    def mean_over_years(self) -> Outcome:
        """The mean for each of the other labels (each town, say) over the years in which it is there; labelled with the
        last year."""
        everything = np.ones(len(self), dtype=bool)
        _, position = self._places(everything)
        return self._gathered(everything, 1.0 / np.bincount(position)[position])

    def _places(self, chosen: npt.NDArray[np.bool_]) -> tuple[Codes, Codes]:
        """Combinations of the labels but the year that some chosen outcome has [label, place], in order; and the place
        of each outcome, which means nothing where it has none."""
        stacked = np.stack([codes for dim, codes in self.labels.items() if dim != "year"])
        places, of_chosen = np.unique(stacked[:, chosen], axis=1, return_inverse=True)
        position = np.zeros(len(self), dtype=np.intp)
        position[chosen] = of_chosen.ravel()
        return places, position

    def _gathered(self, chosen: npt.NDArray[np.bool_], factor: Floats) -> Outcome:
        """Weighted sums over the years of the chosen outcomes, one for each combination of the other labels."""
        others = [dim for dim in self.labels if dim != "year"]
        places, position = self._places(chosen)
        count = places.shape[1]
        mine = self.terms.where(chosen[self.terms["outcome"]])
        terms = (mine * factor[mine["outcome"]]).labelled({"outcome": position[mine["outcome"]].astype(np.intp)})
        constant = np.bincount(position[chosen], weights=(self.constant * factor)[chosen], minlength=count)
        last = constant_label(int(self.labels["year"][chosen].max()), count)
        labels = {**dict(zip(others, places, strict=True)), "year": last}
        weight = None
        if self.weight is not None:
            own = (self.weight * factor)[chosen]
            weight = np.bincount(position[chosen], weights=own, minlength=count).astype(float)
        return replace(self, labels=labels, terms=terms, constant=constant.astype(float), weight=weight)


@dataclass(frozen=True)
class Change:
    """Whole decisions of a year that are new, and those of the year before that ended."""

    terms: Terms
    """Labels: ``year``."""
    constant: float
    """What of it is given: decisions of a year before that is not decided here count as ended but for the terms."""
