"""What a year of the stars block leaves to the next: stars, and the points of what was upgraded, are never lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from allocator.blocks.stars.section import Stars
from allocator.scenario.plan_year import PlanYear
from allocator.words.columns import BETWEEN_IDS

STATIONS, SCORES = "stations_until_now", "station_scores_until_now"
"""Ids of the tables that stand for what the years before left."""


def carried(plan: PlanYear, before: PlanYear, own: Mapping[str, pd.DataFrame]) -> PlanYear:
    """The plan year with the stations as the year before left them, and its standard.

    Args:
        plan: the year as it is loaded.
        before: the year before, with what it started with itself.
        own: result tables of the year before.
    """
    given, last = plan.section(Stars), before.section(Stars)
    assert given is not None
    assert last is not None
    reached = own["stars"].drop_duplicates("station").set_index("station")
    stars = {grade.id: grade.stars for grade in last.grades}
    now = before.tables[last.stations].copy()
    got = now["station"].map(reached["grade_after"].map(stars)).fillna(0).astype(int)
    now["star"] = now["star"].where(now["star"] >= got, got)
    criteria = before.tables[last.criteria]
    tables = {
        **plan.tables,
        STATIONS: now,
        SCORES: _scores(before.tables[last.scores], criteria, reached["upgraded"], set(now["station"])),
        given.criteria: criteria,
    }
    same = {"stations": STATIONS, "scores": SCORES, "grades": last.grades}
    sections = {**plan.sections, "stars": given.model_copy(update=same)}
    return replace(plan, tables=tables, sections=sections)


def _scores(scores: pd.DataFrame, criteria: pd.DataFrame, upgraded: pd.Series, stations: set[str]) -> pd.DataFrame:
    """Points by station and criterion; full ones where the criterion was upgraded."""
    full = dict(zip(criteria["criterion"], criteria["points"], strict=True))
    done = [
        (station, criterion, full[criterion])
        for station, names in upgraded.items()
        if station in stations
        for criterion in str(names).split(BETWEEN_IDS)
        if criterion in full
    ]
    rows = pd.DataFrame(done, columns=["station", "criterion", "points"])
    whole = pd.concat([rows, scores]) if len(rows) else scores
    whole = whole.drop_duplicates(["station", "criterion"])
    return whole.sort_values(["station", "criterion"]).reset_index(drop=True)
