"""Input of the posting block: teachers who work in another town for a term (教师交流轮岗)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from allocator.blocks.shared.table_use import TableUse
from allocator.scenario.decisions import Decision, Taken
from allocator.scenario.marks import Names, SameEveryYear
from allocator.scenario.section import (
    Amount,
    CostLine,
    Id,
    Measure,
    Outcome,
    Row,
    Section,
    Share,
    Spending,
    TownId,
    Yuan,
)


class Band(Section):
    """Distances that are paid alike."""

    up_to_minutes: Amount
    """Longest one-way travel time of the band [minutes]."""
    allowance: Yuan
    """Yuan a year for each teacher posted within the band."""


class Posting(Section):
    """Whole teachers posted to another town for a term of years."""

    decisions = (
        Decision(
            "posted",
            {"teacher": "teacher", "town": "town"},
            "postings",
            columns={"town": "to_town"},
            taken=Taken("posting", 50, lambda table: table["new"] > 0),
        ),
    )
    own_lines: ClassVar[tuple[str, ...]] = ("exchange",)
    measures: ClassVar[tuple[Measure, ...]] = (Measure("posted_teachers"), Measure("posted_backbone"))
    outcomes: ClassVar[tuple[Outcome, ...]] = (
        Outcome("posting.cost", "yuan", less_is_better=True),
        Outcome("posting.count", "teachers", less_is_better=True),
    )

    eligible: Literal["eligible", "all"] = "eligible"
    """Only teachers whose column ``eligible`` says so may be posted (in a table without it, every teacher); all: every
    teacher whatever the column says."""
    term_years: Annotated[int, Field(ge=1), SameEveryYear("load.posting_term_changes")] = 2
    """Length of a posting; a further term at the same host is a new posting right after it."""
    hours_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of a posted teacher's hours that belongs to the host; the rest stays with the home town."""
    exchange_share: Share | None = None
    """Least share of the eligible teachers that is posted, new and running postings together; off unless given."""
    backbone_share: Share | None = None
    """Least share of backbone teachers (骨干) among those posted; off unless given."""
    out_share: Share = 0.5
    """Most of a home town's teachers that may be away at a time, rounded down to whole persons."""
    host_floor: Annotated[int, Field(ge=0)] = 0
    """Fewest teachers in each town after the exchange: its own who are not away, and those posted there."""
    most_hosted: Annotated[int, Field(ge=0)] | None = None
    """Most teachers posted to a town at a time; none: no limit."""
    bands: Annotated[tuple[Band, ...], Field(min_length=1)]
    """Bands of travel time, from near to far; beyond the last one nobody is posted."""
    spending: Spending
    """Spending category that the allowances are charged to."""
    most_changes: Annotated[int, Field(ge=0)] | None = None
    """Most postings that may change from the year before, new ones and ended ones together; none: no limit."""

    def cost_lines(self) -> Mapping[str, CostLine]:
        """The allowances of postings, paid in the host town."""
        return {"exchange": CostLine(self.spending)} if any(band.allowance > 0 for band in self.bands) else {}


class LastYearPostingRow(Row):
    """A posting that ran last year; a teacher has one at most."""

    teacher: Annotated[Id, Names("teacher")]
    to_town: TownId
    start_year: int


SECTION = Posting
TABLES: tuple[TableUse, ...] = (TableUse("last_year.postings", LastYearPostingRow, ("teacher",)),)
