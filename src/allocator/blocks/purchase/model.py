"""Purchase of services (政府购买服务): teaching hours bought from organisations, beside or instead of own teachers.

An organisation below the least grade, or without enough hours for a contract, is not qualified and has no columns.
Hours are bought only where the organisation works and where some programme needs the category. In a plan that counts
no teachers of its own, all teacher hours of programmes are bought.

Rooms that organisations bring spare venue hours only of the units taught in them: an hour taught there (bought hours
count by their quality) spares one venue hour, or venue hours / teacher hours of the programme where that is less. The
plan decides which programmes of the category are taught there.

Data
    price[provider, category]               yuan/hour  offers table
    provider_hours[provider, category]      hours      `capacity_hours` of the offers table, in the whole district
    quality[provider, category]             0-1        effective hours of an hour bought
    grade(provider)                         number     providers table; at least purchase.min_grade
    rooms_included(provider)                yes or no  `venue_included` of the providers table
    spared[programme]                       hours      least of teacher hours and venue hours of a unit
    taught[programme]                       hours      teacher hours / spared: taught for each venue hour spared
    most_bought                             share      scenario: purchase.most_share
    shortest                                hours      scenario: purchase.least_hours
Variables
    purchased[provider, town, category, year]      hours
    contract[provider, town, category, year]       0 or 1   only with `least_hours`
    rooms[town, programme, year]                   hours    venue hours spared; only where towns count venue hours
Rows
    provider_capacity[provider, category, year]       sum over town of purchased <= provider_hours
    purchase_share[town, year]                        sum of quality * purchased <= most_bought * teacher hours of the
                                                      units there
    contract_least[provider, town, category, year]    purchased >= shortest * contract
    contract_most[provider, town, category, year]     purchased <= provider_hours * contract
    rooms_needed[town, programme, year]               rooms <= spared * units
    rooms_brought[town, category, year]               sum over its programmes of taught * rooms <= sum of quality *
                                                      purchased, of organisations that bring their rooms
Ledgers
    teaching_time   supply   quality * purchased        closed as teaching_need[town, category, year] (==)
    venue_time      supply   rooms, where towns count venue hours
    cost            use      price * purchased, line `purchase` of the town
Source
    Make or buy as an activity with a price, a capacity and a quality. Plan text:
    通过政府购买等方式，为各类主体参与学习型社会建设创造良好的环境.
"""

from __future__ import annotations

import numpy as np

from allocator.blocks.purchase.offers import Offers, offers
from allocator.blocks.purchase.rooms import roomed
from allocator.blocks.purchase.section import Purchase
from allocator.blocks.shared.entries import charge
from allocator.model import Codes, Model, Terms, constant_label
from allocator.scenario.plan_year import PlanYear

CELL = ("provider", "town", "category", "year")


def build(model: Model, plan: PlanYear, given: Purchase) -> None:
    """Declare the hours of every organisation in every town where it works, and the rules on them."""
    year = model.axes["year"].code(str(plan.year))
    needed = model.ledgers["teaching_time"].side(False, year)
    if not len(needed):
        return
    known = offers(plan, given)
    offer, town = _cells(model, known, needed)
    categories, providers = model.axes["category"].codes(known.category), model.axes["provider"].codes(known.provider)
    labels = {
        "provider": providers[offer],
        "town": town,
        "category": categories[offer],
        "year": constant_label(year, len(offer)),
    }
    purchased = model.variables("purchased", labels, "hours", scale=10.0)
    effective = purchased * known.quality[offer]
    in_need = {dim: labels[dim] for dim in ("town", "category", "year")}
    model.ledgers["teaching_time"].supply("purchase", effective.labelled(in_need), year=year)
    at_town = {dim: labels[dim] for dim in ("town", "year")}
    if "venue_hours" in plan.towns:
        _rooms(model, plan, effective.labelled(in_need).where(known.venue[offer]))
    charge(model, "purchase", "purchase", (purchased * known.price[offer]).labelled(at_town))
    _capacity(model, known, purchased, np.unique(offer))
    if given.most_share is not None and len(purchased):
        _share(model, given.most_share, effective.labelled(at_town), needed)
    if given.least_hours is not None:
        _contracts(model, given.least_hours, purchased, known.capacity[offer])


def _cells(model: Model, known: Offers, needed: Terms) -> tuple[Codes, Codes]:
    """Offer and town of each cell: where the organisation works and a programme needs the category."""
    wanted = np.zeros((len(model.axes["category"].ids), known.works.shape[1]), dtype=bool)
    wanted[needed["category"], needed["town"]] = True
    offer, town = np.nonzero(known.works & wanted[model.axes["category"].codes(known.category)])
    return offer.astype(np.intp), town.astype(np.intp)


def _rooms(model: Model, plan: PlanYear, brought: Terms) -> None:
    """Venue hours that are spared where units are taught in rooms that organisations bring [town, programme]."""
    programmes = roomed(plan)
    spared, taught = np.zeros((2, len(model.axes["programme"].ids)))
    category = np.full(len(spared), -1, dtype=np.intp)
    of_axis = model.axes["programme"].codes(each.programme for each in programmes)
    category[of_axis] = model.axes["category"].codes(each.category for each in programmes)
    spared[of_axis], taught[of_axis] = [each.spared for each in programmes], [each.taught for each in programmes]
    arrives = np.zeros((len(plan.towns), len(model.axes["category"].ids)), dtype=bool)
    arrives[brought["town"], brought["category"]] = True
    units = model.ledgers["delivered"].side(True, model.axes["year"].code(str(plan.year)))
    units = units.where(spared[units["programme"]] > 0)
    units = units.where(arrives[units["town"], category[units["programme"]]])
    if not len(units):
        return
    labels, programme = dict(units.labels), units["programme"]
    rooms = model.variables("rooms", labels, "hours")
    model.define("rooms_needed", labels, [rooms, units * -spared[programme]], "<=", 0.0, unit="hours")
    hosted = {"town": units["town"], "category": category[programme], "year": units["year"]}
    wanted = np.zeros_like(arrives)
    wanted[hosted["town"], hosted["category"]] = True
    town, of_town = np.nonzero(wanted)
    rows = {"town": town, "category": of_town, "year": constant_label(int(units["year"][0]), len(town))}
    terms = [(rooms * taught[programme]).labelled(hosted), -brought.where(wanted[brought["town"], brought["category"]])]
    model.define("rooms_brought", rows, terms, "<=", 0.0, unit="hours")
    model.ledgers["venue_time"].supply("purchase", rooms.labelled({dim: rooms[dim] for dim in ("town", "year")}))


def _capacity(model: Model, known: Offers, purchased: Terms, offer: Codes) -> None:
    """Hours of each offer in the whole district."""
    if not len(offer):
        return
    rows = {
        "provider": model.axes["provider"].codes(known.provider)[offer],
        "category": model.axes["category"].codes(known.category)[offer],
        "year": constant_label(int(purchased["year"][0]), len(offer)),
    }
    bound = known.capacity[offer]
    requirement = "purchase.offers"
    model.constrain("provider_capacity", rows, [purchased], "<=", bound, unit="hours", requirement=requirement)


def _share(model: Model, most: float, effective: Terms, needed: Terms) -> None:
    """Bought hours of a town against the teacher hours of its units."""
    towns = np.unique(effective["town"])
    rows = {"town": towns, "year": constant_label(int(effective["year"][0]), len(towns))}
    here = needed.where(np.isin(needed["town"], towns))
    here = here.labelled({"town": here["town"], "year": here["year"]})
    terms = [effective, here * -most]
    requirement = "purchase.most_share"
    model.constrain("purchase_share", rows, terms, "<=", 0.0, unit="hours", requirement=requirement)


def _contracts(model: Model, least: float, purchased: Terms, capacity: np.ndarray) -> None:
    """Whether there is a contract, and its hours: none, or at least the shortest and at most what there is."""
    labels = dict(purchased.labels)
    contract = model.variables("contract", labels, "contracts", upper=1.0, integer=True, settle=True)
    if not len(contract):
        return
    requirement = "purchase.least_hours"
    shortest, longest = [purchased, contract * -least], [purchased, contract * -capacity]
    model.constrain("contract_least", labels, shortest, ">=", 0.0, unit="hours", requirement=requirement)
    model.constrain("contract_most", labels, longest, "<=", 0.0, unit="hours", requirement=requirement)
