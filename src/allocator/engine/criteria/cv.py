"""差异系数 (coefficient of variation) as a limit: a cone of second order, cut out by tangents.

sqrt(sum w * d^2) <= s with d = y - m and s = at_most * m is the same as

    sum w * z <= s   with   z * s >= d^2 for each outcome,

and each z >= d^2 / s is the envelope of its tangents, one for every slope q = d / s:

    z >= 2 * q * d - q^2 * s

z is cv_square[comparison, outcome], m is compared_mean[comparison] (row averaging[comparison]); the tangents are the
rows cv_tangent[comparison, outcome, tangent], the limit is the row cv_limit[comparison]. The tangents at
q = -2, -1, 1, 2 stand from the start; further ones are added at the plan found, for each outcome that violates its own,
and the plan is asked for again until none is added. A tangent holds for every plan that keeps the limit, so that none
is ever lost. Tangents outcome by outcome need six to ten rounds, one cut for all outcomes together hundreds. The loop
belongs to every solve of the model.

The limit counts as kept where cv <= at_most * (1 + 1e-5). With at_most = 0 the first tangents alone make all outcomes
equal.

Source: 差异系数 see measures; tangents of the perspective function: Kelley, The cutting-plane method for solving convex
programs, Journal of SIAM 8 (1960); one for each term: Vielma, Ahmed, Nemhauser, A lifted linear programming
branch-and-bound algorithm for mixed-integer conic quadratic programs, INFORMS Journal on Computing 20 (2008), and
Hijazi, Bonami, Ouorou, An outer-inner approximation for separable MINLPs, INFORMS Journal on Computing 26 (2014).
"""

from __future__ import annotations

import numpy as np

from allocator.blocks.shared.inequality import variation
from allocator.engine.criteria.inequality import comparison_labels, for_each, mean_column, next_comparison, of_outcomes
from allocator.model import Codes, Floats, Model, Outcome, constant_label

CV_TOLERANCE = 1e-5
"""Relative: how far above its limit the 差异系数 may end."""

_FIRST_SLOPES = (-2.0, -1.0, 1.0, 2.0)
_VIOLATED = 1e-6
"""Share of s by which z falls short before an outcome gets another tangent; where cv is too high, one does by 2e-5."""


class CvLimit:
    """The limit cv <= at_most on a set of outcomes, tightened as plans come in."""

    def __init__(
        self, model: Model, outcome: Outcome, weights: Floats, at_most: float, *, requirement: str = ""
    ) -> None:
        """Declare the limit with its first tangents.

        Args:
            model, outcome: the model, and what is compared.
            weights: weight of each outcome, in their order.
            at_most: largest 差异系数.
            requirement: the part of the scenario that asks for it.
        """
        self.outcome, self.weights, self.at_most = outcome, weights / weights.sum(), at_most
        self._comparison, self._tangents = next_comparison(model), 0
        self._every = np.arange(len(outcome), dtype=np.intp)
        here = comparison_labels(self._comparison, 1)
        self._mean = mean_column(model, outcome, self.weights, self._comparison)
        labels = {**comparison_labels(self._comparison, len(outcome)), "outcome": self._every}
        self._square = model.variables("cv_square", labels, outcome.unit)
        total = (self._square * self.weights).labelled(comparison_labels(self._comparison, len(outcome)))
        parts = [total, self._mean * -at_most]
        self._limit = model.define("cv_limit", here, parts, "<=", 0.0, unit=outcome.unit, requirement=requirement)
        for slope in _FIRST_SLOPES:
            self._add(model, self._every, np.full(len(outcome), slope))

    def value(self, x: Floats) -> float:
        """差异系数 of a plan's outcomes; nan where their mean is zero."""
        return variation(self.outcome.at(x), self.weights)

    def is_kept(self, x: Floats) -> bool:
        """Whether a plan keeps the limit within the tolerance; where the mean is zero, it does."""
        return not self.value(x) > self.at_most * (1 + CV_TOLERANCE)

    def add_cuts(self, model: Model, x: Floats) -> int:
        """Add the tangents that a plan violates; how many. None where the plan keeps the limit, or it was relaxed."""
        if self.at_most == 0 or self.is_kept(x) or self._limit.first in model.relaxed_rows:
            return 0
        level = self.outcome.at(x)
        mean = float(self.weights @ level)
        slope = (level - mean) / (self.at_most * mean)
        short = slope**2 - x[self._square.column] / (self.at_most * mean)
        violated = np.flatnonzero(short > _VIOLATED)
        if len(violated):
            self._add(model, violated, slope[violated])
        return len(violated)

    def _add(self, model: Model, chosen: Codes, slope: Floats) -> None:
        """2 * q * (y - m) - q^2 * s - z <= 0 for the chosen outcomes, one slope each."""
        count = len(chosen)
        labels = {
            **comparison_labels(self._comparison, count),
            "outcome": chosen,
            "tangent": constant_label(self._tangents, count),
        }
        of = np.zeros(len(self.outcome))
        of[chosen] = slope
        mine = of_outcomes(self.outcome, self._comparison)
        mine = mine.where(np.isin(mine["outcome"], chosen))
        tangent = {"tangent": constant_label(self._tangents, len(mine))}
        level = (mine * (2.0 * of[mine["outcome"]])).labelled({**mine.labels, **tangent})
        mean = for_each(self._mean, labels) * -(2.0 * slope + slope**2 * self.at_most)
        square = -self._square.where(chosen).labelled(labels)
        bound = -2.0 * slope * self.outcome.constant[chosen]
        model.define("cv_tangent", labels, [level, mean, square], "<=", bound, unit=self.outcome.unit)
        self._tangents += 1
