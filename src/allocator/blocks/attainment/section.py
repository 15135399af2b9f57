"""Input of the attainment block: indicators, their targets, and what moves them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from allocator.blocks.shared.table_use import TableUse
from allocator.scenario.decisions import Decision
from allocator.scenario.marks import Defines, Names
from allocator.scenario.section import (
    Amount,
    Id,
    Indicator,
    IndicatorId,
    Measure,
    Name,
    Origin,
    Outcome,
    Row,
    Section,
    TownId,
)


class Piece(Section):
    """One piece of a concave response."""

    up_to: Annotated[float, Field(gt=0)] | None = None
    """Where the piece ends [units for each 1,000 residents]; none on the last piece."""
    gain: Amount
    """Gain a unit on this piece."""


class Effect(Section):
    """What a unit of a programme adds to an indicator."""

    programme: Annotated[Id, Names("programme")]
    indicator: IndicatorId
    per_unit: Amount | Annotated[tuple[Piece, ...], Field(min_length=1)]
    """Gain a unit in the unit of the indicator's numerator: one number, or falling pieces."""
    persons_per_attendance: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Persons for each head-time, where ``per_unit`` counts attendances."""
    origin: Origin


class Attainment(Section):
    """Indicators that make up a town's level, and effects on them."""

    decisions = (Decision("level", {"town": "town"}, "towns", "level_after", in_files=False),)
    measures: ClassVar[tuple[Measure, ...]] = (Measure("level"),)
    outcomes: ClassVar[tuple[Outcome, ...]] = (Outcome("level", "level points"),)
    of_whole_plan: ClassVar[bool] = True

    base: str = "base"
    """Table of base values."""
    indicators: Annotated[tuple[Indicator, ...], Field(min_length=1), Defines("indicator")]
    effects: tuple[Effect, ...] = ()

    def things(self) -> Mapping[str, Name | None]:
        """The indicators by id."""
        return {each.id: each.name for each in self.indicators}


class BaseRow(Row):
    """Value of an indicator in a town before the plan."""

    town: TownId
    indicator: IndicatorId
    value: Amount


SECTION = Attainment
TABLES: tuple[TableUse, ...] = (TableUse("attainment.base", BaseRow, ("town", "indicator"), default="base"),)
