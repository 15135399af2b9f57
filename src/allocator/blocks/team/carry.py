"""How a year of the team starts with the posts of the year before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from allocator.scenario import PlanYear

STAFF_TABLE = "staff_until_now"
"""Id of the table that stands for the staff at the end of the year before."""


def carried(plan: PlanYear, before: PlanYear, own: Mapping[str, pd.DataFrame]) -> PlanYear:
    """The year with last year's posts as its staff; the heads before the plan's first year are kept beside them."""
    given: Any = plan.sections["team"]
    earlier: Any = before.sections["team"]
    key = ["town", "type"]
    known = before.tables[earlier.staff]
    first = known.set_index(key)["first_heads" if "first_heads" in known else "heads"]
    posts = own["team"].drop_duplicates(key).set_index(key)["posts"]
    index = first.index.union(posts.index)
    staff = pd.DataFrame({"heads": posts.reindex(index).fillna(0.0), "first_heads": first.reindex(index).fillna(0.0)})
    staff = staff.rename_axis(key).reset_index()
    section = given.model_copy(update={"staff": STAFF_TABLE})
    return replace(plan, tables={**plan.tables, STAFF_TABLE: staff}, sections={**plan.sections, "team": section})
