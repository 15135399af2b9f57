"""Matched money: what must be spent of one source against what the other allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from allocator.blocks.funding.section import Funding, Matching
from allocator.blocks.shared.money import Money
from allocator.blocks.shared.said import by_town, each_exceeds, exceeds, finding, named
from allocator.words.errors import Finding
from allocator.words.texts import Text


def matching_findings(whole: Money) -> Iterator[Finding]:
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


def _said(names: Mapping[str, Text], rate: float, need: float, most: float) -> dict[str, object]:
    return {**names, "rate": rate, "need": need, "most": most, "short": need - most}


def _least_of(whole: Money, source: str) -> float:
    """Money of a source that must be spent: its earmarks, or its share of all that must be."""
    at = whole.ids.index(source)
    own = whole.given.sources[at]
    return max(float(whole.earmarks[at].sum()), (own.min_share or 0.0) * whole.least[0])


def _in_towns(whole: Money, matching: Matching, names: Mapping[str, Text]) -> Iterator[Finding]:
    """Earmarks of a matched source in a town where no cost line may be paid by the other."""
    if matching.scope != "every_town" or matching.at_most is None:
        return
    matched, other = whole.ids.index(matching.source), whole.ids.index(matching.with_)
    most = matching.at_most * np.minimum(whole.of_sources(np.arange(len(whole.ids)) == other)[:-1], whole.amount[other])
    need = whole.earmarks[matched]
    broken = each_exceeds(need, most)
    values = {**names, "rate": matching.at_most, "need": need, "most": most, "short": need - most}
    yield from by_town(whole.plan, "F837", f"funding.matching.{matching.id}.at_most", broken, values)
