"""Maximin and leximin against brute force and against an algorithm of their own; what a stage gives away."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from allocator.engine.criteria.ordered import smallest_sums
from worlds import CLASS, LEXIMIN, NEARNESS_MINUTES, TOTAL, attainment, government, run, world

MAXIMIN = {"id": "balance", "criterion": "maximin"}
NONE = {"id": "balance", "criterion": "none"}


def reached(folder: Path, **plan: Any) -> dict[str, float]:
    """Levels of the towns after the stages."""
    scenario = world(folder, **plan)
    model, _, done = run(scenario)
    return dict(zip(scenario.first.towns.index, model.outcomes["level"].at(done.x), strict=True))


# -- whole pairs: every set of pairs is tried ---------------------------------------------------------------------


def pairing_world(seed: int) -> dict[str, Any]:
    """Two mentors, four mentees, all levels, distances and school hours drawn; nothing else is decided."""
    draw = np.random.default_rng(seed)
    mentors, mentees = ["m1", "m2"], ["n1", "n2", "n3", "n4"]
    base = {m: float(draw.integers(60, 96)) / 100 for m in mentors}
    base |= {n: float(draw.integers(5, 55)) / 100 for n in mentees}
    hours = {town: float(draw.integers(8, 30)) for town in base}
    return {
        "towns": {town: {"resident_pop": 1000, "school_hours": hours[town]} for town in base},
        "base": base,
        "roads": {(m, n): float(draw.integers(5, 60)) for m in mentors for n in mentees},
        "delivery": None,
        "attainment": attainment(),
        "mentoring": {
            "slow": {"towns": mentees},
            "mature": {"upper_third": False, "preset": mentors},
            "transfer": {"participation": 0.8},
            "nearness_minutes": 40,
            "mentor_capacity": 2,
            "mentee_cover": int(draw.integers(1, 3)),
            "hours_per_pair": 8,
        },
    }


def shortest(roads: Mapping[tuple[str, str], float], towns: list[str]) -> dict[tuple[str, str], float]:
    """Shortest ways over roads in both directions (Floyd and Warshall)."""
    far = {(x, y): 0.0 if x == y else math.inf for x in towns for y in towns}
    far |= {way: minutes for (x, y), minutes in roads.items() for way in ((x, y), (y, x))}
    for via, x, y in itertools.product(towns, repeat=3):
        far[x, y] = min(far[x, y], far[x, via] + far[via, y])
    return far


def every_plan(plan: Mapping[str, Any]) -> list[tuple[float, ...]]:
    """Levels of the towns under every set of pairs that keeps capacity, cover and school hours."""
    rules, base = plan["mentoring"], plan["base"]
    mentors, mentees = rules["mature"]["preset"], rules["slow"]["towns"]
    far = shortest(plan["roads"], list(base))
    pairs = list(itertools.product(mentors, mentees))
    gain = {(m, n): 0.8 * (base[m] - base[n]) * math.exp(-far[m, n] / 40) for m, n in pairs}
    found = []
    for chosen in itertools.product((False, True), repeat=len(pairs)):
        on = list(itertools.compress(pairs, chosen))
        given = {m: sum(x == m for x, _ in on) for m in mentors}
        taken = {n: sum(y == n for _, y in on) for n in mentees}
        if max(given.values()) > 2 or max(taken.values()) > rules["mentee_cover"]:
            continue
        if any(8 * given[m] > plan["towns"][m]["school_hours"] for m in mentors):
            continue
        found.append(tuple(100 * min(1.0, base[t] + sum(gain[m, n] for m, n in on if n == t)) for t in base))
    return found


@pytest.mark.parametrize("seed", range(12))
def test_leximin_of_pairs_is_the_best_of_all(tmp_path: Path, seed: int) -> None:
    plan = pairing_world(seed)
    best = max(sorted(levels) for levels in every_plan(plan))  # lists compare lexicographically
    found = reached(tmp_path, **plan, stages=[LEXIMIN])
    assert sorted(found.values()) == pytest.approx(best, abs=1e-6)


@pytest.mark.parametrize("seed", range(12, 18))
def test_maximin_then_total_is_the_best_of_all(tmp_path: Path, seed: int) -> None:
    plan = pairing_world(seed)
    plans = every_plan(plan)
    worst = max(min(levels) for levels in plans)
    mean = max(sum(levels) / len(levels) for levels in plans if min(levels) >= worst - 1e-6)
    found = reached(tmp_path, **plan, stages=[MAXIMIN, TOTAL])
    assert min(found.values()) == pytest.approx(worst, abs=1e-6)
    assert np.mean(list(found.values())) == pytest.approx(mean, abs=1e-6)


def test_pairs_stay_whole(tmp_path: Path) -> None:
    # One mentor, two mentees at 0.8, a pair brings 1 * (1.6 - 0.8) * 0.5 = 0.4 and there is room for 0.2 in each.
    # Half a pair each would fill both (attainment 2.0 together); a whole pair fills one (1.8).
    base = {"m": 1.6, "n1": 0.8, "n2": 0.8}
    plan = {
        "towns": {town: {"resident_pop": 1000} for town in base},
        "base": base,
        "roads": {("m", "n1"): 20, ("m", "n2"): 20},
        "delivery": None,
        "attainment": attainment(),
        "mentoring": {
            "slow": {"towns": ["n1", "n2"]},
            "mature": {"upper_third": False, "preset": ["m"]},
            "transfer": {"participation": 1},
            "nearness_minutes": NEARNESS_MINUTES,
            "mentor_capacity": 1,
        },
    }
    scenario = world(tmp_path, **plan)
    model, session, done = run(scenario)
    assert done.records[0].value == pytest.approx((100 + 180) / 3)
    session.release_rows(done.held[0].row.positions)
    session.hold_integers(model.family("pairing").column, np.array([0.5, 0.5]))
    step = done.held[0].step
    assert session.solve(step.objective, step.constant, True, 1e-6).value == pytest.approx((100 + 200) / 3)
    assert sorted(reached(tmp_path / "lex", **plan, stages=[LEXIMIN]).values()) == pytest.approx([80, 100, 100])


# -- linear plans: filling up, and saturation ---------------------------------------------------------------------


def filled(base: np.ndarray, cap: np.ndarray, price: np.ndarray, money: float) -> np.ndarray:
    """Water filling: the line up to which all towns are raised, each to its cap at most, that uses up the money."""
    low, high = 0.0, 100.0
    for _ in range(100):
        line = (low + high) / 2
        cost = price @ np.maximum(0.0, np.minimum(cap, line) - base)
        low, high = (line, high) if cost <= money else (low, line)
    return np.maximum(base, np.minimum(cap, low))


@pytest.mark.parametrize("seed", range(8))
def test_leximin_of_money_is_water_filling(tmp_path: Path, seed: int) -> None:
    draw = np.random.default_rng(seed)
    heads = draw.integers(5, 40, 6) * 100
    base = draw.integers(0, 60, 6) / 100
    stations = draw.integers(2, 30, 6)
    names = [f"t{n}" for n in range(6)]
    money = float(draw.integers(3_000, 30_000))
    # A class is 100 yuan and 1,000 / heads points; at most one a station.
    expected = filled(100 * base, np.minimum(100, 100 * base + stations * 1000 / heads), heads / 10, money)
    found = reached(
        tmp_path,
        towns={t: {"resident_pop": int(h), "stations": int(s)} for t, h, s in zip(names, heads, stations, strict=True)},
        base=dict(zip(names, base.tolist(), strict=True)),
        delivery={"programmes": [{**CLASS, "max_units": {"per": 1, "of": "stations", "units": 1}}]},
        funding={"sources": [government(money)]},
        stages=[LEXIMIN],
    )
    assert [found[t] for t in names] == pytest.approx(expected.tolist(), abs=0.01)


def saturated(a: np.ndarray, b: np.ndarray, rows: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Leximin of ``base + rows @ x`` with ``a @ x <= b``, x >= 0: raise all, fix those that can rise no more."""
    fixed: dict[int, float] = {}
    towns, count = rows.shape
    while len(fixed) < towns:
        free = [t for t in range(towns) if t not in fixed]
        # Columns x and the common level z: z - rows @ x <= base for free towns, fixed ones keep their levels.
        lower = np.vstack([np.append(-rows[t], t in free) for t in range(towns)])
        right = np.array([base[t] - fixed.get(t, 0.0) for t in range(towns)])
        left = np.vstack([np.column_stack([a, np.zeros(len(a))]), lower])
        raised = linprog(np.append(np.zeros(count), -1), A_ub=left, b_ub=np.append(b, right + 1e-9))
        level = -raised.fun
        for t in free:
            others = np.array([base[s] - fixed.get(s, level) for s in range(towns)])
            best = linprog(-rows[t], A_ub=np.vstack([a, -rows]), b_ub=np.append(b, others + 1e-9))
            if base[t] - best.fun <= level + 1e-6:
                fixed[t] = level
    return np.array([fixed[t] for t in range(towns)])


@pytest.mark.parametrize("seed", range(4))
def test_leximin_of_volunteers_is_saturation(tmp_path: Path, seed: int) -> None:
    # Five towns on a line, 10 minutes apart; volunteers reach neighbours only, one hour a class.
    draw = np.random.default_rng(seed)
    names = [f"t{n}" for n in range(5)]
    heads, hours, base = draw.integers(5, 20, 5) * 100, draw.integers(0, 25, 5), draw.integers(0, 40, 5) / 100
    ways = [(x, y) for x in range(5) for y in range(5) if abs(x - y) <= 1]
    supply = np.array([[float(x == town) for x, _ in ways] for town in range(5)])
    gain = np.array([[1000 / heads[town] * (y == town) for _, y in ways] for town in range(5)])
    expected = saturated(supply, hours.astype(float), gain, 100 * base)
    assert expected.max() < 100  # no cap interferes
    table = [
        {"town": t, "heads": int(h), "active_rate": 1, "hours_per_active": 1} for t, h in zip(names, hours, strict=True)
    ]
    found = reached(
        tmp_path,
        towns={t: {"resident_pop": int(h)} for t, h in zip(names, heads, strict=True)},
        base=dict(zip(names, base.tolist(), strict=True)),
        delivery={"programmes": [{**CLASS, "max_units": None, "volunteer_hours": 1}]},
        volunteering={},
        tables={"volunteers": table},
        roads=dict.fromkeys(itertools.pairwise(names), 10),
        reach={"volunteering": 10},
        stages=[LEXIMIN],
    )
    assert sorted(found.values()) == pytest.approx(sorted(expected.tolist()), abs=0.02)


# -- one small plan by hand ---------------------------------------------------------------------------------------


def three(stages: list[dict[str, Any]]) -> dict[str, Any]:
    """``low`` can take 10 classes (10 points) and no more; a and b as usual; 4,000 yuan."""
    return {
        "towns": {
            "a": {"resident_pop": 500, "stations": 25},
            "b": {"resident_pop": 1000, "stations": 50},
            "low": {"resident_pop": 1000, "stations": 10},
        },
        "delivery": {"programmes": [{**CLASS, "max_units": {"per": 1, "of": "stations", "units": 1}}]},
        "funding": {"sources": [government(4000)]},
        "stages": stages,
    }


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        # The minimum is 10 (low is full); total then spends on a, and b stays at the minimum.
        (MAXIMIN, {"a": 40, "b": 10, "low": 10}),
        # 3,000 yuan for a and b: 50 yuan a point in a, 100 in b: 20 points each.
        (LEXIMIN, {"a": 20, "b": 20, "low": 10}),
    ],
)
def test_maximin_and_leximin_differ_above_the_worst_off(
    tmp_path: Path, first: dict[str, Any], expected: dict[str, float]
) -> None:
    assert reached(tmp_path, **three([first, TOTAL])) == pytest.approx(expected, abs=5e-3)


def test_no_balance(tmp_path: Path) -> None:
    found = reached(tmp_path, **three([NONE, TOTAL]))
    assert found["a"] == pytest.approx(50)  # 2,500 yuan at 50 a point; 1,500 bring 15 points in b and low together
    assert found["b"] + found["low"] == pytest.approx(15)


def test_steps_are_sums_of_the_smallest(tmp_path: Path) -> None:
    assert smallest_sums(np.array([3.0, 1.0, 2.0])).tolist() == [1, 3, 6]
    _, _, done = run(world(tmp_path, **three([LEXIMIN])))
    assert [record.step for record in done.records] == ["worst_1", "worst_2", "worst_3"]
    # Sorted levels 10, 20, 20. Each step may use what the one before gives up: a grid point.
    assert [record.value for record in done.records] == pytest.approx([10, 30, 50], abs=2e-3)


# -- give -----------------------------------------------------------------------------------------------------------


def two(give: float, criterion: str = "leximin") -> dict[str, Any]:
    """1,000 yuan: 6.6667 points in a and b under leximin."""
    balance = {"id": "balance", "criterion": criterion, "give": give}
    return {"funding": {"sources": [government(1000)]}, "stages": [balance, TOTAL]}


@pytest.mark.parametrize("criterion", ["leximin", "maximin"])
@pytest.mark.parametrize("give", [0.0, 0.5, 2.0])
def test_give_is_what_total_may_spend(tmp_path: Path, criterion: str, give: float) -> None:
    # b falls by give points (100 yuan each), which are 2 * give points in a.
    found = reached(tmp_path, **two(give, criterion))
    assert found == pytest.approx({"a": 20 / 3 + 2 * give, "b": 20 / 3 - give}, abs=5e-3)


def test_give_lowers_what_is_held_after_all_levels_are_found(tmp_path: Path) -> None:
    _, _, done = run(world(tmp_path, **two(2.0)))
    first, second, mean = done.records
    # Both levels are found as if nothing were given; then k * give comes off the grid point below.
    assert (first.value, second.value) == pytest.approx((20 / 3, 40 / 3), abs=1e-3)
    assert (first.held_at, second.held_at) == pytest.approx((6.6666 - 2, 13.332 - 4), abs=1.1e-3)
    assert [held.held_at for held in done.held[:2]] == [first.held_at, second.held_at]
    assert mean.value == pytest.approx((20 / 3 - 2 + 20 / 3 + 4) / 2, abs=1e-3)


def test_without_give_leximin_leaves_the_total_nothing(tmp_path: Path) -> None:
    _, _, done = run(world(tmp_path, **two(0.0)))
    # Two grid points of sums (0.001) and of the level (0.0001) are all that could move.
    assert done.records[-1].value == pytest.approx(20 / 3, abs=2e-3)


def test_the_order_of_stages_counts(tmp_path: Path) -> None:
    stages = [TOTAL, LEXIMIN]
    found = reached(tmp_path, funding={"sources": [government(1000)]}, stages=stages)
    # All for the mean first: 20 points in a. Held one grid point (0.0001) worse, nothing is left for b.
    assert found == pytest.approx({"a": 20, "b": 0}, abs=1e-3)


def test_another_outcome_than_the_level(tmp_path: Path) -> None:
    # Two mentors for one mentee each: what pairs bring is balanced, not the level.
    plan = pairing_world(3)
    scenario = world(tmp_path, **plan, stages=[{"id": "total", "of": "mentoring.benefit"}])
    model, _, done = run(scenario)
    best = max(sum(levels) for levels in every_plan(plan)) - 100 * sum(plan["base"].values())
    assert model.outcomes["mentoring.benefit"].at(done.x).sum() == pytest.approx(best, abs=1e-4)
