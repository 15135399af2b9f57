"""Teaching, checked from the written tables: who may teach what where, hours of teachers, and exchange."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocator.blocks.shared.checks import (
    Cells,
    Checks,
    Floats,
    Judges,
    Posting,
    cells,
    figure,
    first_of,
    keys,
    programmes,
    reach,
    rule,
    trips,
)
from allocator.blocks.teaching.section import Teaching
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import ANY_CATEGORY

CELL = ("teacher", "from_town", "to_town", "category")


def audit_block(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Teaching) -> list[Checks]:
    """Hours: only with the skill, from home and within reach; teachers' hours, home share, exchange shares."""
    hours = _hours(tables, plan, given)
    made = hours.checks("teaching", CELL)
    teachers = plan.tables[given.teachers].set_index("teacher")
    load, away = _load(hours, given), _away(hours)
    own = teachers["hours"].astype(float)
    lent, weight = hours.total(["teacher"], load * away)
    asked = weight * float(given.home_share > 0)
    made.append(rule("home_hours", lent, "<=", (1.0 - given.home_share) * own, weight, needed=asked))
    made += _exchange(hours, given, teachers["backbone"].astype(bool))
    written = tables["teaching"]
    key, known = keys(written, CELL), keys(hours.frame, CELL)
    mine = pd.Index(key, dtype=object)
    minutes = first_of(known, hours.frame["minutes"]).reindex(mine[mine.isin(known)].unique())
    return [*made, figure("teaching_minutes", first_of(key, written["minutes"]), minutes)]


def postings(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Teaching) -> list[Posting]:
    """Hours of teachers and what becomes of them: effective hours that arrive, travel, and what travel costs."""
    hours = _hours(tables, plan, given)
    proficiency = hours.frame["proficiency"].to_numpy(dtype=float)
    made = [Posting("teaching_time", "teaching", "supplied", *hours.total(["to_town", "category"], proficiency))]
    own = plan.tables[given.teachers].set_index("teacher")["hours"].astype(float)
    if "posting" not in plan.sections:
        own = own[own.index.isin(hours.frame["teacher"])]
    if (programmes(plan)["teacher_hours"] > 0).any():
        own = own.set_axis(pd.Index(own.index, dtype=object))
        made.append(Posting("teacher_time", "teaching", "provided", own, own * 0.0))
        made.append(Posting("teacher_time", "teaching", "used", *hours.total(["teacher"], _load(hours, given))))
    if given.travel_allowance is not None:
        cost = given.travel_allowance.unit_cost * (_load(hours, given) - 1.0)
        line = hours.named("line", "travel")
        made.append(Posting("cost", "teaching", "used", *line.total(["to_town", "line"], cost)))
    return made


def _exchange(hours: Cells, given: Teaching, backbone: pd.Series) -> list[Checks]:
    """Shares of teaching away from home, and of backbone teachers in it."""
    away, made = _away(hours), []
    whole = pd.Index([""], dtype=object)
    if given.exchange_min_share is not None:
        total, weight = hours.whole(away - given.exchange_min_share)
        made.append(rule("exchange_share", pd.Series([total], index=whole), ">=", 0.0, weight, needed=weight > 0))
    if given.backbone_min_share is not None:
        is_backbone = backbone.reindex(hours.frame["teacher"]).to_numpy(dtype=float)
        total, weight = hours.whole(away * (is_backbone - given.backbone_min_share))
        made.append(rule("backbone_share", pd.Series([total], index=whole), ">=", 0.0, weight, needed=weight > 0))
    return made


def _hours(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Teaching) -> Cells:
    """Every teacher in every town within reach of home, in each skill that some programme needs."""
    teachers = plan.tables[given.teachers][["teacher", "home_town"]].rename(columns={"home_town": "from_town"})
    skills = plan.tables[given.skills][["teacher", "category", "proficiency"]]
    anyone = pd.DataFrame({"teacher": teachers["teacher"], "category": ANY_CATEGORY, "proficiency": 1.0})
    known = programmes(plan)
    needed = known.loc[known["teacher_hours"] > 0, "category"].unique()
    able = pd.concat([skills, anyone], ignore_index=True)
    able = able[able["category"].isin(needed)].astype({"teacher": object, "category": object})
    going = teachers.astype(object).merge(trips(plan, reach(plan, "teaching")), on="from_town")
    return cells(going.merge(able, on="teacher"), tables["teaching"], CELL, "hours")


def _away(hours: Cells) -> Floats:
    """1 where an hour is taught away from home."""
    away = hours.frame["from_town"] != hours.frame["to_town"]
    return np.asarray(away, dtype=float)


def _load(hours: Cells, given: Teaching) -> Floats:
    """Hours an hour taught takes: itself, and the way there and back shared by the hours of a visit."""
    minutes = hours.frame["minutes"].to_numpy(dtype=float)
    return np.asarray(1.0 + _away(hours) * (2.0 * minutes / 60.0) / given.visit_hours)


OUTCOMES: Judges = {}
