"""Stages recomputed: the final plan keeps what every stage holds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from allocator.auditing.figures import inequality
from allocator.auditing.goals import goal_steps
from allocator.auditing.ledgers import Side
from allocator.blocks.funding.audit import last_year
from allocator.blocks.mentoring.audit import eligible_pairs
from allocator.blocks.mentoring.past import last_year_pairs
from allocator.blocks.posting.audit import changes
from allocator.blocks.registry import judges
from allocator.blocks.shared.checks import (
    HALF_DIGIT,
    RELATIVE,
    Amounts,
    Checks,
    Floats,
    Judged,
    Sense,
    by_town,
    first_of,
    forbidden,
    keys,
    totals,
)
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import (
    RATIOS,
    AspirationsStage,
    BalanceStage,
    BasicsStage,
    StabilityStage,
    TieBreakStage,
    TotalStage,
)

GRIDS: Mapping[str, float] = {"worst_1": 1e-4, "mean": 1e-4, "change": 1e-4}
"""Step to its grid; sums of more than one smallest outcome lie on a grid of 1e-3."""


TANGENTS = 0.01
"""Level points by which the tangents of a utility may promise too much."""


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


@dataclass(frozen=True, eq=False)
class AuditedYear:
    """A plan year as it started, its tables and the levels they make."""

    plan: PlanYear
    tables: Mapping[str, pd.DataFrame]
    """Result tables of the year, without the year column."""
    levels: Side


def stages(table: pd.DataFrame, years: Sequence[AuditedYear]) -> list[Checks]:
    """Every step of every stage of years that were decided together; the order of hashes is not repeated here.

    A plan in whole units need not keep what was held: there only what it reaches is compared with what is written.
    """
    steps = step_values(table, years)
    ties = [step for step in steps if step.key.startswith("tie_break/")]
    steps = [step for step in steps if step not in ties]
    if (table["stage"] == "tie_break").any():
        steps = [replace(step, given_way=step.given_way + step.grid) for step in steps]
        ties += _last_again(table, steps)
    rounded = any(len(year.tables["remainders"]) for year in years)
    return _held_checks(table, [*steps, *ties], kept=not rounded)


def step_values(table: pd.DataFrame, years: Sequence[AuditedYear]) -> list[Held]:
    """What the plan of some years reaches in every step of every stage."""
    steps: list[Held] = []
    for stage in years[0].plan.common.stages:
        if isinstance(stage, BalanceStage | TotalStage):
            steps += _of_outcome(table, years, stage)
        elif isinstance(stage, BasicsStage | AspirationsStage):
            steps += _of_goals(table, years, stage)
        elif isinstance(stage, StabilityStage):
            steps += _change(years, stage)
        elif isinstance(stage, TieBreakStage):
            steps += _fewest_changes(table, years, stage)
    return steps


def _last_again(table: pd.DataFrame, steps: list[Held]) -> list[Held]:
    """The tie-break loosens every held value by one more step and then keeps the last step's new value itself."""
    last = steps[-1] if steps else None
    if last is None or f"{last.key.partition('/')[2]}_again" not in set(table["step"]):
        return []
    # Plans that are equally good by a ratio's last objective, the excess over a number, differ a little in the ratio.
    excess = last.grid if last.key.endswith(RATIOS) else 0.0
    key = f"tie_break/{last.key.partition('/')[2]}_again"
    return [replace(last, key=key, tolerance=last.tolerance + excess, given_way=0.0, grid=0.0)]


def _outcome(year: AuditedYear, name: str) -> Judged | None:
    """What a stage looks at in a year; none where the plan has no such outcome."""
    if name == "level":
        return Judged(year.levels.amounts, year.levels.weights)
    block, found = judges().get(name, (name, None))
    if found is None or block not in year.plan.sections:
        return None
    return found(year.tables, year.plan, year.plan.sections[block])


def _of_outcome(table: pd.DataFrame, years: Sequence[AuditedYear], stage: BalanceStage | TotalStage) -> list[Held]:
    """Steps over the outcomes of all years that have them; a block may begin in a later year."""
    found = [(year, _outcome(year, stage.of)) for year in years]
    having = [(year, each) for year, each in found if each is not None and len(each.amounts)]
    if not having:
        return []
    years, judged = [year for year, _ in having], [each for _, each in having]
    if isinstance(stage, TotalStage):
        return _means(years, stage, judged)
    if stage.criterion == "none":
        return []
    sides = [Side(each.amounts, each.weights) for each in judged]
    views = [("", sides[-1])]
    if stage.over == "every":
        views = [("", _together(sides))]
    elif len(years) > 1:
        views.append(("mean_", _mean(sides)))
    if stage.criterion in ("maximin", "leximin"):
        most = 1 if stage.criterion == "maximin" else len(sides[-1].amounts) * len(years)
        made = [
            held
            for of, side in views
            for held in _worst_sums(side, min(most, len(side.amounts)), stage.give, of, judged[-1].less_is_better)
        ]
        if stage.ranks is None or stage.criterion == "maximin":
            return made
        steps = {f"worst_{min(k, len(side.amounts))}" for k in stage.ranks for _, side in views}
        return [held for held in made if held.key.rpartition("/")[2].removeprefix("mean_") in steps]
    heads = [by_town(year.plan, year.plan.common.population.column) for year in years]
    size = _together([Side(each, each) for each in heads]).amounts if stage.over == "every" else heads[-1]
    return [held for of, side in views for held in _unequal(table, stage, side, size, of)]


def _unequal(table: pd.DataFrame, stage: BalanceStage, side: Side, heads: Amounts, of: str) -> list[Held]:
    """Steps of a ratio to the mean, or of the dial; questions that were stopped on the way are held as well."""
    taken = set(table.loc[table["stage"] == stage.id, "step"])
    level, size = side.amounts.to_numpy(dtype=float), heads.reindex(side.amounts.index).to_numpy(dtype=float)
    error = (float(side.weights.max()) + 1.0) * HALF_DIGIT
    if stage.criterion != "inequality_aversion":
        found, moved = inequality(level, size)
        name = f"{of}{stage.criterion}"
        steps = [step for step in taken if step == name or re.fullmatch(rf"{name}_\d+", step)]
        return [
            Held(f"balance/{step}", found[stage.criterion], False, error * moved[stage.criterion]) for step in steps
        ]
    if stage.aversion == 0:
        return [_weighted(f"balance/{of}mean", side, heads, stage.give)]
    made = [Held(f"balance/{of}equal_level", _equal_level(level, size, stage.aversion), True, TANGENTS, stage.give)]
    return made + (_worst_sums(side, 1, stage.give, of, less_is_better=False) if f"{of}worst_1" in taken else [])


def _equal_level(level: Floats, size: Floats, aversion: float | None) -> float:
    """The level which, had by everybody, would be worth as much; below one point worth goes on in a straight line."""
    assert aversion is not None
    share, floor = size / size.sum(), max(1.0, float(level.min()))
    high = np.maximum(level, floor) / floor
    worth = np.log(high) if aversion == 1 else (high ** (1.0 - aversion) - 1.0) / (1.0 - aversion)
    mean = float(share @ (worth + (np.minimum(level, floor) / floor - 1.0)))
    if mean < 0:
        return floor * (1.0 + mean)
    return floor * float(np.exp(mean) if aversion == 1 else (1.0 + (1.0 - aversion) * mean) ** (1.0 / (1.0 - aversion)))


def _of_goals(table: pd.DataFrame, years: Sequence[AuditedYear], stage: BasicsStage | AspirationsStage) -> list[Held]:
    """Steps of a stage of goals."""
    taken = set(table.loc[table["stage"] == stage.id, "step"])
    steps = goal_steps([(year.tables, year.plan) for year in years], stage, taken)
    return [Held(s.key, s.activity, s.maximised, s.tolerance, s.given_way, s.grid) for s in steps]


def _together(sides: Sequence[Side]) -> Side:
    """The outcomes of all years as one vector."""
    named = [[part.add_prefix(f"{at}/") for part in (side.amounts, side.weights)] for at, side in enumerate(sides)]
    return Side(pd.concat([part[0] for part in named]), pd.concat([part[1] for part in named]))


def _mean(sides: Sequence[Side]) -> Side:
    """The mean of each place over the years in which it is there."""
    every = (pd.concat([getattr(side, name) for side in sides]) for name in ("amounts", "weights"))
    return Side(*(numbers.groupby(level=0).agg(lambda own: own.sum(skipna=False) / len(own)) for numbers in every))


def _means(years: Sequence[AuditedYear], stage: TotalStage, judged: Sequence[Judged]) -> list[Held]:
    """The weighted mean (or sum) over all years, and that of the last one."""
    sizes = []
    for year, each in zip(years, judged, strict=True):
        own = pd.Series(1.0, index=each.amounts.index) if each.size is None else each.size
        of_towns = stage.weighted_by is not None and each.size is None
        sizes.append(by_town(year.plan, str(stage.weighted_by)) if of_towns else own)
    every = _together([Side(size, size) for size in sizes]).amounts
    sides = [Side(each.amounts, each.weights) for each in judged]
    parts = [("", _together(sides), every), ("final_", sides[-1], sizes[-1])][: 1 if len(years) == 1 else 2]
    how, less = stage.aggregate, judged[-1].less_is_better
    return [
        replace(_weighted(f"{stage.id}/{of}{how}", side, size, total=how == "sum"), maximised=not less)
        for of, side, size in parts
    ]


def _change(years: Sequence[AuditedYear], stage: StabilityStage) -> list[Held]:
    """Money moved and pairs changed from year to year, in unit changes."""
    total, error, known = 0.0, 0.0, False
    for year in years:
        plan, tables = year.plan, year.tables
        before = last_year(plan)
        if before is not None and "funding" in plan.sections:
            recipient = tables["funding"]["town"].to_numpy(dtype=object)
            money = totals(recipient, tables["funding"]["amount_yuan"].to_numpy(dtype=float))
            moved = money.reindex(before.index, fill_value=0.0) - before
            total += float(moved.abs().sum(skipna=False)) / stage.unit_change.money
            error += 2 * len(recipient) * HALF_DIGIT / stage.unit_change.money
            known = True
        pairs = _last_pairs(plan)
        if pairs is not None and "mentoring" in plan.sections:
            total += len(_pairs(tables) ^ pairs) / stage.unit_change.pair
            known = True
        postings = changes(tables, plan)[0] if "posting" in plan.sections else None
        if postings is not None:
            total += postings / stage.unit_change.posting
            known = True
    return [Held("stability/change", total, False, error)] if known else []


def _fewest_changes(table: pd.DataFrame, years: Sequence[AuditedYear], stage: TieBreakStage) -> list[Held]:
    """Pairs that differ from the baseline's, among those that may be made; only where the step was taken."""
    taken = ((table["stage"] == "tie_break") & (table["step"] == "fewest_changes")).any()
    given = years[0].plan.sections.get("mentoring")
    if not taken or given is None:
        return []
    follows = stage.baseline == "last_year_else_factor_method"
    baseline = (_last_pairs(years[0].plan) if follows else None) or set()
    baseline &= eligible_pairs(years[0].plan, given)  # type: ignore[arg-type]
    changed = sum(len(_pairs(year.tables) ^ baseline) for year in years)
    return [Held("tie_break/fewest_changes", float(changed), False, 0.0, grid=0.5)]


def _pairs(tables: Mapping[str, pd.DataFrame]) -> set[tuple[str, str]]:
    return set(zip(tables["pairs"]["mentor"], tables["pairs"]["mentee"], strict=True))


def _last_pairs(plan: PlanYear) -> set[tuple[str, str]] | None:
    """Pairs that ran last year; none without such a table."""
    pairs = last_year_pairs(plan)
    return None if pairs is None else set(pairs)


def _held_checks(table: pd.DataFrame, steps: list[Held], kept: bool) -> list[Checks]:
    """Each step stands in the table, is held one grid step worse than its value, and is kept by the final plan.

    What the final plan reaches stands in ``published``; ``kept``: it must also keep what is held.
    """
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
        if kept:
            made.append(Checks("stages", names, activity, sense, bound, tolerance))
        shown = table.dropna(subset="published")
        published = first_of(keys(shown, ("stage", "step")), shown["published"])
        due = np.array([name in published.index for name in names], dtype=bool)
        reached = published.reindex(names[due]).to_numpy(dtype=float)
        made.append(Checks("stages.published", names[due], reached, "==", activity[due], tolerance[due]))
        worse = np.array([step.grid + step.given_way for step in own]) * (1.0 if maximised else -1.0)
        asked = value.reindex(names).to_numpy(dtype=float) - worse
        half_grid = np.array([step.grid / 2 for step in own]) + 2 * HALF_DIGIT + RELATIVE * scale
        made.append(Checks("stages.held_at", names, bound, "==", asked, half_grid))
    known = {step.key for step in steps} | {"tie_break/fewest_changes", "tie_break/hashed_order"}
    made.append(forbidden("stages", np.array([name for name in key if name not in known], dtype=object)))
    return made


def _worst_sums(side: Side, steps: int, give: float, of: str, less_is_better: bool) -> list[Held]:
    """Sums of the k worst outcomes, k = 1, 2, ..., with room for what is given away."""
    ordered = np.sort(side.amounts.to_numpy(dtype=float))
    ordered = ordered[::-1] if less_is_better else ordered
    error = (float(side.weights.max()) + 1.0) * HALF_DIGIT if len(side.weights) else 0.0
    return [
        Held(
            f"balance/{of}worst_{k}",
            float(ordered[:k].sum()),
            not less_is_better,
            k * error,
            k * give,
            GRIDS.get(f"worst_{k}", 1e-3),
        )
        for k in range(1, steps + 1)
    ]


def _weighted(key: str, side: Side, size: Amounts, give: float = 0.0, *, total: bool = False) -> Held:
    """Mean outcome (or their sum) weighted by a size."""
    own = size.reindex(side.amounts.index)
    share = own if total else own / float(own.sum())
    error = float((share * side.weights.reindex(side.amounts.index)).sum()) * HALF_DIGIT + HALF_DIGIT
    return Held(key, float((share * side.amounts).sum(skipna=False)), True, error, give)
