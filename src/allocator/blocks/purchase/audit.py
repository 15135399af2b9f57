"""Purchase, checked from the written tables: who may be bought from, how much, at which price, in which contracts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocator.blocks.purchase.section import Purchase
from allocator.blocks.shared.checks import (
    Cells,
    Checks,
    Judges,
    Posting,
    cells,
    figure,
    first_of,
    keys,
    programmes,
    rule,
    totals,
)
from allocator.scenario.plan_year import PlanYear

CELL = ("provider", "town", "category")
SIGNED = 1e-5
"""Hours above which something was bought."""


def audit_block(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Purchase) -> list[Checks]:
    """Hours: only of qualified organisations, where they work; capacity, share, contracts; price, quality, grade."""
    hours = _hours(tables, plan, given)
    frame, made = hours.frame, hours.checks("purchased", CELL)
    spent, weight = hours.total(["provider", "category"])
    bound = first_of(keys(frame, ("provider", "category")), frame["capacity_hours"])
    made.append(rule("provider_capacity", spent, "<=", bound, weight))
    if given.most_share is not None:
        made.append(_share(tables, plan, hours, given.most_share))
    if given.least_hours is not None:
        made += _contracts(hours, given.least_hours)
    return [*made, *_figures(tables, frame)]


def postings(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Purchase) -> list[Posting]:
    """Effective hours that arrive, venue hours spared by rooms that organisations bring, and what they are paid."""
    hours = _hours(tables, plan, given)
    quality, price = (hours.frame[name].to_numpy(dtype=float) for name in ("quality", "price_yuan"))
    made = [Posting("teaching_time", "purchase", "supplied", *hours.total(["town", "category"], quality))]
    if "venue_hours" in plan.towns:
        made.append(_spared(tables, plan, hours.frame[hours.frame["venue_included"].to_numpy(dtype=bool)]))
    line = hours.named("line", "purchase")
    return [*made, Posting("cost", "purchase", "used", *line.total(["town", "line"], price))]


def _hours(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Purchase) -> Cells:
    """Every qualified organisation in every town where it works, in each category that some programme needs."""
    offered = plan.tables[given.offers].merge(plan.tables[given.providers], on="provider")
    able = (offered["grade"] >= given.min_grade) & (offered["capacity_hours"] > 0)
    if given.least_hours is not None:
        able &= offered["capacity_hours"] >= given.least_hours
    needs = programmes(plan)
    needed = needs.loc[needs["teacher_hours"] > 0, "category"].unique()
    offered = offered[able & offered["category"].isin(needed)]
    if given.towns is not None:
        places = plan.tables[given.towns][["provider", "town"]]
    else:
        places = offered[["provider"]].drop_duplicates().merge(pd.DataFrame({"town": plan.towns.index}), how="cross")
    possible = offered.merge(places.astype(object), on="provider").astype({"provider": object, "category": object})
    return cells(possible.reset_index(drop=True), tables["purchases"], CELL, "hours")


def _spared(tables: Mapping[str, pd.DataFrame], plan: PlanYear, in_rooms: pd.DataFrame) -> Posting:
    """Most venue hours that teaching in rooms of organisations can spare, town by town.

    The teacher hours of units, those first of which each spares most of a venue hour, are laid against the effective
    hours that the town and category get with rooms; what is covered is spared, at most an hour for an hour.
    """
    quality = in_rooms["quality"].to_numpy(dtype=float)
    with_rooms = totals(keys(in_rooms, ("town", "category")), in_rooms["amount"].to_numpy(dtype=float) * quality)
    units = tables["delivery"].merge(programmes(plan), on="programme", how="inner")
    units = units[units["teacher_hours"] > 0]
    units = units.assign(
        key=keys(units, ("town", "category")),
        each=np.minimum(1.0, units["venue_hours"] / units["teacher_hours"]),
        taught=units["units"] * units["teacher_hours"],
    ).sort_values("each", ascending=False)
    until = units.groupby("key")["taught"].cumsum().to_numpy(dtype=float)
    own = with_rooms.reindex(units["key"], fill_value=0.0).to_numpy(dtype=float)
    taught = units["taught"].to_numpy(dtype=float)
    covered = np.clip(own - (until - taught), 0.0, taught)
    sums = totals(units["town"].to_numpy(dtype=object), covered * units["each"].to_numpy(dtype=float))
    error = totals(units["town"].to_numpy(dtype=object), units["teacher_hours"].to_numpy(dtype=float))
    error = error.add(totals(in_rooms["town"].to_numpy(dtype=object), quality), fill_value=0.0)
    return Posting("venue_time", "purchase", "supplied", sums, error.reindex(sums.index))


def _share(tables: Mapping[str, pd.DataFrame], plan: PlanYear, hours: Cells, most: float) -> Checks:
    """Effective hours bought against the teacher hours of the units delivered, town by town."""
    bought, weight = hours.total(["town"], hours.frame["quality"].to_numpy(dtype=float))
    delivery = tables["delivery"].merge(programmes(plan), on="programme", how="inner")
    each, town = delivery["teacher_hours"].to_numpy(dtype=float), delivery["town"].to_numpy(dtype=object)
    taught = totals(town, each * delivery["units"].to_numpy(dtype=float)).reindex(bought.index, fill_value=0.0)
    error = totals(town, each).reindex(bought.index, fill_value=0.0)
    return rule("purchase_share", bought - most * taught, "<=", 0.0, weight + most * error)


def _contracts(hours: Cells, least: float) -> list[Checks]:
    """Where something is bought there is a contract: its hours are not below the shortest nor above what there is."""
    key, bought = keys(hours.frame, CELL), hours.frame["amount"].to_numpy(dtype=float)
    signed = (np.nan_to_num(bought) > SIGNED).astype(float)
    index = pd.Index(key, dtype=object)
    over = pd.Series(bought - least * signed, index=index)
    under = pd.Series(bought - hours.frame["capacity_hours"].to_numpy(dtype=float) * signed, index=index)
    return [rule("contract_least", over, ">=", 0.0, 1.0), rule("contract_most", under, "<=", 0.0, 1.0)]


def _figures(tables: Mapping[str, pd.DataFrame], frame: pd.DataFrame) -> list[Checks]:
    """Quality, price, amount and grade of what is written."""
    written = tables["purchases"]
    key, known = keys(written, CELL), keys(frame, CELL)
    shown = pd.Index(key, dtype=object)
    shown = shown[shown.isin(known)].unique()
    paid = frame["amount"].to_numpy(dtype=float) * frame["price_yuan"].to_numpy(dtype=float)
    expected = frame.assign(amount_yuan=paid)
    price = first_of(known, frame["price_yuan"]).reindex(shown)
    return [
        figure(f"purchases.{name}", first_of(key, written[name]), first_of(known, expected[name]).reindex(shown), error)
        for name, error in (("quality", 0.0), ("price_yuan", 0.0), ("amount_yuan", price), ("grade", 0.0))
    ]


OUTCOMES: Judges = {}
