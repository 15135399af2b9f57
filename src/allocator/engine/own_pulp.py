"""Rules that a user writes in PuLP on the labelled variables of a model.

``f(problem, families)`` is called once for each model that is built. What it adds to the PuLP problem is read back as
arrays and declared on the model (see own_rules); what cannot be obeyed is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
import pulp

from allocator.engine.own_rules import OWN, OwnRows, OwnVariables, declare
from allocator.model import Model
from allocator.model.handles import Families
from allocator.model.pulp_problem import SENSES, PulpProblem, readable
from allocator.scenario.plan_year import Scenario
from allocator.words.errors import Finding, InputError
from allocator.words.texts import Text

Extend = Callable[[pulp.LpProblem, Families], None]
"""Adds rules, and variables for them, to the PuLP problem of a model whose variables it gets by family and labels."""

_UNNAMED = re.compile(r"_C\d+")
"""Names that PuLP gives to constraints without one."""


@dataclass(frozen=True)
class FromPulp:
    """Declares on a model what ``extend`` adds to its PuLP problem."""

    extend: Extend
    without: frozenset[str] = frozenset()
    """Rules that are left out again: to see whether they are to blame."""

    def __call__(self, model: Model) -> None:
        """Raises InputError where the additions cannot be obeyed."""
        written = PulpProblem(model, readable)
        _call(self.extend, written, model)
        variables, rows = _read(written, model)
        declare(model, variables, rows.only(np.array([name not in self.without for name in rows.names], dtype=bool)))


def extended(scenario: Scenario, extend: Extend | None) -> Scenario:
    """The scenario with rules of a user's own on every model that is built of it; as it is without any."""
    return scenario if extend is None else replace(scenario, extension=FromPulp(extend))


def _call(extend: Extend, written: PulpProblem, model: Model) -> None:
    """Let the user add; errors of PuLP that say little become errors that say more."""
    try:
        extend(written.problem, Families(written, model))
    except pulp.PulpError as wrong:
        said = str(wrong)
        if "overlapping" in said:
            raise _error("own.taken", name=said.rpartition(": ")[2]) from wrong
        raise _error("own.no_number" if "inf" in said else "own.refused", why=said) from wrong
    except TypeError as wrong:
        said = str(wrong)
        if "on-constant expression" in said or ("Lp" in said and "operand" in said):
            raise _error("own.nonlinear", why=said) from wrong
        if "False object" in said or "Can only add" in said:
            raise _error("own.no_constraint", why=said) from wrong
        raise


def _read(written: PulpProblem, model: Model) -> tuple[OwnVariables, OwnRows]:
    """What was added to a problem, as arrays."""
    problem, known = written.problem, len(written.rows)
    constraints = problem.constraints()
    _unchanged(written, model, constraints)
    added = constraints[known:]
    position = {id(variable): at for at, variable in enumerate(written.columns)}
    own: list[pulp.LpVariable] = []
    cells: list[tuple[int, int, float]] = []
    for row, constraint in enumerate(added):
        for variable, coefficient in constraint.items():
            if id(variable) not in position:
                position[id(variable)] = len(written.columns) + len(own)
                own.append(variable)
            cells.append((row, position[id(variable)], float(coefficient)))
    rules = _rule_names(added, {each.name for each in written.rows})
    _variable_names(own, {each.name for each in written.columns})
    at = np.array([(row, column) for row, column, _ in cells], dtype=np.intp).reshape(-1, 2)
    senses = {number: sense for sense, number in SENSES.items()}
    variables = OwnVariables(
        tuple(each.name for each in own),
        np.array([-np.inf if each.lowBound is None else each.lowBound for each in own], dtype=float),
        np.array([np.inf if each.upBound is None else each.upBound for each in own], dtype=float),
        np.array([each.cat == pulp.LpInteger for each in own], dtype=bool),
    )
    rows = OwnRows(
        rules,
        tuple(senses[each.sense] for each in added),
        np.array([0.0 - each.constant for each in added], dtype=float),
        at[:, 0],
        at[:, 1],
        np.array([coefficient for *_, coefficient in cells], dtype=float),
    )
    wrong = ~np.isfinite(rows.bound)
    wrong[rows.row[~np.isfinite(rows.coefficient)]] = True
    if wrong.any():
        raise _error("own.not_finite", name=rules[int(np.flatnonzero(wrong)[0])])
    return variables, rows


def _unchanged(written: PulpProblem, model: Model, constraints: list[pulp.LpConstraint]) -> None:
    """Raises InputError if something that was there is not as it was: objective, bounds, kinds or rows."""
    problem = written.problem
    if problem.objective is not None or problem.sense != pulp.LpMinimize:
        raise _error("own.objective")
    if problem.sos1 or problem.sos2:
        raise _error("own.sets")
    fresh = PulpProblem(model, readable)
    for mine, other in zip(written.columns, fresh.columns, strict=True):
        if (mine.name, mine.lowBound, mine.upBound, mine.cat) != (other.name, other.lowBound, other.upBound, other.cat):
            raise _error("own.changed_variable", name=other.name)
    same = constraints[: len(written.rows)]
    for at, row in enumerate(written.rows):
        other = fresh.rows[at]
        if at >= len(same) or same[at] is not row or not _alike(row, other):
            raise _error("own.changed_row", name=other.name)


def _alike(mine: pulp.LpConstraint, other: pulp.LpConstraint) -> bool:
    terms = [[(variable.name, coefficient) for variable, coefficient in each.items()] for each in (mine, other)]
    return bool((mine.name, mine.sense, mine.constant) == (other.name, other.sense, other.constant)) and (
        terms[0] == terms[1]
    )


def _rule_names(added: list[pulp.LpConstraint], taken: set[str]) -> tuple[str, ...]:
    """Names of the rules; those that have none are called own_1, own_2, ..."""
    given = [None if not each.name or _UNNAMED.fullmatch(each.name) else str(each.name) for each in added]
    for name in given:
        if name in taken:
            raise _error("own.taken", name=name)
        if name is not None:
            taken.add(name)
    free = (name for at in count(1) if (name := f"own_{at}") not in taken)
    return tuple(next(free) if name is None else name for name in given)


def _variable_names(own: list[pulp.LpVariable], taken: set[str]) -> None:
    """Raises InputError for a name that is missing, of another variable, or of a variable of another problem."""
    seen = set[str]()
    for variable in own:
        name = variable.name
        if not name:
            raise _error("own.unnamed_variable")
        if name in taken:
            raise _error("own.other_problem", name=name)
        if name in seen:
            raise _error("own.taken", name=name)
        if variable.lowBound is not None and variable.upBound is not None and variable.lowBound > variable.upBound:
            raise _error("own.crossed", name=name)
        seen.add(name)


_CODES: Mapping[str, str] = {
    "own.refused": "E901",
    "own.nonlinear": "E902",
    "own.no_constraint": "E903",
    "own.objective": "E904",
    "own.changed_variable": "E905",
    "own.changed_row": "E905",
    "own.taken": "E906",
    "own.other_problem": "E907",
    "own.unnamed_variable": "E906",
    "own.not_finite": "E908",
    "own.no_number": "E908",
    "own.crossed": "E908",
    "own.sets": "E909",
}


def _error(key: str, *, name: str = "", why: str = "") -> InputError:
    """One finding that says what is wrong with the additions."""
    return InputError([Finding(_CODES[key], None, OWN, Text(key, {"name": name, "why": why}), name or None)])
