"""Gini, mean deviation and range as limits and stages: by hand, against enumeration, another linear form, bisection."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from allocator.engine.cbc import CbcSession
from allocator.engine.criteria.inequality import (
    RATIO_GRID,
    SLIP,
    Measure,
    limit,
    mean_terms,
    next_comparison,
    numerator,
    smallest,
)
from allocator.engine.highs import HighsSession
from allocator.model import Floats, Model, Outcome, joined
from small_models import Towns, drawn, raise_mean, run

MEASURES: tuple[Measure, ...] = ("gini", "mean_deviation", "range")
A_TENTH = {"gini": 0.06, "mean_deviation": 0.1, "range": 0.3}


def by_definition(levels: Floats, weights: Floats, measure: str) -> float:
    """The measure, summed pair by pair."""
    w = weights / weights.sum()
    mean = sum(a * y for a, y in zip(w, levels, strict=True))
    pairs = [(i, j) for i in range(len(w)) for j in range(i)]
    top = {
        "gini": sum(w[i] * w[j] * abs(levels[i] - levels[j]) for i, j in pairs),
        "mean_deviation": sum(a * abs(y - mean) for a, y in zip(w, levels, strict=True)),
        "range": max(levels) - min(levels),
    }
    return float(top[measure] / mean)


def charnes_cooper(towns: Towns, weights: Floats, measure: Measure) -> float:
    """Smallest measure by one linear programme over scaled plans (mean 1), with every |.| split in two rows.

    Columns: money * t for each town, t, one for each |.| (or highest and lowest).
    """
    w, n = weights / weights.sum(), len(weights)
    level = np.hstack([np.diag(towns.gain), towns.base[:, None]])
    apart = {
        "gini": [(level[i] - level[j], w[i] * w[j]) for i in range(n) for j in range(i)],
        "mean_deviation": [(level[i] - w @ level, w[i]) for i in range(n)],
        "range": [(level[i] - level[j], 0.0) for i in range(n) for j in range(i)],
    }[measure]
    helpers = 1 if measure == "range" else len(apart)
    rows = []
    for at, (difference, _) in enumerate(apart):
        helper = np.zeros(helpers)
        helper[0 if measure == "range" else at] = -1
        rows += [np.concatenate([sign * difference, helper]) for sign in (1, -1)]
    nothing = np.zeros(helpers)
    rows += [np.concatenate([np.eye(n)[i], [-towns.most[i]], nothing]) for i in range(n)]
    rows.append(np.concatenate([np.ones(n), [-towns.money], nothing]))
    cost = np.concatenate([np.zeros(n + 1), [1.0] if measure == "range" else [weight for _, weight in apart]])
    equal = np.concatenate([w @ level, nothing])[None, :]
    found = linprog(cost, np.array(rows), np.zeros(len(rows)), equal, [1.0])
    assert found.status == 0
    return float(found.fun)


def pushed_down(model: Model, outcome: Outcome, weights: Floats, measure: Measure) -> float:
    """Least value of the linear form of the numerator."""
    terms, constant = numerator(model, outcome, weights, measure)
    return HighsSession(model).solve(terms, constant, False, 1e-9).value


# -- the linear form is the number ---------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 30)), min_size=2, max_size=6), st.sampled_from(MEASURES))
def test_the_linear_form_of_fixed_outcomes_is_the_number(pairs: list[tuple[int, int]], measure: Measure) -> None:
    levels, weights = (np.array(each, dtype=float) for each in zip(*pairs, strict=True))
    if levels.sum() == 0:
        levels[0] = 1.0
    nothing = np.zeros(len(levels))
    model, outcome = Towns(levels, nothing, nothing, 0.0).model()
    mean = float(weights @ levels / weights.sum())
    assert pushed_down(model, outcome, weights, measure) / mean == pytest.approx(
        by_definition(levels, weights, measure), abs=1e-9
    )
    terms, constant = mean_terms(outcome, weights)
    assert float(terms.coefficient.sum()) == 0.0
    assert constant == pytest.approx(mean)


def test_weighted_numerators_by_hand() -> None:
    # Levels 20 (a quarter of the people) and 60: mean 50. Gini 0.25 * 0.75 * 40; deviation 0.25 * 30 + 0.75 * 10.
    towns = Towns(np.array([20.0, 60.0]), np.zeros(2), np.zeros(2), 0.0)
    by_hand = {"gini": 7.5, "mean_deviation": 15.0, "range": 40.0}
    for measure in MEASURES:
        model, outcome = towns.model()
        assert pushed_down(model, outcome, np.array([1.0, 3.0]), measure) == pytest.approx(by_hand[measure])


@pytest.mark.parametrize("measure", MEASURES)
def test_the_linear_form_never_falls_below_the_number(measure: Measure) -> None:
    towns, weights = drawn(5, 5)
    model, outcome = towns.model()
    terms, constant = numerator(model, outcome, weights, measure)
    session, draw = HighsSession(model), np.random.default_rng(1)
    for _ in range(20):
        objective = joined([terms * 1e-3, (outcome.terms * draw.normal(size=5)).labelled({})], ())
        x = session.solve(objective, 0.0, False, 1e-9).x
        levels = outcome.at(x)
        exact = by_definition(levels, weights, measure) * float(weights @ levels / weights.sum())
        assert float(terms.coefficient @ x[terms.column]) + constant == pytest.approx(exact, abs=1e-6)


# -- as a limit ----------------------------------------------------------------------------------------------------


def test_a_limit_by_hand() -> None:
    # Two towns alike, levels 20 + m and 40 + 2 m', 30 yuan. The mean wants all in the second: 20 and 100.
    # Range at most 0.5: (y2 - y1) <= 0.25 (y1 + y2), y2 <= 5/3 y1; 40 + 2 (30 - a) = 5/3 (20 + a): a = 18.1818.
    towns = Towns(np.array([20.0, 40.0]), np.array([1.0, 2.0]), np.array([30.0, 30.0]), 30.0)
    model, outcome = towns.model()
    limit(model, outcome, np.ones(2), "range", 0.5)
    a = 2000 / 110
    assert outcome.at(raise_mean(model, outcome, np.ones(2)).x) == pytest.approx([20 + a, 100 - 2 * a])
    # Gini of two alike is a quarter of the range, mean deviation a half: the same plan.
    for measure, at_most in (("gini", 0.125), ("mean_deviation", 0.25)):
        model, outcome = towns.model()
        limit(model, outcome, np.ones(2), measure, at_most)
        assert outcome.at(raise_mean(model, outcome, np.ones(2)).x) == pytest.approx([20 + a, 100 - 2 * a])


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("seed", [0, 1, 5])
def test_a_limit_that_binds_is_reached_and_costs_what_enumeration_says(measure: Measure, seed: int) -> None:
    towns, weights = drawn(seed, 4, whole=range(4))
    plans = towns.every_whole_plan()
    means = plans @ weights / weights.sum()
    unequal = np.array([by_definition(plan, weights, measure) for plan in plans])
    free, lowest = unequal[means.argmax()], unequal.min()
    at_most = float(lowest + 0.3 * (free - lowest))
    model, outcome = towns.model()
    limit(model, outcome, weights, measure, at_most)
    found = raise_mean(model, outcome, weights)
    assert found.value == pytest.approx(means[unequal <= at_most].max())
    assert by_definition(outcome.at(found.x), weights, measure) <= at_most + 1e-9
    assert found.value < means.max() - 0.1


@pytest.mark.parametrize("measure", MEASURES)
def test_a_limit_that_does_not_bind_changes_nothing(measure: Measure) -> None:
    towns, weights = drawn(3, 6)
    model, outcome = towns.model()
    free = raise_mean(model, outcome, weights)
    unequal = by_definition(outcome.at(free.x), weights, measure)
    model, outcome = towns.model()
    limit(model, outcome, weights, measure, unequal * 1.001)
    assert raise_mean(model, outcome, weights).value == pytest.approx(free.value, abs=1e-6)


@pytest.mark.parametrize("measure", MEASURES)
def test_a_limit_below_the_smallest_ratio_has_no_plan(measure: Measure) -> None:
    towns, weights = drawn(3, 6)
    least = charnes_cooper(towns, weights, measure)
    for factor, status in ((1.001, "optimal"), (0.999, "infeasible")):
        model, outcome = towns.model()
        limit(model, outcome, weights, measure, least * factor)
        assert raise_mean(model, outcome, weights).status == status


def test_several_limits_and_a_stage_stand_side_by_side() -> None:
    towns, weights = drawn(8, 5)
    model, outcome = towns.model()
    steps = smallest(model, outcome, weights, "gini")
    rows = [limit(model, outcome, weights, measure, A_TENTH[measure] * 3) for measure in MEASURES]
    assert [row.labels["comparison"].tolist() for row in rows] == [[0], [1], [2]]
    done, hold, _ = run(model, steps)
    assert next_comparison(model) == 4
    keys = [
        (name, *key)
        for name, parts in model.rows.items()
        for part in parts
        for key in zip(*part.labels.values(), strict=True)
    ]
    assert len(keys) == len(set(keys))
    levels = outcome.at(done[-1][1].x)
    assert all(by_definition(levels, weights, m) <= A_TENTH[m] * 3 + 1e-9 for m in MEASURES)
    assert hold.value >= charnes_cooper(towns, weights, "gini") - 1e-9


# -- as a stage ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(("seed", "count"), [(0, 3), (1, 5), (2, 8), (3, 16)])
def test_the_smallest_ratio_is_that_of_the_scaled_programme(measure: Measure, seed: int, count: int) -> None:
    towns, weights = drawn(seed, count)
    model, outcome = towns.model()
    done, hold, _ = run(model, smallest(model, outcome, weights, measure))
    assert hold.value == pytest.approx(charnes_cooper(towns, weights, measure), abs=2e-6)
    assert len(done) <= 9
    shown = done[-1][0].shown
    assert shown is not None
    assert hold.value <= shown(done[-1][1].x) <= hold.held_at + 1e-9


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("whole", [(0,), (0, 1, 2, 3)])
def test_the_smallest_ratio_with_whole_numbers(measure: Measure, whole: tuple[int, ...]) -> None:
    towns, weights = drawn(11, 4, whole=whole)
    model, outcome = towns.model()
    _, hold, _ = run(model, smallest(model, outcome, weights, measure))
    if len(whole) == 4:
        every = [by_definition(plan, weights, measure) for plan in towns.every_whole_plan()]
        assert hold.value == pytest.approx(min(every), abs=2e-6)
        return
    fixed = []
    for money in range(int(towns.most[0]) + 1):
        base, most = towns.base.copy(), towns.most.copy()
        base[0], most[0] = base[0] + towns.gain[0] * money, 0.0
        if money <= towns.money:
            fixed.append(charnes_cooper(Towns(base, towns.gain, most, towns.money - money), weights, measure))
    assert hold.value == pytest.approx(min(fixed), abs=2e-6)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("whole", [(), (0, 1, 2, 3)])
def test_both_solvers_hold_the_same_ratio(measure: Measure, whole: tuple[int, ...]) -> None:
    towns, weights = drawn(17, 4, whole=whole)
    held = []
    for solver in (HighsSession, CbcSession):
        model, outcome = towns.model()
        held.append(run(model, smallest(model, outcome, weights, measure), solver)[1])
    assert held[0].value == pytest.approx(held[1].value, abs=2e-6)
    assert held[0].held_at == held[1].held_at


@pytest.mark.parametrize("measure", MEASURES)
def test_bisection_over_limits_ends_at_the_same_ratio(measure: Measure) -> None:
    towns, weights = drawn(21, 6)
    model, outcome = towns.model()
    _, hold, _ = run(model, smallest(model, outcome, weights, measure))
    low, high = 0.0, 1.0
    while high - low > 1e-5:
        middle = (low + high) / 2
        model, outcome = towns.model()
        limit(model, outcome, weights, measure, middle)
        low, high = (low, middle) if raise_mean(model, outcome, weights).has_plan else (middle, high)
    assert hold.value == pytest.approx(high, abs=1.1e-5)


@pytest.mark.parametrize("measure", MEASURES)
def test_what_is_held_is_the_next_point_of_the_grid_and_binds_what_follows(measure: Measure) -> None:
    towns, weights = drawn(33, 6)
    model, outcome = towns.model()
    _, hold, session = run(model, smallest(model, outcome, weights, measure))
    assert hold.held_at / RATIO_GRID == pytest.approx(round(hold.held_at / RATIO_GRID), abs=1e-6)
    assert 0.5 * RATIO_GRID <= hold.held_at - hold.value <= 1.5 * RATIO_GRID
    after = raise_mean(model, outcome, weights, session)
    assert by_definition(outcome.at(after.x), weights, measure) == pytest.approx(hold.held_at, abs=1e-8)
    rows = model.rows["held"][0]
    session.set_row_bounds(rows.positions, rows.bound + hold.per_grid)
    looser = raise_mean(model, outcome, weights, session)
    moved = by_definition(outcome.at(looser.x), weights, measure) - hold.held_at
    assert moved == pytest.approx(SLIP * RATIO_GRID, rel=0.1)


@pytest.mark.parametrize("measure", MEASURES)
def test_a_plan_that_gives_nobody_anything_is_not_the_answer(measure: Measure) -> None:
    # Nothing at all has no ratio; town 0 cannot have more than 2. The last step prefers 2 for all to nothing for all.
    towns = Towns(np.zeros(3), np.array([1.0, 1.0, 1.0]), np.array([2.0, 30.0, 30.0]), 99.0)
    model, outcome = towns.model()
    done, hold, _ = run(model, smallest(model, outcome, np.ones(3), measure))
    assert hold.value == pytest.approx(0.0, abs=1e-6)
    assert outcome.at(done[-1][1].x) == pytest.approx([2, 2, 2], abs=1e-3)
    last, nothing = done[-1][0], np.zeros(3)
    assert last.at_plan is not None
    assert last.at_plan(done[-1][1].x) < last.at_plan(nothing) - 1e-4


def test_where_nobody_can_have_anything_nothing_is_held() -> None:
    model, outcome = Towns(np.zeros(3), np.ones(3), np.zeros(3), 5.0).model()
    steps, session = smallest(model, outcome, np.ones(3), "gini"), HighsSession(model)
    first = next(steps)
    assert first.probe
    with pytest.raises(StopIteration):
        steps.send(session.solve(first.objective, first.constant, first.maximise, 1e-9).x)


def test_a_question_that_was_stopped_holds_the_ratio_of_its_plan() -> None:
    towns, weights = drawn(4, 4)
    model, outcome = towns.model()
    x = raise_mean(model, outcome, weights).x
    question = next(smallest(model, outcome, weights, "mean_deviation"))
    assert question.hold is not None
    assert question.at_plan is not None
    held = question.hold(question.at_plan(x), x)
    unequal = by_definition(outcome.at(x), weights, "mean_deviation")
    assert held.value == pytest.approx(unequal)
    assert held.held_at == pytest.approx((round(unequal / 1e-4) + 1) * 1e-4)
