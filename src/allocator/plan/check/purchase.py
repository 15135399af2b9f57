"""Bought hours, and matched money: what floors need against what teachers and organisations can give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from allocator.blocks.funding.section import Funding, Matching
from allocator.blocks.purchase.offers import Offers
from allocator.plan.check.bounds import Units, units
from allocator.plan.check.money import Money, money
from allocator.plan.check.said import by_town, exceeds, finding, named
from allocator.plan.check.supply import Floats, bought, taught_categories, teachers
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import ANY_CATEGORY
from allocator.words.errors import Finding


def purchase_findings(plan: PlanYear) -> list[Finding]:
    """Everything that arithmetic can say about bought hours and matched money."""
    counted, offered = units(plan), bought(plan)
    found: list[Finding] = []
    if offered is not None:
        if not len(offered.provider):
            found.append(finding(plan, "W831", "purchase", {}))
        if counted.programmes:
            found += [*_hours(plan, counted, offered), *_share(plan, counted)]
    whole = money(plan, counted)
    return [*found, *(_matchings(whole) if whole is not None else ())]


def _needed(counted: Units, category: str) -> Floats:
    """Teacher hours of a category that floors ask for, by town."""
    own = np.array([(p.category or ANY_CATEGORY) == category for p in counted.programmes], dtype=bool)
    return np.asarray(counted.least @ (counted.per_unit("teacher_hours") * own))


def _hours(plan: PlanYear, counted: Units, offered: Offers) -> Iterator[Finding]:
    """Teacher hours of floors, by category, against teachers within reach and all that may be bought."""
    staff, nobody = teachers(plan), np.zeros(len(plan.towns))
    for code, category in enumerate(taught_categories(plan)):
        need = _needed(counted, category)
        own = nobody if staff is None else staff.most.T @ staff.able[:, code]
        buy = offered.effective(category)
        values = {"category": named(plan, category), "need": need, "own": own, "buy": buy, "short": need - own - buy}
        broken = np.array([exceeds(a, b) for a, b in zip(need, own + buy, strict=True)], dtype=bool)
        yield from by_town(plan, "F831", "purchase.offers", broken, values)
        all_own = 0.0 if staff is None else float(staff.hours @ staff.able[:, code])
        most = all_own + offered.whole(category)
        if exceeds(need.sum(), most) and not broken.any():
            whole = {"own": all_own, "buy": offered.whole(category), "short": need.sum() - most, "need": need.sum()}
            yield finding(plan, "F832", "purchase.offers", {**values, **whole})


def _share(plan: PlanYear, counted: Units) -> Iterator[Finding]:
    """Hours that must not be bought against the teachers within reach."""
    given: Any = plan.sections["purchase"]
    staff = teachers(plan)
    if given.most_share is None or staff is None:
        return
    need = (1.0 - given.most_share) * (counted.least @ counted.per_unit("teacher_hours"))
    own = staff.most.T @ staff.able.max(axis=1, initial=0.0)
    broken = np.array([exceeds(a, b) for a, b in zip(need, own, strict=True)], dtype=bool)
    values = {"share": given.most_share, "need": need, "most": own, "short": need - own}
    yield from by_town(plan, "F833", "purchase.most_share", broken, values)


def _matchings(whole: Money) -> Iterator[Finding]:
    """Money that must be spent of one source against what the other allows."""
    given: Funding = whole.given
    for matching in given.matching:
        matched, other = _least_of(whole, matching.source), _least_of(whole, matching.with_)
        at_hand = dict(zip(whole.ids, whole.amount.tolist(), strict=True))
        names = {"source": named(whole.plan, matching.source), "other": named(whole.plan, matching.with_)}
        path = f"funding.matching.{matching.id}"
        if matching.at_most is not None and exceeds(matched, matching.at_most * at_hand[matching.with_]):
            most = matching.at_most * at_hand[matching.with_]
            yield finding(whole.plan, "F835", f"{path}.at_most", _said(names, matching.at_most, matched, most))
        if matching.at_least is not None and exceeds(matching.at_least * other, at_hand[matching.source]):
            need = matching.at_least * other
            most = at_hand[matching.source]
            yield finding(whole.plan, "F836", f"{path}.at_least", _said(names, matching.at_least, need, most))
        yield from _in_towns(whole, matching, names)


def _said(names: dict[str, Any], rate: float, need: float, most: float) -> dict[str, object]:
    return {**names, "rate": rate, "need": need, "most": most, "short": need - most}


def _least_of(whole: Money, source: str) -> float:
    """Money of a source that must be spent: its earmarks, or its share of all that must be."""
    at = whole.ids.index(source)
    own = whole.given.sources[at]
    return max(float(whole.earmarks[at].sum()), (own.min_share or 0.0) * whole.least[0])


def _in_towns(whole: Money, matching: Matching, names: dict[str, Any]) -> Iterator[Finding]:
    """Earmarks of a matched source in a town where no cost line may be paid by the other."""
    if matching.scope != "every_town" or matching.at_most is None:
        return
    matched, other = whole.ids.index(matching.source), whole.ids.index(matching.with_)
    most = matching.at_most * np.minimum(whole.of_sources(np.arange(len(whole.ids)) == other)[:-1], whole.amount[other])
    need = whole.earmarks[matched]
    broken = np.array([exceeds(a, b) for a, b in zip(need, most, strict=True)], dtype=bool)
    values = {**names, "rate": matching.at_most, "need": need, "most": most, "short": need - most}
    yield from by_town(whole.plan, "F837", f"funding.matching.{matching.id}.at_most", broken, values)
