"""A first plan of several years with many whole decisions: the years one after the other, each by itself.

Branch and bound finds no plan of such a model for minutes (five Panyu years with 8,700 whole decisions: 400 s). The
years alone are small, each starts with what the year before left, and together they keep every rule of the whole.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from allocator.engine.build import build
from allocator.engine.gaps import Gaps
from allocator.engine.opening import Opening
from allocator.engine.session import Limits
from allocator.engine.stages import LARGE, MANY, Progress, run_stages
from allocator.engine.start import whole_decisions
from allocator.engine.timing import first_plan_ends, year_of_first_plan
from allocator.model import Model
from allocator.scenario.plan_year import PlanYear, Scenario
from allocator.tables.chain import YearTables, in_turn
from allocator.tables.tabulate import year_tables
from allocator.words.columns import DECIMALS
from allocator.words.errors import InfeasibleError, StoppedError, UnboundedError

STAGE = "first_plan"


def wants_first_plan(model: Model, scenario: Scenario) -> bool:
    """Whether a model is one whose first plan is looked for year by year."""
    size = model.size
    return len(scenario.plan_years) > 1 and size["nonzeros"] >= LARGE and size["integers"] >= MANY


def first_plan(
    scenario: Scenario,
    gaps: Gaps,
    opening: Opening,
    limits: Limits,
    progress: Callable[[Progress], None] | None = None,
) -> pd.DataFrame | None:
    """Whole decisions of all years [decision, where, value]; none where a year by itself has no plan in its time."""
    begun, parts = time.monotonic(), list[pd.DataFrame]()
    ends = first_plan_ends(limits)

    def solved(plan: PlanYear) -> YearTables:
        if progress is not None:
            progress(Progress(STAGE, str(plan.year), time.monotonic() - begun, None))
        alone = Scenario(f"{scenario.label}-{plan.year}", (plan,), scenario.warnings, scenario.source)
        model = build(alone)
        columns = model.column_count
        own = year_of_first_plan(limits, ends, len(scenario.plan_years) - len(parts))
        run = run_stages(model, alone, opening(model, own), gaps)
        assert run.x is not None
        x = np.round(run.x[:columns], DECIMALS)
        parts.append(whole_decisions(model, x))
        return year_tables(model, plan, x)

    try:
        for _ in in_turn(scenario.plan_years, solved):
            pass
    except (InfeasibleError, StoppedError, UnboundedError):
        return None
    return pd.concat(parts, ignore_index=True)
