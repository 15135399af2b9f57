"""Attainment: what the decisions add to each indicator, credited up to its target, and the level of a town.

value[town, indicator] = base + (what programmes add) + (what pairs add) + (what guidance adds); the three
arrive in the ledger `value`, which closes into `credit`. A programme's effect is one number a unit, or falls
piece by piece in units for each 1,000 residents; the pieces are concave, so that the model fills them in order.

In the years that follow, a town starts from what the year before left: a share of its value, per head of the new
denominator; stocks that are counted each year start from the count.

Data
    base[town, indicator]              in the indicator's unit   base table
    retention[indicator]               0-1                       scenario: attainment.indicators
    target[indicator], ceiling[indicator], weight[indicator]     scenario: attainment.indicators
    denominator[town, indicator]                                 towns table, over `per`
    gain[programme, indicator, piece]  numerator's unit a unit   per_unit * persons_per_attendance
    width[town, piece]                 units                     (up_to - previous up_to) * residents / 1000
Variables
    attainment[town, indicator, year]  0-1      <= min(1, ceiling / target)
    level[town, year]                  0-100
    effective_units[town, programme, indicator, piece, year]   units   <= width; only for effects in pieces
    capped[town, indicator, year]      0 or 1   credited in full; only where plans are compared by inequality, and
                                       where value can reach its cap, min(target, ceiling), and can stay below it
    bend_full[town, programme, indicator, piece, year]   0 or 1   the piece is full; likewise
    starting[town, indicator, year]    in the indicator's unit   only in years that follow another of the plan
Rows
    level_sum[town, year]              level == 100 * sum over indicator of weight * attainment
    piece_sum[town, programme, indicator, year]   sum over piece of effective_units <= units
    at_cap[town, indicator, year]      attainment >= cap / target * capped            (exactness, as capped)
    exact_credit[town, indicator, year]   value - target * attainment <= (largest value - cap) * capped
    bend_filled[town, programme, indicator, piece, year]   effective_units >= width * bend_full
    bend_order[town, programme, indicator, piece, year]    effective_units of the next piece <= its width * bend_full
    bend_sum[town, programme, indicator, year]   units - sum over piece of effective_units <= (most units - end of the
                                       last piece) * bend_full of the last piece
    credit_steps[town, indicator, year]   target * attainment <= target * cap + gain * part * (whole units brought -
                                       units that full credit needs) + what else is brought; keeps no rule, see steps
    retained[town, indicator, year]    starting == retention * value of the year before * its denominator / denominator
Ledgers
    value   supply   base; in years that follow another, starting
    value   supply   gain / denominator * units (one number), or * effective_units (pieces)
    value   use      target * attainment                       closed as credit[town, indicator, year]
Outcomes
    level[town, year]                  level points
Source
    Composite index with capped achievement of targets, as in goal programming normalised by target
    (Charnes and Cooper 1961). Concave piecewise-linear responses are exact in a maximisation; where inequality is
    lowered or limited, see exact.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from allocator.blocks.attainment.denominators import kept
from allocator.blocks.attainment.section import Attainment, Effect
from allocator.blocks.attainment.steps import credit_steps
from allocator.model import Codes, Floats, Model, Outcome, Provision, Terms, constant_label
from allocator.scenario.plan_year import PlanYear

RESIDENTS_OF_A_PIECE = 1000.0


def build(model: Model, plan: PlanYear, given: Attainment) -> None:
    """Declare attainment and level, and what units of programmes add."""
    indicators, towns = plan.indicators, len(plan.towns)
    year = model.axes["year"].code(str(plan.year))
    town, indicator = (codes.ravel() for codes in np.indices((towns, len(indicators))))
    labels = {"town": town, "indicator": indicator, "year": constant_label(year, len(town))}
    targets = plan.targets()
    most = plan.caps() / targets
    attainment = model.variables("attainment", labels, "share of target", upper=most[indicator])
    value = model.ledgers["value"]
    _start(model, plan, labels)
    value.use("attainment", attainment * targets[indicator])
    if "units" in model.columns:
        for effect in sorted(given.effects, key=lambda each: (each.programme, each.indicator)):
            _effect(model, plan, effect)
    _level(model, plan, attainment)
    model.when_built(lambda: credit_steps(model, plan))


def _start(model: Model, plan: PlanYear, labels: Mapping[str, Codes]) -> None:
    """What every town starts the year with: the base table, or what the year before left."""
    value = model.ledgers["value"]
    counted = np.array([i.stock is not None and i.stock not in plan.decided_stocks for i in plan.indicators])
    decided = np.array([i.stock in plan.decided_stocks for i in plan.indicators])
    given = (counted if plan.before is not None else ~decided)[labels["indicator"]]
    base = np.where(given, plan.base_values().ravel(), 0.0)
    value.provide(Provision("attainment", labels, base))
    moving = ~(counted | decided)[labels["indicator"]]
    if plan.before is None or not moving.any():
        return
    cells = {dim: codes[moving] for dim, codes in labels.items()}
    starting = model.variables("starting", cells, "indicator units")
    stays = kept(plan)
    last_year = model.axes["year"].code(str(plan.before.year))
    earned = value.side(supplied=True)
    at = (earned["town"], earned["indicator"])
    chosen = (earned["year"] == last_year) & ~(counted | decided)[earned["indicator"]]
    earned = (earned * stays[at]).where(chosen)
    earned = earned.labelled({**earned.labels, "year": constant_label(int(cells["year"][0]), len(earned))})
    bound = np.zeros((len(plan.towns), len(plan.indicators)))
    for provision in value.provisions:
        own = provision.labels["year"] == last_year
        here = (provision.labels["town"][own], provision.labels["indicator"][own])
        np.add.at(bound, here, provision.amount[own] * stays[here])
    rows = bound[cells["town"], cells["indicator"]]
    model.define("retained", cells, [starting, -earned], "==", rows, unit="indicator units")
    value.supply("attainment", starting)


def _level(model: Model, plan: PlanYear, attainment: Terms) -> None:
    towns = np.arange(len(plan.towns))
    labels = {"town": towns, "year": constant_label(model.axes["year"].code(str(plan.year)), len(towns))}
    level = model.variables("level", labels, "level points", upper=100.0)
    weights = np.array([i.weight for i in plan.indicators])
    credited = attainment * (100.0 * weights[attainment["indicator"]])
    model.define("level_sum", labels, [level, -credited], "==", 0.0, unit="level points")
    terms = level.labelled({"outcome": towns})
    model.outcome(Outcome("level", "level points", labels, terms, np.zeros(len(towns))))


def _effect(model: Model, plan: PlanYear, effect: Effect) -> None:
    """Post what the units of one programme add to one indicator."""
    at = next(n for n, i in enumerate(plan.indicators) if i.id == effect.indicator)
    delivered = model.ledgers["delivered"].side(True, model.axes["year"].code(str(plan.year)))
    programme = model.axes["programme"].code(effect.programme)
    units = delivered.where(delivered["programme"] == programme)
    worth = effect.persons_per_attendance / plan.denominator(plan.indicators[at])
    if isinstance(effect.per_unit, tuple):
        units, gains = _pieces(model, plan, effect, units)
    else:
        gains = np.full(len(units), effect.per_unit)
    indicator = constant_label(at, len(units))
    added = (units * (gains * worth[units["town"]])).labelled(
        {"town": units["town"], "indicator": indicator, "year": units["year"]}
    )
    model.ledgers["value"].supply("attainment", added)


def _pieces(model: Model, plan: PlanYear, effect: Effect, units: Terms) -> tuple[Terms, Floats]:
    """Variables of the pieces of a bent effect, and the gain of each."""
    assert isinstance(effect.per_unit, tuple)
    ends = np.array([np.inf if piece.up_to is None else piece.up_to for piece in effect.per_unit])
    widths = np.diff(ends, prepend=0.0)
    towns, pieces = (codes.ravel() for codes in np.indices((len(units), len(ends))))
    indicator = next(n for n, i in enumerate(plan.indicators) if i.id == effect.indicator)
    labels = {
        "town": units["town"][towns],
        "programme": units["programme"][towns],
        "indicator": constant_label(indicator, len(towns)),
        "piece": pieces,
        "year": units["year"][towns],
    }
    room = widths[pieces] * plan.population[labels["town"]] / RESIDENTS_OF_A_PIECE
    split = model.variables("effective_units", labels, "units", upper=room)
    rows = {
        "town": units["town"],
        "programme": units["programme"],
        "indicator": constant_label(indicator, len(units)),
        "year": units["year"],
    }
    whole = units.labelled(rows)
    model.define("piece_sum", rows, [split, -whole], "<=", 0.0, unit="units")
    return split, np.array([piece.gain for piece in effect.per_unit])[pieces]
