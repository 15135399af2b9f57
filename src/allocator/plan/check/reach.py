"""How far the measures of goals can rise by arithmetic: money, pairs, indicators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from allocator.blocks.attainment.section import Attainment, Effect
from allocator.blocks.guidance.section import Guidance
from allocator.blocks.mentoring.candidates import candidates, mentor_places
from allocator.blocks.mentoring.section import Mentoring
from allocator.blocks.projects.library import raised_by_projects
from allocator.blocks.projects.section import Projects
from allocator.blocks.shared.known import Supply, Units, most_within
from allocator.blocks.shared.measures import (
    MONEY,
    MONEY_PER_HEAD,
    PAIRED_SLOW_TOWNS,
    SPECIAL_FUND_PER_HEAD,
    special_sources,
)
from allocator.blocks.shared.money import Money
from allocator.blocks.shared.said import number
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Goal, Indicator
from allocator.words.texts import Text

RESIDENTS_OF_A_PIECE = 1000.0


@dataclass(frozen=True, eq=False)
class Reach:
    """How far the measures of goals can rise: called with a goal and the towns (positions) that it looks at."""

    plan: PlanYear
    supply: Supply
    units: Units
    money: Money | None

    def __call__(self, goal: Goal, towns: Sequence[int]) -> tuple[float, Text] | None:
        """Most that can be reached, and the arithmetic; none where nothing can be said (as of a year that follows)."""
        return _reachable(self, (goal, towns))


def _reachable(given: Reach, asked: tuple[Goal, Sequence[int]]) -> tuple[float, Text] | None:
    plan, whole, (goal, towns) = given.plan, given.money, asked
    if goal.measure == PAIRED_SLOW_TOWNS:
        return _pairs_reachable(given)
    if plan.before is not None:
        return None
    if goal.measure in (MONEY, MONEY_PER_HEAD, SPECIAL_FUND_PER_HEAD):
        return None if whole is None else _money_reachable(plan, whole, (goal, towns))
    indicator = next((i for i in plan.indicators if i.id == goal.measure), None)
    if any(goal.measure in section.raised() for section in plan.sections.values()):
        return None
    projects = plan.section(Projects)
    if projects is not None and goal.measure in raised_by_projects(plan, projects):
        return None
    if indicator is None or indicator.stock in plan.decided_stocks:
        return None
    return _value_reachable(given, (indicator, towns))


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
        have = dict(zip(whole.ids, whole.amount.tolist(), strict=True))
        yuan = min(yuan, sum(have.get(source, 0.0) for source in special))
    heads = 1.0 if goal.measure == MONEY else float(plan.population[list(towns)].sum())
    return yuan / heads, Text("check.goal_money", {"yuan": number(yuan), "heads": number(heads)})


def _pairs_reachable(known: Reach) -> tuple[float, Text] | None:
    plan, given = known.plan, known.plan.section(Mentoring)
    if given is None:
        return None
    found = candidates(plan, given)
    slow, able = int(found.slow.sum()), float(len(np.unique(found.mentee)))
    most = min(able, float(mentor_places(plan, given, known.supply.school_room).sum())) if given.mentee_cover else 0.0
    values = {"pairs": number(most), "slow": slow, "able": number(able)}
    return most / slow if slow else 1.0, Text("check.goal_pairs", values)


def _value_reachable(given: Reach, asked: tuple[Indicator, Sequence[int]]) -> tuple[float, Text] | None:
    """Most of an indicator over some towns: base, best use of all money, every pair, all guidance."""
    plan, (indicator, towns) = given.plan, asked
    heads = plan.denominator(indicator)[towns]
    base = float(plan.base[indicator.id].to_numpy(dtype=float)[towns] @ heads / heads.sum())
    attainment = plan.section(Attainment)
    if attainment is None:
        return None
    effects = [e for e in attainment.effects if e.indicator == indicator.id]
    added = _programme_gain(given, (effects, towns)) if effects and given.units.programmes else 0.0
    pairs, guided = _pair_gain(plan, indicator, towns), _guidance_gain(given, indicator, towns)
    gained = np.array([added, pairs, guided]) / float(heads.sum())
    values = {
        "base": f"{base:.4g}",
        "programmes": f"{gained[0]:.4g}",
        "pairs": f"{gained[1]:.4g}",
        "guidance": f"{gained[2]:.4g}",
    }
    return base + float(gained.sum()), Text("check.goal_value", values)


def _programme_gain(given: Reach, asked: tuple[Sequence[Effect], Sequence[int]]) -> float:
    """Most that programmes can add, in the indicator's numerator: pieces filled by gain for each yuan."""
    plan, counted, whole, (effects, towns) = given.plan, given.units, given.money, asked
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
    given = plan.section(Mentoring)
    if given is None:
        return 0.0
    found, heads = candidates(plan, given), plan.denominator(indicator)
    at = plan.indicators.index(indicator)
    whole = 0.0
    for town in towns:
        best = np.sort(found.transferred[found.mentee == town, at])[::-1][: given.mentee_cover]
        whole += float(best.sum() * heads[town])
    return whole


def _guidance_gain(known: Reach, indicator: Indicator, towns: Sequence[int]) -> float:
    """Most that guidance can add, in the numerator: all hours of the district centre and of the town schools."""
    plan, given = known.plan, known.plan.section(Guidance)
    if given is None:
        return 0.0
    stations = np.maximum(plan.per_town("stations"), 1.0)
    rooms = known.supply.schools
    hours = {"district": float(given.district_hours), "school": float((rooms / stations)[list(towns)].sum())}
    effects = [e for e in given.effects if e.indicator == indicator.id and e.per_hour > 0]
    return float(sum(e.per_hour * hours[e.giver] for e in effects))
