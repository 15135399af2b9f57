"""Families of variables and rows, as aligned arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from allocator.model.requirement import BoundRule, Ids, Strength
from allocator.model.terms import Codes, Floats, Terms

Sense = Literal["<=", ">=", "=="]


@dataclass
class Variables:
    """A family of variables: what is decided, for which labels, in which unit."""

    name: str
    dims: tuple[str, ...]
    unit: str
    terms: Terms
    lower: Floats
    upper: Floats
    integer: bool
    lower_rule: BoundRule | None
    """The rule that the lower bound is; none: it is only the natural bound."""
    upper_rule: BoundRule | None
    settle: bool = False
    """Whether these are whole decisions of a planner, which the tie-break settles one by one."""
    follows: bool = False
    """Whether these are whole columns that decide nothing but follow from what is decided."""
    scale: Floats | None = None
    """The change of each that the tie-break counts as one; none: it does not look at them."""

    @property
    def bound_rules(self) -> list[tuple[BoundRule, Sense, Floats]]:
        """The bounds that are rules, with their sense and amount."""
        both: list[tuple[BoundRule | None, Sense, Floats]] = [
            (self.lower_rule, ">=", self.lower),
            (self.upper_rule, "<=", self.upper),
        ]
        return [(rule, sense, bound) for rule, sense, bound in both if rule is not None]

    @property
    def required(self) -> list[tuple[Sense, Codes, Ids]]:
        """Sense of the bounds that are rules, the columns of which something is asked, and the requirement of each.

        A lower bound of 0 and an infinite upper one ask nothing.
        """
        made = []
        for rule, sense, bound in self.bound_rules:
            told = np.isfinite(bound) & ((bound > 0) | (sense == "<="))
            ids = np.broadcast_to(np.asarray(rule.requirement, dtype=object), len(bound))
            made.append((sense, self.terms.column[told], ids[told]))
        return made


@dataclass
class Rows:
    """A family of rows: which requirement is kept, for which labels."""

    name: str
    dims: tuple[str, ...]
    unit: str
    labels: Mapping[str, Codes]
    sense: Sense
    bound: Floats
    matrix: Terms
    """Labels of the matrix: ``row``, position in the family."""
    first: int
    """Position of the family's first row in the whole model."""
    requirement: Ids
    """Which requirement of the scenario each row keeps; empty where the rows only say what a column is."""
    strength: Strength = "rule"
    is_rule: bool = True
    """Whether the rows are rules of the plan: every plan keeps them, and the table of rows shows them as they are."""

    def __len__(self) -> int:
        return len(self.bound)

    @property
    def positions(self) -> Codes:
        """Positions of the rows in the whole model."""
        return np.arange(self.first, self.first + len(self), dtype=np.intp)

    def activity(self, x: Floats) -> Floats:
        """Left-hand side of every row at x."""
        products = self.matrix.coefficient * x[self.matrix.column]
        return np.bincount(self.matrix["row"], weights=products, minlength=len(self)).astype(float)


@dataclass(frozen=True)
class ParameterUse:
    """Where a scenario number stands in the model: a row bound or a column bound."""

    kind: Literal["row", "lower", "upper"]
    positions: Codes
    """Rows or columns of the whole model."""
    per_unit: Floats
    """Bound for one unit of the parameter (one yuan, for money)."""
    money: bool = False
