"""Solve a scenario: build, stages, tie-break, tables, audit."""

from __future__ import annotations

import gc
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from allocator.auditing.whole import audit_tables
from allocator.engine.build import build
from allocator.engine.gaps import Gaps
from allocator.engine.limits import WithinLimits
from allocator.engine.session import Limits, Prices, Session
from allocator.engine.stages import Progress, StagesRun, integer_values, loosen, run_stages
from allocator.engine.start import (
    by_year,
    joined_start,
    offered_by,
    start_files,
    start_name,
    start_values,
    taken_over,
    whole_decisions,
)
from allocator.model import Floats, Model
from allocator.scenario.plan_year import Scenario
from allocator.scenario.section import TieBreakStage
from allocator.tables.chain import following
from allocator.tables.goals import missed_goals
from allocator.tables.result import Result
from allocator.tables.tabulate import tabulated
from allocator.verbs.first_plan import first_plan, wants_first_plan
from allocator.verbs.rounding.tables import rounding_tables
from allocator.words.columns import DECIMALS
from allocator.words.errors import AuditError, InfeasibleError, NoPlanError, StoppedError, UsageError
from allocator.words.texts import Text

if TYPE_CHECKING:
    from allocator.verbs.rounding.years import Rounded

SolverName = Literal["highs", "highs-ipm", "cbc"]
Mode = Literal["horizon", "rolling"]
FIRST_SECONDS = 10.0
"""Least time for the years in one model once a plan of them year by year is known, even beyond the time limit."""
NOISE = 1e-12
"""How far from whole a whole decision may be before the rest is solved again for its whole value."""


@dataclass(frozen=True)
class Options:
    """How to solve."""

    solver: SolverName = "highs"
    gap: float | str | Sequence[str] | None = None
    """Gap of the stages: one absolute number in each stage's unit, or ``["balance=0.05", "others=0.1%"]``; none asks
    for a tenth of the stage's grid."""
    time_limit: float | None = None
    """Seconds for all stages together; a step takes at most three times its even share of what is left, and a year of
    a rolling plan its even share."""
    progress: Callable[[Progress], None] | None = None
    interrupted: Callable[[], bool] | None = None
    """Asked now and then; true stops the run."""
    mode: Mode = "horizon"
    """Several years: ``horizon`` decides them together; ``rolling`` one after the other, each year's result being the
    next year's base."""
    unit: str | None = None
    """Unit money is published in (元, 百元, 千元, 0.01 万元, 万元); none: as the scenario says, else exact."""
    start: Path | pd.DataFrame | None = None
    """Whole decisions the search begins with, where they are still possible: a results folder, or what
    ``start.whole_decisions`` gave."""
    proof: bool = False
    """Also export the model and the duals of every linear step, for `audit --proof`; in one model only."""


@dataclass
class Clock:
    """Seconds by step of the run."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count what happens inside under a name."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun


def solve(scenario: Scenario, options: Options | None = None) -> Result:
    """Solve all plan years of a scenario and audit the plan.

    Raises:
        UsageError: a proof is asked for of a rolling plan, which is no single model; the start is of another plan.
        InfeasibleError, UnboundedError, StoppedError: there is no plan (rolling: in the year that is named).
        AuditError: the plan breaks a rule in the independent audit.
    """
    chosen = options or Options()
    if chosen.mode == "rolling" and len(scenario.plan_years) > 1:
        return _one_after_the_other(scenario, chosen)
    return _together(scenario, chosen)


def _together(scenario: Scenario, chosen: Options) -> Result:
    """All years in one model."""
    clock = Clock()
    with clock.step("build"), _no_collection():
        model = build(scenario)
    base_columns, size = model.column_count, model.size
    deadline = None if chosen.time_limit is None else time.monotonic() + chosen.time_limit
    session = open_session(model, chosen.solver, Limits(deadline, chosen.interrupted))
    begun = _begin(model, scenario, session, chosen, clock)
    with clock.step("solve"):
        run = _stages(model, scenario, session, chosen)
    x, tie = _settle_ties(model, scenario, session, run, (clock, base_columns))
    with clock.step("prices"):
        prices = stage_prices(model, session, run)
    files = start_files(whole_decisions(model, x))
    if chosen.proof:
        from allocator.engine.proof import proof_of

        with clock.step("proof"):
            files |= proof_of(model, session, run).files()
    rounded = _whole_units(model, scenario, x, chosen, clock, deadline)
    with clock.step("tables"):
        made = tabulated(model, scenario, x if rounded is None else rounded.x, prices, run)
        if rounded is not None:
            made |= rounding_tables(scenario, rounded, made)
    if scenario.first.common.compares and "level" in model.columns:
        with clock.step("held_down"):
            _mark_held_down(model, scenario, session, run, made)
    with clock.step("audit"):
        _audited(scenario, made)
    record = _record(scenario, chosen, session, run, tie) | {"hard_goals_missed": missed_goals(made["goals"])} | begun
    if rounded is not None:
        record |= _rounding_record(rounded)
    return Result(scenario, made, {**record, "size": size, "seconds": _rounded(clock.seconds)}, files)


def _begin(model: Model, scenario: Scenario, session: Session, chosen: Options, clock: Clock) -> dict[str, Any]:
    """Offer the whole decisions of an earlier result, or of the years one by one where all at once take long.

    Returns:
        What the run record says of the result: decisions offered, and those that are decisions of this plan too.

    Raises:
        UsageError: the result is of another plan, no decision of which is one of this plan.
    """
    offered = offered_by(chosen.start)
    if offered is not None:
        taken = taken_over(model, offered)
        session.start_from(*start_values(model, offered))
        return {"start": {"offered": len(offered), "taken": taken}}
    if wants_first_plan(model, scenario):
        with clock.step("first_plan"):
            found = year_by_year(scenario, chosen, session.limits)
        if found is not None:
            session.start_from(*start_values(model, found))
            _leave_time(session.limits)
    return {}


def _leave_time(limits: Limits) -> None:
    """See to it that a plan found year by year is not lost: there is time to decide the rest of it in one model."""
    if limits.deadline is not None:
        limits.deadline = max(limits.deadline, time.monotonic() + FIRST_SECONDS)


def year_by_year(scenario: Scenario, chosen: Options, limits: Limits) -> pd.DataFrame | None:
    """Whole decisions of a plan of several years found year by year (see first_plan)."""

    def opening(own: Model, own_limits: Limits) -> Session:
        return open_session(own, chosen.solver, own_limits)

    return first_plan(scenario, Gaps.read(chosen.gap), opening, limits, chosen.progress)


def _stages(model: Model, scenario: Scenario, session: Session, chosen: Options) -> StagesRun:
    """All stages but the tie-break; where there is no plan because of locks, the error names them."""
    try:
        return run_stages(model, scenario, session, Gaps.read(chosen.gap), chosen.progress)
    except InfeasibleError as wrong:
        from allocator.verbs.diagnosis.locks import name_locks

        raise name_locks(model, scenario, session, wrong) from wrong


def _whole_units(
    model: Model, scenario: Scenario, x: Floats, chosen: Options, clock: Clock, deadline: float | None
) -> Rounded | None:
    """The plan in the unit money is published in; none where it stays exact."""
    unit = chosen.unit or scenario.first.common.publish.unit
    if unit is None:
        return None
    from allocator.verbs.rounding.years import in_whole_units

    def opening(own: Model, limits: Limits) -> Session:
        return open_session(own, chosen.solver, limits)

    with clock.step("whole_units"):
        return in_whole_units(model, scenario, x, unit, (opening, Limits(deadline, chosen.interrupted)))


def _rounding_record(rounded: Rounded) -> dict[str, Any]:
    """What the run record says of whole units: the worst of all years, and each year's part."""
    years = {
        str(year): {"moved_yuan": round(whole.moved, 2), "cells": whole.cells, "reach": whole.reach, "gap": whole.gap}
        for year, whole in rounded.years.items()
    }
    closed = all(whole.status == "optimal" for whole in rounded.years.values())
    hours = all(whole.hours == "converged" for whole in rounded.years.values())
    unit = next(iter(rounded.years.values())).unit
    facts: dict[str, Any] = {"whole_units": {"unit": unit, "closed": closed, "years": years}}
    return facts if closed and hours else {**facts, "unique": False}


def _mark_held_down(
    model: Model, scenario: Scenario, session: Session, run: StagesRun, made: Mapping[str, pd.DataFrame]
) -> None:
    """Write into the table of towns what each could reach in the final year."""
    from allocator.verbs.diagnosis.held_down import could_reach

    towns, cells = made["towns"], model.decoded(model.family("level").labels)
    published = towns.assign(year=towns["year"].astype(str)).set_index(["year", "town"])["level_after"]
    levels = published.reindex(pd.MultiIndex.from_arrays([cells["year"], cells["town"]])).to_numpy(dtype=float)
    final = published.index.get_level_values("year") == str(scenario.last.year)
    order = towns["town"][final].map({town: at for at, town in enumerate(scenario.last.towns.index)})
    highest = could_reach(model, scenario, session, run, levels).round(DECIMALS)
    towns.loc[final, "could_reach"] = highest[order.to_numpy(dtype=int)]


def _audited(scenario: Scenario, made: Mapping[str, pd.DataFrame]) -> None:
    """Raises AuditError if the tables break a rule."""
    report = audit_tables(scenario, made)
    if not report.passed:
        raise AuditError(Text("solve.audit_failed", {"families": ", ".join(report.failed)}))


def _one_after_the_other(scenario: Scenario, chosen: Options) -> Result:
    """Each year by itself, starting with what the year before left; then all tables audited as one plan."""
    if chosen.proof:
        raise UsageError(Text("solve.proof_rolling"))
    begun, results = time.monotonic(), list[Result]()
    offered = offered_by(chosen.start)
    starts = {} if offered is None else by_year(offered, scenario.years)
    for given in scenario.plan_years:
        plan = following(given, results[-1].scenario.first, results[-1].tables) if results else given
        label = f"{scenario.label}-{plan.year}"
        years_left = len(scenario.plan_years) - len(results)
        left = None
        if chosen.time_limit is not None:
            left = max(0.01, chosen.time_limit - (time.monotonic() - begun)) / years_left
        alone = Scenario(label, (plan,), scenario.warnings, scenario.source)
        try:
            results.append(_together(alone, replace(chosen, time_limit=left, start=starts.get(plan.year))))
        except NoPlanError as wrong:
            key = "solve.rolling_stopped" if isinstance(wrong, StoppedError) else "solve.rolling_stuck"
            raise type(wrong)(Text(key, {"year": plan.year, "why": str(wrong)})) from wrong
    made = {
        name: pd.concat([result.tables[name] for result in results], ignore_index=True) for name in results[0].tables
    }
    _audited(scenario, made)
    record = _rolling_record(scenario, results, made)
    whole = {"time_limit": chosen.time_limit, "start": start_name(chosen.start)}  # each year had its share of both
    record["options"] = {**record["options"], **whole}
    if offered is not None:
        taken = sum(result.run["start"]["taken"] for result in results)
        record["start"] = {"offered": len(offered), "taken": taken}
    return Result(scenario, made, record, joined_start([result.files for result in results]))


def _rolling_record(scenario: Scenario, results: list[Result], made: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """The run record of a rolling plan: the worst of every year, and what each year said."""
    runs = [result.run for result in results]
    gaps = [run["gap"] for run in runs]
    worst = "feasible" if any(run["status"] != "optimal" for run in runs) else "optimal"
    keys = ("status", "gap", "unique", "projection", "conditional", "size", "seconds")
    seconds: dict[str, float] = {}
    for run in runs:
        for name, value in run["seconds"].items():
            seconds[name] = round(seconds.get(name, 0.0) + value, 4)
    return {
        **runs[-1],
        "label": scenario.label,
        "year": scenario.last.year,
        "mode": "rolling",
        "status": worst,
        "gap": None if None in gaps else max(gaps),
        "unique": all(run["unique"] for run in runs),
        "conditional": any(run["conditional"] for run in runs),
        "hard_goals_missed": missed_goals(made["goals"]),
        "seconds": seconds,
        "years": {str(run["year"]): {key: run[key] for key in keys} for run in runs},
    }


def open_session(model: Model, solver: SolverName, limits: Limits) -> Session:
    """A session of the solver asked for; its answers keep limits that are curved."""
    session = _bare_session(model, solver, limits)
    return WithinLimits(model, session) if model.curved else session


def _bare_session(model: Model, solver: SolverName, limits: Limits) -> Session:
    if solver == "cbc":
        from allocator.engine.cbc import CbcSession

        return CbcSession(model, limits)
    from allocator.engine.highs import HighsSession

    return HighsSession(model, limits, interior=solver == "highs-ipm")


def stage_prices(model: Model, session: Session, run: StagesRun) -> dict[str, Prices | None]:
    """Stage prices: derivative of the first balance step and of the total.

    Earlier held values keep their numbers and integers are fixed as published; each stage's own held rows and
    all later ones are released while its price is taken.
    """
    columns, values = integer_values(model, run.x if run.x is not None else np.zeros(0))
    if len(columns):
        session.hold_integers(columns, values)
    prices: dict[str, Prices | None] = {"balance": None, "total": None}
    for stage in prices:
        own = [at for at, held in enumerate(run.held) if held.stage == stage]
        if not own:
            continue
        for held in run.held[own[0] :]:
            session.release_rows(held.row.positions)
        step = run.held[own[0]].step
        session.return_to(run.held[own[0]].mark)
        if step.shown is None or step.maximise:  # a ratio has no price in level points
            prices[stage] = session.prices(step.objective, step.maximise)
        for held in run.held[own[0] :]:
            session.set_row_bounds(held.row.positions, np.array([held.limit]))
    return prices


def _made_whole(model: Model, session: Session, run: StagesRun) -> Floats:
    """The plan with whole decisions exactly whole where the solver left them some 1e-9 off, and the rest with them."""
    assert run.x is not None
    columns, values = integer_values(model, run.x)
    if not run.held or not np.abs(run.x[columns] - values).max(initial=0.0) > NOISE:
        return run.x
    session.hold_integers(columns, values)
    step = run.held[-1].step
    found = session.solve(step.objective, step.constant, step.maximise, step.grid)
    return found.x if found.has_plan else run.x


def _settle_ties(
    model: Model, scenario: Scenario, session: Session, run: StagesRun, counted: tuple[Clock, int]
) -> tuple[Floats, dict[str, Any]]:
    """One plan among the best ones, and what the run record says of it."""
    clock, base_columns = counted
    assert run.x is not None
    stage = next((s for s in scenario.first.common.stages if isinstance(s, TieBreakStage)), None)
    if stage is None or run.conditional:
        return _made_whole(model, session, run)[:base_columns], {"unique": False, "projection": "none"}
    if run.closing > 1.0:  # a large model: its plan is one of many within its gaps, whatever is asked of it last
        return _made_whole(model, session, run)[:base_columns], {"unique": False, "projection": "skipped (size)"}
    from allocator.engine.tie_break import choose_integers, project_plan

    with clock.step("solve"):
        loosen(session, run)
        unique = choose_integers(model, session, scenario, stage, run)
    with clock.step("projection"):
        how, found = project_plan(model, scenario, session, stage, run)
    facts: dict[str, Any] = {"unique": unique and how == "converged", "projection": how}
    if found is not None:
        facts |= {"projection_residual": found.row_residual, "projection_error": found.error}
    return run.x[:base_columns], facts


def _record(
    scenario: Scenario, options: Options, session: Session, run: StagesRun, tie: dict[str, Any]
) -> dict[str, Any]:
    """The run record but for sizes, seconds and hashes."""
    plan = scenario.first
    gaps = [record.gap for record in run.records]
    travel: dict[str, Any] = {}
    if plan.travel is not None and plan.common.travel is not None:
        by_line = [str(plan.towns.index[at]) for at in plan.travel.straight_line]
        fallback = plan.common.travel.without_road
        travel = {"straight_line_towns": by_line}
        if by_line and fallback is not None:
            travel |= {"speed_kmh": fallback.speed_kmh, "detour": fallback.detour}
    return {
        "schema_version": 1,
        "label": scenario.label,
        "plan": plan.common.plan,
        "year": scenario.last.year,
        "mode": "horizon",
        "status": "optimal" if run.closed else "feasible",
        **tie,
        "gap": max(gaps, default=0.0) if np.isfinite(gaps).all() else None,  # none: a step has no bound
        "conditional": run.conditional,
        "closing": run.closing,
        "skipped_stages": dict(run.skipped),
        "goals_enforced": any(
            year.common.enforced(goal) != "no" for year in scenario.plan_years for goal in year.common.goals
        ),
        "travel": travel,
        "population_vintage": plan.common.population.vintage,
        "options": {
            "solver": options.solver,
            "gap": str(Gaps.read(options.gap)) or None,
            "time_limit": options.time_limit,
            "start": start_name(options.start),
        },
        "solver": {"name": session.name, "version": session.version},
        "versions": {
            "edu-allocator": version("edu-allocator"),
            "python": platform.python_version(),
            **{package: version(package) for package in ("pulp", "highspy", "clarabel", "numpy", "pandas")},
            "platform": sys.platform,
        },
    }


def _rounded(seconds: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in seconds.items()}


@contextmanager
def _no_collection() -> Iterator[None]:
    """Switch the cyclic garbage collector off around a large build (a third faster)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
