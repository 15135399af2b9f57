"""Which pairs may be made, recomputed for the audit in pandas; it knows nothing of the model's candidates."""

from __future__ import annotations

import math
from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from allocator.blocks.mentoring.section import Mentoring, NamedTowns
from allocator.blocks.shared.checks import Amounts, levels_before, reach, trips
from allocator.scenario.plan_year import PlanYear
from allocator.words.columns import BETWEEN_IDS

TIE = 9
"""Decimals at which two base levels, or two shares of a target, count as the same."""


def slow_towns(plan: PlanYear, given: Mentoring) -> list[str]:
    """Towns that need a mentor: the lowest third by base level or the named ones, without those the plan calls mature;
    with a table of pairs its mentees."""
    if given.pairs is not None:
        return sorted(set(plan.tables[given.pairs]["mentee"]))
    slow = list(given.slow.towns) if isinstance(given.slow, NamedTowns) else _ranking(plan)[: _third(plan)]
    return [town for town in slow if town not in given.mature.preset]


def mature_towns(plan: PlanYear, given: Mentoring) -> list[str]:
    """Towns that may mentor: the upper third and the named ones that are not slow; or the mentors of the table."""
    if given.pairs is not None:
        return sorted(set(plan.tables[given.pairs]["mentor"]))
    upper = _ranking(plan)[-_third(plan) :] if given.mature.upper_third else []
    slow = slow_towns(plan, given)
    return sorted(town for town in {*upper, *given.mature.preset} if town not in slow)


def eligible(plan: PlanYear, given: Mentoring) -> pd.DataFrame:
    """Pairs that may be made: mentor, mentee, minutes, level_gap, hours, worth, cost, content."""
    if plan not in _KNOWN or _KNOWN[plan][0] is not given:
        _KNOWN[plan] = (given, _eligible(plan, given))
    return _KNOWN[plan][1]


_KNOWN: WeakKeyDictionary[PlanYear, tuple[Mentoring, pd.DataFrame]] = WeakKeyDictionary()
"""What was found for a plan year, which never changes; an audit asks for it many times."""


def _eligible(plan: PlanYear, given: Mentoring) -> pd.DataFrame:
    pairs = within_reach(plan, given) if given.pairs is None else _of_table(plan, given, given.pairs)
    pairs = pairs.assign(content=_contents(plan, given, pairs))
    if given.matching is not None and given.pairs is None:
        pairs = pairs[pairs["content"] != ""]
    return pairs.reset_index(drop=True)


def within_reach(plan: PlanYear, given: Mentoring) -> pd.DataFrame:
    """Pairs of a mature and a slow town that are near enough and far enough apart in level."""
    ways = trips(plan, reach(plan, "mentoring")) if plan.travel is not None else _no_roads(plan)
    ways = ways.rename(columns={"from_town": "mentor", "to_town": "mentee"})
    ways = ways[ways["mentor"].isin(mature_towns(plan, given)) & ways["mentee"].isin(slow_towns(plan, given))]
    ways = ways.assign(level_gap=_lead(plan, ways), hours=given.hours_per_pair, worth=0.0, cost=0.0)
    return ways[ways["level_gap"] >= given.min_gap - 10.0**-TIE]


def _of_table(plan: PlanYear, given: Mentoring, name: str) -> pd.DataFrame:
    """The pairs that the table allows."""
    table = plan.tables[name]
    table = table[table["eligible"].astype(bool)].rename(columns={"benefit": "worth"})
    if "hours" not in table:
        table = table.assign(hours=np.nan)
    ways = trips(plan, None) if plan.travel is not None else _no_roads(plan)
    far = {(a, b): m for a, b, m in zip(ways["from_town"], ways["to_town"], ways["minutes"], strict=True)}
    minutes = [float(far[key]) for key in zip(table["mentor"], table["mentee"], strict=True)]
    table = table.assign(minutes=minutes, level_gap=_lead(plan, table))
    return table.assign(hours=table["hours"].fillna(given.hours_per_pair))


def _no_roads(plan: PlanYear) -> pd.DataFrame:
    """All pairs of towns of a plan without travel: no way between them counts."""
    towns = plan.towns.index.to_numpy(dtype=object)
    frame = pd.MultiIndex.from_product([towns, towns], names=["from_town", "to_town"]).to_frame(index=False)
    return frame.assign(minutes=0.0)


def _lead(plan: PlanYear, pairs: pd.DataFrame) -> np.ndarray:
    """Level of the mentor less that of the mentee, before the plan."""
    levels = _levels(plan)
    return np.asarray(levels.reindex(pairs["mentor"]).to_numpy() - levels.reindex(pairs["mentee"]).to_numpy())


def _contents(plan: PlanYear, given: Mentoring, pairs: pd.DataFrame) -> list[str]:
    """What each pair is about: the needs of its mentee in which its mentor is strong, by id."""
    if given.matching is None:
        return [""] * len(pairs)
    start = plan.base if plan.start is None else plan.start.base
    share = pd.DataFrame(
        {
            i.id: (start[i.id].clip(upper=i.ceiling) if i.ceiling is not None else start[i.id]) / i.target
            for i in plan.indicators
        }
    ).round(TIE)
    made = []
    for mentor, mentee in zip(pairs["mentor"], pairs["mentee"], strict=True):
        own, other = share.loc[mentee], share.loc[mentor]
        lowest = sorted(own.index, key=lambda indicator: (own[indicator], indicator))[: given.matching.needs]
        needs = [each for each in lowest if own[each] < 1.0]
        strong = given.matching.strong_at_least - 10.0**-TIE
        fits = sorted(each for each in needs if other[each] >= strong and other[each] > own[each])
        made.append(BETWEEN_IDS.join(fits))
    return made


def _levels(plan: PlanYear) -> Amounts:
    """Level of each town before the plan's first year."""
    return levels_before(plan if plan.start is None else replace(plan, base=plan.start.base))


def _third(plan: PlanYear) -> int:
    return max(1, math.floor(len(plan.towns) / 3 + 0.5))


def _ranking(plan: PlanYear) -> list[str]:
    """Towns from the lowest base level to the highest, equal ones by id."""
    levels = _levels(plan).round(TIE)
    order = pd.DataFrame({"level": levels.to_numpy(), "town": levels.index}).sort_values(["level", "town"])
    return list(order["town"])
