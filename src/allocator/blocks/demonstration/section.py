"""Input of the demonstration block: standards, their criteria, and who is recognised already."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from allocator.blocks.shared.table_use import TableUse
from allocator.scenario.decisions import Decision, Taken
from allocator.scenario.marks import Defines, Names
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Amount, CostLine, Id, Measure, Name, Row, Section, Spending, TownId, Yuan

ANY = "demonstration_towns"
"""What is counted of towns that hold any standard; ``demonstration_<standard>`` counts those that hold one."""

LINE = "demonstration"
"""Cost line of what cultivation costs."""


class Standard(Section):
    """A standard that a town can be recognised by."""

    id: Id
    name: Name | None = None
    unit_cost: Yuan = 0.0
    """Cultivation of a town in the year of its recognition [yuan]."""
    after: Annotated[Id, Names("standard")] | None = None
    """Standard that the town must hold by the year of its recognition; none: the town may be recognised at once."""

    @property
    def counted(self) -> str:
        """Name under which its towns are counted."""
        return f"demonstration_{self.id}"


class Eligible(Section):
    """Towns that are mature enough (条件较为成熟)."""

    min_level: Amount
    """Least level before the plan's first year [level points]."""


class Demonstration(Section):
    """Demonstration towns of community education (社区教育示范镇街): towns that meet every criterion of a standard."""

    decisions = (
        Decision(
            "demonstrated",
            {"town": "town", "standard": "standard"},
            "demonstration_towns",
            "held",
            taken=Taken("recognition", 30, lambda table: table["new"] > 0),
        ),
    )
    own_lines: ClassVar[tuple[str, ...]] = (LINE,)
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure(ANY, of_criteria=False),
        Measure("demonstration_{}", each="demonstration.standards", of_criteria=False),
    )

    standards: Annotated[tuple[Standard, ...], Field(min_length=1), Defines("standard")]
    criteria: str = "demonstration_criteria"
    """Table of the criteria of each standard."""
    before: str | None = None
    """Table of the towns recognised before the plan; none: no town is."""
    spending: Spending
    """Spending category that pays for cultivation."""
    most_a_year: Annotated[int, Field(ge=0)] | None = None
    """Most recognitions in a year, of all standards together; none: no limit."""
    least_towns: Annotated[int, Field(ge=0)] | None = None
    """Least towns that hold some standard in the last year that is decided: a rule; none: no such rule."""
    eligible: Eligible | None = None
    """Which towns may be recognised; none: all."""

    def cost_lines(self) -> Mapping[str, CostLine]:
        """Cultivation, where it costs something."""
        return {LINE: CostLine(self.spending)} if any(each.unit_cost > 0 for each in self.standards) else {}

    def labels(self, plan: PlanYear) -> Mapping[str, Collection[str]]:
        """Standards and criteria."""
        criteria = {str(name) for name in plan.tables[self.criteria]["criterion"]}
        return {"standard": {each.id for each in self.standards}, "criterion": criteria}


class CriterionRow(Row):
    """One criterion of a standard: a town must reach it in the year of its recognition."""

    standard: Annotated[Id, Names("standard")]
    criterion: Id
    measure: Annotated[Id, Names("town_measure")]
    """An indicator, ``level``, ``money``, ``money_per_head``, ``special_fund_per_head``, or what a block counts."""
    at_least: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    """In the unit of the measure."""
    unit: str | None = None
    """The unit in words; nothing reads it."""
    text_zh: str
    text_en: str


class RecognisedRow(Row):
    """A standard that a town held before the plan."""

    town: TownId
    standard: Annotated[Id, Names("standard")]
    year: int
    """Year of the recognition."""


SECTION = Demonstration
TABLES: tuple[TableUse, ...] = (
    TableUse(
        "demonstration.criteria",
        CriterionRow,
        ("standard", "criterion"),
        default="demonstration_criteria",
    ),
    TableUse("demonstration.before", RecognisedRow, ("town", "standard")),
)
