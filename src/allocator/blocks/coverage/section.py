"""Input of the coverage block: who lives where, how far it is to the bases, and how far is near enough."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from allocator.blocks.shared.stations import StationRow
from allocator.blocks.shared.table_use import TableUse
from allocator.scenario.marks import Names
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Amount, Id, Measure, Outcome, Row, Section

if TYPE_CHECKING:
    from allocator.scenario.files.yamltree import Node


class Walking(Section):
    """Time on foot where no table gives it: straight-line distance x detour / speed."""

    speed_kmh: Annotated[float, Field(gt=0)]
    detour: Annotated[float, Field(ge=1)] = 1.0
    """Length of the way over the straight line."""


class Coverage(Section):
    """The ten-minute learning circle (十分钟学习圈): which stations have an open base near enough."""

    measures: ClassVar[tuple[Measure, ...]] = (Measure("covered_share"), Measure("covered_stations"))
    outcomes: ClassVar[tuple[Outcome, ...]] = (
        Outcome("coverage.covered", "share", by_town=False),
        Outcome(
            "coverage.distance", "minutes", less_is_better=True, by_town=False, part="coverage.serve", value="nearest"
        ),
    )

    stations: str = "stations"
    """Table of stations with the residents each serves."""
    minutes: str | None = None
    """Table (station, site, minutes); pairs left out are out of reach. Any other measure of distance will do as well,
    if ``within_minutes`` is in the same unit."""
    walking: Walking | None = None
    """Used without a table of minutes; without either, the travel times between the towns of both."""
    within_minutes: Amount = 10.0
    """Longest way at which a station counts as covered [minutes]."""
    online_counts: bool = False
    """Whether an open online site covers every station."""
    serve: Literal["none", "nearest"] = "none"
    """nearest: every station goes to one open site, the nearest one; with ``capacity`` none has a nearer open site with
    places left for it. Of equally near sites any will do."""
    capacity: bool = False
    """With ``serve``: whether a site serves at most as many residents as its capacity says."""

    @classmethod
    def travels(cls, part: Node) -> bool:
        """Whether the ways are the travel times between towns."""
        return not part.entries.keys() & {"minutes", "walking"}

    def labels(self, plan: PlanYear) -> Mapping[str, Collection[str]]:
        """Stations."""
        return {"station": set(plan.tables[self.stations]["station"])}


class StationMinutesRow(Row):
    """The way from a station to a site."""

    station: Annotated[Id, Names("station")]
    site: Annotated[Id, Names("site")]
    minutes: Amount


SECTION = Coverage
TABLES: tuple[TableUse, ...] = (
    TableUse("coverage.stations", StationRow, ("station",), defines="station", lasting=True, default="stations"),
    TableUse("coverage.minutes", StationMinutesRow, ("station", "site")),
)
