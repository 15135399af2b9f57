"""Stages, one after the other: each is optimised, rounded onto its grid and held one step worse.

So that two solvers hold the same number and the set of best plans keeps an interior, a value is rounded
to the nearest point of the stage's grid and held one grid step worse. Every stage must close to a tenth of
its grid (large plans of several years: to ten grid steps). A stage may ``give``: after all its steps, what it
holds is lowered by give x weight of the step.
A stage that was stopped by a limit is held at its incumbent; later stages are marked conditional.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from allocator.engine.criteria import inequality, ordered
from allocator.engine.criteria.aversion import inequality_aversion
from allocator.engine.criteria.goals import aspirations, basics
from allocator.engine.criteria.stability import stability
from allocator.engine.criteria.step import Hold, Step, Steps
from allocator.engine.criteria.total import even_weights, total
from allocator.engine.gaps import Gaps
from allocator.engine.session import Session, Solution
from allocator.engine.timing import share_step
from allocator.model import Floats, Model, Outcome, Rows, Sense, Terms
from allocator.scenario.plan_year import Scenario
from allocator.scenario.section import AspirationsStage, BalanceStage, BasicsStage, StabilityStage, Stage, TotalStage
from allocator.words.errors import InfeasibleError, NoPlanError, StoppedError, UnboundedError, UsageError
from allocator.words.status import PlanStatus, is_optimal, plan_status
from allocator.words.texts import Text

CLOSING, CLOSING_LARGE, CLOSING_CHANGE, LARGE, MANY = 0.1, 10.0, 100.0, 50_000, 500
"""Gap that a step closes to, as a share of its grid: a tenth; ten grid steps in a model of several years, or with 500
whole decisions, that has so many nonzeros or more (a hundred for the change from year to year: 0.01 unit changes, 100
yuan where one is 10,000 yuan). There the relaxation with rounded pairs often ends within 0.0005 level points of its
bound, and proving the rest takes a branch and bound of hours for nothing that a planner could see."""

GOAL_STEPS, AFTER_STAGES = 3, 4
"""Steps of a stage of goals, and solves after the stages (tie-break and prices), for sharing out time."""

MOST_OUTCOMES = 100
"""Most outcomes that a balance stage over every town and year takes."""


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
    before: float = np.nan
    """The same number in the plan before the step."""
    asked: float = np.nan
    """Gap asked for, in the unit."""
    unit: str = ""


@dataclass
class Held:
    """A held step: its objective, the row that holds it and the bound that counts."""

    stage: str
    step: Step
    row: Rows
    held_at: float
    """The number held, as it is shown."""
    limit: float
    """Bound of the row that counts now."""
    worse: float
    """How far the bound moves for one grid step worse (with its sign)."""
    mark: object = None
    """Where the solver stood when the step was solved."""
    earlier: tuple[float, ...] = ()
    """Bounds of the rows that held the earlier steps when this one was solved."""

    def give_way(self, session: Session, steps: float) -> None:
        """Hold a number that is so many grid steps worse."""
        self.limit += self.worse * steps
        self.held_at += self.step.grid * steps * (-1.0 if self.step.maximise else 1.0)
        session.set_row_bounds(self.row.positions, np.array([self.limit]))

    def renew(self, session: Session, value: float, x: Floats) -> None:
        """Hold a new value of the step's objective, reached by the plan x."""
        hold = _hold(self.step, value) if self.step.hold is None else self.step.hold(value, x)
        self.held_at, self.limit = hold.held_at, hold.bound
        session.set_row_bounds(self.row.positions, np.array([self.limit]))


@dataclass
class StagesRun:
    """What the stages left: records, held steps and the last plan."""

    records: list[StageRecord] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    x: Floats | None = None
    conditional: bool = False
    """A stage did not close its gap; what follows depends on its incumbent."""
    closing: float = 0.1
    """Share of its grid to which every step closes its gap."""
    skipped: list[tuple[str, str]] = field(default_factory=list)
    """Stage and the catalogue key that says why."""

    @property
    def status(self) -> PlanStatus:
        """Status of the plan; the order of hashes only says whether the pairs are unique."""
        return plan_status(record.status for record in self.records if record.step != "hashed_order")

    @property
    def closed(self) -> bool:
        """Every step reached the gap asked for."""
        return is_optimal(self.status)


def run_stages(
    model: Model,
    scenario: Scenario,
    session: Session,
    gaps: Gaps | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> StagesRun:
    """Solve all stages but the tie-break, holding each before the next.

    Where the session has a deadline, every step gets its share of the time that is left (see engine.timing), so that
    the later stages are not left without any.

    Raises:
        InfeasibleError, UnboundedError, StoppedError: there is no plan.
        UsageError: a stage over every town and year looks at too many outcomes.
    """
    run, begun, session.limits.step_deadline = StagesRun(), time.perf_counter(), None
    asked, left = gaps or Gaps(), _steps_ahead(model, scenario)
    run.closing = _closing(model, scenario)
    walk = _walk(model, scenario, session, run)
    try:
        stage, step = next(walk)
        while True:
            if progress is not None:
                outcome = model.outcomes.get(getattr(stage, "of", "level"))
                worst = None if run.x is None or outcome is None else _worst(outcome, run.x)
                progress(Progress(stage.id, step.name, time.perf_counter() - begun, worst))
            left -= 1
            if run.x is not None:  # the first plan may take all the time there is
                share_step(session.limits, left)
            stage, step = walk.send(_solve_step(model, session, stage.id, step, asked, run))
    except StopIteration:
        pass
    session.limits.step_deadline = None
    if run.x is None:
        _any_plan(session, run)
    return run


Walk = Generator[tuple[Stage, Step], Floats, None]


def _walk(model: Model, scenario: Scenario, session: Session, run: StagesRun) -> Walk:
    """Every step in turn, each with its stage; takes the plan that each of them led to."""
    for stage in scenario.first.common.stages:
        for steps in _steps(model, scenario, stage, run):
            first = len(run.held)
            try:
                step = next(steps)
                while True:
                    step = steps.send((yield stage, step))
            except StopIteration:
                lower_by_give(session, run, scenario, stage.id, first)


def until_step(model: Model, scenario: Scenario, session: Session, stage: str, step: str) -> Step:
    """Solve and hold all steps before the one asked for, which is returned as it would be asked next.

    Args:
        model, scenario, session: what is solved.
        stage: its id.
        step: name of the step, or its number in the stage from 1 on.

    Raises:
        UsageError: the stage has no such step; those that it has are named.
        InfeasibleError, UnboundedError, StoppedError: there is no plan.
    """
    run, known = StagesRun(), list[str]()
    run.closing = _closing(model, scenario)
    walk = _walk(model, scenario, session, run)
    try:
        at, now = next(walk)
        while True:
            if at.id == stage:
                known.append(now.name)
                if step in {now.name, str(len(known))}:
                    return now
            at, now = walk.send(_solve_step(model, session, at.id, now, Gaps(), run))
    except StopIteration:
        listed = ", ".join(f"{stage}/{each}" for each in known) or "-"
        raise UsageError(Text("stages.unknown_step", {"given": f"{stage}/{step}", "known": listed})) from None


def _closing(model: Model, scenario: Scenario) -> float:
    """Share of its grid to which every step closes its gap."""
    size = model.size
    large = size["nonzeros"] >= LARGE and (len(scenario.plan_years) > 1 or size["integers"] >= MANY)
    return CLOSING_LARGE if large else CLOSING


def _steps_ahead(model: Model, scenario: Scenario) -> int:
    """About how many steps the stages take, the tie-break's among them."""
    count, several = AFTER_STAGES, len(scenario.plan_years) > 1
    for stage in scenario.first.common.stages:
        if isinstance(stage, BalanceStage) and stage.criterion != "none" and stage.of in model.outcomes:
            views = _views(model.outcomes[stage.of], stage.over)
            leximin = stage.criterion == "leximin"
            each = [len(ordered.ranks_of(len(outcome), stage.ranks)) if leximin else 1 for outcome, _ in views]
            count += sum(each)
        elif isinstance(stage, TotalStage):
            count += 2 if several else 1
        elif isinstance(stage, BasicsStage | AspirationsStage):
            count += GOAL_STEPS
        elif isinstance(stage, StabilityStage):
            count += 1
    return count


def _worst(outcome: Outcome, x: Floats) -> float:
    """The smallest outcome, or the largest where less is better."""
    found = outcome.at(x)
    return float(found.max() if outcome.less_is_better else found.min())


def outcome_weights(scenario: Scenario, outcome: Outcome, column: str | None) -> Floats:
    """Weights of the outcomes by a column of the towns table, or their own, in the order of the outcomes."""
    if column is None or "town" not in outcome.labels:
        return even_weights(outcome) if outcome.weight is None else outcome.weight
    by_year = np.stack([plan.per_town(column) for plan in scenario.plan_years])
    return by_year[outcome.labels["year"], outcome.labels["town"]]


def hold_bound(step: Step, value: float) -> float:
    """The nearest grid point, one step worse."""
    nearest = round(value / step.grid) * step.grid
    return nearest - step.grid if step.maximise else nearest + step.grid


def _steps(model: Model, scenario: Scenario, stage: object, run: StagesRun) -> Iterator[Steps]:
    """The steps of a stage; nothing for one that has nothing to do."""
    if isinstance(stage, BalanceStage):
        if stage.criterion != "none":
            whole = _outcome(model, stage, run)
            for outcome, name in _views(whole, stage.over) if whole is not None else ():
                yield _balance(model, scenario, stage, outcome, name)
    elif isinstance(stage, BasicsStage):
        yield basics(model, scenario)
    elif isinstance(stage, AspirationsStage):
        yield aspirations(model, scenario, stage.give)
    elif isinstance(stage, TotalStage):
        given, several = _outcome(model, stage, run), len(scenario.plan_years) > 1
        for outcome, name in _totals(given, several) if given is not None else ():
            weights = outcome_weights(scenario, outcome, stage.weighted_by)
            yield _as_shown(total(outcome.raised, weights, name, stage.aggregate), outcome)
    elif isinstance(stage, StabilityStage):
        plan = scenario.first
        if len(scenario.plan_years) == 1 and not plan.knows_last_year:
            run.skipped.append(("stability", "stages.no_last_year"))
        else:
            yield stability(model, scenario.plan_years, stage.unit_change)


def _as_shown(steps: Steps, outcome: Outcome) -> Steps:
    """Steps on outcomes whose sign was turned so that more is better, shown with the sign they have."""
    sign = -1.0 if outcome.less_is_better else 1.0
    try:
        step = next(steps)
        while True:
            step = steps.send((yield replace(step, sign=sign)))
    except StopIteration:
        return


def _balance(model: Model, scenario: Scenario, stage: BalanceStage, outcome: Outcome, name: str) -> Steps:
    """The steps of a balance stage on what it looks at; only ratios and the dial weigh the towns."""
    if stage.criterion == "maximin":
        return _as_shown(ordered.maximin(model, outcome.raised, name), outcome)
    if stage.criterion == "leximin":
        return _as_shown(ordered.leximin(model, outcome.raised, name, stage.ranks), outcome)
    weights = outcome_weights(scenario, outcome, scenario.first.common.population.column)
    if stage.criterion == "inequality_aversion":
        if outcome.less_is_better:
            raise UsageError(Text("stages.aversion_to_less", {"name": stage.of}))
        assert stage.aversion is not None
        return inequality_aversion(model, outcome, weights, stage.aversion, name)
    assert stage.criterion != "none"
    return inequality.smallest(model, outcome, weights, stage.criterion, name)


def _views(outcome: Outcome, over: str) -> list[tuple[Outcome, str]]:
    """What a balance stage looks at, in order: the final year, then the means over the years; or every outcome.

    Raises:
        UsageError: every outcome is asked for, and there are more than MOST_OUTCOMES.
    """
    years = np.unique(outcome.labels["year"])
    if over == "every":
        if len(outcome) > MOST_OUTCOMES:
            raise UsageError(Text("stages.too_many_outcomes", {"count": len(outcome), "most": MOST_OUTCOMES}))
        return [(outcome, "")]
    final = (outcome.of_year(int(years[-1])), "")
    return [final] if len(years) == 1 else [final, (outcome.mean_over_years(), "mean_")]


def _totals(outcome: Outcome, several: bool) -> list[tuple[Outcome, str]]:
    """What a stage of the total looks at, in order: all years, then the last of them."""
    years = np.unique(outcome.labels["year"]).tolist() if several else []
    return [(outcome, "")] if len(years) < 2 else [(outcome, ""), (outcome.of_year(years[-1]), "final_")]


def _outcome(model: Model, stage: BalanceStage | TotalStage, run: StagesRun) -> Outcome | None:
    """What a stage looks at; none, and said so, in a year by itself whose block begins in a later year of the plan."""
    if stage.of not in model.outcomes:
        run.skipped.append((stage.id, "stages.begins_later"))
    return model.outcomes.get(stage.of)


def _solve_step(model: Model, session: Session, stage: str, step: Step, gaps: Gaps, run: StagesRun) -> Floats:
    begun = time.perf_counter()
    if run.x is not None:
        _offer_integers(model, session, run.x)
    closing = CLOSING_CHANGE if stage == "stability" and run.closing > 1 else run.closing
    now = np.nan if run.x is None else _objective_at(step, run.x)
    asked = step.gap
    if asked is None:
        asked = gaps.asked(stage, now, step.grid * closing, max(1.0, step.give_weight))
    earlier = tuple(held.limit for held in run.held)
    found = session.solve(step.objective, step.constant, step.maximise, asked)
    if not found.has_plan and run.x is None:
        raise no_plan(found)
    before = np.nan if run.x is None else value_at(step, run.x)
    if not found.has_plan:
        assert run.x is not None
        found = Solution("stopped", _objective_at(step, run.x), np.nan, np.inf, run.x)
    run.x, mark = found.x, session.mark()
    if step.probe and is_optimal(found.status):
        return found.x
    hold = _hold(step, found.value) if step.hold is None else step.hold(found.value, found.x)
    at = np.array([len(run.held)], dtype=np.intp)
    terms = hold.terms.labelled({"step": np.full(len(hold.terms), at[0], dtype=np.intp)})
    row = model.define("held", {"step": at}, [terms], hold.sense, hold.bound, unit="")
    worse = hold.per_grid if hold.sense == "<=" else -hold.per_grid
    run.held.append(Held(stage, step, row, hold.held_at, hold.bound, worse, mark, earlier))
    status = found.status if not run.conditional else f"{found.status}, conditional"
    seconds = time.perf_counter() - begun
    shown = (step.sign * hold.value, step.sign * hold.held_at)
    record = StageRecord(stage, step.name, *shown, status, found.gap, seconds, before, asked, step.unit)
    run.records.append(record)
    run.conditional |= not is_optimal(found.status)
    return found.x


def _hold(step: Step, value: float) -> Hold:
    """The objective itself, held on the grid."""
    held_at = hold_bound(step, value)
    sense: Sense = ">=" if step.maximise else "<="
    return Hold(value, held_at, step.objective, sense, held_at - step.constant, step.grid)


def value_at(step: Step, x: Floats) -> float:
    """What a plan reaches in a step; the plan may lack the step's own columns."""
    return step.sign * (_objective_at(step, x) if step.shown is None else step.shown(x))


def _objective_at(step: Step, x: Floats) -> float:
    """A step's objective at a plan."""
    if step.at_plan is not None:
        return step.at_plan(x)
    return float(step.objective.coefficient @ x[step.objective.column]) + step.constant


def lower_by_give(session: Session, run: StagesRun, scenario: Scenario, stage: str, first: int = 0) -> None:
    """Lower what a stage holds, from the ``first`` held step on, by its give x weight, once those steps are known.

    Over several years the final year gives way before the means over the years are raised.
    """
    give = next((getattr(s, "give", 0.0) for s in scenario.first.common.stages if s.id == stage), 0.0)
    if give == 0.0:
        return
    for held in run.held[first:]:
        if held.stage == stage:
            held.give_way(session, give * held.step.give_weight / held.step.grid)
    _record_held(run)


def loosen(session: Session, run: StagesRun) -> None:
    """Lower every held value by one more grid step, all together, before the tie-break.

    Each sum held one step below its value hands its slack to the next one, so that after many steps the plans that
    keep all of them lie in a set some 1e-8 level points thin, where no two solvers agree.
    """
    for held in run.held:
        held.give_way(session, 1.0)
    _record_held(run)


def _record_held(run: StagesRun) -> None:
    """Write the numbers that are held now into the records."""
    now = {(held.stage, held.step.name): held.step.sign * held.held_at for held in run.held}
    run.records[:] = [
        replace(record, held_at=now.get((record.stage, record.step), record.held_at)) for record in run.records
    ]


def _offer_integers(model: Model, session: Session, x: Floats) -> None:
    columns, values = integer_values(model, x)
    if len(columns):
        session.start_from(columns, values)


def integer_values(model: Model, x: Floats) -> tuple[np.ndarray, Floats]:
    """Integer columns and their rounded values at x."""
    columns = model.integer_columns
    known = columns[columns < len(x)]
    return known, np.round(x[known])


def _any_plan(session: Session, run: StagesRun) -> None:
    """With no stage at all, any plan that keeps the rules."""
    nothing = np.zeros(0, dtype=np.intp)
    found = session.solve(Terms({}, nothing, np.zeros(0)), 0.0, False, 1e-6)
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
