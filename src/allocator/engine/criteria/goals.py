"""Goals sought: hard goals by the stage `basics`, soft goals by the stage `aspirations`, all years together.

1. shortfall   least sum over goals, places and years of weight * shortfall / target, in shares of a target. The weight
               is the goal's importance; a goal of every town spreads it evenly over the towns.
2. which       where something is missed: among those plans the least sum of (1 + SHA-256(goal, town, year) / 2^256) *
               shortfall / target, so that which goals are missed, and by how much, does not depend on the solver.
3. met         goals that are not missed become rules: their shortfalls together stay at zero from then on. Shown and
               held is how many are met. Steps 1 and 2 alone would let each of them slip by a step of the grid.

A stage that gives way (`give`, in shares of a target) takes step 1 only: what later stages may spend may come from
any goal.

Source: goal programming, weighted within a priority and lexicographic between priorities (Charnes and Cooper 1961;
Ignizio 1976); weights from a hash as in the tie-break.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from allocator.engine.criteria.step import Hold, Step, Steps
from allocator.model import Floats, Model, Terms
from allocator.scenario.plan_year import Scenario
from allocator.scenario.section import Goal

SHORTFALL_GRID = 1e-5
"""Shares of a target."""
MET = 1e-4
"""Shortfall that counts as none [percent of the target]."""
RULE_SLACK = 1e-6
"""What all goals that are met may together fall short once they are rules [percent of the target]: above the
solvers' tolerance, below every written digit."""
RULE_GAP = 1e-8
"""Gap of the step that turns met goals into rules [percent of the target]."""
PERCENT = 100.0


def basics(model: Model, scenario: Scenario) -> Steps:
    """Lower the shortfall of hard goals as far as possible."""
    return _sought(model, scenario, "hard", gives=False)


def aspirations(model: Model, scenario: Scenario, give: float = 0.0) -> Steps:
    """Lower the shortfall of soft goals as far as possible."""
    return _sought(model, scenario, "soft", gives=give > 0)


def weight(goal: Goal, towns: int) -> float:
    """Weight of one shortfall of a goal, in shares of its target."""
    return goal.importance / (towns if goal.scope == "every_town" else 1)


def _sought(model: Model, scenario: Scenario, strength: str, *, gives: bool) -> Steps:
    shortfall = _shortfall(model, scenario, strength)
    if not len(shortfall):
        return
    goals = {goal.id: goal for plan in scenario.plan_years for goal in plan.common.goals}
    ids, towns = model.axes["goal"].ids, len(scenario.first.towns)
    weights = np.array([weight(goals[ids[code]], towns) for code in shortfall["goal"].tolist()])
    x = yield _least("shortfall", shortfall, weights)
    if gives:
        return
    if len(shortfall) > 1 and (x[shortfall.column] > MET).any():
        missed = _least("which", shortfall, _hashed(model, shortfall))
        x = yield replace(missed, stands=lambda x: bool((x[shortfall.column] > MET).any()))
    is_met = x[shortfall.column] <= MET
    if is_met.any():
        kept = _keep_met(shortfall.where(is_met), shortfall)
        yield replace(kept, stands=lambda x: bool(((x[shortfall.column] <= MET) == is_met).all()))


def _shortfall(model: Model, scenario: Scenario, strength: str) -> Terms:
    """Shortfalls of the goals of a strength, over all years; a goal may change its strength from year to year."""
    if "shortfall" not in model.columns:
        return Terms({}, np.zeros(0, dtype=np.intp), np.zeros(0))
    every = model.family("shortfall")
    own = {
        (model.axes["goal"].code(goal.id), model.axes["year"].code(str(plan.year)))
        for plan in scenario.plan_years
        for goal in plan.common.goals
        if goal.strength == strength
    }
    pairs = zip(every["goal"].tolist(), every["year"].tolist(), strict=True)
    return every.where(np.array([pair in own for pair in pairs], dtype=bool))


def _least(name: str, shortfall: Terms, weights: Floats) -> Step:
    """Least weighted sum of the shortfalls, in shares of the targets."""
    terms = shortfall * (weights / PERCENT)
    return Step(name, terms, 0.0, maximise=False, grid=SHORTFALL_GRID, give_weight=1.0, unit="shares of targets")


def _hashed(model: Model, shortfall: Terms) -> Floats:
    """1 + SHA-256(goal, town, year) / 2^256 for each shortfall; depends on ids alone."""
    names = model.decoded({dim: shortfall[dim] for dim in ("goal", "town", "year")})
    digests = [
        hashlib.sha256("\x1f".join(("shortfall", *ids)).encode()).digest() for ids in zip(*names.values(), strict=True)
    ]
    return np.array([1.0 + int.from_bytes(digest, "big") / 2.0**256 for digest in digests])


def _keep_met(met: Terms, every: Terms) -> Step:
    """Bring the shortfalls of goals that are met to exactly zero and keep them there.

    A plan shows how many of ``every`` goal it meets: after a step that was stopped, later ones may meet more.
    """

    def count(x: Floats) -> float:
        return float((x[every.column] <= MET).sum())

    def hold(_: float, x: Floats) -> Hold:
        most = max(0.0, float(x[met.column].sum())) + RULE_SLACK
        return Hold(float(len(met)), len(met) - SHORTFALL_GRID, met, "<=", most, RULE_SLACK)

    return Step(
        "met", -met, 0.0, maximise=True, grid=SHORTFALL_GRID, at_plan=count, gap=RULE_GAP, hold=hold, unit="goals"
    )
