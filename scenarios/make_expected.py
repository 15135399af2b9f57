"""Writes expected/*.yaml of panyu, wuchuan and panyu_whole: stage values found by CBC, not by the engine's own path.

    python scenarios/make_expected.py [PLAN ...]           write all, or those of some year or variant files
    python scenarios/make_expected.py --check [PLAN ...]   say which committed values differ by more than `within`

Some minutes; no part of the tests. The engine only loads and builds: the model of its blocks, without any stage, is
exported to MPS and read back. The stages run on that file, by PuLP's COIN_CMD and in formulations of their own:

- The sum of the k smallest levels is at least z if every k towns together have at least z. Those rows are added
  as they are broken (the engine has one helper column a town and k instead). Rows of earlier k are kept the same way.
- A value is rounded to the nearest grid point and held one step worse (MODEL.md section 5): 1e-4 level points, 1e-3
  for sums of levels, 1e-4 unit changes. `give` lowers what its stage holds, times k, once the stage is over.
- Goals: least sum of importance x shortfall in shares of the targets; where one is missed, the hashed sum of SHA-256(
  "shortfall", goal, town, year); then every goal that is met stays met.
- Change from last year: for each town a column at least as large as the difference either way.
- Before the tie-break every held value gives way by one more grid step.
- Pairs: fewest changes from last year's, then the smallest sum of 1 + SHA-256("pairing", mentor, mentee, year) /
  2^256 over new pairs less the kept ones.

`within` is what two right answers may differ by. Each step closes to a tenth of its grid; a value that lies between
two grid points may be held on either, and the steps after it may use that room: five grid steps.

Of plans with many whole things only the hard goals and the sums of the one and the two worst-off are found, closed to
WHOLE_GAP a town; the facts in their files, which every plan shows, are written by hand and kept.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pulp
from ruamel.yaml import YAML

from allocator.engine.build import build
from allocator.model import Terms
from allocator.model.pulp_problem import PulpProblem
from allocator.scenario.plan_year import Scenario

HERE = Path(__file__).parent
PLANS = ("panyu", "wuchuan")
WHOLE = ("panyu_whole/2016.yaml",)
"""Years of plans with many whole things, of which only the first steps are found."""
FIRST_RANKS, WHOLE_GAP = (1, 2), 0.05
"""How many of the worst-off these steps raise together, and the gap asked of each of them [level points]."""
LEVEL_GRID, SUM_GRID, CHANGE_GRID, SHORTFALL_GRID, PAIR_GRID = 1e-4, 1e-3, 1e-4, 1e-5, 1e-6
MET, RULE_SLACK = 1e-4, 1e-7
"""Shortfall that counts as none, and what a met goal may fall short afterwards [percent of the target]."""
GRID_STEPS_BETWEEN_ANSWERS = 5
BROKEN = 1e-6
"""Level points by which a sum may fall short before its row is added; below a tenth of the finest grid."""

HOW_FIRST = (
    "By scenarios/make_expected.py: CBC (with PuLP {pulp}) on the exported model of the blocks, in the script's own "
    "formulation; the first steps, each closed to 0.05 level points a town. Two right answers may lie that apart, and "
    "the second step has the room that the first one leaves."
)

HOW = (
    "By scenarios/make_expected.py: CBC (with PuLP {pulp}) on the exported model of the blocks; the stages in the "
    "script's own formulation, without the engine's stages, criteria, sessions and tie-break."
)

Form = dict[pulp.LpVariable, float]


@dataclass
class Exported:
    """The model of the blocks as read back from its MPS file; columns by label."""

    problem: pulp.LpProblem
    level: list[pulp.LpVariable]
    """In the order of the towns."""
    pairing: dict[tuple[str, str], pulp.LpVariable]
    money: list[list[pulp.LpVariable]]
    """Funding columns of each town."""
    shortfall: dict[tuple[str, str, str], pulp.LpVariable]
    """Goal, place and year to its shortfall [percent of the target]."""


@dataclass
class Ordered:
    """Sums of the k smallest levels: one column each, free in its own step and fixed afterwards."""

    sums: dict[int, pulp.LpVariable] = field(default_factory=dict)
    known: set[tuple[int, ...]] = field(default_factory=set)
    """Towns of the rows so far: together they have at least their sum."""


@dataclass
class Run:
    """One scenario on its way through the stages."""

    scenario: Scenario
    exported: Exported
    ordered: Ordered = field(default_factory=Ordered)
    held: list[tuple[pulp.LpConstraint, float]] = field(default_factory=list)
    """Rows that hold a stage, and one grid step worse."""
    stages: list[dict[str, Any]] = field(default_factory=list)
    whole: dict[str, float] = field(default_factory=dict)
    """Integer columns of the last answer, tried first in the next step."""

    def note(self, stage: str, step: str, value: float, grid: float) -> None:
        """One line of the expected file."""
        within = GRID_STEPS_BETWEEN_ANSWERS * grid
        self.stages.append({"stage": stage, "step": step, "value": round(value, 6), "within": round(within, 9)})


def export(scenario: Scenario) -> Exported:
    """Build, write to MPS, read back; only labels are taken from the built model."""
    model = build(scenario)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "blocks.mps"
        written = PulpProblem(model)
        written.minimise(Terms({}, np.zeros(0, dtype=np.intp), np.zeros(0)), 0.0, 1.0)
        written.problem.writeMPS(str(file))
        by_name, problem = pulp.LpProblem.fromMPS(str(file))

    def columns(family: str) -> tuple[dict[str, list[str]], list[pulp.LpVariable]]:
        if family not in model.columns:
            return {}, []
        cells = model.family(family)
        names = [written.columns[at].name for at in cells.column.tolist()]
        return {dim: list(ids) for dim, ids in model.decoded(cells.labels).items()}, [by_name[name] for name in names]

    towns = list(scenario.first.towns.index)
    labels, level = columns("level")
    assert labels["town"] == towns
    labels, pairing = columns("pairing")
    pairs = list(zip(labels.get("mentor", []), labels.get("mentee", []), strict=True))
    labels, funding = columns("funding")
    money: dict[str, list[pulp.LpVariable]] = {town: [] for town in towns}
    for town, column in zip(labels["town"], funding, strict=True):
        money.get(town, []).append(column)
    labels, shortfall = columns("shortfall")
    aims = list(zip(*(labels.get(dim, []) for dim in ("goal", "town", "year")), strict=True))
    by_pair, by_aim = dict(zip(pairs, pairing, strict=True)), dict(zip(aims, shortfall, strict=True))
    return Exported(problem, level, by_pair, list(money.values()), by_aim)


# -- solving ---------------------------------------------------------------------------------------------------------


def cbc(problem: pulp.LpProblem, gap: float, *, mip: bool) -> bool:
    """One run of CBC; whether it found an optimum."""
    options = ["primalT 1e-9", "dualT 1e-9"]
    if mip:
        options += ["integerT 1e-8", "increment 1e-9", "ratio 0"]
    solver = pulp.COIN_CMD(path=CBC, msg=False, mip=mip, gapAbs=gap if mip else None, options=options)
    problem.solve(solver)
    return bool(problem.sol_status == pulp.LpSolutionOptimal)


def reached(form: Form) -> float:
    """Value of a linear form at the last answer."""
    return sum(factor * (column.varValue or 0.0) for column, factor in form.items())


def fixed_run(run: Run, values: dict[str, float]) -> bool:
    """A linear solve with integer columns fixed for once."""
    chosen = [v for v in run.exported.problem.variables() if v.cat == pulp.LpInteger]
    bounds = [(column.lowBound, column.upBound) for column in chosen]
    for column in chosen:
        column.lowBound = column.upBound = values[column.name]
    found = cbc(run.exported.problem, 0.0, mip=False)
    for column, (low, high) in zip(chosen, bounds, strict=True):
        column.lowBound, column.upBound = low, high
    return found


def optimise(run: Run, form: Form, gap: float) -> float:
    """Maximise a form with whole pairs and every held sum kept; the value of a last linear solve at those pairs."""
    problem = run.exported.problem
    problem.setObjective(pulp.LpAffineExpression({column: -factor for column, factor in form.items()}))
    whole = [v for v in problem.variables() if v.cat == pulp.LpInteger]
    while True:
        while True:
            if not cbc(problem, 0.0, mip=False):
                raise RuntimeError(f"{run.scenario.label}: CBC ended with {pulp.LpStatus[problem.status]}")
            if not add_broken_rows(run):
                break
        bound = reached(form)
        if all(abs(v.varValue - round(v.varValue)) <= 1e-7 for v in whole):
            break
        if run.whole and fixed_run(run, run.whole) and bound - reached(form) <= gap:
            if add_broken_rows(run):
                continue
            break
        if not cbc(problem, 0.9 * gap, mip=True):
            raise RuntimeError(f"{run.scenario.label}: CBC ended with {pulp.LpStatus[problem.status]}")
        found = {v.name: float(round(v.varValue)) for v in whole}
        if not fixed_run(run, found):
            raise RuntimeError(f"{run.scenario.label}: no plan with the pairs of branch and bound")
        if not add_broken_rows(run):
            break
    run.whole = {v.name: float(round(v.varValue)) for v in whole}
    return reached(form)


def add_broken_rows(run: Run) -> bool:
    """Add a row for every sum of the k smallest levels that the last answer breaks; whether there was one."""
    values = np.array([column.varValue for column in run.exported.level])
    before = len(run.ordered.known)
    for k, total_of_k in run.ordered.sums.items():
        chosen = lowest(run.exported.level, k)
        if values[list(chosen)].sum() < total_of_k.varValue - BROKEN:
            add_row(run, chosen)
    return len(run.ordered.known) > before


def add_row(run: Run, chosen: tuple[int, ...]) -> None:
    """These towns together have at least the sum of as many smallest levels."""
    if chosen in run.ordered.known:
        return
    left: Form = {run.exported.level[at]: 1.0 for at in chosen} | {run.ordered.sums[len(chosen)]: -1.0}
    row = pulp.LpConstraint(pulp.LpAffineExpression(left), pulp.LpConstraintGE, rhs=0.0)
    run.exported.problem.addConstraint(row, f"sum{len(run.ordered.known):06d}")
    run.ordered.known.add(chosen)


# -- stages ----------------------------------------------------------------------------------------------------------


def one_step_worse(value: float, grid: float, *, maximise: bool) -> float:
    """The nearest grid point, one step worse."""
    return (round(value / grid) - 1) * grid if maximise else (round(value / grid) + 1) * grid


def balance(run: Run, stage: Any) -> None:
    """Sums of the 1, 2, ..., n smallest levels, each as large as possible, each held."""
    sums = run.ordered.sums
    last = {"leximin": len(run.exported.level), "maximin": 1, "none": 0}[stage.criterion]
    for k in range(1, last + 1):
        grid = LEVEL_GRID if k == 1 else SUM_GRID
        value = raise_worst_off(run, k, grid / 10)
        run.note("balance", f"worst_{k}", value, grid)
        sums[k].lowBound = sums[k].upBound = one_step_worse(value, grid, maximise=True)
    for k, column in sums.items():
        column.lowBound = column.upBound = column.upBound - k * stage.give


def raise_worst_off(run: Run, k: int, gap: float) -> float:
    """The sum of the k smallest levels, as large as possible."""
    level = run.exported.level
    column = run.exported.problem.add_variable(f"smallest{k:02d}", None, 100.0 * k)
    run.ordered.sums[k] = column
    for chosen in [(at,) for at in range(len(level))] if k == 1 else [lowest(level, k)]:
        add_row(run, chosen)
    return optimise(run, {column: 1.0}, gap)


def first_steps(run: Run) -> None:
    """Hard goals and the first sums of smallest levels, of a plan with many whole things.

    A step may end its gap below the best value; the next one has the room that leaves.
    """
    goals(run, next(stage for stage in run.scenario.first.common.stages if stage.id == "basics"))
    room = 0.0
    for k in FIRST_RANKS:
        value = raise_worst_off(run, k, WHOLE_GAP * k)
        room += WHOLE_GAP * k
        run.note("balance", f"worst_{k}", value, room / GRID_STEPS_BETWEEN_ANSWERS)
        grid = LEVEL_GRID if k == 1 else SUM_GRID
        sums = run.ordered.sums
        sums[k].lowBound = sums[k].upBound = one_step_worse(value, grid, maximise=True)


def lowest(level: list[pulp.LpVariable], k: int) -> tuple[int, ...]:
    """The k lowest towns at the last answer."""
    return tuple(sorted(np.argsort([column.varValue for column in level], kind="stable")[:k].tolist()))


def hold(run: Run, form: Form, bound: float, *, maximise: bool, grid: float = 0.0) -> None:
    """Hold a linear form at a number; ``grid`` is what it gives way by before the tie-break."""
    sense = pulp.LpConstraintGE if maximise else pulp.LpConstraintLE
    row = pulp.LpConstraint(pulp.LpAffineExpression(form), sense, rhs=bound)
    run.exported.problem.addConstraint(row, f"held{len(run.stages):06d}")
    run.held.append((row, -grid if maximise else grid))


def loosen(run: Run) -> None:
    """Every held value gives way by one more grid step."""
    for k, column in run.ordered.sums.items():
        column.lowBound = column.upBound = column.upBound - (LEVEL_GRID if k == 1 else SUM_GRID)
    for row, step in run.held:
        row.changeRHS(-row.constant + step)


def goals(run: Run, stage: Any) -> None:
    """Shortfalls of hard (basics) or soft (aspirations) goals, as small as possible; met goals stay met."""
    strength = {"basics": "hard", "aspirations": "soft"}[stage.id]
    known = {goal.id: goal for goal in run.scenario.first.common.goals if goal.strength == strength}
    own = {key: column for key, column in run.exported.shortfall.items() if key[0] in known}
    if not own:
        return
    weights: Form = {column: -known[key[0]].importance / 100 for key, column in own.items()}
    steps = [("shortfall", weights)]
    hashed = {column: -hash_weight("shortfall", *key) / 100 for key, column in own.items()}
    for name, form in steps:
        value = -optimise(run, form, SHORTFALL_GRID / 10)
        run.note(stage.id, name, value + 0.0, SHORTFALL_GRID)
        bound = -one_step_worse(value, SHORTFALL_GRID, maximise=False)
        hold(run, form, bound, maximise=True, grid=SHORTFALL_GRID)
        if name == "shortfall" and len(own) > 1 and any(column.varValue > MET for column in own.values()):
            steps.append(("which", hashed))
    met = [column for column in own.values() if column.varValue <= MET]
    for column in met:
        column.upBound = max(RULE_SLACK, column.varValue)
    if met:
        run.note(stage.id, "met", len(met), SHORTFALL_GRID)


def hash_weight(*ids: str) -> float:
    """1 + SHA-256 of the ids / 2^256."""
    return 1.0 + int.from_bytes(hashlib.sha256("\x1f".join(ids).encode()).digest(), "big") / 2.0**256


def total(run: Run, stage: Any) -> None:
    """The weighted mean level, as large as possible."""
    weights = run.scenario.first.per_town(stage.weighted_by)
    form = dict(zip(run.exported.level, (weights / weights.sum()).tolist(), strict=True))
    value = optimise(run, form, LEVEL_GRID / 10)
    run.note("total", "mean", value, LEVEL_GRID)
    bound = one_step_worse(value, LEVEL_GRID, maximise=True) - getattr(stage, "give", 0.0)
    hold(run, form, bound, maximise=True, grid=LEVEL_GRID)


def stability(run: Run, stage: Any) -> None:
    """Change from last year in money and pairs, as small as possible."""
    plan, problem = run.scenario.first, run.exported.problem
    before, pairs = plan.last_year_money(), plan.last_year_pairs()
    if before is None and pairs is None:
        return
    form: Form = {}
    for at, (columns, last) in enumerate(
        zip(run.exported.money, [] if before is None else before.tolist(), strict=True)
    ):
        apart = problem.add_variable(f"apart{at:02d}", 0.0)
        now: Form = dict.fromkeys(columns, 1.0)
        up = pulp.LpConstraint(pulp.LpAffineExpression(now | {apart: -1.0}), pulp.LpConstraintLE, rhs=last)
        down = pulp.LpConstraint(pulp.LpAffineExpression(now | {apart: 1.0}), pulp.LpConstraintGE, rhs=last)
        problem.addConstraint(up, f"rise{at:02d}")
        problem.addConstraint(down, f"fall{at:02d}")
        form[apart] = 1.0 / stage.unit_change.money
    for pair, column in run.exported.pairing.items() if pairs is not None else ():
        form[column] = (-1.0 if pair in pairs else 1.0) / stage.unit_change.pair
    constant = len(pairs or ()) / stage.unit_change.pair
    value = constant - optimise(run, {column: -factor for column, factor in form.items()}, CHANGE_GRID / 10)
    run.note("stability", "change", value, CHANGE_GRID)
    bound = one_step_worse(value, CHANGE_GRID, maximise=False) - constant
    hold(run, form, bound, maximise=False, grid=CHANGE_GRID)


def tie_break(run: Run, stage: Any) -> None:
    """Pairs: fewest changes from the baseline's, then the smallest sum of hashed weights."""
    if not run.exported.pairing:
        return
    loosen(run)
    plan = run.scenario.first
    use_last_year = stage.baseline == "last_year_else_factor_method" and plan.last_year_money() is not None
    before = [
        pair for pair in (plan.last_year_pairs() if use_last_year else None) or () if pair in run.exported.pairing
    ]
    changes: Form = {column: -1.0 if pair in before else 1.0 for pair, column in run.exported.pairing.items()}
    fewest = round(len(before) - optimise(run, {column: -factor for column, factor in changes.items()}, 0.5))
    run.note("tie_break", "fewest_changes", fewest, PAIR_GRID)
    hold(run, changes, fewest - len(before) + 0.5, maximise=False)
    hashed: Form = {}
    for (mentor, mentee), column in run.exported.pairing.items():
        hashed[column] = changes[column] * hash_weight("pairing", mentor, mentee, str(plan.year))
    value = -optimise(run, {column: -factor for column, factor in hashed.items()}, 1e-7)
    run.note("tie_break", "hashed_order", value, PAIR_GRID)


STAGES = {
    "basics": goals,
    "aspirations": goals,
    "balance": balance,
    "total": total,
    "stability": stability,
    "tie_break": tie_break,
}


def expected(file: Path) -> dict[str, Any]:
    """The content of one expected file."""
    scenario = Scenario.load(file)
    run = Run(scenario, export(scenario))
    if file in [HERE / name for name in WHOLE]:
        first_steps(run)
        return {"how": HOW_FIRST.format(pulp=pulp.__version__), "stages": run.stages}
    for stage in scenario.first.common.stages:
        STAGES[stage.id](run, stage)
    pairs = sorted(pair for pair, column in run.exported.pairing.items() if (column.varValue or 0.0) > 0.5)
    listed = [{"mentor": mentor, "mentee": mentee} for mentor, mentee in pairs]
    return {"how": HOW.format(pulp=pulp.__version__), "stages": run.stages, "pairs": listed}


# -- files -----------------------------------------------------------------------------------------------------------


def years_and_variants() -> list[Path]:
    """Every shipped year and variant of the plans that are not worked by hand."""
    found = []
    for plan in PLANS:
        found += sorted((HERE / plan).glob("[0-9]*.yaml")) + sorted((HERE / plan / "variants").glob("*.yaml"))
    return found + [HERE / name for name in WHOLE]


def expected_file(file: Path) -> Path:
    """Where the expected values of a year or variant file stand."""
    folder = file.parent.parent if file.parent.name == "variants" else file.parent
    return folder / "expected" / file.name


def differences(found: dict[str, Any], committed: dict[str, Any]) -> list[str]:
    """What differs by more than ``within``."""
    told = {(line["stage"], line["step"]): line["value"] for line in committed["stages"]}
    now = {(line["stage"], line["step"]): line for line in found["stages"]}
    lines = [f"{'/'.join(key)}: only on one side" for key in sorted(told.keys() ^ now.keys())]
    for key in sorted(told.keys() & now.keys()):
        if abs(told[key] - now[key]["value"]) > now[key]["within"]:
            lines.append(f"{'/'.join(key)}: {told[key]} committed, {now[key]['value']} now")
    if found.get("pairs") != committed.get("pairs"):
        lines.append("pairs differ")
    return lines


def write(target: Path, content: dict[str, Any]) -> None:
    """Write one expected file; facts that stand in it already stay."""
    from ruamel.yaml.comments import CommentedMap
    from ruamel.yaml.scalarstring import FoldedScalarString

    def flow(line: dict[str, Any]) -> CommentedMap:
        made = CommentedMap(line)
        made.fa.set_flow_style()
        return made

    yaml = YAML()
    yaml.width = 120
    before = YAML(typ="safe").load(target) if target.is_file() else {}
    kept = {name: before[name] for name in ("facts",) if name in before}
    shown = dict(content) | {"how": FoldedScalarString(content["how"])} | kept
    shown |= {name: [flow(line) for line in shown[name]] for name in ("stages", "pairs", "facts") if name in shown}
    target.parent.mkdir(exist_ok=True)
    with target.open("w", encoding="utf-8", newline="\n") as out:
        yaml.dump(shown, out)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plans", nargs="*", type=Path, help="year or variant files; all by default")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a committed value differs")
    given = parser.parse_args(arguments)
    failed = False
    for file in [path.resolve() for path in given.plans] or years_and_variants():
        found, target = expected(file), expected_file(file)
        if given.check:
            lines = differences(found, YAML(typ="safe").load(target)) if target.is_file() else ["no such file"]
            failed |= bool(lines)
            print(f"{os.path.relpath(target, HERE)}: {'; '.join(lines) or 'as committed'}", flush=True)
        else:
            write(target, found)
            print(f"{os.path.relpath(target, HERE)} written", flush=True)
    return 1 if failed else 0


CBC = pulp.apis.coin_api.pulp_cbc_path


if __name__ == "__main__":
    sys.exit(main())
