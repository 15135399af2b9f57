"""The PuLP problem of a model: made from its families, for solvers that PuLP drives, for files and for people.

PuLP replaces characters in names and silently accepts two variables of one name, so names are made here: short serial
ones inside ("x0000012"), readable ones ("funding__shilou__class__government__2016") for whoever looks at them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count, pairwise

import numpy as np
import pulp

from allocator.model.families import Rows, Sense
from allocator.model.model import Model
from allocator.model.terms import Codes, Floats, Terms

SENSES: Mapping[Sense, int] = {"<=": pulp.LpConstraintLE, ">=": pulp.LpConstraintGE, "==": pulp.LpConstraintEQ}

FAR = 1e30
"""Bound of a row that asks nothing any more; solvers take it for infinite."""

Naming = Callable[[Model], tuple[Iterable[str], Iterable[str]]]
"""Names of all columns and of all rows of a model, in their order."""


def serial(model: Model) -> tuple[Iterable[str], Iterable[str]]:
    """Short names by position: x0000012, r0000003."""
    return (f"x{at:07d}" for at in range(model.column_count)), (f"r{at:07d}" for at in range(model.row_count))


def readable(model: Model) -> tuple[Iterable[str], Iterable[str]]:
    """Names of family and labels, unique among columns and among rows also where PuLP replaces characters."""
    columns = np.empty(model.column_count, dtype=object)
    for name, parts in model.columns.items():
        for part in parts:
            columns[part.terms.column] = _spelt(model, name, part.terms.labels, len(part.terms))
    rows = [each for part in model.rows_from(0) for each in _spelt(model, part.name, part.labels, len(part))]
    return _unique(columns.tolist()), _unique(rows)


class PulpProblem:
    """A model as a PuLP problem, with its columns and rows in the order of the model."""

    def __init__(self, model: Model, naming: Naming = serial) -> None:
        self._model, self._naming = model, naming
        self.problem = pulp.LpProblem("allocator", pulp.LpMinimize)
        self.columns: list[pulp.LpVariable] = []
        self.rows: list[pulp.LpConstraint] = []
        self.catch_up()

    def catch_up(self) -> None:
        """Add columns and rows that were declared since, and take over all bounds as they stand now."""
        model = self._model
        if len(self.columns) < model.column_count or len(self.rows) < model.row_count:
            columns, rows = self._naming(model)
            self._add_columns(list(columns)[len(self.columns) :])
            self._add_rows(list(rows)[len(self.rows) :])
        lower, upper = _limits(model.column_lower), _limits(model.column_upper)
        for column, low, high in zip(self.columns, lower, upper, strict=True):
            column.lowBound, column.upBound = low, high
        for row, bound in zip(self.rows, model.row_bound.tolist(), strict=True):
            row.changeRHS(bound)
        for row in (self.rows[at] for at in model.relaxed_rows.tolist()):
            row.sense = pulp.LpConstraintLE
            row.changeRHS(FAR)

    def minimise(self, objective: Terms, constant: float, sign: float) -> None:
        """Set the objective ``sign`` x (terms + constant); every column is named, so that none in no row is lost."""
        cost = np.zeros(len(self.columns))
        np.add.at(cost, objective.column, sign * objective.coefficient)
        terms = dict(zip(self.columns, cost.tolist(), strict=True))
        self.problem.setObjective(pulp.LpAffineExpression(terms, constant=sign * constant))

    def _add_columns(self, names: list[str]) -> None:
        whole, first = self._model.integer_columns, len(self.columns)
        kinds = np.full(self._model.column_count, pulp.LpContinuous, dtype=object)
        kinds[whole] = pulp.LpInteger
        add = self.problem.add_variable
        self.columns += [add(name, cat=kind) for name, kind in zip(names, kinds[first:].tolist(), strict=True)]

    def _add_rows(self, names: list[str]) -> None:
        first = len(self.rows)
        named = iter(names)
        for family in self._model.rows_from(first):
            for left, bound in zip(self._left(family), family.bound.tolist(), strict=True):
                row = pulp.LpConstraint(left, SENSES[family.sense], rhs=bound)
                self.problem.addConstraint(row, next(named))
                self.rows.append(row)

    def _left(self, family: Rows) -> Iterator[pulp.LpAffineExpression]:
        """Left-hand sides of the rows of a family."""
        columns = [self.columns[at] for at in family.matrix.column.tolist()]
        coefficients = family.matrix.coefficient.tolist()
        ends = np.searchsorted(family.matrix["row"], np.arange(len(family) + 1)).tolist()
        for first, last in pairwise(ends):
            cells = zip(columns[first:last], coefficients[first:last], strict=True)
            yield pulp.LpAffineExpression(dict(cells))


def _limits(bounds: Floats) -> list[float | None]:
    """Bounds as PuLP says them: none where there is no limit."""
    return [bound if limited else None for bound, limited in zip(bounds.tolist(), np.isfinite(bounds), strict=True)]


def _spelt(model: Model, family: str, labels: Mapping[str, Codes], length: int) -> list[str]:
    """Family and labels joined by two underscores, with signs that LP and MPS files take."""
    columns = [[re.sub(r"[^A-Za-z0-9_.]", "_", each) for each in ids] for ids in model.decoded(labels).values()]
    keys = zip(*columns, strict=True) if columns else ((),) * length
    return ["__".join((family, *key)) for key in keys]


def _unique(names: list[str]) -> list[str]:
    """The same names, with a number behind those that are taken."""
    taken, made = set(names), list[str]()
    seen = set[str]()
    for name in names:
        own = name
        if own in seen:
            own = next(each for at in count(2) if (each := f"{name}__{at}") not in taken)
            taken.add(own)
        seen.add(own)
        made.append(own)
    return made
