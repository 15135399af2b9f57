"""Money: floors, earmarks, shares and yearly bounds against what the sources give and what can be spent."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from allocator.blocks.funding.section import CategoryShare, Funding
from allocator.check.bounds import ALLOWANCES, Lines, Units, lines, most_within, pools, units
from allocator.check.said import amounts, below, by_town, exceeds, finding, listed, named, number
from allocator.check.supply import Bools, Floats
from allocator.errors import Finding
from allocator.scenario import PlanYear
from allocator.texts import Text

MOST_CATEGORIES = 10
"""Most spending categories of which all combinations are tried."""


@dataclass(frozen=True, eq=False)
class Money:
    """What the funding rules ask for and what there is, in yuan."""

    plan: PlanYear
    given: Funding
    lines: Lines
    units: Units
    amount: Floats
    """[source]."""
    pays: Bools
    """[source, line]."""
    special: Bools
    """[source]: counts as the special fund."""
    town_floor: Floats
    """Special-fund money each town must get by the floor a head."""
    earmarks: Floats
    """[source, town]."""
    last: Floats | None
    """Last year's money of each town, where yearly bounds apply."""

    @property
    def ids(self) -> list[str]:
        """Sources, in published order."""
        return [source.id for source in self.given.sources]

    @property
    def spendable(self) -> Floats:
        """Most money of each cost line and recipient [recipient, line]: none where no source may pay."""
        return np.where(self.pays.any(axis=0), self.lines.most, 0.0)

    def of_sources(self, chosen: Bools) -> Floats:
        """Most money of some sources that each recipient can spend."""
        paid = self.paid_by(chosen)
        return np.asarray(np.where(paid, self.lines.most, 0.0).sum(axis=1))

    def paid_by(self, sources: Bools | int) -> Bools:
        """Lines that some source among these may pay."""
        return np.asarray(np.atleast_2d(self.pays[sources]).any(axis=0))

    def pooled(self, chosen: Bools) -> tuple[float, Text]:
        """Most money of some cost lines in the whole district, and why: ceilings, or all hours there are."""
        chosen = chosen & np.asarray(self.pays.any(axis=0))
        best, why = float(self.lines.most[:, chosen].sum()), Text("check.by_ceilings")
        at = {line: n for n, line in enumerate(self.lines.ids)}
        own = [n for n, p in enumerate(self.units.programmes) if p.id in at and chosen[at[p.id]]]
        others = [n for n, line in enumerate(self.lines.ids) if chosen[n] and line in ALLOWANCES]
        costs, room = self.units.per_unit("unit_cost")[own], self.units.most.sum(axis=0)[own]
        for need, supply in pools(self.plan):
            can = most_within(costs, self.units.per_unit(need)[own], room, supply)
            can += float(self.lines.most[:, others].sum())
            if can < best:
                best, why = can, Text(f"check.by_{need}", {"hours": number(supply)})
        return best, why

    def of_source(self, at: int) -> tuple[float, Text]:
        """Most money of one source, and why."""
        can, why = self.pooled(self.paid_by(at))
        amount = float(self.amount[at])
        return (amount, Text("check.by_amount")) if amount <= can else (can, why)

    @property
    def most(self) -> float:
        """Most money that all sources together can spend."""
        every = np.ones(len(self.lines.ids), dtype=bool)
        return min(sum(self.of_source(at)[0] for at in range(len(self.amount))), self.pooled(every)[0])

    @property
    def special_need(self) -> Floats:
        """Special-fund money each town must get: its floor, or its earmarks where these are more."""
        return np.asarray(np.maximum(self.town_floor, self.earmarks[self.special].sum(axis=0)))

    @property
    def town_need(self) -> Floats:
        """Money each town must get, of all sources."""
        floors = self.special_need + self.earmarks[~self.special].sum(axis=0)
        need = np.maximum(floors, self.lines.least[:-1].sum(axis=1))
        return np.asarray(need if self.last is None else np.maximum(need, self.last * (1.0 - self.down)))

    @property
    def down(self) -> float:
        """How far a town's money may fall below last year's, as a share."""
        return self.given.year_on_year.down if self.given.year_on_year else 1.0

    @property
    def district_floor(self) -> float:
        """Special-fund money that the floor of the district asks for."""
        floor = self.given.per_capita_floor
        return (floor.district or 0.0) * float(self.plan.population.sum()) if floor is not None else 0.0

    @property
    def least(self) -> tuple[float, Text]:
        """Least money that must be spent in all, and by which rule."""
        reasons = [
            (self.district_floor, Text("check.by_district_floor")),
            (float(self.town_need.sum() + self.lines.least[-1].sum()), Text("check.by_towns")),
        ]
        return max(reasons, key=lambda each: each[0])


def money(plan: PlanYear, counted: Units) -> Money | None:
    """The money of a plan year; none without funding."""
    given: Any = plan.sections.get("funding")
    if given is None:
        return None
    paid, sources = lines(plan, counted), given.sources
    pays = np.array([[category in s.pays for category in paid.spending] for s in sources], dtype=bool)
    earmarks = np.zeros((len(sources), len(plan.towns)))
    for at, source in enumerate(sources):
        for mark in source.earmark:
            town = plan.towns.index.get_loc(mark.town)
            earmarks[at, town] = max(earmarks[at, town], mark.at_least)
    floor = given.per_capita_floor
    return Money(
        plan,
        given,
        paid,
        counted,
        np.array([s.amount for s in sources]),
        pays.reshape(len(sources), len(paid.ids)),
        np.array([s.special_fund for s in sources], dtype=bool),
        (floor.town or 0.0) * plan.population if floor is not None else np.zeros(len(plan.towns)),
        earmarks,
        plan.last_year_money() if given.year_on_year is not None else None,
    )


def money_findings(plan: PlanYear) -> list[Finding]:
    """Everything that arithmetic can say about the money of a plan year."""
    counted = units(plan)
    found = list(_unit_bounds(plan, counted))
    whole = money(plan, counted)
    if whole is None:
        return found
    found += [*_floors(whole), *_least_costs(whole), *_earmarks(whole)]
    found += [*_category_shares(whole), *_source_shares(whole), *_year_on_year(whole)]
    if not found:
        found += _all_towns(whole)
    return found


def _unit_bounds(plan: PlanYear, counted: Units) -> Iterator[Finding]:
    """Least units of a programme against its ceiling."""
    for at, p in enumerate(counted.programmes):
        least, most = counted.least[:, at], counted.ceiling[:, at]
        values = {
            "programme": named(plan, p.id),
            "least": least,
            "most": most,
            "cost": p.unit_cost,
            "money": least * p.unit_cost,
            "short": (least - most) * p.unit_cost,
        }
        broken = least > most * (1 + 1e-9) + 1e-3
        yield from by_town(plan, "F107", f"delivery.programmes.{p.id}.floor", broken, values)


def _sources(whole: Money, chosen: Bools) -> Text:
    words = [word for word, is_in in zip(whole.ids, chosen, strict=True) if is_in]
    return amounts(whole.plan, words, whole.amount[chosen].tolist())


def _floors(whole: Money) -> Iterator[Finding]:
    """Floors a head against the special fund, and against what it can be spent on."""
    plan, floor = whole.plan, whole.given.per_capita_floor
    if floor is None:
        return
    fund, heads = float(whole.amount[whole.special].sum()), float(plan.population.sum())
    if not whole.special.any() and max(whole.district_floor, whole.town_floor.sum()) > 0:
        yield finding(plan, "F102", "funding.per_capita_floor", {"floor": floor.district or floor.town or 0.0})
        return
    values = {"floor": floor.district or 0.0, "heads": heads, "need": whole.district_floor, "fund": fund,
              "short": whole.district_floor - fund, "sources": _sources(whole, whole.special)}
    if exceeds(whole.district_floor, fund):
        yield finding(plan, "F101", "funding.per_capita_floor.district", {**values, "possible": below(fund / heads)})
    need = float(whole.special_need.sum())
    if floor.town and exceeds(need, fund):
        values |= {"floor": floor.town, "need": need, "short": need - fund, "possible": below(fund / heads)}
        yield finding(plan, "F103", "funding.per_capita_floor.town", values)
    can_spend = whole.of_sources(whole.special)
    if floor.town:
        broken = np.array([exceeds(a, b) for a, b in zip(whole.town_floor, can_spend[:-1], strict=True)])
        town = {"floor": floor.town, "heads": plan.population, "need": whole.town_floor, "most": can_spend,
                "short": whole.town_floor - can_spend[:-1], "lines": lambda at: _spendable_lines(whole, at)}
        yield from by_town(plan, "F104", "funding.per_capita_floor.town", broken, town)
    can, why = whole.pooled(whole.paid_by(whole.special))
    if exceeds(whole.district_floor, can):
        values |= {"floor": floor.district or 0.0, "need": whole.district_floor, "most": can, "why": why,
                   "short": whole.district_floor - can}
        yield finding(plan, "F105", "funding.per_capita_floor.district", values)


def _spendable_lines(whole: Money, at: int) -> Text:
    """What the special fund can be spent on in a town, line by line."""
    paid = np.flatnonzero(whole.pays[whole.special].any(axis=0) & (whole.lines.most[at] > 0))
    return amounts(whole.plan, [whole.lines.ids[n] for n in paid], whole.lines.most[at, paid].tolist())


def _least_costs(whole: Money) -> Iterator[Finding]:
    """Least costs of spending categories against the sources that may pay for any of them."""
    plan, least = whole.plan, whole.lines.least.sum(axis=0)
    needed = sorted({c for c, cost in zip(whole.lines.spending, least, strict=True) if cost > 0})
    sizes = range(1, len(needed) + 1) if len(needed) <= MOST_CATEGORIES else (1, len(needed))
    broken: list[set[str]] = []
    for chosen in (set(each) for size in sizes for each in combinations(needed, size)):
        if any(smaller <= chosen for smaller in broken):
            continue
        payers = np.array([bool(chosen & set(source.pays)) for source in whole.given.sources])
        cost = np.array([category in chosen for category in whole.lines.spending]) * least
        if exceeds(cost.sum(), whole.amount[payers].sum()):
            broken.append(chosen)
            at = np.flatnonzero(cost > 0)
            values = {
                "lines": amounts(plan, [whole.lines.ids[n] for n in at], cost[at].tolist()),
                "need": float(cost.sum()),
                "most": float(whole.amount[payers].sum()),
                "short": float(cost.sum() - whole.amount[payers].sum()),
                "categories": listed([named(plan, category) for category in sorted(chosen)]),
                "sources": _sources(whole, payers),
            }
            line = whole.lines.ids[int(at[0])]
            yield finding(plan, "F106", _line_path(line), values)


def _line_path(line: str) -> str:
    paths = {"guidance": "guidance.allowance"}
    return paths.get(line, f"delivery.programmes.{line}.floor")


def _earmarks(whole: Money) -> Iterator[Finding]:
    """Earmarks of a source against its amount, and against what it can be spent on in the town."""
    plan = whole.plan
    for at, source in enumerate(whole.given.sources):
        marks = whole.earmarks[at]
        towns = [plan.towns.index[town] for town in np.flatnonzero(marks).tolist()]
        path = f"funding.sources.{source.id}"
        values = {"source": named(plan, source.id), "need": marks.sum(), "amount": source.amount,
                  "short": marks.sum() - source.amount,
                  "towns": amounts(plan, towns, marks[marks > 0].tolist())}
        if exceeds(marks.sum(), source.amount):
            yield finding(plan, "F108", f"{path}.earmark", values)
        most = whole.of_sources(np.arange(len(whole.amount)) == at)
        broken = np.array([exceeds(need, can) for need, can in zip(marks, most[:-1], strict=True)])
        own = {"source": named(plan, source.id), "need": marks, "most": most, "short": marks - most[:-1]}
        yield from by_town(plan, "F109", f"{path}.earmark", broken, own)


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
    values: dict[str, object] = {"category": named(plan, share.spending), "sources": _sources(whole, payers)}
    low, need = share.at_least or 0.0, (share.at_least or 0.0) * least
    if exceeds(need, can):
        values |= {"low": low, "total": least, "why": why, "need": need, "most": can, "limit": limit,
                   "possible": below(can / least)}
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
            values = {"source": named(plan, source.id), "share": share, "total": least, "need": share * least,
                      "most": can, "limit": limit, "why": why, "possible": below(can / least)}
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
        district = {**values, "last": whole.last.sum(), "need": low.sum(), "most": whole.amount.sum(),
                    "short": low.sum() - whole.amount.sum(), "possible": f"{possible:g}"}
        yield finding(plan, "F113", "funding.year_on_year.down", district)
    floors = whole.special_need + whole.earmarks[~whole.special].sum(axis=0)
    costs = whole.lines.least[:-1].sum(axis=1)
    need = np.maximum(floors, costs)
    broken = np.array([exceeds(a, b) for a, b in zip(need, high, strict=True)])
    why = lambda at: Text("check.by_floors" if floors[at] >= costs[at] else "check.by_costs")  # noqa: E731
    own = {**values, "need": need, "most": high, "short": need - high, "why": why}
    yield from by_town(plan, "F114", "funding.year_on_year.up", broken, own)
    broken = np.array([exceeds(a, b) for a, b in zip(low, can, strict=True)])
    own = {**values, "need": low, "most": can, "short": low - can}
    yield from by_town(plan, "F115", "funding.year_on_year.down", broken, own)
    spend = whole.of_sources(whole.special)
    room = float(np.minimum(high, spend[:-1]).sum() + spend[-1])
    if exceeds(whole.district_floor, room) and not exceeds(whole.district_floor, spend.sum()):
        district = {**values, "need": whole.district_floor, "most": room, "short": whole.district_floor - room}
        yield finding(plan, "F116", "funding.year_on_year.up", district)


def _all_towns(whole: Money) -> Iterator[Finding]:
    """What all towns must get together against all money."""
    need, have = float(whole.town_need.sum() + whole.lines.least[-1].sum()), float(whole.amount.sum())
    if exceeds(need, have):
        values = {"need": need, "most": have, "short": need - have,
                  "sources": _sources(whole, np.ones(len(whole.amount), dtype=bool))}
        yield finding(whole.plan, "F119", "funding.sources", values)

