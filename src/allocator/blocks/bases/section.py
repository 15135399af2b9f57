"""Input of the bases block: sites that may become learning bases, what they cost and what they are used for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from allocator.blocks.shared.sites import SiteRow
from allocator.blocks.shared.table_use import TableUse
from allocator.scenario.decisions import Decision, Taken
from allocator.scenario.marks import Defines, Names
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Amount, CostLine, Id, Measure, Name, Outcome, Row, Section, Spending


class BaseFunction(Section):
    """One use of a base (courses, a school for the elderly, hands-on learning)."""

    id: Id
    name: Name | None = None


class Bases(Section):
    """Learning bases (学习体验基地): which sites open, when, and how many hours each of their functions gets."""

    decisions = (
        Decision(
            "open",
            {"site": "site"},
            "bases",
            rows=lambda table, _: table[table["state"].isin(["open", "opened"])],
            taken=Taken("base", 40, lambda table: table["state"] == "opened"),
        ),
    )
    own_lines: ClassVar[tuple[str, ...]] = ("bases",)
    measures: ClassVar[tuple[Measure, ...]] = (Measure("bases"), Measure("bases_{}", each="bases.functions"))
    outcomes: ClassVar[tuple[Outcome, ...]] = (Outcome("bases.cost", "yuan", less_is_better=True, by_town=False),)

    sites: str = "sites"
    """Table of sites."""
    functions: Annotated[tuple[BaseFunction, ...], Defines("function")] = ()
    """Functions that share the hours of a site (一个基地多种功能)."""
    site_functions: str | None = None
    """Table (site, function, least_hours); none: every site may have every function."""
    spending: Spending | None = None
    """Spending category that pays opening and yearly costs; none: costs are reported and nobody pays them."""
    most_new: Annotated[int, Field(ge=0)] | None = None
    """Most bases that open over the whole plan; none: no limit."""
    exactly_open: Annotated[int, Field(ge=0)] | None = None
    """Bases that are open in the plan's last year, those open already included; none: as many as are worth it."""
    venue_function: Annotated[Id, Names("function")] | None = None
    """Function whose hours programmes of the town may use, like its other venue hours."""

    def cost_lines(self) -> Mapping[str, CostLine]:
        """Opening and yearly costs, paid in the town of the site."""
        return {"bases": CostLine(self.spending)} if self.spending is not None else {}

    def labels(self, plan: PlanYear) -> Mapping[str, Collection[str]]:
        """Sites and their functions."""
        return {"site": set(plan.tables[self.sites]["site"]), "function": {each.id for each in self.functions}}


class SiteFunctionRow(Row):
    """A function that a site has when it is open."""

    site: Annotated[Id, Names("site")]
    function: Annotated[Id, Names("function")]
    least_hours: Amount = 0.0
    """Hours a year that the function gets at least when the site is open."""


SECTION = Bases
TABLES: tuple[TableUse, ...] = (
    TableUse("bases.sites", SiteRow, ("site",), defines="site", lasting=True, default="sites"),
    TableUse("bases.site_functions", SiteFunctionRow, ("site", "function")),
)
