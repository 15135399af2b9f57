"""Input of the volunteering block: volunteers by town."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from allocator.scenario import Amount, Id, Row, Section, Share


class Volunteering(Section):
    """Volunteer hours across towns."""

    volunteers: str = "volunteers"
    """Table of volunteers by town."""
    supervision_ratio: Annotated[float, Field(gt=0)] | None = None
    """Most volunteer hours for each teacher hour in a town; none: no limit."""


class VolunteerRow(Row):
    """Volunteers of a town."""

    town: Id
    heads: Amount
    active_rate: Share
    """Share of the heads that is active."""
    hours_per_active: Amount
    """Hours a year of an active volunteer."""
