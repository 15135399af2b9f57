"""Bases stay open: a year starts with those that the year before left open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from allocator.blocks.bases.section import Bases
from allocator.scenario.plan_year import PlanYear

TABLE = "sites_until_now"
"""Id of the table of sites as the year before left them."""


def carried(plan: PlanYear, before: PlanYear, own: Mapping[str, pd.DataFrame]) -> PlanYear:
    """The plan year with its sites open that were open at the end of the year before."""
    given, then = plan.section(Bases), before.section(Bases)
    assert given is not None
    assert then is not None
    table = plan.tables[given.sites]
    known = set(before.tables[then.sites]["site"])
    stands = set(own["bases"].loc[own["bases"]["state"].isin(["open", "opened"]), "site"])
    is_open = [
        site in stands if site in known else bool(now) for site, now in zip(table["site"], table["open"], strict=True)
    ]
    sections = {**plan.sections, "bases": given.model_copy(update={"sites": TABLE})}
    return replace(plan, sections=sections, tables={**plan.tables, TABLE: table.assign(open=is_open)})
