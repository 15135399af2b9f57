"""Decisions that a planner may fix by a lock: what each is called, what its labels hold, and where it is published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from allocator.scenario.plan_year import PlanYear


def every_row(table: pd.DataFrame, plan: PlanYear) -> pd.DataFrame:  # noqa: ARG001
    """The table as it is published."""
    return table


@dataclass(frozen=True)
class Taken:
    """How two plans are compared in a whole decision: which rows of its table are decisions of their year."""

    name: str
    """What it is called in the comparison."""
    place: int
    """Its place among all kinds of decisions that are compared."""
    rows: Callable[[pd.DataFrame], pd.Series[bool]]
    how: str = ""
    """Column that says how it is decided, e.g. the grade that a station reaches; empty where there is none."""


@dataclass(frozen=True)
class Decision:
    """A decision that can be locked."""

    name: str
    """Its family in the model."""
    labels: Mapping[str, str]
    """Label that a lock may name, to the kind of id that it holds."""
    table: str
    """Result table in which it is published."""
    column: str = ""
    """Column of its amount; empty: each row counts 1."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Label to its column of the table, where that is called otherwise."""
    rows: Callable[[pd.DataFrame, PlanYear], pd.DataFrame] = every_row
    """The rows of the table, with the columns of the labels, that are this decision."""
    taken: Taken | None = None
    """None: plans are not compared in it one by one."""
    in_files: bool = True
    """Whether plan files may lock it; else only plans that are made from plans (nested budgets) do."""

    def column_of(self, label: str) -> str:
        """Column of the table that holds a label."""
        return self.columns.get(label, label)

    @property
    def what(self) -> str:
        """Label of what is decided on, besides the town."""
        return next(label for label in self.labels if label != "town")
