"""The price of stability: what bounds on change from year to year, and the wish for little change, cost in levels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from allocator.blocks.mentoring.past import last_year_pairs
from allocator.scenario.plan_year import PlanYear, Scenario
from allocator.scenario.section import StabilityStage
from allocator.tables.result import Result
from allocator.verbs.options import Options
from allocator.verbs.solving import solve

COLUMNS = ["year", "measure", "as_planned", "free", "price"]


def stability_price(scenario: Scenario, options: Options | None = None) -> pd.DataFrame:
    """Solve a scenario as it is and without year-on-year bounds and the stability stage.

    Returns columns year, measure, as_planned, free and price (free - as_planned) with the measures worst_level and
    mean_level [level points], money_moved [yuan, half the sum over towns of |money - last year's|; empty without a
    last year] and pairs_changed.
    """
    bound, free = solve(scenario, options), solve(scenario.mapped(_free), options)
    sides = [_measures(result) for result in (bound, free)]
    frame = pd.concat([sides[0].rename("as_planned"), sides[1].rename("free")], axis=1).reset_index()
    return frame.assign(price=frame["free"] - frame["as_planned"])[COLUMNS]


def _free(plan: PlanYear) -> PlanYear:
    """The plan year without bounds between years and without the stage of stability."""
    stages = tuple(stage for stage in plan.common.stages if not isinstance(stage, StabilityStage))
    sections = dict(plan.sections)
    if "funding" in sections:
        sections["funding"] = sections["funding"].model_copy(update={"year_on_year": None, "growth": None})
    return replace(plan, common=plan.common.model_copy(update={"stages": stages}), sections=sections)


def _measures(result: Result) -> pd.Series[float]:
    made: dict[tuple[int, str], float] = {}
    last: set[tuple[str, str]] | None = None
    for plan in result.scenario.plan_years:
        own = {name: table[table["year"] == plan.year] for name, table in result.tables.items()}
        level = own["towns"]["level_after"].to_numpy(dtype=float)
        heads = own["towns"]["population"].to_numpy(dtype=float)
        made[plan.year, "worst_level"] = float(level.min())
        made[plan.year, "mean_level"] = float(level @ heads / heads.sum())
        moved = own["funding_by_town"]["change_yuan"].abs()
        made[plan.year, "money_moved"] = float(moved.sum()) / 2 if moved.notna().any() else float("nan")
        pairs = set(zip(own["pairs"]["mentor"], own["pairs"]["mentee"], strict=True))
        before = last_year_pairs(plan) if last is None else last
        made[plan.year, "pairs_changed"] = np.nan if before is None else float(len(pairs ^ set(before)))
        last = pairs
    index = pd.MultiIndex.from_tuples(list(made), names=["year", "measure"])
    return pd.Series(list(made.values()), index=index)
