"""Rules of a user's own as arrays, declared on a model like any other: the families ``own``.

Variables have the labels own_variable and year, rows the labels own and year. So every stage, the tie-break, whole
units and sweeps obey them without knowing of them. The year of a row is the last one that it has columns of, as in
every rule that follows a year; without any, the last year. That of a variable is the last one it is used with.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
import numpy.typing as npt

from allocator.model import Axis, Codes, Floats, Model, Sense, Terms

OWN, VARIABLE = "own", "own_variable"
"""Name of the families, which is also the label of the rows; label of the variables."""
_SENSES: tuple[Sense, ...] = ("<=", ">=", "==")

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class OwnVariables:
    """Variables of a user's own, as aligned arrays."""

    names: tuple[str, ...]
    lower: Floats
    upper: Floats
    integer: Bools

    def __len__(self) -> int:
        return len(self.names)

    def only(self, kept: Bools) -> OwnVariables:
        """Some of the variables."""
        return OwnVariables(tuple(compress(self.names, kept)), self.lower[kept], self.upper[kept], self.integer[kept])


@dataclass(frozen=True, eq=False)
class OwnRows:
    """Rows of a user's own: sum of the terms, sense, bound."""

    names: tuple[str, ...]
    sense: tuple[Sense, ...]
    bound: Floats
    row: Codes
    """Row of each term, aligned with ``column`` and ``coefficient``."""
    column: Codes
    """Positions of columns of a model."""
    coefficient: Floats

    def __len__(self) -> int:
        return len(self.names)

    def only(self, kept: Bools) -> OwnRows:
        """Some of the rows."""
        cells, place = kept[self.row], np.cumsum(kept) - 1
        terms = place[self.row[cells]], self.column[cells], self.coefficient[cells]
        return OwnRows(tuple(compress(self.names, kept)), tuple(compress(self.sense, kept)), self.bound[kept], *terms)

    def at(self, position: Codes, x: Floats) -> OwnRows:
        """The rows over other columns; columns that are not there (position -1) count with their value in x.

        Rows that have no column there are left out.
        """
        column = position[self.column]
        there = column >= 0
        came = np.bincount(self.row[~there], (self.coefficient * x[self.column])[~there], len(self))
        terms = self.row[there], column[there], self.coefficient[there]
        kept = np.bincount(self.row[there], minlength=len(self)) > 0
        return OwnRows(self.names, self.sense, self.bound - came, *terms).only(kept)


def declare(model: Model, variables: OwnVariables, rows: OwnRows) -> None:
    """Declare own variables and rows; in the rows, the variables have the positions after all columns of the model."""
    if not len(rows):
        return
    years, of_row = _years(model, variables, rows)
    model.axes[VARIABLE], model.axes[OWN] = Axis(VARIABLE, variables.names), Axis(OWN, rows.names)
    first = model.column_count
    position = np.arange(first + len(variables), dtype=np.intp)
    for integer in (False, True):
        mine = np.flatnonzero(variables.integer == integer)
        if len(mine):
            labels, lower, upper = {VARIABLE: mine, "year": years[mine]}, variables.lower[mine], variables.upper[mine]
            settle = integer and bool(((lower >= 0) & (upper <= 1)).all())
            made = model.variables(OWN, labels, "", lower=lower, upper=upper, integer=integer, settle=settle)
            position[first + mine] = made.column
    for sense in _SENSES:
        mine = np.flatnonzero(np.array(rows.sense) == sense)
        if len(mine):
            cells = np.isin(rows.row, mine)
            labels = {OWN: rows.row[cells], "year": of_row[rows.row[cells]]}
            terms = Terms(labels, position[rows.column[cells]], rows.coefficient[cells])
            where, bound = {OWN: mine, "year": of_row[mine]}, rows.bound[mine]
            requirement = np.array([f"{OWN}.{rows.names[at]}" for at in mine.tolist()], dtype=object)
            model.constrain(OWN, where, [terms], sense, bound, unit="", requirement=requirement)


def _years(model: Model, variables: OwnVariables, rows: OwnRows) -> tuple[Codes, Codes]:
    """Year (code) of each own variable and of each row: the last of what they are used with."""
    first, last = model.column_count, len(model.axes["year"].ids) - 1
    years = np.concatenate([column_years(model), np.full(len(variables), -1, dtype=np.intp)])
    of_row = np.full(len(rows), -1, dtype=np.intp)
    np.maximum.at(of_row, rows.row, years[rows.column])
    of_row[of_row < 0] = last
    of_variables = rows.column >= first
    np.maximum.at(years, rows.column[of_variables], of_row[rows.row[of_variables]])
    np.maximum.at(of_row, rows.row, years[rows.column])
    return years[first:], of_row


def column_years(model: Model) -> Codes:
    """Year (code) of every column; -1 for a column without one."""
    years = np.full(model.column_count, -1, dtype=np.intp)
    for parts in model.columns.values():
        for part in parts:
            if "year" in part.dims:
                years[part.terms.column] = part.terms["year"]
    return years


def own_variables(model: Model, year: int) -> tuple[OwnVariables, Codes]:
    """The own variables of one year (its code) of a model, and their columns."""
    ids = model.axes[VARIABLE].ids
    parts = model.columns.get(OWN, [])
    names = tuple(ids[code] for part in parts for code in part.terms[VARIABLE].tolist())
    nothing = np.zeros(0)
    every = OwnVariables(
        names,
        np.concatenate([nothing, *(part.lower for part in parts)]),
        np.concatenate([nothing, *(part.upper for part in parts)]),
        np.concatenate([nothing.astype(bool), *(np.full(len(part.terms), part.integer) for part in parts)]),
    )
    years = np.concatenate([nothing.astype(np.intp), *(part.terms["year"] for part in parts)])
    columns = np.concatenate([nothing.astype(np.intp), *(part.terms.column for part in parts)])
    return every.only(years == year), columns[years == year]


def own_rows(model: Model) -> OwnRows:
    """The own rows of a model that has some."""
    ids, families = model.axes[OWN].ids, model.rows[OWN]
    first = np.cumsum([0, *(len(family) for family in families)]).tolist()
    return OwnRows(
        tuple(ids[code] for family in families for code in family.labels[OWN].tolist()),
        tuple(family.sense for family in families for _ in range(len(family))),
        np.concatenate([family.bound for family in families]),
        np.concatenate([family.matrix["row"] + at for family, at in zip(families, first, strict=False)]),
        np.concatenate([family.matrix.column for family in families]),
        np.concatenate([family.matrix.coefficient for family in families]),
    )


def recorded(model: Model) -> list[dict[str, Any]]:
    """The own rules of a model in a form that files can hold: name, year, sense, bound and terms by family and labels.

    An own variable is a term of the family ``own``.
    """
    families = model.rows.get(OWN, [])
    used = np.unique(np.concatenate([np.zeros(0, dtype=np.intp), *(family.matrix.column for family in families)]))
    cells = _cells(model, used)
    made = []
    for family in families:
        names = model.decoded(family.labels)
        for row, (name, year) in enumerate(zip(names[OWN], names["year"], strict=True)):
            mine = family.matrix.where(family.matrix["row"] == row)
            terms = [
                {**cells[column], "coefficient": coefficient}
                for column, coefficient in zip(mine.column.tolist(), mine.coefficient.tolist(), strict=True)
            ]
            facts = {"sense": family.sense, "bound": float(family.bound[row]), "terms": terms}
            made.append({"name": str(name), "year": int(year), **facts})
    return made


def _cells(model: Model, columns: Codes) -> dict[int, dict[str, Any]]:
    """Family and labels of some columns."""
    found: dict[int, dict[str, Any]] = {}
    for name, parts in model.columns.items():
        for part in parts:
            mine = part.terms.where(np.isin(part.terms.column, columns))
            ids = zip(*model.decoded(mine.labels).values(), strict=True)
            for column, own in zip(mine.column.tolist(), ids, strict=True):
                labels = {dim: str(each) for dim, each in zip(part.dims, own, strict=True)}
                found[column] = {"family": name, "labels": labels}
    return found
