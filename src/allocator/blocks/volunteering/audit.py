"""Volunteering, checked from the written tables: reach, supply and supervision."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocator.blocks.shared.checks import (
    Cells,
    Checks,
    Judges,
    Posting,
    as_figure,
    by_town,
    cells,
    figure,
    first_of,
    forbidden,
    keys,
    programmes,
    reach,
    rule,
    totals,
    trips,
)
from allocator.blocks.volunteering.section import Volunteering
from allocator.scenario.plan_year import PlanYear

WAY = ("from_town", "to_town")
HEADS_ROUNDED = 10.0
"""Half digits by which a stock of volunteers may be off: every year it is rounded, and so is who was trained."""


def audit_block(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Volunteering) -> list[Checks]:
    """Hours: within reach, within what volunteers can give, and supervised by teachers."""
    hours = _hours(tables, plan)
    made = hours.checks("volunteering", WAY)
    heads, per_head = _heads(plan, given)
    sent, weight = hours.total(["from_town"])
    if given.stock is None:
        made.append(rule("volunteer_supply", sent, "<=", heads * per_head, weight))
        made.append(forbidden("volunteer_stock", tables["volunteer_stock"]["town"].to_numpy(dtype=object)))
    else:
        stock = _written(tables, plan, "heads")
        net = sent.sub(stock * per_head, fill_value=0.0)
        kept = weight + HEADS_ROUNDED * per_head.reindex(net.index, fill_value=0.0)
        made.append(rule("volunteer_supply", net, "<=", 0.0, kept))
        made += _stock(tables, plan, given)
    if given.supervision_ratio is not None:
        received, heard = hours.total(["to_town"])
        taught, taught_weight = _teacher_hours(tables, plan)
        ratio = given.supervision_ratio
        activity = received - ratio * taught.reindex(received.index, fill_value=0.0)
        total = heard + ratio * taught_weight.reindex(received.index, fill_value=0.0)
        made.append(rule("supervision", activity, "<=", 0.0, total))
    written = tables["volunteering"]
    key = keys(written, WAY)
    ways = keys(hours.frame, WAY)
    known = pd.Index(key, dtype=object)
    minutes = first_of(ways, hours.frame["minutes"]).reindex(known[known.isin(ways)].unique())
    return [*made, figure("volunteering_minutes", first_of(key, written["minutes"]), minutes)]


def postings(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Volunteering) -> list[Posting]:
    """Volunteer hours that arrive in each town."""
    amounts, weights = _hours(tables, plan).total(["to_town"])
    made = [Posting("volunteer_time", "volunteering", "supplied", amounts, weights)]
    if given.stock is None:
        return made
    stock, trained = _written(tables, plan, "heads"), _written(tables, plan, "trained")
    for indicator in plan.indicators:
        if indicator.stock is not None:
            counted = pd.Series(1.0 / plan.denominator(indicator), index=stock.index)
            share, weight = stock * counted, counted
            name = [f"{town}/{indicator.id}" for town in stock.index]
            made.append(Posting("value", "volunteering", "supplied", share.set_axis(name), weight.set_axis(name)))
    if given.training_allowance is not None:
        name = [f"{town}/volunteer_training" for town in trained.index]
        cost = given.training_allowance.unit_cost
        paid = (trained * cost).set_axis(name)
        made.append(Posting("cost", "volunteering", "used", paid, paid * 0.0 + cost))
    return made


def _heads(plan: PlanYear, given: Volunteering) -> tuple[pd.Series, pd.Series]:
    """Heads of the volunteers table and hours a head gives in a year, by town."""
    table = plan.tables[given.volunteers].set_index("town").reindex(plan.towns.index, fill_value=0.0)
    index = pd.Index(plan.towns.index, dtype=object)
    hours = (table["active_rate"] * table["hours_per_active"]).to_numpy(dtype=float)
    return pd.Series(table["heads"].to_numpy(dtype=float), index=index), pd.Series(hours, index=index)


def _written(tables: Mapping[str, pd.DataFrame], plan: PlanYear, column: str) -> pd.Series:
    """A column of the table of the stock, by town; 0 where a town is left out."""
    table = tables["volunteer_stock"]
    shown = first_of(table["town"].to_numpy(dtype=object), table[column])
    return shown.reindex(pd.Index(plan.towns.index, dtype=object), fill_value=0.0)


def _stock(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Volunteering) -> list[Checks]:
    """The stock: what stays and who is trained; within recruits and places; figures of the table."""
    assert given.stock is not None
    heads, _ = _heads(plan, given)
    trained = _written(tables, plan, "trained")
    table = plan.tables[given.volunteers].set_index("town").reindex(plan.towns.index, fill_value=0.0)
    most = by_town(plan, given.stock.recruits.of) * given.stock.recruits.heads / given.stock.recruits.per
    kept = given.stock.retention * heads
    active = (kept + trained) * table["active_rate"].to_numpy(dtype=float)
    worth = {
        "heads_before": heads,
        "retained": kept,
        "heads": kept + trained,
        "active": active,
        "hours": active * table["hours_per_active"].to_numpy(dtype=float),
    }
    key = tables["volunteer_stock"]["town"].to_numpy(dtype=object)
    places = pd.Series([float(trained.sum(skipna=False))], index=pd.Index([""], dtype=object))
    return [
        rule("recruits", trained, "<=", most, 1.0),
        as_figure(rule("recruits", trained, ">=", 0.0, 1.0)),
        rule("training_places", places, "<=", given.stock.training_places, float(len(trained))),
        *(
            figure(f"volunteer_stock.{name}", first_of(key, tables["volunteer_stock"][name]), due, 100.0)
            for name, due in worth.items()
        ),
    ]


def _hours(tables: Mapping[str, pd.DataFrame], plan: PlanYear) -> Cells:
    return cells(trips(plan, reach(plan, "volunteering")), tables["volunteering"], WAY, "hours")


def _teacher_hours(tables: Mapping[str, pd.DataFrame], plan: PlanYear) -> tuple[pd.Series, pd.Series]:
    """Teacher hours of the units in each town, and their weight."""
    delivery = tables["delivery"].merge(programmes(plan), on="programme", how="inner")
    need = delivery["teacher_hours"].to_numpy(dtype=float)
    town = delivery["town"].to_numpy(dtype=object)
    units = delivery["units"].to_numpy(dtype=float)
    return totals(town, need * units), totals(town, np.abs(need))


OUTCOMES: Judges = {}
