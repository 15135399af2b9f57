"""Input of the coverage block: who lives where, how far it is to the bases, and how far is near enough."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Literal

from pydantic import Field

from allocator.blocks.shared.stations import StationRow
from allocator.blocks.shared.table_use import TableUse
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Amount, Id, Row, Section


class Walking(Section):
    """Time on foot where no table gives it: straight-line distance x detour / speed."""

    speed_kmh: Annotated[float, Field(gt=0)]
    detour: Annotated[float, Field(ge=1)] = 1.0
    """Length of the way over the straight line."""


class Coverage(Section):
    """The ten-minute learning circle (十分钟学习圈): which stations have an open base near enough."""

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

    def labels(self, plan: PlanYear) -> Mapping[str, Collection[str]]:
        """Stations."""
        return {"station": set(plan.tables[self.stations]["station"])}


class StationMinutesRow(Row):
    """The way from a station to a site."""

    station: Id
    site: Id
    minutes: Amount


SECTION = Coverage
TABLES: tuple[TableUse, ...] = (
    TableUse("coverage.stations", StationRow, ("station",), {"town": "town"}, default="stations"),
    TableUse("coverage.minutes", StationMinutesRow, ("station", "site"), {"station": "station", "site": "site"}),
)
