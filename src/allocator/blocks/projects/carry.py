"""Projects that lasted: a year starts with the projects that began in the years before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from allocator.blocks.projects.section import Projects
from allocator.scenario.plan_year import PlanYear

TABLE = "projects_until_now"
"""Id of the table that stands for the library with what has begun until now."""


def carried(plan: PlanYear, _before: PlanYear, own: Mapping[str, pd.DataFrame]) -> PlanYear:
    """The plan year whose library says of every project when it began, also in the plan."""
    given = plan.section(Projects)
    assert given is not None
    table, written = plan.tables[given.table], own["projects"]
    begun = written[written["start_year"].notna()].drop_duplicates("project").set_index("project")["start_year"]
    started = table["project"].map(begun.astype(float))
    if "started" in table:
        started = started.fillna(table["started"].astype(float))
    section = given.model_copy(update={"table": TABLE})
    tables = {**plan.tables, TABLE: table.assign(started=started)}
    return replace(plan, tables=tables, sections={**plan.sections, "projects": section})
