"""All years of a plan in one model."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from allocator.auditing.own import of_record
from allocator.auditing.whole import audit_tables
from allocator.engine.build import build
from allocator.engine.gaps import Gaps
from allocator.engine.opening import open_session, opening_with
from allocator.engine.own_rules import recorded
from allocator.engine.prices import stage_prices
from allocator.engine.session import Limits, Session
from allocator.engine.stages import StagesRun, integer_values, loosen, run_stages
from allocator.engine.start import (
    offered_by,
    start_files,
    start_values,
    taken_over,
    whole_decisions,
)
from allocator.engine.timing import Clock, deadline_in, leave_time
from allocator.model import Floats, Model
from allocator.scenario.plan_year import Scenario
from allocator.scenario.section import TieBreakStage
from allocator.tables.goals import missed_goals
from allocator.tables.result import Result
from allocator.tables.tabulate import tabulated
from allocator.verbs.first_plan import first_plan, wants_first_plan
from allocator.verbs.options import Options
from allocator.verbs.record import rounded_seconds, rounding_record, run_record
from allocator.verbs.rounding.tables import rounding_tables
from allocator.words.columns import DECIMALS
from allocator.words.errors import AuditError, InfeasibleError
from allocator.words.texts import Text

if TYPE_CHECKING:
    from allocator.verbs.rounding.years import Rounded


NOISE = 1e-12
"""How far from whole a whole decision may be before the rest is solved again for its whole value."""


def all_years(scenario: Scenario, chosen: Options) -> Result:
    """All years in one model."""
    clock = Clock()
    with clock.step("build"), _no_collection():
        model = build(scenario)
    base_columns, size = model.column_count, model.size
    deadline = deadline_in(chosen.time_limit)
    session = open_session(model, chosen.solver, Limits(deadline, chosen.interrupted))
    begun = _begin(model, scenario, session, chosen, clock)
    with clock.step("solve"):
        run = _stages(model, scenario, session, chosen)
    x, tie = _settle_ties(model, scenario, session, run, clock)
    x = x[:base_columns]
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
    own = {"own_rules": rules} if (rules := recorded(model)) else {}
    with clock.step("audit"):
        audited(scenario, made, own)
    record = run_record(scenario, chosen, session, run, tie)
    record |= {"hard_goals_missed": missed_goals(made["goals"]), **begun, **own}
    if rounded is not None:
        record |= rounding_record(rounded)
    return Result(scenario, made, {**record, "size": size, "seconds": rounded_seconds(clock.seconds)}, files)


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
            opening = opening_with(chosen.solver)
            found = first_plan(scenario, Gaps.read(chosen.gap), opening, session.limits, chosen.progress)
        if found is not None:
            session.start_from(*start_values(model, found))
            leave_time(session.limits)
    return {}


def _stages(model: Model, scenario: Scenario, session: Session, chosen: Options) -> StagesRun:
    """All stages but the tie-break; where there is no plan because of own rules or locks, the error names them."""
    try:
        return run_stages(model, scenario, session, Gaps.read(chosen.gap), chosen.progress)
    except InfeasibleError as wrong:
        from allocator.verbs.diagnosis.locks import name_locks
        from allocator.verbs.diagnosis.own import name_own

        by_own = name_own(model, scenario, lambda other: open_session(other, chosen.solver, session.limits))
        raise by_own or name_locks(model, scenario, session, wrong) from wrong


def _whole_units(
    model: Model, scenario: Scenario, x: Floats, chosen: Options, clock: Clock, deadline: float | None
) -> Rounded | None:
    """The plan in the unit money is published in; none where it stays exact."""
    unit = chosen.unit or scenario.first.common.publish.unit
    if unit is None:
        return None
    from allocator.verbs.rounding.years import in_whole_units

    with clock.step("whole_units"):
        limits = Limits(deadline, chosen.interrupted)
        return in_whole_units(model, scenario, x, unit, opening_with(chosen.solver), limits)


def _settle_ties(
    model: Model, scenario: Scenario, session: Session, run: StagesRun, clock: Clock
) -> tuple[Floats, dict[str, Any]]:
    """One plan among the best ones, and what the run record says of it."""
    assert run.x is not None
    stage = next((s for s in scenario.first.common.stages if isinstance(s, TieBreakStage)), None)
    if stage is None or run.conditional:
        return _made_whole(model, session, run), {"unique": False, "projection": "none"}
    if run.closing > 1.0:  # a large model: its plan is one of many within its gaps, whatever is asked of it last
        return _made_whole(model, session, run), {"unique": False, "projection": "skipped (size)"}
    from allocator.engine.tie_break import choose_integers, project_plan

    with clock.step("solve"):
        loosen(session, run)
        unique = choose_integers(model, session, scenario, stage, run)
    with clock.step("projection"):
        how, found = project_plan(model, scenario, session, stage, run)
    facts: dict[str, Any] = {"unique": unique and how == "converged", "projection": how}
    if found is not None:
        facts |= {"projection_residual": found.row_residual, "projection_error": found.error}
    return run.x, facts


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


def audited(scenario: Scenario, made: Mapping[str, pd.DataFrame], run: Mapping[str, Any]) -> None:
    """Raises AuditError if the tables break a rule; the run record holds those of the user's own."""
    report = audit_tables(scenario, made, of_record(run))
    if not report.passed:
        raise AuditError(Text("solve.audit_failed", {"families": ", ".join(report.failed)}))


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
