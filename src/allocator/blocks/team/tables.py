"""The result table of the team block."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocator.blocks.shared.solved import Year
from allocator.blocks.team.people import heads, staying, type_ids
from allocator.blocks.team.results import TEAM
from allocator.blocks.team.section import Team


def settle(year: Year, given: Team) -> None:
    """Whole posts to the last digit; and who stays from a year before that was decided as well."""
    for name in ("posts", "staff_trained"):
        column = year.family(name).column
        year.x[column] = np.rint(year.x[column])
    if "staying" in year.model.columns:
        stays = year.model.year("staying", year.code - 1)
        wide = np.zeros((len(year.plan.towns), len(year.model.axes["type"].ids)))
        wide[:, year.model.axes["type"].codes(type_ids(given))] = staying(heads(year.plan, given), given)
        year.x[stays.column] = wide[stays["town"], stays["type"]]


def tables(year: Year, given: Team) -> Mapping[str, pd.DataFrame]:
    """Who was there, who stays, who is hired and trained, and what it costs; every town and type."""
    plan, types = year.plan, type_ids(given)
    before = heads(plan, given)
    stay = staying(before, given).ravel()
    posts, trained = (_values(year, name, before.size) for name in ("posts", "staff_trained"))
    known = {each.id: each for each in given.types}
    pay, course = (
        np.tile([getattr(known[name], what) for name in types], len(plan.towns)) for what in ("pay", "training_cost")
    )
    made = pd.DataFrame(
        {
            "town": np.repeat(plan.towns.index.to_numpy(dtype=object), len(types)),
            "type": np.tile(np.array(types, dtype=object), len(plan.towns)),
            "heads_before": before.ravel(),
            "staying": stay,
            "hired": posts - stay,
            "posts": posts,
            "trained": trained,
            "cost_yuan": pay * posts + course * trained,
        }
    )
    return {"team": made[list(TEAM.columns)]}


def _values(year: Year, name: str, size: int) -> np.ndarray:
    """A family of the year, in the order of towns and types; nothing where the plan has no such decision."""
    return year.x[year.family(name).column] if year.has(name) else np.zeros(size)
