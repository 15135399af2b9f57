"""The tie-break: one plan among all that are best so far, by a published rule.

Integers first: the fewest changes from the baseline's pairs, then a linear stage whose weights are
1 + SHA-256(family, ids) / 2^256, checked by a re-solve that forbids the vector found. Weights from a hash
have no arithmetic in the index: regular weights tie exactly on cycles. Then, with the integers fixed, the
plan closest to the baseline in the continuous decisions:

    min sum over cells ((decision - baseline) / scale)^2   over all rules and held values

Scales: yuan by 1 yuan a resident of the town, hours by 10, units by what 1 yuan a resident buys. The ordered
criteria's helper columns are left out: "sum of the k smallest outcomes >= held" is kept by cuts, one subset of
outcomes each, added where the projection breaks it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from allocator.baseline import Baseline, baseline
from allocator.blocks.delivery.section import Delivery
from allocator.model import Codes, Floats, Model, Rows, Terms
from allocator.project import Polyhedron, Projection, project_with_cuts
from allocator.project import Rows as CutRows
from allocator.scenario import PlanYear, Scenario, TieBreakStage
from allocator.session import Session
from allocator.stages import Held, StageRecord, StagesRun, integer_values

HOURS_SCALE = 10.0
SIZE_LIMIT = 20_000
"""Columns above which the projection is skipped, and the run record says so."""

ORDERED_COLUMNS = ("rank_level", "rank_gap")
ORDERED_ROWS = ("rank_below",)
CUT_TOLERANCE = 1e-7
"""Level points by which a held sum may be missed before a cut is added."""

INTEGER_GAP = 1e-7
DECISIONS = ("funding", "units", "teaching", "volunteering", "guidance", "station_guidance")


@dataclass(frozen=True)
class TieBreak:
    """What the tie-break did, for the run record."""

    records: tuple[StageRecord, ...]
    x: Floats
    unique: bool
    baseline: str
    """``last_year`` or ``factor_method``."""
    projection: str
    """``converged``, ``not converged`` or ``skipped (size)``."""
    cut_rounds: int
    row_residual: float


def choose_integers(model: Model, session: Session, scenario: Scenario, stage: TieBreakStage, run: StagesRun) -> bool:
    """Settle the integer columns by the published rule and fix them. True if the choice is provably unique."""
    if "pairing" not in model.columns or not len(model.family("pairing")):
        return True
    pairing = model.family("pairing")
    before = _before(model, scenario.first, stage, pairing)
    direction = np.where(before, -1.0, 1.0)
    changes = pairing * direction
    hashed = changes * hash_weights(model, pairing)
    unique = run.closed
    unique &= _integer_step(model, session, run, ("fewest_changes", changes, float(before.sum())))
    unique &= _integer_step(model, session, run, ("hashed_order", hashed, 0.0))
    assert run.x is not None
    columns, values = integer_values(model, run.x)
    chosen = values[np.searchsorted(columns, pairing.column)] > 0.5
    unique &= _no_other(model, session, run, (hashed, pairing, chosen))
    session.hold_integers(columns, values)
    return unique


def hash_weights(model: Model, cells: Terms) -> Floats:
    """1 + SHA-256(family, ids) / 2^256 for each pair; depends on ids alone."""
    names = model.decoded({dim: cells[dim] for dim in ("mentor", "mentee", "year")})
    weights = []
    for ids in zip(*names.values(), strict=True):
        digest = hashlib.sha256("\x1f".join(("pairing", *ids)).encode()).digest()
        weights.append(1.0 + int.from_bytes(digest, "big") / 2.0**256)
    return np.array(weights)


def _before(model: Model, plan: PlanYear, stage: TieBreakStage, pairing: Terms) -> npt.NDArray[np.bool_]:
    """Which candidate pairs the baseline has."""
    names = model.decoded({dim: pairing[dim] for dim in ("mentor", "mentee")})
    known = set(baseline(plan, stage).pairs)
    pairs = zip(names["mentor"], names["mentee"], strict=True)
    return np.array([pair in known for pair in pairs], dtype=bool)


def _integer_step(model: Model, session: Session, run: StagesRun, step: tuple[str, Terms, float]) -> bool:
    """Minimise one linear function of the pairs and hold it."""
    name, objective, constant = step
    begun = time.perf_counter()
    if run.x is not None:
        columns, values = integer_values(model, run.x)
        session.start_from(columns, values)
    whole = name == "fewest_changes"  # a count: a bound above the next smaller number is proof enough
    found = session.solve(objective, constant, False, 1.0 - INTEGER_GAP if whole else INTEGER_GAP)
    if not found.has_plan:
        return False
    run.x = found.x
    gap = abs(found.value - np.ceil(found.bound - INTEGER_GAP)) if whole else found.gap
    room = 0.5 if whole else 10 * INTEGER_GAP
    at = len(run.held)
    labels = {"step": np.array([at], dtype=np.intp)}
    left = objective.labelled({"step": np.full(len(objective), at, dtype=np.intp)})
    model.constrain("held", labels, [left], "<=", found.value - constant + room, unit="pairs")
    seconds = time.perf_counter() - begun
    run.records.append(
        StageRecord("tie_break", name, found.value, found.value + room, found.status, gap, seconds)
    )
    return found.status == "optimal"


def _no_other(
    model: Model, session: Session, run: StagesRun, found: tuple[Terms, Terms, npt.NDArray[np.bool_]]
) -> bool:
    """Forbid the set of pairs found and solve again: true if every other set is worse."""
    objective, pairing, chosen = found
    step = np.zeros(len(pairing), dtype=np.intp) + len(run.held)
    differs = (pairing * np.where(chosen, -1.0, 1.0)).labelled({"step": step})
    labels = {"step": np.array([len(run.held)], dtype=np.intp)}
    row = model.constrain("forbidden", labels, [differs], ">=", 1.0 - float(chosen.sum()), unit="pairs")
    again = session.solve(objective, 0.0, False, INTEGER_GAP)
    session.release_rows(row.positions)
    return again.status == "infeasible"


def project_plan(
    model: Model,
    scenario: Scenario,
    stage: TieBreakStage,
    run: StagesRun,
    base_columns: int,
) -> tuple[Floats, str, Projection | None]:
    """The projected plan (base columns only), how it ended, and the projection itself."""
    assert run.x is not None
    if base_columns > SIZE_LIMIT:
        return run.x[:base_columns], "skipped (size)", None
    polyhedron, kept = _polyhedron(model, run.x)
    target, scale, weighted = _distances(model, scenario, baseline(scenario.first, stage))
    found = project_with_cuts(
        polyhedron, target[kept], scale[kept], weighted[kept], run.x[kept], _cuts(model, run.held, kept)
    )
    if not found.converged:
        return run.x[:base_columns], "not converged", found
    x = run.x.copy()
    x[kept] = found.x
    return x[:base_columns], "converged", found


def _polyhedron(model: Model, x: Floats) -> tuple[Polyhedron, Codes]:
    """All rows and columns but those of the ordered criteria; integers fixed as in x."""
    dropped = np.zeros(len(model.pulp_columns), dtype=bool)
    for name in ORDERED_COLUMNS:
        for part in model.columns.get(name, []):
            dropped[part.terms.column] = True
    kept = np.flatnonzero(~dropped)
    place = np.full(len(dropped), -1, dtype=np.intp)
    place[kept] = np.arange(len(kept))
    row_parts, lower, upper, first = [], [], [], 0
    for name, families in model.rows.items():
        if name in (*ORDERED_ROWS, "forbidden"):
            continue
        for family in families:
            if dropped[family.matrix.column].any():
                continue
            row_parts.append((family.matrix["row"] + first, place[family.matrix.column], family.matrix.coefficient))
            bound = current_bounds(model, family)
            lower.append(np.where(family.sense == "<=", -np.inf, bound))
            upper.append(np.where(family.sense == ">=", np.inf, bound))
            first += len(family)
    rows, columns, values = (np.concatenate(parts) for parts in zip(*row_parts, strict=True))
    matrix = sparse.csr_array((values, (rows, columns)), shape=(first, len(kept)))
    low, high = column_bounds(model)
    whole, fixed = integer_values(model, x)
    low[whole] = high[whole] = fixed
    return Polyhedron(matrix, np.concatenate(lower), np.concatenate(upper), low[kept], high[kept]), kept


def current_bounds(model: Model, family: Rows) -> Floats:
    """Bounds of a family as they stand now (held values and sweeps move them)."""
    return np.array([-model.pulp_rows[at].constant for at in family.positions.tolist()])


def column_bounds(model: Model) -> tuple[Floats, Floats]:
    """Lower and upper bounds of all columns as they stand now."""
    low = np.array([-np.inf if c.lowBound is None else c.lowBound for c in model.pulp_columns], dtype=float)
    high = np.array([np.inf if c.upBound is None else c.upBound for c in model.pulp_columns], dtype=float)
    return low, high


def _distances(model: Model, scenario: Scenario, goal: Baseline) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Target, scale and whether it counts, for every column of the model."""
    plan = scenario.first
    count = len(model.pulp_columns)
    target, scale, weighted = np.zeros(count), np.ones(count), np.zeros(count, dtype=bool)
    heads = np.append(plan.population, plan.population.sum())
    delivery = plan.sections.get("delivery")
    costs = {p.id: p.unit_cost for p in delivery.programmes} if isinstance(delivery, Delivery) else {}
    unit_cost = np.array([costs.get(line, 0.0) for line in model.axes["programme"].ids])
    lines = np.array([list(costs).index(line) if line in costs else -1 for line in model.axes["programme"].ids])
    for name in DECISIONS:
        if name not in model.columns:
            continue
        cells = model.family(name)
        weighted[cells.column] = True
        if name in ("funding", "units"):
            scale[cells.column] = heads[cells["town"]] / (
                1.0 if name == "funding" else np.maximum(unit_cost[cells["programme"]], 1.0)
            )
            wanted = goal.funding if name == "funding" else goal.units
            known = (lines[cells["programme"]] >= 0) & (cells["town"] < len(plan.towns))
            index = [cells["town"][known], lines[cells["programme"]][known]]
            if name == "funding":
                index.append(cells["source"][known])
            target[cells.column[known]] = wanted[tuple(index)]
        else:
            scale[cells.column] = HOURS_SCALE
            target[cells.column] = _hours(model, plan, goal, name)
    return target, scale, weighted


def _hours(model: Model, plan: PlanYear, goal: Baseline, name: str) -> Floats:
    """Baseline hours of a family, in the order of its cells."""
    cells = model.family(name)
    if name == "guidance":
        return goal.guidance[cells["town"]]
    if name == "station_guidance":
        return goal.station_guidance[cells["town"]]
    at_home = cells["from_town"] == cells["to_town"]
    if name == "volunteering":
        return np.where(at_home, goal.volunteering[cells["from_town"]], 0.0)
    table = plan.tables[getattr(plan.sections["teaching"], "teachers", "teachers")]
    hours = np.zeros(len(model.axes["teacher"].ids))
    hours[model.axes["teacher"].codes(table["teacher"])] = table["hours"].to_numpy(float)
    categories = np.bincount(cells["teacher"][at_home], minlength=len(hours))
    return np.where(at_home, hours[cells["teacher"]] / np.maximum(categories[cells["teacher"]], 1), 0.0)


def _cuts(model: Model, held: list[Held], kept: Codes) -> Callable[[Floats], CutRows | None]:
    """Rows for every held sum of the k smallest outcomes that a point breaks: those k outcomes themselves."""
    sums = [h for h in held if h.step.name.startswith("worst_")]
    outcome = model.outcomes["level"] if "level" in model.outcomes else next(iter(model.outcomes.values()), None)
    if outcome is None or not sums:
        return lambda _x: None
    place = np.full(len(model.pulp_columns), -1, dtype=np.intp)
    place[kept] = np.arange(len(kept))
    shape = (len(outcome), len(kept))
    matrix = sparse.csr_array(
        (outcome.terms.coefficient, (outcome.terms["outcome"], place[outcome.terms.column])), shape=shape
    )

    def broken(x: Floats) -> CutRows | None:
        levels = matrix @ x + outcome.constant
        ranked = np.argsort(levels, kind="stable")
        rows, bounds = [], []
        for h in sums:
            k = int(h.step.name.removeprefix("worst_"))
            smallest = ranked[:k]
            if levels[smallest].sum() < h.bound - CUT_TOLERANCE:
                chosen = sparse.csr_array(np.isin(np.arange(len(levels)), smallest)[None, :].astype(float))
                rows.append(chosen @ matrix)
                bounds.append(h.bound - outcome.constant[smallest].sum())
        if not rows:
            return None
        return CutRows(sparse.csr_array(sparse.vstack(rows)), np.array(bounds), np.full(len(bounds), np.inf))

    return broken
