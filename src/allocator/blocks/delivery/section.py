"""Input of the delivery block: the programmes that towns can run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from allocator.blocks.shared.table_use import TableUse
from allocator.scenario.decisions import Decision
from allocator.scenario.marks import Defines, Names, TownColumn
from allocator.scenario.section import Amount, CostLine, Id, Name, Section, Spending, Yuan


class MaxUnits(Section):
    """A ceiling on units in each town: ``units`` for every ``per`` of a column of the towns table."""

    per: Annotated[float, Field(gt=0)]
    of: Annotated[str, TownColumn()]
    """Column of the towns table."""
    units: Amount


class Programme(Section):
    """Something a town can run: a course, an activity, a kit, or plain running cost."""

    id: Id
    name: Name | None = None
    category: Annotated[Id, Names("category")] | None = None
    """Course category; none: any teacher may give its hours."""
    spending: Spending
    """Spending category its money is counted in."""
    audience: Annotated[str, TownColumn()] = "resident_pop"
    """Column of the towns table that counts the people it is for."""
    unit_cost: Yuan
    """Yuan a unit."""
    teacher_hours: Amount = 0.0
    """Hours of teaching a unit."""
    volunteer_hours: Amount = 0.0
    """Volunteer hours a unit."""
    venue_hours: Amount = 0.0
    """Hours a unit occupies a venue."""
    max_units: MaxUnits | None = None
    floor: Annotated[str, TownColumn(ending="_yuan")] | None = None
    """Stem of a money column of the towns table (``running_cost`` reads ``running_cost_yuan``): least money a town."""


class Delivery(Section):
    """Programmes and what a unit of each needs."""

    decisions = (Decision("units", {"town": "town", "programme": "programme"}, "delivery", "units"),)
    of_whole_plan: ClassVar[bool] = True
    limiting_columns: ClassVar[tuple[str, ...]] = ("venue_hours",)

    programmes: Annotated[tuple[Programme, ...], Field(min_length=1), Defines("programme"), Defines("cost_line")]

    def cost_lines(self) -> Mapping[str, CostLine]:
        """Every programme, in towns."""
        return {each.id: CostLine(each.spending) for each in self.programmes}

    def programme_ids(self) -> frozenset[str]:
        """Every programme."""
        return frozenset(each.id for each in self.programmes)

    def things(self) -> Mapping[str, Name | None]:
        """The programmes by id."""
        return {each.id: each.name for each in self.programmes}


SECTION = Delivery
TABLES: tuple[TableUse, ...] = ()
