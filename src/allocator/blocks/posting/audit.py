"""Posting, checked from the written tables: who may be where and how long, hours at hosts, and shares in persons."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from allocator.blocks.posting.past import past_postings
from allocator.blocks.posting.section import Posting
from allocator.blocks.shared.checks import (
    Amounts,
    Cells,
    Checks,
    Judged,
    Judges,
    by_town,
    cells,
    figure,
    first_of,
    forbidden,
    keys,
    programmes,
    rule,
    totals,
    trips,
)
from allocator.blocks.shared.checks import Posting as Entry
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import ANY_CATEGORY
from allocator.words.columns import BETWEEN_IDS

WAY = ("teacher", "to_town")
TAUGHT = ("teacher", "to_town", "category")
A_LITTLE = 1e-9


def audit_block(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Posting) -> list[Checks]:
    """Where teachers are, since when and until when; shares and floors; hours; no swaps; figures."""
    posted = _posted(tables, plan, given)
    made = posted.checks("posted", WAY)
    of_one, weight = posted.total(["teacher"])
    made.append(rule("one_host", of_one, "<=", 1.0, weight, needed=_core(posted, ["teacher"])))
    made += [*_shares(plan, given, posted), *_towns_rules(plan, given, posted), *_hours(tables, plan, given, posted)]
    made.append(_swaps(tables, plan))
    made += [*_terms(tables, plan, given), *_changes(tables, plan, given)]
    return [*made, *_figures(tables, plan, posted), *_town_figures(tables, plan)]


def postings(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Posting) -> list[Entry]:
    """Hours that go from the teacher to the host, what the postings cost, and how many there are."""
    posted = _posted(tables, plan, given)
    hours = given.hours_share * posted.frame["hours"].to_numpy(dtype=float)
    made = [Entry("teacher_time", "posting", "used", *posted.total(["teacher"], hours))]
    if (programmes(plan)["teacher_hours"] > 0).any():
        taught = _taught(tables, plan, posted)
        share = taught.frame["proficiency"].to_numpy(dtype=float)
        made.append(Entry("teaching_time", "posting", "supplied", *taught.total(["to_town", "category"], share)))
    if given.cost_lines():
        paid = posted.named("line", "exchange")
        cost = posted.frame["allowance"].to_numpy(dtype=float)
        made.append(Entry("cost", "posting", "used", *paid.total(["to_town", "line"], cost)))
    for name, counts in (("posted_teachers", 1.0), ("posted_backbone", posted.frame["backbone"].to_numpy(dtype=float))):
        each = posted.named("counted", name)
        made.append(Entry("count", "posting", "supplied", *each.total(["counted", "to_town"], counts)))
    return made


def hosted(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Posting) -> Judged:
    """Teachers posted to each town."""
    return _by_host(plan, _posted(tables, plan, given), 1.0)


def costs(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Posting) -> Judged:
    """Allowances paid in each host town."""
    posted = _posted(tables, plan, given)
    return _by_host(plan, posted, posted.frame["allowance"].to_numpy(dtype=float))


def _by_host(plan: PlanYear, posted: Cells, worth: Any) -> Judged:
    amounts, weights = posted.total(["to_town"], worth)
    every = pd.Index(plan.towns.index, dtype=object)
    amounts, weights = (part.reindex(every, fill_value=0.0) for part in (amounts, weights))
    return Judged(amounts, weights, less_is_better=True)


def _teachers(plan: PlanYear, given: Posting | None = None) -> pd.DataFrame:
    """Teachers by id with home town, hours, and 1 or 0 for backbone and eligible ones."""
    table = plan.table("teaching.teachers")
    may = table["eligible"] if given is not None and given.eligible == "eligible" and "eligible" in table else True
    return pd.DataFrame(
        {
            "teacher": table["teacher"].astype(object),
            "from_town": table["home_town"].astype(object),
            "hours": table["hours"].astype(float),
            "backbone": table["backbone"].astype(float),
            "eligible": may,
        }
    )


def _running(plan: PlanYear, given: Posting) -> dict[tuple[str, str], int]:
    """Postings from before whose term covers the year, with their first year; only of teachers who are still there."""
    homes = dict(zip(*(_teachers(plan)[name] for name in ("teacher", "from_town")), strict=True))
    return {
        (who, town): begun
        for who, town, begun in past_postings(plan) or ()
        if begun + given.term_years > plan.year and homes.get(who, town) != town
    }


def _possible(plan: PlanYear, given: Posting) -> pd.DataFrame:
    """Where each teacher may be, with band and allowance: ``may`` begin in the year, ``runs`` on from before, or could
    have begun in an earlier year of the plan."""
    ways = _ways(plan, given)
    running = _running(plan, given)
    name = list(zip(ways["teacher"], ways["to_town"], strict=True))
    runs = np.array([key in running for key in name], dtype=bool)
    begun = {
        key
        for year in plan.earlier
        if year.year + given.term_years > plan.year and {"posting", "teaching"} <= year.sections.keys()
        for before in (_ways(year, year.sections["posting"]),)
        for key in zip(*(before.loc[before["may"], label] for label in WAY), strict=True)
    }
    ways = ways.assign(runs=runs, core=ways["may"].to_numpy(dtype=bool) | runs)
    could = np.array([key in begun for key in name], dtype=bool)
    kept: pd.DataFrame = ways[ways["core"].to_numpy() | could].reset_index(drop=True)
    return kept


def _ways(plan: PlanYear, given: Any) -> pd.DataFrame:
    """Every teacher and every other town, with minutes, band and allowance, and whether a posting may begin."""
    teachers = _teachers(plan, given)
    ways: pd.DataFrame = teachers.merge(
        trips(plan, None).astype({"from_town": object, "to_town": object}), on="from_town"
    )
    ways = ways[ways["from_town"] != ways["to_town"]].reset_index(drop=True)
    ends = [each.up_to_minutes for each in given.bands]
    band = np.array([sum(minutes > end + A_LITTLE for end in ends) for minutes in ways["minutes"]], dtype=int)
    last = np.minimum(band, len(ends) - 1)
    may = ways["eligible"].to_numpy(dtype=bool) & (band < len(ends))
    paid = np.array([given.bands[at].allowance for at in last], dtype=float)
    return ways.assign(band=last + 1.0, allowance=paid, may=may)


def _posted(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Posting) -> Cells:
    """A posting, or none, of every teacher to every town that may be."""
    return cells(_possible(plan, given), tables["postings"].assign(posted=1.0), WAY, "posted")


def _core(posted: Cells, by: Sequence[str]) -> Amounts:
    """By key, how many cells there are for sure; rows of other cells may be left out."""
    return totals(keys(posted.frame, by), posted.frame["core"].to_numpy(dtype=float))


def _whole(amount: float) -> Amounts:
    return pd.Series([amount], index=pd.Index([""], dtype=object))


def _shares(plan: PlanYear, given: Posting, posted: Cells) -> list[Checks]:
    """Shares of the eligible and of backbone teachers, over the whole district."""
    made = []
    if given.exchange_share is not None:
        total, weight = posted.whole()
        eligible = float(_teachers(plan, given)["eligible"].sum())
        least = math.ceil(given.exchange_share * eligible - A_LITTLE)
        made.append(rule("posting_share", _whole(total), ">=", float(least), weight))
    if given.backbone_share is not None:
        over, weight = posted.whole(posted.frame["backbone"].to_numpy(dtype=float) - given.backbone_share)
        made.append(rule("posting_backbone", _whole(over), ">=", 0.0, weight))
    return made


def _towns_rules(plan: PlanYear, given: Posting, posted: Cells) -> list[Checks]:
    """How many may be away from a town or in it; what runs on from before may always stay."""
    towns, runs = pd.Index(plan.towns.index, dtype=object), posted.frame["runs"].to_numpy(dtype=float)
    own = totals(_teachers(plan)["from_town"].to_numpy(dtype=object), np.ones(len(_teachers(plan))))
    own = own.reindex(towns, fill_value=0.0)
    out, weight = posted.total(["from_town"])
    gone = totals(keys(posted.frame, ["from_town"]), runs).reindex(out.index, fill_value=0.0)
    may_go = pd.Series(np.floor(given.out_share * own + A_LITTLE), index=own.index).reindex(out.index)
    needed = _core(posted, ["from_town"])
    made = [rule("away_share", out, "<=", may_go.clip(lower=gone), weight, needed=needed)]
    there, weight_there = posted.total(["to_town"])
    if given.host_floor > 0:
        sides = (part.reindex(towns, fill_value=0.0) for part in (there, out, weight_there, weight))
        came, went, weight_came, weight_went = sides
        made.append(rule("host_floor", came - went, ">=", given.host_floor - own, weight_came + weight_went))
    if given.most_hosted is not None:
        stayed = totals(keys(posted.frame, ["to_town"]), runs).reindex(there.index, fill_value=0.0)
        most = stayed.clip(lower=float(given.most_hosted))
        made.append(rule("hosted", there, "<=", most, weight_there, needed=_core(posted, ["to_town"])))
    return made


def _taught(tables: Mapping[str, pd.DataFrame], plan: PlanYear, posted: Cells) -> Cells:
    """Hours taught at a host in each category that the teacher can teach and some programme needs."""
    skills = plan.table("teaching.skills")[["teacher", "category", "proficiency"]]
    anyone = pd.DataFrame({"teacher": _teachers(plan)["teacher"], "category": ANY_CATEGORY, "proficiency": 1.0})
    known = programmes(plan)
    needed = known.loc[known["teacher_hours"] > 0, "category"].unique()
    able = pd.concat([skills, anyone], ignore_index=True)
    able = able[able["category"].isin(needed)].astype({"teacher": object, "category": object})
    frame = posted.frame[posted.frame["hours"] > 0].drop(columns="amount").merge(able, on="teacher")
    return cells(frame, tables["posted_hours"], TAUGHT, "hours")


def _hours(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Posting, posted: Cells) -> list[Checks]:
    """Hours at a host: only of the posted, in what they can teach, within what the posting brings."""
    taught = _taught(tables, plan, posted)
    made = taught.checks("posted_hours", TAUGHT)
    spent, weight = taught.total(WAY)
    brings, weight_of_one = posted.total(WAY, given.hours_share * posted.frame["hours"].to_numpy(dtype=float))
    over = spent - brings.reindex(spent.index)
    made.append(
        rule("posted_room", over, "<=", 0.0, weight + weight_of_one.reindex(spent.index), needed=_core(taught, WAY))
    )
    written = tables["postings"]
    hours, _ = taught.total(WAY)
    shown = first_of(keys(written, WAY), written["hours"])
    made.append(figure("postings_hours", shown, hours.reindex(shown.index, fill_value=0.0), float(len(taught.frame))))
    return made


def _swaps(tables: Mapping[str, pd.DataFrame], plan: PlanYear) -> Checks:
    """No posting begins while a teacher of the same category is posted the other way."""
    skills = plan.table("teaching.skills")[["teacher", "category"]]
    there = tables["postings"][["teacher", "from_town", "to_town", "start_year"]].merge(skills, on="teacher")
    back = there.rename(columns={"from_town": "to_town", "to_town": "from_town"})
    both = there.merge(back, on=["from_town", "to_town", "category"], suffixes=("", "_back"))
    new = both[both["start_year"] == plan.year]
    return forbidden("no_swap", np.unique(keys(new, ("teacher", "to_town", "category"))))


def _terms(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Posting) -> list[Checks]:
    """Postings from before run to the end of their term, others begin this year and only where they may."""
    written, running = tables["postings"], _running(plan, given)
    shown = dict(zip(zip(written["teacher"], written["to_town"], strict=True), written["start_year"], strict=True))
    wrong = [key for key, begun in running.items() if shown.get(key) != begun]
    ways = _possible(plan, given)
    may = set(zip(*(ways.loc[ways["may"], label] for label in WAY), strict=True))
    wrong += [key for key, begun in shown.items() if key not in running and (begun != plan.year or key not in may)]
    name = keys(written, WAY)
    begun = written["start_year"]
    return [
        forbidden("posting_terms", np.array(sorted("/".join(key) for key in wrong), dtype=object)),
        figure("postings_end_year", first_of(name, written["end_year"]), first_of(name, begun + given.term_years - 1)),
        figure("postings_new", first_of(name, written["new"]), first_of(name, (begun == plan.year).astype(float))),
    ]


def _changes(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Posting) -> list[Checks]:
    """Postings that are there in only one of two years, where the year before is known."""
    changed, ran = changes(tables, plan)
    if given.most_changes is None or changed is None:
        return []
    return [rule("posting_changes", _whole(float(changed - ran)), "<=", float(given.most_changes - ran), 1.0)]


def changes(tables: Mapping[str, pd.DataFrame], plan: PlanYear) -> tuple[int | None, int]:
    """Postings that came or ended since the year before (none where that is not known), and how many ran in it."""
    past = past_postings(plan)
    if past is None:
        return None, 0
    ran = {(who, town) for who, town, _ in past}
    written = tables["postings"]
    return len(ran ^ set(zip(written["teacher"], written["to_town"], strict=True))), len(ran)


def _figures(tables: Mapping[str, pd.DataFrame], plan: PlanYear, posted: Cells) -> list[Checks]:
    """Home, minutes, band, allowance, backbone and categories of the written postings."""
    written, frame = tables["postings"], posted.frame
    key, known = keys(written, WAY), keys(frame, WAY)
    mine = pd.Index(key, dtype=object)
    mine = mine[mine.isin(known)].unique()
    made = [
        figure(f"postings_{name}", first_of(key, written[name]), first_of(known, frame[column]).reindex(mine))
        for name, column in (
            ("minutes", "minutes"),
            ("band", "band"),
            ("allowance_yuan", "allowance"),
            ("backbone", "backbone"),
        )
    ]
    homes = dict(zip(*(_teachers(plan)[name] for name in ("teacher", "from_town")), strict=True))
    skills = plan.table("teaching.skills").sort_values("category").groupby("teacher")["category"].agg(BETWEEN_IDS.join)
    right = [
        home == homes.get(who) and said == skills.get(who, "")
        for who, home, said in zip(written["teacher"], written["from_town"], written["categories"], strict=True)
    ]
    return [*made, forbidden("postings_home", key[~np.array(right, dtype=bool)])]


def _town_figures(tables: Mapping[str, pd.DataFrame], plan: PlanYear) -> list[Checks]:
    """Teachers of each town, who is away and who is there from elsewhere."""
    written, postings_, teachers = tables["posting_towns"], tables["postings"], _teachers(plan)
    every = by_town(plan, "") * 0.0
    own, out, there = (
        every.add(totals(column.to_numpy(dtype=object), np.ones(len(column))), fill_value=0.0)
        for column in (teachers["from_town"], postings_["from_town"], postings_["to_town"])
    )
    share = out / own.where(own > 0)
    key = written["town"].to_numpy(dtype=object)
    due = {"teachers": own, "out": out, "hosted": there, "out_share": share}
    return [figure(f"posting_towns_{name}", first_of(key, written[name]), amounts) for name, amounts in due.items()]


OUTCOMES: Judges = {"posting.cost": costs, "posting.count": hosted}
