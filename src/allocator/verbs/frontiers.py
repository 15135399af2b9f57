"""Weak towns first or demonstration towns first (先扶弱还是先创示范): what each further demonstration town costs.

The plan is solved once for every number of demonstration towns, as a rule for the last year, by its stages basics,
balance and total alone: goals that ask for demonstration towns are only measured, and wishes, stability and the
tie-break are left out, so that nothing but the number moves the plan. The largest number comes first: its plan is one
for every smaller number, which starts from it. Leximin looks at the ranks 1, 2 and 4 unless the plan names others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from allocator.engine.build import build
from allocator.engine.gaps import Gaps
from allocator.engine.opening import open_session, opening_with
from allocator.engine.session import Limits
from allocator.engine.start import start_in
from allocator.engine.timing import deadline_in
from allocator.plan.check import check
from allocator.scenario.plan_year import PlanYear, Scenario
from allocator.scenario.section import BalanceStage, Publish, Stage
from allocator.tables.result import Result
from allocator.verbs.first_plan import first_plan, wants_first_plan
from allocator.verbs.options import Options
from allocator.verbs.solving import solve
from allocator.words.errors import InfeasibleError, InterruptedRun, NoPlanError, UsageError
from allocator.words.status import is_optimal
from allocator.words.texts import Text

COLUMNS = (
    *("towns", "status", "recognised", "worst_level", "worst_bound", "gap", "proven", "worst_town", "mean_level", "cv"),
    *("cultivation_yuan", "price_of_town", "price_proven", "reason"),
)

STAGES = ("basics", "balance", "total")
PATH = "demonstration.least_towns"
BLOCK = "demonstration"
WHOLE_GAP = 0.9
"""Gap that leaves no whole number open."""
TIE = 1e-6
UNSEEN = 0.005
"""Level points that a level with two decimals does not show: a fall of nothing is proven by gaps this small."""
RANKS = (1, 2, 4)
"""How many of the worst-off leximin looks at together where the plan names no ranks: the study asks for the worst-off,
and further ranks take long where criteria are whole."""


def frontier(scenario: Scenario, towns: Sequence[int], options: Options | None = None) -> pd.DataFrame:
    """Solve a scenario for every number of demonstration towns.

    Args:
        scenario: the plan; its last year has the section ``demonstration``.
        towns: least numbers of towns that hold some standard in the last year, e.g. ``range(4, 11)``.
        options: how to solve each of them; the time limit is that of one number.

    Returns one row a number, in rising order: towns; status (``optimal``, ``feasible``, ``infeasible``, ``stopped``);
    recognised, the towns that hold a standard in the end; worst_level, worst_town, mean_level and cv of the last year
    [level points, weighted by population]; worst_bound, which no plan's worst-off town exceeds, and gap, how far it is
    above the plan found [level points; nan where the plan does not raise the worst-off town first]; proven, whether
    that step and those before it reached the gap asked for; cultivation_yuan of all years; price_of_town, by how much
    the level falls for each town more than in the row before with a plan [level points], and price_proven, whether the
    gaps of both rows are smaller than that fall; reason, where there is no plan.

    Raises:
        UsageError: the plan has no demonstration towns or no levels, or no number is given.
    """
    if not towns or any(block not in scenario.last.sections for block in (BLOCK, "attainment")):
        raise UsageError(Text("study.needs_demonstration", {"plan": scenario.label}))
    chosen = options or Options()
    rows: list[dict[str, Any]] = []
    if chosen.start is None:
        chosen = replace(chosen, start=_first(scenario, max(towns), chosen))
    for each in sorted(set(towns), reverse=True):
        row, found = _row(scenario, each, chosen)
        rows.insert(0, row)
        chosen = chosen if found is None else replace(chosen, start=found)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    unsolved = (table["status"] == "infeasible") & (table["reason"] == "")
    if unsolved.any():
        table.loc[unsolved, "reason"] = str(_why_not(scenario, chosen))
    return priced(table)


def priced(table: pd.DataFrame) -> pd.DataFrame:
    """The table with what each town more costs, and whether that is more than the gaps leave open."""
    solved = table[table["worst_level"].notna()]
    fall, more = -solved["worst_level"].diff(), solved["towns"].diff()
    open_still = solved["gap"] + solved["gap"].shift()
    price = ((fall / more).round(6) + 0.0).reindex(table.index)
    proven = (open_still <= fall.abs().clip(lower=UNSEEN)).reindex(table.index, fill_value=False)
    return table.assign(price_of_town=price, price_proven=proven)


def _first(scenario: Scenario, towns: int, options: Options) -> pd.DataFrame | None:
    """Whole decisions to begin with where a plan of several years is large.

    They come from the years one by one, with the scenario's goals for demonstration towns raised to the number, hard
    and on a straight line, so that the towns are not all left to the last year.
    """
    if not wants_first_plan(build(scenario), scenario):
        return None
    asked = {"strength": "hard", "path": "linear_from_base", "at_least": {scenario.last.year: float(towns)}}

    def raised(plan: PlanYear) -> PlanYear:
        goals = plan.common.goals
        goals = tuple(goal.model_copy(update=asked) if goal.measure == f"{BLOCK}_towns" else goal for goal in goals)
        return replace(plan, common=plan.common.model_copy(update={"goals": goals}))

    limits = Limits(deadline_in(options.time_limit), options.interrupted)
    opening = opening_with(options.solver)
    return first_plan(scenario.mapped(raised), Gaps.read(options.gap), opening, limits, options.progress)


def _row(scenario: Scenario, towns: int, options: Options) -> tuple[dict[str, Any], pd.DataFrame | None]:
    """What a plan with so many demonstration towns looks like, or why there is none; and its whole decisions."""
    asked = only_the_number(scenario.with_({PATH: towns}))
    numbers = ("worst_level", "worst_bound", "gap", "mean_level", "cv", "cultivation_yuan", "recognised")
    row: dict[str, Any] = dict.fromkeys(numbers, np.nan)
    row |= {"towns": towns, "proven": False, "worst_town": "", "reason": ""}
    proofs = [finding for finding in check(asked) if finding.severity == "infeasible"]
    if proofs:
        return {**row, "status": "infeasible", "reason": str(proofs[0].message)}, None
    try:
        result = solve(asked, options)
    except InterruptedRun:
        raise
    except NoPlanError as wrong:
        if isinstance(wrong, InfeasibleError):
            return {**row, "status": "infeasible"}, None
        return {**row, "status": "stopped", "reason": str(wrong)}, None
    return {**row, **_measured(result)}, start_in(result.files)


def _why_not(scenario: Scenario, options: Options) -> Text:
    """The most towns that can hold a standard in the last year under all rules of the plan; or that it has no plan."""
    asked = only_the_number(scenario.with_({PATH: 0}))
    model = build(asked)
    last = model.axes["year"].code(str(scenario.last.year))
    families = [model.year(name, last) for name in ("any_standard", "demonstrated") if name in model.columns]
    held = next(cells for cells in families if len(cells))
    limits = Limits(deadline_in(options.time_limit), options.interrupted)
    found = open_session(model, options.solver, limits).solve(held, 0.0, True, WHOLE_GAP)
    if not found.has_plan:
        return Text("study.no_plan_at_all")
    return Text("study.most_towns", {"most": int(np.floor(found.bound + TIE))})


def only_the_number(scenario: Scenario) -> Scenario:
    """The scenario with the stages basics, balance and total, exact money, and no goal on demonstration towns."""

    def only(plan: PlanYear) -> PlanYear:
        stages = tuple(_at_ranks(stage) for stage in plan.common.stages if stage.id in STAGES)
        goals = tuple(
            goal.model_copy(update={"strength": "measured"}) if goal.measure.startswith(f"{BLOCK}_") else goal
            for goal in plan.common.goals
        )
        changed = {"stages": stages, "goals": goals, "publish": Publish()}
        return replace(plan, common=plan.common.model_copy(update=changed))

    return scenario.mapped(only)


def _at_ranks(stage: Stage) -> Stage:
    """The stage; leximin at all ranks becomes leximin at few."""
    if isinstance(stage, BalanceStage) and stage.criterion == "leximin" and stage.ranks is None:
        return stage.model_copy(update={"ranks": RANKS})
    return stage


def _measured(result: Result) -> dict[str, Any]:
    """The measures of a plan: levels of its last year with their bound, cultivation of all years."""
    year = result.scenario.last.year
    last = {name: table[table["year"] == year] for name, table in result.tables.items()}
    worst = last["towns"].sort_values(["level_after", "town"]).iloc[0]
    balance = last["balance"].set_index("measure")["after"]
    held = last["demonstration_towns"].groupby("town")["held"].max()
    return {
        "status": result.status,
        "recognised": float(held.sum()),
        "worst_level": float(worst["level_after"]),
        **_bounded(result, float(worst["level_after"])),
        "worst_town": str(worst["town"]),
        "mean_level": float(balance["mean"]),
        "cv": float(balance["cv"]),
        "cultivation_yuan": float(result.tables["demonstration_towns"]["cost_yuan"].sum()),
    }


def _bounded(result: Result, level: float) -> dict[str, Any]:
    """Bound of the worst-off town's level, the gap to it, and whether it is proven; nan without a step that has one.

    Years solved one by one have such a step each and no bound for all of them.
    """
    stages = result.tables["stages"]
    step = stages[(stages["stage"] == "balance") & (stages["step"] == "worst_1")]
    if len(step) != 1:
        return {"worst_bound": np.nan, "gap": np.nan, "proven": False}
    reached = float(step["value"].iloc[0])
    bound = reached + float(step["gap"].iloc[0])
    return {
        "worst_bound": round(bound, 6),
        "gap": round(float(np.maximum(0.0, bound - max(reached, level))), 6),
        "proven": is_optimal(str(step["status"].iloc[0])),
    }
