"""Input of the teaching block: teachers, what they can teach, and how they may be exchanged."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from allocator.blocks.shared.table_use import TableUse
from allocator.scenario.decisions import Decision
from allocator.scenario.marks import Names
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Allowance, Amount, CostLine, Id, Measure, Row, Section, Share, TownId

if TYPE_CHECKING:
    from allocator.scenario.files.yamltree import Node


class Teaching(Section):
    """Teacher hours across towns."""

    decisions = (
        Decision(
            "teaching",
            {"teacher": "teacher", "from_town": "town", "to_town": "town", "category": "taught_category"},
            "teaching",
            "hours",
        ),
    )
    own_lines: ClassVar[tuple[str, ...]] = ("travel",)
    measures: ClassVar[tuple[Measure, ...]] = (Measure("category_share", of_towns=False),)
    of_whole_plan: ClassVar[bool] = True

    teachers: str = "teachers"
    """Table of teachers."""
    skills: str = "skills"
    """Table of what each teacher can teach."""
    visit_hours: Annotated[float, Field(gt=0)] = 2.0
    """Hours taught on one visit to another town; each visit costs the way there and back."""
    home_share: Share = 0.0
    """Share of a teacher's hours that is kept for the home town: exchange and its travel use at most the rest."""
    exchange_min_share: Share | None = None
    """Least share of all hours taught that is taught away from home; off unless given."""
    backbone_min_share: Share | None = None
    """Least share of the exchanged hours that backbone teachers (骨干) give; off unless given."""
    travel_allowance: Allowance | None = None
    """Paid for each hour of travel, in the town that is visited."""

    @classmethod
    def travels(cls, part: Node) -> bool:  # noqa: ARG003
        """Teachers teach in other towns."""
        return True

    def cost_lines(self) -> Mapping[str, CostLine]:
        """The allowance of travel."""
        return {"travel": self.travel_allowance.line()} if self.travel_allowance is not None else {}

    def labels(self, plan: PlanYear) -> Mapping[str, Collection[str]]:
        """Teachers."""
        return {"teacher": set(plan.tables[self.teachers]["teacher"])}


class TeacherRow(Row):
    """One teacher; no personal data."""

    teacher: Id
    home_town: TownId
    hours: Amount
    """Hours a year for teaching and travel."""
    backbone: bool
    eligible: bool = True
    """Whether the teacher may be posted to another town (满足交流条件)."""


class SkillRow(Row):
    """A course category that a teacher can teach."""

    teacher: Annotated[Id, Names("teacher")]
    category: Annotated[Id, Names("category")]
    proficiency: Annotated[float, Field(gt=0, le=1)]
    """Effective hours of one hour taught."""


SECTION = Teaching
TABLES: tuple[TableUse, ...] = (
    TableUse("teaching.teachers", TeacherRow, ("teacher",), defines="teacher", default="teachers"),
    TableUse(
        "teaching.skills",
        SkillRow,
        ("teacher", "category"),
        default="skills",
    ),
)
