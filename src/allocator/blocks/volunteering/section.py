"""Input of the volunteering block: volunteers by town."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from allocator.blocks.shared.table_use import TableUse
from allocator.scenario.decisions import Decision
from allocator.scenario.marks import TownColumn
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Allowance, Amount, CostLine, Row, Section, Share, TownId

if TYPE_CHECKING:
    from allocator.scenario.files.yamltree import Node


class Recruits(Section):
    """Most people a town can recruit in a year: ``heads`` for every ``per`` of a column of the towns table."""

    per: Annotated[float, Field(gt=0)]
    of: Annotated[str, TownColumn()]
    """Column of the towns table."""
    heads: Amount


class VolunteerStock(Section):
    """How the stock of volunteers moves: part of it stays, recruits join once they are trained."""

    retention: Share
    """Share of the volunteers that stays from one year to the next."""
    recruits: Recruits
    training_places: Amount
    """Places of training in the whole district in a year [heads]."""


class Volunteering(Section):
    """Volunteer hours across towns."""

    decisions = (Decision("volunteering", {"from_town": "town", "to_town": "town"}, "volunteering", "hours"),)
    own_lines: ClassVar[tuple[str, ...]] = ("volunteer_training",)
    of_whole_plan: ClassVar[bool] = True

    volunteers: str = "volunteers"
    """Table of volunteers by town."""
    supervision_ratio: Annotated[float, Field(gt=0)] | None = None
    """Most volunteer hours for each teacher hour in a town; none: no limit."""
    stock: VolunteerStock | None = None
    """Recruiting and training decided by the plan; the table's heads are then those before the first year. None: the
    table gives the heads of the year."""
    training_allowance: Allowance | None = None
    """Paid for each volunteer trained, in the volunteer's town."""

    @classmethod
    def travels(cls, part: Node) -> bool:  # noqa: ARG003
        """Volunteers help in other towns."""
        return True

    def decided_stocks(self) -> frozenset[str]:
        """The stock of volunteers, where recruiting and training are decided."""
        return frozenset({"volunteers"}) if self.stock is not None else frozenset()

    def cost_lines(self) -> Mapping[str, CostLine]:
        """The allowance of training."""
        return {"volunteer_training": self.training_allowance.line()} if self.training_allowance is not None else {}


def stock_of(plan: PlanYear) -> VolunteerStock | None:
    """How the stock of volunteers moves from year to year; none where the heads of each year are given."""
    given = plan.section(Volunteering)
    return given.stock if given is not None else None


class VolunteerRow(Row):
    """Volunteers of a town."""

    town: TownId
    heads: Amount
    active_rate: Share
    """Share of the heads that is active."""
    hours_per_active: Amount
    """Hours a year of an active volunteer."""


SECTION = Volunteering
TABLES: tuple[TableUse, ...] = (TableUse("volunteering.volunteers", VolunteerRow, ("town",), default="volunteers"),)
