"""Volunteering: volunteer hours of a town that are spent in a town within reach.

Data
    heads[town], active_rate[town], hours_per_active[town]      volunteers table
    supervision_ratio                                           scenario: volunteering
    retention, places                                           scenario: volunteering.stock
    most_recruits[town]                 heads                   recruits.heads x column / recruits.per
Variables
    volunteering[from_town, to_town, year]   hours   only within travel.reach_minutes.volunteering
    volunteer_stock[town, year]              heads   only with `stock`
    trained[town, year]                      heads   <= most_recruits; only with `stock`
Rows
    volunteer_supply[from_town, year]   sum over to_town of volunteering <= heads * active_rate * hours_per_active
                                        (with `stock`: <= volunteer_stock * active_rate * hours_per_active)
    volunteer_balance[town, year]       volunteer_stock == retention * volunteer_stock of the year before + trained
                                        (in the first year: retention * heads + trained)
    training_places[year]               sum of trained <= places
    recruits[town, year]                (bound)   trained <= most_recruits
    supervision[town, year]             volunteer hours received <= supervision_ratio * teacher hours of the units there
Ledgers
    volunteer_time   supply   volunteering                  closed as volunteer_need[town, year] (==)
    value            supply   volunteer_stock / denominator, for the indicator that counts it; only with `stock`
    cost             use      training_allowance * trained, line `volunteer_training` of the town
Source
    Heads are not hours: registered, active and hours differ by an order of magnitude in every published
    volunteer statistic, hence the three factors.
"""

from __future__ import annotations

import numpy as np

from allocator.blocks.volunteering.section import Volunteering
from allocator.model import BoundRule, Floats, Model, ParameterUse, Terms, constant_label
from allocator.scenario.plan_year import PlanYear


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
    volunteering = model.variables("volunteering", labels, "hours", scale=10.0)
    table = plan.tables[given.volunteers].set_index("town").reindex(plan.towns.index, fill_value=0.0)
    hours = (table["active_rate"] * table["hours_per_active"]).to_numpy(dtype=float)
    heads = table["heads"].to_numpy(dtype=float)
    all_towns, same_year = np.arange(towns), constant_label(year, towns)
    terms, supply = [volunteering], hours * heads
    if given.stock is not None:
        stock = _stock(model, plan, given, heads)
        by_giver = stock.labelled({"from_town": stock["town"], "year": stock["year"]})
        terms, supply = [volunteering, by_giver * -hours], np.zeros(towns)
    model.constrain(
        "volunteer_supply",
        {"from_town": all_towns, "year": same_year},
        terms,
        "<=",
        supply,
        unit="hours",
        requirement="volunteering.volunteers",
    )
    received = volunteering.labelled({"town": receiver, "year": labels["year"]})
    model.ledgers["volunteer_time"].supply("volunteering", received, year=year)
    if given.supervision_ratio is not None:
        taught = model.ledgers["teaching_time"].side(False, year)
        taught = taught.labelled({"town": taught["town"], "year": taught["year"]})
        rows = {"town": all_towns, "year": same_year}
        terms = [received, taught * -given.supervision_ratio]
        model.constrain(
            "supervision", rows, terms, "<=", 0.0, unit="hours", requirement="volunteering.supervision_ratio"
        )


def _stock(model: Model, plan: PlanYear, given: Volunteering, heads: Floats) -> Terms:
    """Declare the stock of volunteers, who is trained, and what both bring and cost."""
    assert given.stock is not None
    towns, year = np.arange(len(plan.towns)), model.axes["year"].code(str(plan.year))
    labels = {"town": towns, "year": constant_label(year, len(towns))}
    most = given.stock.recruits.heads * plan.per_town(given.stock.recruits.of) / given.stock.recruits.per
    stock = model.variables("volunteer_stock", labels, "heads")
    trained = model.variables(
        "trained",
        labels,
        "heads",
        upper=most,
        rules=(None, BoundRule("recruits", "volunteering.stock.recruits")),
        scale=10.0,
    )
    kept, before = given.stock.retention * heads, list[Terms]()
    if plan.before is not None:
        last = model.year("volunteer_stock", model.axes["year"].code(str(plan.before.year)))
        before, kept = [(last * -given.stock.retention).labelled(labels)], np.zeros(len(towns))
    model.define("volunteer_balance", labels, [stock, -trained, *before], "==", kept, unit="heads")
    whole = trained.labelled({"year": labels["year"]})
    places = model.constrain(
        "training_places",
        {"year": np.array([year])},
        [whole],
        "<=",
        given.stock.training_places,
        unit="heads",
        requirement="volunteering.stock.training_places",
    )
    model.row_parameter("volunteering.stock.training_places", places, 1.0)
    per_head = plan.per_town(given.stock.recruits.of) / given.stock.recruits.per
    model.parameter("volunteering.stock.recruits.heads", ParameterUse("upper", trained.column, per_head))
    for at, indicator in enumerate(plan.indicators):
        if indicator.stock is not None:
            counted = (stock * (1.0 / plan.denominator(indicator))).labelled(
                {"town": towns, "indicator": constant_label(at, len(towns)), "year": labels["year"]}
            )
            model.ledgers["value"].supply("volunteering", counted)
    if given.training_allowance is not None and given.training_allowance.unit_cost > 0:
        line = constant_label(model.axes["programme"].code("volunteer_training"), len(towns))
        paid = trained.labelled({"town": towns, "programme": line, "year": labels["year"]})
        model.ledgers["cost"].use("volunteering", paid * given.training_allowance.unit_cost)
    return stock
