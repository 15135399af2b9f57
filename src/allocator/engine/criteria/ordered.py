"""Ordered criteria: the worst-off first.

All share one linear form. The sum of the k smallest of n outcomes y is

    max  k * r - sum_i d[i]   with  d[i] >= r - y[i],  d[i] >= 0

(r free; at the optimum r is the k-th smallest outcome and d[i] its shortfalls). In the model r is
rank_level[rank], d is rank_gap[rank, outcome] and the inequalities are the rows rank_below[rank, outcome],
with rank = k; for k = 1 there is no d.

maximin   k = 1: the worst-off outcome.
leximin   k = 1, 2, ..., n, each sum held before the next: the ordered vector is lexicographically best.
          Valid with integer decisions too. With ``ranks`` only those k are taken (1, 2, 4, 8, 16, say): the plan is
          then best at these ranks, and towns between them may trade with one another.

Source: Ogryczak and Sliwinski, On solving linear programs with the ordered weighted averaging objective,
European Journal of Operational Research 148 (2003); Ogryczak, Pioro, Tomaszewski, Telecommunications network
design and max-min optimization problem, JTIT 3 (2005).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from allocator.engine.criteria.step import LEVEL_GRID, SUM_GRID, Step, Steps
from allocator.model import Codes, Floats, Model, Outcome, Terms, constant_label, joined


def smallest_sums(outcomes: Floats) -> Floats:
    """Sums of the 1, 2, ..., n smallest outcomes."""
    return np.cumsum(np.sort(outcomes))


def maximin(model: Model, outcome: Outcome, of: str = "") -> Steps:
    """Raise the worst-off outcome as far as possible; ``of`` begins the step's name (``mean_``, say)."""
    yield _smallest(model, outcome, 1, of)


def leximin(model: Model, outcome: Outcome, of: str = "", ranks: Sequence[int] | None = None) -> Steps:
    """Raise the worst-off outcome, then the two worst-off together, and so on to all; or only at some ranks."""
    for k in ranks_of(len(outcome), ranks):
        yield _smallest(model, outcome, k, of)


def ranks_of(outcomes: int, ranks: Sequence[int] | None) -> list[int]:
    """How many of the worst-off are looked at together, step by step: 1, 2, ..., all; or those given, and all."""
    if ranks is None:
        return list(range(1, outcomes + 1))
    return sorted({min(k, outcomes) for k in ranks})


def _smallest(model: Model, outcome: Outcome, k: int, of: str) -> Step:
    """Columns and rows of the sum of the k smallest outcomes, and the step that raises it."""
    rank = len(model.columns.get("rank_level", ()))
    every = np.arange(len(outcome))
    level = model.variables("rank_level", {"rank": np.array([rank])}, outcome.unit, lower=-np.inf)

    def at_plan(x: Floats) -> float:
        return float(smallest_sums(outcome.at(x))[k - 1])

    if k == 1:
        _row_for_each(model, outcome, rank, [_spread(level, every)])
        return Step(
            f"{of}worst_1",
            level,
            0.0,
            maximise=True,
            grid=LEVEL_GRID,
            give_weight=1.0,
            at_plan=at_plan,
            unit=outcome.unit,
        )
    labels = {"rank": constant_label(rank, len(every)), "outcome": every}
    below = model.variables("rank_gap", labels, outcome.unit)
    _row_for_each(model, outcome, rank, [_spread(level, every), -below])
    objective = joined([(level * float(k)).labelled({}), (-below).labelled({})], ())
    return Step(
        f"{of}worst_{k}",
        objective,
        0.0,
        maximise=True,
        grid=SUM_GRID,
        give_weight=float(k),
        at_plan=at_plan,
        unit=outcome.unit,
    )


def _spread(level: Terms, every: Codes) -> Terms:
    """The rank's level once for each outcome."""
    column = constant_label(int(level.column[0]), len(every))
    return Terms(
        {"rank": constant_label(int(level["rank"][0]), len(every)), "outcome": every}, column, np.ones(len(every))
    )


def _row_for_each(model: Model, outcome: Outcome, rank: int, left: list[Terms]) -> None:
    """rank_gap[rank, outcome]: r - d - y <= 0 for each outcome."""
    every = np.arange(len(outcome))
    labels = {"rank": constant_label(rank, len(every)), "outcome": every}
    terms = outcome.terms
    right = terms.labelled({"rank": constant_label(rank, len(terms)), "outcome": terms["outcome"]})
    model.define("rank_below", labels, [*left, -right], "<=", outcome.constant, unit=outcome.unit)
