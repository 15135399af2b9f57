"""Which rules of a built model contradict one another: a smallest set of them, and by how much each would be broken.

Rules are taken out one family after the other (bounds of columns that are rules count as families); a family without
which the model is still infeasible is left out for good. What remains is irreducible: without any one of its families
there is a plan.

Source: deletion filter, Chinneck and Dravnieks 1991, ORSA Journal on Computing 3(2).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from allocator.engine.opening import Opening
from allocator.engine.session import Limits, Solution
from allocator.engine.tie_break import column_bounds
from allocator.engine.timing import soonest
from allocator.model import Codes, Floats, Model, Rows, Sense, Terms, joined, joined_key

PROBE_SECONDS = 10.0
"""Longest look at one set of rules; a set that is undecided by then counts as having a plan."""
EXCESS_ZERO = 1e-6
"""Excess below which a row counts as kept."""
EXCESS_GAP = 1e-3
"""Absolute gap of the least excess, in the rule's unit."""


@dataclass(frozen=True)
class RuleConflict:
    """A rule that cannot be kept together with the others of the conflict."""

    rule: str
    excess: float
    """Least sum by which it would be broken if the others are kept, in its unit; nan if that was not found in time."""
    unit: str
    keys: tuple[str, ...]
    """Where it would be broken: labels but the year, joined by "/"."""


@dataclass(frozen=True, eq=False)
class Infeasible:
    """A model without a plan, and what is known of it."""

    model: Model
    fixed: tuple[Codes, Floats]
    """Columns that keep a value, and the values."""
    opening: Opening
    limits: Limits


@dataclass(frozen=True, eq=False)
class _Rule:
    """Rows that keep a rule, or a definition that always stands."""

    name: str
    unit: str
    labels: dict[str, Codes]
    sense: Sense
    bound: Floats
    terms: Terms


def conflicting_rules(case: Infeasible) -> tuple[RuleConflict, ...]:
    """A smallest set of rules that contradict one another; empty if the model is infeasible without any rule.

    Rules whose unit is not yuan are first taken out all at once, which mostly settles them.
    """
    every = [part for parts in case.model.rows.values() for part in parts if len(part)]
    standing = [_row_rule(part) for part in every if not part.is_rule]
    rules = [_row_rule(part) for part in every if part.is_rule] + list(_bound_rules(case.model))
    left = list(dict.fromkeys(rule.name for rule in rules))
    money = {rule.name for rule in rules if rule.unit == "yuan"}
    for group in [[name for name in left if name not in money], *([name] for name in left)]:
        fewer = [name for name in left if name not in group]
        kept = [*standing, *(rule for rule in rules if rule.name in fewer)]
        if len(fewer) < len(left) and _solved(case, _assembled(case, kept), Terms({}, _NONE, np.zeros(0))) is None:
            left = fewer
    conflict = [rule for rule in rules if rule.name in left]
    return tuple(_excess(case, [*standing, *conflict], name) for name in left)


_NONE: Codes = np.zeros(0, dtype=np.intp)


def _row_rule(part: Rows) -> _Rule:
    row = part.matrix["row"]
    terms = part.matrix.labelled({dim: codes[row] for dim, codes in part.labels.items()})
    return _Rule(part.name, part.unit, dict(part.labels), part.sense, part.bound, terms)


def _bound_rules(model: Model) -> Iterator[_Rule]:
    """Bounds of columns that are rules, as rows."""
    for part in (part for parts in model.columns.values() for part in parts):
        for rule, sense, bound in part.bound_rules:
            told = np.isfinite(bound) & ((bound > 0) | (sense == "<="))
            if told.any():
                cells = part.terms.where(told)
                yield _Rule(rule.name, part.unit, dict(cells.labels), sense, bound[told], cells)


def _assembled(case: Infeasible, rules: Sequence[_Rule], broken: str | None = None) -> Model:
    """A copy of the model with its columns and the given rules; those of the family ``broken`` may be exceeded."""
    made = Model([], {}, [])
    made.axes = case.model.axes
    _copy_columns(case, made)
    for rule in rules:
        terms = [rule.terms]
        if rule.name == broken:
            for side, sign in (("short", 1.0), ("over", -1.0)):
                if rule.sense in ("==", ">=" if side == "short" else "<="):
                    terms.append(made.variables(side, rule.labels, rule.unit) * sign)
        made.define(rule.name, rule.labels, terms, rule.sense, rule.bound, unit=rule.unit)
    return made


def _copy_columns(case: Infeasible, made: Model) -> None:
    """All columns in their order, fixed ones at their value, the others within bounds that are no rules."""
    low, high = column_bounds(case.model)
    parts = [part for parts in case.model.columns.values() for part in parts if len(part.terms)]
    for part in parts:
        if part.lower_rule is not None:
            low[part.terms.column] = 0.0
        if part.upper_rule is not None:
            high[part.terms.column] = np.inf
    columns, values = case.fixed
    low[columns] = high[columns] = values
    for part in sorted(parts, key=lambda each: int(each.terms.column[0])):
        at = part.terms.column
        made.variables(part.name, part.terms.labels, part.unit, lower=low[at], upper=high[at], integer=part.integer)


def _solved(case: Infeasible, probe: Model, objective: Terms) -> Solution | None:
    """The least value of an objective over a probe; none if it has no plan."""
    session = case.opening(probe, soonest(case.limits, PROBE_SECONDS))
    found = session.solve(objective, 0.0, False, EXCESS_GAP)
    return None if found.status == "infeasible" else found


def _excess(case: Infeasible, rules: Sequence[_Rule], name: str) -> RuleConflict:
    """By how much one rule must be broken so that the others can be kept."""
    probe = _assembled(case, rules, name)
    parts = [part for side in ("short", "over") for part in probe.columns.get(side, ())]
    found = _solved(case, probe, joined([part.terms for part in parts], ()))
    unit = next(rule.unit for rule in rules if rule.name == name)
    if found is None or not found.has_plan:
        return RuleConflict(name, np.nan, unit, ())
    keys: list[str] = []
    for part in parts:
        broken = part.terms.where(found.x[part.terms.column] > EXCESS_ZERO)
        keys += joined_key(probe, broken.labels).tolist()
    return RuleConflict(name, float(found.value), unit, tuple(dict.fromkeys(keys)))
