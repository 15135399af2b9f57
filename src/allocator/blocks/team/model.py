"""Team (队伍): posts of the community-education team, by town and type of staff; always whole posts.

Nobody is dismissed: posts are at least the people who stay from the year before, a share of them rounded up to whole
people. In the first year those who stay are known from the staff table; so are those of a type of staff that the year
before does not know, from the staff table of its own first year.

Data
    heads_now[town, type]           heads      staff table; those who stay are round-up of (1 - leaving) * heads_now
    leaving[type]                   share      `turnover` of a type in the year they stay for, counted to a thousandth
    pay[type], training_cost[type]  yuan       scenario: team.types
    contact_hours[type]             hours      hours of the town school that a post brings
    fewest[town, type]              posts      scenario: team.floors, rounded up
    most[town, type]                posts      scenario: team.most, rounded down
    least_ratio[ratio]              share      `at_least` of team.ratios
    hires                           heads      scenario: team.most_hired_a_year
    training_room                   heads      scenario: team.training.places
    training_gain[indicator]        number     scenario: team.training.gains
Variables
    posts[town, type, year]          posts     whole; fewest <= posts <= most
    staying[town, type, year]        heads     whole; people of the year who stay into the next, where some leave
    staff_trained[town, type, year]  heads     whole; only with `training`
Rows
    staff_floor[town, type, year]    (bound)   posts >= fewest
    staff_most[town, type, year]     (bound)   posts <= most
    staff_kept[town, type, year]               posts >= staying of the year before (or posts of it, where nobody leaves)
    staying_least[town, type, year]            staying >= (1 - leaving) * posts
    staying_most[town, type, year]             staying <= (1 - leaving) * posts + 0.999
    staff_ratio[ratio, town, year]             sum over the types of the ratio of posts >= least_ratio * all posts
                                               (of the town, or in row `district` of all towns)
    staff_hired[year]                          sum of posts - staying of the year before <= hires
    trained_posts[town, type, year]            staff_trained <= posts
    team_places[year]                          sum of staff_trained <= training_room
Ledgers
    cost         use      pay * posts, line `posts`; training_cost * staff_trained, line `post_training`
    school_time  supply   contact_hours * posts, where towns count the hours of their schools
    value        supply   training_gain * staff_trained / denominator
    count        supply   posts of each type; staff_trained
Outcomes
    team.posts[town, year]           posts of all types; fewer are better
Source
    Workforce planning with whole posts, turnover and training places. Plan text:
    以专职人员为骨干，兼职人员和志愿者为主体; 加强社区教育工作者的培训.
"""

from __future__ import annotations

import numpy as np

from allocator.blocks.shared.entries import charge, count, gain
from allocator.blocks.team.people import (
    STEP,
    heads,
    least_posts,
    most_posts,
    stay_shares,
    staying,
    type_ids,
)
from allocator.blocks.team.section import StaffRatio, StaffTraining, Team
from allocator.model import BoundRule, Codes, Floats, Model, Outcome, Terms, constant_label
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import DISTRICT


def build(model: Model, plan: PlanYear, given: Team) -> None:
    """Declare the posts, who stays in them, who is trained, and what they cost and bring."""
    types, towns = type_ids(given), len(plan.towns)
    year = model.axes["year"].code(str(plan.year))
    codes = model.axes["type"].codes(types)
    labels = {
        "town": np.repeat(np.arange(towns), len(types)),
        "type": np.tile(codes, towns),
        "year": constant_label(year, towns * len(types)),
    }
    posts = model.variables(
        "posts",
        labels,
        "posts",
        lower=least_posts(plan, given).ravel(),
        upper=most_posts(plan, given).ravel(),
        integer=True,
        rules=(BoundRule("staff_floor", "team.floors"), BoundRule("staff_most", "team.most")),
    )
    came = _kept(model, plan, given, posts)
    if given.most_hired_a_year is not None:
        _hired(model, given.most_hired_a_year, posts, came)
    for ratio in sorted(given.ratios, key=lambda each: each.id):
        _ratio(model, plan, ratio, posts)
    known = {each.id: each for each in given.types}
    pay, hours = (np.array([getattr(known[name], what) for name in types]) for what in ("pay", "contact_hours"))
    if pay.any():
        charge(model, "team", "posts", posts * np.tile(pay, towns))
    if hours.any() and "school_hours" in plan.towns:
        brought = posts * np.tile(hours, towns)
        model.ledgers["school_time"].supply("team", brought.labelled({d: labels[d] for d in ("town", "year")}))
    for name, code in zip(types, codes, strict=True):
        count(model, "team", f"posts_{name}", posts.where(posts["type"] == code))
    if given.training is not None:
        _training(model, plan, given, given.training, posts)
    _outcome(model, posts)


def _kept(model: Model, plan: PlanYear, given: Team, posts: Terms) -> tuple[list[Terms], Floats]:
    """People who stay: of posts of the year before, and as numbers [town and type] of types that it does not know."""
    requirement, labels = "team.types", dict(posts.labels)
    last = _posts_before(model, plan, posts)
    known = np.where(np.isin(posts["type"], last["type"]), 0.0, staying(heads(plan, given), given).ravel())
    share = np.ones(len(model.axes["type"].ids))
    share[model.axes["type"].codes(type_ids(given))] = stay_shares(given)
    own = share[last["type"]]
    stay, parted = [last.where(own == 1.0)], last.where(own < 1.0)
    if len(parted):
        of_last = dict(parted.labels)
        stays = model.variables("staying", of_last, "heads", integer=True, follows=True)
        model.define("staying_least", of_last, [stays, parted * -own[own < 1.0]], ">=", 0.0, unit="heads")
        most = 1.0 - STEP
        model.define("staying_most", of_last, [stays, parted * -own[own < 1.0]], "<=", most, unit="heads")
        stay.append(stays)
    year = int(posts["year"][0])
    stay = [part.labelled({**part.labels, "year": constant_label(year, len(part))}) for part in stay]
    terms = [posts, *(-part for part in stay)]
    model.constrain("staff_kept", labels, terms, ">=", known, unit="posts", requirement=requirement)
    return stay, known


def _posts_before(model: Model, plan: PlanYear, posts: Terms) -> Terms:
    """Posts of the year before, of types that are there now too; none where the year before decides none."""
    if plan.before is None or "team" not in plan.before.sections:
        return posts.where(np.zeros(len(posts), dtype=bool))
    last = model.year("posts", model.axes["year"].code(str(plan.before.year)))
    return last.where(np.isin(last["type"], posts["type"]))


def _hired(model: Model, most: int, posts: Terms, came: tuple[list[Terms], Floats]) -> None:
    """People hired in the district: posts beyond those who stay."""
    terms, known = came
    rows = {"year": posts["year"][:1]}
    parts = [part.labelled({"year": part["year"]}) for part in (posts, *(-each for each in terms))]
    requirement = "team.most_hired_a_year"
    bound = most + float(known.sum())
    made = model.constrain("staff_hired", rows, parts, "<=", bound, unit="heads", requirement=requirement)
    model.row_parameter(requirement, made, 1.0)


def _ratio(model: Model, plan: PlanYear, ratio: StaffRatio, posts: Terms) -> None:
    """Share of some types in all posts, town by town or in the district."""
    inside = np.isin(posts["type"], model.axes["type"].codes(ratio.of))
    over = posts * np.where(inside, 1.0 - ratio.at_least, -ratio.at_least)
    town, places = posts["town"], np.arange(len(plan.towns))
    if ratio.scope == "district":
        places = np.array([model.axes["recipient"].code(DISTRICT)], dtype=np.intp)
        town = constant_label(int(places[0]), len(posts))
    code, year = model.axes["ratio"].code(ratio.id), int(posts["year"][0])
    rows = {"ratio": constant_label(code, len(places)), "town": places, "year": constant_label(year, len(places))}
    over = over.labelled({"ratio": constant_label(code, len(over)), "town": town, "year": posts["year"]})
    model.constrain("staff_ratio", rows, [over], ">=", 0.0, unit="posts", requirement=f"team.ratios.{ratio.id}")


def _training(model: Model, plan: PlanYear, given: Team, training: StaffTraining, posts: Terms) -> None:
    """Declare who is trained: people on posts, within the places of the district."""
    labels: dict[str, Codes] = dict(posts.labels)
    requirement = "team.training.places"
    trained = model.variables("staff_trained", labels, "heads", integer=True)
    terms = [trained, -posts]
    model.constrain("trained_posts", labels, terms, "<=", 0.0, unit="heads", requirement=requirement)
    rows, whole = {"year": labels["year"][:1]}, trained.labelled({"year": labels["year"]})
    places = training.places
    made = model.constrain("team_places", rows, [whole], "<=", places, unit="heads", requirement=requirement)
    model.row_parameter(requirement, made, 1.0)
    known = {each.id: each.training_cost for each in given.types}
    cost = np.tile([known[name] for name in type_ids(given)], len(plan.towns))
    if cost.any():
        charge(model, "team", "post_training", trained * cost)
    gain(model, plan, "team", training.gains, trained)
    count(model, "team", "posts_trained", trained)


def _outcome(model: Model, posts: Terms) -> None:
    """All posts of each town."""
    towns, position = np.unique(posts["town"], return_inverse=True)
    labels = {"town": towns, "year": constant_label(int(posts["year"][0]), len(towns))}
    terms = posts.labelled({"outcome": position.astype(np.intp)})
    model.outcome(Outcome("team.posts", "posts", labels, terms, np.zeros(len(towns)), less_is_better=True))
