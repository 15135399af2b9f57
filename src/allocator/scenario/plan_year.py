"""What is given: one validated, frozen object per plan year, and the years of a plan together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from allocator.scenario.section import Common, CostLine, Indicator, Section
from allocator.scenario.travel import Travel
from allocator.words.errors import Finding, Place

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import pulp

S = TypeVar("S", bound=Section)


@dataclass(frozen=True, eq=False)
class PlanStart:
    """Where the plan stood before its first year; gaps, classes of towns and paths are measured from here."""

    base: pd.DataFrame
    """Index: town. Columns: indicator ids. Values in the indicator's unit."""
    money: npt.NDArray[np.float64] | None
    """Money of each town in the year before the plan [yuan], in town order; none where it is not known."""


@dataclass(frozen=True, eq=False)
class PlanYear:
    """Everything the engine knows about one plan year; tables are sorted by their keys, ids in published order."""

    common: Common
    sections: Mapping[str, Section]
    """Block name to its validated section; a block without a section is not part of the plan."""
    tables: Mapping[str, pd.DataFrame]
    """Table id to its checked rows: declared columns, money in yuan, sorted by key."""
    towns: pd.DataFrame
    """Index: town id, sorted. Columns: those of the towns table."""
    indicators: tuple[Indicator, ...]
    """Sorted by id."""
    base: pd.DataFrame
    """Index: town. Columns: indicator ids. Values before the plan year, in the indicator's unit."""
    travel: Travel | None
    places: Mapping[str, Place] = field(default_factory=dict)
    """Path of a value to where it stands in the files."""
    start: PlanStart | None = None
    """Where the plan stood before its first year; none: this year is where it starts."""
    before: PlanYear | None = None
    """The year before where it is decided together with this one; then neither ``base`` (but for counted stocks) nor
    last year's plan is given."""
    earlier: tuple[PlanYear, ...] = ()
    """The years of the plan before this one, as they are given; the first of them begins the plan."""
    is_last: bool = True
    """Whether no further year of the plan is decided after this one."""

    @property
    def year(self) -> int:
        """The calendar year."""
        return self.common.year

    def section(self, kind: type[S]) -> S | None:
        """The section of a class, e.g. ``plan.section(Team)``; none: its block is no part of the plan year."""
        return next((each for each in self.sections.values() if isinstance(each, kind)), None)

    def required(self, kind: type[S]) -> S:
        """The section of a class whose block is part of the plan year.

        Raises:
            KeyError: it is not.
        """
        found = self.section(kind)
        if found is None:
            raise KeyError(kind.__name__)
        return found

    def table(self, path: str) -> pd.DataFrame:
        """The table that a section names at a path, e.g. ``teaching.teachers``; for blocks that read another's table.

        Raises:
            KeyError: the plan year has no such section.
        """
        block, _, field = path.partition(".")
        return self.tables[getattr(self.sections[block], field)]

    def follows(self, block: str) -> bool:
        """Whether a block is decided together with the same block of the year before; one may begin in a later year."""
        return self.before is not None and block in self.before.sections

    def per_town(self, column: str) -> npt.NDArray[np.float64]:
        """A numeric column of the towns table as an array in town order."""
        return self.towns[column].to_numpy(dtype=float)

    @property
    def population(self) -> npt.NDArray[np.float64]:
        """Residents of each town under the declared vintage [heads]."""
        return self.per_town(self.common.population.column)

    def denominator(self, indicator: Indicator) -> npt.NDArray[np.float64]:
        """What the effects on an indicator are divided by, town by town."""
        if indicator.denominator is None:
            return np.ones(len(self.towns))
        return self.per_town(indicator.denominator) / indicator.per

    def base_values(self) -> npt.NDArray[np.float64]:
        """Values before this year [town, indicator], in the indicators' units."""
        return self.base[[i.id for i in self.indicators]].to_numpy(dtype=float)

    def plan_base(self) -> npt.NDArray[np.float64]:
        """Values before the plan's first year [town, indicator], in the indicators' units."""
        base = self.base if self.start is None else self.start.base
        return base[[i.id for i in self.indicators]].to_numpy(dtype=float)

    def money_before_plan(self) -> npt.NDArray[np.float64] | None:
        """Money of each town in the year before the plan [yuan], in town order; none where it is not known."""
        return self.last_year_money() if self.start is None else self.start.money

    def last_year_money(self) -> npt.NDArray[np.float64] | None:
        """Last year's money of each town [yuan], in town order; none where it is not given (or decided as well)."""
        given = self.common.last_year
        if self.before is not None or given is None or given.funding_by_town is None:
            return None
        amounts = self.tables[given.funding_by_town].set_index("town")["amount_yuan"]
        return amounts.reindex(self.towns.index, fill_value=0.0).to_numpy(dtype=float)

    @property
    def knows_last_year(self) -> bool:
        """Whether anything is given of last year's plan that change could be measured from."""
        given = self.common.last_year
        return self.before is None and given is not None and any(given.model_dump(exclude={"results"}).values())

    @property
    def decided_stocks(self) -> frozenset[str]:
        """Stocks counted by indicators that the plan decides; the others are given for each year."""
        return frozenset[str]().union(*(each.decided_stocks() for each in self.sections.values()))

    @property
    def programme_ids(self) -> frozenset[str]:
        """Programmes that towns can run; other cost lines belong to other blocks."""
        return frozenset[str]().union(*(each.programme_ids() for each in self.sections.values()))

    def cost_lines(self) -> dict[str, CostLine]:
        """Everything that may cost money, by the name of its line: programmes first, then the blocks by name."""
        parts = sorted(self.sections.items(), key=lambda part: (not part[1].programme_ids(), part[0]))
        return {line: how for _, section in parts for line, how in section.cost_lines().items()}

    def base_levels(self) -> npt.NDArray[np.float64]:
        """Level of each town before the plan year, 0 to 100: 100 x sum of weight x min(1, base / target)."""
        return self.levels(self.base_values())

    def targets(self) -> npt.NDArray[np.float64]:
        """Target of each indicator, in its unit."""
        return np.array([each.target for each in self.indicators])

    def caps(self) -> npt.NDArray[np.float64]:
        """Value from which more of an indicator counts nothing, in its unit: its target, or a ceiling below it."""
        return np.array([min(i.target, np.inf if i.ceiling is None else i.ceiling) for i in self.indicators])

    def credited(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Attainment [..., indicator] of values [..., indicator]: min(cap, value) / target, from 0 to 1."""
        return np.asarray(np.minimum(values, self.caps()) / self.targets())

    def levels(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Level of each town for values [town, indicator]: 100 x sum of weight x what is credited."""
        return np.asarray(100.0 * self.credited(values) @ np.array([each.weight for each in self.indicators]))


def chained(years: Iterable[PlanYear]) -> tuple[PlanYear, ...]:
    """Years that are decided together, in order: each knows those before it."""
    made: list[PlanYear] = []
    for year in years:
        made.append(replace(year, before=made[-1], earlier=tuple(made)) if made else year)
    return tuple(made)


class Source(Protocol):
    """What a scenario was read from; it can make the same scenario with some values changed."""

    def changed(self, changes: Mapping[str, Any]) -> Scenario:
        """The scenario with values replaced by path."""
        ...

    def write(self, folder: Path) -> None:
        """Write the resolved files with their tables."""
        ...


@dataclass(frozen=True, eq=False)
class Scenario:
    """The years of a plan that are solved together, and the files they came from."""

    label: str
    """Plan and year or variant, e.g. ``panyu-2016``; names the default results folder."""
    plan_years: tuple[PlanYear, ...]
    warnings: tuple[Finding, ...]
    source: Source
    extension: Callable[[Any], None] | None = field(default=None, compare=False)
    """Declares rules of a user's own on every model that is built of the scenario; none without any."""

    @property
    def years(self) -> tuple[int, ...]:
        """The plan years, in order."""
        return tuple(plan_year.year for plan_year in self.plan_years)

    @property
    def first(self) -> PlanYear:
        """The first plan year."""
        return self.plan_years[0]

    @property
    def last(self) -> PlanYear:
        """The last plan year."""
        return self.plan_years[-1]

    @classmethod
    def load(cls, path: str | Path) -> Scenario:
        """Read a plan folder, a year file or a variant file.

        Raises:
            InputError: the plan has errors; all of them are listed.
        """
        from allocator.plan.reading import load

        return load(path)

    def with_(self, changes: Mapping[str, Any]) -> Scenario:
        """The same scenario with values replaced by path, e.g. ``{"funding.sources.government.amount": 4e6}``.

        List items are named by id; money is in the plan's unit; the changed plan is checked like a file.

        Raises:
            InputError: a path does not exist, or the changed plan has errors.
        """
        return replace(self.source.changed(changes), extension=self.extension)

    def problem(self, stage: str) -> pulp.LpProblem:
        """One step of a stage as a PuLP problem with readable names, e.g. ``"balance/1"`` or ``"total"``; minimised.

        Steps before it are solved, and what they reached is held.

        Raises:
            UsageError: there is no such stage or step.
        """
        from allocator.verbs.exporting import problem_of

        return problem_of(self, stage)

    def mapped(self, change: Callable[[PlanYear], PlanYear]) -> Scenario:
        """The same scenario with every plan year changed; nothing is checked again."""
        return replace(self, plan_years=chained(map(change, self.plan_years)))

    def save(self, folder: str | Path) -> Self:
        """Write the resolved scenario with its tables, so that it can be loaded again alone."""
        from pathlib import Path

        self.source.write(Path(folder))
        return self
