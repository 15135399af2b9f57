"""Shares of spending categories and of sources, and bounds on each town's change, against what there is."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from allocator.blocks.funding.section import CategoryShare
from allocator.blocks.shared.money import Money
from allocator.blocks.shared.said import amounts, below, by_town, each_exceeds, exceeds, finding, named
from allocator.words.errors import Finding
from allocator.words.texts import Text


def share_findings(whole: Money) -> Iterator[Finding]:
    """Everything that shares and yearly bounds alone make impossible."""
    yield from _category_shares(whole)
    yield from _source_shares(whole)
    yield from _year_on_year(whole)


def _category_shares(whole: Money) -> Iterator[Finding]:
    """Shares of spending categories against one another, and each by itself."""
    plan, (least, why) = whole.plan, whole.least
    at_most = {share.spending: share.at_most for share in whole.given.category_shares if share.at_most is not None}
    paid = sorted({c for n, c in enumerate(whole.lines.spending) if whole.pays[:, n].any()})
    room = sum(at_most.get(category, 1.0) for category in paid)
    if paid and room < 1 - 1e-6 and exceeds(least, 0.0):
        shares = amounts(plan, paid, [at_most[word] for word in paid])
        values = {"shares": shares, "room": room, "least": least, "why": why}
        yield finding(plan, "F110", "funding.category_shares", values)
    for at, share in enumerate(whole.given.category_shares):
        yield from _category_share(whole, share, f"funding.category_shares.{at}")


def _category_share(whole: Money, share: CategoryShare, path: str) -> Iterator[Finding]:
    """Least and most share of one category against what can be and what must be spent in it."""
    plan, (least, why) = whole.plan, whole.least
    own = whole.lines.of(share.spending)
    payers = np.array([share.spending in source.pays for source in whole.given.sources])
    can, limit = whole.pooled(own)
    if whole.amount[payers].sum() <= can:
        can, limit = float(whole.amount[payers].sum()), Text("check.by_amount")
    values: dict[str, object] = {"category": named(plan, share.spending), "sources": whole.sources(payers)}
    low, need = share.at_least or 0.0, (share.at_least or 0.0) * least
    if exceeds(need, can):
        values |= {
            "low": low,
            "total": least,
            "why": why,
            "need": need,
            "most": can,
            "limit": limit,
            "possible": below(can / least),
        }
        yield finding(plan, "F111", f"{path}.at_least", values)
    elif low and can == 0:
        yield finding(plan, "W231", f"{path}.at_least", {**values, "low": low})
    must, total = float(whole.lines.least[:, own].sum()), whole.most
    if share.at_most is not None and exceeds(must, share.at_most * total):
        values |= {"high": share.at_most, "need": must, "total": total, "most": share.at_most * total}
        values["possible"] = f"{math.ceil(must / max(total, 1e-9) * 1e4) / 1e4:g}"
        yield finding(plan, "F112", f"{path}.at_most", values)
    rest, limit = whole.pooled(~own)
    need = (1.0 - share.at_most) * least if share.at_most is not None else 0.0
    if exceeds(need, rest):
        values |= {"high": share.at_most, "need": need, "total": least, "most": rest, "limit": limit, "why": why}
        values["possible"] = f"{math.ceil((1 - rest / least) * 1e4) / 1e4:g}"
        yield finding(plan, "F120", f"{path}.at_most", values)


def _source_shares(whole: Money) -> Iterator[Finding]:
    """Least shares of sources against one another and against what the sources give."""
    plan, (least, why) = whole.plan, whole.least
    wished = [(at, s, s.min_share) for at, s in enumerate(whole.given.sources) if s.min_share]
    total = sum(share for _, _, share in wished)
    if total > 1 + 1e-6 and exceeds(least, 0.0):
        shares = amounts(plan, [s.id for _, s, _ in wished], [share for _, _, share in wished])
        path = f"funding.sources.{wished[-1][1].id}.min_share"
        yield finding(plan, "F117", path, {"shares": shares, "total": total, "least": least, "why": why})
    for at, source, share in wished:
        can, limit = whole.of_source(at)
        if exceeds(share * least, can):
            values = {
                "source": named(plan, source.id),
                "share": share,
                "total": least,
                "need": share * least,
                "most": can,
                "limit": limit,
                "why": why,
                "possible": below(can / least),
            }
            yield finding(plan, "F118", f"funding.sources.{source.id}.min_share", values)


def _year_on_year(whole: Money) -> Iterator[Finding]:
    """Bounds on each town's change against money, needs and what can be spent."""
    plan, given = whole.plan, whole.given.year_on_year
    if given is None or whole.last is None:
        return
    low, high, can = whole.last * (1 - given.down), whole.last * (1 + given.up), whole.spendable[:-1].sum(axis=1)
    values = {"down": given.down, "up": given.up, "last": whole.last}
    if exceeds(low.sum(), whole.amount.sum()):
        possible = np.ceil((1 - whole.amount.sum() / whole.last.sum()) * 1e4) / 1e4
        district = {
            **values,
            "last": whole.last.sum(),
            "need": low.sum(),
            "most": whole.amount.sum(),
            "short": low.sum() - whole.amount.sum(),
            "possible": f"{possible:g}",
        }
        yield finding(plan, "F113", "funding.year_on_year.down", district)
    floors = whole.special_need + whole.earmarks[~whole.special].sum(axis=0)
    costs = whole.lines.least[:-1].sum(axis=1)
    need = np.maximum(floors, costs)
    broken = each_exceeds(need, high)
    why = lambda at: Text("check.by_floors" if floors[at] >= costs[at] else "check.by_costs")  # noqa: E731
    own = {**values, "need": need, "most": high, "short": need - high, "why": why}
    yield from by_town(plan, "F114", "funding.year_on_year.up", broken, own)
    broken = each_exceeds(low, can)
    own = {**values, "need": low, "most": can, "short": low - can}
    yield from by_town(plan, "F115", "funding.year_on_year.down", broken, own)
    spend = whole.of_sources(whole.special)
    room = float(np.minimum(high, spend[:-1]).sum() + spend[-1])
    if exceeds(whole.district_floor, room) and not exceeds(whole.district_floor, spend.sum()):
        district = {**values, "need": whole.district_floor, "most": room, "short": whole.district_floor - room}
        yield finding(plan, "F116", "funding.year_on_year.up", district)
