"""How a year of the team starts with the posts of the year before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from allocator.blocks.team.people import FIRST
from allocator.blocks.team.section import Team
from allocator.scenario.plan_year import PlanYear

STAFF_TABLE = "staff_until_now"
"""Id of the table that stands for the staff at the end of the year before."""


def carried(plan: PlanYear, before: PlanYear, own: Mapping[str, pd.DataFrame]) -> PlanYear:
    """The year with last year's posts as its staff; the heads before the plan's first year are kept beside them.

    Of types that the year before does not know, the year's own table says who is there.
    """
    given, earlier = plan.section(Team), before.section(Team)
    assert given is not None
    assert earlier is not None
    key, known = ["town", "type"], {each.id for each in earlier.types}
    table, fresh = before.tables[earlier.staff], plan.tables[given.staff]
    new = fresh[~fresh["type"].isin(known)].set_index(key)["heads"]
    first = table[table["type"].isin(known)].set_index(key)[FIRST if FIRST in table else "heads"]
    posts = own["team"].drop_duplicates(key).set_index(key)["posts"]
    posts = posts[posts.index.get_level_values("type").isin(known)]
    columns = {"heads": pd.concat([posts, new]), FIRST: pd.concat([first, new])}
    staff = pd.DataFrame(columns).fillna(0.0).rename_axis(key).reset_index()
    section = given.model_copy(update={"staff": STAFF_TABLE})
    return replace(plan, tables={**plan.tables, STAFF_TABLE: staff}, sections={**plan.sections, "team": section})
