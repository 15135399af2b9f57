"""What people and rooms can give at most: teacher hours, volunteer hours, hours of town schools."""

from __future__ import annotations

import numpy as np

from allocator.blocks.guidance.section import Guidance
from allocator.blocks.posting.candidates import may_be
from allocator.blocks.posting.section import Posting
from allocator.blocks.purchase.offers import Offers, offers
from allocator.blocks.purchase.section import Purchase
from allocator.blocks.shared.known import Floats, Supply, Teachers, near, taught_categories
from allocator.blocks.teaching.section import Teaching
from allocator.blocks.team.people import reachable_posts, type_ids
from allocator.blocks.team.section import Team
from allocator.blocks.volunteering.section import Volunteering
from allocator.scenario.plan_year import PlanYear

_SKILL = ("teacher", "category", "proficiency")


def supply_of(plan: PlanYear) -> Supply:
    """What people and rooms of a plan year can give at most."""
    offered, own = bought(plan), volunteer_hours(plan)
    helpers = None if own is None else own @ near(plan, "volunteering")
    venues = venue_rooms(plan, offered)
    return Supply(teachers(plan), offered, venues, own, helpers, school_rooms(plan), station_hours(plan))


def teachers(plan: PlanYear) -> Teachers | None:
    """The teachers of a plan; none if the plan does not count teacher hours."""
    given = plan.section(Teaching)
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
    posting = plan.section(Posting)
    if posting is not None:
        most = np.where(may_be(plan, posting), hours[:, None], most)
    return Teachers(ids, home, hours, table["backbone"].to_numpy(dtype=bool), able, most, away)


def bought(plan: PlanYear) -> Offers | None:
    """What may be bought from organisations; none if the plan buys nothing."""
    given = plan.section(Purchase)
    return None if given is None else offers(plan, given)


def venue_rooms(plan: PlanYear, offered: Offers | None) -> Floats | None:
    """Venue hours of each town, with the most that organisations bring; none if the plan does not count them."""
    if "venue_hours" not in plan.towns:
        return None
    return plan.per_town("venue_hours") + (0.0 if offered is None else offered.rooms)


def school_rooms(plan: PlanYear) -> Floats:
    """Hours of each town school, with the most that posts bring; without limit where the table has no such column."""
    if "school_hours" not in plan.towns:
        return np.full(len(plan.towns), np.inf)
    given, rooms = plan.section(Team), plan.per_town("school_hours")
    if given is None:
        return rooms
    hours = {each.id: each.contact_hours for each in given.types}
    worth = np.array([hours[word] for word in type_ids(given)])
    brings = worth > 0
    return np.asarray(rooms + reachable_posts(plan, given)[:, brings] @ worth[brings])


def volunteer_hours(plan: PlanYear) -> Floats | None:
    """Volunteer hours that each town has; none if the plan does not count them."""
    given = plan.section(Volunteering)
    if given is None:
        return None
    table = plan.tables[given.volunteers].set_index("town").reindex(plan.towns.index, fill_value=0.0)
    return np.asarray(most_volunteers(plan, given) * table["active_rate"] * table["hours_per_active"], dtype=float)


def most_volunteers(plan: PlanYear, given: Volunteering) -> Floats:
    """Most volunteers that each town can have in the year [heads]: the heads given, or those that stay and recruits."""
    table = plan.tables[given.volunteers].set_index("town").reindex(plan.towns.index, fill_value=0.0)
    heads = table["heads"].to_numpy(dtype=float)
    if given.stock is None:
        return np.asarray(heads)
    earlier = None if plan.before is None else plan.before.section(Volunteering)
    before = heads if plan.before is None or earlier is None else most_volunteers(plan.before, earlier)
    recruits = given.stock.recruits.heads * plan.per_town(given.stock.recruits.of) / given.stock.recruits.per
    return np.asarray(given.stock.retention * before + np.minimum(recruits, given.stock.training_places))


def station_hours(plan: PlanYear) -> Floats:
    """Hours that the stations of each town must get from their town school."""
    given = plan.section(Guidance)
    if given is None:
        return np.zeros(len(plan.towns))
    return np.asarray(given.station_min_hours * plan.per_town("stations"))
