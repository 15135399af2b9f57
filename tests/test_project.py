"""The tie-break projection: hand-worked cases, second methods, degenerate problems, a 16-town district, cuts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog, nnls

from allocator.engine.project import Polyhedron, Projection, project

INF = np.inf


def polyhedron(matrix, row_lower, row_upper, lower, upper):
    columns = len(lower)
    return Polyhedron(
        sparse.csr_array(np.reshape(np.array(matrix, dtype=float), (-1, columns))),
        *(np.array(limits, dtype=float) for limits in (row_lower, row_upper, lower, upper)),
    )


def closest(shape: Polyhedron, target, scale=None, weighted=None, start=None) -> Projection:
    columns = shape.matrix.shape[1]
    scale = np.ones(columns) if scale is None else np.array(scale, dtype=float)
    weighted = np.ones(columns, dtype=bool) if weighted is None else np.array(weighted)
    return project(shape, np.array(target, dtype=float), scale, weighted, start)


def optimality_gap(shape: Polyhedron, target, scale, weighted, x) -> float:
    """Distance of the gradient from the cone of limits active at x: zero exactly at the optimum (Farkas).

    Source: non-negative least squares, Lawson & Hanson (1974), as in scipy.
    """
    stacked = np.vstack([shape.matrix.toarray(), np.eye(len(x))])
    value = stacked @ x
    lower = np.concatenate([shape.row_lower, shape.column_lower])
    upper = np.concatenate([shape.row_upper, shape.column_upper])
    pushing = np.vstack([stacked[np.abs(value - lower) <= 1e-7], -stacked[np.abs(value - upper) <= 1e-7]])
    gradient = np.where(weighted, (x - np.where(weighted, target, 0.0)) / scale, 0.0)
    if not len(pushing):
        return float(np.linalg.norm(gradient))
    return float(nnls(pushing.T * scale[:, None], gradient, maxiter=10_000)[1])


# --- hand-worked -----------------------------------------------------------------------------------------------


def test_half_plane_and_box():
    shape = polyhedron([[1, 1]], [-INF], [2], [0, 0], [INF, INF])
    answer = closest(shape, [3, 1])
    assert answer.converged
    assert answer.x == pytest.approx([2, 0], abs=1e-9)
    assert answer.row_residual <= 1e-12
    assert answer.stationarity <= 1e-9
    assert answer.iterations > 0
    assert "clarabel" in answer.method


def test_scale_decides_who_gives_way():
    # x = 3 + m, y = 1 + 4 m on x + y = 2: m = -0.4
    shape = polyhedron([[1, 1]], [2], [2], [-INF, -INF], [INF, INF])
    assert closest(shape, [3, 1], scale=[1, 2]).x == pytest.approx([2.6, -0.6], abs=1e-9)


def test_weights_are_squared_scales():
    shape = polyhedron([[1, 2, 3]], [4], [5], [0, 0, 0], [1, 1, 1])
    by_weight = closest(shape, [0.2, 0.1, 0.3], weighted=[4.0, 1.0, 0.25])
    by_scale = closest(shape, [0.2, 0.1, 0.3], scale=[0.5, 1.0, 2.0])
    assert by_weight.converged
    assert by_weight.x == pytest.approx(by_scale.x, abs=1e-9)


def test_unweighted_column_takes_what_the_others_need():
    # x <= u, u <= 3: the column u has no wish of its own
    shape = polyhedron([[1, -1]], [-INF], [0], [-INF, -INF], [INF, 3])
    answer = closest(shape, [5, np.nan], weighted=[True, False])
    assert answer.converged
    assert answer.x == pytest.approx([3, 3], abs=1e-9)


def test_target_inside_is_kept():
    shape = polyhedron([[1, 1]], [-INF], [10], [0, 0], [INF, INF])
    assert closest(shape, [3.25, 4.5]).x == pytest.approx([3.25, 4.5], abs=1e-12)


def test_wish_that_is_missing_or_without_scale_is_refused():
    shape = polyhedron([], [], [], [0], [1])
    with pytest.raises(ValueError, match="finite target"):
        closest(shape, [np.nan])
    with pytest.raises(ValueError, match="positive scale"):
        closest(shape, [0.5], scale=[0.0])


# --- degenerate ------------------------------------------------------------------------------------------------


def test_duplicate_dependent_empty_and_free_rows():
    plain = polyhedron([[1, 1, 1], [1, -1, 0]], [1, 0], [1, INF], [0, 0, 0], [1, 1, 1])
    rows = [[1, 1, 1], [1, 1, 1], [2, 2, 2], [1, -1, 0], [3, -3, 0], [2, 0, 1], [0, 0, 0], [5, 1, 2]]
    low = [1, 1, 2, 0, 0, 1, 0, -INF]
    high = [1, 1, 2, INF, INF, INF, 0, INF]
    crowded = polyhedron(rows, low, high, [0, 0, 0], [1, 1, 1])
    expected, answer = closest(plain, [0, 1, 0]), closest(crowded, [0, 1, 0])
    assert answer.converged
    assert answer.x == pytest.approx([1 / 2, 1 / 2, 0], abs=1e-9)
    assert answer.x == pytest.approx(expected.x, abs=1e-9)


def test_fixed_columns_and_rows_over_fixed_columns_only():
    shape = polyhedron([[1, 1, 0], [1, 0, 0]], [-INF, 2], [5, 2], [2, 0, 7], [2, 9, 7])
    answer = closest(shape, [0, 8, 0])
    assert answer.converged
    assert answer.x == pytest.approx([2, 3, 7], abs=1e-9)


def test_every_column_fixed():
    shape = polyhedron([[1, 1]], [3], [3], [1, 2], [1, 2])
    answer = closest(shape, [9, 9])
    assert answer.converged
    assert answer.x.tolist() == [1, 2]
    assert not closest(replace(shape, row_upper=np.array([2.0]), row_lower=np.array([2.0])), [9, 9]).converged


def test_no_rows_is_clipping():
    shape = polyhedron([], [], [], [0, -1, -INF], [1, INF, INF])
    answer = closest(shape, [4, -3, 2])
    assert answer.converged
    assert answer.x == pytest.approx([1, -1, 2], abs=1e-9)


def test_rows_that_force_columns_to_their_bounds():
    shape = polyhedron([[1, 1, 0], [1, 1, 1]], [-INF, 0], [0, 4], [0, 0, 0], [INF, INF, INF])
    answer = closest(shape, [2, 1, 7])
    assert answer.converged
    assert answer.x == pytest.approx([0, 0, 4], abs=1e-9)


def test_nothing_weighted_gives_a_feasible_point():
    shape = polyhedron([[1, 2], [1, -1]], [3, -INF], [3, 1], [0, 0], [INF, INF])
    answer = closest(shape, [np.nan, np.nan], weighted=[False, False])
    assert answer.converged
    assert answer.row_residual <= 1e-9


def test_contradiction_is_never_converged_and_keeps_the_better_start():
    shape = polyhedron([[1, 1], [1, 1]], [3, -INF], [INF, 2], [0, 0], [5, 5])
    answer = closest(shape, [0, 0], start=np.array([1.25, 1.25]))
    assert not answer.converged
    assert answer.row_residual == pytest.approx(0.5, abs=1e-6)
    crossed = polyhedron([], [], [], [2], [1])
    assert not closest(crossed, [0]).converged


def test_badly_scaled_rows_and_columns():
    # yuan and yuan per million in one problem; x0 + x1 = 1e6, 1e-5 * x0 >= 7
    shape = polyhedron([[1, 1], [1e-5, 0]], [1e6, 7], [1e6, INF], [0, 0], [INF, INF])
    answer = closest(shape, [1e5, 5e5], scale=[1e5, 2e5])
    assert answer.converged
    assert answer.x == pytest.approx([7e5, 3e5], abs=1e-5)


# --- second methods --------------------------------------------------------------------------------------------


class Case(NamedTuple):
    shape: Polyhedron
    target: np.ndarray
    scale: np.ndarray
    weighted: np.ndarray
    inside: np.ndarray


def random_case(seed: int, columns: int, rows: int, everything_weighted: bool) -> Case:
    """A random feasible problem with small integers, so that ties and dependent rows are common."""
    rng = np.random.default_rng(seed)
    matrix = rng.integers(-3, 4, (rows, columns)) * (rng.random((rows, columns)) < 0.6) * 1.0
    matrix = matrix * 10.0 ** rng.integers(-3, 4, (rows, 1)) if rng.random() < 0.3 else matrix
    inside = np.round(rng.normal(0, 2, columns)) * (rng.random(columns) < 0.6)
    kind, room = rng.integers(0, 5, rows), rng.integers(0, 3, rows) * 1.0
    low = np.where(np.isin(kind, (0, 2, 3)), matrix @ inside - room * (kind != 2), -INF)
    high = np.where(np.isin(kind, (1, 2, 3)), matrix @ inside + room * (kind != 2), INF)
    if rows > 3 and rng.random() < 0.5:  # a duplicate and a sum of rows
        matrix[-1], low[-1], high[-1] = matrix[0], low[0], high[0]
        matrix[-2], low[-2], high[-2] = matrix[0] + matrix[1], low[0] + low[1], high[0] + high[1]
    lower = np.where(rng.random(columns) < 0.6, np.minimum(inside, 0) - rng.integers(0, 2, columns), -INF)
    upper = np.where(rng.random(columns) < 0.4, np.maximum(inside, 0) + rng.integers(0, 2, columns), INF)
    scale = 10.0 ** rng.integers(-1, 3, columns)
    weighted = np.ones(columns, dtype=bool) if everything_weighted else rng.random(columns) < 0.7
    target = np.round(rng.normal(0, 5, columns)) * scale
    return Case(polyhedron(matrix, low, high, lower, upper), target, scale, weighted, inside)


def by_enumeration(case: Case) -> np.ndarray:
    """The closest feasible point among the projections onto all intersections of up to n limits."""
    shape, columns = case.shape, len(case.target)
    stacked = np.vstack([shape.matrix.toarray(), np.eye(columns)]) * case.scale
    size = np.abs(stacked).max(axis=1)
    keep = size > 0
    lower, upper = (
        np.concatenate(pair)[keep] / size[keep]
        for pair in ((shape.row_lower, shape.column_lower), (shape.row_upper, shape.column_upper))
    )
    stacked, aim = stacked[keep] / size[keep, None], case.target / case.scale
    walls = [(row, limit) for row in range(len(lower)) for limit in {lower[row], upper[row]} if np.isfinite(limit)]
    best, least = case.inside / case.scale, INF
    for count in range(columns + 1):
        for chosen in combinations(walls, count):
            rows = stacked[[row for row, _ in chosen]]
            missing = np.array([limit for _, limit in chosen]) - rows @ aim
            point = aim + (np.linalg.lstsq(rows, missing, rcond=1e-10)[0] if count else 0.0)
            value = stacked @ point
            fits = (value >= lower - 1e-9).all() and (value <= upper + 1e-9).all()
            if fits and ((point - aim) ** 2).sum() < least:
                best, least = point, ((point - aim) ** 2).sum()
    return best * case.scale


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(0, 4))
def test_equals_enumeration_of_active_sets(seed, columns, rows):
    case = random_case(seed, columns, rows, everything_weighted=True)
    answer = project(*case[:4])
    assert answer.converged
    assert np.abs((answer.x - by_enumeration(case)) / case.scale).max() <= 1e-6


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(1, 14), st.integers(0, 16))
def test_gradient_lies_in_the_cone_of_active_limits(seed, columns, rows):
    case = random_case(seed, columns, rows, everything_weighted=False)
    answer = project(*case)
    assert answer.converged
    assert (answer.x >= case.shape.column_lower).all()
    assert (answer.x <= case.shape.column_upper).all()
    assert optimality_gap(*case[:4], answer.x) <= 1e-6


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_order_of_rows_and_columns_and_units_of_rows_change_nothing(seed):
    case = random_case(seed, 9, 8, everything_weighted=False)
    rng = np.random.default_rng(seed)
    rows, columns, units = rng.permutation(8), rng.permutation(9), np.exp(rng.uniform(-3, 3, 8))
    answer = project(*case[:4])
    moved = project(shuffled(case.shape, rows, columns, units), *(part[columns] for part in case[1:4]))
    assert answer.converged
    assert moved.converged
    gap = np.abs(moved.x - answer.x[columns]) / case.scale[columns]
    assert gap[case.weighted[columns]].max(initial=0.0) <= 1e-7


def shuffled(shape: Polyhedron, rows, columns, units) -> Polyhedron:
    matrix = sparse.csr_array(sparse.diags_array(units) @ shape.matrix[rows][:, columns])
    limits = shape.row_lower[rows] * units, shape.row_upper[rows] * units
    return Polyhedron(matrix, *limits, shape.column_lower[columns], shape.column_upper[columns])


# --- a district of 16 towns ------------------------------------------------------------------------------------


@dataclass
class Draft:
    """Columns and rows while a problem is written down."""

    columns: list = field(default_factory=list)
    rows: list = field(default_factory=list)
    entries: list = field(default_factory=list)

    def column(self, lower, upper, target=np.nan, scale=np.nan) -> int:
        self.columns.append((lower, upper, target, scale))
        return len(self.columns) - 1

    def row(self, lower, upper, terms) -> None:
        self.entries += [(len(self.rows), column, factor) for column, factor in terms]
        self.rows.append((lower, upper))

    def problem(self) -> tuple[Polyhedron, np.ndarray, np.ndarray, np.ndarray]:
        row, column, factor = np.array(self.entries).T
        lower, upper, target, scale = np.array(self.columns).T
        place = row.astype(int), column.astype(int)
        matrix = sparse.csr_array((factor, place), shape=(len(self.rows), len(self.columns)))
        return Polyhedron(matrix, *np.array(self.rows).T, lower, upper), target, scale, np.isfinite(target)


COST = np.array([1500, 2500, 1500, 1200, 1200, 300, 20000, 3000.0])
HOURS = np.array([20, 30, 20, 20, 20, 2, 0, 6.0])
VOLUNTEER = np.array([10, 10, 10, 10, 20, 5, 20, 0.0])
TAUGHT = [0, 1, 2, 3, 0, -1, -1, -1]
MIX = np.array([0.15, 0.1, 0.15, 0.15, 0.15, 0.1, 0.1, 0.1])
GOAL = np.array([0.4, 0.3, 20, 0.2, 0.01, 1.0])
WEIGHT = np.array([0.3, 0.15, 0.15, 0.15, 0.1, 0.15])
EFFECT = np.array(
    [
        [60, 40, 60, 60, 10, 80, 0, 0],
        [10, 2, 10, 15, 60, 10, 0, 0],
        [20, 30, 20, 20, 20, 10, 0, 0],
        [0, 0, 0, 0, 0, 0, 0.6, 0],
        [0, 0, 0, 0, 0, 0, 0, 15],
        [0, 0, 0, 0, 0, 0, 0, 0.01],
    ]
).T


class District(NamedTuple):
    draft: Draft
    levels: np.ndarray
    money: np.ndarray


def district(seed: int, teachers: int) -> District:
    """One plan year of 16 towns with units, funding, teaching, volunteering, bent credits, attainment and levels."""
    rng, draft, towns, kinds = np.random.default_rng(seed), Draft(), range(16), range(8)
    people = np.round(rng.dirichlet(np.full(16, 8.0)) * 1_827_800)
    share, place = people / people.sum(), rng.uniform(0, 25, (16, 2))
    minutes = 2.7 * np.hypot(*(place[:, None] - place[None]).T)
    amount = np.array([0.9, 0.1, 0.1]) * people.sum()
    wish = amount[None, None] * share[:, None, None] * MIX[None, :, None]
    units = [
        [
            draft.column(0, people[t] / (333 if k < 6 else 2000), wish[t, k].sum() / COST[k], people[t] / COST[k])
            for k in kinds
        ]
        for t in towns
    ]
    funding = [[[draft.column(0, INF, wish[t, k, s], people[t]) for s in range(3)] for k in kinds] for t in towns]
    for s in range(3):
        draft.row(-INF, amount[s], [(funding[t][k][s], 1) for t in towns for k in kinds])
    for t in towns:
        for k in kinds:
            draft.row(0, 0, [(column, 1) for column in funding[t][k]] + [(units[t][k], -COST[k])])
        draft.row(0.4 * people[t], INF, [(funding[t][k][0], 1) for k in kinds])
        last = people[t] * rng.uniform(0.9, 1.2)
        draft.row(0.7 * last, 1.6 * last, [(column, 1) for k in kinds for column in funding[t][k]])
    for group, low, high in (((0, 4), 0.1, 0.6), ((1,), 0.05, 0.5), ((2, 3), 0.1, 0.6), ((5, 6, 7), 0.1, 0.5)):
        for sign, part in ((1, low), (-1, high)):
            terms = [(c, sign * ((k in group) - part)) for t in towns for k in kinds for c in funding[t][k]]
            draft.row(0, INF, terms)
    add_people(draft, rng, share, minutes, units, teachers)
    return District(draft, add_levels(draft, rng, people, units), np.array(funding).ravel())


def add_people(draft: Draft, rng, share, minutes, units, teachers: int) -> None:
    home = rng.choice(16, teachers, p=share)
    lessons: dict = {}
    for teacher in range(teachers):
        for category in sorted(rng.choice(6, 2, replace=False)):
            for t in np.flatnonzero(minutes[home[teacher]] <= 38):
                lessons[teacher, t, category] = draft.column(0, INF, 80.0 if t == home[teacher] else 0.0, 10.0)
    for teacher in range(teachers):
        own = [(t, column) for (a, t, _), column in lessons.items() if a == teacher]
        at_home = home[teacher]
        draft.row(-INF, 160, [(c, 1 + (minutes[at_home, t] / 60 if t != at_home else 0)) for t, c in own])
        draft.row(0, INF, [(c, 0.7 if t == at_home else -0.3) for t, c in own])
    for t in range(16):
        for category in range(6):
            given_hours = [(c, rng.choice([1.0, 0.8])) for (_, u, v), c in lessons.items() if (u, v) == (t, category)]
            draft.row(0, 0, given_hours + [(units[t][k], -HOURS[k]) for k in range(8) if TAUGHT[k] == category])
    near = [(a, t) for a in range(16) for t in range(16) if minutes[a, t] <= 30]
    helping = {pair: draft.column(0, INF, 200.0 if pair[0] == pair[1] else 0.0, 10.0) for pair in near}
    for t in range(16):
        received = [(c, 1) for (_, u), c in helping.items() if u == t]
        draft.row(-INF, 30_600 * share[t], [(c, 1) for (a, _), c in helping.items() if a == t])
        draft.row(0, 0, received + [(units[t][k], -VOLUNTEER[k]) for k in range(8)])
        draft.row(-INF, 0, received + [(c, -0.8) for (_, u, _), c in lessons.items() if u == t])
        draft.row(-INF, 300_000 * share[t], [(units[t][k], HOURS[k] or 40) for k in range(8)])


def add_levels(draft: Draft, rng, people, units) -> np.ndarray:
    """Attainment = min(1, value / goal) with effects that halve after a first part; level = weighted sum."""
    base = np.clip(rng.uniform(0.35, 0.8, 16)[:, None] + rng.normal(0, 0.08, (16, 6)), 0.1, 0.95)
    old, stations = np.round(people * rng.uniform(0.07, 0.14, 16)), np.round(336 * people / people.sum()) + 1
    whole = np.stack([people, old, people / 1000, stations, people, np.ones(16)], axis=1)
    levels = []
    for t in range(16):
        credits = []
        for i in range(6):
            credits.append(draft.column(0, 1))
            terms = [(credits[-1], -1.0)]
            for k in np.flatnonzero(EFFECT[:, i]):
                first, rest = draft.column(0, people[t] / 1667), draft.column(0, INF)
                draft.row(-INF, 0, [(first, 1), (rest, 1), (units[t][k], -1)])
                slope = EFFECT[k, i] / whole[t, i] / GOAL[i]
                terms += [(first, slope), (rest, slope / 2)]
            draft.row(-base[t, i], INF, terms)
        levels.append(draft.column(0, 100))
        draft.row(0, 0, [(credits[i], 100 * WEIGHT[i]) for i in range(6)] + [(levels[-1], -1)])
    return np.array(levels)


def hold(draft: Draft, levels: np.ndarray, count: int, give: float) -> float:
    """Maximise the sum of the ``count`` smallest levels with helper columns, round to 1e-3 and hold it.

    Source: count * r - sum(d), d >= r - level, d >= 0 (Ogryczak & Sliwinski 2003).
    """
    reference, below = draft.column(-INF, INF), [draft.column(0, INF) for _ in levels]
    for level, short in zip(levels, below, strict=True):
        draft.row(0, INF, [(short, 1), (reference, -1), (level, 1)])
    total = [(reference, count), *((short, -1) for short in below)]
    shape = draft.problem()[0]
    gain = np.zeros(shape.matrix.shape[1])
    gain[[column for column, _ in total]] = [factor for _, factor in total]
    equal = shape.row_lower == shape.row_upper
    low, high = np.isfinite(shape.row_lower) & ~equal, np.isfinite(shape.row_upper) & ~equal
    found = linprog(
        -gain,
        sparse.vstack([shape.matrix[high], -shape.matrix[low]]),
        np.concatenate([shape.row_upper[high], -shape.row_lower[low]]),
        shape.matrix[equal],
        shape.row_lower[equal],
        np.stack([shape.column_lower, shape.column_upper], axis=1),
    )
    assert found.status == 0
    value = float(np.round(-found.fun, 3)) - give
    draft.row(value, INF, total)
    return value


class Held(NamedTuple):
    """The same district twice: levels held with helper columns, and free with the sums to hold."""

    helped: tuple
    bare: tuple
    levels: np.ndarray
    money: np.ndarray
    counts: np.ndarray
    sums: np.ndarray


@pytest.fixture(scope="module")
def held() -> Held:
    draft, levels, money = district(seed=7, teachers=130)
    bare = draft.problem()
    counts = np.array([1, 3, 8, 16])
    exact = np.array([hold(draft, levels, count, give=1e-3) for count in counts])
    draft.rows = [row if row not in [(v, INF) for v in exact] else (row[0] - 1e-3, INF) for row in draft.rows]
    return Held(draft.problem(), bare, levels, money, counts, exact - 1e-3)


def largest_change(held: Held, x, y) -> tuple[float, float]:
    """(yuan in money cells, scales in all weighted columns) between two answers."""
    _, _, scale, weighted = held.bare
    change = np.abs(x[: len(scale)] - y[: len(scale)])
    return float(change[held.money].max()), float((change / scale)[weighted].max())


@pytest.mark.xdist_group("district")
def test_district_is_exact_whatever_the_order(held):
    shape, target, scale, weighted = held.helped
    rows, columns = shape.matrix.shape
    assert columns >= 3500
    assert rows >= 1000
    answer = project(*held.helped)
    assert answer.converged
    assert answer.row_residual <= 1e-6
    assert answer.stationarity <= 1e-9
    assert (answer.x >= shape.column_lower).all()
    assert (answer.x[held.money] == 0).sum() > 50  # corners, not an interior point
    for seed in range(2):
        rng = np.random.default_rng(seed)
        order, place = rng.permutation(rows), rng.permutation(columns)
        units = np.exp(rng.uniform(-5, 5, rows)) if seed else np.ones(rows)
        moved = project(shuffled(shape, order, place, units), target[place], scale[place], weighted[place])
        back = np.empty(columns)
        back[place] = moved.x
        yuan, scales = largest_change(held, answer.x, back)
        assert moved.converged
        assert yuan <= 1e-4
        assert scales <= 1e-6


@pytest.mark.xdist_group("district")
def test_district_moves_little_with_its_budget(held):
    shape, target, scale, weighted = held.helped
    answer = project(shape, target, scale, weighted)
    more = shape.row_upper.copy()
    more[0] += 1.0  # one yuan of the first source
    moved = project(replace(shape, row_upper=more), target, scale, weighted)
    assert moved.converged
    assert 0 < largest_change(held, answer.x, moved.x)[0] <= 100
