"""Input of the mentoring block: which towns may mentor which, and what a pair brings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from allocator.blocks.shared.table_use import TableUse
from allocator.scenario.decisions import Decision
from allocator.scenario.marks import Distinct, SameEveryYear
from allocator.scenario.section import (
    Allowance,
    Amount,
    CostLine,
    IndicatorId,
    Measure,
    Outcome,
    Row,
    Section,
    Share,
    Spending,
    TownId,
    Yuan,
)

if TYPE_CHECKING:
    from allocator.scenario.files.yamltree import Node

Floats = npt.NDArray[np.float64]


class NamedTowns(Section):
    """Towns named one by one."""

    towns: Annotated[tuple[TownId, ...], Distinct()]


class Mature(Section):
    """Who may mentor."""

    upper_third: bool = True
    """The third of the towns with the highest base levels may."""
    preset: Annotated[tuple[TownId, ...], Distinct()] = ()
    """Towns that may whatever their level, because the plan names them."""


class Matching(Section):
    """Pairs by what mentees need and mentors are strong in, indicator by indicator, as the plan starts."""

    needs: Annotated[int, Field(ge=1)] = 2
    """So many indicators in which a mentee stands lowest, as shares of their targets, are its needs; an indicator whose
    target it has reached is none."""
    strong_at_least: Share = 0.6
    """A mentor is strong where it stands at this share of the target or more, and higher than the mentee."""
    only_needs: bool = True
    """Whether a pair adds only to the needs of the mentee in which the mentor is strong, and to nothing else."""


class Visits(Section):
    """Visits of mentors to their mentees: the time and the money they take."""

    visits: Amount
    """Visits of the mentor to the mentee in a year, there and back."""
    cost_per_hour: Yuan = 0.0
    """Yuan for an hour of travel, paid to the mentor town."""
    spending: Spending | None = None
    """Spending category that is charged."""
    most_minutes: Amount | None = None
    """Most minutes of travel of all pairs in a year; none: no limit."""
    most_minutes_of_mentor: Amount | None = None
    """Most minutes of travel of a mentor in a year; none: no limit."""

    def minutes(self, one_way: Floats) -> Floats:
        """Minutes of travel a year of pairs that are so many minutes apart."""
        return np.asarray(2.0 * self.visits * one_way)


class Mentoring(Section):
    """Mentoring pairs (结对帮扶): a mature town school helps a slow-starting one."""

    decisions = (Decision("pairing", {"mentor": "town", "mentee": "town"}, "pairs"),)
    own_lines: ClassVar[tuple[str, ...]] = ("mentoring", "mentoring_travel")
    measures: ClassVar[tuple[Measure, ...]] = (Measure("paired_slow_towns", of_towns=False),)
    outcomes: ClassVar[tuple[Outcome, ...]] = (
        Outcome("mentoring.benefit", "level points"),
        Outcome("mentoring.cost", "points", less_is_better=True, part="mentoring.pairs"),
        Outcome("mentoring.worth", "points", part="mentoring.pairs"),
    )
    limiting_columns: ClassVar[tuple[str, ...]] = ("school_hours",)

    slow: Literal["lowest_third"] | NamedTowns = "lowest_third"
    """Slow-starting towns: the third with the lowest base levels, or named ones."""
    mature: Mature = Mature()
    min_gap: Amount = 5.0
    """Least lead of a mentor's base level over the mentee's [level points]."""
    mentor_capacity: Annotated[int, Field(ge=0)] = 2
    """Most mentees of a mentor."""
    mentee_cover: Annotated[int, Field(ge=0)] = 1
    """Most mentors of a mentee."""
    mentee_least: Annotated[int, Field(ge=0)] = 0
    """Least mentors that every mentee must have."""
    hours_per_pair: Amount = 0.0
    """Hours of the mentor's town school a pair needs in a year."""
    term_years: Annotated[int, Field(ge=1), SameEveryYear("load.term_changes")] = 3
    """Length of a pair's agreement."""
    rotation: bool = False
    """Whether mentors change after a term: no pair is renewed."""
    transfer: Mapping[IndicatorId, Share] = Field(default_factory=dict)
    """Indicator to the share of the gap that a pair next door closes in a year; may be left out with ``pairs``."""
    nearness_minutes: Annotated[float, Field(gt=0)] | None = None
    """Travel time at which the transfer falls to 1/e; needed with ``transfer``."""
    matching: Matching | None = None
    """Pairs by needs and strengths; none: a pair is about everything."""
    travel: Visits | None = None
    """Visits and what they take; none: they are not planned."""
    pairs: str | None = None
    """Table of the pairs that may be made (mentor, mentee, benefit, cost, hours, eligible); with it ``slow``,
    ``mature``, ``min_gap`` and the reach do not count: its mentors may mentor, its mentees need a mentor."""
    max_changes: Annotated[int, Field(ge=0)] | None = None
    """Most pairs that may change from the year before, new ones and ended ones together; none: no limit."""
    allowance: Allowance | None = None
    """Paid for each pair, to the mentor town."""

    @classmethod
    def travels(cls, part: Node) -> bool:  # noqa: ARG003
        """Mentors visit their mentees."""
        return True

    @classmethod
    def needs_travel(cls, part: Node) -> bool:
        """Whether minutes count: not where a table names the pairs and nothing fades on the way."""
        return "pairs" not in part.entries or bool({"transfer", "travel"} & part.entries.keys())

    def cost_lines(self) -> Mapping[str, CostLine]:
        """The allowance of pairs, and the travel of mentors."""
        made = {"mentoring": self.allowance.line()} if self.allowance is not None else {}
        if self.travel is not None and self.travel.spending is not None:
            made["mentoring_travel"] = CostLine(self.travel.spending)
        return made


class LastYearPairRow(Row):
    """A pair that ran last year."""

    mentor: TownId
    mentee: TownId
    start_year: int
    renewals: Annotated[int, Field(ge=0)] = 0


class PairRow(Row):
    """A pair that may be made."""

    mentor: TownId
    mentee: TownId
    benefit: Amount = 0.0
    """What the pair is worth in a year, in points of the table; ``mentoring.worth`` sums it by mentee."""
    cost: Amount = 0.0
    """What the pair costs in points of the table that no source pays; ``mentoring.cost`` sums it by mentee."""
    hours: Amount | None = None
    """Hours of the mentor's town school that the pair needs in a year; blank: ``hours_per_pair``."""
    eligible: bool = True
    """Whether the pair may be made; one that may not says that the mentee needs a mentor all the same."""


SECTION = Mentoring
TABLES: tuple[TableUse, ...] = (
    TableUse("mentoring.pairs", PairRow, ("mentor", "mentee")),
    TableUse("last_year.pairs", LastYearPairRow, ("mentor", "mentee")),
)
