"""What is out of reach by arithmetic: money that must stay unspent, goals that no plan can meet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from allocator.blocks.attainment.section import Effect
from allocator.blocks.goals.targets import COUNTED, bases, by_town, targets
from allocator.blocks.mentoring.candidates import candidates
from allocator.blocks.shared.measures import (
    MONEY,
    MONEY_PER_HEAD,
    PAIRED_SLOW_TOWNS,
    SPECIAL_FUND_PER_HEAD,
    special_sources,
)
from allocator.plan.check.bounds import Units, mentor_room, most_within, pools, units
from allocator.plan.check.money import Money, at_hand, money
from allocator.plan.check.projects import raised_by_projects
from allocator.plan.check.said import exceeds, finding, named, number
from allocator.plan.check.supply import Floats, school_rooms
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Goal, Indicator
from allocator.words.errors import Finding
from allocator.words.texts import Text

RESIDENTS_OF_A_PIECE = 1000.0

_UNSPENT = {
    "unit_cost": ("W201", "funding.sources"),
    "volunteer_hours": ("W202", "volunteering"),
    "teacher_hours": ("W203", "teaching"),
    "venue_hours": ("W204", "delivery.programmes"),
}
"""What a unit needs to the code that says it keeps money unspent, and the part of the plan."""


def reach_findings(plan: PlanYear) -> list[Finding]:
    """Warnings: the plan can be solved, but not all money can be spent or not every goal met."""
    counted = units(plan)
    whole = money(plan, counted)
    found = list(_unspent(plan, counted, whole)) if whole is not None else []
    for goal in plan.common.goals:
        found += _goal(plan, counted, whole, goal)
    return found


def _unspent(plan: PlanYear, counted: Units, whole: Money) -> Iterator[Finding]:
    """Money that ceilings, volunteer hours, teacher hours or rooms keep from every programme with an effect."""
    have = float(whole.amount.sum())
    is_allowance = np.array([line not in plan.programme_ids for line in whole.lines.ids], dtype=bool)
    allowances = float(whole.spendable[:, is_allowance].sum())
    costs, room = counted.per_unit("unit_cost"), _useful_room(plan, counted)
    for need, supply in [("unit_cost", have), *pools(plan)]:
        code, path = _UNSPENT[need]
        most = min(whole.most, allowances + most_within(costs, counted.per_unit(need), room, supply))
        if exceeds(have, most):
            yield finding(plan, code, path, {"supply": supply, "have": have, "most": most, "short": have - most})
            return


def _useful_room(plan: PlanYear, counted: Units) -> Floats:
    """Most units of each programme that are of use: those with an effect, else no more than the floor asks for."""
    attainment: Any = plan.sections.get("attainment")
    if attainment is None:
        return np.asarray(counted.most.sum(axis=0))
    useful = {effect.programme for effect in attainment.effects}
    has_effect = np.array([p.id in useful for p in counted.programmes], dtype=bool)
    return np.asarray(np.where(has_effect, counted.most, counted.least).sum(axis=0))


def _goal(plan: PlanYear, counted: Units, whole: Money | None, goal: Goal) -> list[Finding]:
    """A goal whose target of the year lies above the most that arithmetic allows; a rule then has no plan at all."""
    if goal.strength == "measured":
        return []
    asked, one_by_one = targets(plan, goal), by_town(goal)
    groups = [[at] for at in range(len(plan.towns))] if one_by_one else [list(range(len(plan.towns)))]
    found = list(_base_of_line(plan, goal, asked))
    short: list[tuple[int, float, Text]] = []
    for at, towns in enumerate(groups):
        made = reachable(plan, counted, whole, (goal, towns)) if np.isfinite(asked[at]) else None
        if made is not None and asked[at] * (1.0 - _spare(goal)) > made[0] * (1 + 1e-6) + 1e-9:
            short.append((at, *made))
    most_short = len(plan.towns) - (goal.towns or 0) if goal.scope == "count_of_towns" else 0
    if len(short) <= most_short:
        return found
    at, most, why = short[0]
    values: dict[str, object] = {
        "goal": Text("check.name", {"zh": goal.name.zh, "en": goal.name.en}) if goal.name else goal.id,
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
    name = Text("check.name", {"zh": goal.name.zh, "en": goal.name.en}) if goal.name else goal.id
    if np.isnan(base).any() and np.isnan(asked).any():
        yield finding(plan, "W223", f"goals.{goal.id}.path", {"goal": name})
    elif (base > last * (1 + 1e-9)).any():
        at = int(np.argmax(base))
        where = named(plan, plan.towns.index[at]) if by_town(goal) else Text("check.whole_district")
        values = {"goal": name, "where": where, "base": f"{base[at]:,.6g}", "target": f"{last:,.6g}"}
        yield finding(plan, "W224", f"goals.{goal.id}.path", values)


def reachable(
    plan: PlanYear, counted: Units, whole: Money | None, asked: tuple[Goal, Sequence[int]]
) -> tuple[float, Text] | None:
    """Most that can be reached, and the arithmetic; none where nothing can be said (as of a year that follows)."""
    goal, towns = asked
    if goal.measure == PAIRED_SLOW_TOWNS:
        return _pairs_reachable(plan)
    if plan.before is not None:
        return None
    if goal.measure in (MONEY, MONEY_PER_HEAD, SPECIAL_FUND_PER_HEAD):
        return None if whole is None else _money_reachable(plan, whole, (goal, towns))
    indicator = next((i for i in plan.indicators if i.id == goal.measure), None)
    if any(goal.measure in section.raised() for section in plan.sections.values()):
        return None
    if goal.measure in raised_by_projects(plan):
        return None
    if indicator is None or (indicator.stock is not None and plan.volunteer_stock is not None):
        return None
    return _value_reachable(plan, counted, whole, (indicator, towns))


def _money_reachable(plan: PlanYear, whole: Money, asked: tuple[Goal, Sequence[int]]) -> tuple[float, Text]:
    """Most money over some towns (all of it where all towns are meant), by what can be spent and by last year's."""
    goal, towns = asked
    everywhere = len(towns) == len(plan.towns) and goal.scope == "district"
    spendable = whole.spendable if everywhere else whole.spendable[:-1][list(towns)]
    yuan = min(whole.most, float(spendable.sum()))
    if whole.last is not None and whole.given.year_on_year is not None:
        centre = float(whole.spendable[-1].sum()) if everywhere else 0.0
        yuan = min(yuan, centre + float(whole.last[list(towns)].sum()) * (1 + whole.given.year_on_year.up))
    if goal.measure == SPECIAL_FUND_PER_HEAD:
        special = special_sources(plan)
        yuan = min(yuan, sum(at_hand(plan, source) for source in special))
    heads = 1.0 if goal.measure == MONEY else float(plan.population[list(towns)].sum())
    return yuan / heads, Text("check.goal_money", {"yuan": number(yuan), "heads": number(heads)})


def _pairs_reachable(plan: PlanYear) -> tuple[float, Text]:
    given: Any = plan.sections["mentoring"]
    found = candidates(plan, given)
    slow, able = int(found.slow.sum()), float(len(np.unique(found.mentee)))
    most = min(able, float(mentor_room(plan).sum())) if given.mentee_cover else 0.0
    values = {"pairs": number(most), "slow": slow, "able": number(able)}
    return most / slow if slow else 1.0, Text("check.goal_pairs", values)


def _value_reachable(
    plan: PlanYear, counted: Units, whole: Money | None, asked: tuple[Indicator, Sequence[int]]
) -> tuple[float, Text]:
    """Most of an indicator over some towns: base, best use of all money, every pair, all guidance."""
    indicator, towns = asked
    heads = plan.denominator(indicator)[towns]
    base = float(plan.base[indicator.id].to_numpy(dtype=float)[towns] @ heads / heads.sum())
    attainment: Any = plan.sections["attainment"]
    effects = [e for e in attainment.effects if e.indicator == indicator.id]
    added = _programme_gain(plan, counted, whole, (effects, towns)) if effects and counted.programmes else 0.0
    pairs, guided = _pair_gain(plan, indicator, towns), _guidance_gain(plan, indicator, towns)
    gained = np.array([added, pairs, guided]) / float(heads.sum())
    values = {
        "base": f"{base:.4g}",
        "programmes": f"{gained[0]:.4g}",
        "pairs": f"{gained[1]:.4g}",
        "guidance": f"{gained[2]:.4g}",
    }
    return base + float(gained.sum()), Text("check.goal_value", values)


def _programme_gain(
    plan: PlanYear, counted: Units, whole: Money | None, asked: tuple[Sequence[Effect], Sequence[int]]
) -> float:
    """Most that programmes can add, in the indicator's numerator: pieces filled by gain for each yuan."""
    effects, towns = asked
    ids = [p.id for p in counted.programmes]
    residents = float(plan.population[list(towns)].sum())
    gains, costs, rooms = [], [], []
    for effect in effects:
        at = ids.index(effect.programme)
        left = float(counted.most[list(towns), at].sum())
        pieces = effect.per_unit if isinstance(effect.per_unit, tuple) else ()
        before = 0.0
        for piece in pieces:
            width = np.inf if piece.up_to is None else (piece.up_to - before) * residents / RESIDENTS_OF_A_PIECE
            rooms.append(min(left, width))
            left, before = left - rooms[-1], piece.up_to or before
            gains.append(piece.gain * effect.persons_per_attendance)
            costs.append(counted.programmes[at].unit_cost)
        if not pieces:
            assert not isinstance(effect.per_unit, tuple)
            rooms.append(left)
            gains.append(effect.per_unit * effect.persons_per_attendance)
            costs.append(counted.programmes[at].unit_cost)
    if whole is None:
        return most_within(np.array(gains), np.zeros(len(gains)), np.array(rooms), 0.0)
    useful = [line in {e.programme for e in effects} for line in whole.lines.ids]
    bound = float(whole.lines.least[:, ~np.array(useful, dtype=bool)].sum())
    budget = max(0.0, float(whole.amount.sum()) - bound)
    return most_within(np.array(gains), np.array(costs), np.array(rooms), budget)


def _pair_gain(plan: PlanYear, indicator: Indicator, towns: Sequence[int]) -> float:
    """Most that pairs can add, in the numerator: for each mentee its best mentors, as many as may be."""
    given: Any = plan.sections.get("mentoring")
    if given is None:
        return 0.0
    found, heads = candidates(plan, given), plan.denominator(indicator)
    at = plan.indicators.index(indicator)
    whole = 0.0
    for town in towns:
        best = np.sort(found.transferred[found.mentee == town, at])[::-1][: given.mentee_cover]
        whole += float(best.sum() * heads[town])
    return whole


def _guidance_gain(plan: PlanYear, indicator: Indicator, towns: Sequence[int]) -> float:
    """Most that guidance can add, in the numerator: all hours of the district centre and of the town schools."""
    given: Any = plan.sections.get("guidance")
    if given is None:
        return 0.0
    stations = np.maximum(plan.per_town("stations"), 1.0)
    rooms = school_rooms(plan)
    hours = {"district": float(given.district_hours), "school": float((rooms / stations)[list(towns)].sum())}
    effects = [e for e in given.effects if e.indicator == indicator.id and e.per_hour > 0]
    return float(sum(e.per_hour * hours[e.giver] for e in effects))
