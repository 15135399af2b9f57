"""Stability: least change from last year's plan.

change = sum over towns |money - last year's money| / unit_change.money
       + (pairs that are new + last year's pairs that end) / unit_change.pair

The absolute value is split into two columns, money_up[town, year] - money_down[town, year] == money - last year's
money: the rows money_change[town, year].
Source: L1 deviation as in goal programming (Charnes and Cooper 1961).
"""

from __future__ import annotations

from collections.abc import Callable

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
    parts: list[Terms] = []
    read: list[Callable[[Floats], float]] = []
    constant = 0.0
    money = plan.last_year_money()
    if money is not None and "funding" in model.columns:
        mine = _town_money(model, plan, len(money))
        parts.append(_money_change(model, plan, mine, money) * (1.0 / unit.money))
        read.append(lambda x: float(np.abs(_by_town(mine, x, len(money)) - money).sum()) / unit.money)
    pairs = plan.last_year_pairs()
    if pairs is not None and "pairing" in model.columns:
        kept, kept_before, lost = _pair_change(model, pairs)
        parts.append(kept * (1.0 / unit.pair))
        read.append(lambda x: float(kept.coefficient @ x[kept.column]) / unit.pair)
        constant = (kept_before + lost) / unit.pair
    if parts:
        objective = joined([part.labelled({}) for part in parts], ())

        def at_plan(x: Floats) -> float:
            return sum(each(x) for each in read) + constant

        yield Step("change", objective, constant, maximise=False, grid=CHANGE_GRID, at_plan=at_plan)


def _town_money(model: Model, plan: PlanYear, towns: int) -> Terms:
    """Money of the plan year in towns; the district centre's is left out."""
    funding = model.family("funding")
    year = model.axes["year"].code(str(plan.year))
    return funding.where((funding["town"] < towns) & (funding["year"] == year))


def _by_town(money: Terms, x: Floats, towns: int) -> Floats:
    return np.bincount(money["town"], weights=money.coefficient * x[money.column], minlength=towns).astype(float)


def _money_change(model: Model, plan: PlanYear, mine: Terms, before: Floats) -> Terms:
    year, count = model.axes["year"].code(str(plan.year)), len(before)
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
