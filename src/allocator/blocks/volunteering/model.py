"""Volunteering: volunteer hours of a town that are spent in a town within reach.

Data
    heads[town], active_rate[town], hours_per_active[town]      volunteers table
    supervision_ratio                                           scenario: volunteering
Variables
    volunteering[from_town, to_town, year]   hours   only within travel.reach_minutes.volunteering
Rows
    volunteer_supply[from_town, year]   sum over to_town of volunteering <= heads * active_rate * hours_per_active
    supervision[town, year]             volunteer hours received <= supervision_ratio * teacher hours of the units there
Ledgers
    volunteer_time   supply   volunteering                  closed as volunteer_need[town, year] (==)
Source
    Heads are not hours: registered, active and hours differ by an order of magnitude in every published
    volunteer statistic, hence the three factors.
"""

from __future__ import annotations

import numpy as np

from allocator.blocks.volunteering.section import Volunteering
from allocator.model import Model, constant_label
from allocator.scenario import PlanYear


def build(model: Model, plan: PlanYear, given: Volunteering) -> None:
    """Declare the hours between towns within reach and the rules on them."""
    towns = len(plan.towns)
    reach = plan.common.travel.reach_minutes.volunteering if plan.common.travel else None
    if plan.travel is None:
        giver = receiver = np.arange(towns)
    else:
        giver, receiver = plan.travel.within(reach)
    year = model.axes["year"].code(str(plan.year))
    labels = {"from_town": giver, "to_town": receiver, "year": constant_label(year, len(giver))}
    volunteering = model.variables("volunteering", labels, "hours", requirement="volunteering.volunteers")
    table = plan.tables[given.volunteers].set_index("town").reindex(plan.towns.index, fill_value=0.0)
    supply = (table["heads"] * table["active_rate"] * table["hours_per_active"]).to_numpy(dtype=float)
    all_towns, same_year = np.arange(towns), constant_label(year, towns)
    model.constrain(
        "volunteer_supply",
        {"from_town": all_towns, "year": same_year},
        [volunteering],
        "<=",
        supply,
        unit="hours",
        requirement="volunteering.volunteers",
    )
    received = volunteering.labelled({"town": receiver, "year": labels["year"]})
    model.ledgers["volunteer_time"].supply("volunteering", received)
    if given.supervision_ratio is not None:
        taught = model.ledgers["teaching_time"].side(supplied=False)
        taught = taught.labelled({"town": taught["town"], "year": taught["year"]})
        rows = {"town": all_towns, "year": same_year}
        terms = [received, taught * -given.supervision_ratio]
        model.constrain(
            "supervision", rows, terms, "<=", 0.0, unit="hours", requirement="volunteering.supervision_ratio"
        )
