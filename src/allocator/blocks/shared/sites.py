"""Sites of learning bases (学习体验基地): the table that opens them and that coverage reads, and which stand open."""

from __future__ import annotations

from collections.abc import Container
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import Field

from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Amount, Id, Row, TownId


class SiteRow(Row):
    """A place that is a base already, or could become one."""

    site: Id
    town: TownId
    name_zh: str
    name_en: str
    opening_cost_yuan: Amount = 0.0
    """Paid once, in the year it opens [yuan]."""
    yearly_cost_yuan: Amount = 0.0
    """Paid in every year it is open [yuan]."""
    hours: Amount = 0.0
    """Hours a year it can be used when open, all functions together."""
    capacity: Amount | None = None
    """People it can serve [heads]; none: no limit."""
    open: bool = False
    """Whether it is open before the plan year."""
    online: bool = False
    """Whether it serves over the network and not at a place."""
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    """Latitude [degrees]."""
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    """Longitude [degrees]."""


def sites_of(plan: PlanYear) -> pd.DataFrame:
    """The sites of a plan year, sorted by id (index: position)."""
    table = plan.table("bases.sites").reset_index(drop=True)
    for column in ("lat", "lon", "capacity"):
        if column not in table:
            table[column] = np.nan
    return table


def open_before(plan: PlanYear) -> dict[str, bool]:
    """Site to whether it is open before the first of the years that are decided together with this one."""
    known: dict[str, bool] = {}
    year: PlanYear | None = plan
    while year is not None:
        known |= _open(year)
        year = year.before
    return {site: known[site] for site in _open(plan)}


def open_at_start(plan: PlanYear) -> dict[str, bool]:
    """Site to whether it is open before the plan's first year."""
    known = _open(plan)
    for year in reversed(plan.earlier):
        known |= _open(year)
    return {site: known[site] for site in _open(plan)}


def opened_earlier(plan: PlanYear) -> int:
    """Bases that opened in years of the plan which are not decided together with this one."""
    known, now = open_at_start(plan), open_before(plan)
    return sum(now[site] and not known[site] for site in now)


def _open(plan: PlanYear) -> dict[str, bool]:
    if "bases" not in plan.sections:
        return {}
    table = sites_of(plan)
    return dict(zip(table["site"].astype(str), table["open"].astype(bool), strict=True))


def exactly_open(plan: PlanYear) -> int | None:
    """How many bases must be open in the last year decided; none: any number."""
    given: Any = plan.sections["bases"]
    asked: int | None = given.exactly_open
    return asked


def most_open(plan: PlanYear) -> int:
    """Most bases that may be open in the year."""
    given: Any = plan.sections["bases"]
    known = open_before(plan)
    new = len(known) if given.most_new is None else given.most_new - opened_earlier(plan)
    return int(min(len(known), sum(known.values()) + max(0, new)))


def open_range(plan: PlanYear, named_sites: Container[str]) -> tuple[int, int]:
    """Least and most of some sites that can be open in the year: those open already, and what may still open."""
    exactly = exactly_open(plan)
    known = open_before(plan)
    own = [known[site] for site in known if site in named_sites]
    stands, everywhere = sum(own), sum(known.values())
    least, most = stands, min(len(own), stands + most_open(plan) - everywhere)
    if exactly is not None and plan.is_last:
        least = max(least, exactly - (len(known) - len(own)))
        most = min(most, exactly - (everywhere - stands))
    return least, most
