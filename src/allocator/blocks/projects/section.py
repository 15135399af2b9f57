"""The project library (项目库): kinds, and the tables of projects, effects, prerequisites, exclusions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from allocator.blocks.shared.table_use import TableUse
from allocator.scenario.decisions import Decision, Taken
from allocator.scenario.marks import Defines, Names
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Amount, CostLine, Id, IndicatorId, Measure, Name, Outcome, Row, Section, Spending

NEW = "new_"
"""Before the id of a kind: the measure that counts the projects of the kind that start in a year."""

ProjectId = Annotated[Id, Names("project")]


class ProjectKind(Section):
    """A kind of projects: local courses, activity brands, research projects, platforms, standard learning points."""

    id: Id
    """Also the name of its cost line, and of what goals can ask for: running projects; ``new_<id>``: started ones."""
    name: Name | None = None
    spending: Spending
    """Spending category that its projects are charged to."""
    yearly: bool = True
    """Whether projects go on, with their yearly cost, from their first year to the end of the plan; if not, they are
    done within the year in which they start."""
    most_in_town: Annotated[int, Field(ge=1)] | None = None
    """Most projects of the kind that run in one town in a year; the district centre has no such limit."""
    at_most: Annotated[int, Field(ge=0)] | None = None
    """Most projects of the kind that run in the whole district in a year."""


class Projects(Section):
    """Which projects of the library start, and when."""

    decisions = (
        Decision(
            "project_start",
            {"project": "project"},
            "projects",
            rows=lambda table, _: table[table["state"] == "started"],
            taken=Taken("project", 10, lambda table: table["state"] == "started"),
        ),
        Decision(
            "project_running",
            {"project": "project"},
            "projects",
            rows=lambda table, _: table[table["state"].isin(["started", "running"])],
        ),
    )

    label_axes: ClassVar[Mapping[str, str]] = {"needed": "project", "excluded": "project"}

    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("{}", each="projects.kinds"),
        Measure("new_{}", each="projects.kinds"),
    )
    outcomes: ClassVar[tuple[Outcome, ...]] = (
        Outcome("projects.benefit", "points", by_town=False),
        Outcome("projects.benefit_by_town", "points"),
    )

    kinds: Annotated[tuple[ProjectKind, ...], Field(min_length=1), Defines("project_kind"), Defines("cost_line")]
    table: str = "projects"
    """Table of the projects."""
    effects: str | None = None
    """Table of what running projects add to indicators."""
    needs: str | None = None
    """Table of prerequisites."""
    excludes: str | None = None
    """Table of projects of which only one may ever start."""

    def cost_lines(self) -> Mapping[str, CostLine]:
        """A line for each kind; towns and the district centre may be paid."""
        return {kind.id: CostLine(kind.spending, "everywhere") for kind in self.kinds}

    def labels(self, plan: PlanYear) -> Mapping[str, Collection[str]]:
        """Projects and kinds."""
        return {"project": set(plan.tables[self.table]["project"]), "project_kind": {kind.id for kind in self.kinds}}

    def things(self) -> Mapping[str, Name | None]:
        """The kinds by id."""
        return {each.id: each.name for each in self.kinds}


class ProjectRow(Row):
    """A project of the library."""

    project: Id
    kind: Annotated[Id, Names("project_kind")]
    town: Annotated[Id, Names("recipient")]
    """Town, or ``district`` for a project of the district centre."""
    name_zh: str
    name_en: str
    once_yuan: Amount
    """Paid in the year it starts [yuan]."""
    yearly_yuan: Amount
    """Paid in every year it runs, the first one too [yuan]."""
    benefit: Amount = 0.0
    """Benefit points in every year it runs, as the experts of the library gave them; none where nobody gave any."""
    first_year: int | None = None
    """It may not start before."""
    last_year: int | None = None
    """It may not start later."""
    started: int | None = None
    """Year in which it began, before the plan."""


class ProjectEffectRow(Row):
    """What a running project adds to an indicator, year by year."""

    project: ProjectId
    indicator: IndicatorId
    gain: Amount
    """own_town: in the unit of the indicator's numerator; every_town (a common good, such as an online platform): for
    each 1,000 of the indicator's denominator, in each town. An index without denominator rises by the gain itself."""
    where: Literal["own_town", "every_town"]
    origin: Literal["real", "derived", "illustrative"]
    rule: str
    """The document, or the rule that produced the number."""


class ProjectNeedRow(Row):
    """A prerequisite."""

    project: ProjectId
    needs: ProjectId
    """Project that must start in the same year or an earlier one."""


class ProjectExcludeRow(Row):
    """Two projects of which only one may ever start."""

    project: ProjectId
    other: ProjectId


SECTION = Projects
TABLES: tuple[TableUse, ...] = (
    TableUse("projects.table", ProjectRow, ("project",), defines="project", lasting=True, default="projects"),
    TableUse(
        "projects.effects",
        ProjectEffectRow,
        ("project", "indicator", "where"),
    ),
    TableUse("projects.needs", ProjectNeedRow, ("project", "needs")),
    TableUse("projects.excludes", ProjectExcludeRow, ("project", "other")),
)
