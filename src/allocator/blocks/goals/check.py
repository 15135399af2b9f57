"""Goals out of reach by arithmetic, and lines towards a target that fall or start nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from allocator.blocks.shared.known import Floats, Known
from allocator.blocks.shared.said import finding, name_of, named
from allocator.blocks.shared.targets import COUNTED, bases, by_town, targets
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Goal
from allocator.words.errors import Finding
from allocator.words.texts import Text


def findings(known: Known, given: Sequence[Goal]) -> Iterator[Finding]:
    """Goals that no plan can meet: no plan at all where they are rules, else a warning."""
    for goal in given:
        yield from _goal(known, goal)


def _goal(known: Known, goal: Goal) -> list[Finding]:
    """A goal whose target of the year lies above the most that arithmetic allows; a rule then has no plan at all."""
    if goal.strength == "measured":
        return []
    plan = known.plan
    asked, one_by_one = targets(plan, goal), by_town(goal)
    groups = [[at] for at in range(len(plan.towns))] if one_by_one else [list(range(len(plan.towns)))]
    found = list(_base_of_line(plan, goal, asked))
    short: list[tuple[int, float, Text]] = []
    for at, towns in enumerate(groups):
        made = known.reachable(goal, towns) if np.isfinite(asked[at]) else None
        if made is not None and asked[at] * (1.0 - _spare(goal)) > made[0] * (1 + 1e-6) + 1e-9:
            short.append((at, *made))
    most_short = len(plan.towns) - (goal.towns or 0) if goal.scope == "count_of_towns" else 0
    if len(short) <= most_short:
        return found
    at, most, why = short[0]
    values: dict[str, object] = {
        "goal": name_of(goal),
        "target": f"{asked[at]:,.6g}",
        "most": f"{most:,.6g}",
        "why": why,
        "alone": Text("check.alone" if len(plan.common.years) > 1 else "check.not_alone"),
        "where": named(plan, plan.towns.index[at]) if one_by_one else Text("check.whole_district"),
    }
    code = "F601" if goal.strength == "rule" else "W221"
    if goal.scope == "count_of_towns":
        values |= {"able": len(plan.towns) - len(short), "towns": goal.towns}
        code = "F602" if goal.strength == "rule" else "W222"
    return [*found, finding(plan, code, f"goals.{goal.id}.at_least", values)]


def _spare(goal: Goal) -> float:
    """Share of its target that a town may lack and still be counted."""
    return COUNTED if goal.scope == "count_of_towns" else 0.0


def _base_of_line(plan: PlanYear, goal: Goal, asked: Floats) -> Iterator[Finding]:
    """A line that falls, because it starts above its last target; or one that starts from an unknown base."""
    if goal.path != "linear_from_base":
        return
    base, last = bases(plan, goal), goal.at_least[max(goal.at_least)]
    name = name_of(goal)
    if np.isnan(base).any() and np.isnan(asked).any():
        yield finding(plan, "W223", f"goals.{goal.id}.path", {"goal": name})
    elif (base > last * (1 + 1e-9)).any():
        at = int(np.argmax(base))
        where = named(plan, plan.towns.index[at]) if by_town(goal) else Text("check.whole_district")
        values = {"goal": name, "where": where, "base": f"{base[at]:,.6g}", "target": f"{last:,.6g}"}
        yield finding(plan, "W224", f"goals.{goal.id}.path", values)
