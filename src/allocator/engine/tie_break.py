"""The tie-break: one plan among all that are best so far, by a published rule.

1. All held values are loosened by one more grid step, together (see stages.loosen).
2. Integers (pairs, and the towns that goals count): the fewest changes from the baseline's pairs, then a linear step
   whose weights are 1 + SHA-256(family, ids) / 2^256, checked by a re-solve that forbids the vector found. Weights
   from a hash have no arithmetic in the index: regular weights tie exactly on cycles.
3. The last stage is solved once more with the integers fixed. Its set of best plans is written down exactly, by
   complementary slackness: rows with a price become equations, columns with a reduced cost stay at their bound. Held
   by an inequality instead, that set is some 1e-8 wide in most directions, and no solver finds its way inside.
4. In that set, the plan closest to the baseline in the continuous decisions:

       min sum over cells ((decision - baseline) / scale)^2

   Scales: yuan by 1 yuan a resident of the town (of the district, for money carried on), hours and heads by 10, units
   by what 1 yuan a resident buys.

Source: optimal faces by complementary slackness: Goldman and Tucker 1956, Theory of linear programming.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from scipy import sparse

from allocator.blocks.attainment import exact
from allocator.blocks.delivery.section import Delivery
from allocator.blocks.funding.section import Funding
from allocator.engine.baseline import Baseline, baseline
from allocator.engine.criteria.goals import MET
from allocator.engine.limits import add_cuts
from allocator.engine.project import Polyhedron, Projection, project
from allocator.engine.session import Prices, Session
from allocator.engine.stages import StageRecord, StagesRun, integer_values
from allocator.model import Codes, Floats, Model, Rows, Terms, Variables, joined
from allocator.scenario.plan_year import PlanYear, Scenario
from allocator.scenario.section import TieBreakStage

HOURS_SCALE = 10.0
SIZE_LIMIT = 20_000
"""Columns above which the projection is skipped, and the run record says so."""

DUAL_ZERO = 1e-7
"""Loss of the last stage's objective below which a step of natural size counts as free."""

CUT_ROUNDS = 40
"""Most rounds of projections under curved limits."""

INTEGER_GAP = 1e-7
_NOTHING = np.zeros(0, dtype=np.intp)
NO_PAIRS = Terms(dict.fromkeys(("mentor", "mentee", "year"), _NOTHING), _NOTHING, np.zeros(0))


def choose_integers(model: Model, session: Session, scenario: Scenario, stage: TieBreakStage, run: StagesRun) -> bool:
    """Settle the integer columns by the published rule and fix them. True if the choice is provably unique.

    Whole numbers that are no yes-or-no decisions of a block stay as in the plan at hand: columns of exact attainment
    (see blocks.attainment.exact), which say on which stretch of a bent figure the plan lies, and counts. Another
    solver may end on others that are as good.
    """
    whole_families = _integers(model)
    chosen = {part.name: _family(model, part.name) for part in whole_families if part.settle}
    pairing = chosen.get("pairing", NO_PAIRS)
    others = sum(len(part.terms) for part in whole_families if not part.settle)
    if not sum(len(cells) for cells in chosen.values()):
        assert run.x is not None
        session.hold_integers(*integer_values(model, run.x))
        return not others
    before = _before(model, scenario, stage, pairing)
    changes = pairing * np.where(before, -1.0, 1.0)
    weighted = [
        (changes if name == "pairing" else cells) * hash_weights(model, cells, name) for name, cells in chosen.items()
    ]
    whole, hashed = (joined([part.labelled({}) for part in both], ()) for both in (list(chosen.values()), weighted))
    fewest = not len(pairing) or _fewest_changes(model, session, run, changes, float(before.sum()))
    alone = fewest and _first_in_hashed_order(model, session, run, whole, hashed)
    assert run.x is not None
    session.hold_integers(*integer_values(model, run.x))
    return run.closed and alone and not others


def _integers(model: Model) -> list[Variables]:
    """All families of whole decisions."""
    return [part for parts in model.columns.values() for part in parts if part.integer]


def _family(model: Model, name: str) -> Terms:
    """The whole decisions of a family, over all years."""
    whole = [part for part in model.columns[name] if part.integer]
    return joined([part.terms for part in whole], whole[0].dims)


def hash_weights(model: Model, cells: Terms, family: str = "pairing") -> Floats:
    """1 + SHA-256(family, ids) / 2^256 for each pair, or each town a goal counts; depends on ids alone."""
    names = model.decoded(cells.labels)
    weights = []
    for ids in zip(*names.values(), strict=True):
        digest = hashlib.sha256("\x1f".join((family, *ids)).encode()).digest()
        weights.append(1.0 + int.from_bytes(digest, "big") / 2.0**256)
    return np.array(weights)


def _before(model: Model, scenario: Scenario, stage: TieBreakStage, pairing: Terms) -> npt.NDArray[np.bool_]:
    """Which candidate pairs the baseline has, the same ones in every year."""
    names = model.decoded({dim: pairing[dim] for dim in ("mentor", "mentee")})
    known = set(baseline(scenario.first, stage).pairs)
    pairs = zip(names["mentor"], names["mentee"], strict=True)
    return np.array([pair in known for pair in pairs], dtype=bool)


def _fewest_changes(model: Model, session: Session, run: StagesRun, changes: Terms, constant: float) -> bool:
    """Minimise and hold the number of changed pairs. True if that was proven."""
    begun = time.perf_counter()
    if run.x is not None:
        session.start_from(*integer_values(model, run.x))
    almost_one = 1.0 - INTEGER_GAP  # a count: a bound above the next smaller number is proof enough
    found = session.solve(changes, constant, False, almost_one)
    if not found.has_plan:
        return False
    run.x = found.x
    value = float(round(found.value))
    at = np.array([len(run.held)], dtype=np.intp)
    left = changes.labelled({"step": np.full(len(changes), at[0], dtype=np.intp)})
    model.define("held", {"step": at}, [left], "<=", value - constant + 0.5, unit="pairs")
    gap = max(0.0, value - float(np.ceil(found.bound - INTEGER_GAP)))
    seconds = time.perf_counter() - begun
    run.records.append(
        StageRecord(
            "tie_break", "fewest_changes", value, value + 0.5, found.status, gap, seconds, asked=0.0, unit="pairs"
        )
    )
    return found.status == "optimal"


def _first_in_hashed_order(model: Model, session: Session, run: StagesRun, pairing: Terms, hashed: Terms) -> bool:
    """Among the sets of pairs with the fewest changes, the one of least hashed weight. True if no other equals it.

    The set at hand is forbidden and the best other one asked for: it comes later, or it is the new set at hand.
    """
    assert run.x is not None
    begun, alone = time.perf_counter(), False
    forbidden: list[Rows] = []
    at_hand, value = run.x, _weight(hashed, run.x)
    while True:
        forbidden.append(_forbid(model, pairing, at_hand, len(forbidden)))
        other = session.solve(hashed, 0.0, False, INTEGER_GAP)
        if other.status != "optimal":
            alone = other.status == "infeasible"
            break
        ahead = value - _weight(hashed, other.x)
        if ahead <= 2 * INTEGER_GAP:
            alone = ahead < -2 * INTEGER_GAP
            break
        at_hand, value = other.x, _weight(hashed, other.x)
    for row in forbidden:
        session.release_rows(row.positions)
    run.x = at_hand
    status = "optimal" if alone else "feasible"
    seconds = time.perf_counter() - begun
    run.records.append(StageRecord("tie_break", "hashed_order", value, value, status, 0.0, seconds))
    return alone


def _weight(hashed: Terms, x: Floats) -> float:
    """Hashed weight of the whole pairs of a plan."""
    return float(hashed.coefficient @ np.round(x[hashed.column]))


def _forbid(model: Model, pairing: Terms, x: Floats, at: int) -> Rows:
    """At least one pair must differ from those of x."""
    chosen = x[pairing.column] > 0.5
    step = np.full(len(pairing), at, dtype=np.intp)
    differs = (pairing * np.where(chosen, -1.0, 1.0)).labelled({"step": step})
    return model.define("forbidden", {"step": step[:1]}, [differs], ">=", 1.0 - float(chosen.sum()), unit="pairs")


def project_plan(
    model: Model, scenario: Scenario, session: Session, stage: TieBreakStage, run: StagesRun
) -> tuple[str, Projection | None]:
    """Replace the run's plan by the projected one; says how that ended. Integers must be held.

    Where the projected plan breaks a curved limit, rows are added and the last stage is solved and projected from
    again: its best plans lie along the curve then, so that a few rounds do, and every round stays linear and exact.
    """
    for _ in range(CUT_ROUNDS):
        how, found = _projected(model, scenario, session, stage, run)
        if how != "converged" or found is None:
            return how, found
        assert run.x is not None
        if not add_cuts(model, run.x + found.x):
            run.x = run.x + found.x
            return how, found
        del run.records[-1]
    return "not converged", found


def _projected(
    model: Model, scenario: Scenario, session: Session, stage: TieBreakStage, run: StagesRun
) -> tuple[str, Projection | None]:
    """The projection as steps from the run's plan, over the rows as they stand."""
    assert run.x is not None
    if not len(run.x):  # a year in which nothing is decided
        return "converged", None
    if len(run.x) > SIZE_LIMIT:
        return "skipped (size)", None
    duals = _last_stage_again(session, run)
    target, scale, weighted = _distances(model, scenario, stage)
    needless = [*model.strengthening, *([run.held[-1].row] if run.held and duals is not None else [])]
    rows = [
        part
        for name, parts in model.rows.items()
        if name != "forbidden"
        for part in parts
        if not any(part is row for row in needless)
    ]
    face = _best_plans(model, rows, run.x, duals, np.where(weighted, scale, 1.0))
    _settle_exactly(model, rows, run.x, face)
    found = project(face, target - run.x, scale, weighted, np.zeros(len(run.x)))
    return "converged" if found.converged else "not converged", found


def _last_stage_again(session: Session, run: StagesRun) -> Prices | None:
    """Solve the last held step with its own row released; its duals, none where there is no stage."""
    if not run.held:
        return None
    last, begun = run.held[-1], time.perf_counter()
    session.return_to(last.mark)
    session.release_rows(last.row.positions)
    found = session.solve(last.step.objective, last.step.constant, last.step.maximise, last.step.grid / 10)
    duals = session.prices(last.step.objective, last.step.maximise)
    session.set_row_bounds(last.row.positions, np.array([last.limit]))
    if found.has_plan:
        run.x = found.x
    seconds = time.perf_counter() - begun
    value = last.step.sign * (found.value if last.step.shown is None or run.x is None else last.step.shown(run.x))
    run.records.append(
        StageRecord("tie_break", f"{last.step.name}_again", value, value, found.status, found.gap, seconds)
    )
    return duals


def _best_plans(model: Model, rows: list[Rows], x: Floats, duals: Prices | None, natural: Floats) -> Polyhedron:
    """The best plans as steps from x: rows with a price are equations, columns with a reduced cost stay put.

    ``natural`` [columns] is a step of natural size; a dual counts if such a step costs more than DUAL_ZERO.
    """
    parts, lower, upper, first = [], [], [], 0
    for family in rows:
        matrix = sparse.csr_array(
            (family.matrix.coefficient, (family.matrix["row"], family.matrix.column)), shape=(len(family), len(x))
        )
        room = current_bounds(model, family) - matrix @ x
        priced = np.zeros(len(family), dtype=bool)
        if duals is not None:
            priced = np.abs(duals.rows[family.positions]) * (abs(matrix) @ natural) > DUAL_ZERO
        lower.append(
            np.where(
                priced | (family.sense == "=="), 0.0, np.inf * -1 if family.sense == "<=" else np.minimum(room, 0.0)
            )
        )
        upper.append(
            np.where(priced | (family.sense == "=="), 0.0, np.inf if family.sense == ">=" else np.maximum(room, 0.0))
        )
        parts.append(matrix)
        first += len(family)
    low, high = column_bounds(model)
    low, high = np.minimum(low - x, 0.0), np.maximum(high - x, 0.0)
    whole, _ = integer_values(model, x)
    fixed = np.zeros(len(x), dtype=bool) if duals is None else np.abs(duals.columns) * natural > DUAL_ZERO
    fixed[whole] = True
    fixed[settled_columns(model, x)] = True
    low[fixed] = high[fixed] = 0.0
    return Polyhedron(sparse.csr_array(sparse.vstack(parts)), np.concatenate(lower), np.concatenate(upper), low, high)


def settled_columns(model: Model, x: Floats) -> npt.NDArray[np.intp]:
    """Columns that have no choice left: shortfalls of goals that are met (zero but for the solver's last digits), and
    who has a mentor, which the pairs decide."""
    columns = [np.zeros(0, dtype=np.intp)]
    if "shortfall" in model.columns:
        shortfall = model.family("shortfall").column
        columns.append(shortfall[x[shortfall] <= MET])
    if "mentored" in model.columns:
        columns.append(model.family("mentored").column)
    return np.concatenate(columns)


def _settle_exactly(model: Model, rows: list[Rows], x: Floats, face: Polyhedron) -> None:
    """Where attainment is exact, with the binaries as they are: equations and columns that stay, in place."""
    now = exact.settled(model, x)
    position = np.concatenate([family.positions for family in rows])
    needless, equal = np.isin(position, now.needless), np.isin(position, now.equations)
    face.row_lower[needless], face.row_upper[needless] = -np.inf, np.inf
    face.row_lower[equal] = face.row_upper[equal] = 0.0
    face.column_lower[now.columns] = face.column_upper[now.columns] = 0.0


def current_bounds(model: Model, family: Rows) -> Floats:
    """Bounds of a family as they stand now (held values and sweeps move them)."""
    return model.row_bound[family.positions]


def column_bounds(model: Model) -> tuple[Floats, Floats]:
    """Lower and upper bounds of all columns as they stand now."""
    return model.column_lower.copy(), model.column_upper.copy()


def _distances(model: Model, scenario: Scenario, stage: TieBreakStage) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Target, scale and whether it counts, for every column of the model."""
    count = model.column_count
    target, scale, weighted = np.zeros(count), np.ones(count), np.zeros(count, dtype=bool)
    for part in (part for parts in model.columns.values() for part in parts if part.scale is not None):
        weighted[part.terms.column] = True
        scale[part.terms.column] = part.scale
    for plan in scenario.plan_years:
        year, goal = model.axes["year"].code(str(plan.year)), baseline(plan, stage)
        for name, wanted in _targets(goal).items():
            if name in model.columns:
                cells = model.year(name, year)
                target[cells.column] = wanted(model, plan, cells)
    return target, scale, weighted


def _money(model: Model, plan: PlanYear, goal: Baseline, cells: Terms) -> Floats:
    """Baseline of funding [yuan], in the order of the cells."""
    known, index = _of_programmes(model, plan, cells)
    funding = plan.required(Funding)
    position = {source.id: at for at, source in enumerate(funding.sources)}
    of_axis = np.array([position.get(source, -1) for source in model.axes["source"].ids], dtype=np.intp)
    target = np.zeros(len(cells))
    target[known] = goal.funding[(*index, of_axis[cells["source"][known]])]
    return target


def _units(model: Model, plan: PlanYear, goal: Baseline, cells: Terms) -> Floats:
    """Baseline of units, in the order of the cells."""
    known, index = _of_programmes(model, plan, cells)
    target = np.zeros(len(cells))
    target[known] = goal.units[index]
    return target


def _of_programmes(model: Model, plan: PlanYear, cells: Terms) -> tuple[npt.NDArray[np.bool_], tuple[Codes, Codes]]:
    """Cells that belong to a programme in a town, and the positions of both for these."""
    delivery = plan.section(Delivery)
    order = {each.id: at for at, each in enumerate(delivery.programmes)} if delivery is not None else {}
    lines = np.array([order.get(line, -1) for line in model.axes["programme"].ids], dtype=np.intp)
    known = (lines[cells["programme"]] >= 0) & (cells["town"] < len(plan.towns))
    return known, (cells["town"][known], lines[cells["programme"]][known])


def _at_home(goal: Baseline, cells: Terms) -> Floats:
    """Baseline of volunteer hours: all at home."""
    return np.where(cells["from_town"] == cells["to_town"], goal.volunteering[cells["from_town"]], 0.0)


def _taught(model: Model, plan: PlanYear, cells: Terms) -> Floats:
    """Baseline of hours taught: all at home, in equal parts for the categories a teacher teaches."""
    at_home = cells["from_town"] == cells["to_town"]
    table = plan.table("teaching.teachers")
    hours = np.zeros(len(model.axes["teacher"].ids))
    hours[model.axes["teacher"].codes(table["teacher"])] = table["hours"].to_numpy(float)
    categories = np.bincount(cells["teacher"][at_home], minlength=len(hours))
    return np.where(at_home, hours[cells["teacher"]] / np.maximum(categories[cells["teacher"]], 1), 0.0)


def _targets(goal: Baseline) -> Mapping[str, Callable[[Model, PlanYear, Terms], Floats]]:
    """Decisions that the baseline says something of, to what it says; all others are kept close to nothing."""
    return {
        "funding": lambda model, plan, cells: _money(model, plan, goal, cells),
        "units": lambda model, plan, cells: _units(model, plan, goal, cells),
        "teaching": _taught,
        "volunteering": lambda _model, _plan, cells: _at_home(goal, cells),
        "guidance": lambda _model, _plan, cells: goal.guidance[cells["town"]],
        "station_guidance": lambda _model, _plan, cells: goal.station_guidance[cells["town"]],
        "trained": lambda _model, _plan, cells: goal.trained[cells["town"]],
    }
