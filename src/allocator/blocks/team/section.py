"""Input of the team block: kinds of staff, how many there are, and the rules on their posts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from allocator.blocks.shared.table_use import TableUse
from allocator.scenario.decisions import Decision, Taken
from allocator.scenario.marks import Defines, Distinct, Names, TownColumn
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import (
    Amount,
    CostLine,
    Gain,
    Id,
    Measure,
    Name,
    Outcome,
    Row,
    Section,
    Share,
    Spending,
    TownId,
    Yuan,
)

TypeId = Annotated[Id, Names("staff_type")]


class StaffType(Section):
    """A kind of staff, e.g. full-time (专职), part-time (兼职), volunteers (志愿者), experts (专家)."""

    id: Id
    name: Name | None = None
    pay: Yuan = 0.0
    """Cost of a post in a year [yuan]."""
    training_cost: Yuan = 0.0
    """Cost of training one of them [yuan]."""
    turnover: Share = 0.0
    """Share that leaves from one year to the next, counted to a thousandth; those who stay are rounded up."""
    contact_hours: Amount = 0.0
    """Hours a year that a post gives its town school for stations and pairs."""


class StaffRatio(Section):
    """Least share of some types of staff in all posts."""

    id: Id
    name: Name | None = None
    of: Annotated[tuple[TypeId, ...], Field(min_length=1), Distinct()]
    """Types that count."""
    at_least: Share
    scope: Literal["every_town", "district"] = "every_town"


class StaffBound(Section):
    """Least or most posts of a type in every town: ``posts``, or so many for every ``per`` of a towns column."""

    type: TypeId
    posts: Amount
    of: Annotated[str, TownColumn()] | None = None
    """Column of the towns table; none: the same number in every town."""
    per: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0


class StaffTraining(Section):
    """Training of staff, decided by the plan."""

    places: Amount
    """Places in the whole district in a year [heads]."""
    spending: Spending | None = None
    """Spending category of its cost; none: that of the posts."""
    gains: tuple[Gain, ...] = ()
    """What each person trained adds in the town."""


class Team(Section):
    """Posts of the community-education team (队伍), town by town and type by type; always whole."""

    decisions = (
        Decision(
            "posts",
            {"town": "town", "type": "staff_type"},
            "team",
            "posts",
            taken=Taken("posts", 60, lambda table: table["posts"] > 0),
        ),
        Decision(
            "staff_trained",
            {"town": "town", "type": "staff_type"},
            "team",
            "trained",
            taken=Taken("training", 70, lambda table: table["trained"] > 0),
        ),
    )
    own_lines: ClassVar[tuple[str, ...]] = ("posts", "post_training")
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("posts_{}", each="team.types"),
        Measure("posts_trained", part="team.training.places"),
    )
    outcomes: ClassVar[tuple[Outcome, ...]] = (Outcome("team.posts", "posts", less_is_better=True),)

    types: Annotated[tuple[StaffType, ...], Field(min_length=1), Defines("staff_type")]
    staff: str = "staff"
    """Table of the staff before the first year."""
    spending: Spending
    """Spending category of the posts."""
    ratios: tuple[StaffRatio, ...] = ()
    floors: tuple[StaffBound, ...] = ()
    """Least posts; parts of a post count whole."""
    most: tuple[StaffBound, ...] = ()
    """Most posts; parts of a post do not count."""
    most_hired_a_year: Annotated[int, Field(ge=0)] | None = None
    """Most people hired in the whole district in a year, of all types; none: no limit."""
    training: StaffTraining | None = None
    """None: nobody is trained by the plan."""

    def cost_lines(self) -> Mapping[str, CostLine]:
        """Posts, and the training of those who hold them."""
        lines = {"posts": CostLine(self.spending)} if any(each.pay > 0 for each in self.types) else {}
        if self.training is not None and any(each.training_cost > 0 for each in self.types):
            lines["post_training"] = CostLine(self.training.spending or self.spending)
        return lines

    def raised(self) -> frozenset[str]:
        """Indicators that training adds to."""
        return frozenset(each.indicator for each in self.training.gains) if self.training is not None else frozenset()

    def labels(self, plan: PlanYear) -> Mapping[str, Collection[str]]:  # noqa: ARG002
        """Types of staff and ratios."""
        return {"type": {each.id for each in self.types}, "ratio": {each.id for each in self.ratios}}


class StaffRow(Row):
    """Staff of a type in a town."""

    town: TownId
    type: TypeId
    heads: Annotated[int, Field(ge=0)]


SECTION = Team
TABLES: tuple[TableUse, ...] = (TableUse("team.staff", StaffRow, ("town", "type"), default="staff"),)
