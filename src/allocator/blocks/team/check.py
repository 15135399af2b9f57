"""Posts: those who stay and floors against caps, hiring, ratios and money."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from allocator.blocks.shared.known import Floats, Known
from allocator.blocks.shared.locked import Range, chosen
from allocator.blocks.shared.said import by_town, exceeds, finding, name_of
from allocator.blocks.team.people import heads, least_posts, most_posts, reachable_posts, staying, type_ids
from allocator.blocks.team.section import StaffRatio, Team
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Lock
from allocator.words.errors import Finding
from allocator.words.texts import Text


def findings(known: Known, given: Team) -> list[Finding]:
    """Everything that arithmetic can say about posts."""
    plan = known.plan
    found = [*_caps(plan, given), *_hiring(plan, given), *_pay(known, given), *_unpaid(plan, given)]
    for ratio in given.ratios:
        found += _ratio(plan, given, ratio)
    return found


def lock_range(known: Known, given: Team, lock: Lock) -> Range:
    """Posts by floors and people who stay, and by caps and hiring; people trained by posts and places."""
    plan = known.plan
    types = [at for at, word in enumerate(type_ids(given)) if lock.where.get("type") in (None, word)]
    cells = np.ix_(chosen(plan, lock, "town"), types)
    most = float(reachable_posts(plan, given)[cells].sum())
    if lock.decision == "posts":
        return Range(float(_least(plan, given)[cells].sum()), most, Text("check.why_posts"))
    places = given.training.places if given.training is not None else 0.0
    return Range(0.0, min(places, most), Text("check.why_places"))


def _least(plan: PlanYear, given: Team) -> Floats:
    """Least posts [town, type]: the floor, and in the first year those who stay."""
    floor = least_posts(plan, given)
    return floor if plan.before is not None else np.maximum(floor, staying(heads(plan, given), given))


def _caps(plan: PlanYear, given: Team) -> Iterator[Finding]:
    """Floors and people who stay against the caps, type by type."""
    names = {each.id: name_of(each) for each in given.types}
    floor, must, cap = least_posts(plan, given), _least(plan, given), most_posts(plan, given)
    for at, word in enumerate(type_ids(given)):
        values = {"type": names[word], "most": cap[:, at]}
        by_floor = floor[:, at] > cap[:, at]
        yield from by_town(plan, "F871", "team.floors", by_floor, {**values, "need": floor[:, at]})
        by_people = ~by_floor & (must[:, at] > cap[:, at])
        yield from by_town(plan, "F872", "team.most", by_people, {**values, "need": must[:, at]})


def _hiring(plan: PlanYear, given: Team) -> Iterator[Finding]:
    """People whom floors make the plan hire in the first year against the most that may be hired."""
    if given.most_hired_a_year is None or plan.before is not None:
        return
    missing = float(np.maximum(least_posts(plan, given) - staying(heads(plan, given), given), 0.0).sum())
    if exceeds(missing, given.most_hired_a_year):
        values = {"need": missing, "most": given.most_hired_a_year, "short": missing - given.most_hired_a_year}
        yield finding(plan, "F873", "team.most_hired_a_year", values)


def _pay(known: Known, given: Team) -> Iterator[Finding]:
    """Pay of the posts there must be against all money that may pay them."""
    plan = known.plan
    if known.money is None:
        return
    pay = {each.id: each.pay for each in given.types}
    need = float((_least(plan, given) @ np.array([pay[word] for word in type_ids(given)])).sum())
    have = known.money.paying([given.spending])
    if exceeds(need, have):
        yield finding(plan, "F874", "team.types", {"need": need, "most": have, "short": need - have})


def _ratio(plan: PlanYear, given: Team, ratio: StaffRatio) -> Iterator[Finding]:
    """Most posts of the types that count against the least posts of the others."""
    inside = np.isin(type_ids(given), list(ratio.of))
    others, most = _least(plan, given)[:, ~inside].sum(axis=1), reachable_posts(plan, given)[:, inside].sum(axis=1)
    if ratio.scope == "district":
        others, most = others.sum(keepdims=True), most.sum(keepdims=True)
    with np.errstate(invalid="ignore"):
        broken = ratio.at_least * others > (1.0 - ratio.at_least) * most + 1e-6
    values = {"ratio": name_of(ratio), "share": ratio.at_least, "others": others, "most": most}
    if ratio.scope == "every_town":
        yield from by_town(plan, "F875", f"team.ratios.{ratio.id}", broken, values)
    elif broken.any():
        whole = {**values, "others": float(others[0]), "most": float(most[0]), "town": Text("check.whole_district")}
        yield finding(plan, "F875", f"team.ratios.{ratio.id}", whole)


def _unpaid(plan: PlanYear, given: Team) -> Iterator[Finding]:
    """A type that costs nothing and has no cap: nothing says how many there should be."""
    capped = {each.type for each in given.most}
    for each in given.types:
        if each.pay == 0 and each.id not in capped and given.most_hired_a_year is None:
            yield finding(plan, "W871", f"team.types.{each.id}", {"type": name_of(each)})
