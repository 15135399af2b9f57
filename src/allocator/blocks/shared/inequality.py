"""How unequal outcomes are: numbers only, each with its definition in the catalogue (``measures.*``).

All are population-weighted: weights w sum to 1, m = sum w * y.

    minimum          min y
    mean             m
    range            (max y - min y) / m
    mean_deviation   sum w * |y - m| / m
    cv               sqrt(sum w * (y - m)^2) / m        差异系数
    gini             sum over pairs of w_t * w_u * |y_t - y_u| / m
    theil            sum w * (y / m) * ln(y / m), with 0 * ln 0 = 0

Source: 差异系数 as used by the inspectorate of compulsory education (weighted coefficient of variation);
Gini 1912 in the mean-difference form; Theil 1967; mean deviation: Schutz 1951 (twice his coefficient).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MEASURES = ("minimum", "mean", "range", "mean_deviation", "cv", "gini", "theil")


def measures(outcomes: Floats, weights: Floats) -> dict[str, float]:
    """All measures of a vector of outcomes; the relative ones are nan where the mean is zero."""
    w = weights / weights.sum()
    m = float(w @ outcomes)
    relative = outcomes / m if m > 0 else np.full(len(outcomes), np.nan)
    logs = np.log(relative, out=np.zeros(len(outcomes)), where=relative > 0)
    apart = np.abs(outcomes[:, None] - outcomes[None, :])
    return {
        "minimum": float(outcomes.min()),
        "mean": m,
        "range": float(relative.max() - relative.min()),
        "mean_deviation": float(w @ np.abs(relative - 1.0)),
        "cv": variation(outcomes, weights),
        "gini": float(w @ apart @ w / 2 / m) if m > 0 else float("nan"),
        "theil": float(w @ (relative * logs)),
    }


def variation(outcomes: Floats, weights: Floats) -> float:
    """差异系数: weighted standard deviation over weighted mean; nan where the mean is zero."""
    w = weights / weights.sum()
    m = float(w @ outcomes)
    return float(np.sqrt(w @ (outcomes - m) ** 2) / m) if m > 0 else float("nan")
