"""The run record: status, options, versions and what became of each part of a run."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from allocator.auditing.own import of_record
from allocator.engine.gaps import Gaps
from allocator.engine.session import Session
from allocator.engine.stages import StagesRun
from allocator.engine.start import (
    start_name,
)
from allocator.scenario.plan_year import Scenario
from allocator.tables.goals import missed_goals
from allocator.tables.result import Result
from allocator.verbs.options import Options
from allocator.words.status import is_optimal, plan_status

if TYPE_CHECKING:
    from allocator.verbs.rounding.years import Rounded


def run_record(
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
        "status": run.status,
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


def rounding_record(rounded: Rounded) -> dict[str, Any]:
    """What the run record says of whole units: the worst of all years, and each year's part."""
    years = {
        str(year): {"moved_yuan": round(whole.moved, 2), "cells": whole.cells, "reach": whole.reach, "gap": whole.gap}
        for year, whole in rounded.years.items()
    }
    closed = is_optimal(plan_status(whole.status for whole in rounded.years.values()))
    hours = all(whole.hours == "converged" for whole in rounded.years.values())
    unit = next(iter(rounded.years.values())).unit
    facts: dict[str, Any] = {"whole_units": {"unit": unit, "closed": closed, "years": years}}
    return facts if closed and hours else {**facts, "unique": False}


def rolling_record(scenario: Scenario, results: list[Result], made: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """The run record of a rolling plan: the worst of every year, and what each year said."""
    runs = [result.run for result in results]
    gaps = [run["gap"] for run in runs]
    worst = plan_status(run["status"] for run in runs)
    own = [rule for run in runs for rule in of_record(run)]
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
        **({"own_rules": own} if own else {}),
        "seconds": seconds,
        "years": {str(run["year"]): {key: run[key] for key in keys} for run in runs},
    }


def rounded_seconds(seconds: Mapping[str, float]) -> dict[str, float]:
    """Seconds with four decimals."""
    return {name: round(value, 4) for name, value in seconds.items()}
