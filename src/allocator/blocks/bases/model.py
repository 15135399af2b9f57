"""Learning bases (学习体验基地): sites open and stay open; their functions share the hours.

A site that is open counts in every later year. Hours of one function are not hours of another: a base with several
functions is no second base. Hours of the venue function count as venue hours of the town, where these are limited.

Data
    opened_before[site]                0 or 1   open before the plan (sites table, column open)
    opening_cost[site], yearly_cost[site]   yuan     sites table
    site_hours[site]                   hours    sites table, column hours
    least_use[site, function]          hours    site_functions table, column least_hours
    most_new, exactly_open             bases    scenario: bases
Variables
    opening[site, year]                0 or 1   the base opens; not for sites that are open before the plan
    open[site, year]                   0 to 1   the base is open
    base_hours[site, function, year]   hours    only functions that the site has
Rows
    is_open[site, year]                open == opened_before + opening of this year and all before it
    new_bases[year]                    sum over site of opening of this year and all before it <= most_new
    open_bases[year]                   sum over site of open == exactly_open; in the plan's last year
    base_capacity[site, year]          sum over function of base_hours <= site_hours * open
    least_base_hours[site, function, year]   base_hours >= least_use * open
Ledgers
    cost         use      opening_cost * opening + yearly_cost * open, line `bases` of the town
    venue_time   supply   base_hours of the venue function      closed as venue[town, year]
    count        supply   open as `bases`, and as `bases_<function>` where the site has it
    open_site    supply   open; coverage reads it
Outcomes
    bases.cost[site, year]             yuan     opening_cost * opening + yearly_cost * open; less is better
Source
    Facility location with opening costs (Balinski 1965). Plan text: 建设一批社区居民学习体验基地; 做到一个基地多种
    功能、资源共享、优势互补，让各类场地及设备设施得到充分利用.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from allocator.blocks.bases.section import Bases
from allocator.blocks.bases.uses import uses
from allocator.blocks.shared.entries import charge, count
from allocator.blocks.shared.sites import open_before, opened_earlier, sites_of
from allocator.model import Codes, Model, Outcome, Terms, constant_label, joined
from allocator.scenario.plan_year import PlanYear


def build(model: Model, plan: PlanYear, given: Bases) -> None:
    """Declare which sites open, what they cost and how their hours are used."""
    sites = sites_of(plan)
    year, code = model.axes["year"].code(str(plan.year)), model.axes["site"].codes(sites["site"])
    before = open_before(plan)
    stands = np.array([before[site] for site in sites["site"]], dtype=bool)
    new = code[~stands]
    labels = {"site": new, "year": constant_label(year, len(new))}
    model.variables("opening", labels, "bases", upper=1.0, integer=True, settle=True)
    labels = {"site": code, "year": constant_label(year, len(code))}
    is_open = model.variables("open", labels, "bases", upper=1.0)
    begun = model.family("opening")
    begun = begun.where(np.isin(begun["site"], code))
    begun = begun.labelled({"site": begun["site"], "year": constant_label(year, len(begun))})
    model.define("is_open", labels, [is_open, -begun], "==", stands.astype(float), unit="bases")
    _numbers(model, plan, given, begun, is_open)
    _hours(model, plan, given, is_open)
    _posted(model, plan, given, is_open)


def _numbers(model: Model, plan: PlanYear, given: Bases, begun: Terms, is_open: Terms) -> None:
    """How many may open over the plan, and how many are open in the end."""
    year = model.axes["year"].code(str(plan.year))
    rows, here = {"year": np.array([year])}, {"year": constant_label(year, len(begun))}
    if given.most_new is not None:
        path, bound = "bases.most_new", float(given.most_new - opened_earlier(plan))
        made = model.constrain("new_bases", rows, [begun.labelled(here)], "<=", bound, unit="bases", requirement=path)
        model.row_parameter(path, made, 1.0)
    if given.exactly_open is not None and plan.is_last:
        path, mine = "bases.exactly_open", is_open.labelled({"year": is_open["year"]})
        bound = float(given.exactly_open)
        made = model.constrain("open_bases", rows, [mine], "==", bound, unit="bases", requirement=path)
        model.row_parameter(path, made, 1.0)


def _hours(model: Model, plan: PlanYear, given: Bases, is_open: Terms) -> None:
    """Functions share the hours of their site; some have least hours."""
    offered = uses(plan, given)
    if not len(offered):
        return
    sites, year = sites_of(plan), is_open["year"][:1]
    site = model.axes["site"].codes(offered["site"])
    labels = {
        "site": site,
        "function": model.axes["function"].codes(offered["function"]),
        "year": constant_label(int(year[0]), len(site)),
    }
    hours = model.variables("base_hours", labels, "hours", scale=10.0)
    having = np.isin(is_open["site"], site)
    own = is_open.where(having)
    room = own * sites["hours"].to_numpy(dtype=float)[having]
    used = hours.labelled({"site": site, "year": labels["year"]})
    model.constrain(
        "base_capacity", dict(own.labels), [used, -room], "<=", 0.0, unit="hours", requirement="bases.sites"
    )
    least = offered["least_hours"].to_numpy(dtype=float)
    due = np.flatnonzero(least > 0)
    if len(due):
        at = np.searchsorted(is_open["site"], site[due])
        rows = {dim: codes[due] for dim, codes in labels.items()}
        asked = (is_open.where(at) * least[due]).labelled(rows)
        model.constrain(
            *("least_base_hours", rows, [hours.where(due), -asked], ">=", 0.0),
            unit="hours",
            requirement="bases.site_functions",
        )
    if given.venue_function is not None and "venue_hours" in plan.towns:
        mine = hours.where(offered["function"].to_numpy() == given.venue_function)
        town = _towns(model, sites)[np.searchsorted(is_open["site"], mine["site"])]
        model.ledgers["venue_time"].supply("bases", mine.labelled({"town": town, "year": mine["year"]}))


def _towns(model: Model, sites: pd.DataFrame) -> Codes:
    """Town of each site, in site order."""
    return model.axes["town"].codes(sites["town"])


def _posted(model: Model, plan: PlanYear, given: Bases, is_open: Terms) -> None:
    """What bases cost, how many there are, and which are open."""
    sites, year = sites_of(plan), model.axes["year"].code(str(plan.year))
    town = _towns(model, sites)
    opening = model.year("opening", year)
    at = np.searchsorted(is_open["site"], opening["site"])
    once = opening * sites["opening_cost_yuan"].to_numpy(dtype=float)[at]
    yearly = is_open * sites["yearly_cost_yuan"].to_numpy(dtype=float)
    parts = [
        part.labelled({"town": where, "year": part["year"], "outcome": place})
        for part, where, place in ((once, town[at], at), (yearly, town, np.arange(len(town))))
    ]
    spent = joined(parts, ("town", "year", "outcome"))
    if given.spending is not None:
        charge(model, "bases", "bases", spent.labelled({"town": spent["town"], "year": spent["year"]}))
    labels = dict(is_open.labels)
    by_site = spent.labelled({"outcome": spent["outcome"]})
    model.outcome(Outcome("bases.cost", "yuan", labels, by_site, np.zeros(len(town)), less_is_better=True))
    here = is_open.labelled({"town": town, "year": is_open["year"]})
    count(model, "bases", "bases", here)
    offered = uses(plan, given)
    for function in sorted(each.id for each in given.functions):
        having = sites["site"].isin(offered.loc[offered["function"] == function, "site"]).to_numpy()
        count(model, "bases", f"bases_{function}", here.where(having))
    model.ledgers["open_site"].supply("bases", is_open)
