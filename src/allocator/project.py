"""The plan closest to a baseline: an exact projection onto the rows and bounds that earlier stages left open.

Statement (MODEL.md section 5, tie-break)::

    minimise    sum over weighted columns of weight * ((x - target) / scale)^2
    subject to  row_lower <= matrix @ x <= row_upper,  column_lower <= x <= column_upper

The answer is unique in the weighted columns; the others take some feasible value. Three steps:

1. *Reduce and scale.* Fixed columns, empty rows and rows that the bounds imply go. Weighted columns are counted
   in their scale, rows (and unweighted columns) are divided by their largest entry.
2. *Interior point* (Clarabel), for a first guess of which bounds and rows are active.
3. *Correct and polish*, until a certified optimum: a proximal method of multipliers whose inner problems are
   solved by semismooth Newton steps with exact line search names the active set; the equality-constrained system
   of that active set is solved to rounding; the pair is accepted when the optimality conditions hold.

Source: Clarabel: Goulart & Chen (2024), arXiv:2405.12762. Proximal method of multipliers: Rockafellar (1976),
Math. Oper. Res. 1(2). Semismooth Newton with exact line search for it: Hermans, Themelis & Patrinos (2022), QPALM,
Math. Prog. Comp. 14. Polish on a guessed active set with regularised refinement: Stellato et al. (2020), OSQP,
Math. Prog. Comp. 12, section 5.2.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace

import clarabel
import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse  # type: ignore[import-untyped]
from scipy.sparse.linalg import splu  # type: ignore[import-untyped]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

ROW_TOLERANCE = 1e-6
"""Largest accepted violation of a row or bound, in the row's own unit."""
STATIONARITY_TOLERANCE = 1e-9
"""Largest accepted optimality residual, in scales of the weighted columns."""
import os
DEBUG = bool(os.environ.get("PDEBUG"))


@dataclass(frozen=True, eq=False)
class Polyhedron:
    """All x with row_lower <= matrix @ x <= row_upper and column_lower <= x <= column_upper.

    ``matrix`` is sparse [rows, columns]; limits may be infinite.
    """

    matrix: sparse.csr_array
    row_lower: Floats
    row_upper: Floats
    column_lower: Floats
    column_upper: Floats


@dataclass(frozen=True, eq=False)
class Projection:
    x: Floats
    converged: bool
    row_residual: float
    stationarity: float
    error_estimate: float
    method: str
    iterations: int
    rounds: int = 1


@dataclass(frozen=True, eq=False)
class _Scaled:
    """The reduced problem: minimise sum(pull * (y - target)^2) / 2, lower <= stack(matrix @ y, y) <= upper."""

    matrix: sparse.csr_array
    lower: Floats
    upper: Floats
    pull: Floats
    target: Floats


@dataclass(frozen=True, eq=False)
class _Point:
    """y [columns] and multipliers [rows + columns], positive where a lower limit pushes."""

    y: Floats
    multipliers: Floats
    steps: int = 0


def _stack(p: _Scaled, y: Floats) -> Floats:
    return np.concatenate([p.matrix @ y, y])


def _unstack(p, m):
    r = p.matrix.shape[0]
    return p.matrix.T @ m[:r] + m[r:]


def _interior_point(p: _Scaled) -> _Point | None:
    rows, columns = p.matrix.shape
    both = sparse.vstack([p.matrix, sparse.eye_array(columns)], format="csr")
    equal = p.lower == p.upper
    low, high = np.isfinite(p.lower) & ~equal, np.isfinite(p.upper) & ~equal
    matrix = sparse.vstack([both[equal], -both[low], both[high]], format="csc")
    limits = np.concatenate([p.upper[equal], -p.lower[low], p.upper[high]])
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.direct_solve_method = "qdldl"
    settings.max_threads = 1
    settings.tol_feas = settings.tol_gap_abs = settings.tol_gap_rel = 1e-9
    settings.max_iter=60
    hess = sparse.diags_array(np.where(p.pull > 0, p.pull, 0), format="csc")
    n_eq = int(equal.sum())
    cones = [clarabel.ZeroConeT(n_eq), clarabel.NonnegativeConeT(len(limits) - n_eq)]
    sol = clarabel.DefaultSolver(sparse.csc_matrix(hess), -p.pull * p.target, sparse.csc_matrix(matrix), limits, cones, settings).solve()
    if DEBUG: print("clarabel", sol.status, sol.iterations, sol.solve_time)
    z = np.array(sol.z)
    if not np.all(np.isfinite(z)): return None
    mult = np.zeros(rows + columns)
    mult[equal] = -z[:n_eq]
    nl = int(low.sum())
    mult[low] += z[n_eq:n_eq + nl]
    mult[high] -= z[n_eq + nl:]
    return _Point(np.array(sol.x), mult, sol.iterations)


def _residuals(p, pt):
    """natural residual."""
    act = _stack(p, pt.y)
    infeas = np.abs(act - np.clip(act, p.lower, p.upper)).max(initial=0)
    comp = np.abs(act - np.clip(act - pt.multipliers, p.lower, p.upper)).max(initial=0)
    stat = np.abs(p.pull * (pt.y - p.target) - _unstack(p, pt.multipliers)).max(initial=0)
    return infeas, comp, stat


def _factor(p, diagonal, rows, delta):
    A = p.matrix[rows]
    k = A.shape[0]
    K = sparse.block_array([[sparse.diags_array(diagonal), A.T], [A, sparse.diags_array(np.full(k, -delta))]], format="csc")
    return A, splu(K, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.001, options={"SymmetricMode": True})


def _newton(p: _Scaled, center: _Point, delta: float, rho: float):
    rows = p.matrix.shape[0]
    prox = np.where(p.pull > 0, 0.0, rho)
    y = center.y.copy()
    last = None
    for step in range(40):
        v = _stack(p, y) - delta * center.multipliers
        over = v - np.clip(v, p.lower, p.upper)
        active = over != 0
        gradient = p.pull * (y - p.target) + prox * (y - center.y) + _unstack(p, over) / delta
        gn = np.abs(gradient).max(initial=0)
        if DEBUG>1: print("   ", step, gn, active[:rows].sum(), active[rows:].sum())
        if last is not None and full and np.array_equal(active, last):
            break
        noise = 1e-15 * (np.abs(v) + 1).max() / delta
        if gn < 4e-16*max(1, np.abs(over).max()/delta): break
        last = active
        A, lu = _factor(p, p.pull + prox + active[rows:] / delta, active[:rows], delta)
        d = lu.solve(np.concatenate([-gradient, np.zeros(A.shape[0])]))[: len(y)]
        e = _stack(p, d)
        with np.errstate(divide="ignore", invalid="ignore"):
            kinks = np.concatenate([(p.lower - v) / e, (p.upper - v) / e])
        kinks = np.unique(kinks[(kinks > 0) & np.isfinite(kinks)])
        base0 = d @ (p.pull * (y - p.target) + prox * (y - center.y)); base1 = d @ ((p.pull + prox) * d)
        def slope(t):
            vv = v + t * e
            return base0 + t * base1 + e @ (vv - np.clip(vv, p.lower, p.upper)) / delta
        i = bisect_left(kinks, 0.0, key=slope)
        a = kinks[i - 1] if i else 0.0
        b = kinks[i] if i < len(kinks) else a + 1.0
        sa, sb = slope(a), slope(b)
        t = a + (b - a) * -sa / (sb - sa) if sb > sa else 1.0
        full = abs(t - 1) < 1e-6
        if full: t = 1.0
        y = y + t * d
    v = _stack(p, y) - delta * center.multipliers
    over = v - np.clip(v, p.lower, p.upper)
    return _Point(y, -over / delta, step)


def _polish(p, pt, delta=1e-9, rho=1e-9):
    rows = p.matrix.shape[0]
    m = pt.multipliers
    act_r = (m[:rows] != 0) | (p.lower == p.upper)[:rows]
    act_c = m[rows:] != 0
    lim = np.where(m > 0, p.lower, p.upper); lim = np.where(p.lower == p.upper, p.lower, lim)
    y = np.where(act_c, lim[rows:], pt.y)
    lam = np.where(act_r, m[:rows], 0.0)
    F = ~act_c
    q = replace(p, matrix=p.matrix[:, F])
    prox = np.where(p.pull > 0, 0.0, rho)[F]
    A, lu = _factor(q, (p.pull[F] + prox), act_r, delta)
    best = None
    for it in range(30):
        grad = p.pull * (y - p.target) - p.matrix.T @ lam
        r1 = -grad[F]; r2 = lim[:rows][act_r] - (p.matrix @ y)[act_r]
        err = max(np.abs(r1).max(initial=0), np.abs(r2).max(initial=0))
        if best is None or err < best[0]: best = (err, y.copy(), lam.copy(), it)
        elif it > best[3] + 3: break
        if err < 1e-15: break
        d = lu.solve(np.concatenate([r1, r2]))
        y[F] += d[: F.sum()]; lam[act_r] -= d[F.sum():]
    err, y, lam, it = best
    mu = np.where(act_c, p.pull * (y - p.target) - p.matrix.T @ lam, 0.0)
    if DEBUG: print("  polish err", err, it, "active", act_r.sum(), act_c.sum(), "of", len(act_r), len(act_c))
    return _Point(y, np.concatenate([lam, mu]))


def _correct(p, start: _Point):
    center = start; steps = 0
    import os
    D0, RHO = float(os.environ.get("D0", 1e-2)), float(os.environ.get("RHO", 1e-3))
    big = max(1.0, np.abs(start.multipliers).max())
    delta = D0 / big
    for outer in range(30):
        inner = _newton(p, center, delta, RHO)
        steps += inner.steps
        pol = _polish(p, inner)
        if DEBUG: print(outer, "%.0e" % delta, "newton", inner.steps, "res", *("%.1e" % q for q in _residuals(p, inner)), "polished", *("%.1e" % q for q in _residuals(p, pol)), "maxmult", np.abs(pol.multipliers).max())
        r = _residuals(p, pol)
        if r[0] < 1e-10 and r[1]<1e-10 and r[2] < 1e-9*big: return replace(pol, steps=steps), True
        center = inner
        delta = max(delta / 10, 1e-7 / big)
    return replace(center, steps=steps), False
