"""Stability: least change from last year's plan.

change = sum over towns |money - last year's money| / unit_change.money
       + (pairs that are new + last year's pairs that end) / unit_change.pair

The absolute value is split into two columns, money_up[town, year] - money_down[town, year] == money - last year's
money: the rows money_change[town, year].
Source: L1 deviation as in goal programming (Charnes and Cooper 1961).
"""

from __future__ import annotations

import numpy as np

from allocator.criteria.step import Step, Steps
from allocator.model import Codes, Floats, Model, Terms, constant_label, joined
from allocator.scenario import PlanYear, UnitChange

CHANGE_GRID = 1e-4
"""Unit changes; with a unit of 10,000 yuan this is one yuan."""


def change(money: Floats, last_money: Floats, pairs_changed: int, unit: UnitChange) -> float:
    """The value of a plan under this criterion, in unit changes."""
    return float(np.abs(money - last_money).sum() / unit.money + pairs_changed / unit.pair)


def stability(model: Model, plan: PlanYear, unit: UnitChange) -> Steps:
    """Lower the change from last year's plan as far as possible."""
    parts, constant = [], 0.0
    money = plan.last_year_money()
    if money is not None and "funding" in model.columns:
        parts.append(_money_change(model, plan, money) * (1.0 / unit.money))
    pairs = plan.last_year_pairs()
    if pairs is not None and "pairing" in model.columns:
        kept, kept_before, lost = _pair_change(model, pairs)
        parts.append(kept * (1.0 / unit.pair))
        constant = (kept_before + lost) / unit.pair
    if parts:
        objective = joined([part.labelled({}) for part in parts], ())
        yield Step("change", objective, constant, maximise=False, grid=CHANGE_GRID)


def _money_change(model: Model, plan: PlanYear, before: Floats) -> Terms:
    funding = model.family("funding")
    year = model.axes["year"].code(str(plan.year))
    count = len(before)
    mine = funding.where((funding["town"] < count) & (funding["year"] == year))
    labels = {"town": np.arange(count), "year": constant_label(year, count)}
    up = model.variables("money_up", labels, "yuan")
    down = model.variables("money_down", labels, "yuan")
    model.constrain("money_change", labels, [mine, -up, down], "==", before, unit="yuan")
    return joined([up.labelled({}), down.labelled({})], ())


def _pair_change(model: Model, pairs: list[tuple[str, str]]) -> tuple[Terms, int, int]:
    """(+1 for a new pair, -1 for a kept one; number that can be kept; number that cannot)."""
    pairing = model.family("pairing")
    town = model.axes["town"]
    size = len(town.ids)
    known = [(m, n) for m, n in pairs if m in town.ids and n in town.ids]
    keys = np.array([town.code(m) * size + town.code(n) for m, n in known], dtype=np.intp)
    of_column: Codes = pairing["mentor"] * size + pairing["mentee"]
    before = np.isin(of_column, keys)
    possible = int(before.sum())
    return pairing * np.where(before, -1.0, 1.0), possible, len(pairs) - possible
