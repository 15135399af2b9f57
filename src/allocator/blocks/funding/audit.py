"""Funding, checked from the written tables: who may pay for what, floors, shares and yearly bounds."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from allocator.blocks.funding.section import Funding
from allocator.blocks.shared.checks import (
    HALF_DIGIT,
    Amounts,
    Cells,
    Checks,
    Judges,
    Posting,
    Sense,
    as_figure,
    by_town,
    cells,
    cost_lines,
    figure,
    first_of,
    forbidden,
    keys,
    rule,
)
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import DISTRICT

CELL = ("town", "programme", "source")


def audit_block(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Funding) -> list[Checks]:
    """Money: only for lines its source may pay for, not below zero, and every rule on it."""
    money = _money(tables, plan, given)
    return [
        *money.checks("funding", CELL),
        *_earmarks(money, given),
        *_source_shares(money, given),
        *_floors(money, plan, given),
        *_category_shares(money, given),
        *_matching(money, plan, given),
        *_against_last_year(money, plan, given),
        *_carry_over(tables, money, given),
        *_issued(tables, money, plan, given),
    ]


def postings(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Funding) -> list[Posting]:
    """Money of each source, and the cost lines it pays."""
    money = _money(tables, plan, given)
    amounts = pd.Series({source.id: source.amount + source.carried_in for source in given.sources}, dtype=float)
    made = []
    if given.carry_over is not None:
        carried = _carried(tables, given)
        made.append(Posting("money", "funding", "used", carried, carried * 0.0 + 1.0))
    return [
        *made,
        Posting("money", "funding", "provided", amounts, amounts * 0.0),
        Posting("money", "funding", "used", *money.total(["source"])),
        Posting("cost", "funding", "supplied", *money.total(["town", "programme"])),
    ]


def _money(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Funding) -> Cells:
    """Every line with every source that may pay for its spending category."""
    pays = pd.DataFrame(
        [(source.id, spending, source.special_fund) for source in given.sources for spending in source.pays],
        columns=["source", "spending", "special"],
    ).astype({"source": object, "spending": object})
    return cells(cost_lines(plan).merge(pays, on="spending"), tables["funding"], CELL, "amount_yuan")


def _one(key: str, amount: float) -> Amounts:
    return pd.Series([amount], index=pd.Index([key], dtype=object))


def _earmarks(money: Cells, given: Funding) -> list[Checks]:
    paid, weight = money.total(["town", "source"])
    floor = {f"{each.town}/{source.id}": each.at_least for source in given.sources for each in source.earmark}
    bound = pd.Series(floor, dtype=float)
    return [rule("earmark", paid.reindex(bound.index, fill_value=0.0), ">=", bound, weight)] if floor else []


def _source_shares(money: Cells, given: Funding) -> list[Checks]:
    """Least share of all money that comes from a source."""
    made = []
    for source in given.sources:
        if source.min_share is not None:
            own = (money.frame["source"] == source.id).to_numpy(dtype=float)
            over, weight = money.whole(own - source.min_share)
            made.append(rule("source_share", _one(source.id, over), ">=", 0.0, weight))
    return made


def _floors(money: Cells, plan: PlanYear, given: Funding) -> list[Checks]:
    """Special-fund money by resident, in each town and over the district with its centre."""
    made: list[Checks] = []
    floor = given.per_capita_floor
    if floor is None:
        return made
    special = money.frame["special"].to_numpy(dtype=float)
    heads = by_town(plan, plan.common.population.column)
    if floor.town is not None:
        paid, weight = money.total(["town"], special)
        in_town = paid.reindex(heads.index, fill_value=0.0)
        made.append(rule("per_capita_floor", in_town, ">=", floor.town * heads, weight))
    if floor.district is not None:
        total, whole = money.whole(special)
        bound = floor.district * float(heads.sum())
        made.append(rule("per_capita_floor", _one("district", total), ">=", bound, whole))
    return made


def _category_shares(money: Cells, given: Funding) -> list[Checks]:
    """Share of a spending category in all money."""
    made = []
    for share in given.category_shares:
        own = (money.frame["spending"] == share.spending).to_numpy(dtype=float)
        sides: list[tuple[str, Sense, float | None]] = [
            ("at_least", ">=", share.at_least),
            ("at_most", "<=", share.at_most),
        ]
        for side, sense, bound in sides:
            if bound is not None:
                over, weight = money.whole(own - bound)
                made.append(rule("category_share", _one(f"{share.spending}/{side}", over), sense, 0.0, weight))
    return made


def _matching(money: Cells, plan: PlanYear, given: Funding) -> list[Checks]:
    """Money of a source for each yuan of another, in the district or town by town."""
    made = []
    for each in given.matching:
        places = [DISTRICT] if each.scope == "district" else list(plan.towns.index)
        frame = money.frame.assign(town=DISTRICT) if each.scope == "district" else money.frame
        sides: list[tuple[str, Sense, float | None]] = [
            ("at_least", ">=", each.at_least),
            ("at_most", "<=", each.at_most),
        ]
        for side, sense, rate in sides:
            if rate is None:
                continue
            factor = (frame["source"] == each.source) * 1.0 - rate * (frame["source"] == each.with_)
            over, weight = Cells(frame, money.strays, money.absent).total(["town"], factor.to_numpy(dtype=float))
            name = {place: f"{each.id}/{place}/{side}" for place in places}
            over, weight = (part.reindex(places, fill_value=0.0).rename(name) for part in (over, weight))
            made.append(rule("matching", over, sense, 0.0, weight))
    return made


def last_year(plan: PlanYear) -> Amounts | None:
    """Last year's money by town [yuan]; none without such a table."""
    named = plan.common.last_year
    if named is None or named.funding_by_town is None:
        return None
    table = plan.tables[named.funding_by_town]
    amounts = pd.Series(table["amount_yuan"].to_numpy(dtype=float), index=pd.Index(table["town"], dtype=object))
    return amounts.reindex(pd.Index(plan.towns.index, dtype=object), fill_value=0.0)


def _against_last_year(money: Cells, plan: PlanYear, given: Funding) -> list[Checks]:
    """Money of each town, and of all towns, against last year's."""
    before, limits, growth = last_year(plan), given.year_on_year, given.growth
    if before is None:
        return []
    paid, weight = (part.reindex(before.index, fill_value=0.0) for part in money.total(["town"]))
    made = []
    for side, sense, factor in _sides(limits.down, limits.up) if limits is not None else ():
        name = {town: f"{town}/{side}" for town in before.index}
        bound = (factor * before).rename(name)
        made.append(rule("year_on_year", paid.rename(name), sense, bound, weight.rename(name)))
    for side, sense, factor in _sides(growth.down, growth.up) if growth is not None else ():
        most = factor * float(before.sum())
        made.append(rule("growth", _one(side, float(paid.sum(skipna=False))), sense, most, float(weight.sum())))
    return made


def _sides(down: float, up: float | None) -> list[tuple[str, Sense, float]]:
    made: list[tuple[str, Sense, float]] = [("at_least", ">=", 1.0 - down)]
    return made if up is None else [*made, ("at_most", "<=", 1.0 + up)]


def _carried(tables: Mapping[str, pd.DataFrame], given: Funding) -> Amounts:
    """Money that goes on to the next year, by source."""
    written = tables["carry_over"]
    shown = first_of(written["source"].to_numpy(dtype=object), written["carried_out_yuan"])
    return shown.reindex(pd.Index([source.id for source in given.sources], dtype=object), fill_value=0.0)


def _carry_over(tables: Mapping[str, pd.DataFrame], money: Cells, given: Funding) -> list[Checks]:
    """Money at hand by source: what is spent, what goes on (at most the year's own), what is taken back."""
    written = tables["carry_over"]
    key = written["source"].to_numpy(dtype=object)
    if given.carry_over is None:
        return [forbidden("carry_over", key)]
    index = pd.Index([source.id for source in given.sources], dtype=object)
    amount = pd.Series([source.amount for source in given.sources], index=index, dtype=float)
    came = pd.Series([source.carried_in for source in given.sources], index=index, dtype=float)
    spent, weight = (part.reindex(index, fill_value=0.0) for part in money.total(["source"]))
    carried = _carried(tables, given)
    left = amount + came - spent - carried
    total, whole = money.whole()
    at_hand = float((amount + came).sum())
    least = given.carry_over.execution
    made = [
        rule("carry_age", carried, "<=", amount, 1.0),
        as_figure(rule("carry_age", carried, ">=", 0.0, 1.0)),
        rule("execution", _one("", total), ">=", least * at_hand, whole + least * len(index)),
    ]
    worth = {
        "carried_in_yuan": came,
        "amount_yuan": amount,
        "spent_yuan": spent,
        "carried_out_yuan": carried,
        "forfeited_yuan": left.clip(lower=0.0),
        "execution": spent / (amount + came).where(amount + came > 0),
    }
    return [
        *made,
        *(figure(f"carry_over.{name}", first_of(key, written[name]), due, weight) for name, due in worth.items()),
    ]


def _issued(tables: Mapping[str, pd.DataFrame], money: Cells, plan: PlanYear, given: Funding) -> list[Checks]:
    """What has gone out stays but for what may be taken back; the table of this issue adds up."""
    written, cell = tables["issue"], ("town", "source")
    key = keys(written, cell)
    if given.issued is None:
        return [forbidden("issue", key)]
    table = plan.tables[given.issued.table]
    gone = first_of(keys(table, cell), table["amount_yuan"])
    paid, weight = money.total(cell)
    name = gone.index
    kept = paid.reindex(name, fill_value=0.0)
    made = [rule("issued", kept, ">=", (1.0 - given.issued.take_back) * gone, weight.reindex(name, fill_value=0.0))]
    known = paid.index.union(name)
    paid, gone = paid.reindex(known, fill_value=0.0), gone.reindex(known, fill_value=0.0)
    some = (paid.abs() > HALF_DIGIT) | (gone > 0)
    worth = {"issued_yuan": gone[some], "this_issue_yuan": (paid - gone)[some], "total_yuan": paid[some]}
    error = weight.reindex(known, fill_value=0.0)
    return [*made, *(figure(f"issue.{name}", first_of(key, written[name]), due, error) for name, due in worth.items())]


OUTCOMES: Judges = {}
