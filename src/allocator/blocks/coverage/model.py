"""Coverage (十分钟学习圈): stations with an open base near enough, and the base that each station goes to.

Four classic questions are asked by goals and stages: most residents covered by so many bases (`total` of
coverage.covered, or a goal on covered_share), all covered at least cost (goal covered_share 1 as a rule and `total` of
bases.cost), the shortest ways in all (`serve: nearest`, `total` of coverage.distance), and the shortest longest way
(`balance` of coverage.distance).

Where no stage looks at the ways, the rows leave open who goes where. The tables then send every station to the nearest
open site (of equally near ones any is right); with `capacity` stations move, one after the other, to nearer sites as
long as these have places left, so that ways only become shorter.

Data
    residents[station]                    heads    stations table
    ways[station, site]                   minutes  minutes table, or on foot, or by road; pairs without one are no pairs
    near[station, site]                   0 or 1   the way takes at most within_minutes; or online, if online_counts
    places[site]                          heads    sites table, column capacity
Variables
    covered[station, year]                0 to 1   the station has an open base near enough
    assigned[station, site, year]         0 to 1   with `serve`: the station goes to the site; whole with `capacity`
Rows
    station_covered[station, year]        covered <= sum over near sites of open
    served_once[station, year]            sum over site of assigned == 1
    assigned_open[station, site, year]    assigned <= open
    site_places[site, year]               sum over station of residents * assigned <= places * open; with `capacity`
Ledgers
    count   supply   residents * covered as `covered_share`; covered as `covered_stations`
Outcomes
    coverage.covered[station, year]       share    covered; weighted by residents (sum: residents)
    coverage.distance[station, year]      minutes  sum over site of ways * assigned; less is better; sum: person-minutes
Source
    Maximal covering: Church and ReVelle 1974. Set covering: Toregas, Swain, ReVelle and Bergman 1971. p-median in the
    strong form: ReVelle and Swain 1970. p-center: Hakimi 1964. Plan text: 完善“十分钟学习资源服务圈”.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from allocator.blocks.coverage.reach import Ways, covering, stations_of, ways
from allocator.blocks.coverage.section import Coverage
from allocator.blocks.shared.entries import count
from allocator.blocks.shared.sites import sites_of
from allocator.model import Model, Outcome, Terms, constant_label
from allocator.scenario.plan_year import PlanYear


def build(model: Model, plan: PlanYear, given: Coverage) -> None:
    """Declare which stations are covered and, where asked for, where each goes."""
    stations, year = stations_of(plan, given), model.axes["year"].code(str(plan.year))
    every = ways(plan, given)
    station = model.axes["station"].codes(stations["station"])
    labels = {"station": station, "year": constant_label(year, len(station))}
    covered = model.variables("covered", labels, "share", upper=1.0)
    at, site = covering(plan, given, every)
    opened = _open(model, plan, year).where(site)
    opened = opened.labelled({"station": station[at], "year": constant_label(year, len(at))})
    model.define("station_covered", labels, [covered, -opened], "<=", 0.0, unit="share")
    town = model.axes["town"].codes(stations["town"])
    heads = stations["residents"].to_numpy(dtype=float)
    here = covered.labelled({"town": town, "year": labels["year"]})
    count(model, "coverage", "covered_share", here * heads)
    count(model, "coverage", "covered_stations", here)
    zero, own = np.zeros(len(station)), covered.labelled({"outcome": np.arange(len(station))})
    model.outcome(Outcome("coverage.covered", "share", labels, own, zero, weight=heads, weighted_unit="residents"))
    if given.serve == "nearest":
        _served(model, plan, given, every)


def _open(model: Model, plan: PlanYear, year: int) -> Terms:
    """Whether each site is open, in the order of the sites table."""
    posted = model.ledgers["open_site"].side(supplied=True, year=year)
    code = model.axes["site"].codes(sites_of(plan)["site"])
    order = np.argsort(posted["site"])
    return posted.where(order[np.searchsorted(posted["site"][order], code)])


def _served(model: Model, plan: PlanYear, given: Coverage, every: Ways) -> None:
    """Every station goes to one open site; the way it goes is what p-median and p-center look at."""
    stations, sites = stations_of(plan, given), sites_of(plan)
    year = model.axes["year"].code(str(plan.year))
    station = model.axes["station"].codes(stations["station"])
    site = model.axes["site"].codes(sites["site"])
    labels = {
        "station": station[every.station],
        "site": site[every.site],
        "year": constant_label(year, len(every.station)),
    }
    assigned = model.variables("assigned", labels, "share", upper=1.0, integer=given.capacity, settle=True)
    rows = {"station": station, "year": constant_label(year, len(station))}
    going = assigned.labelled({"station": labels["station"], "year": labels["year"]})
    model.define("served_once", rows, [going], "==", 1.0, unit="share")
    opened = _open(model, plan, year)
    there = opened.where(every.site).labelled(labels)
    model.define("assigned_open", labels, [assigned, -there], "<=", 0.0, unit="share")
    if given.capacity:
        _places(model, sites, opened, assigned * stations["residents"].to_numpy(dtype=float)[every.station])
    heads = stations["residents"].to_numpy(dtype=float)
    length = (assigned * every.minutes).labelled({"outcome": every.station})
    zero = np.zeros(len(station))
    model.outcome(
        Outcome(
            *("coverage.distance", "minutes", rows, length, zero, heads),
            less_is_better=True,
            weighted_unit="person-minutes",
        )
    )


def _places(model: Model, sites: pd.DataFrame, opened: Terms, coming: Terms) -> None:
    """Residents who go to a site against the people it can serve."""
    places = sites["capacity"].to_numpy(dtype=float)
    limited = np.flatnonzero(np.isfinite(places))
    own = opened.where(limited)
    here = coming.where(np.isin(coming["site"], own["site"]))
    rows = {"site": own["site"], "year": own["year"]}
    here = here.labelled({"site": here["site"], "year": here["year"]})
    model.constrain(
        *("site_places", rows, [here, -(own * places[limited])], "<=", 0.0),
        unit="heads",
        requirement="coverage.capacity",
    )
