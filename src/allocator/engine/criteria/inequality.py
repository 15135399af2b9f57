"""Inequality as a limit and as a stage: Gini coefficient, mean deviation and range, each relative to the mean.

Weights w sum to 1, m = sum w * y. Every measure is N / m, and its numerator N is a linear form of helper columns that
is at least N, and equal to it where something pushes it down (numbers: measures).

gini             N = sum over pairs t < u of w_t * w_u * |y_t - y_u|. One column and one row a pair, since
                 |a| = 2 max(a, 0) - a: inequality_gap[comparison, outcome, other] >= y_t - y_u (rows inequality_pair).
mean_deviation   N = sum w * |y - m|. What lies above the mean equals what lies below it, so that N is twice
                 sum w * inequality_below_mean[comparison, outcome], each >= m - y (rows inequality_deviation);
                 m is compared_mean[comparison] (row averaging[comparison]).
range            N = inequality_highest[comparison] - inequality_lowest[comparison], with every outcome between them
                 (rows inequality_ends[comparison, outcome, side]).

As a limit: the row inequality_limit[measure, comparison], N - at_most * m <= 0. Each use of a measure on a set of
outcomes is a comparison of its own, numbered as declared.

As a stage, the smallest ratio: minimise N - ratio * m, take the ratio of the plan found, and again, until it no
longer falls (Dinkelbach). Bisection asks for a plan at each of some fourteen limits to come within 1e-4, and its answer
"there is none" hangs on the solver's tolerance. Here every question is answered by a plan, the ratio falls faster than
linearly, a handful of questions is enough, and the last one proves it, with integer decisions as well: where
N - ratio * m >= -gap, no plan with mean m' has a ratio below ratio - gap / m'. The gap is 1e-6 of the mean of the plan
at hand. The last step keeps the ratio within the bound that is held (the nearest point of the grid, one step worse) and
picks a plan with a high mean there: at the ratio itself, a plan that gives nobody anything would do too. A mean of 0
counts as unequal as can be; where there is no other, the stage has nothing to do and asks nothing more.

Source: Gini 1912; Dinkelbach, On nonlinear fractional programming, Management Science 13 (1967); integer decisions:
Anzai, On integer fractional programming, Journal of the Operations Research Society of Japan 17 (1974).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from allocator.blocks.shared.inequality import measures
from allocator.engine.criteria.step import Hold, Step, Steps
from allocator.model import Codes, Floats, Model, Outcome, Rows, Terms, constant_label, joined

SLIP = 0.5
"""Part of a grid step that a held ratio gives way by: then no plan with at least half the mean passes the full step."""

Measure = Literal["gini", "mean_deviation", "range"]
Linear = tuple[Terms, float]
"""Terms whose labels do not matter, and a constant."""

RATIO_GRID = 1e-4
RATIO_TOLERANCE = 1e-6
"""A fall of the ratio by less than this ends the search."""


def ratio(outcomes: Floats, weights: Floats, measure: Measure) -> float:
    """The measure of a vector of outcomes; where the mean is zero, as large as the measure can get."""
    found = measures(outcomes, weights)
    return found[measure] if found["mean"] > 0 else _most(weights, measure)


def mean_terms(outcome: Outcome, weights: Floats) -> Linear:
    """The weighted mean."""
    w = weights / weights.sum()
    return (outcome.terms * w[outcome.terms["outcome"]]).labelled({}), float(w @ outcome.constant)


def numerator(model: Model, outcome: Outcome, weights: Floats, measure: Measure) -> Linear:
    """Declare the helper columns and rows of a measure; a form at least its numerator, and equal where pushed down."""
    form = {"gini": _gini, "mean_deviation": _mean_deviation, "range": _range}[measure]
    return form(model, outcome, weights / weights.sum(), next_comparison(model))


def limit(
    model: Model, outcome: Outcome, weights: Floats, measure: Measure, at_most: float, *, requirement: str = ""
) -> Rows:
    """Keep the measure at or below a number; ``requirement``: the part of the scenario that asks for it."""
    here = {"measure": model.axes["measure"].code(measure), "comparison": next_comparison(model)}
    top, mean = numerator(model, outcome, weights, measure), mean_terms(outcome, weights)
    terms, constant = _excess(top, mean, at_most)
    labels = {dim: constant_label(code, 1) for dim, code in here.items()}
    left = terms.labelled({dim: constant_label(code, len(terms)) for dim, code in here.items()})
    return model.define("inequality_limit", labels, [left], "<=", -constant, unit=outcome.unit, requirement=requirement)


def smallest(model: Model, outcome: Outcome, weights: Floats, measure: Measure, of: str = "") -> Steps:
    """Lower the measure as far as possible; ``of`` begins the step's name (``mean_``, say)."""
    stage = _Stage(outcome, weights, measure, numerator(model, outcome, weights, measure), mean_terms(outcome, weights))
    most = reached = _most(weights, measure)
    mean, questions = 1.0, 0
    while True:
        questions += 1
        question = stage.step(f"{of}{measure}_{questions}", reached, RATIO_TOLERANCE * mean)
        x = yield replace(question, probe=True, hold=stage.hold_below(reached))
        found = stage.ratio(x)
        if found >= reached - RATIO_TOLERANCE:
            break
        reached, mean = found, stage.mean(x)
    if reached < most:
        last = stage.step(f"{of}{measure}", held_ratio(reached), RATIO_GRID / 10 * mean)
        yield replace(last, hold=stage.hold_below(reached))


def held_ratio(value: float) -> float:
    """The nearest point of the grid, one step worse."""
    return (round(value / RATIO_GRID) + 1) * RATIO_GRID


def next_comparison(model: Model) -> int:
    """Number of the next comparison: one more than any in the model's columns."""
    known = [
        part.terms["comparison"] for parts in model.columns.values() for part in parts if "comparison" in part.dims
    ]
    return max((int(codes.max()) + 1 for codes in known if len(codes)), default=0)


@dataclass(frozen=True)
class _Stage:
    """A ratio that is lowered: its parts, its questions and how it is held."""

    outcome: Outcome
    weights: Floats
    measure: Measure
    top: Linear
    bottom: Linear

    def ratio(self, x: Floats) -> float:
        return ratio(self.outcome.at(x), self.weights, self.measure)

    def mean(self, x: Floats) -> float:
        return float(self.weights @ self.outcome.at(x) / self.weights.sum())

    def step(self, name: str, at: float, gap: float) -> Step:
        """Minimise numerator - at * mean."""
        terms, constant = _excess(self.top, self.bottom, at)

        def at_plan(x: Floats) -> float:
            return (self.ratio(x) - at) * self.mean(x)

        return Step(
            name,
            terms,
            constant,
            maximise=False,
            grid=RATIO_GRID,
            at_plan=at_plan,
            gap=gap,
            shown=self.ratio,
            unit="ratio",
        )

    def hold_below(self, reached: float) -> Callable[[float, Floats], Hold]:
        """Show the smallest ratio seen so far and hold it on the grid."""

        def hold(_value: float, x: Floats) -> Hold:
            value = min(reached, self.ratio(x))
            held_at = held_ratio(value)
            terms, constant = _excess(self.top, self.bottom, held_at)
            return Hold(value, held_at, terms, "<=", -constant, RATIO_GRID * SLIP * self.mean(x))

        return hold


def _most(weights: Floats, measure: Measure) -> float:
    """A number that the measure exceeds for no nonnegative outcomes."""
    return {"gini": 1.0, "mean_deviation": 2.0, "range": float(weights.sum() / weights.min())}[measure]


def _excess(top: Linear, mean: Linear, at: float) -> Linear:
    """numerator - at * mean."""
    return joined([top[0], mean[0] * -at], ()), top[1] - at * mean[1]


def _gini(model: Model, outcome: Outcome, w: Floats, comparison: int) -> Linear:
    first, second = (codes.astype(np.intp) for codes in np.triu_indices(len(outcome), 1))
    labels = {"comparison": constant_label(comparison, len(first)), "outcome": first, "other": second}
    gap = model.variables("inequality_gap", labels, outcome.unit)
    sides = [_repeated(outcome.terms, codes, labels) * sign for codes, sign in ((first, 1.0), (second, -1.0))]
    apart = outcome.constant[second] - outcome.constant[first]
    model.define("inequality_pair", labels, [*sides, -gap], "<=", apart, unit=outcome.unit)
    pair = np.asarray(w[first] * w[second], dtype=float)
    ahead = np.asarray(np.bincount(first, pair, len(w)) - np.bincount(second, pair, len(w)), dtype=float)
    less = outcome.terms * -ahead[outcome.terms["outcome"]]
    return joined([gap * (pair * 2.0), less], ()), -float(ahead @ outcome.constant)


def _mean_deviation(model: Model, outcome: Outcome, w: Floats, comparison: int) -> Linear:
    every = np.arange(len(outcome), dtype=np.intp)
    labels = {**comparison_labels(comparison, len(every)), "outcome": every}
    mean = mean_column(model, outcome, w, comparison)
    below = model.variables("inequality_below_mean", labels, outcome.unit)
    left = [for_each(mean, labels), -of_outcomes(outcome, comparison), -below]
    model.define("inequality_deviation", labels, left, "<=", outcome.constant, unit=outcome.unit)
    return (below * (2.0 * w)).labelled({}), 0.0


def _range(model: Model, outcome: Outcome, _w: Floats, comparison: int) -> Linear:
    every, here = np.arange(len(outcome), dtype=np.intp), comparison_labels(comparison, 1)
    highest = model.variables("inequality_highest", here, outcome.unit, lower=-np.inf)
    lowest = model.variables("inequality_lowest", here, outcome.unit, lower=-np.inf)
    mine = of_outcomes(outcome, comparison)
    for end, side, sign in ((highest, "at_most", 1.0), (lowest, "at_least", -1.0)):
        code = model.axes["side"].code(side)
        labels = {
            **comparison_labels(comparison, len(every)),
            "outcome": every,
            "side": constant_label(code, len(every)),
        }
        outcomes = mine.labelled({**mine.labels, "side": constant_label(code, len(mine))})
        left = [outcomes * sign, for_each(end, labels) * -sign]
        model.define("inequality_ends", labels, left, "<=", -sign * outcome.constant, unit=outcome.unit)
    return joined([highest.labelled({}), -lowest.labelled({})], ()), 0.0


def mean_column(model: Model, outcome: Outcome, w: Floats, comparison: int) -> Terms:
    """Declare the mean as a column of its own, so that many rows can carry it."""
    here = comparison_labels(comparison, 1)
    mean = model.variables("compared_mean", here, outcome.unit, lower=-np.inf)
    terms, constant = mean_terms(outcome, w)
    spread = terms.labelled(comparison_labels(comparison, len(terms)))
    model.define("averaging", here, [mean, -spread], "==", constant, unit=outcome.unit)
    return mean


def comparison_labels(comparison: int, count: int) -> dict[str, Codes]:
    """The label of a comparison, so many times."""
    return {"comparison": constant_label(comparison, count)}


def of_outcomes(outcome: Outcome, comparison: int) -> Terms:
    """The outcomes' terms under the labels of a comparison."""
    labels = {**comparison_labels(comparison, len(outcome.terms)), "outcome": outcome.terms["outcome"]}
    return outcome.terms.labelled(labels)


def for_each(column: Terms, labels: Mapping[str, Codes]) -> Terms:
    """One column once for each row."""
    count = len(next(iter(labels.values())))
    return Terms(labels, constant_label(int(column.column[0]), count), np.ones(count))


def _repeated(terms: Terms, wanted: Codes, labels: Mapping[str, Codes]) -> Terms:
    """The terms of the wanted outcome in every row; ``wanted`` and ``labels`` run along the rows."""
    order = np.argsort(terms["outcome"], kind="stable")
    start = np.searchsorted(terms["outcome"][order], np.arange(int(wanted.max(initial=-1)) + 2))
    sizes = (start[wanted + 1] - start[wanted]).astype(np.intp)
    row = np.repeat(np.arange(len(wanted)), sizes)
    within = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    at = order[start[wanted][row] + within]
    return Terms({dim: codes[row] for dim, codes in labels.items()}, terms.column[at], terms.coefficient[at])
