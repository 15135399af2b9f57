"""Input of the guidance block: hours that flow down the three-level network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from allocator.blocks.shared.table_use import TableUse
from allocator.scenario.decisions import Decision
from allocator.scenario.section import DISTRICT, Allowance, Amount, CostLine, IndicatorId, Origin, Section


class GuidanceEffect(Section):
    """What an hour of guidance brings."""

    giver: Literal["district", "school"]
    """district: an hour for a town school; school: an hour of the town school for each of its stations."""
    indicator: IndicatorId
    per_hour: Amount
    """Gain an hour, in the unit of the indicator's numerator."""
    origin: Origin


class Guidance(Section):
    """Vertical guidance (纵向指导): district centre to town schools, town schools to their stations."""

    decisions = (
        Decision(
            "guidance",
            {"town": "town"},
            "guidance",
            "hours",
            rows=lambda table, _: table[table["giver"] == DISTRICT],
        ),
        Decision(
            "station_guidance",
            {"town": "town"},
            "guidance",
            "hours",
            rows=lambda table, _: table[table["giver"] != DISTRICT],
        ),
    )
    own_lines: ClassVar[tuple[str, ...]] = ("guidance",)
    of_whole_plan: ClassVar[bool] = True
    town_columns: ClassVar[tuple[str, ...]] = ("stations",)
    limiting_columns: ClassVar[tuple[str, ...]] = ("school_hours",)

    district_hours: Amount
    """Hours a year the district centre has for town schools."""
    town_min_hours: Amount = 0.0
    """Least hours a town school gets from the district centre."""
    station_min_hours: Amount = 0.0
    """Least hours a station gets from its town school."""
    effects: tuple[GuidanceEffect, ...] = ()
    allowance: Allowance | None = None
    """Paid for each hour of the district centre, to the district centre."""

    def cost_lines(self) -> Mapping[str, CostLine]:
        """The allowance, paid to the district centre."""
        return {"guidance": self.allowance.line("district")} if self.allowance is not None else {}


SECTION = Guidance
TABLES: tuple[TableUse, ...] = ()
