"""Input of the funding block: sources of money and the rules on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from allocator.blocks.shared.table_use import TableUse
from allocator.scenario.decisions import Decision
from allocator.scenario.marks import DecidedBefore, Defines, Distinct, Names
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Amount, Id, Measure, Name, Row, Section, Share, Spending, TownId, Yuan


class Earmark(Section):
    """Money of a source that must reach a town."""

    town: TownId
    at_least: Yuan


class FundingSource(Section):
    """One source of money in the plan year."""

    id: Id
    name: Name | None = None
    amount: Yuan
    """What the source gives in the year [yuan]."""
    special_fund: bool = False
    """Counts as the special fund (专项经费) of the per-head floor."""
    pays: Annotated[tuple[Spending, ...], Distinct()]
    """Spending categories it may pay for."""
    earmark: tuple[Earmark, ...] = ()
    min_share: Share | None = None
    """Least share of all money spent that must come from this source."""
    carried_in: Annotated[Yuan, DecidedBefore()] = 0.0
    """Money left over from last year (结转), besides the amount of the year [yuan]; only with ``carry_over``."""


class PerCapitaFloor(Section):
    """Least special-fund money a resident [yuan a head]."""

    district: Yuan | None = None
    """Over the whole district."""
    town: Yuan | None = None
    """In every single town."""
    requirement: str = ""
    text: str = ""


class CategoryShare(Section):
    """Bounds on the share of one spending category in all money."""

    spending: Spending
    at_least: Share | None = None
    at_most: Share | None = None


class YearOnYear(Section):
    """How far a town's money may move from last year's, as shares of last year's money."""

    down: Share
    up: Amount


class CarryOver(Section):
    """Unspent money goes on to the next year, once: what is left of it after two years is taken back (结余收回)."""

    execution: Share = 0.9
    """Least share of the money at hand (amounts and what was carried in) that is spent in the year (执行率)."""


class Growth(Section):
    """How all money spent may move from last year's, as shares of it (经费投入增长机制)."""

    down: Share
    up: Amount | None = None
    """None: no upper bound."""


class Issued(Section):
    """Money that has gone out already this year (已下达): a re-plan in mid-year shares out the rest."""

    table: str
    """Table (town, source, amount_yuan)."""
    take_back: Share = 0.0
    """Largest share of an issued amount that may be taken back, for a cut in mid-year."""


class Matching(Section):
    """Money of a source matched with that of another (配套), e.g. at most half a yuan for each yuan of another."""

    id: Id
    name: Name | None = None
    source: Annotated[Id, Names("source")]
    """The source whose money is matched."""
    with_: Annotated[Id, Field(alias="with"), Names("source")]
    """The source it is measured by, written ``with``."""
    at_most: Amount | None = None
    """Most yuan of ``source`` for each yuan of ``with``."""
    at_least: Amount | None = None
    """Least yuan of ``source`` for each yuan of ``with``."""
    scope: Literal["district", "every_town"] = "district"
    """Over all money (with the district centre), or in every town."""


class Funding(Section):
    """Sources of money, who may pay for what, floors, shares and yearly bounds."""

    decisions = (
        Decision(
            "funding", {"town": "recipient", "programme": "cost_line", "source": "source"}, "funding", "amount_yuan"
        ),
    )
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("money"),
        Measure("money_per_head"),
        Measure("special_fund_per_head"),
    )
    of_whole_plan: ClassVar[bool] = True

    sources: Annotated[tuple[FundingSource, ...], Field(min_length=1), Defines("source")]
    per_capita_floor: PerCapitaFloor | None = None
    category_shares: tuple[CategoryShare, ...] = ()
    year_on_year: YearOnYear | None = None
    carry_over: CarryOver | None = None
    """None: what is not spent in its year is lost."""
    growth: Growth | None = None
    issued: Issued | None = None
    matching: tuple[Matching, ...] = ()

    def labels(self, plan: PlanYear) -> Mapping[str, Collection[str]]:  # noqa: ARG002
        """Sources and their matchings."""
        return {"source": {each.id for each in self.sources}, "matching": {each.id for each in self.matching}}

    def things(self) -> Mapping[str, Name | None]:
        """The sources by id."""
        return {each.id: each.name for each in self.sources}


class IssuedRow(Row):
    """Money of a source that has gone out to a town already."""

    town: Annotated[Id, Names("recipient")]
    source: Annotated[Id, Names("source")]
    amount_yuan: Amount


class LastYearFundingRow(Row):
    """Last year's money of a town."""

    town: TownId
    amount_yuan: Amount


SECTION = Funding
TABLES: tuple[TableUse, ...] = (
    TableUse("funding.issued.table", IssuedRow, ("town", "source")),
    TableUse("last_year.funding_by_town", LastYearFundingRow, ("town",), every_town=True),
)
