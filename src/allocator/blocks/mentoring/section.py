"""Input of the mentoring block: which towns may mentor which, and what a pair brings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from allocator.planfile import Allowance, Amount, CostLine, Id, Row, Section, Share


class NamedTowns(Section):
    """Towns named one by one."""

    towns: tuple[Id, ...]


class Mature(Section):
    """Who may mentor."""

    upper_third: bool = True
    """The third of the towns with the highest base levels may."""
    preset: tuple[Id, ...] = ()
    """Towns that may whatever their level, because the plan names them."""


class Mentoring(Section):
    """Mentoring pairs (结对帮扶): a mature town school helps a slow-starting one."""

    slow: Literal["lowest_third"] | NamedTowns = "lowest_third"
    """Slow-starting towns: the third with the lowest base levels, or named ones."""
    mature: Mature = Mature()
    min_gap: Amount = 5.0
    """Least lead of a mentor's base level over the mentee's [level points]."""
    mentor_capacity: Annotated[int, Field(ge=0)] = 2
    """Most mentees of a mentor."""
    mentee_cover: Annotated[int, Field(ge=0)] = 1
    """Most mentors of a mentee."""
    hours_per_pair: Amount = 0.0
    """Hours of the mentor's town school a pair needs in a year."""
    term_years: Annotated[int, Field(ge=1)] = 3
    """Length of a pair's agreement."""
    transfer: Mapping[Id, Share]
    """Indicator to the share of the gap that a pair next door closes in a year."""
    nearness_minutes: Annotated[float, Field(gt=0)]
    """Travel time at which the transfer falls to 1/e."""
    max_changes: Annotated[int, Field(ge=0)] | None = None
    """Most pairs that may change from the year before, new ones and ended ones together; none: no limit."""
    allowance: Allowance | None = None
    """Paid for each pair, to the mentor town."""

    def cost_lines(self) -> Mapping[str, CostLine]:
        """The allowance of pairs."""
        return {"mentoring": self.allowance.line()} if self.allowance is not None else {}


class LastYearPairRow(Row):
    """A pair that ran last year."""

    mentor: Id
    mentee: Id
    start_year: int
    renewals: Annotated[int, Field(ge=0)] = 0
