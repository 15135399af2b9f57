"""Guidance, checked from the written tables: minima, hours given, and what they bring and cost."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocator.blocks.guidance.section import Guidance
from allocator.blocks.shared.checks import (
    Amounts,
    Cells,
    Checks,
    Judges,
    Posting,
    by_town,
    cells,
    forbidden,
    product,
    rule,
)
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import DISTRICT


def audit_block(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Guidance) -> list[Checks]:
    """Hours of the district centre for each town school, and of each town school for its stations."""
    hours = _hours(tables, plan)
    made = [*hours.checks("guidance", ("giver", "town")), forbidden("guidance", hours.absent)]
    down, further = _sides(hours)
    contact = given.station_min_hours * by_town(plan, "stations")
    least = pd.Series(given.town_min_hours, index=down.index)
    made.append(rule("guidance_minimum", down, ">=", least, 1.0, needed=least))
    made.append(rule("contact_minimum", further, ">=", contact, 1.0, needed=contact))
    return made


def postings(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Guidance) -> list[Posting]:
    """Hours given and used, the value they bring, and the allowance of the district centre."""
    down, further = _sides(_hours(tables, plan))
    one = pd.Series(1.0, index=down.index)
    whole = pd.Series([float(down.sum(skipna=False))], index=pd.Index([""], dtype=object))
    district = pd.Series([given.district_hours], index=whole.index)
    made = [
        Posting("guidance_time", "guidance", "provided", district, district * 0.0),
        Posting("guidance_time", "guidance", "used", whole, pd.Series([float(len(down))], index=whole.index)),
        Posting("school_time", "guidance", "used", further, one),
    ]
    stations = by_town(plan, "stations")
    for effect in given.effects:
        indicator = next(i for i in plan.indicators if i.id == effect.indicator)
        worth = effect.per_hour / pd.Series(plan.denominator(indicator), index=down.index)
        if effect.giver == "school":
            worth = (worth / stations.replace(0.0, np.nan)).fillna(0.0)
        given_hours = down if effect.giver == "district" else further
        name = {town: f"{town}/{indicator.id}" for town in down.index}
        made.append(
            Posting("value", "guidance", "supplied", (worth * given_hours).rename(name), worth.abs().rename(name))
        )
    if given.allowance is not None:
        line = pd.Index([f"{DISTRICT}/guidance"], dtype=object)
        cost = given.allowance.unit_cost
        amount, weight = float(whole.iloc[0]) * cost, len(down) * cost
        made.append(
            Posting("cost", "guidance", "used", pd.Series([amount], index=line), pd.Series([weight], index=line))
        )
    return made


def _hours(tables: Mapping[str, pd.DataFrame], plan: PlanYear) -> Cells:
    """District centre to each town, and each town school (giver: the town itself) to its stations."""
    towns = plan.towns.index.to_numpy(dtype=object)
    down = product({"giver": [DISTRICT], "town": towns})
    further = pd.DataFrame({"giver": towns, "town": towns})
    return cells(pd.concat([down, further], ignore_index=True), tables["guidance"], ("giver", "town"), "hours")


def _sides(hours: Cells) -> tuple[Amounts, Amounts]:
    """Hours by town: from the district centre, from the town school."""
    frame = hours.frame
    from_district = frame["giver"] == DISTRICT
    return _by_town(frame[from_district]), _by_town(frame[~from_district])


def _by_town(frame: pd.DataFrame) -> Amounts:
    return pd.Series(frame["amount"].to_numpy(dtype=float), index=pd.Index(frame["town"], dtype=object))


OUTCOMES: Judges = {}
