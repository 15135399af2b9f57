"""The money of a plan year: what the funding rules ask for, and what there is."""

from __future__ import annotations

import numpy as np

from allocator.blocks.funding.section import Funding, FundingSource
from allocator.blocks.shared.known import Supply, Units
from allocator.blocks.shared.money import Money
from allocator.plan.check.bounds import lines
from allocator.scenario.plan_year import PlanYear


def money(plan: PlanYear, counted: Units, supply: Supply) -> Money | None:
    """The money of a plan year; none without funding."""
    given = plan.section(Funding)
    if given is None:
        return None
    paid, sources = lines(plan, counted, supply), given.sources
    pays = np.array([[category in s.pays for category in paid.spending] for s in sources], dtype=bool)
    earmarks = np.zeros((len(sources), len(plan.towns)))
    for at, source in enumerate(sources):
        for mark in source.earmark:
            town = plan.towns.index.get_loc(mark.town)
            earmarks[at, town] = max(float(earmarks[at, town]), mark.at_least)
    floor = given.per_capita_floor
    return Money(
        plan,
        given,
        paid,
        counted,
        supply.pools,
        np.array([_at_hand(plan, s) for s in sources]),
        pays.reshape(len(sources), len(paid.ids)),
        np.array([s.special_fund for s in sources], dtype=bool),
        (floor.town or 0.0) * plan.population if floor is not None else np.zeros(len(plan.towns)),
        earmarks,
        plan.last_year_money() if given.year_on_year is not None else None,
    )


def _at_hand(plan: PlanYear, source: FundingSource) -> float:
    """Most money of a source in the year [yuan]: its amount, and what may have been carried in."""
    if plan.before is None:
        return source.amount + source.carried_in
    earlier = plan.before.section(Funding)
    if earlier is None or earlier.carry_over is None:
        return source.amount
    before = next((each.amount for each in earlier.sources if each.id == source.id), 0.0)
    return source.amount + before  # carried is at most the year's own amount
