"""Volunteers: hours that floors need against hours that can reach them, and teachers beside them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from allocator.blocks.shared.known import Known, near, supervision_relief
from allocator.blocks.shared.locked import Range, chosen
from allocator.blocks.shared.said import by_town, each_exceeds, exceeds, finding
from allocator.blocks.volunteering.section import Volunteering
from allocator.scenario.section import Lock
from allocator.words.errors import Finding
from allocator.words.texts import Text


def findings(known: Known, given: Volunteering) -> list[Finding]:
    """Everything that arithmetic can say about volunteer hours."""
    return [*_hours(known), *_supervision(known, given)] if known.units.programmes else []


def _hours(known: Known) -> Iterator[Finding]:
    """Volunteer hours that floors need, against those within reach of each town and those of the district."""
    plan, counted, own, reach = known.plan, known.units, known.supply.volunteers, known.supply.helpers
    if own is None or reach is None:
        return
    need = counted.least @ counted.per_unit("volunteer_hours")
    path = counted.floor_path("volunteer_hours")
    values = {"need": need, "most": reach, "short": need - reach}
    yield from by_town(plan, "F203", path, each_exceeds(need, reach), values)
    if exceeds(need.sum(), own.sum()):
        whole = {"need": need.sum(), "most": own.sum(), "short": need.sum() - own.sum()}
        yield finding(plan, "F204", path, whole)


def _supervision(known: Known, given: Volunteering) -> Iterator[Finding]:
    """Volunteer hours against the teacher hours that must stand beside them."""
    plan, counted = known.plan, known.units
    if given.supervision_ratio is None:
        return
    ratio, path = given.supervision_ratio, "volunteering.supervision_ratio"
    taught, helped = counted.per_unit("teacher_hours"), counted.per_unit("volunteer_hours")
    if helped.any() and not taught.any():
        yield finding(plan, "W213", path, {"ratio": ratio})
    needed = counted.least @ np.maximum(helped - ratio * taught, 0.0)
    relief = supervision_relief(counted.programmes, counted.most, ratio)
    values = {"ratio": ratio, "need": needed, "most": relief}
    yield from by_town(plan, "F206", path, each_exceeds(needed, relief), values)


def lock_range(known: Known, given: Volunteering, lock: Lock) -> Range:  # noqa: ARG001
    """Hours of the volunteers who can go there."""
    plan, own = known.plan, known.supply.volunteers
    assert own is not None
    givers, towns = chosen(plan, lock, "from_town"), chosen(plan, lock, "to_town")
    reaches = near(plan, "volunteering")[np.ix_(givers, towns)].any(axis=1)
    return Range(0.0, float(own[givers][reaches].sum()), Text("check.why_volunteering"))
