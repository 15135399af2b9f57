"""Input of the purchase block: organisations that teach for the government, what they offer, and how much is bought."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from allocator.blocks.shared.table_use import TableUse
from allocator.scenario.decisions import Decision
from allocator.scenario.marks import Names
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Amount, CostLine, Id, Row, Section, Share, Spending, TownId


class Purchase(Section):
    """Purchase of services (政府购买服务): teaching hours bought from organisations, beside own teachers."""

    decisions = (
        Decision(
            "purchased",
            {"provider": "provider", "town": "town", "category": "taught_category"},
            "purchases",
            "hours",
        ),
    )
    own_lines: ClassVar[tuple[str, ...]] = ("purchase",)

    providers: str = "providers"
    """Table of organisations."""
    offers: str = "offers"
    """Table of what they offer: course categories, prices, yearly hours, quality."""
    towns: str | None = None
    """Table (provider, town) of where they work; none: everywhere."""
    spending: Spending
    """Spending category that is charged."""
    min_grade: Annotated[int, Field(ge=0)] = 0
    """Least grade (等级) of an organisation; the others are not qualified."""
    most_share: Share | None = None
    """Most that is bought in a town, as a share of the teacher hours its programmes need (hours counted by quality)."""
    least_hours: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Least hours of a contract (an organisation, a town, a course category); none: any number of hours."""

    def cost_lines(self) -> Mapping[str, CostLine]:
        """What is bought, paid in the town that is taught."""
        return {"purchase": CostLine(self.spending)}

    def labels(self, plan: PlanYear) -> Mapping[str, Collection[str]]:
        """Organisations."""
        return {"provider": set(plan.tables[self.providers]["provider"])}


class ProviderRow(Row):
    """An organisation that may be paid for teaching."""

    provider: Id
    name_zh: str
    name_en: str
    grade: Annotated[int, Field(ge=0)]
    """Grade of its qualification, higher is better."""
    venue_included: bool
    """Whether it brings its own rooms: the hours of units that it teaches then need no hour of the town's venues."""


class OfferRow(Row):
    """What an organisation offers to teach."""

    provider: Annotated[Id, Names("provider")]
    category: Annotated[Id, Names("taught_category")]
    """Course category, or ``any``: hours of programmes without a category."""
    price_yuan: Amount
    """Price of an hour."""
    capacity_hours: Amount
    """Hours it can teach in the whole district in a year."""
    quality: Annotated[float, Field(gt=0, le=1)]
    """Effective hours of an hour bought."""


class ProviderTownRow(Row):
    """A town in which an organisation works."""

    provider: Annotated[Id, Names("provider")]
    town: TownId


SECTION = Purchase
TABLES: tuple[TableUse, ...] = (
    TableUse("purchase.providers", ProviderRow, ("provider",), defines="provider", default="providers"),
    TableUse(
        "purchase.offers",
        OfferRow,
        ("provider", "category"),
        default="offers",
    ),
    TableUse("purchase.towns", ProviderTownRow, ("provider", "town")),
)
