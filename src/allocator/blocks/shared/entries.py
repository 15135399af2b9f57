"""What whole things post: money they cost, what they add to indicators, and how many there are.

Terms carry ``town`` (the district centre is the last position of its axis) and ``year``.
"""

from __future__ import annotations

from collections.abc import Iterable

from allocator.model import Model, Terms, constant_label
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Gain


def charge(model: Model, block: str, line: str, spent: Terms) -> None:
    """Charge money [yuan] to a cost line, in the towns that the terms carry; ``spent`` is already in yuan."""
    used = spent.where(spent.coefficient != 0)
    code = constant_label(model.axes["programme"].code(line), len(used))
    model.ledgers["cost"].use(block, used.labelled({"town": used["town"], "programme": code, "year": used["year"]}))


def gain(model: Model, plan: PlanYear, block: str, gains: Iterable[Gain], units: Terms, *, whole: bool = False) -> None:
    """Add to indicators what one unit brings, over their denominators, where the units stand; ``whole`` as in Entry."""
    for each in sorted(gains, key=lambda one: one.indicator):
        at = next(n for n, indicator in enumerate(plan.indicators) if indicator.id == each.indicator)
        worth = each.per_unit / plan.denominator(plan.indicators[at])
        code = constant_label(at, len(units))
        labels = {"town": units["town"], "indicator": code, "year": units["year"]}
        model.ledgers["value"].supply(block, (units * worth[units["town"]]).labelled(labels), whole=whole)


def count(model: Model, block: str, name: str, units: Terms) -> None:
    """Count units under a name (one of those of ``blocks.registry.counted``)."""
    code = constant_label(model.axes["counted"].code(name), len(units))
    labels = {"counted": code, "town": units["town"], "year": units["year"]}
    model.ledgers["count"].supply(block, units.labelled(labels))
