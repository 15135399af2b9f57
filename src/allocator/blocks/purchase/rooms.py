"""Rooms that organisations bring, and the venue hours they spare: pure data, used by the model and the tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import ANY_CATEGORY


@dataclass(frozen=True)
class Roomed:
    """A programme with teacher hours and venue hours: what its units spare of venues when taught in other rooms."""

    programme: str
    category: str
    spared: float
    """Venue hours that a unit spares when all its teacher hours are taught in rooms that were brought."""
    taught: float
    """Teacher hours taught there for each venue hour spared; at least 1."""


def roomed(plan: PlanYear) -> list[Roomed]:
    """Programmes with teacher hours and venue hours, those first that spare most for each hour taught.

    An hour taught spares an hour of a venue; where a unit has fewer venue hours than teacher hours, as much of an hour
    as falls to each hour taught.
    """
    delivery: Any = plan.sections.get("delivery")
    made = [
        Roomed(
            each.id,
            each.category or ANY_CATEGORY,
            min(each.teacher_hours, each.venue_hours),
            max(1.0, each.teacher_hours / each.venue_hours),
        )
        for each in getattr(delivery, "programmes", ())
        if each.teacher_hours > 0 and each.venue_hours > 0
    ]
    return sorted(made, key=lambda each: (each.taught, each.programme))
