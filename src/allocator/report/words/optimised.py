"""What the stages of a plan optimise where it is not the level: its name, what is made of it, and its unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from allocator.blocks.registry import outcomes
from allocator.report.words.labels import said, step_name, unit_name
from allocator.report.words.numbers import written
from allocator.report.words.rows import rows_of
from allocator.scenario.plan_year import PlanYear
from allocator.tables.result import Result
from allocator.words.status import reached_gap
from allocator.words.texts import say

LEVEL = "level"
MAIN_STAGES = ("balance", "total")


@dataclass(frozen=True)
class Optimised:
    """A step of a main stage in words."""

    stage: str
    name: str
    """What it optimises, with its unit in brackets."""
    value: str
    closed: bool
    """Whether the step reached the gap asked for."""
    gap: str


def outcome_of(plan: PlanYear, stage: str) -> str:
    """The outcome that a stage of a plan looks at; the level where the stage says nothing else or is none."""
    return next((str(getattr(s, "of", LEVEL)) for s in plan.common.stages if s.id == stage), LEVEL)


def optimised(result: Result) -> list[Optimised]:
    """The first step of each main stage that looks at something else than the level; of the last year solved."""
    return [_in_words(result.scenario.first, row) for row in _first_steps(result)]


def _first_steps(result: Result) -> Iterator[Any]:
    table = result.tables["stages"]
    for stage in MAIN_STAGES:
        own = table[table["stage"] == stage]
        if len(own) and outcome_of(result.scenario.first, stage) != LEVEL:
            yield next(rows_of(own[own["year"] == own["year"].max()]))


def _in_words(plan: PlanYear, row: Any) -> Optimised:
    value = row.value if np.isnan(row.published) else row.published
    words = {"what": outcome_name(outcome_of(plan, row.stage)), "step": step_of(plan, row.stage, row.step)}
    name = say("report.optimised_unit", {**words, "unit": unit_name(row.unit)})
    closed = reached_gap(str(row.status))
    return Optimised(said(f"terms.stage.{row.stage}", row.stage), name, _number(value), closed, _number(row.gap))


def _number(value: float) -> str:
    return written(value, "number")


def outcome_name(outcome: str) -> str:
    """What an outcome is called."""
    return said(f"report.outcome.{outcome}", outcome)


def step_of(plan: PlanYear, stage: str, step: str) -> str:
    """What a step makes of the outcomes of its stage: their sum or mean, the worst of them."""
    outcome = outcome_of(plan, stage)
    if outcome == LEVEL:
        return step_name(step)
    for prefix in ("final_", "mean_"):
        if step.startswith(prefix):
            return say(f"report.made.{prefix}of", {"step": step_of(plan, stage, step.removeprefix(prefix))})
    stem, _, count = step.rpartition("_")
    if stem == "worst":
        end = "largest" if outcomes()[outcome][1].less_is_better else "smallest"
        return say(f"report.made.{end}" if count == "1" else f"report.made.{end}_of", {"n": count})
    return said(f"report.made.{step}", step_name(step))


def priced_stages(plan: PlanYear) -> list[str]:
    """The main stages that a plan has; only these have prices."""
    own = {stage.id for stage in plan.common.stages if getattr(stage, "criterion", "") != "none"}
    return [stage for stage in MAIN_STAGES if stage in own]


def price_heading(plan: PlanYear, stage: str) -> str:
    """Heading of a column of prices: what a stage looks at, in its unit."""
    outcome = outcome_of(plan, stage)
    if outcome == LEVEL:
        return say(f"report.price_{stage}")
    words = {
        "what": say(f"terms.stage.{stage}"),
        "step": outcome_name(outcome),
        "unit": unit_name(outcomes()[outcome][1].unit),
    }
    return say("report.optimised_unit", words)


def change_sign(plan: PlanYear, stage: str) -> float:
    """-1 where a stage lowers what it looks at, so that a gain is shown as the fall that it is."""
    return -1.0 if outcomes()[outcome_of(plan, stage)][1].less_is_better else 1.0
