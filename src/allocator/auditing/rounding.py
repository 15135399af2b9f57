"""Whole units recomputed: every sum a whole number of them, remainders of the sources, losses of the levels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocator.blocks.funding.section import Funding
from allocator.blocks.shared.checks import HALF_DIGIT, RELATIVE, Checks, figure, first_of, forbidden, keys, totals
from allocator.scenario.plan_year import PlanYear

CELL = ("town", "programme", "source")


def whole_units(tables: Mapping[str, pd.DataFrame], plan: PlanYear) -> list[Checks]:
    """Nothing in a plan that stays exact; else money in whole units and what is left over."""
    left, lost, money = tables["remainders"], tables["rounding"], tables["funding"]
    if not len(left):
        return [forbidden("rounding", lost["town"].to_numpy(dtype=object))]
    unit = float(left["unit_yuan"].iloc[0])
    amount = money["amount_yuan"].to_numpy(dtype=float)
    off = np.abs(amount / unit - np.round(amount / unit)) * unit
    units = Checks("whole_units", keys(money, CELL), off, "<=", off * 0.0, off * 0.0 + HALF_DIGIT)
    own = left["source"].to_numpy(dtype=object)
    funding = plan.required(Funding)
    index = pd.Index([source.id for source in funding.sources], dtype=object)
    at_hand = pd.Series([source.amount + source.carried_in for source in funding.sources], index=index, dtype=float)
    paid = totals(money["source"].to_numpy(dtype=object), amount).reindex(index, fill_value=0.0)
    carried = tables["carry_over"]
    out = first_of(carried["source"].to_numpy(dtype=object), carried["carried_out_yuan"])
    out = out.reindex(index, fill_value=0.0)
    expected = {
        "unit_yuan": at_hand * 0.0 + unit,
        "at_hand_yuan": at_hand,
        "published_yuan": paid,
        "carried_out_yuan": out,
        "unallocated_yuan": at_hand - paid - out,
    }
    made = [figure(f"remainders.{name}", first_of(own, left[name]), due, 10.0) for name, due in expected.items()]
    town = lost["town"].to_numpy(dtype=object)
    level = first_of(tables["towns"]["town"].to_numpy(dtype=object), tables["towns"]["level_after"])
    drop = first_of(town, lost["level_exact"] - lost["level_published"])
    least = Checks(
        "remainders", own, left["unallocated_yuan"].to_numpy(dtype=float), ">=", np.zeros(len(own)), _room(at_hand, own)
    )
    return [
        units,
        least,
        *made,
        figure("rounding.level_published", first_of(town, lost["level_published"]), level),
        figure("rounding.lost", first_of(town, lost["lost"]), drop, 1.0),
    ]


def _room(at_hand: pd.Series, own: np.ndarray) -> np.ndarray:
    """Tolerance of what is left over: rounding of a sum of many cells."""
    return (
        np.full(len(own), 1000 * HALF_DIGIT) + RELATIVE * at_hand.reindex(own).fillna(0.0).to_numpy(dtype=float) * 1e-3
    )
