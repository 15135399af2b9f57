"""Input of the stars block: the standard of a star-rated station, and in which batches stations reach it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, ClassVar

import pandas as pd
from pydantic import Field

from allocator.blocks.shared.stations import StationRow
from allocator.blocks.shared.table_use import TableUse
from allocator.scenario.decisions import Decision, Taken
from allocator.scenario.marks import Defines, Names, OfFirstYear
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Amount, CostLine, Gain, Id, Measure, Name, Outcome, Row, Section, Spending


class StarGrade(Section):
    """A grade of the standard, e.g. one star."""

    id: Id
    name: Name | None = None
    stars: Annotated[int, Field(ge=1), OfFirstYear()]
    """Number of stars; a grade with more stars has a higher cutoff."""
    cutoff: Annotated[float, Field(gt=0, allow_inf_nan=False), OfFirstYear()]
    """Least points over all criteria."""


class EqualChance(Section):
    """Stations of every town come up in turn."""

    stations: Annotated[float, Field(ge=1, allow_inf_nan=False)]
    """How many newly starred stations a town may be away from its share of all newly starred ones; its share is that
    of its stations among all that had no star before the plan."""


class Stars(Section):
    """Star-rated stations (星级村居辅导站): which stations are brought up to the standard, grade by grade and batch by
    batch. A star is never lost."""

    decisions = (
        Decision(
            "starred",
            {"station": "star_station", "grade": "star_grade"},
            "stars",
            rows=lambda table, plan: grades_held(plan, table),
            taken=Taken("star", 20, lambda table: table["grade_after"] != table["grade_before"], how="grade_after"),
        ),
    )
    own_lines: ClassVar[tuple[str, ...]] = ("stars",)
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("star_share"),
        Measure("star_stations"),
        Measure("star_stations_{}", each="stars.grades", above_first=True),
    )
    outcomes: ClassVar[tuple[Outcome, ...]] = (Outcome("stars.benefit", "heads"),)

    stations: Annotated[str, OfFirstYear()] = "stations"
    """Table of all stations; every town has at least one."""
    criteria: Annotated[str, OfFirstYear()] = "star_criteria"
    """Table of the criteria: full points, and the cost of bringing a station to them."""
    scores: Annotated[str, OfFirstYear()] = "station_scores"
    """Table of the points that stations have now."""
    grades: Annotated[tuple[StarGrade, ...], Field(min_length=1), Defines("star_grade")]
    spending: Spending
    """Spending category that upgrades are charged to."""
    most_a_year: Annotated[int, Field(ge=0)] | None = None
    """Most grades that stations reach in a year, one for each station and grade; none: no limit."""
    equal_chance: EqualChance | None = None
    slow_weight: Amount = 1.0
    """Worth of a starred station: residents x (1 + slow_weight x slow)."""
    gains: tuple[Gain, ...] = ()
    """What each station adds that gets its first star."""

    def cost_lines(self) -> Mapping[str, CostLine]:
        """Upgrades, paid to the town of the station."""
        return {"stars": CostLine(self.spending, "towns")}

    def raised(self) -> frozenset[str]:
        """Indicators of the gains."""
        return frozenset(each.indicator for each in self.gains)

    def labels(self, plan: PlanYear) -> Mapping[str, Collection[str]]:
        """Stations, grades, and the stations that locks name (they are no longer like others)."""
        locks = [lock.where for lock in plan.common.locks if lock.decision == "starred"]
        locked = {where["station"] for where in locks if "station" in where}
        stations = set(plan.tables[self.stations]["station"])
        return {"station": stations, "grade": {grade.id for grade in self.grades}, "locked_station": locked}


class StarCriterionRow(Row):
    """A criterion of the standard."""

    criterion: Id
    name_zh: str
    name_en: str
    points: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    """Full points."""
    upgrade_cost_yuan: Amount
    """Cost of bringing one station to full points, whatever it has now."""


class StarScoreRow(Row):
    """Points that a station has for a criterion; without a row it has none."""

    station: Annotated[Id, Names("star_station")]
    criterion: Annotated[Id, Names("star_criterion")]
    points: Amount


def grades_held(plan: PlanYear, reached: pd.DataFrame) -> pd.DataFrame:
    """Every grade that a station has (station, grade): before the year, or by the table of those reached in it."""
    given = plan.section(Stars)
    assert given is not None
    stars = {grade.id: grade.stars for grade in given.grades}
    table = plan.tables[given.stations]
    now = dict(zip(table["station"], table["star"], strict=True))
    for station, grade in zip(reached["station"], reached["grade_after"], strict=True):
        now[station] = max(now.get(station, 0), stars.get(grade, 0))
    rows = [(station, grade) for station, most in now.items() for grade, least in stars.items() if least <= most]
    return pd.DataFrame(rows, columns=["station", "grade"], dtype=object)


SECTION = Stars
TABLES: tuple[TableUse, ...] = (
    TableUse("stars.stations", StationRow, ("station",), defines="star_station", default="stations", every_town=True),
    TableUse("stars.criteria", StarCriterionRow, ("criterion",), defines="star_criterion", default="star_criteria"),
    TableUse(
        "stars.scores",
        StarScoreRow,
        ("station", "criterion"),
        default="station_scores",
    ),
)
