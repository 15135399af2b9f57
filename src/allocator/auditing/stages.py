"""Stages recomputed: the final plan keeps what every stage holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from allocator.auditing.ledgers import Side
from allocator.blocks.checks import (
    HALF_DIGIT,
    RELATIVE,
    Amounts,
    Checks,
    Sense,
    by_town,
    first_of,
    forbidden,
    keys,
    totals,
)
from allocator.blocks.funding.audit import last_year
from allocator.blocks.mentoring.audit import benefits, eligible_pairs
from allocator.scenario import BalanceStage, PlanYear, StabilityStage, TieBreakStage, TotalStage

GRIDS: Mapping[str, float] = {"worst_1": 1e-4, "mean": 1e-4, "change": 1e-4}
"""Step to its grid; sums of more than one smallest outcome lie on a grid of 1e-3."""


@dataclass(frozen=True)
class Held:
    """A step that the final plan must keep."""

    key: str
    activity: float
    maximised: bool
    tolerance: float
    given_way: float = 0.0
    """What the stage let later ones spend [in the step's unit]."""
    grid: float = 1e-4


def stages(tables: Mapping[str, pd.DataFrame], plan: PlanYear, levels: Side) -> list[Checks]:
    """Every step of every stage; ``levels`` as the decisions make them. The order of hashes is not repeated here."""
    steps: list[Held] = []
    for stage in plan.common.stages:
        if isinstance(stage, BalanceStage | TotalStage):
            outcome = _outcome(tables, plan, stage.of, levels)
            if outcome is not None and len(outcome.amounts):
                steps += _of_outcome(plan, stage, outcome)
        elif isinstance(stage, StabilityStage):
            steps += _change(tables, plan, stage)
        elif isinstance(stage, TieBreakStage):
            steps += _fewest_changes(tables, plan, stage)
    ties = [step for step in steps if step.key.startswith("tie_break/")]
    steps = [step for step in steps if step not in ties]
    table = tables["stages"]
    if (table["stage"] == "tie_break").any():
        steps = [replace(step, given_way=step.given_way + step.grid) for step in steps]
        ties += _last_again(table, steps)
    return _held_checks(table, [*steps, *ties])


def _last_again(table: pd.DataFrame, steps: list[Held]) -> list[Held]:
    """The tie-break loosens every held value by one more step and then keeps the last step's new value itself."""
    last = steps[-1] if steps else None
    if last is None or f"{last.key.partition('/')[2]}_again" not in set(table["step"]):
        return []
    return [replace(last, key=f"tie_break/{last.key.partition('/')[2]}_again", given_way=0.0, grid=0.0)]


def _outcome(tables: Mapping[str, pd.DataFrame], plan: PlanYear, name: str, levels: Side) -> Side | None:
    """What a stage looks at, town by town; none where the plan has no such outcome."""
    if name == "level":
        return levels
    given = plan.sections.get("mentoring")
    if name == "mentoring.benefit" and given is not None:
        amounts = benefits(tables, plan, given)  # type: ignore[arg-type]
        return Side(amounts, amounts * 0.0)
    return None


def _of_outcome(plan: PlanYear, stage: BalanceStage | TotalStage, outcome: Side) -> list[Held]:
    if isinstance(stage, TotalStage):
        even = pd.Series(1.0, index=outcome.amounts.index)
        size = even if stage.weighted_by is None else by_town(plan, stage.weighted_by)
        return [_weighted_mean(outcome.amounts, size, outcome)]
    steps = {"none": 0, "maximin": 1, "leximin": len(outcome.amounts)}[stage.criterion]
    return _smallest_sums(outcome.amounts, outcome.weights, steps, stage.give)


def _change(tables: Mapping[str, pd.DataFrame], plan: PlanYear, stage: StabilityStage) -> list[Held]:
    """Money moved and pairs changed since last year, in unit changes."""
    total, error, known = 0.0, 0.0, False
    before = last_year(plan)
    if before is not None and "funding" in plan.sections:
        recipient = tables["funding"]["town"].to_numpy(dtype=object)
        money = totals(recipient, tables["funding"]["amount_yuan"].to_numpy(dtype=float))
        moved = money.reindex(before.index, fill_value=0.0) - before
        total += float(moved.abs().sum(skipna=False)) / stage.unit_change.money
        error += len(recipient) * HALF_DIGIT / stage.unit_change.money
        known = True
    pairs = _last_pairs(plan)
    if pairs is not None and "mentoring" in plan.sections:
        total += len(_pairs(tables) ^ pairs) / stage.unit_change.pair
        known = True
    return [Held("stability/change", total, False, error)] if known else []


def _fewest_changes(tables: Mapping[str, pd.DataFrame], plan: PlanYear, stage: TieBreakStage) -> list[Held]:
    """Pairs that differ from the baseline's, among those that may be made; only where the step was taken."""
    taken = ((tables["stages"]["stage"] == "tie_break") & (tables["stages"]["step"] == "fewest_changes")).any()
    given = plan.sections.get("mentoring")
    if not taken or given is None:
        return []
    follows = stage.baseline == "last_year_else_factor_method"
    baseline = (_last_pairs(plan) if follows else None) or set()
    changed = _pairs(tables) ^ (baseline & eligible_pairs(plan, given))  # type: ignore[arg-type]
    return [Held("tie_break/fewest_changes", float(len(changed)), False, 0.0, grid=0.5)]


def _pairs(tables: Mapping[str, pd.DataFrame]) -> set[tuple[str, str]]:
    return set(zip(tables["pairs"]["mentor"], tables["pairs"]["mentee"], strict=True))


def _last_pairs(plan: PlanYear) -> set[tuple[str, str]] | None:
    """Last year's pairs; none without such a table."""
    named = plan.common.last_year
    if named is None or named.pairs is None:
        return None
    table = plan.tables[named.pairs]
    return set(zip(table["mentor"], table["mentee"], strict=True))


def _held_checks(table: pd.DataFrame, steps: list[Held]) -> list[Checks]:
    """Each step stands in the table, is held one grid step worse than its value, and is kept by the final plan."""
    key = keys(table, ("stage", "step"))
    value, held = first_of(key, table["value"]), first_of(key, table["held_at"])
    made = []
    senses: tuple[tuple[Sense, bool], ...] = ((">=", True), ("<=", False))
    for sense, maximised in senses:
        own = [step for step in steps if step.maximised == maximised]
        names = np.array([step.key for step in own], dtype=object)
        bound = held.reindex(names).to_numpy(dtype=float)
        activity = np.array([step.activity for step in own])
        scale = np.nan_to_num(np.maximum(1.0, np.abs(bound)), nan=1.0)
        tolerance = np.array([step.tolerance for step in own]) + HALF_DIGIT + RELATIVE * scale
        made.append(Checks("stages", names, activity, sense, bound, tolerance))
        worse = np.array([step.grid + step.given_way for step in own]) * (1.0 if maximised else -1.0)
        due = value.reindex(names).to_numpy(dtype=float) - worse
        half_grid = np.array([step.grid / 2 for step in own]) + 2 * HALF_DIGIT + RELATIVE * scale
        made.append(Checks("stages.held_at", names, bound, "==", due, half_grid))
    known = {step.key for step in steps} | {"tie_break/fewest_changes", "tie_break/hashed_order"}
    made.append(forbidden("stages", np.array([name for name in key if name not in known], dtype=object)))
    return made


def _smallest_sums(levels: Amounts, weights: Amounts, steps: int, give: float) -> list[Held]:
    """Sums of the k smallest outcomes, k = 1, 2, ..., with room for what is given away."""
    ordered = np.sort(levels.to_numpy(dtype=float))
    error = (float(weights.max()) + 1.0) * HALF_DIGIT if len(weights) else 0.0
    return [
        Held(
            f"balance/worst_{k}",
            float(ordered[:k].sum()),
            True,
            k * error,
            k * give,
            GRIDS.get(f"worst_{k}", 1e-3),
        )
        for k in range(1, steps + 1)
    ]


def _weighted_mean(levels: Amounts, size: Amounts, side: Side) -> Held:
    """Mean outcome weighted by a column of the towns table."""
    share = size.reindex(levels.index) / float(size.reindex(levels.index).sum())
    error = float((share * side.weights.reindex(levels.index)).sum()) * HALF_DIGIT + HALF_DIGIT
    return Held("total/mean", float((share * levels).sum(skipna=False)), True, error)
