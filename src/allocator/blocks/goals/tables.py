"""What goals reach in a solved year; the table of goals is made of all other tables (see allocator.tables.goals)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from allocator.blocks.shared.solved import Year
from allocator.blocks.shared.targets import COUNTED, PERCENT
from allocator.model import Rows, Variables
from allocator.scenario.section import Goal


def settle(year: Year, _given: Sequence[Goal]) -> None:
    """Bring what goals reach in line with the decisions: the model may claim less than is reached."""
    x, of_towns = year.x, {}
    for mentored, rows in _defined(year, "mentored", "mentored_once"):
        x[mentored.terms.column] = np.minimum(1.0, x[mentored.terms.column] - rows.activity(x))
    for met in year.model.columns.get("met", ()):
        of_towns[int(met.terms["goal"][0]), int(met.terms["year"][0])] = met
    for part, rows in _defined(year, "reached", "reached_sum"):
        reached = part.terms.column
        x[reached] += rows.bound - rows.activity(x)
        towns = of_towns.pop((int(part.terms["goal"][0]), int(part.terms["year"][0])), None)
        if towns is not None:
            x[towns.terms.column] = x[reached] >= PERCENT * (1.0 - COUNTED)
    for shortfall, rows in _defined(year, "shortfall", "aim"):
        x[shortfall.terms.column] = 0.0
        x[shortfall.terms.column] = np.maximum(0.0, rows.bound - rows.activity(x))


def _defined(year: Year, name: str, family: str) -> list[tuple[Variables, Rows]]:
    """The year's columns of a family, goal by goal, with the rows that define them."""
    both = zip(year.model.columns.get(name, ()), year.model.rows.get(family, ()), strict=True)
    return [(part, rows) for part, rows in both if (part.terms["year"] == year.code).any()]


def tables(_year: Year, _given: Sequence[Goal]) -> Mapping[str, pd.DataFrame]:
    """Nothing of their own."""
    return {}
