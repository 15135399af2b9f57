"""Tables of mentoring: the pairs, who mentors how much, who is mentored since when, and who is not and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from allocator.blocks.mentoring.candidates import Bools, Candidates, Floats, candidates
from allocator.blocks.mentoring.past import PastPair, past_pairs
from allocator.blocks.mentoring.results import MENTEES, MENTORS, PAIRS
from allocator.blocks.mentoring.section import Mentoring
from allocator.blocks.shared.solved import Year
from allocator.scenario.plan_year import PlanYear
from allocator.words.columns import BETWEEN_IDS


def tables(year: Year, given: Mentoring) -> Mapping[str, pd.DataFrame]:
    """The tables of a year, from its settled plan."""
    plan = year.plan
    found = candidates(plan, given)
    paired = year.x[year.family("pairing").column] > 0.5
    pairs, unpaired = _pairs(plan, given, found, paired), _unpaired(plan, given, found, paired)
    mentees = _mentees(plan, found, pairs, unpaired)
    return {"pairs": pairs, "unpaired": unpaired, "mentors": _mentors(plan, given, found, paired), "mentees": mentees}


def _pairs(plan: PlanYear, given: Mentoring, found: Candidates, paired: Bools) -> pd.DataFrame:
    """The pairs of the year; one from before goes on in its term, or is renewed right after its first one."""
    names = plan.towns.index.to_numpy(dtype=object)
    ids = np.array([indicator.id for indicator in plan.indicators], dtype=object)
    past = {(pair.mentor, pair.mentee): pair for pair in past_pairs(plan) or ()}
    rows = []
    for at in np.flatnonzero(paired):
        key = (names[found.mentor[at]], names[found.mentee[at]])
        pair = past.get(key, PastPair(*key, plan.year, 0))
        if pair.last_year(given.term_years) < plan.year:
            pair = replace(pair, renewals=pair.renewals + 1)
        uplift = found.benefit(plan.year - pair.start_year + 1)[at]
        life = (pair.start_year, pair.last_year(given.term_years), pair.renewals)
        content = BETWEEN_IDS.join(ids[found.matched[at]])
        rows.append((*key, *life, found.minutes[at], found.level_gap[at], uplift, content))
    return pd.DataFrame(rows, columns=list(PAIRS.columns))


def _mentors(plan: PlanYear, given: Mentoring, found: Candidates, paired: Bools) -> pd.DataFrame:
    """Every town that may mentor: whom it does, and how much of its places, hours and minutes that takes."""
    names = plan.towns.index.to_numpy(dtype=object)
    hours = plan.per_town("school_hours") if "school_hours" in plan.towns else np.full(len(names), np.nan)
    minutes = np.full(len(found.minutes), np.nan) if given.travel is None else given.travel.minutes(found.minutes)
    rows = []
    for town in np.flatnonzero(found.mature):
        own = paired & (found.mentor == town)
        mentees = BETWEEN_IDS.join(names[found.mentee[own]])
        travelled = np.nan if given.travel is None else float(minutes[own].sum())
        taken = (int(own.sum()), given.mentor_capacity, float(found.hours[own].sum()), hours[town], travelled)
        rows.append((names[town], mentees, *taken))
    return pd.DataFrame(rows, columns=list(MENTORS.columns))


def _mentees(plan: PlanYear, found: Candidates, pairs: pd.DataFrame, unpaired: pd.DataFrame) -> pd.DataFrame:
    """Every town that needs a mentor: who does, since when and until when, or why nobody does."""
    why = dict(zip(unpaired["town"], unpaired["reason"], strict=True))
    rows = []
    for town in plan.towns.index[found.slow]:
        own = pairs[pairs["mentee"] == town].sort_values("mentor")
        if len(own):
            term = (str(own["start_year"].min()), str(own["end_year"].max()))
            rows.append((town, BETWEEN_IDS.join(own["mentor"]), *term, float(own["uplift"].sum()), "paired", ""))
        else:
            rows.append((town, "", "", "", 0.0, "unpaired", why[town]))
    return pd.DataFrame(rows, columns=list(MENTEES.columns))


def _unpaired(plan: PlanYear, given: Mentoring, found: Candidates, paired: Bools) -> pd.DataFrame:
    """Towns that need a mentor and have none, and the first reason that applies."""
    taken = np.bincount(found.mentor[paired], minlength=len(plan.towns))
    full = taken[found.mentor] >= given.mentor_capacity
    too_far = _over_budget(given, found, paired)
    rows = []
    for town in np.flatnonzero(found.slow):
        mine = found.mentee == town
        if (mine & paired).any():
            continue
        if not found.mature.any():
            reason = "no_mature_town"
        elif not mine.any():
            reason = "no_strong_mentor" if found.weak[town] else "no_eligible_mentor"
        elif full[mine].all():
            reason = "mentors_full"
        elif (full | too_far)[mine].all():
            reason = "travel_budget"
        else:
            reason = "not_chosen"
        rows.append((plan.towns.index[int(town)], reason))
    return pd.DataFrame(rows, columns=["town", "reason"])


def _over_budget(given: Mentoring, found: Candidates, paired: Bools) -> Bools:
    """Pairs that would need more minutes of travel than the made ones leave, in all or of their mentor."""
    if given.travel is None:
        return np.zeros(len(paired), dtype=bool)
    minutes: Floats = given.travel.minutes(found.minutes)
    of_mentor = np.bincount(found.mentor[paired], weights=minutes[paired], minlength=len(found.slow))[found.mentor]
    limits = ((minutes[paired].sum(), given.travel.most_minutes), (of_mentor, given.travel.most_minutes_of_mentor))
    over = [used + minutes > most + 1e-6 for used, most in limits if most is not None]
    return np.logical_or.reduce(over) if over else np.zeros(len(paired), dtype=bool)


def settle(_year: Year, _given: Mentoring) -> None:
    """Pairs bring nothing that is not decided."""
