"""Least and most of everything that any plan can have: units of programmes, money of cost lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from allocator.blocks.attainment.section import Attainment
from allocator.blocks.delivery.section import Delivery, Programme
from allocator.blocks.guidance.section import Guidance
from allocator.blocks.mentoring.candidates import mentor_places
from allocator.blocks.mentoring.section import Mentoring
from allocator.blocks.shared.known import (
    Bools,
    Floats,
    Lines,
    Supply,
    Units,
    supervision_relief,
    taught_categories,
)
from allocator.blocks.teaching.section import Teaching
from allocator.blocks.volunteering.section import Volunteering
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import ANY_CATEGORY


def units(plan: PlanYear, supply: Supply) -> Units:
    """Bounds on units; a programme that needs hours nobody within reach can give has none."""
    delivery = plan.section(Delivery)
    programmes = delivery.programmes if delivery is not None else ()
    towns, size = len(plan.towns), (len(plan.towns), len(programmes))
    least, limits = np.zeros(size), np.full((5, *size), np.inf)
    taught = _teacher_reach(plan, supply)
    for at, p in enumerate(programmes):
        if p.floor is not None and p.unit_cost > 0:
            least[:, at] = plan.per_town(f"{p.floor}_yuan") / p.unit_cost
        if p.max_units is not None:
            limits[0, :, at] = p.max_units.units * plan.per_town(p.max_units.of) / p.max_units.per
        of_category = None if taught is None else taught[:, taught_categories(plan).index(p.category or ANY_CATEGORY)]
        given = (supply.venues, supply.helpers, of_category)
        for n, (hours, need) in enumerate(zip(given, (p.venue_hours, p.volunteer_hours, p.teacher_hours), strict=True)):
            if hours is not None and need > 0:
                limits[n + 1, :, at] = hours / need
    volunteering = plan.section(Volunteering)
    if volunteering is not None and volunteering.supervision_ratio is not None and programmes:
        limits[4] = _supervised(programmes, limits.min(axis=0), volunteering.supervision_ratio)
    most = limits.min(axis=0)
    for lock in plan.common.locks:
        if lock.decision == "units" and set(lock.where) == {"town", "programme"}:
            cell = (
                plan.towns.index.get_loc(lock.where["town"]),
                next(n for n, p in enumerate(programmes) if p.id == lock.where["programme"]),
            )
            least[cell] = max(least[cell], min(lock.at_least or lock.equals or 0.0, most[cell]))
    return Units(programmes, least.reshape(towns, -1), most, limits[0], _useful(plan, programmes))


def _useful(plan: PlanYear, programmes: Sequence[Programme]) -> Bools:
    """[programme]: has an effect on an indicator; all of them where the plan measures none."""
    attainment = plan.section(Attainment)
    if attainment is None:
        return np.ones(len(programmes), dtype=bool)
    raising = {effect.programme for effect in attainment.effects}
    return np.array([p.id in raising for p in programmes], dtype=bool)


def _supervised(programmes: Sequence[Programme], most: Floats, ratio: float) -> Floats:
    """Most units by supervision alone [town, programme]."""
    balance = np.array([p.volunteer_hours - ratio * p.teacher_hours for p in programmes])
    room = np.full(most.shape, np.inf)
    short = balance > 1e-9
    room[:, short] = supervision_relief(programmes, most, ratio)[:, None] / balance[short]
    return room


def _teacher_reach(plan: PlanYear, supply: Supply) -> Floats | None:
    """Effective teacher hours [town, category] if every teacher and organisation within reach came for this alone."""
    found, offered = supply.teachers, supply.offers
    own = None if found is None else found.most.T @ found.able
    if offered is None:
        return own
    more = np.stack([offered.effective(category) for category in taught_categories(plan)], axis=1)
    return more if own is None else own + more


def lines(plan: PlanYear, counted: Units, supply: Supply) -> Lines:
    """Bounds on the money of programmes and allowances."""
    costs = counted.per_unit("unit_cost")
    paid = costs > 0
    towns = len(plan.towns)
    with np.errstate(invalid="ignore"):
        least, most = counted.least[:, paid] * costs[paid], counted.most[:, paid] * costs[paid]
    programmes = [p for p, counts in zip(counted.programmes, paid, strict=True) if counts]
    ids, spending = [p.id for p in programmes], [p.spending for p in programmes]
    extra = _allowances(plan, supply)
    least = np.vstack([least, np.zeros((1, len(ids)))])
    most = np.vstack([most, np.zeros((1, len(ids)))])
    for line, category, low, high in extra:
        ids.append(line)
        spending.append(category)
        least, most = np.column_stack([least, low]), np.column_stack([most, high])
    shape = (towns + 1, len(ids))
    return Lines(tuple(ids), tuple(spending), least.reshape(shape), most.reshape(shape))


def _allowances(plan: PlanYear, supply: Supply) -> list[tuple[str, str, Floats, Floats]]:
    """Line, spending category, least and most money by recipient, of the allowances that cost something."""
    found = []
    towns = len(plan.towns)
    guidance = plan.section(Guidance)
    if guidance is not None and guidance.allowance is not None and guidance.allowance.unit_cost > 0:
        low, high = np.zeros(towns + 1), np.zeros(towns + 1)
        low[-1] = guidance.allowance.unit_cost * guidance.town_min_hours * towns
        high[-1] = guidance.allowance.unit_cost * guidance.district_hours
        found.append(("guidance", guidance.allowance.spending, low, high))
    mentoring = plan.section(Mentoring)
    if mentoring is not None and mentoring.allowance is not None and mentoring.allowance.unit_cost > 0:
        high = np.append(mentor_places(plan, mentoring, supply.school_room) * mentoring.allowance.unit_cost, 0.0)
        found.append(("mentoring", mentoring.allowance.spending, np.zeros(towns + 1), high))
    teaching, staff = plan.section(Teaching), supply.teachers
    if (
        teaching is not None
        and staff is not None
        and teaching.travel_allowance is not None
        and teaching.travel_allowance.unit_cost > 0
    ):
        hours = np.append(staff.hours @ staff.away, 0.0)
        found.append(
            (
                "travel",
                teaching.travel_allowance.spending,
                np.zeros(towns + 1),
                hours * teaching.travel_allowance.unit_cost,
            )
        )
    offered = supply.offers
    if offered is not None:
        spending = plan.cost_lines()["purchase"].spending
        found.append(("purchase", spending, np.zeros(towns + 1), np.append(offered.cost, 0.0)))
    known = {line for line, *_ in found} | plan.programme_ids | {"guidance", "mentoring", "travel"}
    for line, how in plan.cost_lines().items():
        if line not in known:
            at = np.array([how.at != "district"] * towns + [how.at != "towns"])
            found.append((line, how.spending, np.zeros(towns + 1), np.where(at, np.inf, 0.0)))
    return found
