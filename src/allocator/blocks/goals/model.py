"""Goals: what the plan text asks for, by strength.

A goal compares a measure of the decisions with its target of the year; a year without a target, and a target of 0,
ask nothing; nor is anything asked of a place whose size is 0. Everything is counted in percent of the target, so that
one tolerance of the solver means the same for persons, yuan and shares. Rules are rows; hard and soft goals have a
shortfall, which the stages `basics` and `aspirations` minimise. A goal that is only measured (`measured`, or no such
stage in the plan) has no row.

Data
    asked[goal, town]                 target of the year, in the measure's unit        scenario: goals.at_least
    size[town]                        denominator of an indicator; residents for money and level; what a share is of
    needed_towns[goal]                towns that must reach the target                 scenario: goals.towns
    slow(town)                        yes or no    starts slowly, as in mentoring
    teachers_hours                    hours        all hours of all teachers
Variables
    reached[goal, town, year]         percent of the target; of the district in the row `district`
    shortfall[goal, town, year]       percent of the target; only hard and soft goals
    met[goal, town, year]             0 or 1       only count_of_towns
    mentored[goal, mentee, year]      0-1          only paired_slow_towns
Rows
    reached_sum[goal, town, year]     reached == 100 / asked * measure, where the measure is
                                      an indicator, level: value; of the district: sum of size * value / sum of size
                                      money: sum of funding; money_per_head: over residents
                                      special_fund_per_head: sum of funding from special-fund sources over residents
                                      paired_slow_towns: sum of mentored / number of slow towns
                                      count_of_towns: in the row `district` sum of met / needed_towns * asked
                                      what a block counts: sum of counts; as a share: over what it is a share of
                                      category_share, where a share of a sum is no linear measure:
                                      reached == 100 + 100 * (hours of the category - asked * hours of all categories)
                                      / (asked * teachers_hours); of two plans that miss the share by as much, the one
                                      that teaches less is missing fewer hours, and where nothing is taught none
    goal[goal, town, year]            reached >= 100                  rules
    aim[goal, town, year]             reached + shortfall >= 100      hard and soft goals
    town_meets[goal, town, year]      reached >= 100 * met            count_of_towns, one row a town
    mentored_once[goal, mentee, year] mentored <= sum over mentor of pairing; slow towns are those of the open ledger
                                      mentor_need
Source
    Goal programming normalised by target (Charnes and Cooper 1961).
    Plan text: 要 / 实现 / 不低于 are hard, 争取 is soft.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from allocator.blocks.shared.amounts import amounts
from allocator.blocks.shared.measures import CATEGORY_SHARE, PAIRED_SLOW_TOWNS, is_plain, sizes
from allocator.blocks.shared.targets import PERCENT, by_town, targets, teacher_time
from allocator.model import Codes, Floats, Model, Strength, Terms, constant_label
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import ANY_CATEGORY, DISTRICT, Goal


def build(model: Model, plan: PlanYear, given: Sequence[Goal]) -> None:
    """Declare what every enforced goal reaches and how far it may fall short."""
    for goal in sorted(given, key=lambda each: each.id):
        if plan.common.enforced(goal) == "no":
            continue
        asked = targets(plan, goal)
        places = np.arange(len(asked)) if by_town(goal) else np.array([model.axes["town"].code(DISTRICT)])
        asks = asked > 0  # false for nan as well
        if not asks.any():
            continue
        reached = _reached(model, plan, goal, places[asks], asked[asks])
        if goal.scope == "count_of_towns":
            reached = _counted(model, plan, goal, reached, int((asked <= 0).sum()))
        _asked_for(model, goal, reached)


def _asked_for(model: Model, goal: Goal, reached: Terms) -> None:
    """The row of each place: a rule, or with a shortfall."""
    path = f"goals.{goal.id}"
    if goal.strength == "rule":
        model.constrain("goal", reached.labels, [reached], ">=", PERCENT, unit="percent of target", requirement=path)
        return
    shortfall = model.variables("shortfall", reached.labels, "percent of target")
    strength: Strength = "hard" if goal.strength == "hard" else "soft"
    left, unit = [reached, shortfall], "percent of target"
    model.constrain("aim", reached.labels, left, ">=", PERCENT, unit=unit, requirement=path, strength=strength)


def _labels(model: Model, plan: PlanYear, goal: Goal, dim: str, places: Codes) -> dict[str, Codes]:
    """Labels of a family that has one member a place."""
    return {
        "goal": constant_label(model.axes["goal"].code(goal.id), len(places)),
        dim: places,
        "year": constant_label(model.axes["year"].code(str(plan.year)), len(places)),
    }


def _reached(model: Model, plan: PlanYear, goal: Goal, places: Codes, asked: Floats) -> Terms:
    """Columns of what a goal reaches in each place, and the rows that define them."""
    labels = _labels(model, plan, goal, "town", places)
    factor, constant = np.zeros((2, len(model.axes["town"].ids)))
    if goal.measure == CATEGORY_SHARE:
        measure, constant[places] = _over_share(model, plan, goal, float(asked[0])), 1.0
        factor[places] = 1.0 / (float(asked[0]) * teacher_time(plan))
    elif goal.measure == PAIRED_SLOW_TOWNS:
        measure, slow = _mentored(model, plan, goal)
        factor[places] = 1.0 / (max(1, slow) * asked)
        constant[places] = 0.0 if slow else 1.0 / asked
    else:
        measure, constant, size = *amounts(model, plan, goal.measure), sizes(plan, goal.measure)
        if by_town(goal):
            factor[places] = 1.0 / (size[places] * asked)
        else:
            whole = 1.0 if is_plain(plan, goal.measure) else size.sum()
            factor[places] = 1.0 / (whole * asked)
            measure, constant = _of_district(measure, constant, int(places[0]))
        constant = constant * factor
    reached = model.variables("reached", labels, "percent of target", lower=-np.inf)
    here = np.isin(measure["town"], places)
    measure = (measure * (PERCENT * factor[measure["town"]])).where(here)
    measure = measure.labelled({**measure.labels, "goal": constant_label(labels["goal"][0], len(measure))})
    bound = PERCENT * constant[places]
    model.define("reached_sum", labels, [reached, -measure], "==", bound, unit="percent of target")
    return reached


def _of_district(amounts: Terms, constant: Floats, district: int) -> tuple[Terms, Floats]:
    """Amounts of all towns (and the centre) as one of the district."""
    whole = np.zeros(len(constant))
    whole[district] = constant.sum()
    return amounts.labelled({**amounts.labels, "town": constant_label(district, len(amounts))}), whole


def _over_share(model: Model, plan: PlanYear, goal: Goal, share: float) -> Terms:
    """Hours of the category less its share of the hours of all categories, in the row of the district."""
    axis = model.axes["category"]
    needed = model.ledgers["teaching_time"].side(supplied=False)
    in_year = needed["year"] == model.axes["year"].code(str(plan.year))
    hours = needed.where(in_year & (needed["category"] != axis.code(ANY_CATEGORY)))
    assert goal.category is not None
    over = hours * np.where(hours["category"] == axis.code(goal.category), 1.0 - share, -share)
    district = constant_label(model.axes["town"].code(DISTRICT), len(over))
    return over.labelled({"town": district, "year": hours["year"]})


def _mentored(model: Model, plan: PlanYear, goal: Goal) -> tuple[Terms, int]:
    """Slow towns that have a mentor, each once, in the row of the district; and how many are slow."""
    year = model.axes["year"].code(str(plan.year))
    slow = sum(int((given.labels["year"] == year).sum()) for given in model.ledgers["mentor_need"].provisions)
    pairing = model.year("pairing", year)
    labels = _labels(model, plan, goal, "mentee", np.unique(pairing["mentee"]))
    mentored = model.variables("mentored", labels, "share", upper=1.0)
    code = constant_label(model.axes["goal"].code(goal.id), len(pairing))
    paired = pairing.labelled({"goal": code, "mentee": pairing["mentee"], "year": pairing["year"]})
    model.define("mentored_once", labels, [mentored, -paired], "<=", 0.0, unit="pairs")
    district = constant_label(model.axes["town"].code(DISTRICT), len(mentored))
    return mentored.labelled({"town": district, "year": labels["year"]}), slow


def _counted(model: Model, plan: PlanYear, goal: Goal, reached: Terms, already: int) -> Terms:
    """How many towns reach their target, as one number of the district; those with a target of 0 reach it already."""
    met = model.variables("met", reached.labels, "towns", upper=1.0, integer=True, settle=True, follows=True)
    model.define("town_meets", reached.labels, [reached, met * -PERCENT], ">=", 0.0, unit="percent of target")
    labels = _labels(model, plan, goal, "town", np.array([model.axes["town"].code(DISTRICT)]))
    assert goal.towns is not None
    counted = model.variables("reached", labels, "percent of target", lower=-np.inf)
    of_one = PERCENT / goal.towns
    towns = (met * of_one).labelled({dim: constant_label(int(codes[0]), len(met)) for dim, codes in labels.items()})
    model.define("reached_sum", labels, [counted, -towns], "==", of_one * already, unit="percent of target")
    return counted
