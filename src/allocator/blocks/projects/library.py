"""The projects of a plan year as aligned arrays: pure data, used by the model, the checks and the tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocator.blocks.projects.section import ProjectKind, Projects
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import DISTRICT

Codes = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

PER = 1000.0
"""Gains in every town are given for so many of the indicator's denominator."""


@dataclass(frozen=True, eq=False)
class Library:
    """Projects in the order of their ids."""

    ids: tuple[str, ...]
    kinds: tuple[ProjectKind, ...]
    """Sorted by id."""
    kind: Codes
    """Position of each project's kind."""
    town: Codes
    """Position of each project's town; the district centre stands after the towns."""
    once: Floats
    """[yuan]."""
    yearly: Floats
    """[yuan]."""
    benefit: Floats
    first: Floats
    """First year in which a project may start; -inf without one."""
    last: Floats
    """Last year in which it may; inf without one."""
    started: Floats
    """Year in which it began, before the plan year; nan where it did not."""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def has_begun(self) -> Bools:
        """Which projects began before."""
        return ~np.isnan(self.started)

    @property
    def goes_on(self) -> Bools:
        """Which projects run on after their first year."""
        return np.array([kind.yearly for kind in self.kinds], dtype=bool)[self.kind]

    @property
    def runs_on(self) -> Bools:
        """Which projects began before and still run."""
        return self.has_begun & self.goes_on

    def may_start(self, year: int) -> Bools:
        """Which projects may start in a year."""
        return np.asarray(~self.has_begun & (self.first <= year) & (year <= self.last))


@dataclass(frozen=True, eq=False)
class Gains:
    """What running projects add to indicators, town by town, as aligned arrays."""

    project: Codes
    town: Codes
    indicator: Codes
    value: Floats
    """In the unit of the indicator."""


def library(plan: PlanYear, given: Projects) -> Library:
    """The projects of a plan year."""
    table = plan.tables[given.table].sort_values("project")
    kinds = tuple(sorted(given.kinds, key=lambda each: each.id))
    of_kind = {kind.id: at for at, kind in enumerate(kinds)}
    of_town = {str(town): at for at, town in enumerate((*plan.towns.index, DISTRICT))}
    return Library(
        tuple(table["project"]),
        kinds,
        np.array([of_kind[kind] for kind in table["kind"]], dtype=np.intp),
        np.array([of_town[town] for town in table["town"]], dtype=np.intp),
        table["once_yuan"].to_numpy(dtype=float),
        table["yearly_yuan"].to_numpy(dtype=float),
        table["benefit"].to_numpy(dtype=float),
        np.nan_to_num(_years(table, "first_year"), nan=-np.inf),
        np.nan_to_num(_years(table, "last_year"), nan=np.inf),
        _years(table, "started"),
    )


def links(plan: PlanYear, name: str | None, column: str, found: Library) -> tuple[Codes, Codes]:
    """Positions of the two projects of each row of a table of links; none without a table."""
    if name is None:
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    table = plan.tables[name]
    at = {project: n for n, project in enumerate(found.ids)}
    one, other = ([at[project] for project in table[label]] for label in ("project", column))
    return np.array(one, dtype=np.intp), np.array(other, dtype=np.intp)


def gains(plan: PlanYear, given: Projects, found: Library) -> Gains:
    """What each project adds where it counts."""
    rows: list[tuple[int, int, int, float]] = []
    at = {project: n for n, project in enumerate(found.ids)}
    of_indicator = {indicator.id: n for n, indicator in enumerate(plan.indicators)}
    effects = plan.tables[given.effects] if given.effects is not None else pd.DataFrame()
    for effect in effects.to_dict("records"):
        project, indicator = at[effect["project"]], of_indicator[effect["indicator"]]
        sizes = plan.denominator(plan.indicators[indicator])
        if effect["where"] == "own_town":
            town = int(found.town[project])
            rows.append((project, town, indicator, effect["gain"] / sizes[town]))
            continue
        has_size = plan.indicators[indicator].denominator is not None
        each = effect["gain"] * (plan.indicators[indicator].per / PER if has_size else 1.0)
        rows += [(project, town, indicator, each) for town in range(len(plan.towns))]
    kept = [row for row in rows if row[3] > 0]
    codes = [np.array([row[part] for row in kept], dtype=np.intp) for part in range(3)]
    return Gains(codes[0], codes[1], codes[2], np.array([row[3] for row in kept], dtype=float))


def _years(table: pd.DataFrame, column: str) -> Floats:
    """Years of a column that may be left out or blank."""
    return table[column].to_numpy(dtype=float) if column in table else np.full(len(table), np.nan)


def raised_by_projects(plan: PlanYear, given: Projects) -> frozenset[str]:
    """Indicators that projects add to."""
    return frozenset() if given.effects is None else frozenset(plan.tables[given.effects]["indicator"])
