"""The years of a plan one after the other, each starting with what the year before left."""

from __future__ import annotations

from dataclasses import replace

from allocator.engine.start import (
    by_year,
    joined_start,
    offered_by,
    start_name,
)
from allocator.engine.timing import deadline_in, even_share
from allocator.scenario.plan_year import PlanYear, Scenario
from allocator.tables.chain import YearTables, in_turn, joined_years
from allocator.tables.result import Result
from allocator.verbs.horizon import all_years, audited
from allocator.verbs.options import Options
from allocator.verbs.record import rolling_record
from allocator.words.errors import NoPlanError, StoppedError, UsageError
from allocator.words.texts import Text


def year_after_year(scenario: Scenario, chosen: Options) -> Result:
    """Each year by itself, starting with what the year before left; then all tables audited as one plan."""
    if chosen.proof:
        raise UsageError(Text("solve.proof_rolling"))
    deadline, results = deadline_in(chosen.time_limit), list[Result]()
    offered = offered_by(chosen.start)
    starts = {} if offered is None else by_year(offered, scenario.years)

    def solved(plan: PlanYear) -> YearTables:
        label = f"{scenario.label}-{plan.year}"
        left = even_share(deadline, len(scenario.plan_years) - len(results))
        alone = replace(scenario, label=label, plan_years=(plan,))
        try:
            results.append(all_years(alone, replace(chosen, time_limit=left, start=starts.get(plan.year))))
        except NoPlanError as wrong:
            key = "solve.rolling_stopped" if isinstance(wrong, StoppedError) else "solve.rolling_stuck"
            raise type(wrong)(Text(key, {"year": plan.year, "why": str(wrong)})) from wrong
        return results[-1].tables

    made = joined_years(tables for _, tables in in_turn(scenario.plan_years, solved))
    record = rolling_record(scenario, results, made)
    audited(scenario, made, record)
    whole = {"time_limit": chosen.time_limit, "start": start_name(chosen.start)}  # each year had its share of both
    record["options"] = {**record["options"], **whole}
    if offered is not None:
        taken = sum(result.run["start"]["taken"] for result in results)
        record["start"] = {"offered": len(offered), "taken": taken}
    return Result(scenario, made, record, joined_start([result.files for result in results]))
