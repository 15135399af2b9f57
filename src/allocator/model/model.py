"""One labelled linear model, all of it in arrays.

Blocks declare *families* from aligned arrays: variables and rows with labels, units and the requirement
they keep. Labels are held as codes (positions on an axis), so that a family of a million cells is a
handful of arrays. Families say what was declared; the bounds of all columns and rows as they stand now
(held values, sweeps and sessions move them) are arrays of the model. ``pulp_problem`` makes a PuLP problem of it.

Blocks meet only in *ledgers*: a quantity with labels and a unit that anyone supplies or uses. A ledger
that somebody supplies is closed into a family of rows; one that nobody supplies is not part of the plan.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from allocator.model.arrays import CompressedRows, Growing, compressed
from allocator.model.families import ParameterUse, Rows, Sense, Variables
from allocator.model.ledger import Ledger
from allocator.model.outcome import Change, Outcome
from allocator.model.terms import Axis, Codes, Floats, Terms, joined
from allocator.words.errors import SolverError
from allocator.words.texts import Text

_SIGN: Mapping[Sense, float] = {"<=": -1.0, "==": 0.0, ">=": 1.0}


class Curved(Protocol):
    """A rule that no finite set of rows can say: rows are added where a plan breaks it."""

    def add_cuts(self, model: Model, x: Floats) -> int:
        """Add rows that the plan x breaks; how many. None where it keeps the rule."""
        ...


class Model:
    """Families, ledgers, outcomes and parameters in arrays (always a minimisation)."""

    def __init__(self, axes: Iterable[Axis], dims: Mapping[str, str], ledgers: Iterable[Ledger]) -> None:
        """``dims`` maps a label name to its axis where the two differ (``mentor`` to ``town``)."""
        by_name = {axis.name: axis for axis in axes}
        self.axes = {**by_name, **{dim: by_name[axis] for dim, axis in dims.items() if axis in by_name}}
        self.ledgers = {ledger.name: ledger for ledger in ledgers}
        self.columns: dict[str, list[Variables]] = {}
        self.rows: dict[str, list[Rows]] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.parameters: dict[str, list[ParameterUse]] = {}
        self.changes: dict[str, dict[int, Change]] = {}
        """Kind (pairs, postings) and year (code) to what changed since the year before, where that is known."""
        self.curved: list[Curved] = []
        self.strengthening: list[Rows] = []
        """Rows that no plan breaks whose whole decisions are whole: they only make relaxations closer."""
        self._awaiting: list[Callable[[], None]] = []
        self._in_order: list[Rows] = []
        self._column_lower, self._column_upper = Growing(), Growing()
        self._row_bound, self._row_sense = Growing(), Growing()

    # -- declaring ---------------------------------------------------------------------------------

    def variables(
        self,
        name: str,
        labels: Mapping[str, Codes],
        unit: str,
        *,
        lower: float | Floats = 0.0,
        upper: float | Floats = np.inf,
        integer: bool = False,
        rules: tuple[str | None, str | None] = (None, None),
        requirement: str = "",
    ) -> Terms:
        """Declare variables; ``rules`` names the lower and the upper bound where they are rules of the plan."""
        count = len(next(iter(labels.values())))
        lows, highs = np.broadcast_to(lower, count).astype(float), np.broadcast_to(upper, count).astype(float)
        first = self.column_count
        terms = Terms(labels, np.arange(first, first + count, dtype=np.intp), np.ones(count))
        self._column_lower.extend(lows)
        self._column_upper.extend(highs)
        family = Variables(name, tuple(labels), unit, terms, lows, highs, integer, *rules, requirement)
        self.columns.setdefault(name, []).append(family)
        return terms

    def constrain(
        self,
        name: str,
        labels: Mapping[str, Codes],
        terms: Sequence[Terms],
        sense: Sense,
        bound: float | Floats,
        *,
        unit: str,
        requirement: str = "",
    ) -> Rows:
        """Declare rows: for each label, the sum of the terms that carry it, against the bound.

        Raises:
            SolverError: a term carries labels that no row has, or two rows have the same labels.
        """
        dims, count = tuple(labels), len(next(iter(labels.values())))
        if len(np.unique(self._keys(dims, labels))) < count:
            raise SolverError(Text("model.row_twice", {"family": name}))
        matrix = self._matrix(name, labels, [part for part in terms if len(part)])
        bounds = np.broadcast_to(bound, count).astype(float)
        family = Rows(name, dims, unit, labels, sense, bounds, matrix, self.row_count, requirement)
        self._row_bound.extend(bounds)
        self._row_sense.extend(np.full(count, _SIGN[sense]))
        self._in_order.append(family)
        self.rows.setdefault(name, []).append(family)
        return family

    def strengthen(
        self, name: str, labels: Mapping[str, Codes], terms: Sequence[Terms], sense: Sense, bound: Floats, *, unit: str
    ) -> None:
        """Declare rows that only make relaxations closer: with whole decisions fixed they say nothing."""
        self.strengthening.append(self.constrain(name, labels, terms, sense, bound, unit=unit))

    def parameter(self, path: str, use: ParameterUse) -> None:
        """Say that bounds move with a number of the scenario, so that a sweep can set it on the built model."""
        self.parameters.setdefault(path, []).append(use)

    def row_parameter(self, path: str, rows: Rows, per_unit: float | Floats, *, money: bool = False) -> None:
        """All bounds of a family move with a number of the scenario."""
        per_row = np.broadcast_to(per_unit, len(rows)).astype(float)
        self.parameter(path, ParameterUse("row", rows.positions, per_row, money))

    def outcome(self, made: Outcome) -> None:
        """Declare outcomes of one year, or add those of a further year."""
        known = self.outcomes.get(made.name)
        if known is not None:
            shifted = made.terms.labelled({"outcome": made.terms["outcome"] + len(known)})
            weight = None
            if known.weight is not None and made.weight is not None:
                weight = np.concatenate([known.weight, made.weight])
            made = replace(
                made,
                labels={dim: np.concatenate([known.labels[dim], codes]) for dim, codes in made.labels.items()},
                terms=joined([known.terms, shifted], ("outcome",)),
                constant=np.concatenate([known.constant, made.constant]),
                weight=weight,
            )
        self.outcomes[made.name] = made

    def year(self, name: str, year: int) -> Terms:
        """The columns of a family in one year (its code)."""
        cells = self.family(name)
        return cells.where(cells["year"] == year)

    def when_built(self, declare: Callable[[], None]) -> None:
        """Declare something when all blocks of the year are built: rows on what others bring and pay."""
        self._awaiting.append(declare)

    def complete_year(self) -> None:
        """Declare what waited for all blocks of a year."""
        while self._awaiting:
            self._awaiting.pop(0)()

    def close_ledgers(self) -> None:
        """Turn every ledger into rows, in the years in which it is supplied: used - supplied (<= or ==) provided."""
        for ledger in self.ledgers.values():
            if ledger.is_closed:
                self._close(ledger)

    # -- reading -----------------------------------------------------------------------------------

    def family(self, name: str) -> Terms:
        """All columns of a family of variables, over all years."""
        parts = [variables.terms for variables in self.columns[name]]
        return joined(parts, self.columns[name][0].dims)

    def decoded(self, labels: Mapping[str, Codes]) -> dict[str, npt.NDArray[np.object_]]:
        """Codes back to ids."""
        return {dim: np.array(self.axes[dim].ids, dtype=object)[codes] for dim, codes in labels.items()}

    @property
    def column_count(self) -> int:
        """How many columns are declared."""
        return len(self._column_lower)

    @property
    def row_count(self) -> int:
        """How many rows are declared."""
        return len(self._row_bound)

    @property
    def column_lower(self) -> Floats:
        """Lower bounds of all columns as they stand now [column]; written in place by those who move them."""
        return self._column_lower.values

    @property
    def column_upper(self) -> Floats:
        """Upper bounds of all columns as they stand now [column]; written in place by those who move them."""
        return self._column_upper.values

    @property
    def row_bound(self) -> Floats:
        """Right-hand sides of all rows as they stand now [row]; written in place by those who move them."""
        return self._row_bound.values

    @property
    def integer_families(self) -> list[Codes]:
        """Positions of the whole columns, family by family over all years."""
        families = [
            [part.terms.column for part in parts if part.integer and len(part.terms)] for parts in self.columns.values()
        ]
        return [np.concatenate(parts) for parts in families if parts]

    @property
    def integer_columns(self) -> Codes:
        """Positions of all whole columns, in the order of their families."""
        return np.concatenate([np.zeros(0, dtype=np.intp), *self.integer_families])

    def rows_from(self, first: int) -> list[Rows]:
        """Families of rows in the order of their declaration, from the one that begins with row ``first`` on."""
        start = bisect_left(self._in_order, first, key=lambda family: family.first)
        return self._in_order[start:]

    def compressed_rows(self, first: int = 0) -> CompressedRows:
        """Rows from ``first`` on (where a family begins), with their limits as they stand now."""
        return compressed(self.rows_from(first), *self.row_limits(np.arange(first, self.row_count)))

    def row_limits(self, rows: Codes) -> tuple[Floats, Floats]:
        """Smallest and largest activity of some rows as they stand now; infinite where there is none."""
        bound, sign = self.row_bound[rows], self._row_sense.values[rows]
        return np.where(sign < 0, -np.inf, bound), np.where(sign > 0, np.inf, bound)

    @property
    def size(self) -> dict[str, int]:
        """Columns, rows, nonzeros and integer columns."""
        return {
            "columns": self.column_count,
            "rows": self.row_count,
            "nonzeros": sum(len(part.matrix) for parts in self.rows.values() for part in parts),
            "integers": len(self.integer_columns),
        }

    # -- inside ------------------------------------------------------------------------------------

    def _keys(self, dims: Sequence[str], labels: Mapping[str, Codes]) -> Codes:
        """One number for each combination of labels."""
        sizes = [len(self.axes[dim].ids) for dim in dims]
        return np.ravel_multi_index(tuple(labels[dim] for dim in dims), sizes).astype(np.intp)

    def _matrix(self, name: str, labels: Mapping[str, Codes], terms: Sequence[Terms]) -> Terms:
        if not terms:
            nothing = np.zeros(0, dtype=np.intp)
            return Terms({"row": nothing}, nothing, np.zeros(0))
        dims = tuple(labels)
        keys = self._keys(dims, labels)
        order = np.argsort(keys, kind="stable")
        every = joined(terms, dims)
        wanted = self._keys(dims, every.labels)
        at = np.searchsorted(keys[order], wanted)
        if (at >= len(keys)).any() or (keys[order][np.minimum(at, len(keys) - 1)] != wanted).any():
            raise SolverError(Text("model.term_without_row", {"family": name}))
        row = order[at]
        cells, first = np.unique(row * self.column_count + every.column, return_inverse=True)
        coefficient = np.bincount(first, weights=every.coefficient)
        kept = coefficient != 0.0
        row, column = np.divmod(cells[kept], self.column_count)
        return Terms({"row": row.astype(np.intp)}, column.astype(np.intp), coefficient[kept])

    def _close(self, ledger: Ledger) -> None:
        signed = [entry.terms if not entry.supplied else -entry.terms for entry in ledger.entries]
        entries = [terms.where(ledger.closes(terms.labels)) for terms in signed]
        every = [entry.labels for entry in entries] + [provision.labels for provision in ledger.provisions]
        keys = np.unique(np.concatenate([self._keys(ledger.dims, labels) for labels in every]))
        sizes = [len(self.axes[dim].ids) for dim in ledger.dims]
        codes = [code.astype(np.intp) for code in np.unravel_index(keys, sizes)]
        labels = dict(zip(ledger.dims, codes, strict=True))
        bound = np.zeros(len(keys))
        for provision in ledger.provisions:
            np.add.at(bound, np.searchsorted(keys, self._keys(ledger.dims, provision.labels)), provision.amount)
        assert ledger.row_name is not None
        rows = self.constrain(ledger.row_name, labels, entries, ledger.sense, bound, unit=ledger.unit)
        for provision in ledger.provisions:
            if provision.parameter is not None:
                at = np.searchsorted(keys, self._keys(ledger.dims, provision.labels))
                use = ParameterUse("row", rows.positions[at], np.ones(len(at)), provision.money)
                self.parameter(provision.parameter, use)


def joined_key(model: Model, labels: Mapping[str, Codes]) -> npt.NDArray[np.object_]:
    """The labels of each row but the year, joined by "/"."""
    parts = [values for dim, values in model.decoded(labels).items() if dim != "year"]
    count = len(next(iter(labels.values())))
    return np.array(["/".join(key) for key in zip(*parts, strict=True)] if parts else [""] * count, dtype=object)
