"""Figures of inequality against published and hand-worked numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.blocks.shared.inequality import MEASURES, measures, variation

RELATIVE = ("range", "mean_deviation", "cv", "gini", "theil")


def of(outcomes: list[float], weights: list[float]) -> dict[str, float]:
    return measures(np.array(outcomes, dtype=float), np.array(weights, dtype=float))


def test_published_variation_of_five_schools() -> None:
    # Books a pupil: 6.2, 3.7027, 10.5056, 2.1053, 7.3091; mean 1913 / 302 = 6.3344; weighted by pupils
    # sqrt((45 * 0.0181 + 37 * 6.9261 + 89 * 17.3989 + 76 * 17.8852 + 55 * 0.9499) / 302) / 6.3344 = 3.2644 / 6.3344.
    pupils = np.array([45.0, 37.0, 89.0, 76.0, 55.0])
    books = np.array([279.0, 137.0, 935.0, 160.0, 402.0])
    assert variation(books / pupils, pupils) == pytest.approx(0.5153, abs=5e-5)
    assert of((books / pupils).tolist(), pupils.tolist())["cv"] == pytest.approx(0.5153, abs=5e-5)


def test_two_towns_by_hand() -> None:
    # Levels 20 and 60, a quarter and three quarters of the people: mean 50.
    found = of([20, 60], [1, 3])
    assert found["minimum"] == 20
    assert found["mean"] == 50
    assert found["range"] == pytest.approx(40 / 50)
    # 0.25 * 30 + 0.75 * 10.
    assert found["mean_deviation"] == pytest.approx(15 / 50)
    # Variance 0.25 * 900 + 0.75 * 100 = 300.
    assert found["cv"] == pytest.approx(math.sqrt(300) / 50)
    # Pairs: 0.25 * 0.75 * 40 / 50.
    assert found["gini"] == pytest.approx(0.15)
    # Relative levels 0.4 and 1.2.
    assert found["theil"] == pytest.approx(0.25 * 0.4 * math.log(0.4) + 0.75 * 1.2 * math.log(1.2))


def test_three_towns_by_hand() -> None:
    # Levels 10, 20, 60, all alike: mean 30; pairs differ by 10, 50, 40.
    found = of([10, 20, 60], [1, 1, 1])
    assert found["gini"] == pytest.approx((10 + 50 + 40) / 9 / 30)
    assert found["range"] == pytest.approx(50 / 30)
    assert found["mean_deviation"] == pytest.approx((20 + 10 + 30) / 3 / 30)
    assert found["cv"] == pytest.approx(math.sqrt((400 + 100 + 900) / 3) / 30)


def test_one_town_has_everything() -> None:
    # Gini of "one of n has all" is 1 - 1/n, mean deviation twice that, Theil ln n; 0 * ln 0 counts 0.
    found = of([0, 0, 0, 80], [1, 1, 1, 1])
    assert found["gini"] == pytest.approx(0.75)
    assert found["mean_deviation"] == pytest.approx(1.5)
    assert found["theil"] == pytest.approx(math.log(4))


@pytest.mark.parametrize("level", [0.5, 37.0, 100.0])
def test_equal_outcomes_are_not_unequal(level: float) -> None:
    found = of([level] * 4, [5, 1, 2, 9])
    assert [found[name] for name in RELATIVE] == pytest.approx([0] * 5, abs=1e-12)
    assert (found["minimum"], found["mean"]) == pytest.approx((level, level))


def test_nothing_at_all_has_no_relative_measure() -> None:
    found = of([0, 0], [1, 2])
    assert (found["minimum"], found["mean"]) == (0, 0)
    assert all(math.isnan(found[name]) for name in RELATIVE)
    assert set(found) == set(MEASURES)


levels = st.lists(st.integers(1, 100), min_size=2, max_size=6)


@given(levels, st.integers(1, 50), st.data())
def test_scale_of_outcomes_and_weights_does_not_matter(outcomes: list[int], factor: int, data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.integers(1, 100), min_size=len(outcomes), max_size=len(outcomes)))
    one = of([float(y) for y in outcomes], [float(w) for w in weights])
    other = of([factor * float(y) for y in outcomes], [factor * float(w) for w in weights])
    assert [other[name] for name in RELATIVE] == pytest.approx([one[name] for name in RELATIVE], abs=1e-9)


@given(levels, st.data())
def test_a_town_split_in_two_changes_nothing(outcomes: list[int], data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.integers(1, 100), min_size=len(outcomes), max_size=len(outcomes)))
    whole = of([float(y) for y in outcomes], [float(w) for w in weights])
    halves = [weights[0] / 2, weights[0] / 2, *weights[1:]]
    split = of([float(y) for y in (outcomes[0], *outcomes)], halves)
    assert split == pytest.approx(whole, abs=1e-9)


@given(st.integers(1, 49), st.integers(51, 100), st.integers(1, 20))
def test_from_rich_to_poor_lowers_every_measure(poor: int, rich: int, gift: int) -> None:
    gift = min(gift, (rich - poor) // 2)
    before, after = of([poor, rich, 50], [1, 1, 1]), of([poor + gift, rich - gift, 50], [1, 1, 1])
    assert all(after[name] < before[name] for name in RELATIVE)
