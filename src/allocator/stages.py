"""Stages, one after the other: each is optimised, rounded onto its grid and held one step worse.

So that two solvers hold the same number and the set of best plans keeps an interior, a value is rounded
to the nearest point of the stage's grid and held one grid step worse. Every stage must close to a tenth of
its grid. A stage may ``give``: after all its steps, what it holds is lowered by give x weight of the step.
A stage that was stopped by a limit is held at its incumbent; later stages are marked conditional.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from allocator.criteria import ordered
from allocator.criteria.stability import stability
from allocator.criteria.step import Step, Steps
from allocator.criteria.total import even_weights, total
from allocator.errors import InfeasibleError, NoPlanError, StoppedError, UnboundedError, UsageError
from allocator.model import Floats, Model, Outcome, Rows, Sense, Terms
from allocator.scenario import BalanceStage, Scenario, StabilityStage, TotalStage
from allocator.session import Session, Solution
from allocator.texts import Text


@dataclass(frozen=True)
class Progress:
    """Where a run stands."""

    stage: str
    step: str
    seconds: float
    worst: float | None
    """Smallest outcome so far; none before the first plan."""


@dataclass(frozen=True)
class StageRecord:
    """One step of a stage as it goes into the table of stages."""

    stage: str
    step: str
    value: float
    held_at: float
    status: str
    gap: float
    seconds: float


@dataclass
class Held:
    """A held step: its objective, the row that holds it and the bound that counts."""

    stage: str
    step: Step
    row: Rows
    bound: float
    mark: object = None
    """Where the solver stood when the step was solved."""


@dataclass
class StagesRun:
    """What the stages left: records, held steps and the last plan."""

    records: list[StageRecord] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    x: Floats | None = None
    conditional: bool = False
    """A stage did not close its gap; what follows depends on its incumbent."""
    skipped: list[tuple[str, str]] = field(default_factory=list)
    """Stage and the catalogue key that says why."""

    @property
    def closed(self) -> bool:
        """Every step reached the gap asked for."""
        return all(record.status == "optimal" for record in self.records)


def run_stages(
    model: Model,
    scenario: Scenario,
    session: Session,
    gap: float | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> StagesRun:
    """Solve all stages but the tie-break, holding each before the next.

    Raises:
        InfeasibleError, UnboundedError, StoppedError: there is no plan.
        UsageError: a stage looks at an outcome that the plan does not have.
    """
    run, begun = StagesRun(), time.perf_counter()
    for stage in scenario.first.common.stages:
        steps = _steps(model, scenario, stage, run)
        if steps is None or (run.conditional and run.x is None):
            continue
        outcome = model.outcomes.get(getattr(stage, "of", "level"))
        try:
            step = next(steps)
            while True:
                if progress is not None:
                    worst = None if run.x is None or outcome is None else float(outcome.at(run.x).min())
                    progress(Progress(stage.id, step.name, time.perf_counter() - begun, worst))
                step = steps.send(_solve_step(model, session, stage.id, step, gap, run))
        except StopIteration:
            pass
        lower_by_give(session, run, scenario, stage.id)
    if run.x is None:
        _any_plan(session, run, gap)
    return run


def outcome_weights(model: Model, scenario: Scenario, outcome: Outcome, column: str | None) -> Floats:
    """Weights of the outcomes by a column of the towns table, in the order of the outcomes."""
    if column is None:
        return even_weights(outcome)
    years = model.axes["year"].ids
    by_year = {str(plan.year): plan.per_town(column) for plan in scenario.plan_years}
    pairs = zip(outcome.labels["year"].tolist(), outcome.labels["town"].tolist(), strict=True)
    return np.array([by_year[years[year]][town] for year, town in pairs])


def hold_bound(step: Step, value: float) -> float:
    """The nearest grid point, one step worse."""
    nearest = round(value / step.grid) * step.grid
    return nearest - step.grid if step.maximise else nearest + step.grid


def _steps(model: Model, scenario: Scenario, stage: object, run: StagesRun) -> Steps | None:
    """The steps of a stage; none for one that has nothing to do."""
    if isinstance(stage, BalanceStage):
        if stage.criterion == "none":
            return None
        outcome = _outcome(model, stage.of)
        return ordered.maximin(model, outcome) if stage.criterion == "maximin" else ordered.leximin(model, outcome)
    if isinstance(stage, TotalStage):
        outcome = _outcome(model, stage.of)
        return total(outcome, outcome_weights(model, scenario, outcome, stage.weighted_by))
    if isinstance(stage, StabilityStage):
        plan = scenario.first
        if plan.last_year_money() is None and plan.last_year_pairs() is None:
            run.skipped.append(("stability", "stages.no_last_year"))
            return None
        return stability(model, plan, stage.unit_change)
    return None


def _outcome(model: Model, name: str) -> Outcome:
    if name not in model.outcomes:
        known = ", ".join(sorted(model.outcomes)) or "-"
        raise UsageError(Text("stages.unknown_outcome", {"name": name, "known": known}))
    return model.outcomes[name]


def _solve_step(model: Model, session: Session, stage: str, step: Step, gap: float | None, run: StagesRun) -> Floats:
    begun = time.perf_counter()
    if run.x is not None:
        _offer_integers(model, session, run.x)
    asked = step.grid / 10 if gap is None else gap
    found = session.solve(step.objective, step.constant, step.maximise, asked)
    if not found.has_plan and run.x is None:
        raise no_plan(found)
    if not found.has_plan:
        assert run.x is not None
        found = Solution("stopped", _value(step, run.x), np.nan, np.inf, run.x)
    run.x, mark = found.x, session.mark()
    bound = hold_bound(step, found.value)
    labels = {"step": np.array([len(run.held)], dtype=np.intp)}
    objective = step.objective.labelled({"step": np.zeros(len(step.objective), dtype=np.intp) + len(run.held)})
    sense: Sense = ">=" if step.maximise else "<="
    row = model.constrain("held", labels, [objective], sense, bound - step.constant, unit="")
    run.held.append(Held(stage, step, row, bound, mark))
    status = found.status if not run.conditional else f"{found.status}, conditional"
    run.records.append(
        StageRecord(stage, step.name, found.value, bound, status, found.gap, time.perf_counter() - begun)
    )
    run.conditional |= found.status != "optimal"
    return found.x


def _value(step: Step, x: Floats) -> float:
    """A step's objective at an earlier plan, which may lack the step's own columns."""
    if step.at_plan is not None:
        return step.at_plan(x)
    return float(step.objective.coefficient @ x[step.objective.column]) + step.constant


def lower_by_give(session: Session, run: StagesRun, scenario: Scenario, stage: str) -> None:
    """Lower what a stage holds by its give x weight, once all its steps are known."""
    give = next((getattr(s, "give", 0.0) for s in scenario.first.common.stages if s.id == stage), 0.0)
    if give == 0.0:
        return
    for held in run.held:
        if held.stage == stage:
            held.bound -= give * held.step.give_weight
            session.set_row_bounds(held.row.positions, np.array([held.bound - held.step.constant]))
    bounds = {held.step.name: held.bound for held in run.held if held.stage == stage}
    run.records[:] = [
        replace(record, held_at=bounds[record.step]) if record.stage == stage else record for record in run.records
    ]


def loosen(session: Session, run: StagesRun) -> None:
    """Lower every held value by one more grid step, all together, before the tie-break.

    Each sum held one step below its value hands its slack to the next one, so that after many steps the plans that
    keep all of them lie in a set some 1e-8 level points thin, where no two solvers agree.
    """
    for held in run.held:
        held.bound += -held.step.grid if held.step.maximise else held.step.grid
        session.set_row_bounds(held.row.positions, np.array([held.bound - held.step.constant]))
    bounds = {(held.stage, held.step.name): held.bound for held in run.held}
    run.records[:] = [
        replace(record, held_at=bounds.get((record.stage, record.step), record.held_at)) for record in run.records
    ]


def _offer_integers(model: Model, session: Session, x: Floats) -> None:
    columns, values = integer_values(model, x)
    if len(columns):
        session.start_from(columns, values)


def integer_values(model: Model, x: Floats) -> tuple[np.ndarray, Floats]:
    """Integer columns and their rounded values at x."""
    parts = [part.terms.column for parts in model.columns.values() for part in parts if part.integer]
    columns = np.concatenate(parts) if parts else np.zeros(0, dtype=np.intp)
    known = columns[columns < len(x)]
    return known, np.round(x[known])


def _any_plan(session: Session, run: StagesRun, gap: float | None) -> None:
    """With no stage at all, any plan that keeps the rules."""
    nothing = np.zeros(0, dtype=np.intp)
    found = session.solve(Terms({}, nothing, np.zeros(0)), 0.0, False, gap or 1e-6)
    if not found.has_plan:
        raise no_plan(found)
    run.x = found.x


def no_plan(found: Solution) -> NoPlanError:
    """The error that says why there is no plan."""
    if found.status == "infeasible":
        return InfeasibleError(Text("stages.infeasible"))
    if found.status == "unbounded":
        return UnboundedError(Text("stages.unbounded"))
    return StoppedError(Text("stages.stopped"))
