"""The plan closest to a baseline among all that are best so far: an exact projection onto rows and bounds.

Statement::

    minimise    sum over weighted columns of weight * ((x - target) / scale)^2
    subject to  row_lower <= matrix @ x <= row_upper,   column_lower <= x <= column_upper

The answer is unique in the weighted columns; the others take some feasible value. Three steps:

1. *Reduce and scale*: fixed columns, free rows and rows that the bounds imply go; weighted columns are counted in
   their scale, rows and unweighted columns divided by their largest entry, all rounded to powers of two so that
   scaling changes no number of the problem.
2. *Interior point* (Clarabel) for a guess of the active rows and bounds. Faces of held levels are thin and their
   multipliers large (1e7 to 1e10), so the objective is scaled down and Clarabel's static regularisation lowered: at
   its defaults it stops at a wrong active set.
3. *Correct and polish*: the equality-constrained system of the active set is solved by regularised factors and
   refinement with residuals in extended precision; columns and rows with a wrong-signed multiplier are released,
   violated ones added, until the pair meets all optimality conditions. Only such a pair counts as converged.

Source: Clarabel: Goulart & Chen (2024), arXiv:2405.12762. Polish: Stellato et al. (2020), OSQP, Math. Prog. Comp. 12.
Correction loop: primal-dual active set = semismooth Newton, Hintermueller, Ito & Kunisch (2002), SIAM J. Optim. 13(3),
with single changes against cycles: Portugal, Judice & Vicente (1994), Math. Comp. 63. Refinement towards the
unregularised system = proximal method of multipliers, Rockafellar (1976), Math. Oper. Res. 1(2). Equilibration: Ruiz
(2001), RAL-TR-2001-034. Redundant rows: Brearley, Mitra & Williams (1975), Math. Prog. 8.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import clarabel
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import splu

Floats = npt.NDArray[np.float64]
Extended = npt.NDArray[np.longdouble]
Mask = npt.NDArray[np.bool_]

ROW_TOLERANCE = 1e-6
"""Largest accepted violation of a row, in the row's own unit."""
SCALED_TOLERANCE = 1e-8
"""Largest accepted violation of any optimality condition in the scaled problem."""
ERROR_TOLERANCE = 4e-6
"""Largest accepted remaining error of a weighted column, in its scale."""
ATTEMPTS = ((1e-6, 1e-10), (1e-6, 1e-12), (1e-3, 1e-12), (1e-3, 1e-10), (1.0, 1e-10), (1.0, 1e-8))
"""(factor on the objective, Clarabel's static regularisation), tried in order until a guess leads to an optimum."""
CORRECTIONS, PATIENCE, REFINEMENTS = 24, 3, 60
"""Most active sets tried after one guess; how many without progress before they change by one member at a time; most
refinement steps on one active set."""
ROUNDINGS = 8
"""Roundings of the largest multiplier that count as noise of the gradient."""
EQUILIBRATIONS = 6
"""Passes of equilibration."""
HOPELESS = 1e9
"""Miss of the optimality conditions above which the correction of a guess is given up."""
SYMMETRIC: dict[str, Any] = {
    "permc_spec": "MMD_AT_PLUS_A",
    "diag_pivot_thresh": 0.01,
    "options": {"SymmetricMode": True},
}
"""SuperLU settings for a symmetric quasi-definite system."""
PROXIMITY, REGULARISATION = 1e-3, 1e-13
"""Diagonal of unweighted columns and of rows in the factored system; refinement removes their influence."""


@dataclass(frozen=True, eq=False)
class Polyhedron:
    """All x with row_lower <= matrix @ x <= row_upper and column_lower <= x <= column_upper.

    ``matrix`` is sparse [rows, columns]; limits may be infinite; every row and column keeps its own unit.
    """

    matrix: sparse.csr_array
    row_lower: Floats
    row_upper: Floats
    column_lower: Floats
    column_upper: Floats


@dataclass(frozen=True, eq=False)
class Projection:
    """The point found and what is known about it.

    ``x`` [columns] keeps the column bounds exactly. ``row_residual``: worst violation of a row, in the row's own
    unit. ``stationarity``: worst violation of an optimality condition (gradient, sign, complementarity) in the
    scaled problem. ``error``: estimated remaining error of a weighted column, in its scale (rounding and polish; can be
    too small where multipliers exceed 1e9).
    ``iterations``: interior-point iterations plus active sets tried. ``method`` says which guess led to the optimum.
    """

    x: Floats
    converged: bool
    row_residual: float
    stationarity: float
    error: float
    method: str
    iterations: int


@dataclass(frozen=True, eq=False)
class _Scaled:
    """Minimise sum(pull * (y - target)^2) / 2 with lower <= (matrix @ y, y) <= upper; see ``_reduce``.

    x[kept] = column_unit * y, all other x = fixed; scaled rows are the original ``rows`` / row_unit. ``lower`` and
    ``upper`` are rows first, then columns.
    """

    matrix: sparse.csr_array
    lower: Floats
    upper: Floats
    pull: Floats
    target: Floats
    kept: Mask
    fixed: Floats
    column_unit: Floats
    rows: npt.NDArray[np.intp]
    row_unit: Floats

    def activity(self, y: Floats) -> Floats:
        """Rows, then columns, at y."""
        return np.concatenate([self.matrix @ y, y])


class _Guess(NamedTuple):
    """A point to start the correction from, the objective's factor it was found with and what it cost."""

    name: str
    point: _Point
    factor: float
    iterations: int


@dataclass(frozen=True, eq=False)
class _Point:
    """y [columns] with multipliers [rows + columns]: positive at a lower limit, negative at an upper one.

    ``stationarity`` and ``error`` as in Projection; ``misfits``: positions [rows, then columns] of inequalities on the
    wrong side.
    """

    y: Floats
    multipliers: Floats
    stationarity: float = np.inf
    error: float = np.inf
    noise: float = 0.0
    """Part of the stationarity that is rounding: multipliers of 1e13 leave 1e-8 even in extended precision."""
    misfits: npt.NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, dtype=np.intp))

    @property
    def miss(self) -> float:
        """How far from a certified optimum, in accepted tolerances: at most 1 is one."""
        accepted = min(ERROR_TOLERANCE, SCALED_TOLERANCE + self.noise)
        return max(self.stationarity / accepted, self.error / ERROR_TOLERANCE)


def project(
    polyhedron: Polyhedron, target: Floats, scale: Floats, weighted: Mask | Floats, start: Floats | None = None
) -> Projection:
    """The point of the polyhedron closest to ``target`` in the weighted columns.

    ``target``, ``scale`` [columns] in the columns' units; ``weighted``: a mask or weights >= 0. ``start`` is a known
    point, returned if nothing better is found. Raises ValueError on a missing target or a scale that is not positive.
    """
    weights = np.asarray(weighted, dtype=float)
    pulled = weights > 0
    if not (np.isfinite(target[pulled]).all() and np.isfinite(scale[pulled]).all() and (scale[pulled] > 0).all()):
        raise ValueError("weighted columns need a finite target and a positive scale")
    pull = np.where(pulled, weights / np.where(pulled, scale, 1.0) ** 2, 0.0)
    problem = _reduce(polyhedron, target, pull)
    point, method, iterations = _search(problem)
    return replace(_published(polyhedron, problem, point, start), method=method, iterations=iterations)


def _power_of_two(values: Floats) -> Floats:
    """The nearest power of two, 1 for zero."""
    return np.asarray(np.exp2(np.round(np.log2(np.where(values > 0, values, 1.0)))))


def _reduce(polyhedron: Polyhedron, target: Floats, pull: Floats) -> _Scaled:
    """Drop fixed columns, free and implied rows; scale what is left."""
    low, high = polyhedron.column_lower, polyhedron.column_upper
    kept = low < high
    fixed = np.where(kept, 0.0, (low + np.where(kept, low, high)) / 2)
    whole = sparse.csr_array(polyhedron.matrix, dtype=float)
    known = whole @ fixed
    matrix = sparse.csr_array(whole[:, kept])
    matrix.eliminate_zeros()
    low, high, pull = low[kept], high[kept], pull[kept]
    row_low, row_high = _implied(matrix, polyhedron.row_lower - known, polyhedron.row_upper - known, low, high)
    rows = np.flatnonzero((np.isfinite(row_low) | np.isfinite(row_high)) & (np.diff(matrix.indptr) > 0))
    matrix = sparse.csr_array(matrix[rows])
    column_unit = _power_of_two(np.where(pull > 0, 1 / np.sqrt(np.where(pull > 0, pull, 1.0)), 1.0))
    row_unit, column_unit = _equilibrated(matrix, column_unit, pull > 0)
    matrix = sparse.csr_array(sparse.diags_array(1 / row_unit) @ matrix @ sparse.diags_array(column_unit))
    return _Scaled(
        matrix=matrix,
        lower=np.concatenate([row_low[rows] / row_unit, low / column_unit]),
        upper=np.concatenate([row_high[rows] / row_unit, high / column_unit]),
        pull=pull * column_unit**2,
        target=np.where(pull > 0, target[kept], 0.0) / column_unit,
        kept=kept,
        fixed=fixed,
        column_unit=column_unit,
        rows=rows,
        row_unit=row_unit,
    )


def _equilibrated(matrix: sparse.csr_array, column_unit: Floats, settled: Mask) -> tuple[Floats, Floats]:
    """Row and column units (powers of two) that bring the largest entries near 1; settled columns keep theirs."""
    entries = matrix.tocoo()
    row, column = entries.coords
    row_unit = np.ones(matrix.shape[0])
    for _ in range(EQUILIBRATIONS):
        size = np.abs(entries.data) * column_unit[column] / row_unit[row]
        largest = np.zeros(matrix.shape[0])
        np.maximum.at(largest, row, size)
        row_unit = row_unit * _power_of_two(largest)
        largest = np.zeros(matrix.shape[1])
        np.maximum.at(largest, column, np.abs(entries.data) * column_unit[column] / row_unit[row])
        column_unit = np.where(settled, column_unit, column_unit / _power_of_two(largest))
    return row_unit, column_unit


def _implied(
    matrix: sparse.csr_array, row_low: Floats, row_high: Floats, low: Floats, high: Floats
) -> tuple[Floats, Floats]:
    """Row limits, infinite where the column bounds imply them. Equality rows stay."""
    rising, falling = matrix.maximum(0), matrix.minimum(0)
    rising.eliminate_zeros()
    falling.eliminate_zeros()
    least, most = rising @ low + falling @ high, rising @ high + falling @ low
    loose = row_low < row_high
    return np.where(loose & (least >= row_low), -np.inf, row_low), np.where(
        loose & (most <= row_high), np.inf, row_high
    )


def _original(problem: _Scaled, y: Floats) -> Floats:
    x = problem.fixed.copy()
    x[problem.kept] = problem.column_unit * y
    return x


def _published(polyhedron: Polyhedron, problem: _Scaled, point: _Point, start: Floats | None) -> Projection:
    """The point with its measured residual; the start where the point is not an optimum and violates rows more."""

    def residual(x: Floats) -> float:
        activity = polyhedron.matrix @ x
        return float(np.abs(activity - np.clip(activity, polyhedron.row_lower, polyhedron.row_upper)).max(initial=0.0))

    low = np.minimum(polyhedron.column_lower, polyhedron.column_upper)
    x = np.clip(_original(problem, point.y), low, np.maximum(low, polyhedron.column_upper))
    worst = residual(x)
    crossed = float(np.maximum(polyhedron.column_lower - polyhedron.column_upper, 0.0).max(initial=0.0))
    converged = bool(point.miss <= 1 and worst <= ROW_TOLERANCE and crossed <= ROW_TOLERANCE)
    if not converged and start is not None:
        given = np.clip(start, low, np.maximum(low, polyhedron.column_upper))
        if residual(given) < worst and worst > ROW_TOLERANCE:
            x, worst = given, residual(given)
    return Projection(x, converged, worst, point.stationarity, point.error, "", 0)


def _search(problem: _Scaled) -> tuple[_Point, str, int]:
    """The first optimum found from any guess, else the point that misses least; the guess's name; iterations."""
    best = _Point(np.zeros(problem.matrix.shape[1]), np.zeros(sum(problem.matrix.shape)))
    if not problem.kept.any():
        return replace(best, stationarity=0.0, error=0.0), "no free column", 0
    name, spent = "", 0
    for guess in _guesses(problem):
        point, tried = _corrected(problem, guess.point, guess.factor)
        spent += guess.iterations + tried
        if point.miss < best.miss or not name:
            best, name = point, guess.name
        if best.miss <= 1:
            break
    return best, name, spent


def _guesses(problem: _Scaled) -> Iterator[_Guess]:
    """Interior points, from the settings that serve thin faces best to the plainest."""
    for factor, regularisation in ATTEMPTS:
        solution, multipliers = _interior_point(problem, factor, regularisation)
        y = np.array(solution.x)
        if np.isfinite(y).all() and np.isfinite(multipliers).all():
            name = f"clarabel {clarabel.__version__} {solution.status} at {factor:g}, {regularisation:g}"
            yield _Guess(name, _Point(y, multipliers), factor, int(solution.iterations))


def _interior_point(problem: _Scaled, factor: float, regularisation: float) -> tuple[Any, Floats]:
    """Clarabel's solution with its multipliers [rows + columns] in our sign, for the objective times ``factor``."""
    stacked = sparse.vstack([problem.matrix, sparse.eye_array(problem.matrix.shape[1])], format="csr")
    equal = problem.lower == problem.upper
    low, high = np.isfinite(problem.lower) & ~equal, np.isfinite(problem.upper) & ~equal
    rows = sparse.vstack([stacked[equal], -stacked[low], stacked[high]], format="csc")
    limits = np.concatenate([problem.upper[equal], -problem.lower[low], problem.upper[high]])
    cones = [clarabel.ZeroConeT(int(equal.sum())), clarabel.NonnegativeConeT(int(low.sum() + high.sum()))]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_iter = 120
    settings.max_threads = 1
    settings.direct_solve_method = "qdldl"
    settings.tol_feas = settings.tol_gap_abs = settings.tol_gap_rel = 1e-12
    settings.tol_infeas_abs = settings.tol_infeas_rel = 1e-30  # thin is not empty: multipliers of 1e8 look like proof
    settings.static_regularization_constant = regularisation
    settings.dynamic_regularization_delta = min(2e-7, 100 * regularisation)
    hessian = sparse.csc_matrix(sparse.diags_array(problem.pull * factor))
    slope = -problem.pull * problem.target * factor
    solution = clarabel.DefaultSolver(hessian, slope, sparse.csc_matrix(rows), limits, cones, settings).solve()
    at_equal, at_low, at_high = np.split(np.array(solution.z) / factor, np.cumsum([equal.sum(), low.sum()]))
    multipliers = np.zeros(len(equal))
    multipliers[equal] = -at_equal
    multipliers[low] = at_low
    multipliers[high] -= at_high
    return solution, multipliers


def _corrected(problem: _Scaled, guess: _Point, factor: float) -> tuple[_Point, int]:
    """Primal-dual active set steps from a guess: polish, release wrong signs, add violated limits, until optimal.

    A row or column counts as active where its multiplier times ``factor`` exceeds its slack (Clarabel's central path
    pairs them that way). Without progress only the last misfit changes (Murty's rule, against cycles). Returns the
    best point and the number of active sets tried.
    """
    best = point = guess
    side = _sides(problem, guess, factor)
    fewest, stalled, tried = len(side) + 1, 0, 0
    while tried < CORRECTIONS:
        polished = _polished(problem, point, side)
        tried += 1
        if polished is None:
            break
        if polished.miss < best.miss:
            best = polished
        misfits = polished.misfits
        if len(misfits) == 0 or polished.stationarity > HOPELESS:
            break
        stalled = 0 if len(misfits) < fewest else stalled + 1
        if stalled == PATIENCE and best.stationarity <= SCALED_TOLERANCE:
            break
        fewest = min(fewest, len(misfits))
        changed = misfits if stalled < PATIENCE else misfits[-1:]
        point, side = polished, side.copy()
        side[changed] = _sides(problem, polished, factor)[changed]
    return best, tried


def _sides(problem: _Scaled, point: _Point, factor: float) -> npt.NDArray[np.int8]:
    """-1 where the lower limit is active, 1 where the upper one is; equality rows are always active."""
    probe = problem.activity(point.y) - factor * point.multipliers
    side = np.where(probe <= problem.lower, -1, np.where(probe >= problem.upper, 1, 0))
    side[problem.lower == problem.upper] = -1
    return side.astype(np.int8)


def _polished(problem: _Scaled, point: _Point, side: npt.NDArray[np.int8]) -> _Point | None:
    """The optimum with active limits (side -1: lower, 1: upper) as equations; None if the factors break down.

    Active columns stand at their limit; the rest solves [pull, -rows'; rows, 0] by steps of the factors of
    [pull + PROXIMITY, rows'; rows, -REGULARISATION] on residuals of the exact system in extended precision (where
    the platform has it), which also copes with dependent rows and undetermined unweighted columns.
    """
    count = len(problem.rows)
    limit = np.where(side < 0, problem.lower, np.where(side > 0, problem.upper, 0.0))
    free, active = side[count:] == 0, side[:count] != 0
    y: Extended = np.where(free, point.y, limit[count:]).astype(np.longdouble)
    by_row: Extended = point.multipliers[:count][active].astype(np.longdouble)
    if not free.any():
        return _judged(problem, y, by_row, side, 0.0)
    held = sparse.csr_array(problem.matrix[active])
    inner = sparse.csr_array(held[:, free])
    pull, weighted = problem.pull[free], problem.pull[free] > 0
    blocks = [
        [sparse.diags_array(np.where(weighted, pull, PROXIMITY)), inner.T],
        [inner, sparse.diags_array(np.full(len(inner.indptr) - 1, -REGULARISATION))],
    ]
    try:
        factors = splu(sparse.block_array(blocks, format="csc"), **SYMMETRIC)
    except RuntimeError:
        return None
    rows, down = held.astype(np.longdouble), sparse.csr_array(inner.T).astype(np.longdouble)
    aim, goal = problem.target[free].astype(np.longdouble), limit[:count][active].astype(np.longdouble)
    steps = [np.inf]
    for _ in range(REFINEMENTS):
        gradient = pull * (aim - y[free]) + down @ by_row
        change = factors.solve(np.concatenate([gradient, goal - rows @ y]).astype(float))
        y[free] += change[: len(pull)]
        by_row -= change[len(pull) :]
        steps.append(float(np.abs(change[: len(pull)][weighted]).max(initial=0.0)))
        if np.abs(change[: len(pull)]).max(initial=0.0) <= 1e-14 * (1 + float(np.abs(y).max(initial=0.0))):
            break
    rate = min(steps[-1] / steps[-2], 0.999) if steps[-2] > 0 else 0.0
    noise = np.random.default_rng(0).choice([-1.0, 1.0], (len(goal), 4)) * np.finfo(float).eps
    noise *= (abs(held) @ np.abs(y).astype(float))[:, None]
    shaken = factors.solve(np.concatenate([np.zeros((len(pull), 4)), noise]))[: len(pull)][weighted]
    error = steps[-1] / (1 - rate) + float(np.abs(shaken).max(initial=0.0))
    return _judged(problem, y, by_row, side, error)


def _judged(problem: _Scaled, y: Extended, by_row: Extended, side: npt.NDArray[np.int8], error: float) -> _Point:
    """The polished point with its misses: natural residual of the limits, gradient of the free columns."""
    count = len(problem.rows)
    multipliers = np.zeros(len(side), dtype=np.longdouble)
    multipliers[:count][side[:count] != 0] = by_row
    matrix = problem.matrix.astype(np.longdouble)
    gradient = problem.pull * (y - problem.target) - sparse.csr_array(matrix.T) @ multipliers[:count]
    at_limit = side[count:] != 0
    multipliers[count:][at_limit] = gradient[at_limit]
    activity = np.concatenate([matrix @ y, y])
    miss = np.abs(activity - np.clip(activity - multipliers, problem.lower, problem.upper))
    slope = np.abs(gradient[~at_limit]).max(initial=0.0)
    return _Point(
        y.astype(float),
        multipliers.astype(float),
        stationarity=float(max(miss.max(initial=0.0), slope)),
        error=error,
        noise=float(ROUNDINGS * np.finfo(np.longdouble).eps * np.abs(multipliers[:count]).max(initial=0.0)),
        misfits=np.flatnonzero((miss > 1e-13 * (1 + np.abs(activity))) & (problem.lower < problem.upper)),
    )
