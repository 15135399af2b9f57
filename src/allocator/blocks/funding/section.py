"""Input of the funding block: sources of money and the rules on them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from allocator.scenario import Amount, Id, Name, Row, Section, Share, Yuan


class Earmark(Section):
    """Money of a source that must reach a town."""

    town: Id
    at_least: Yuan


class FundingSource(Section):
    """One source of money in the plan year."""

    id: Id
    name: Name | None = None
    amount: Yuan
    """What the source gives in the year [yuan]."""
    special_fund: bool = False
    """Counts as the special fund (专项经费) of the per-head floor."""
    pays: tuple[Id, ...]
    """Spending categories it may pay for."""
    earmark: tuple[Earmark, ...] = ()
    min_share: Share | None = None
    """Least share of all money spent that must come from this source."""


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

    spending: Id
    at_least: Share | None = None
    at_most: Share | None = None


class YearOnYear(Section):
    """How far a town's money may move from last year's, as shares of last year's money."""

    down: Share
    up: Amount


class Funding(Section):
    """Sources of money, who may pay for what, floors, shares and yearly bounds."""

    sources: Annotated[tuple[FundingSource, ...], Field(min_length=1)]
    per_capita_floor: PerCapitaFloor | None = None
    category_shares: tuple[CategoryShare, ...] = ()
    year_on_year: YearOnYear | None = None


class LastYearFundingRow(Row):
    """Last year's money of a town."""

    town: Id
    amount_yuan: Amount
