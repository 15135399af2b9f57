"""Programmes: floors against ceilings, and the rooms that floors need."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from allocator.blocks.delivery.section import Delivery, Programme
from allocator.blocks.shared.known import Floats, Known
from allocator.blocks.shared.locked import Range, chosen
from allocator.blocks.shared.said import by_town, each_exceeds, named
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Lock
from allocator.words.errors import Finding
from allocator.words.texts import Text


def findings(known: Known, given: Delivery) -> list[Finding]:  # noqa: ARG001
    """Everything that arithmetic can say about units of programmes alone."""
    return [*_ceilings(known), *_venues(known)]


def _ceilings(known: Known) -> Iterator[Finding]:
    """Least units of a programme against its ceiling."""
    plan, counted = known.plan, known.units
    for at, p in enumerate(counted.programmes):
        least, most = counted.least[:, at], counted.ceiling[:, at]
        values = {
            "programme": named(plan, p.id),
            "least": least,
            "most": most,
            "cost": p.unit_cost,
            "money": least * p.unit_cost,
            "short": (least - most) * p.unit_cost,
        }
        yield from by_town(plan, "F107", f"delivery.programmes.{p.id}.floor", counted.above_ceiling[:, at], values)


def _venues(known: Known) -> Iterator[Finding]:
    """Venue hours that floors need, against all there are in each town."""
    counted, rooms = known.units, known.supply.venues
    if rooms is None or not counted.programmes:
        return
    need = counted.least @ counted.per_unit("venue_hours")
    values = {"need": need, "most": rooms, "short": need - rooms}
    yield from by_town(known.plan, "F205", counted.floor_path("venue_hours"), each_exceeds(need, rooms), values)


def lock_range(known: Known, given: Delivery, lock: Lock) -> Range:
    """Units by floors, and by ceilings, rooms, helpers and teachers."""
    towns = chosen(known.plan, lock, "town")
    own = [at for at, p in enumerate(given.programmes) if lock.where.get("programme") in (None, p.id)]
    least = sum(float(_floor_units(known.plan, given.programmes[at])[towns].sum()) for at in own)
    return Range(least, float(known.units.most[towns][:, own].sum()), Text("check.why_units"))


def _floor_units(plan: PlanYear, programme: Programme) -> Floats:
    """Least units by the floor of a programme [town]."""
    if programme.floor is None or programme.unit_cost <= 0:
        return np.zeros(len(plan.towns))
    return np.asarray(plan.per_town(f"{programme.floor}_yuan") / programme.unit_cost)
