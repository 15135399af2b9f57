"""Floors, least costs and earmarks against what the sources give and what can be spent."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from allocator.blocks.funding.check_locks import funding_range, locks_on_sources
from allocator.blocks.funding.check_matching import matching_findings
from allocator.blocks.funding.check_shares import share_findings
from allocator.blocks.funding.section import Funding
from allocator.blocks.shared.known import Known, Pool, most_within
from allocator.blocks.shared.locked import Range
from allocator.blocks.shared.money import Money
from allocator.blocks.shared.said import amounts, below, by_town, each_exceeds, exceeds, finding, listed, named
from allocator.scenario.section import Lock
from allocator.words.errors import Finding
from allocator.words.texts import Text

MOST_CATEGORIES = 10
"""Most spending categories of which all combinations are tried."""


def findings(known: Known, given: Funding) -> list[Finding]:  # noqa: ARG001
    """Everything that arithmetic can say about the money of a plan year."""
    whole = known.money
    if whole is None:
        return []
    found = [*_floors(whole), *_least_costs(whole), *_earmarks(whole), *_issued(whole), *share_findings(whole)]
    if not found and not known.units.above_ceiling.any():
        found += _all_towns(whole)
    return [*found, *matching_findings(whole), *_unspent(whole), *locks_on_sources(whole)]


def lock_range(known: Known, given: Funding, lock: Lock) -> Range:  # noqa: ARG001
    """Money by floors, and by what can be spent and what the sources give."""
    assert known.money is not None
    return funding_range(known.money, lock)


def _floors(whole: Money) -> Iterator[Finding]:
    """Floors a head against the special fund, and against what it can be spent on."""
    plan, floor = whole.plan, whole.given.per_capita_floor
    if floor is None:
        return
    fund, heads = float(whole.amount[whole.special].sum()), float(plan.population.sum())
    if not whole.special.any() and max(whole.district_floor, whole.town_floor.sum()) > 0:
        yield finding(plan, "F102", "funding.per_capita_floor", {"floor": floor.district or floor.town or 0.0})
        return
    values = {
        "floor": floor.district or 0.0,
        "heads": heads,
        "need": whole.district_floor,
        "fund": fund,
        "short": whole.district_floor - fund,
        "sources": whole.sources(whole.special),
    }
    if exceeds(whole.district_floor, fund):
        yield finding(plan, "F101", "funding.per_capita_floor.district", {**values, "possible": below(fund / heads)})
    need = float(whole.special_need.sum())
    if floor.town and exceeds(need, fund):
        values |= {"floor": floor.town, "need": need, "short": need - fund, "possible": below(fund / heads)}
        yield finding(plan, "F103", "funding.per_capita_floor.town", values)
    can_spend = whole.of_sources(whole.special)
    if floor.town:
        broken = each_exceeds(whole.town_floor, can_spend[:-1])
        town = {
            "floor": floor.town,
            "heads": plan.population,
            "need": whole.town_floor,
            "most": can_spend,
            "short": whole.town_floor - can_spend[:-1],
            "lines": lambda at: _spendable_lines(whole, at),
        }
        yield from by_town(plan, "F104", "funding.per_capita_floor.town", broken, town)
    can, why = whole.pooled(whole.paid_by(whole.special))
    if exceeds(whole.district_floor, can):
        values |= {
            "floor": floor.district or 0.0,
            "need": whole.district_floor,
            "most": can,
            "why": why,
            "short": whole.district_floor - can,
        }
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
                "sources": whole.sources(payers),
            }
            line = whole.lines.ids[int(at[0])]
            yield finding(plan, "F106", _line_path(line), values)


def _line_path(line: str) -> str:
    paths = {"guidance": "guidance.allowance"}
    return paths.get(line, f"delivery.programmes.{line}.floor")


def _issued(whole: Money) -> Iterator[Finding]:
    """What has gone out of a source and may not be taken back, against what the source has."""
    given = whole.given.issued
    if given is None:
        return
    table = whole.plan.tables[given.table]
    for at, source in enumerate(whole.ids):
        own = table[table["source"] == source]
        kept = (1.0 - given.take_back) * float(own["amount_yuan"].sum())
        if exceeds(kept, whole.amount[at]):
            values = {
                "source": named(whole.plan, source),
                "issued": float(own["amount_yuan"].sum()),
                "kept": kept,
                "amount": whole.amount[at],
                "short": kept - whole.amount[at],
            }
            yield finding(whole.plan, "F121", "funding.issued", values)


def _earmarks(whole: Money) -> Iterator[Finding]:
    """Earmarks of a source against its amount, and against what it can be spent on in the town."""
    plan = whole.plan
    for at, source in enumerate(whole.given.sources):
        marks = whole.earmarks[at]
        towns = [plan.towns.index[town] for town in np.flatnonzero(marks).tolist()]
        path = f"funding.sources.{source.id}"
        values = {
            "source": named(plan, source.id),
            "need": marks.sum(),
            "amount": whole.amount[at],
            "short": marks.sum() - whole.amount[at],
            "towns": amounts(plan, towns, marks[marks > 0].tolist()),
        }
        if exceeds(marks.sum(), whole.amount[at]):
            yield finding(plan, "F108", f"{path}.earmark", values)
        most = whole.of_sources(np.arange(len(whole.amount)) == at)
        broken = each_exceeds(marks, most[:-1])
        own = {"source": named(plan, source.id), "need": marks, "most": most, "short": marks - most[:-1]}
        yield from by_town(plan, "F109", f"{path}.earmark", broken, own)


def _all_towns(whole: Money) -> Iterator[Finding]:
    """What all towns must get together against all money."""
    need, have = float(whole.town_need.sum() + whole.lines.least[-1].sum()), float(whole.amount.sum())
    if exceeds(need, have):
        values = {
            "need": need,
            "most": have,
            "short": need - have,
            "sources": whole.sources(np.ones(len(whole.amount), dtype=bool)),
        }
        yield finding(whole.plan, "F119", "funding.sources", values)


def _unspent(whole: Money) -> Iterator[Finding]:
    """Money that ceilings, volunteer hours, teacher hours or rooms keep from every programme with an effect."""
    have, counted = float(whole.amount.sum()), whole.units
    is_allowance = np.array([line not in whole.plan.programme_ids for line in whole.lines.ids], dtype=bool)
    allowances = float(whole.spendable[:, is_allowance].sum())
    costs = counted.per_unit("unit_cost")
    room = np.asarray(np.where(counted.useful, counted.most, counted.least).sum(axis=0))
    for need, supply, code, path in [Pool("unit_cost", have, "W201", "funding.sources"), *whole.pools]:
        most = min(whole.most, allowances + most_within(costs, counted.per_unit(need), room, supply))
        if exceeds(have, most):
            yield finding(whole.plan, code, path, {"supply": supply, "have": have, "most": most, "short": have - most})
            return
