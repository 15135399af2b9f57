"""What people and rooms can give at most: teacher hours, volunteer hours, hours of town schools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from allocator.blocks.purchase.offers import Offers, offers
from allocator.blocks.purchase.section import Purchase
from allocator.blocks.team.people import reachable_posts, type_ids
from allocator.blocks.team.section import Team
from allocator.plan.check.posting import may_be
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import ANY_CATEGORY

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


_SKILL = ("teacher", "category", "proficiency")


@dataclass(frozen=True, eq=False)
class Teachers:
    """Teachers as arrays, in the order of their table."""

    ids: tuple[str, ...]
    home: npt.NDArray[np.intp]
    hours: Floats
    backbone: Bools
    able: Floats
    """Proficiency [teacher, category]; 0 where a teacher cannot teach it."""
    most: Floats
    """Most hours taught [teacher, town] if the teacher went nowhere else, or was posted there; 0 out of reach."""
    away: Bools
    """[teacher, town]: within reach and not at home."""


def taught_categories(plan: PlanYear) -> tuple[str, ...]:
    """Course categories, and the one of programmes without a category."""
    return (*sorted(plan.common.categories), ANY_CATEGORY)


def near(plan: PlanYear, kind: str) -> Bools:
    """Whether a town lies within reach of another, for a kind of exchange."""
    reached = np.eye(len(plan.towns), dtype=bool)
    if plan.travel is not None and plan.common.travel is not None:
        reached[plan.travel.within(getattr(plan.common.travel.reach_minutes, kind))] = True
    return reached


def teachers(plan: PlanYear) -> Teachers | None:
    """The teachers of a plan; none if the plan does not count teacher hours."""
    given: Any = plan.sections.get("teaching")
    if given is None:
        return None
    table, skills = plan.tables[given.teachers], plan.tables[given.skills]
    ids, categories = tuple(table["teacher"]), taught_categories(plan)
    home = np.array([plan.towns.index.get_loc(town) for town in table["home_town"]], dtype=np.intp)
    hours = table["hours"].to_numpy(dtype=float)
    able = np.zeros((len(ids), len(categories)))
    able[:, -1] = 1.0
    at, code = {word: n for n, word in enumerate(ids)}, {word: n for n, word in enumerate(categories)}
    for teacher, category, proficiency in zip(*(skills[name].tolist() for name in _SKILL), strict=True):
        able[at[teacher], code[category]] = proficiency
    reached = near(plan, "teaching")[home]
    minutes = np.zeros((len(plan.towns),) * 2) if plan.travel is None else plan.travel.minutes
    travel = np.where(reached, minutes[home], 0.0) * 2.0 / 60.0 / given.visit_hours
    away = reached & (home[:, None] != np.arange(len(plan.towns)))
    kept = np.where(away, 1.0 - given.home_share, 1.0)
    most = np.where(reached, hours[:, None] * kept / (1.0 + travel), 0.0)
    if "posting" in plan.sections:
        most = np.where(may_be(plan), hours[:, None], most)
    return Teachers(ids, home, hours, table["backbone"].to_numpy(dtype=bool), able, most, away)


def bought(plan: PlanYear) -> Offers | None:
    """What may be bought from organisations; none if the plan buys nothing."""
    given = plan.sections.get("purchase")
    return offers(plan, given) if isinstance(given, Purchase) else None


def venue_rooms(plan: PlanYear) -> Floats | None:
    """Venue hours of each town, with the most that organisations bring; none if the plan does not count them."""
    if "venue_hours" not in plan.towns:
        return None
    offered = bought(plan)
    return plan.per_town("venue_hours") + (0.0 if offered is None else offered.rooms)


def school_rooms(plan: PlanYear) -> Floats:
    """Hours of each town school, with the most that posts bring; without limit where the table has no such column."""
    if "school_hours" not in plan.towns:
        return np.full(len(plan.towns), np.inf)
    given = plan.sections.get("team")
    rooms = plan.per_town("school_hours")
    if not isinstance(given, Team):
        return rooms
    hours = {each.id: each.contact_hours for each in given.types}
    worth = np.array([hours[word] for word in type_ids(given)])
    brings = worth > 0
    return np.asarray(rooms + reachable_posts(plan, given)[:, brings] @ worth[brings])


def volunteer_hours(plan: PlanYear) -> Floats | None:
    """Volunteer hours that each town has; none if the plan does not count them."""
    given: Any = plan.sections.get("volunteering")
    if given is None:
        return None
    table = plan.tables[given.volunteers].set_index("town").reindex(plan.towns.index, fill_value=0.0)
    return np.asarray(most_volunteers(plan) * table["active_rate"] * table["hours_per_active"], dtype=float)


def most_volunteers(plan: PlanYear) -> Floats:
    """Most volunteers that each town can have in the year [heads]: the heads given, or those that stay and recruits."""
    given: Any = plan.sections["volunteering"]
    table = plan.tables[given.volunteers].set_index("town").reindex(plan.towns.index, fill_value=0.0)
    heads = table["heads"].to_numpy(dtype=float)
    if given.stock is None:
        return np.asarray(heads)
    before = heads if plan.before is None else most_volunteers(plan.before)
    recruits = given.stock.recruits.heads * plan.per_town(given.stock.recruits.of) / given.stock.recruits.per
    return np.asarray(given.stock.retention * before + np.minimum(recruits, given.stock.training_places))


def volunteer_reach(plan: PlanYear) -> Floats | None:
    """Volunteer hours that can reach each town."""
    own = volunteer_hours(plan)
    return None if own is None else own @ near(plan, "volunteering")


def school_room(plan: PlanYear) -> Floats:
    """Hours of each town school that its stations leave at least; without limit where the table has no such column."""
    return school_rooms(plan) - station_hours(plan)


def station_hours(plan: PlanYear) -> Floats:
    """Hours that the stations of each town must get from their town school."""
    given: Any = plan.sections.get("guidance")
    if given is None:
        return np.zeros(len(plan.towns))
    return np.asarray(given.station_min_hours * plan.per_town("stations"))
