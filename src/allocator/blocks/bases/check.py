"""Bases: the number that must be open against the sites, and those open already."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from allocator.blocks.bases.section import Bases
from allocator.blocks.shared.known import Known
from allocator.blocks.shared.locked import Range
from allocator.blocks.shared.said import finding
from allocator.blocks.shared.sites import most_open, open_before, open_range
from allocator.blocks.shared.targets import asking, missed, targets
from allocator.scenario.section import Lock
from allocator.words.errors import Finding
from allocator.words.texts import Text


def findings(known: Known, given: Bases) -> Iterator[Finding]:
    """The number of bases that must be open against the sites, and those open already."""
    plan, most = known.plan, most_open(known.plan)
    standing = open_before(plan)
    stands, sites = sum(standing.values()), len(standing)
    asked = given.exactly_open
    if asked is not None and plan.is_last and not stands <= asked <= most:
        values = {"asked": asked, "sites": sites, "open": stands, "most": most}
        yield finding(plan, "F841", "bases.exactly_open", values)
    for goal in asking(plan, "bases"):
        target = float(np.nanmax(targets(plan, goal), initial=-np.inf))
        if np.isfinite(target) and goal.scope == "district" and target > most + 1e-9:
            wished = {"asked": target, "sites": sites, "open": stands, "most": most}
            yield missed(plan, goal, "F841", wished)


def lock_range(known: Known, given: Bases, lock: Lock) -> Range:  # noqa: ARG001
    """Sites that are open already, and sites that may be open by then."""
    site = lock.where.get("site")
    least, most = open_range(known.plan, open_before(known.plan) if site is None else (site,))
    return Range(float(least), float(most), Text("check.why_open"))
