"""Hours for money that is settled: the largest loss of level is made least, then the hours closest to a plan are taken.

    minimise  level_lost   subject to  level[town, year] + level_lost >= level in the plan        rows level_kept
    minimise  sum over hours and heads of ((decision - plan) / HOURS_SCALE)^2   with  level_lost <= its least,
              rounded onto LEVEL_GRID and one step more, so that solvers hold the same number

All rules stand, goals that are met too where the money lets them; money, units and whole things are what was settled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from allocator.engine.build import build
from allocator.engine.criteria.goals import MET
from allocator.engine.opening import Opening
from allocator.engine.project import Polyhedron, project
from allocator.engine.session import Limits
from allocator.engine.stages import integer_values
from allocator.engine.tie_break import HOURS_SCALE, SIZE_LIMIT, column_bounds, settled_columns
from allocator.model import Codes, Floats, Model, Terms
from allocator.scenario.plan_year import Scenario

OF_LEVELS = ("cells", "pieces")
"""Units of whole columns that follow from the levels."""
FREE_UNITS = ("hours", "heads")
"""Units of the decisions that are taken anew."""
LEVEL_GRID = 1e-4
"""Level points onto which the largest loss is rounded."""
GOAL_SLACK = 1e-6
"""What a goal that is met may fall short [percent of the target]."""


@dataclass(frozen=True, eq=False)
class Hours:
    """A plan with the money asked for."""

    x: Floats
    """Columns of build(scenario)."""
    loss: float
    """Least possible largest loss of a town's level [level points]; nan if it was not found."""
    how: str
    """``converged``: the hours are the closest ones; otherwise why they are only possible ones."""


def hours_for_money(
    scenario: Scenario, plan: Floats, money: tuple[Codes, Floats], possible: Floats, opening: Opening, limits: Limits
) -> Hours:
    """The hours (and heads) of a plan whose money is settled.

    Args:
        scenario: What is planned.
        plan: Plan to stay close to; its levels are what is lost.
        money: Columns that are money, and their values.
        possible: A plan with this money, kept where no better one is found.
        opening: Opens a session on a model.
        limits: When to stop.
    """
    model = build(scenario)
    base = np.arange(model.column_count, dtype=np.intp)
    published = published_columns(model)
    columns = np.concatenate([money[0], published])
    values = np.concatenate([money[1], np.round(plan[published])])
    session = opening(model, limits)
    session.set_column_bounds(columns, values, values)
    session.hold_integers(*integer_values(model, possible[base]))
    lost = _loss(model, plan)
    kept = met_goals(model, plan)
    session.set_column_bounds(kept, np.zeros(len(kept)), np.full(len(kept), GOAL_SLACK))
    found = session.solve(lost, 0.0, False, LEVEL_GRID / 10)
    if not found.has_plan and len(kept):
        session.set_column_bounds(kept, np.zeros(len(kept)), np.full(len(kept), np.inf))
        found = session.solve(lost, 0.0, False, LEVEL_GRID / 10)
    solved = found.status == "optimal"
    start = found.x if solved else np.append(possible[base], np.full(len(lost), 100.0))
    if solved:
        held = np.full(len(lost), (round(found.value / LEVEL_GRID) + 1) * LEVEL_GRID)
        session.set_column_bounds(lost.column, np.zeros(len(lost)), held)
    fixed = np.zeros(len(start), dtype=bool)
    fixed[columns] = True
    start[columns] = values
    fixed[settled_columns(model, start)] = True
    _pay_units(model, start, fixed)
    closest, how = _closest(model, start, fixed, plan)
    return Hours(closest[base], float(found.value) if solved else np.nan, how)


def met_goals(model: Model, plan: Floats) -> Codes:
    """Shortfalls of the goals that a plan meets: they are rules."""
    if "shortfall" not in model.columns:
        return np.zeros(0, dtype=np.intp)
    shortfall = model.family("shortfall").column
    return shortfall[plan[shortfall] <= MET]


def published_columns(model: Model) -> Codes:
    """Whole things and everything counted in pairs: decisions that stay as they are."""
    parts = [part for parts in model.columns.values() for part in parts]
    published = [part for part in parts if part.integer or part.unit == "pairs"]
    columns = [part.terms.column for part in published if part.unit not in OF_LEVELS]
    return np.unique(np.concatenate([np.zeros(0, dtype=np.intp), *columns]))


def _loss(model: Model, plan: Floats) -> Terms:
    """Declare the largest loss of level; no column where the plan has no levels."""
    if "level" not in model.columns:
        nothing = np.zeros(0, dtype=np.intp)
        return Terms({}, nothing, np.zeros(0))
    level = model.family("level")
    lost = model.variables("level_lost", {"year": level["year"][:1]}, "level points")
    everywhere = Terms(level.labels, np.repeat(lost.column, len(level)), np.ones(len(level)))
    model.define("level_kept", level.labels, [level, everywhere], ">=", plan[level.column], unit="level points")
    return lost


def _pay_units(model: Model, x: Floats, fixed: np.ndarray) -> None:
    """Units that the money pays for, exactly; they are fixed from here on."""
    is_units = np.zeros(len(x), dtype=bool)
    for part in model.columns.get("units", ()):
        is_units[part.terms.column] = True
    for family in model.rows.get("costing", ()):
        of_units = is_units[family.matrix.column]
        other, lines = family.matrix.where(~of_units), family.matrix.where(of_units)
        paid = -np.bincount(other["row"], weights=other.coefficient * x[other.column], minlength=len(family))
        x[lines.column] = paid[lines["row"]] / lines.coefficient
        fixed[lines.column] = True


def _closest(model: Model, start: Floats, fixed: np.ndarray, plan: Floats) -> tuple[Floats, str]:
    """The plan whose free hours and heads are closest to the plan's, from one that keeps the rules."""
    if len(start) > SIZE_LIMIT:
        return start, "skipped (size)"
    weighted, target = np.zeros(len(start), dtype=bool), np.zeros(len(start))
    for part in (part for parts in model.columns.values() for part in parts if part.unit in FREE_UNITS):
        weighted[part.terms.column] = True
        target[part.terms.column] = plan[part.terms.column] - start[part.terms.column]
    step = project(_steps(model, start, fixed), target, np.full(len(start), HOURS_SCALE), weighted & ~fixed)
    return (start + step.x, "converged") if step.converged else (start, "not converged")


def _steps(model: Model, start: Floats, fixed: np.ndarray) -> Polyhedron:
    """All plans as steps from one that keeps the rules up to the solver's tolerance; fixed columns stay."""
    matrices, lower, upper = [], [], []
    for family in (part for parts in model.rows.values() for part in parts):
        terms = family.matrix
        shape = (len(family), len(start))
        matrix = sparse.csr_array((terms.coefficient, (terms["row"], terms.column)), shape=shape)
        room = family.bound - matrix @ start
        free = np.full(len(room), np.inf)
        sides = {"==": (room, room), ">=": (np.minimum(room, 0.0), free), "<=": (-free, np.maximum(room, 0.0))}
        matrices.append(matrix)
        lower.append(sides[family.sense][0])
        upper.append(sides[family.sense][1])
    low, high = column_bounds(model)
    low, high = np.minimum(low - start, 0.0), np.maximum(high - start, 0.0)
    low[fixed] = high[fixed] = 0.0
    whole = sparse.csr_array(sparse.vstack(matrices))
    return Polyhedron(whole, np.concatenate(lower), np.concatenate(upper), low, high)
