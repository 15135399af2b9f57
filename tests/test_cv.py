"""The limit on 差异系数: against a cone solver and enumeration; how many rounds of tangents it takes."""

from __future__ import annotations

import clarabel
import numpy as np
import pytest
from scipy import sparse

from allocator.blocks.shared.inequality import variation
from allocator.engine.criteria.cv import CV_TOLERANCE, CvLimit
from allocator.engine.criteria.inequality import smallest
from allocator.engine.highs import HighsSession
from allocator.engine.session import Solution
from allocator.model import Floats, Model, Outcome
from small_models import Towns, drawn, raise_mean, run


def tightened(
    model: Model, outcome: Outcome, weights: Floats, limit: CvLimit, session: HighsSession | None = None
) -> tuple[Solution, int]:
    """The highest mean within the limit, and how many times it was asked for."""
    session = session or HighsSession(model)
    for asked in range(1, 40):
        found = raise_mean(model, outcome, weights, session)
        if not found.has_plan or limit.add_cuts(model, found.x) == 0:
            return found, asked
    raise AssertionError("no end")


def by_cone(towns: Towns, weights: Floats, at_most: float) -> float:
    """Highest mean with ||sqrt(w) (y - m)|| <= at_most * m, by an interior-point method for cones."""
    w, n = weights / weights.sum(), len(weights)
    slope, rest = w * towns.gain, float(w @ towns.base)
    apart = np.sqrt(w)[:, None] * (np.diag(towns.gain) - slope[None, :])
    fixed = np.sqrt(w) * (towns.base - rest)
    a = np.vstack([np.eye(n), -np.eye(n), np.ones((1, n)), -at_most * slope[None, :], -apart])
    b = np.concatenate([towns.most, np.zeros(n), [towns.money], [at_most * rest], fixed])
    cones = [clarabel.NonnegativeConeT(2 * n + 1), clarabel.SecondOrderConeT(n + 1)]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    nothing = sparse.csc_matrix((n, n))
    found = clarabel.DefaultSolver(nothing, -slope, sparse.csc_matrix(a), b, cones, settings).solve()
    assert str(found.status) == "Solved"
    return float(slope @ np.array(found.x)) + rest


def unlimited(towns: Towns, weights: Floats) -> float:
    model, outcome = towns.model()
    return variation(outcome.at(raise_mean(model, outcome, weights).x), weights)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("part", [0.95, 0.8, 0.7])
def test_sixteen_towns_reach_the_cone_in_ten_rounds(seed: int, part: float) -> None:
    towns, weights = drawn(seed, 16)
    at_most = part * unlimited(towns, weights)
    model, outcome = towns.model()
    limit = CvLimit(model, outcome, weights, at_most)
    found, rounds = tightened(model, outcome, weights, limit)
    assert found.status == "optimal"
    assert rounds <= 10
    assert found.value == pytest.approx(by_cone(towns, weights, at_most), abs=1e-3)
    assert variation(outcome.at(found.x), weights) <= at_most * (1 + CV_TOLERANCE)
    assert limit.value(found.x) == pytest.approx(at_most, rel=2 * CV_TOLERANCE)


def test_a_limit_by_hand() -> None:
    # Two towns alike: cv is half their difference over their mean. As for a mean deviation of 0.25 (test_inequality).
    towns = Towns(np.array([20.0, 40.0]), np.array([1.0, 2.0]), np.array([30.0, 30.0]), 30.0)
    model, outcome = towns.model()
    found, _ = tightened(model, outcome, np.ones(2), CvLimit(model, outcome, np.ones(2), 0.25))
    assert outcome.at(found.x) == pytest.approx([20 + 2000 / 110, 100 - 4000 / 110], abs=1e-3)


def test_a_limit_that_does_not_bind_asks_once() -> None:
    towns, weights = drawn(3, 6)
    model, outcome = towns.model()
    free = raise_mean(model, outcome, weights).value
    model, outcome = towns.model()
    limit = CvLimit(model, outcome, weights, 1.5 * unlimited(towns, weights))
    found, rounds = tightened(model, outcome, weights, limit)
    assert (found.value, rounds) == (pytest.approx(free, abs=1e-6), 1)
    assert limit.is_kept(found.x)


def test_whole_numbers_against_enumeration() -> None:
    for seed in (0, 1, 5):
        towns, weights = drawn(seed, 4, whole=range(4))
        plans = towns.every_whole_plan()
        means = plans @ weights / weights.sum()
        unequal = np.array([variation(plan, weights) for plan in plans])
        at_most = float(unequal.min() + 0.3 * (unequal[means.argmax()] - unequal.min()))
        model, outcome = towns.model()
        found, _ = tightened(model, outcome, weights, CvLimit(model, outcome, weights, at_most))
        assert found.value == pytest.approx(means[unequal <= at_most].max())
        assert found.value < means.max() - 0.1


def test_a_limit_nobody_can_keep_has_no_plan() -> None:
    # Town 1 has 40, town 0 at most 20 however the money goes: mean 30 at best, cv 10 / 30.
    towns = Towns(np.array([10.0, 40.0]), np.ones(2), np.array([10.0, 10.0]), 20.0)
    for at_most, has_plan in ((0.334, True), (0.333, False)):
        model, outcome = towns.model()
        found, _ = tightened(model, outcome, np.ones(2), CvLimit(model, outcome, np.ones(2), at_most))
        assert found.has_plan == has_plan


def test_a_limit_of_zero_makes_all_alike() -> None:
    towns, weights = Towns(np.array([10.0, 20.0, 30.0]), np.ones(3), np.full(3, 50.0), 45.0), np.array([1.0, 2.0, 3.0])
    model, outcome = towns.model()
    found, rounds = tightened(model, outcome, weights, CvLimit(model, outcome, weights, 0.0))
    assert outcome.at(found.x) == pytest.approx([35, 35, 35], abs=1e-6)
    assert rounds == 1


def test_where_nobody_has_anything_the_limit_is_kept() -> None:
    model, outcome = Towns(np.zeros(3), np.ones(3), np.zeros(3), 5.0).model()
    found, rounds = tightened(model, outcome, np.ones(3), CvLimit(model, outcome, np.ones(3), 0.1))
    assert (found.status, rounds) == ("optimal", 1)
    assert np.isnan(variation(outcome.at(found.x), np.ones(3)))


def test_tangents_take_no_plan_away_that_keeps_the_limit() -> None:
    # All whole plans, tangents at the plans of the loop: each plan within the limit must still stand afterwards.
    towns, weights = drawn(5, 4, whole=range(4))
    plans = towns.every_whole_plan()
    unequal = np.array([variation(plan, weights) for plan in plans])
    at_most = float(np.median(unequal))
    model, outcome = towns.model()
    session, limit = HighsSession(model), CvLimit(model, outcome, weights, at_most)
    tightened(model, outcome, weights, limit, session)
    kept = plans[unequal <= at_most]
    money = (kept - towns.base) / towns.gain
    for spent in money[:: max(1, len(money) // 12)]:
        session.set_column_bounds(outcome.terms.column, spent, spent)
        assert raise_mean(model, outcome, weights, session).has_plan


def test_the_loop_goes_on_in_a_later_stage_and_several_limits_do_not_collide() -> None:
    towns, weights = drawn(2, 8)
    at_most = 0.8 * unlimited(towns, weights)
    model, outcome = towns.model()
    limits = [CvLimit(model, outcome, weights, at_most), CvLimit(model, outcome, np.ones(8), at_most)]
    session = HighsSession(model)
    tightened(model, outcome, weights, limits[0], session)
    tightened(model, outcome, weights, limits[1], session)
    found, _ = tightened(model, outcome, weights, limits[0], session)
    levels = outcome.at(found.x)
    assert variation(levels, weights) <= at_most * (1 + CV_TOLERANCE)
    assert variation(levels, np.ones(8)) <= at_most * (1 + CV_TOLERANCE)
    run(model, smallest(model, outcome, weights, "gini"))
    keys = [
        (name, *key)
        for name, parts in model.rows.items()
        for part in parts
        for key in zip(*part.labels.values(), strict=True)
    ]
    assert len(keys) == len(set(keys))
