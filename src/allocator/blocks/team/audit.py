"""Team, checked from the written table: whole posts, who stays, ratios, floors, caps, hiring, training, cost."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocator.blocks.shared.checks import (
    Amounts,
    Cells,
    Checks,
    Judged,
    Judges,
    Posting,
    as_figure,
    by_town,
    cells,
    figure,
    first_of,
    forbidden,
    keys,
    product,
    rule,
)
from allocator.blocks.team.section import StaffBound, StaffRatio, Team
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import DISTRICT

CELL = ("town", "type")
WHOLE = 1e-6


def audit_block(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Team) -> list[Checks]:
    """Posts of every town and type, and who of them is trained."""
    posts = _cells(tables, plan, given, "posts")
    stays = _staying(plan, given)
    amounts, _ = posts.total(CELL)
    made = [*posts.checks("posts", CELL), forbidden("posts", posts.absent), _whole("posts", amounts)]
    made.append(rule("staff_kept", amounts, ">=", stays, 1.0))
    made += [_bound(amounts, each) for each in _tightest(plan, given)]
    made += [_ratio(posts, ratio) for ratio in given.ratios]
    if given.most_hired_a_year is not None:
        total = pd.Series([float(amounts.sum(skipna=False))], index=pd.Index([""], dtype=object))
        limit = given.most_hired_a_year + float(stays.sum())
        made.append(rule("staff_hired", total, "<=", limit, float(len(amounts))))
    trained, _ = _cells(tables, plan, given, "trained").total(CELL)
    made += [_whole("staff_trained", trained), as_figure(rule("staff_trained", trained, ">=", 0.0, 1.0))]
    if given.training is None:
        made.append(as_figure(rule("staff_trained", trained, "<=", 0.0, 1.0)))
    else:
        made.append(rule("trained_posts", trained - amounts, "<=", 0.0, 2.0))
        places = pd.Series([float(trained.sum(skipna=False))], index=pd.Index([""], dtype=object))
        made.append(rule("team_places", places, "<=", given.training.places, float(len(trained))))
    return [*made, *_figures(tables, plan, given, (amounts, trained, stays))]


def postings(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Team) -> list[Posting]:
    """What posts and training cost, the hours and values they bring, and how many there are."""
    posts, trained = (_cells(tables, plan, given, column) for column in ("posts", "trained"))
    of_type = {each.id: each for each in given.types}

    def each(what: str) -> np.ndarray:
        return np.array([getattr(of_type[name], what) for name in posts.frame["type"]], dtype=float)

    made = []
    if each("pay").any():
        made.append(Posting("cost", "team", "used", *posts.named("line", "posts").total(("town", "line"), each("pay"))))
    if each("contact_hours").any() and "school_hours" in plan.towns:
        made.append(Posting("school_time", "team", "supplied", *posts.total(["town"], each("contact_hours"))))
    for name in sorted(of_type):
        own = np.asarray(posts.frame["type"] == name, dtype=float)
        counted = posts.named("counted", f"posts_{name}")
        made.append(Posting("count", "team", "supplied", *counted.total(("counted", "town"), own)))
    if given.training is None:
        return made
    counted = trained.named("counted", "posts_trained")
    made.append(Posting("count", "team", "supplied", *counted.total(("counted", "town"))))
    if each("training_cost").any():
        paid = trained.named("line", "post_training").total(("town", "line"), each("training_cost"))
        made.append(Posting("cost", "team", "used", *paid))
    for gain in given.training.gains:
        indicator = next(i for i in plan.indicators if i.id == gain.indicator)
        size = pd.Series(plan.denominator(indicator), index=plan.towns.index)
        worth = np.asarray(gain.per_unit / size.reindex(trained.frame["town"]).to_numpy(dtype=float))
        brought = trained.named("indicator", indicator.id).total(("town", "indicator"), worth)
        made.append(Posting("value", "team", "supplied", *brought))
    return made


def judged(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Team) -> Judged:
    """All posts of each town; fewer are better."""
    amounts, weights = _cells(tables, plan, given, "posts").total(["town"])
    return Judged(amounts, weights, less_is_better=True)


def _cells(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Team, column: str) -> Cells:
    """A column of the table on every town and type."""
    possible = product({"town": plan.towns.index, "type": [each.id for each in given.types]})
    return cells(possible, tables["team"], CELL, column)


def _whole(family: str, amounts: Amounts) -> Checks:
    """Numbers that must be whole."""
    return figure(family, amounts, amounts.round())


def _staff(plan: PlanYear, given: Team) -> Amounts:
    """Staff before the year, by town/type."""
    table = plan.tables[given.staff]
    return first_of(keys(table, CELL), table["heads"])


def _staying(plan: PlanYear, given: Team) -> Amounts:
    """People who stay: the share that does not leave, a part of a person counted whole."""
    possible = product({"town": plan.towns.index, "type": [each.id for each in given.types]})
    index = pd.Index(keys(possible, CELL), dtype=object)
    share = {each.id: 1.0 - round(each.turnover, 3) for each in given.types}
    before = _staff(plan, given).reindex(index, fill_value=0.0)
    stay = before * possible["type"].map(share).to_numpy(dtype=float)
    return pd.Series(np.ceil(stay.to_numpy(dtype=float) - WHOLE), index=index)


def _tightest(plan: PlanYear, given: Team) -> list[tuple[str, str, Amounts]]:
    """Rule, type and bound by town: of several bounds on a type the tightest."""
    made = []
    for family, bounds in (("staff_floor", given.floors), ("staff_most", given.most)):
        for name in sorted({each.type for each in bounds}):
            own = pd.concat([_posts(plan, each, family) for each in bounds if each.type == name], axis=1)
            made.append((family, name, own.max(axis=1) if family == "staff_floor" else own.min(axis=1)))
    return made


def _posts(plan: PlanYear, bound: StaffBound, family: str) -> Amounts:
    """Whole posts that a bound asks for or allows, by town."""
    every = pd.Series(1.0, index=pd.Index(plan.towns.index, dtype=object))
    each = every * bound.posts if bound.of is None else by_town(plan, bound.of) * bound.posts / bound.per
    posts = each.to_numpy(dtype=float)
    whole = np.ceil(posts - WHOLE) if family == "staff_floor" else np.floor(posts + WHOLE)
    return pd.Series(whole, index=each.index)


def _bound(amounts: Amounts, bound: tuple[str, str, Amounts]) -> Checks:
    """A floor or cap of a type, town by town."""
    family, name, limit = bound
    limit = limit.rename({town: f"{town}/{name}" for town in limit.index})
    own = amounts.reindex(limit.index)
    if family == "staff_floor":
        return rule(family, own, ">=", limit, 1.0, needed=limit)
    return rule(family, own, "<=", limit, 1.0)


def _ratio(posts: Cells, ratio: StaffRatio) -> Checks:
    """Share of some types in all posts, town by town or in the district."""
    inside = posts.frame["type"].isin(ratio.of).to_numpy(dtype=float)
    own = posts.named("ratio", ratio.id)
    if ratio.scope == "district":
        own = Cells(own.frame.assign(town=DISTRICT), own.strays, own.absent)
    over, weight = own.total(("ratio", "town"), inside - ratio.at_least)
    return rule("staff_ratio", over, ">=", 0.0, weight)


def _figures(
    tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Team, found: tuple[Amounts, Amounts, Amounts]
) -> list[Checks]:
    """Heads before, staying, hired and cost as recomputed."""
    posts, trained, stays = found
    written = tables["team"]
    key = keys(written, CELL)
    of_type = {each.id: each for each in given.types}
    types = [name.partition("/")[2] for name in posts.index]
    pay = pd.Series([of_type[name].pay for name in types], index=posts.index)
    course = pd.Series([of_type[name].training_cost for name in types], index=posts.index)
    expected = {
        "heads_before": _staff(plan, given).reindex(posts.index, fill_value=0.0),
        "staying": stays,
        "hired": posts - stays,
        "cost_yuan": pay * posts + course * trained,
    }
    error = pay + course
    return [figure(f"team.{name}", first_of(key, written[name]), due, error) for name, due in expected.items()]


OUTCOMES: Judges = {"team.posts": judged}
