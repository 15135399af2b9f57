"""Stability: least change from year to year, beginning with last year's plan where there is one.

change = sum over years of
         sum over towns |money - money of the year before| / unit_change.money
       + (pairs that are new + pairs of the year before that end) / unit_change.pair
       + (postings that are new + postings of the year before that end) / unit_change.posting

The absolute value is split into two columns, money_up[town, year] - money_down[town, year] == money - money of the
year before: the rows money_change[town, year]. A pair that begins counts once, one that ends counts once:
one that comes back after a year in which it could not be made counts as one that begins. Postings likewise; one that
goes on for a further term at the same host is no change. The blocks say what changed (`Model.changes`).
Source: L1 deviation as in goal programming (Charnes and Cooper 1961).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from allocator.engine.criteria.step import Step, Steps
from allocator.model import Floats, Model, Terms, constant_label, joined
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import UnitChange

CHANGE_GRID = 1e-4
"""Unit changes; with a unit of 10,000 yuan this is one yuan."""


def change(money: Floats, last_money: Floats, pairs_changed: int, unit: UnitChange, postings_changed: int = 0) -> float:
    """The value of a year's plan under this criterion, in unit changes."""
    whole = pairs_changed / unit.pair + postings_changed / unit.posting
    return float(np.abs(money - last_money).sum() / unit.money + whole)


def stability(model: Model, plans: tuple[PlanYear, ...], unit: UnitChange) -> Steps:
    """Lower the change from year to year as far as possible."""
    parts: list[Terms] = []
    read: list[Callable[[Floats], float]] = []
    constant = 0.0
    for plan in plans:
        if "funding" in model.columns:
            _money(model, plan, unit, (parts, read))
        for kind, one in (("pairs", unit.pair), ("postings", unit.posting)):
            constant += _decisions(model, plan, (kind, one), (parts, read))
    if parts:
        objective = joined([part.labelled({}) for part in parts], ())

        def at_plan(x: Floats) -> float:
            return sum(each(x) for each in read) + constant

        yield Step(
            "change", objective, constant, maximise=False, grid=CHANGE_GRID, at_plan=at_plan, unit="unit changes"
        )


def _money(
    model: Model, plan: PlanYear, unit: UnitChange, made: tuple[list[Terms], list[Callable[[Floats], float]]]
) -> None:
    """The change of the towns' money in one year; nothing where the year before is not known."""
    before, towns = plan.last_year_money(), len(plan.towns)
    last = None if plan.before is None else _town_money(model, plan.before, towns)
    if before is None and last is None:
        return
    mine, given = _town_money(model, plan, towns), np.zeros(towns) if before is None else before
    year = model.axes["year"].code(str(plan.year))
    labels = {"town": np.arange(towns), "year": constant_label(year, towns)}
    up = model.variables("money_up", labels, "yuan")
    down = model.variables("money_down", labels, "yuan")
    terms = [mine, -up, down]
    if last is not None:
        terms.append(-last.labelled({"town": last["town"], "year": constant_label(year, len(last))}))
    model.define("money_change", labels, terms, "==", given, unit="yuan")
    parts, read = made
    parts.append(joined([up.labelled({}), down.labelled({})], ()) * (1.0 / unit.money))

    def moved(x: Floats) -> float:
        came = given if last is None else _by_town(last, x, towns)
        return float(np.abs(_by_town(mine, x, towns) - came).sum()) / unit.money

    read.append(moved)


def _town_money(model: Model, plan: PlanYear, towns: int) -> Terms:
    """Money of the plan year in towns; the district centre's is left out."""
    funding = model.year("funding", model.axes["year"].code(str(plan.year)))
    return funding.where(funding["town"] < towns)


def _by_town(money: Terms, x: Floats, towns: int) -> Floats:
    return np.bincount(money["town"], weights=money.coefficient * x[money.column], minlength=towns).astype(float)


def _decisions(
    model: Model,
    plan: PlanYear,
    counted: tuple[str, float],
    made: tuple[list[Terms], list[Callable[[Floats], float]]],
) -> float:
    """The change of pairs or postings in one year, ``counted``: which, and how many are a unit change; returns what of
    it is given. Nothing where the year before is not known."""
    kind, one = counted
    change = model.changes.get(kind, {}).get(model.axes["year"].code(str(plan.year)))
    if change is None:
        return 0.0
    terms = change.terms.labelled({}) * (1.0 / one)
    parts, read = made
    parts.append(terms)
    read.append(lambda x: float(terms.coefficient @ x[terms.column]))
    return change.constant / one
