"""Aversion to inequality, on a dial: from the mean (0) to the worst-off (towards infinity).

The plan with the highest equally distributed equivalent E is sought: the level which, had by everybody, would be worth
as much as the levels are,

    u(E) = sum w * u(y)   with   u(y) = y^(1 - aversion) / (1 - aversion),   u(y) = ln y at aversion 1.

Below one level point u goes on in a straight line, so that a town with nothing does not outweigh all others.

u is concave and stands in the model as tangents: slopes that fall from piece to piece, aversion_piece[comparison,
outcome, segment], which add up to the outcome (rows aversion_filling[comparison, outcome]). The objective is scaled so
that near the maximin plan one unit is one level point. The tangent points are chosen so that the tangents at y stay
below u(y * (1 + r)), with r * y = 0.01 level points or less: E never exceeds min(100, y * (share of the smallest
town)^(1 / (1 - aversion))), the second part where aversion > 1, and r is 0.01 over that. Since E rises at most in
proportion to the levels, the E that the tangents promise is at most 0.01 level points above the plan's own, and so is
the best E of all. Tangent points run from the least level that a plan as good as the maximin plan can have (a tenth
lower, so that later stages may give way) to 100 or where a further point is worth less than 1e-7 of one at the middle.

The first question raises the worst-off outcome; it only says where to put the points. With aversion 0 the step is that
of total.

Source: Atkinson, On the measurement of inequality, Journal of Economic Theory 2 (1970); tangents of a concave function
as a linear programme: Charnes and Lemke, Minimization of non-linear separable convex functionals, Naval Research
Logistics Quarterly 1 (1954).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from allocator.engine.criteria.inequality import comparison_labels, next_comparison, of_outcomes
from allocator.engine.criteria.ordered import maximin
from allocator.engine.criteria.step import LEVEL_GRID, Hold, Step, Steps
from allocator.engine.criteria.total import total, weighted_mean
from allocator.model import Floats, Model, Outcome, Terms

FLOOR = 1.0
"""Level points below which u goes on in a straight line."""
TOP = 100.0
ACCURACY = 0.01
"""Level points by which the tangents may promise too much."""

_WIDEST = 0.25
"""Largest logarithm of the ratio of neighbouring tangent points."""
_SAFETY = 0.95
"""Part of the width that the second-order error allows; the rest is for the higher orders."""
_STEEPEST, _FLATTEST = 1e6, 1e-7
"""Slopes of the objective, in level points a level point; steeper and flatter ones are lost in a solver's tolerance."""
_MARGIN = 0.9
_PROBE_GAP = 0.01


def equal_level(outcomes: Floats, weights: Floats, aversion: float) -> float:
    """Equally distributed equivalent of a vector of outcomes, in their unit.

    Raises:
        ValueError: the aversion is negative.
    """
    if aversion < 0:
        raise ValueError(aversion)
    if aversion == 0:
        return weighted_mean(outcomes, weights)
    scale = Utility(aversion, max(FLOOR, float(outcomes.min())))
    return scale.level(weighted_mean(scale.of(outcomes), weights))


def inequality_aversion(model: Model, outcome: Outcome, weights: Floats, aversion: float, of: str = "") -> Steps:
    """Raise the equally distributed equivalent as far as possible; ``of`` begins the step's name (``mean_``, say)."""
    if aversion == 0:
        yield from total(outcome, weights, of)
        return
    x = yield replace(next(maximin(model, outcome, of)), probe=True, gap=_PROBE_GAP)
    start = outcome.at(x)
    utility = Utility(aversion, max(FLOOR, equal_level(start, weights, aversion)))
    w = weights / weights.sum()
    tangents = pieces(utility, float(start.min()), float(w.min()))
    objective, constant = _filled(model, outcome, w, tangents)

    def at_plan(x: Floats) -> float:
        return weighted_mean(utility.of(outcome.at(x)), weights)

    def hold(value: float, _x: Floats) -> Hold:
        level = utility.level(value)
        held_at = (round(level / LEVEL_GRID) - 1) * LEVEL_GRID
        bound = float(utility.of(np.array([held_at]))[0])
        per_grid = bound - float(utility.of(np.array([held_at - LEVEL_GRID]))[0])
        return Hold(level, held_at, objective, ">=", bound - constant, per_grid)

    yield Step(
        f"{of}equal_level",
        objective,
        constant,
        maximise=True,
        grid=LEVEL_GRID,
        give_weight=1.0,
        at_plan=at_plan,
        hold=hold,
        shown=lambda x: equal_level(outcome.at(x), weights, aversion),
    )


@dataclass(frozen=True)
class Utility:
    """u, shifted and scaled so that at the level ``middle`` it is ``middle`` and rises by one a level point."""

    aversion: float
    middle: float

    def of(self, levels: Floats) -> Floats:
        """Utility of levels, in level points near the middle."""
        high = np.maximum(levels, FLOOR)
        return self._curved(high) + (levels - high) * self.slope(high)

    def slope(self, levels: Floats) -> Floats:
        """What one level point more is worth, at or above the floor."""
        return np.asarray((levels / self.middle) ** -self.aversion, dtype=float)

    def level(self, utility: float) -> float:
        """The level that has this utility."""
        low = np.array([FLOOR])
        least = float(self._curved(low)[0])
        if utility < least:
            return FLOOR + (utility - least) / float(self.slope(low)[0])
        more, power = utility / self.middle - 1.0, 1.0 - self.aversion
        if power < 0:  # utility ends where levels do
            more = min(more, float(np.expm1(power * np.log(TOP / self.middle)) / power))
        return self.middle * float(np.exp(more if power == 0 else np.log1p(power * more) / power))

    def _curved(self, levels: Floats) -> Floats:
        part = np.log(levels / self.middle)
        power = 1.0 - self.aversion
        grown = part if power == 0 else np.expm1(power * part) / power
        return np.asarray(self.middle * (1.0 + grown), dtype=float)


@dataclass(frozen=True)
class Pieces:
    """The tangents of a utility, from below."""

    slopes: Floats
    ends: Floats
    """Levels where each tangent but the last gives way to the next."""
    begin: float
    """Utility by the first tangent at its end."""


def pieces(utility: Utility, worst: float, smallest_share: float) -> Pieces:
    """Tangents of a utility; ``worst`` is the least level of a plan at hand, weights sum to 1."""
    aversion = utility.aversion
    above = _root(1.0 / smallest_share, aversion - 1.0) if aversion > 1 else np.inf
    least = utility.middle / _root(_STEEPEST, aversion)
    points = [max(FLOOR, least, _MARGIN * worst / above)]
    last = min(TOP, utility.middle * _root(1.0 / _FLATTEST, aversion))
    while points[-1] < last or len(points) < 2:
        error = ACCURACY / min(TOP, above * points[-1])
        width = min(_WIDEST, _SAFETY * float(np.sqrt(8.0 * error / aversion)))
        points.append(points[-1] * float(np.exp(width)))
    at = np.array(points)
    slopes = utility.slope(at)
    intercepts = utility.of(at) - slopes * at
    ends = (intercepts[1:] - intercepts[:-1]) / (slopes[:-1] - slopes[1:])
    return Pieces(slopes, ends, float(intercepts[0] + slopes[0] * ends[0]))


def _root(number: float, order: float) -> float:
    """number^(1 / order), but not beyond what a float holds."""
    return float(np.exp(min(500.0, np.log(number) / order)))


def _filled(model: Model, outcome: Outcome, w: Floats, tangents: Pieces) -> tuple[Terms, float]:
    """Columns of the pieces, filled up to the outcomes; the weighted utility as terms and a constant."""
    comparison, count, many = next_comparison(model), len(outcome), len(tangents.slopes)
    which, segment = (codes.ravel().astype(np.intp) for codes in np.indices((count, many)))
    labels = {**comparison_labels(comparison, count * many), "outcome": which, "segment": segment}
    lower = np.concatenate([[-np.inf], np.zeros(many - 1)])
    upper = np.concatenate([[0.0], np.diff(tangents.ends), [np.inf]])
    piece = model.variables("aversion_piece", labels, outcome.unit, lower=lower[segment], upper=upper[segment])
    filling = {**comparison_labels(comparison, count), "outcome": np.arange(count, dtype=np.intp)}
    mine = piece.labelled({dim: labels[dim] for dim in filling})
    left = [of_outcomes(outcome, comparison), -mine]
    bound = tangents.ends[0] - outcome.constant
    model.define("aversion_filling", filling, left, "==", bound, unit=outcome.unit)
    return (piece * (w[which] * tangents.slopes[segment])).labelled({}), tangents.begin
