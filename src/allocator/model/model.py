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
from allocator.model.requirement import BoundRule, Ids, Keepers, Requirement, Strength, nearest
from allocator.model.terms import Axis, Codes, Floats, Terms, joined
from allocator.words.errors import Place, SolverError
from allocator.words.texts import Text

_SIGN: Mapping[Sense, float] = {"<=": -1.0, "==": 0.0, ">=": 1.0}


class Curved(Protocol):
    """A rule that no finite set of rows can say: rows are added where a plan breaks it."""

    def add_cuts(self, model: Model, x: Floats) -> int:
        """Add rows that the plan x breaks; how many. None where it keeps the rule."""
        ...


class Model:
    """Families, ledgers, outcomes and parameters in arrays (always a minimisation)."""

    def __init__(
        self,
        axes: Iterable[Axis],
        dims: Mapping[str, str],
        ledgers: Iterable[Ledger],
        *,
        places: Mapping[str, Place] | None = None,
        sentences: Mapping[str, str] | None = None,
    ) -> None:
        """A model without families.

        Args:
            axes: the ids of every label.
            dims: label to its axis where the two differ (``mentor`` to ``town``).
            ledgers: all ledgers, empty.
            places: path of a value of the scenario to where it stands in the files.
            sentences: path of a part of the scenario to the sentence or reason it gives.
        """
        self._places, self._sentences = dict(places or {}), dict(sentences or {})
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
        self.relaxed_rows: Codes = np.zeros(0, dtype=np.intp)
        """Rows of requirements that ask nothing any more."""
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
        rules: tuple[BoundRule | None, BoundRule | None] = (None, None),
        settle: bool = False,
        follows: bool = False,
        scale: float | Floats | None = None,
    ) -> Terms:
        """Declare variables.

        Args:
            name: name of the family; further variables of it may be declared, e.g. in another year.
            labels: name of a label to its codes [column].
            unit: unit of every variable.
            lower, upper: bounds [unit].
            integer: whether only whole numbers are meant.
            rules: the lower and the upper bound where they are rules of the plan.
            settle: whole decisions of a planner: the tie-break settles them one by one.
            follows: whole columns that decide nothing but follow from what is decided.
            scale: the change that the tie-break counts as one [unit]; none: it does not look at them.
        """
        count = len(next(iter(labels.values())))
        lows, highs = np.broadcast_to(lower, count).astype(float), np.broadcast_to(upper, count).astype(float)
        first = self.column_count
        terms = Terms(labels, np.arange(first, first + count, dtype=np.intp), np.ones(count))
        self._column_lower.extend(lows)
        self._column_upper.extend(highs)
        scales = None if scale is None else np.broadcast_to(scale, count).astype(float)
        family = Variables(name, tuple(labels), unit, terms, lows, highs, integer, *rules, settle, follows, scales)
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
        requirement: str | Ids,
        strength: Strength = "rule",
    ) -> Rows:
        """Declare rows that keep requirements: for each label, the sum of the terms that carry it, against the bound.

        Args:
            name: name of the family; further rows of it may be declared, e.g. in another year.
            labels: name of a label to its codes [row].
            terms: left-hand side; every term carries the labels of its row.
            sense, bound: how the sum stands to the bound [unit].
            unit: unit of both sides.
            requirement: path in the scenario of what all rows keep, or of what each row keeps.
            strength: whether every plan keeps it, or a stage seeks it.

        Raises:
            SolverError: a term carries labels that no row has, or two rows have the same labels.
        """
        kept = (requirement, strength, strength == "rule")
        return self._declared(name, labels, (terms, sense, bound), unit, kept)

    def define(
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
        """Declare rows that only say what a column is, or what a stage holds.

        Those of a requirement that the table of rows shows otherwise (a limit on inequality, by its measure) name it.
        """
        return self._declared(name, labels, (terms, sense, bound), unit, (requirement, "rule", False))

    def strengthen(
        self, name: str, labels: Mapping[str, Codes], terms: Sequence[Terms], sense: Sense, bound: Floats, *, unit: str
    ) -> None:
        """Declare rows that only make relaxations closer: with whole decisions fixed they say nothing."""
        self.strengthening.append(self.define(name, labels, terms, sense, bound, unit=unit))

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

    @property
    def requirements(self) -> dict[str, Requirement]:
        """Every requirement that rows or bounds keep, by its id, in the order of their declaration."""
        found: dict[str, Requirement] = {}
        for family in self._in_order:
            for path in dict.fromkeys(family.requirement.tolist()):
                if path and path not in found:
                    found[path] = self._requirement(path, family.strength, family.unit)
        for part in (part for parts in self.columns.values() for part in parts):
            for _, _, ids in part.required:
                for path in dict.fromkeys(ids.tolist()):
                    found.setdefault(path, self._requirement(path, "rule", part.unit))
        return found

    def keepers(self, requirement: str) -> Keepers:
        """Where a requirement stands in the model.

        Raises:
            KeyError: no row and no bound keeps it.
        """
        nothing = np.zeros(0, dtype=np.intp)
        rows, bounds = [nothing], {"<=": [nothing], ">=": [nothing]}
        for family in self._in_order:
            rows.append(family.positions[family.requirement == requirement])
        for part in (part for parts in self.columns.values() for part in parts):
            for sense, columns, ids in part.required:
                bounds[sense].append(columns[ids == requirement])
        found = Keepers(np.concatenate(rows), np.concatenate(bounds[">="]), np.concatenate(bounds["<="]))
        if not len(found.rows) + len(found.lower) + len(found.upper):
            raise KeyError(requirement)
        return found

    def relax(self, requirement: str) -> Keepers:
        """Let a whole requirement ask nothing any more: its rows are free, its bounds are the natural ones.

        A session that is open on the model is told by ``engine.session.relax``.

        Raises:
            KeyError: no row and no bound keeps it.
        """
        found = self.keepers(requirement)
        self.relaxed_rows = np.union1d(self.relaxed_rows, found.rows)
        self.column_lower[found.lower] = 0.0
        self.column_upper[found.upper] = np.inf
        return found

    def rows_from(self, first: int) -> list[Rows]:
        """Families of rows in the order of their declaration, from the one that begins with row ``first`` on."""
        start = bisect_left(self._in_order, first, key=lambda family: family.first)
        return self._in_order[start:]

    def compressed_rows(self, first: int = 0) -> CompressedRows:
        """Rows from ``first`` on (where a family begins), with their limits as they stand now."""
        return compressed(self.rows_from(first), *self.row_limits(np.arange(first, self.row_count)))

    def row_limits(self, rows: Codes) -> tuple[Floats, Floats]:
        """Smallest and largest activity of some rows as they stand now; infinite where there is none."""
        bound, sign, free = self.row_bound[rows], self._row_sense.values[rows], np.isin(rows, self.relaxed_rows)
        return np.where((sign < 0) | free, -np.inf, bound), np.where((sign > 0) | free, np.inf, bound)

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

    def _declared(
        self,
        name: str,
        labels: Mapping[str, Codes],
        rows: tuple[Sequence[Terms], Sense, float | Floats],
        unit: str,
        kept: tuple[str | Ids, Strength, bool],
    ) -> Rows:
        """A family of rows; ``kept``: the requirement that they keep, its strength, whether they are rules."""
        (terms, sense, bound), (requirement, strength, is_rule) = rows, kept
        dims, count = tuple(labels), len(next(iter(labels.values())))
        if len(np.unique(self._keys(dims, labels))) < count:
            raise SolverError(Text("model.row_twice", {"family": name}))
        matrix = self._matrix(name, labels, [part for part in terms if len(part)])
        bounds = np.broadcast_to(bound, count).astype(float)
        ids = np.broadcast_to(np.asarray(requirement, dtype=object), count)
        family = Rows(name, dims, unit, labels, sense, bounds, matrix, self.row_count, ids, strength, is_rule)
        self._row_bound.extend(bounds)
        self._row_sense.extend(np.full(count, _SIGN[sense]))
        self._in_order.append(family)
        self.rows.setdefault(name, []).append(family)
        return family

    def _requirement(self, path: str, strength: Strength, unit: str) -> Requirement:
        return Requirement(path, strength, unit, self._sentences.get(path, ""), nearest(self._places, path))

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
        kept = np.full(len(keys), ledger.requirement, dtype=object)
        for provision in ledger.provisions:
            if provision.parameter is not None:
                kept[np.searchsorted(keys, self._keys(ledger.dims, provision.labels))] = provision.parameter
        rows = self.constrain(ledger.row_name, labels, entries, ledger.sense, bound, unit=ledger.unit, requirement=kept)
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
