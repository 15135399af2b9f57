"""Mentoring: slow towns without an eligible mentor and why, and whether mentors suffice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from allocator.blocks.mentoring.candidates import Candidates, candidates
from allocator.check.bounds import mentor_room
from allocator.check.said import amounts, finding, listed, named, number
from allocator.errors import Finding
from allocator.scenario import PlanYear
from allocator.texts import Text

MOST_REASONS = 4
"""Most towns whose reason is given one by one, nearest to being eligible first."""


def pair_findings(plan: PlanYear) -> list[Finding]:
    """What is worth knowing about mentoring before any solve, and pairs in their term that are too many already."""
    given: Any = plan.sections.get("mentoring")
    if given is None:
        return []
    found = candidates(plan, given)
    return [*_running(plan, found), *_without_mentor(plan, found), *_capacity(plan, found)]


def _running(plan: PlanYear, found: Candidates) -> Iterator[Finding]:
    """Pairs that began before the plan and whose term covers the year, against capacity and cover."""
    given: Any = plan.sections["mentoring"]
    names = plan.towns.index
    eligible = {(names[m], names[n]) for m, n in zip(found.mentor, found.mentee, strict=True)}
    running = [
        (pair.mentor, pair.mentee)
        for pair in plan.past_pairs() or ()
        if pair.last_year(plan.term_years) >= plan.year and (pair.mentor, pair.mentee) in eligible
    ]
    for code, side, most, path in (
        ("F407", 0, given.mentor_capacity, "mentoring.mentor_capacity"),
        ("F408", 1, given.mentee_cover, "mentoring.mentee_cover"),
    ):
        for town in sorted({pair[side] for pair in running}):
            own = [pair for pair in running if pair[side] == town]
            if len(own) > most:
                pairs = listed(
                    [Text("check.pair", {"mentor": named(plan, m), "mentee": named(plan, n)}) for m, n in own]
                )
                values = {"town": named(plan, town), "count": len(own), "most": most, "pairs": pairs}
                yield finding(plan, code, path, values)


def why_not(plan: PlanYear, mentor: int, mentee: int) -> list[Text]:
    """Every reason why one town may not mentor another; none if it may."""
    given: Any = plan.sections["mentoring"]
    found = candidates(plan, given)
    names = {"mentor": named(plan, plan.towns.index[mentor]), "mentee": named(plan, plan.towns.index[mentee])}
    reasons = []
    if not found.mature[mentor]:
        reasons.append(Text("check.not_mature", names))
    if not found.slow[mentee]:
        reasons.append(Text("check.not_slow", names))
    return reasons + _obstacles(plan, mentor, mentee)


def _obstacles(plan: PlanYear, mentor: int, mentee: int) -> list[Text]:
    """Too small a lead, too long a way."""
    given: Any = plan.sections["mentoring"]
    levels = plan.base_levels()
    names = {"mentor": named(plan, plan.towns.index[mentor])}
    reasons = []
    gap = float(levels[mentor] - levels[mentee])
    if gap < given.min_gap - 1e-9:
        reasons.append(Text("check.small_gap", {**names, "gap": number(gap), "min_gap": number(given.min_gap)}))
    reach = plan.common.travel.reach_minutes.mentoring if plan.common.travel is not None else None
    minutes = 0.0 if plan.travel is None else float(plan.travel.minutes[mentor, mentee])
    if reach is not None and minutes > reach + 1e-9:
        reasons.append(Text("check.too_far", {**names, "minutes": number(minutes), "reach": number(reach)}))
    return reasons


def _without_mentor(plan: PlanYear, found: Candidates) -> Iterator[Finding]:
    """One warning for each slow town that nobody may mentor, with the reason for each mature town."""
    levels = plan.base_levels()
    for mentee in np.flatnonzero(found.slow & ~np.isin(np.arange(len(levels)), found.mentee)).tolist():
        reasons = [
            (len(parts), number_of(parts), parts)
            for mentor in np.flatnonzero(found.mature).tolist()
            for parts in [_obstacles(plan, mentor, mentee)]
        ]
        reasons.sort(key=lambda each: each[:2])
        texts = [listed(parts) for _, _, parts in reasons[:MOST_REASONS]]
        values = {
            "town": named(plan, plan.towns.index[mentee]),
            "level": float(levels[mentee]),
            "reasons": Text("check.nobody_mature") if not texts else listed(texts),
            "others": len(reasons) - len(texts),
        }
        yield finding(plan, "W211", "mentoring", values)


def number_of(parts: list[Text]) -> str:
    """Order of equally many reasons: by what they say."""
    return " ".join(part.in_language("en") for part in parts)


def _capacity(plan: PlanYear, found: Candidates) -> Iterator[Finding]:
    """Places with mentors against slow towns that could have one."""
    room, reachable = mentor_room(plan), len(np.unique(found.mentee))
    if not len(found.mentor) or room.sum() >= reachable:
        return
    mentors = np.unique(found.mentor)
    given: Any = plan.sections["mentoring"]
    values = {
        "slow": float(reachable),
        "room": float(room.sum()),
        "capacity": given.mentor_capacity,
        "mentors": amounts(plan, [plan.towns.index[at] for at in mentors], room[mentors].tolist()),
        "short": float(reachable - room.sum()),
    }
    yield finding(plan, "W212", "mentoring.mentor_capacity", values)
