"""Guidance: least hours of town schools and stations against what the district centre and town schools have."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from allocator.blocks.guidance.section import Guidance
from allocator.blocks.shared.known import Known
from allocator.blocks.shared.locked import Range, chosen, disjoint, least_of, locks_on, too_much
from allocator.blocks.shared.said import by_town, each_exceeds, exceeds, finding
from allocator.scenario.section import Lock
from allocator.words.errors import Finding
from allocator.words.texts import Text


def findings(known: Known, given: Guidance) -> list[Finding]:
    """Everything that arithmetic can say about guidance."""
    return [*_least_hours(known, given), *_locked(known, given)]


def _least_hours(known: Known, given: Guidance) -> Iterator[Finding]:
    """Least hours of town schools and stations against what the district centre and town schools have."""
    plan = known.plan
    towns = len(plan.towns)
    need = given.town_min_hours * towns
    if exceeds(need, given.district_hours):
        values = {
            "towns": towns,
            "hours": given.town_min_hours,
            "need": need,
            "most": given.district_hours,
            "short": need - given.district_hours,
            "possible": f"{np.floor(given.district_hours / towns * 100) / 100:g}",
        }
        yield finding(plan, "F301", "guidance.town_min_hours", values)
    if "school_hours" in plan.towns:
        rooms, stations = known.supply.schools, known.supply.stations
        values = {
            "stations": plan.per_town("stations"),
            "hours": given.station_min_hours,
            "need": stations,
            "most": rooms,
            "short": stations - rooms,
        }
        yield from by_town(plan, "F302", "guidance.station_min_hours", each_exceeds(stations, rooms), values)


def _locked(known: Known, given: Guidance) -> Iterator[Finding]:
    """Locks on the hours of towns, with the least hours of the others, against those of the district centre."""
    plan = known.plan
    kept = [lock for lock in disjoint(locks_on(plan, "guidance")) if "town" in lock.where]
    need = sum(max(least_of(lock), given.town_min_hours) for lock in kept)
    need += (len(plan.towns) - len(kept)) * given.town_min_hours
    if len(kept) > 1 and exceeds(need, given.district_hours):
        yield too_much(plan, "F505", kept, (need, given.district_hours))


def lock_range(known: Known, given: Guidance, lock: Lock) -> Range:
    """Hours of the district centre by the least of every town; hours of stations by those of their town school."""
    plan, supply, towns = known.plan, known.supply, chosen(known.plan, lock, "town")
    if lock.decision == "station_guidance":
        least, most = float(supply.stations[towns].sum()), float(supply.schools[towns].sum())
        return Range(least, most, Text("check.why_school"))
    others = (len(plan.towns) - len(towns)) * given.town_min_hours
    most = max(0.0, given.district_hours - others)
    return Range(len(towns) * given.town_min_hours, most, Text("check.why_guidance"))
