"""Mentoring, checked from the written tables: who may pair, how many, and what a pair brings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from allocator.blocks.checks import (
    Amounts,
    Cells,
    Checks,
    Judged,
    Posting,
    as_figure,
    by_town,
    cells,
    figure,
    first_of,
    forbidden,
    keys,
    levels_before,
    reach,
    rule,
    totals,
    trips,
)
from allocator.blocks.mentoring.section import Mentoring, NamedTowns
from allocator.scenario import PlanYear

PAIR = ("mentor", "mentee")
TIE = 9
"""Decimals at which two base levels count as the same."""


def audit_block(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Mentoring) -> list[Checks]:
    """Pairs: only eligible ones, each once, within capacity and cover; figures of pairs; who has none."""
    pairs = _pairs(tables, plan, given)
    made = pairs.checks("pairing", PAIR)
    amounts, _ = pairs.total(PAIR)
    made.append(as_figure(rule("pairing", amounts, "<=", 1.0, 1.0)))
    taken, weight = pairs.total(["mentor"])
    made.append(rule("mentor_capacity", taken, "<=", float(given.mentor_capacity), weight))
    covered, weight = pairs.total(["mentee"])
    made.append(rule("mentee_cover", covered, "<=", float(given.mentee_cover), weight))
    last = plan.last_year_pairs()
    if given.max_changes is not None and last is not None:
        shown = set(zip(tables["pairs"]["mentor"], tables["pairs"]["mentee"], strict=True))
        changed = pd.Series([float(len(shown ^ set(last)) - len(last))], index=pd.Index([""], dtype=object))
        made.append(rule("pair_changes", changed, "<=", float(given.max_changes - len(last)), 1.0))
    return [*made, *_terms(tables, plan, given), *_figures(tables, plan, given, pairs), _unpaired(tables, plan, given)]


def postings(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Mentoring) -> list[Posting]:
    """What pairs bring to the mentee, and take from the mentor."""
    pairs = _pairs(tables, plan, given)
    made = [Posting("school_time", "mentoring", "used", *pairs.total(["mentor"], given.hours_per_pair))]
    added = _worth(plan, given, pairs.frame)
    for indicator in given.transfer:
        worth = added[indicator]
        named = pairs.named("indicator", indicator)
        amounts, weights = named.total(["mentee", "indicator"], worth.to_numpy(dtype=float))
        made.append(Posting("value", "mentoring", "supplied", amounts, weights))
    if given.allowance is not None:
        line = pairs.named("line", "mentoring")
        made.append(Posting("cost", "mentoring", "used", *line.total(["mentor", "line"], given.allowance.unit_cost)))
    return made


def benefits(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Mentoring) -> Judged:
    """Level points that pairs add in each town, before the cap."""
    pairs = _pairs(tables, plan, given)
    added, _ = pairs.total(["mentee"], _uplift(plan, given, pairs.frame).to_numpy(dtype=float))
    amounts = added.reindex(pd.Index(plan.towns.index, dtype=object), fill_value=0.0)
    return Judged(amounts, amounts * 0.0)


def slow_towns(plan: PlanYear, given: Mentoring) -> list[str]:
    """Slow-starting towns: the lowest third by base level or the named ones, without those the plan calls mature."""
    slow = list(given.slow.towns) if isinstance(given.slow, NamedTowns) else _ranking(plan)[: _third(plan)]
    return [town for town in slow if town not in given.mature.preset]


def eligible_pairs(plan: PlanYear, given: Mentoring) -> set[tuple[str, str]]:
    """Pairs (mentor, mentee) that may be made."""
    pairs = _eligible(plan, given)
    return set(zip(pairs["mentor"], pairs["mentee"], strict=True))


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


def _eligible(plan: PlanYear, given: Mentoring) -> pd.DataFrame:
    """Pairs that may be made (mentor, mentee, minutes, level_gap)."""
    slow = slow_towns(plan, given)
    upper = _ranking(plan)[-_third(plan) :] if given.mature.upper_third else []
    mature = [town for town in {*upper, *given.mature.preset} if town not in slow]
    ways = trips(plan, reach(plan, "mentoring")).rename(columns={"from_town": "mentor", "to_town": "mentee"})
    ways = ways[ways["mentor"].isin(mature) & ways["mentee"].isin(slow)]
    levels = _levels(plan)
    gap = levels.reindex(ways["mentor"]).to_numpy() - levels.reindex(ways["mentee"]).to_numpy()
    ways = ways.assign(level_gap=gap)
    return ways[ways["level_gap"] >= given.min_gap - 10.0**-TIE].reset_index(drop=True)


def _pairs(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Mentoring) -> Cells:
    """Eligible pairs and whether they are made, with the year each began (this year where nothing is known)."""
    made = cells(_eligible(plan, given), tables["pairs"].assign(pairing=1.0), PAIR, "pairing")
    begun = first_of(keys(tables["pairs"], PAIR), tables["pairs"]["start_year"])
    years = begun.reindex(keys(made.frame, PAIR)).fillna(float(plan.year)).to_numpy(dtype=float)
    return replace(made, frame=made.frame.assign(start_year=years))


def _terms(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Mentoring) -> list[Checks]:
    """Terms: pairs from before run to their end, renewals come once and right after a term, new pairs begin now."""
    written = tables["pairs"]
    past = {(pair.mentor, pair.mentee): pair for pair in plan.past_pairs() or ()}
    shown = {
        (mentor, mentee): (start, times)
        for mentor, mentee, start, times in zip(
            written["mentor"], written["mentee"], written["start_year"], written["renewals"], strict=True
        )
    }
    wrong, eligible = [], eligible_pairs(plan, given)
    for key, pair in past.items():
        runs = pair.last_year(given.term_years) >= plan.year
        just_ended = pair.last_year(given.term_years) == plan.year - 1
        allowed = {(pair.start_year, pair.renewals)} if runs else set()
        if just_ended and pair.renewals == 0:
            allowed = {(pair.start_year, 1)}
        missing = runs and key not in shown and key in eligible
        if missing or (key in shown and shown[key] not in allowed):
            wrong.append("/".join(key))
    wrong += ["/".join(key) for key, life in shown.items() if key not in past and life != (plan.year, 0)]
    names = keys(written, PAIR)
    end = written["start_year"] + given.term_years * (1 + written["renewals"]) - 1
    return [
        forbidden("pair_terms", np.array(sorted(wrong), dtype=object)),
        figure("pairs_end_year", first_of(names, written["end_year"]), first_of(names, end)),
    ]


def _worth(plan: PlanYear, given: Mentoring, pairs: pd.DataFrame) -> pd.DataFrame:
    """Value each pair adds in its mentee, in the unit of each indicator with a transfer (column)."""
    near = np.exp(-pairs["minutes"].to_numpy(dtype=float) / given.nearness_minutes)
    made = {}
    for indicator, transfer in given.transfer.items():
        start = plan.base if plan.start is None else plan.start.base
        base = pd.Series(start[indicator].to_numpy(dtype=float), index=plan.towns.index)
        gap = base.reindex(pairs["mentor"]).to_numpy() - base.reindex(pairs["mentee"]).to_numpy()
        faded = (1.0 - transfer) ** (plan.year - pairs["start_year"].to_numpy(dtype=float))
        made[indicator] = transfer * np.maximum(gap, 0.0) * near * faded
    return pd.DataFrame(made, index=pairs.index)


def _uplift(plan: PlanYear, given: Mentoring, pairs: pd.DataFrame) -> pd.Series:
    """Level points each pair adds before the cap of attainment."""
    worth = _worth(plan, given, pairs)
    points = {i.id: 100.0 * i.weight / i.target for i in plan.indicators}
    uplift = pd.Series(0.0, index=pairs.index)
    for indicator in worth.columns:
        uplift = uplift + points[indicator] * worth[indicator]
    return uplift


def _figures(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Mentoring, pairs: Cells) -> list[Checks]:
    """Minutes, lead and uplift of the written pairs."""
    written = tables["pairs"]
    key, known = keys(written, PAIR), keys(pairs.frame, PAIR)
    mine = pd.Index(key, dtype=object)
    mine = mine[mine.isin(known)].unique()
    frame = pairs.frame.assign(uplift=_uplift(plan, given, pairs.frame))
    return [
        figure(f"pairs_{name}", first_of(key, written[name]), first_of(known, frame[name]).reindex(mine))
        for name in ("minutes", "level_gap", "uplift")
    ]


def _unpaired(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Mentoring) -> Checks:
    """A slow-starting town is either in a pair or listed as unpaired."""
    listed = tables["unpaired"]["town"].to_numpy(dtype=object)
    paired = set(tables["pairs"]["mentee"])
    every = by_town(plan, "") * 0.0
    count = totals(listed, np.ones(len(listed)))
    expected = every.copy()
    expected[[town for town in slow_towns(plan, given) if town not in paired]] = 1.0
    return figure("unpaired", every.add(count, fill_value=0.0), expected)
