"""Teaching: which teacher gives how many hours, where, in which course category.

A teacher may go to every town within reach and teach the categories of the skills table; hours of
programmes without a category (`any`) may be given by every teacher at proficiency 1.

Data
    hours[teacher]                                 hours      teachers table
    home(teacher)                                  town
    backbone(teacher)                              yes or no
    proficiency[teacher, category]                 0-1        skills table
    minutes[from_town, to_town]                    minutes    travel
    visit_hours, home_share                                   scenario: teaching
    exchange_min_share, backbone_min_share         share      off unless given
    travel[from_town, to_town] = (2 * minutes / 60) / visit_hours   hours of travel an hour taught, 0 at home
Variables
    teaching[teacher, from_town, to_town, category, year]  hours   only where the town needs the category
Rows
    home_hours[teacher, year]       sum over towns away of (1 + travel) * teaching <= (1 - home_share) * hours
    exchange_share[year]            teaching away >= exchange_min_share * all teaching
    backbone_share[year]            teaching away by backbone teachers >= backbone_min_share * teaching away
Ledgers
    teacher_time    supply   hours of the teacher           closed as teacher_hours[teacher, year]
    teacher_time    use      (1 + travel) * teaching, of the teacher
    teaching_time   supply   proficiency * teaching         closed as teaching_need[town, category, year] (==)
    cost            use      travel_allowance * travel * teaching, line `travel` of the town visited
Only visits (走教) are exchange here: hours of posted teachers at their hosts are in neither side of the two shares.
What a posting takes of a teacher's hours it takes in the ledger `teacher_time`.

Source
    教师交流轮岗 presets (10 % of teachers, 20 % backbone): national opinion of 2014 on compulsory education,
    borrowed, off by default. Hour-based exchange (走教) as a transportation problem.
"""

from __future__ import annotations

import numpy as np

from allocator.blocks.teaching.section import Teaching
from allocator.model import Codes, Model, Provision, Terms, constant_label
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import ANY_CATEGORY

MINUTES_PER_HOUR = 60.0
WAYS_OF_A_VISIT = 2.0


def build(model: Model, plan: PlanYear, given: Teaching) -> None:
    """Declare the hours of every teacher in every town within reach and the rules on them."""
    year = model.axes["year"].code(str(plan.year))
    needed = model.ledgers["teaching_time"].side(False, year)
    if not len(needed):
        return
    labels, proficiency = _cells(model, plan, given, needed)
    if plan.travel is None:
        minutes = np.zeros(len(labels["teacher"]))
    else:
        minutes = plan.travel.minutes[labels["from_town"], labels["to_town"]]
    teaching = model.variables("teaching", labels, "hours", scale=10.0)
    travel = WAYS_OF_A_VISIT * minutes / MINUTES_PER_HOUR / given.visit_hours
    away = labels["from_town"] != labels["to_town"]
    supplied = teaching * proficiency
    model.ledgers["teaching_time"].supply(
        "teaching",
        supplied.labelled({"town": labels["to_town"], "category": labels["category"], "year": labels["year"]}),
        year=year,
    )
    _capacity(model, plan, given, teaching, teaching * (1.0 + travel), away)
    _exchange(model, plan, given, teaching, away)
    if given.travel_allowance is not None:
        line = constant_label(model.axes["programme"].code("travel"), len(teaching))
        cost = teaching * (given.travel_allowance.unit_cost * travel)
        cost = cost.labelled({"town": labels["to_town"], "programme": line, "year": labels["year"]})
        model.ledgers["cost"].use("teaching", cost.where(cost.coefficient > 0))


def _cells(model: Model, plan: PlanYear, given: Teaching, needed: Terms) -> tuple[dict[str, Codes], np.ndarray]:
    """Labels of all cells and the proficiency in each: within reach, able to teach, and needed there."""
    teachers, skills = plan.tables[given.teachers], plan.tables[given.skills]
    axis, categories = model.axes["teacher"], model.axes["category"]
    home = np.zeros(len(axis.ids), dtype=np.intp)
    home[axis.codes(teachers["teacher"])] = model.axes["town"].codes(teachers["home_town"])
    able = np.zeros((len(axis.ids), len(categories.ids)))
    able[axis.codes(skills["teacher"]), categories.codes(skills["category"])] = skills["proficiency"].to_numpy(float)
    able[:, categories.code(ANY_CATEGORY)] = 1.0
    wanted = np.zeros((len(plan.towns), len(categories.ids)), dtype=bool)
    wanted[needed["town"], needed["category"]] = True
    reach = plan.common.travel.reach_minutes.teaching if plan.common.travel else None
    near = np.eye(len(plan.towns), dtype=bool)
    if plan.travel is not None:
        near[plan.travel.within(reach)] = True
    teacher, town = np.nonzero(near[home])
    cell, category = np.nonzero(wanted[town] & (able[teacher] > 0))
    labels = {
        "teacher": teacher[cell],
        "from_town": home[teacher[cell]],
        "to_town": town[cell],
        "category": category,
        "year": constant_label(model.axes["year"].code(str(plan.year)), len(cell)),
    }
    return labels, able[labels["teacher"], category]


def _capacity(model: Model, plan: PlanYear, given: Teaching, teaching: Terms, spent: Terms, away: np.ndarray) -> None:
    """Hours of teachers go to teaching and travel, and to whatever else takes part; some are kept for the home town."""
    teachers = plan.tables[given.teachers]
    everyone = model.axes["teacher"].codes(teachers["teacher"])
    hours = np.zeros(len(model.axes["teacher"].ids))
    hours[everyone] = teachers["hours"].to_numpy(float)
    who = np.unique(everyone if "posting" in plan.sections else teaching["teacher"])
    labels = {"teacher": who, "year": constant_label(model.axes["year"].code(str(plan.year)), len(who))}
    if len(who):
        model.ledgers["teacher_time"].provide(Provision("teaching", labels, hours[who]))
    model.ledgers["teacher_time"].use("teaching", spent.labelled({dim: spent[dim] for dim in ("teacher", "year")}))
    if given.home_share > 0 and away.any():
        out = spent.where(away)
        who = np.unique(out["teacher"])
        labels = {"teacher": who, "year": constant_label(model.axes["year"].code(str(plan.year)), len(who))}
        bound = (1.0 - given.home_share) * hours[who]
        model.constrain("home_hours", labels, [out], "<=", bound, unit="hours", requirement="teaching.home_share")


def _exchange(model: Model, plan: PlanYear, given: Teaching, teaching: Terms, away: np.ndarray) -> None:
    labels = {"year": np.array([model.axes["year"].code(str(plan.year))])}
    if given.exchange_min_share is not None:
        share = teaching * (away - given.exchange_min_share)
        model.constrain(
            "exchange_share", labels, [share], ">=", 0.0, unit="hours", requirement="teaching.exchange_min_share"
        )
    if given.backbone_min_share is not None:
        table = plan.tables[given.teachers]
        backbone = np.zeros(len(model.axes["teacher"].ids), dtype=bool)
        backbone[model.axes["teacher"].codes(table["teacher"])] = table["backbone"].to_numpy(bool)
        out = teaching.where(away)
        share = out * (backbone[out["teacher"]] - given.backbone_min_share)
        model.constrain(
            "backbone_share", labels, [share], ">=", 0.0, unit="hours", requirement="teaching.backbone_min_share"
        )
