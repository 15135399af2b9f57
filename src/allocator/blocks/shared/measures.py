"""What goals and standards measure: size, unit and value before the plan of each measure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from allocator.blocks.registry import counted
from allocator.scenario.plan_year import PlanYear

Floats = npt.NDArray[np.float64]

LEVEL = "level"
MONEY = "money"
MONEY_PER_HEAD = "money_per_head"
SPECIAL_FUND_PER_HEAD = "special_fund_per_head"
PAIRED_SLOW_TOWNS = "paired_slow_towns"
CATEGORY_SHARE = "category_share"

UNITS: Mapping[str, str] = {
    LEVEL: "level points",
    MONEY: "yuan",
    MONEY_PER_HEAD: "yuan/head",
    SPECIAL_FUND_PER_HEAD: "yuan/head",
    PAIRED_SLOW_TOWNS: "share",
    CATEGORY_SHARE: "share",
}
"""Unit of the measures that are neither indicators nor counted by a block."""


def is_plain(plan: PlanYear, measure: str) -> bool:
    """Whether the district's measure is the sum over its towns, divided by nothing."""
    how = counted(plan).get(measure)
    return measure == MONEY or (how is not None and how.size is None)


def unit_of(plan: PlanYear, measure: str) -> str:
    """Unit of a measure."""
    if measure in UNITS:
        return UNITS[measure]
    how = counted(plan).get(measure)
    if how is not None:
        return how.unit if how.size is None else "share"
    indicator = next(i for i in plan.indicators if i.id == measure)
    return "index" if indicator.denominator is None else f"per {indicator.per:g} {indicator.denominator}"


def sizes(plan: PlanYear, measure: str) -> Floats:
    """What the amounts of a measure are divided by, town by town."""
    if measure in (LEVEL, MONEY_PER_HEAD, SPECIAL_FUND_PER_HEAD):
        return plan.population
    how = counted(plan).get(measure)
    if measure == MONEY or how is not None:
        return np.ones(len(plan.towns)) if how is None or how.size is None else how.size
    return plan.denominator(next(i for i in plan.indicators if i.id == measure))


def amounts_before(plan: PlanYear, measure: str) -> Floats:
    """Value x size before the plan, town by town; nan where it is not known."""
    unknown = np.full(len(plan.towns), np.nan)
    if measure in (MONEY, MONEY_PER_HEAD):
        money = plan.money_before_plan()
        return unknown if money is None else money
    if measure == SPECIAL_FUND_PER_HEAD:
        return unknown
    if measure == LEVEL:
        return plan.levels(plan.plan_base()) * sizes(plan, measure)
    how = counted(plan).get(measure)
    if how is not None:
        return how.base
    at = next(n for n, i in enumerate(plan.indicators) if i.id == measure)
    return plan.plan_base()[:, at] * sizes(plan, measure)


def special_sources(plan: PlanYear) -> list[str]:
    """Sources that count as special fund (专项经费)."""
    funding: Any = plan.sections.get("funding")
    return [source.id for source in funding.sources if source.special_fund] if funding is not None else []
