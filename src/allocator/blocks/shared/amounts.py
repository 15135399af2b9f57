"""Measures on the model: what decisions add to a measure, town by town."""

from __future__ import annotations

import numpy as np

from allocator.blocks.shared.measures import LEVEL, MONEY, MONEY_PER_HEAD, SPECIAL_FUND_PER_HEAD, sizes, special_sources
from allocator.blocks.shared.solved import Year
from allocator.model import Floats, Model, Terms
from allocator.scenario.plan_year import PlanYear


def amounts(model: Model, plan: PlanYear, measure: str) -> tuple[Terms, Floats]:
    """Measure x size by town (and the district centre): terms with ``town`` and ``year``, and what is given.

    Measures are those of ``blocks.measures`` but for shares of sums, indicators, and what blocks count.
    """
    year = model.axes["year"].code(str(plan.year))
    constant = np.zeros(len(model.axes["town"].ids))
    if measure in (MONEY, MONEY_PER_HEAD, SPECIAL_FUND_PER_HEAD):
        money = model.year("funding", year)
        if measure == SPECIAL_FUND_PER_HEAD:
            money = money.where(np.isin(money["source"], model.axes["source"].codes(special_sources(plan))))
        return money.labelled({"town": money["town"], "year": money["year"]}), constant
    size = np.append(sizes(plan, measure), 0.0)
    if measure == LEVEL:
        level = model.year("level", year)
        return level * size[level["town"]], constant
    if measure in model.axes["counted"].ids:
        return _posted(model, ("count", "counted", measure), year, np.ones(len(constant)))
    return _posted(model, ("value", "indicator", measure), year, size)


def measured(year: Year, measure: str) -> Floats:
    """Measure x size by town (and the district centre) in a solved year."""
    terms, given = amounts(year.model, year.plan, measure)
    decided = np.bincount(terms["town"], weights=terms.coefficient * year.x[terms.column], minlength=len(given))
    return np.asarray(given + decided, dtype=float)


def _posted(model: Model, entry: tuple[str, str, str], year: int, size: Floats) -> tuple[Terms, Floats]:
    """What a ledger is brought under one label in a year, times a size by town."""
    name, dim, label = entry
    ledger, at = model.ledgers[name], model.axes[dim].code(label)
    brought = ledger.side(supplied=True)
    brought = brought.where((brought["year"] == year) & (brought[dim] == at))
    constant = np.zeros(len(size))
    for provision in ledger.provisions:
        own = (provision.labels["year"] == year) & (provision.labels[dim] == at)
        towns = provision.labels["town"][own]
        np.add.at(constant, towns, provision.amount[own] * size[towns])
    terms = (brought * size[brought["town"]]).labelled({"town": brought["town"], "year": brought["year"]})
    return terms, constant
