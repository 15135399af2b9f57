"""One plan year of a solved model, as blocks read it to write their tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocator.model import Floats, Model, Terms
from allocator.scenario.plan_year import PlanYear
from allocator.words.columns import DECIMALS

NOTHING = np.zeros(0, dtype=np.intp)
ZERO = 0.5 * 10.0**-DECIMALS


@dataclass(frozen=True, eq=False)
class Year:
    """One plan year on its way into tables: what it started with, and the columns that belong to it."""

    model: Model
    plan: PlanYear
    x: Floats
    """The settled plan, all years."""

    @property
    def code(self) -> int:
        """Position of the year on its axis."""
        return self.model.axes["year"].code(str(self.plan.year))

    def has(self, name: str) -> bool:
        """Whether the year has columns of a family."""
        return name in self.model.columns and len(self.family(name)) > 0

    def family(self, name: str) -> Terms:
        """The year's columns of a family; none where the model has no such family."""
        if name not in self.model.columns:
            return Terms({"year": NOTHING}, NOTHING, np.zeros(0))
        return self.model.year(name, self.code)

    def cells(self, name: str, *, zeros: bool) -> pd.DataFrame:
        """The year's cells of a family as a frame: labels and ``value``; without its zeros unless asked for."""
        cells = self.family(name)
        if not zeros:
            cells = cells.where(np.abs(self.x[cells.column]) > ZERO)
        frame = pd.DataFrame(self.model.decoded({dim: cells[dim] for dim in cells.labels if dim != "year"}))
        frame["value"] = self.x[cells.column]
        return frame

    def hours(self, name: str) -> pd.DataFrame:
        """Hours of a family between towns (from_town, to_town) where there are any, and how far apart they are."""
        frame = self.cells(name, zeros=False).rename(columns={"value": "hours"})
        return frame.assign(minutes=self.minutes(frame, "from_town", "to_town"))

    def minutes(self, frame: pd.DataFrame, start: str, end: str) -> Floats:
        """One-way minutes between two label columns that hold towns."""
        if self.plan.travel is None or not len(frame):
            return np.zeros(len(frame))
        at = self.plan.towns.index.get_indexer
        return self.plan.travel.minutes[at(pd.Index(frame[start])), at(pd.Index(frame[end]))]
