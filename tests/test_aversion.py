"""The dial from the mean to the worst-off: by hand, against enumeration and an exact method; how exact it is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.engine.cbc import CbcSession
from allocator.engine.criteria.aversion import ACCURACY, equal_level, inequality_aversion
from allocator.engine.criteria.ordered import maximin
from allocator.engine.highs import HighsSession
from allocator.model import Floats
from small_models import Towns, drawn, raise_mean, run


def by_definition(levels: Floats, weights: Floats, aversion: float) -> float:
    """Equally distributed equivalent of levels of one point or more."""
    w = weights / weights.sum()
    if aversion == 1:
        return float(np.exp(w @ np.log(levels)))
    return float((w @ levels ** (1 - aversion)) ** (1 / (1 - aversion)))


def best(towns: Towns, weights: Floats, aversion: float) -> tuple[float, float, Floats]:
    """The value shown, the equally distributed equivalent of the plan and its levels."""
    model, outcome = towns.model()
    done, hold, _ = run(model, inequality_aversion(model, outcome, weights, aversion))
    levels = outcome.at(done[-1][1].x)
    return hold.value, by_definition(levels, weights, aversion), levels


# -- the number ----------------------------------------------------------------------------------------------------


def test_two_towns_by_hand() -> None:
    # Levels 16 and 64, half of the people each: mean 40, geometric mean 32, harmonic mean 2 / (1/16 + 1/64) = 25.6.
    levels, weights = np.array([16.0, 64.0]), np.array([7.0, 7.0])
    by_hand = {0: 40.0, 0.5: ((4 + 8) / 2) ** 2, 1: 32.0, 2: 25.6}
    assert {a: equal_level(levels, weights, a) for a in by_hand} == pytest.approx(by_hand)
    # A quarter and three quarters: 16^0.25 * 64^0.75 = 2 * 22.627.
    assert equal_level(levels, np.array([1.0, 3.0]), 1) == pytest.approx(2 * 8**1.5)


def test_below_one_level_point_the_utility_is_straight() -> None:
    # ln goes on as y - 1: one town with nothing counts -1, the other ln 100: e^((ln 100 - 1) / 2).
    assert equal_level(np.array([0.0, 100.0]), np.ones(2), 1) == pytest.approx(10 * np.exp(-0.5))
    assert equal_level(np.zeros(3), np.ones(3), 1) == pytest.approx(0.0, abs=1e-12)
    assert equal_level(np.array([0.2, 0.6]), np.ones(2), 5) == pytest.approx(0.4)


def test_a_negative_aversion_is_refused() -> None:
    with pytest.raises(ValueError, match=r"-0\.5"):
        equal_level(np.ones(2), np.ones(2), -0.5)


levels = st.lists(st.floats(1, 100), min_size=2, max_size=6).map(np.array)


dials = st.floats(0, 60).map(lambda dial: 1.0 if abs(dial - 1) < 1e-4 else dial)
"""So near to one that the definition by powers keeps no digits, the dial is one."""


@given(levels, dials, st.floats(0.001, 5))
def test_more_aversion_never_raises_it_and_it_lies_between_worst_and_mean(
    of: Floats, aversion: float, more: float
) -> None:
    weights = np.arange(1.0, len(of) + 1)
    one, other = equal_level(of, weights, aversion), equal_level(of, weights, aversion + more)
    assert of.min() - 1e-9 <= other <= one + 1e-9
    assert one <= weights @ of / weights.sum() + 1e-9
    assert one == pytest.approx(by_definition(of, weights, aversion), rel=1e-6)


# -- the stage -----------------------------------------------------------------------------------------------------


def by_water(towns: Towns, weights: Floats, aversion: float) -> Floats:
    """The best levels, exactly: one more yuan is worth the same wherever money can still go.

    weight * gain * level^-aversion = price, within each town's bounds; the price at which all money is spent.
    """
    worth = np.log(weights / weights.sum() * towns.gain)
    low, high = -500.0, 500.0
    for _ in range(200):
        price = (low + high) / 2
        levels = np.exp(np.clip((worth - price) / aversion, -500, 500))
        levels = np.clip(levels, towns.base, towns.base + towns.gain * towns.most)
        spent = float(((levels - towns.base) / towns.gain).sum())
        low, high = (price, high) if spent > towns.money else (low, price)
    return levels


@pytest.mark.parametrize("aversion", [0.01, 0.5, 1.0, 1.01, 1.5, 2.0, 4.0, 10.0, 30.0, 100.0])
@pytest.mark.parametrize(("seed", "count"), [(0, 3), (1, 6), (2, 16)])
def test_the_level_shown_is_the_best_one_within_the_accuracy(aversion: float, seed: int, count: int) -> None:
    towns, weights = drawn(seed, count)
    shown, own, _ = best(towns, weights, aversion)
    most = by_definition(by_water(towns, weights, aversion), weights, aversion)
    assert own <= most + 1e-5
    assert most - 1e-5 <= shown <= own + ACCURACY


@pytest.mark.parametrize("aversion", [0.5, 1.0, 3.0, 12.0])
@pytest.mark.parametrize("seed", [0, 1, 5])
def test_whole_numbers_against_enumeration(aversion: float, seed: int) -> None:
    towns, weights = drawn(seed, 4, whole=range(4))
    every = [by_definition(plan, weights, aversion) for plan in towns.every_whole_plan()]
    shown, own, _ = best(towns, weights, aversion)
    assert own >= max(every) - ACCURACY
    assert max(every) - 1e-5 <= shown <= own + ACCURACY


def test_a_plan_by_hand() -> None:
    # Levels 2 a and b, a + b = 60 yuan. ln: half of the money each. Aversion 2: 1 / (2 a) + 1 / b least, b = sqrt(2) a.
    towns, alike = Towns(np.zeros(2), np.array([2.0, 1.0]), np.array([50.0, 90.0]), 60.0), np.ones(2)
    shown, _, levels = best(towns, alike, 1)
    assert shown == pytest.approx(np.sqrt(60 * 30), abs=ACCURACY)
    assert levels == pytest.approx([60, 30], abs=2)
    a = 60 / (1 + np.sqrt(2))
    shown, _, levels = best(towns, alike, 2)
    assert shown == pytest.approx(2 / (1 / (2 * a) + 1 / (60 - a)), abs=ACCURACY)
    assert levels == pytest.approx([2 * a, 60 - a], abs=2)


def test_without_aversion_it_is_the_mean() -> None:
    towns, weights = drawn(7, 6)
    model, outcome = towns.model()
    (step,) = inequality_aversion(model, outcome, weights, 0.0)
    found = HighsSession(model).solve(step.objective, step.constant, step.maximise, 1e-9)
    assert found.value == pytest.approx(raise_mean(model, outcome, weights).value)
    assert found.value == pytest.approx(equal_level(outcome.at(found.x), weights, 0.0))
    assert "aversion_piece" not in model.columns
    shown, _, _ = best(towns, weights, 1e-4)
    assert shown == pytest.approx(found.value, abs=ACCURACY)


def test_much_aversion_comes_near_the_worst_off() -> None:
    towns, weights = drawn(9, 6)
    model, outcome = towns.model()
    step = next(maximin(model, outcome))
    highest = HighsSession(model).solve(step.objective, step.constant, step.maximise, 1e-9).value
    worst = [best(towns, weights, aversion)[2].min() for aversion in (0.5, 2, 8, 32, 100)]
    assert worst[-1] == pytest.approx(highest, rel=0.02)
    assert worst[0] < highest - 1
    assert all(later >= earlier - 0.2 for earlier, later in itertools.pairwise(worst))


@pytest.mark.parametrize("aversion", [1.0, 6.0])
def test_both_solvers_hold_the_same_level(aversion: float) -> None:
    towns, weights = drawn(17, 4, whole=(0, 2))
    held = []
    for solver in (HighsSession, CbcSession):
        model, outcome = towns.model()
        held.append(run(model, inequality_aversion(model, outcome, weights, aversion), solver)[1])
    assert held[0].value == pytest.approx(held[1].value, abs=2e-5)


def test_a_town_with_nothing_does_not_stop_the_others() -> None:
    # Town 0 stays at 0; without the straight end its logarithm would hide what the other two get.
    towns, weights = Towns(np.zeros(3), np.ones(3), np.array([0.0, 40.0, 60.0]), 80.0), np.ones(3)
    model, outcome = towns.model()
    done, hold, _ = run(model, inequality_aversion(model, outcome, weights, 1.0))
    assert outcome.at(done[-1][1].x) == pytest.approx([0, 40, 40], abs=1.5)
    assert hold.value == pytest.approx(np.exp((2 * np.log(40) - 1) / 3), abs=ACCURACY)


@pytest.mark.parametrize("aversion", [0.5, 1.0, 3.0, 12.0, 40.0])
def test_what_is_held_binds_what_follows_and_gives_way_by_the_grid(aversion: float) -> None:
    towns, weights = drawn(13, 6)
    model, outcome = towns.model()
    free = by_definition(outcome.at(raise_mean(model, outcome, weights).x), weights, aversion)
    _, hold, session = run(model, inequality_aversion(model, outcome, weights, aversion))
    assert free < hold.held_at - 0.001
    assert 0.5e-4 <= hold.value - hold.held_at <= 1.5e-4
    rows = model.rows["held"][0]
    for give in (0.0, 0.5):
        session.set_row_bounds(rows.positions, rows.bound - hold.per_grid * give / 1e-4)
        after = outcome.at(raise_mean(model, outcome, weights, session).x)
        reached = by_definition(after, weights, aversion)
        assert reached >= hold.held_at - give - ACCURACY - 0.02 * give
        assert reached <= max(free, hold.held_at - give + 0.2 * give) + 1e-4
