"""Goals recomputed: the target of the year, what was reached, what is missing, and what rules and stages hold."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from allocator.blocks.mentoring.eligible import slow_towns
from allocator.blocks.registry import counted
from allocator.blocks.shared.checks import (
    HALF_DIGIT,
    Amounts,
    Checks,
    by_town,
    figure,
    first_of,
    forbidden,
    keys,
    programmes,
    rule,
    totals,
)
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import ANY_CATEGORY, DISTRICT, AspirationsStage, BasicsStage, Goal

PERCENT = 100.0
COUNTED = 1e-5
"""Share of its target that a town may lack and still count as reaching it."""
MET = 1e-6
"""Share of its target that a goal may lack and still be met."""
GRID = 1e-5
"""Grid of the stages of goals, in shares of a target."""


@dataclass(frozen=True)
class Measured:
    """What a goal measures, by town or for the district (key: empty)."""

    base: Amounts
    reached: Amounts
    weight: Amounts
    """nan where there is nothing to measure: the share of a size of 0."""


@dataclass(frozen=True)
class GoalStep:
    """A step of a stage of goals as the final plan keeps it."""

    key: str
    activity: float
    maximised: bool
    tolerance: float
    given_way: float = 0.0
    grid: float = GRID


Tables = Mapping[str, pd.DataFrame]


def goals(tables: Tables, plan: PlanYear) -> list[Checks]:
    """Target of the year, what was reached, and the shortfall of every goal."""
    written = tables["goals"]
    key = keys(written, ("goal", "town"))
    reached, target, weight = (pd.Series(dtype=float) for _ in range(3))
    for goal in plan.common.goals:
        found = measured(tables, plan, goal)
        asked = _asked(goal, plan, found)
        if goal.scope == "count_of_towns":
            found, asked = _counted(goal, found, asked)
        name = {town: f"{goal.id}/{town}" for town in found.reached.index}
        reached = pd.concat([reached, found.reached.rename(name)])
        weight = pd.concat([weight, found.weight.rename(name)])
        target = pd.concat([target, asked.rename(name)])
    shortfall = (target - reached).clip(lower=0.0)
    return [
        figure("goals.target", first_of(key, written["target"]), target),
        figure("goals.reached", first_of(key, written["reached"]), reached, weight),
        figure("goals.shortfall", first_of(key, written["shortfall"]), shortfall, weight),
        forbidden("goals.words", key[_other_words(written, plan)]),
    ]


def goal_rules(tables: Tables, plan: PlanYear) -> list[Checks]:
    """Goals that are rules, in percent of the target; a target of 0 asks nothing."""
    made = []
    for goal in plan.common.goals:
        if goal.strength == "rule":
            reached, weight = _percent(tables, plan, goal)
            name = {place: f"{goal.id}/{place}" for place in reached.index}
            made.append(rule("goal", reached.rename(name), ">=", PERCENT, weight.rename(name)))
    return made


def goal_steps(
    years: Sequence[tuple[Tables, PlanYear]], stage: BasicsStage | AspirationsStage, taken: set[str]
) -> list[GoalStep]:
    """The steps of a stage of goals over all years, recomputed from the tables.

    Args:
        years: the tables of each year, without the year column, with its plan year.
        stage: the stage.
        taken: steps of the stage that the table of stages shows.
    """
    strength = "hard" if isinstance(stage, BasicsStage) else "soft"
    parts = [_missing(tables, plan, strength) for tables, plan in years]
    frame = pd.concat(parts, ignore_index=True)
    if not len(frame):
        return []
    give = stage.give if isinstance(stage, AspirationsStage) else 0.0
    missing, error = frame["missing"].to_numpy(dtype=float), frame["error"].to_numpy(dtype=float)
    made = [_sum(f"{stage.id}/shortfall", frame["weight"].to_numpy(dtype=float), missing, error)]
    made = [replace(step, given_way=give) for step in made]
    if give > 0:
        return made
    if "which" in taken or (len(frame) > 1 and (missing > 10 * GRID + error).any()):
        made.append(_sum(f"{stage.id}/which", frame["hashed"].to_numpy(dtype=float), missing, error))
    if "met" in taken:
        made.append(GoalStep(f"{stage.id}/met", float((missing <= MET + error).sum()), True, 0.0))
    return made


def _sum(key: str, weight: np.ndarray, missing: np.ndarray, error: np.ndarray) -> GoalStep:
    return GoalStep(key, float(weight @ missing), False, float(weight @ error))


def _missing(tables: Tables, plan: PlanYear, strength: str) -> pd.DataFrame:
    """Shortfall of each goal of a strength in shares of its target, with the weights of the two sums."""
    rows = []
    for goal in plan.common.goals:
        if goal.strength != strength:
            continue
        reached, weight = _percent(tables, plan, goal)
        share = goal.importance / (len(plan.towns) if goal.scope == "every_town" else 1)
        for place, percent, moved in zip(reached.index, reached, weight, strict=True):
            digest = hashlib.sha256("\x1f".join(("shortfall", goal.id, str(place), str(plan.year))).encode()).digest()
            hashed = 1.0 + int.from_bytes(digest, "big") / 2.0**256
            lacks = max(0.0, PERCENT - float(percent)) / PERCENT if np.isfinite(percent) else float("nan")
            rows.append((share, hashed, lacks, float(moved) * HALF_DIGIT / PERCENT))
    return pd.DataFrame(rows, columns=["weight", "hashed", "missing", "error"], dtype=float)


def _percent(tables: Tables, plan: PlanYear, goal: Goal) -> tuple[Amounts, Amounts]:
    """What is reached in percent of the target, and its weight, of every place that asks for something."""
    found = measured(tables, plan, goal)
    asked = _asked(goal, plan, found)
    if goal.scope == "count_of_towns":
        some = bool((asked > 0).any())
        found, asked = _counted(goal, found, asked)
        asked = asked if some else asked * np.nan
    places = asked.index[(asked > 0).to_numpy()]
    names = {"": DISTRICT}
    if goal.measure == "category_share":
        over, weight = _over_share(tables, plan, goal, float(asked.iloc[0])) if len(places) else (0.0, 0.0)
        amounts = pd.Series(PERCENT + PERCENT * over, index=places)
        return amounts.rename(names), pd.Series(PERCENT * weight, index=places).rename(names)
    share = PERCENT / asked[places]
    return (found.reached[places] * share).rename(names), (found.weight[places] * share).rename(names)


def _asked(goal: Goal, plan: PlanYear, found: Measured) -> Amounts:
    """Target of the year, place by place; nothing is asked of a place without anything to measure."""
    asked = [target_of(goal, plan, float(base)) for base in found.base]
    return pd.Series(asked, index=found.base.index, dtype=float).where(found.weight.notna())


def _counted(goal: Goal, found: Measured, asked: Amounts) -> tuple[Measured, Amounts]:
    """How many towns reach their target, and how many must."""
    place = pd.Index([""], dtype=object)
    enough = found.reached >= asked * (1.0 - COUNTED)
    known = bool(np.isfinite(asked).any())
    count = pd.Series([float(enough.sum()) if known else np.nan], index=place)
    towns = pd.Series([float(goal.towns or 0) if known else np.nan], index=place)
    return Measured(count * np.nan, count, count * 0.0), towns


def _other_words(written: pd.DataFrame, plan: PlanYear) -> np.ndarray:
    """Rows whose words are not those of the scenario's goal."""
    words = {g.id: (g.scope, g.strength, plan.common.enforced(g), g.text) for g in plan.common.goals}
    own = zip(*(written[name] for name in ("goal", "scope", "strength", "enforced", "text")), strict=True)
    return np.array([words.get(goal) != tuple(rest) for goal, *rest in own], dtype=bool)


def target_of(goal: Goal, plan: PlanYear, base: float) -> float:
    """What a goal asks in the plan year; nan where it asks nothing."""
    given = sorted(goal.at_least)
    if not given:
        return float("nan")
    if plan.year >= given[-1]:
        return goal.at_least[given[-1]]
    if goal.path == "milestones":
        return goal.at_least.get(plan.year, float("nan"))
    points = {min(plan.common.years) - 1: base} | dict(goal.at_least)
    after = min(year for year in given if year >= plan.year)
    before = max(year for year in points if year < after)
    rise = (points[after] - points[before]) / (after - before)
    return points[before] + rise * (plan.year - before)


def measured(tables: Tables, plan: PlanYear, goal: Goal) -> Measured:
    """Base and reached value of what a goal measures."""
    if goal.measure == "paired_slow_towns":
        found = _of_district(_paired_share(tables, plan), 0.0)
    elif goal.measure == "category_share":
        found = _of_district(*_category_share(tables, plan, goal))
    elif goal.measure in ("money", "money_per_head", "special_fund_per_head"):
        found = _money(tables, plan, goal)
    elif goal.measure in set(tables["counts"]["counted"]):
        found = _counts(tables, plan, goal)
    else:
        found = _values(tables, plan, goal)
    return found if goal.base is None else replace(found, base=found.base * 0.0 + goal.base)


def _money(tables: Tables, plan: PlanYear, goal: Goal) -> Measured:
    """Money of all sources or of the special fund, in all or by resident."""
    frame, before = tables["funding"], plan.money_before_plan()
    towns = pd.Index(plan.towns.index, dtype=object)
    last = pd.Series(np.nan if before is None else before, index=towns, dtype=float)
    if goal.measure == "special_fund_per_head":
        funding = plan.sections["funding"]
        special = [source.id for source in funding.sources if source.special_fund]  # type: ignore[attr-defined]
        frame, last = frame[frame["source"].isin(special)], last * np.nan
    recipient = frame["town"].to_numpy(dtype=object)
    money = totals(recipient, frame["amount_yuan"].to_numpy(dtype=float))
    counts = totals(recipient, np.ones(len(recipient)))
    if goal.scope != "district":
        money = money.reindex(towns, fill_value=0.0)
    heads = by_town(plan, plan.common.population.column)
    if goal.measure == "money":
        heads = heads * 0.0 + (1.0 if goal.scope != "district" else 1.0 / len(heads))
    return _over(goal, last, money, (heads, counts))


def _counts(tables: Tables, plan: PlanYear, goal: Goal) -> Measured:
    """What a block counts: amounts as the table of counts says (which is recomputed itself), or shares of a size."""
    frame, known = tables["counts"], counted(plan)[goal.measure]
    own = frame[frame["counted"] == goal.measure]
    towns = pd.Index(plan.towns.index, dtype=object)
    now = first_of(own["town"].to_numpy(dtype=object), own["amount"])
    if goal.scope != "district":
        now = now.reindex(towns, fill_value=0.0)
    plain = 1.0 if goal.scope != "district" else 1.0 / len(towns)
    size = pd.Series(plain if known.size is None else known.size, index=towns, dtype=float)
    return _over(goal, pd.Series(known.base, index=towns), now, (size, pd.Series(1.0, index=now.index)))


def _values(tables: Tables, plan: PlanYear, goal: Goal) -> Measured:
    """Values of an indicator over its denominator, or levels over residents."""
    towns = pd.Index(plan.towns.index, dtype=object)
    if goal.measure == "level":
        value = first_of(tables["towns"]["town"].to_numpy(dtype=object), tables["towns"]["level_after"])
        base = pd.Series(plan.levels(plan.plan_base()), index=towns)
        size = by_town(plan, plan.common.population.column)
    else:
        at = next(n for n, indicator in enumerate(plan.indicators) if indicator.id == goal.measure)
        frame = tables["attainment"][tables["attainment"]["indicator"] == goal.measure]
        value = first_of(frame["town"].to_numpy(dtype=object), frame["value"])
        base = pd.Series(plan.plan_base()[:, at], index=towns)
        size = pd.Series(plan.denominator(plan.indicators[at]), index=towns)
    return _over(goal, base * size, value.reindex(towns) * size, (size, size))


def _over(goal: Goal, base: Amounts, now: Amounts, scale: tuple[Amounts, Amounts]) -> Measured:
    """Amounts over size, town by town or for the district; scale: the size and the weight of the amounts."""
    size, weight = scale
    if goal.scope != "district":
        some = size.where(size > 0)
        return Measured(base / some, now / some, weight.reindex(size.index, fill_value=0.0) / some)
    whole = float(size.sum()) or np.nan
    parts = (base.sum(skipna=False), now.sum(skipna=False), weight.sum())
    return Measured(*(pd.Series([float(part) / whole], index=pd.Index([""], dtype=object)) for part in parts))


def _of_district(reached: float, weight: float) -> Measured:
    """A measure that only the district has, from a base of 0."""
    place = pd.Index([""], dtype=object)
    return Measured(*(pd.Series([number], index=place) for number in (0.0, reached, weight)))


def _paired_share(tables: Tables, plan: PlanYear) -> float:
    """Share of the slow-starting towns that have a mentor."""
    given = plan.sections.get("mentoring")
    slow = slow_towns(plan, given) if given is not None else []  # type: ignore[arg-type]
    paired = set(tables["pairs"]["mentee"])
    return 1.0 if not slow else sum(town in paired for town in slow) / len(slow)


def _taught(tables: Tables, plan: PlanYear, goal: Goal) -> tuple[Amounts, Amounts]:
    """Teaching hours of each delivered line that has a course category; 1 where it is the goal's own."""
    own = programmes(plan).set_index("programme")
    line = tables["delivery"]["programme"]
    each, category = line.map(own["teacher_hours"]), line.map(own["category"])
    counts = (category != ANY_CATEGORY).astype(float)
    hours = tables["delivery"]["units"].astype(float) * each.astype(float) * counts
    return hours, (category == goal.category).astype(float)


def _category_share(tables: Tables, plan: PlanYear, goal: Goal) -> tuple[float, float]:
    """Share of a course category in the hours of all categories, and how far written digits move it."""
    hours, own = _taught(tables, plan, goal)
    whole = float(hours.sum(skipna=False))
    longest = float(programmes(plan)["teacher_hours"].max())
    return (float((hours * own).sum()) / whole, len(hours) * longest / whole) if whole > 0 else (0.0, 0.0)


def _over_share(tables: Tables, plan: PlanYear, goal: Goal, share: float) -> tuple[float, float]:
    """Hours above the share asked for, over that share of all teachers' hours; and its weight."""
    hours, own = _taught(tables, plan, goal)
    teaching = plan.sections["teaching"]
    all_hours = plan.tables[teaching.teachers]["hours"].to_numpy(dtype=float).sum()  # type: ignore[attr-defined]
    scale = share * float(all_hours)
    longest = float(programmes(plan)["teacher_hours"].max())
    return float((hours * (own - share)).sum(skipna=False)) / scale, len(hours) * longest / scale
