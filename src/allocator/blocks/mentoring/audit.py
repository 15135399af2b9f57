"""Mentoring, checked from the written tables: who may pair, how many, and what a pair brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from allocator.blocks.mentoring.eligible import eligible, slow_towns
from allocator.blocks.mentoring.past import last_year_pairs, past_pairs
from allocator.blocks.mentoring.section import Mentoring, Visits
from allocator.blocks.mentoring.views import PAIR, mentees_checks, mentors_checks, reasons_checks
from allocator.blocks.shared.checks import (
    Cells,
    Checks,
    Judged,
    Judges,
    Numbers,
    Posting,
    as_figure,
    by_town,
    cells,
    figure,
    first_of,
    forbidden,
    keys,
    rule,
    totals,
)
from allocator.scenario.plan_year import PlanYear
from allocator.words.columns import BETWEEN_IDS


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
    if given.mentee_least > 0:
        every = pd.Index(slow_towns(plan, given), dtype=object)
        has, of_has = covered.reindex(every, fill_value=0.0), weight.reindex(every, fill_value=0.0)
        made.append(rule("mentee_least", has, ">=", float(given.mentee_least), of_has))
    if given.travel is not None and len(pairs.frame):
        made += _travel(given.travel, pairs)
    last = last_year_pairs(plan)
    if given.max_changes is not None and last is not None:
        shown = set(zip(tables["pairs"]["mentor"], tables["pairs"]["mentee"], strict=True))
        changed = pd.Series([float(len(shown ^ set(last)) - len(last))], index=pd.Index([""], dtype=object))
        made.append(rule("pair_changes", changed, "<=", float(given.max_changes - len(last)), 1.0))
    made += [*_terms(tables, plan, given), *_figures(tables, plan, given, pairs), _unpaired(tables, plan, given)]
    views = [*mentors_checks(tables, plan, given), *mentees_checks(tables, plan, given)]
    return [*made, *views, reasons_checks(tables, plan, given)]


def postings(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Mentoring) -> list[Posting]:
    """What pairs bring to the mentee, and take from the mentor."""
    pairs = _pairs(tables, plan, given)
    hours = pairs.frame["hours"].to_numpy(dtype=float)
    made = [Posting("school_time", "mentoring", "used", *pairs.total(["mentor"], hours))]
    added = _worth(plan, given, pairs.frame)
    for indicator in given.transfer:
        worth = added[indicator]
        named = pairs.named("indicator", indicator)
        amounts, weights = named.total(["mentee", "indicator"], worth.to_numpy(dtype=float))
        made.append(Posting("value", "mentoring", "supplied", amounts, weights))
    if given.allowance is not None:
        line = pairs.named("line", "mentoring")
        made.append(Posting("cost", "mentoring", "used", *line.total(["mentor", "line"], given.allowance.unit_cost)))
    if given.travel is not None and given.travel.cost_per_hour > 0:
        line = pairs.named("line", "mentoring_travel")
        yuan = _trip_minutes(given.travel, pairs) / 60.0 * given.travel.cost_per_hour
        made.append(Posting("cost", "mentoring", "used", *line.total(["mentor", "line"], yuan)))
    return made


def _trip_minutes(given: Visits, pairs: Cells) -> Numbers:
    """Minutes of travel of each pair in a year: there and back, visit by visit."""
    return np.asarray(pairs.frame["minutes"].to_numpy(dtype=float) * 2.0 * given.visits)


def _travel(given: Visits, pairs: Cells) -> list[Checks]:
    """Minutes of travel of all pairs, and of each mentor."""
    minutes, made = _trip_minutes(given, pairs), []
    if given.most_minutes is not None:
        used, weight = pairs.whole(minutes)
        whole = pd.Series([used], index=pd.Index([""], dtype=object))
        made.append(rule("travel_budget", whole, "<=", given.most_minutes, weight))
    if given.most_minutes_of_mentor is not None:
        travelled, weights = pairs.total(["mentor"], minutes)
        made.append(rule("mentor_travel", travelled, "<=", given.most_minutes_of_mentor, weights))
    return made


def benefits(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Mentoring) -> Judged:
    """Level points that pairs add in each town, before the cap."""
    pairs = _pairs(tables, plan, given)
    return _judged(plan, pairs, _uplift(plan, given, pairs.frame))


def worth(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Mentoring) -> Judged:
    """What the pairs of each mentee are worth by the table of pairs."""
    pairs = _pairs(tables, plan, given)
    return _judged(plan, pairs, pairs.frame["worth"])


def costs(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Mentoring) -> Judged:
    """What the pairs of each mentee cost by the table of pairs."""
    pairs = _pairs(tables, plan, given)
    return replace(_judged(plan, pairs, pairs.frame["cost"]), less_is_better=True)


def _judged(plan: PlanYear, pairs: Cells, numbers: pd.Series) -> Judged:
    """Sums of numbers of the made pairs, by mentee."""
    added, _ = pairs.total(["mentee"], numbers.to_numpy(dtype=float))
    amounts = added.reindex(pd.Index(plan.towns.index, dtype=object), fill_value=0.0)
    return Judged(amounts, amounts * 0.0)


def eligible_pairs(plan: PlanYear, given: Mentoring) -> set[tuple[str, str]]:
    """Pairs (mentor, mentee) that may be made."""
    pairs = eligible(plan, given)
    return set(zip(pairs["mentor"], pairs["mentee"], strict=True))


def _pairs(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Mentoring) -> Cells:
    """Eligible pairs and whether they are made, with the year each began (this year where nothing is known)."""
    made = cells(eligible(plan, given), tables["pairs"].assign(pairing=1.0), PAIR, "pairing")
    begun = first_of(keys(tables["pairs"], PAIR), tables["pairs"]["start_year"])
    years = begun.reindex(keys(made.frame, PAIR)).fillna(float(plan.year)).to_numpy(dtype=float)
    return replace(made, frame=made.frame.assign(start_year=years))


def _terms(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Mentoring) -> list[Checks]:
    """Terms: pairs from before run to their end, renewals come once and right after a term, new pairs begin now."""
    written = tables["pairs"]
    past = {(pair.mentor, pair.mentee): pair for pair in past_pairs(plan) or ()}
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
        if just_ended and pair.renewals == 0 and not given.rotation:
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
    far = pairs["minutes"].to_numpy(dtype=float)
    near = np.ones(len(far)) if given.nearness_minutes is None else np.exp(-far / given.nearness_minutes)
    only_needs = given.matching is not None and given.matching.only_needs
    made = {}
    for indicator, transfer in given.transfer.items():
        start = plan.base if plan.start is None else plan.start.base
        base = pd.Series(start[indicator].to_numpy(dtype=float), index=plan.towns.index)
        gap = base.reindex(pairs["mentor"]).to_numpy() - base.reindex(pairs["mentee"]).to_numpy()
        faded = (1.0 - transfer) ** (plan.year - pairs["start_year"].to_numpy(dtype=float))
        about = [indicator in each.split(BETWEEN_IDS) for each in pairs["content"]]
        counts = np.array(about, dtype=float) if only_needs else 1.0
        made[indicator] = transfer * np.maximum(gap, 0.0) * near * faded * counts
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
    about = dict(zip(known, frame["content"], strict=True))
    others = [each for each, said in zip(key, written["content"], strict=True) if about.get(each, said) != said]
    return [
        figure(f"pairs_{name}", first_of(key, written[name]), first_of(known, frame[name]).reindex(mine))
        for name in ("minutes", "level_gap", "uplift")
    ] + [forbidden("pairs_content", np.array(others, dtype=object))]


def _unpaired(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Mentoring) -> Checks:
    """A slow-starting town is either in a pair or listed as unpaired."""
    listed = tables["unpaired"]["town"].to_numpy(dtype=object)
    paired = set(tables["pairs"]["mentee"])
    every = by_town(plan, "") * 0.0
    count = totals(listed, np.ones(len(listed)))
    expected = every.copy()
    expected[[town for town in slow_towns(plan, given) if town not in paired]] = 1.0
    return figure("unpaired", every.add(count, fill_value=0.0), expected)


OUTCOMES: Judges = {"mentoring.benefit": benefits, "mentoring.cost": costs, "mentoring.worth": worth}
