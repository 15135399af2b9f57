"""One labelled linear model over one pulp problem.

Blocks declare *families* from aligned arrays: variables and rows with labels, units and the requirement
they keep. Labels are held as codes (positions on an axis), so that a family of a million cells is a
handful of arrays; PuLP objects are made in bulk, under short serial names, because PuLP mangles long
ones ("San Juan" = "San_Juan").

Blocks meet only in *ledgers*: a quantity with labels and a unit that anyone supplies or uses. A ledger
that somebody supplies is closed into a family of rows; one that nobody supplies is not part of the plan.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import pulp

from allocator.words.errors import SolverError
from allocator.words.texts import Text

Codes = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]
Sense = Literal["<=", ">=", "=="]

_PULP_SENSE = {"<=": pulp.LpConstraintLE, ">=": pulp.LpConstraintGE, "==": pulp.LpConstraintEQ}


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
    lower_rule: str | None
    """Name under which the lower bound is reported as a rule; none: it is only the natural bound."""
    upper_rule: str | None
    requirement: str


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
    requirement: str

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


@dataclass(frozen=True)
class ParameterUse:
    """Where a scenario number stands in the model: a row bound or a column bound."""

    kind: Literal["row", "lower", "upper"]
    positions: Codes
    """Rows or columns of the whole model."""
    per_unit: Floats
    """Bound for one unit of the parameter (one yuan, for money)."""
    money: bool = False


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


class Curved(Protocol):
    """A rule that no finite set of rows can say: rows are added where a plan breaks it."""

    def add_cuts(self, model: Model, x: Floats) -> int:
        """Add rows that the plan x breaks; how many. None where it keeps the rule."""
        ...


class Model:
    """Families, ledgers, outcomes and parameters over one pulp problem (always a minimisation)."""

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
        self.problem = pulp.LpProblem("allocator", pulp.LpMinimize)
        self.pulp_columns: list[pulp.LpVariable] = []
        self.pulp_rows: list[pulp.LpConstraint] = []

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
        first = len(self.pulp_columns)
        terms = Terms(labels, np.arange(first, first + count, dtype=np.intp), np.ones(count))
        kind = pulp.LpInteger if integer else pulp.LpContinuous
        add, finite = self.problem.add_variable, math.isfinite
        for at, (low, high) in enumerate(zip(lows.tolist(), highs.tolist(), strict=True), start=first):
            made = add(f"x{at:07d}", low if finite(low) else None, high if finite(high) else None, kind)
            made.index = at
            self.pulp_columns.append(made)
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
        family = Rows(name, dims, unit, labels, sense, bounds, matrix, len(self.pulp_rows), requirement)
        self._add_pulp_rows(family)
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
    def size(self) -> dict[str, int]:
        """Columns, rows, nonzeros and integer columns."""
        return {
            "columns": len(self.pulp_columns),
            "rows": len(self.pulp_rows),
            "nonzeros": sum(len(part.matrix) for parts in self.rows.values() for part in parts),
            "integers": sum(len(part.terms) for parts in self.columns.values() for part in parts if part.integer),
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
        cells, first = np.unique(row * len(self.pulp_columns) + every.column, return_inverse=True)
        coefficient = np.bincount(first, weights=every.coefficient)
        kept = coefficient != 0.0
        row, column = np.divmod(cells[kept], len(self.pulp_columns))
        return Terms({"row": row.astype(np.intp)}, column.astype(np.intp), coefficient[kept])

    def _add_pulp_rows(self, family: Rows) -> None:
        sense = _PULP_SENSE[family.sense]
        columns = [self.pulp_columns[at] for at in family.matrix.column.tolist()]
        coefficients = family.matrix.coefficient.tolist()
        ends = np.searchsorted(family.matrix["row"], np.arange(len(family) + 1)).tolist()
        for at, bound in enumerate(family.bound.tolist()):
            cells = slice(ends[at], ends[at + 1])
            left = pulp.LpAffineExpression(dict(zip(columns[cells], coefficients[cells], strict=True)))
            row = pulp.LpConstraint(left, sense, rhs=bound)
            self.problem.addConstraint(row, f"r{family.first + at:07d}")
            self.pulp_rows.append(row)

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
