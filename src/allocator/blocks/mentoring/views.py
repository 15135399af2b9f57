"""The tables of mentors and of mentees, checked from the written pairs: who, how many, since when, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from allocator.blocks.mentoring.eligible import eligible, mature_towns, slow_towns, within_reach
from allocator.blocks.mentoring.section import Mentoring
from allocator.blocks.shared.checks import Amounts, Checks, figure, first_of, forbidden, keys
from allocator.scenario.plan_year import PlanYear
from allocator.words.columns import BETWEEN_IDS

PAIR = ("mentor", "mentee")
Tables = Mapping[str, pd.DataFrame]


def mentors_checks(tables: Tables, plan: PlanYear, given: Mentoring) -> list[Checks]:
    """Every town that may mentor: its mentees, places, hours and minutes."""
    written, pairs = tables["mentors"], _made(tables, plan, given)
    towns = mature_towns(plan, given)
    key, own = keys(written, ["mentor"]), pairs.groupby("mentor")
    capacity = pd.Series(float(given.mentor_capacity), index=pd.Index(towns, dtype=object))
    school = plan.towns["school_hours"] if "school_hours" in plan.towns else capacity * np.nan
    visits = np.nan if given.travel is None else 2.0 * given.travel.visits
    expected = {
        "pairs": own.size().reindex(towns, fill_value=0).astype(float),
        "capacity": capacity,
        "hours_used": own["hours"].sum().reindex(towns, fill_value=0.0),
        "school_hours": school.reindex(towns),
        "travel_minutes": own["minutes"].sum().reindex(towns, fill_value=0.0) * visits,
    }
    made = [figure("mentors", first_of(key, written[name]), _named(by)) for name, by in expected.items()]
    mentees = {town: BETWEEN_IDS.join(sorted(pairs.loc[pairs["mentor"] == town, "mentee"])) for town in towns}
    return [*made, _same("mentors", key, written["mentees"], mentees)]


def mentees_checks(tables: Tables, plan: PlanYear, given: Mentoring) -> list[Checks]:
    """Every town that needs a mentor: its mentors, their term and uplift; whether it has one, and why not."""
    written, pairs = tables["mentees"], tables["pairs"]
    towns, key = slow_towns(plan, given), keys(written, ["mentee"])
    own = {town: pairs[pairs["mentee"] == town] for town in towns}
    said = {
        "mentors": {town: BETWEEN_IDS.join(sorted(part["mentor"])) for town, part in own.items()},
        "since": {town: f"{part['start_year'].min():.0f}" if len(part) else "" for town, part in own.items()},
        "until": {town: f"{part['end_year'].max():.0f}" if len(part) else "" for town, part in own.items()},
        "state": {town: "paired" if len(part) else "unpaired" for town, part in own.items()},
        "reason": _reasons(tables, plan, given, [town for town, part in own.items() if not len(part)], towns),
    }
    uplift = pd.Series({town: float(part["uplift"].sum()) for town, part in own.items()}, dtype=float)
    made = [figure("mentees", first_of(key, written["uplift"]), _named(uplift), weight=float(len(pairs)))]
    return [*made, *(_same("mentees", key, written[name], by) for name, by in said.items())]


def reasons_checks(tables: Tables, plan: PlanYear, given: Mentoring) -> Checks:
    """Why a town is unpaired, against the reason that the written pairs give."""
    written = tables["unpaired"]
    towns = [town for town in slow_towns(plan, given) if town not in set(tables["pairs"]["mentee"])]
    found = _reasons(tables, plan, given, towns, towns)
    return _same("unpaired_reason", keys(written, ["town"]), written["reason"], found)


def _made(tables: Tables, plan: PlanYear, given: Mentoring) -> pd.DataFrame:
    """The eligible pairs that are written."""
    pairs = eligible(plan, given)
    chosen = pd.Index(keys(pairs, PAIR), dtype=object).isin(keys(tables["pairs"], PAIR))
    return pairs[chosen]


def _named(amounts: pd.Series) -> Amounts:
    return pd.Series(amounts.to_numpy(dtype=float), index=pd.Index(amounts.index, dtype=object))


def _same(family: str, key: Iterable[str], written: pd.Series, expected: Mapping[str, str]) -> Checks:
    """Words that are not the expected ones, and towns that are missing or too many."""
    found = dict(zip(key, written, strict=True))
    wrong = [town for town in sorted({*found, *expected}) if found.get(town) != expected.get(town)]
    return forbidden(family, np.array(wrong, dtype=object))


def _reasons(tables: Tables, plan: PlanYear, given: Mentoring, unpaired: list[str], towns: list[str]) -> dict[str, str]:
    """Why towns have no mentor: the first reason that applies; empty for those that have one."""
    every, made = eligible(plan, given), _made(tables, plan, given)
    taken, minutes = made.groupby("mentor").size(), made.groupby("mentor")["minutes"].sum()
    near = within_reach(plan, given) if given.matching is not None and given.pairs is None else every
    room: list[bool] = []
    for mentor, far in zip(every["mentor"], every["minutes"], strict=True):
        left = True
        if given.travel is not None:
            trip = 2.0 * given.travel.visits
            of_all, of_one = given.travel.most_minutes, given.travel.most_minutes_of_mentor
            left = of_all is None or trip * (made["minutes"].sum() + far) <= of_all + 1e-6
            left = left and (of_one is None or trip * (minutes.get(mentor, 0.0) + far) <= of_one + 1e-6)
        room.append(bool(left))
    free = [taken.get(mentor, 0) < given.mentor_capacity for mentor in every["mentor"]]
    every = every.assign(free=np.array(free, dtype=bool), goes=np.array(free, dtype=bool) & np.array(room, dtype=bool))
    found = dict.fromkeys(towns, "")
    for town in unpaired:
        own = every[every["mentee"] == town]
        if not mature_towns(plan, given):
            found[town] = "no_mature_town"
        elif not len(own):
            found[town] = "no_strong_mentor" if town in set(near["mentee"]) else "no_eligible_mentor"
        elif not own["free"].any():
            found[town] = "mentors_full"
        else:
            found[town] = "not_chosen" if own["goes"].any() else "travel_budget"
    return found
