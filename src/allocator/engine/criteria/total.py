"""Total: the weighted mean of the outcomes.

Source: utilitarian criterion; with weights by population it is the mean level of a resident.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from allocator.engine.criteria.step import LEVEL_GRID, Step, Steps
from allocator.model import Floats, Outcome


def weighted_mean(outcomes: Floats, weights: Floats) -> float:
    """Sum of weight x outcome over sum of weights."""
    return float(weights @ outcomes / weights.sum())


def total(outcome: Outcome, weights: Floats, of: str = "", aggregate: Literal["mean", "sum"] = "mean") -> Steps:
    """Raise the weighted mean (or sum) as far as possible; ``weights`` in the order of the outcomes, ``of`` as in
    ordered. A sum has the unit of sums of the outcome."""
    unit = outcome.unit if aggregate == "mean" else outcome.weighted_unit or outcome.unit
    factors = weights / weights.sum() if aggregate == "mean" else weights
    objective = outcome.terms * factors[outcome.terms["outcome"]]
    constant = float(factors @ outcome.constant)
    yield Step(f"{of}{aggregate}", objective, constant, maximise=True, grid=LEVEL_GRID, give_weight=1.0, unit=unit)


def even_weights(outcome: Outcome) -> Floats:
    """All outcomes alike."""
    return np.ones(len(outcome))
