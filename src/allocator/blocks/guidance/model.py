"""Guidance (纵向指导): hours of the district centre for town schools, and of town schools for their stations.

Data
    district_hours                     hours      scenario: guidance
    town_min_hours, station_min_hours  hours      least a town school, least a station
    stations[town]                     stations   towns table
    school_capacity[town]              hours      towns table, column school_hours; without it no limit
    district_effect[indicator]         per hour   scenario: guidance.effects with giver district
    school_effect[indicator]           per hour of each station, giver school
Variables
    guidance[town, year]               hours      >= town_min_hours
    station_guidance[town, year]       hours      >= station_min_hours * stations
Rows
    guidance_minimum[town, year]       (bound)    guidance >= town_min_hours
    contact_minimum[town, year]        (bound)    station_guidance >= station_min_hours * stations
Ledgers
    guidance_time  supply  district_hours
    guidance_time  use     guidance                          closed as guidance_capacity[year]
    school_time    use     station_guidance                  closed as school_hours[town, year]
    value          supply  (district_effect * guidance + school_effect * station_guidance / stations) / denominator
    cost           use     allowance * guidance, line `guidance` of the district centre
Source
    Plan text: 加强区级社区教育中心对镇街社区教育学校的业务培训…以及镇街社区教育学校对村居社区教育学习站的业务指导.
"""

from __future__ import annotations

import numpy as np

from allocator.blocks.guidance.section import Guidance
from allocator.model import BoundRule, Model, ParameterUse, Provision, constant_label
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import DISTRICT


def build(model: Model, plan: PlanYear, given: Guidance) -> None:
    """Declare both flows of guidance hours and what they bring."""
    towns = np.arange(len(plan.towns))
    year = model.axes["year"].code(str(plan.year))
    labels = {"town": towns, "year": constant_label(year, len(towns))}
    stations = plan.per_town("stations")
    guidance = model.variables(
        "guidance",
        labels,
        "hours",
        lower=given.town_min_hours,
        rules=(BoundRule("guidance_minimum", "guidance.town_min_hours"), None),
        scale=10.0,
    )
    contact = model.variables(
        "station_guidance",
        labels,
        "hours",
        lower=given.station_min_hours * stations,
        rules=(BoundRule("contact_minimum", "guidance.station_min_hours"), None),
        scale=10.0,
    )
    model.parameter("guidance.town_min_hours", ParameterUse("lower", guidance.column, np.ones(len(towns))))
    model.parameter("guidance.station_min_hours", ParameterUse("lower", contact.column, stations))
    capacity = model.ledgers["guidance_time"]
    capacity.use("guidance", guidance.labelled({"year": labels["year"]}))
    hours = np.array([given.district_hours])
    capacity.provide(Provision("guidance", {"year": np.array([year])}, hours, "guidance.district_hours"))
    model.ledgers["school_time"].use("guidance", contact)
    for effect in sorted(given.effects, key=lambda each: (each.giver, each.indicator)):
        at = next(n for n, i in enumerate(plan.indicators) if i.id == effect.indicator)
        flow = guidance if effect.giver == "district" else contact
        share = 1.0 if effect.giver == "district" else 1.0 / np.maximum(stations, 1.0)
        gain = flow * (effect.per_hour * share / plan.denominator(plan.indicators[at]))
        indicator = constant_label(at, len(towns))
        gain = gain.labelled({"town": towns, "indicator": indicator, "year": labels["year"]})
        model.ledgers["value"].supply("guidance", gain)
    if given.allowance is not None and given.allowance.unit_cost > 0:
        recipient = constant_label(model.axes["recipient"].code(DISTRICT), len(towns))
        line = constant_label(model.axes["programme"].code("guidance"), len(towns))
        paid = guidance.labelled({"town": recipient, "programme": line, "year": labels["year"]})
        model.ledgers["cost"].use("guidance", paid * given.allowance.unit_cost)
