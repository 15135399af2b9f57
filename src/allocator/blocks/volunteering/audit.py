"""Volunteering, checked from the written tables: reach, supply and supervision."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocator.blocks.checks import (
    Cells,
    Checks,
    Posting,
    cells,
    figure,
    first_of,
    keys,
    programmes,
    reach,
    rule,
    totals,
    trips,
)
from allocator.blocks.volunteering.section import Volunteering
from allocator.scenario import PlanYear

WAY = ("from_town", "to_town")


def audit_block(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Volunteering) -> list[Checks]:
    """Hours: within reach, within what volunteers can give, and supervised by teachers."""
    hours = _hours(tables, plan)
    made = hours.checks("volunteering", WAY)
    heads = plan.tables[given.volunteers]
    able = heads["heads"] * heads["active_rate"] * heads["hours_per_active"]
    supply = totals(heads["town"].to_numpy(dtype=object), able.to_numpy(dtype=float))
    sent, weight = hours.total(["from_town"])
    made.append(rule("volunteer_supply", sent, "<=", supply, weight))
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


def postings(tables: Mapping[str, pd.DataFrame], plan: PlanYear, _given: Volunteering) -> list[Posting]:
    """Volunteer hours that arrive in each town."""
    amounts, weights = _hours(tables, plan).total(["to_town"])
    return [Posting("volunteer_time", "volunteering", "supplied", amounts, weights)]


def _hours(tables: Mapping[str, pd.DataFrame], plan: PlanYear) -> Cells:
    return cells(trips(plan, reach(plan, "volunteering")), tables["volunteering"], WAY, "hours")


def _teacher_hours(tables: Mapping[str, pd.DataFrame], plan: PlanYear) -> tuple[pd.Series, pd.Series]:
    """Teacher hours of the units in each town, and their weight."""
    delivery = tables["delivery"].merge(programmes(plan), on="programme", how="inner")
    need = delivery["teacher_hours"].to_numpy(dtype=float)
    town = delivery["town"].to_numpy(dtype=object)
    units = delivery["units"].to_numpy(dtype=float)
    return totals(town, need * units), totals(town, np.abs(need))
