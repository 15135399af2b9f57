"""Posting (教师交流轮岗): whole teachers work in another town for a term, without daily travel.

A teacher may be posted if eligible, to a town other than home within the last band of travel time, and to one host at a
time. A posting runs for a whole term; postings from before the plan run to the end of theirs. The posted teacher's
hours belong to the host (all of them, or a share), are taught there without travel, and are missing at home.
Between two towns teachers of one course category go one way only at a time: nobody is swapped for a like.

The shares of exchange of the teaching block (走教) count hours taught on visits alone; posted teachers are counted in
persons, by the shares of this block.

Data
    home(teacher)                            town      teachers table
    able(teacher, category)                  yes or no skills table
    own_hours[teacher]                       hours     teachers table
    term, host_share                                   `term_years`, `hours_share`
    least_posted                             persons   exchange_share x eligible teachers, rounded up
    least_backbone                           share     `backbone_share`
    most_away[town]                          persons   out_share x teachers of the town, rounded down (no fewer than
                                                       run on from before)
    own_teachers[town], least_there          persons   teachers table, `host_floor`
    most_there[town]                         persons   `most_hosted` (no fewer than run on from before)
    most_changed                             persons   `most_changes`
    ongoing[teacher, town, year]             0 or 1    postings of last_year.postings whose term covers the year
    was_there                                0 or 1    postings of the year before (of last_year.postings, first)
    band_allowance[teacher, town]            yuan      allowance of the band of the travel time
Variables
    posted[teacher, town, year]              0 or 1    town is the host
    posting_start[teacher, town, year]       0 to 1    the posting begins; not for those that run on from before
    posted_hours[teacher, town, category, year]   hours   taught at the host, only where it needs the category
    exchange_way[from_town, to_town, category, year]   0 to 1   1: teachers of the category go this way, 0: the other
    posting_came[teacher, town, year]        0 to 1    there this year and not the year before; where that is known
Rows
    posting_runs[teacher, town, year]        posted == ongoing + posting_start of the last `term` years
    one_host[teacher, year]                  sum over towns of posted <= 1
    posted_room[teacher, town, year]         sum over categories of posted_hours <= host_share * own_hours * posted
    posting_share[year]                      sum of posted >= least_posted
    posting_backbone[year]                   posted backbone teachers >= least_backbone * all posted
    away_share[town, year]                   sum of posted from the town <= most_away
    host_floor[town, year]                   posted to the town - posted from it >= least_there - own_teachers
    hosted[town, year]                       sum of posted to the town <= most_there
    no_swap[teacher, town, category, year]   posted <= exchange_way, or posted <= 1 - exchange_way the other way
    newly_there[teacher, town, year]         posting_came >= posted - was_there
    posting_changes[year]                    sum of 2 * posting_came - posted + was_there <= most_changed
Ledgers
    teacher_time    use      host_share * own_hours * posted, of the teacher   closed as teacher_hours[teacher, year]
    teaching_time   supply   proficiency * posted_hours, of the host  closed as teaching_need[town, category, year] (==)
    cost            use      band_allowance * posted, line `exchange` of the host
    count           supply   posted, as `posted_teachers` and (backbone teachers) `posted_backbone` of the host
Outcomes
    posting.count[town, year]                teachers posted to the town (fewer is better)
    posting.cost[town, year]                 yuan of allowances of the town (less is better)
Source
    Minimum up-times by windows of starts (Rajan and Takriti 2005). One direction for each pair of towns and category
    needs a row a posting and says as much as a row for every two opposite postings. Shares (10 % of the eligible, 20 %
    of them backbone teachers): national opinion of 2014 on compulsory education, borrowed, off by default.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from allocator.blocks.posting.candidates import (
    Candidates,
    abilities,
    candidates,
    least_posted,
    most_away,
    most_there,
    swaps_before,
)
from allocator.blocks.posting.past import past_postings
from allocator.blocks.posting.section import Posting
from allocator.blocks.shared.entries import charge, count
from allocator.model import Change, Codes, Floats, Model, Outcome, Terms, constant_label, joined
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import ANY_CATEGORY

CELL = ("teacher", "town", "year")


@dataclass(frozen=True, eq=False)
class Cells:
    """The year's cells that may hold a posting: columns, and teacher (position in the table) and host of each."""

    posted: Terms
    who: Codes
    host: Codes
    found: Candidates
    able: Floats
    """Proficiency [teacher, category]."""

    @property
    def home(self) -> Codes:
        """Home town of each cell."""
        return self.found.home[self.who]

    def per_cell(self, numbers: npt.NDArray[np.generic]) -> Floats:
        """Numbers [teacher, town] of the cells."""
        return numbers[self.who, self.host].astype(float)


def build(model: Model, plan: PlanYear, given: Posting) -> None:
    """Declare who may be posted where, the terms, and what postings use and bring."""
    cells = _cells(model, plan, given)
    _terms(model, plan, given, cells)
    _persons(model, plan, given, cells)
    _no_swap(model, plan, cells)
    _changes(model, plan, given, cells)
    _outcomes(model, plan, cells)
    posted, found = cells.posted, cells.found
    hours = given.hours_share * found.hours[cells.who]
    taken = (posted * hours).where(hours > 0)
    model.ledgers["teacher_time"].use("posting", taken.labelled({"teacher": taken["teacher"], "year": taken["year"]}))
    _taught(model, plan, cells, hours)
    if given.cost_lines():
        charge(model, "posting", "exchange", posted * cells.per_cell(found.allowance))
    count(model, "posting", "posted_teachers", posted)
    count(model, "posting", "posted_backbone", posted.where(found.backbone[cells.who]))


def _cells(model: Model, plan: PlanYear, given: Posting) -> Cells:
    """Declare where teachers may be, and when postings begin."""
    found, axis = candidates(plan, given), model.axes["teacher"]
    able, year = abilities(plan, found), model.axes["year"].code(str(plan.year))
    codes = axis.codes(found.ids)
    at = np.full(len(axis.ids), -1, dtype=np.intp)
    at[codes] = np.arange(len(codes))
    possible = found.possible.copy()
    earlier = _started(model, plan, given.term_years)
    known = at[earlier["teacher"]] >= 0
    before = (at[earlier["teacher"][known]], earlier["town"][known])
    possible[before] |= found.home[before[0]] != before[1]
    who, host = np.nonzero(possible)
    labels = {"teacher": codes[who], "town": host, "year": constant_label(year, len(who))}
    blocked = _blocked(found, able)[who, host]
    posted = model.variables("posted", labels, "teachers", upper=np.where(blocked, 0.0, 1.0), integer=True, settle=True)
    new = (found.may_begin & ~found.running)[who, host]
    model.variables("posting_start", {dim: part[new] for dim, part in labels.items()}, "teachers", upper=1.0)
    return Cells(posted, who, host, found, able)


def _started(model: Model, plan: PlanYear, term: int) -> Terms:
    """Columns of starts up to this year whose term covers it."""
    if "posting_start" not in model.columns:
        nothing = np.zeros(0, dtype=np.intp)
        return Terms(dict.fromkeys(CELL, nothing), nothing, np.zeros(0))
    starts = model.family("posting_start")
    begun = np.array([int(label) for label in model.axes["year"].ids])[starts["year"]]
    return starts.where((begun <= plan.year) & (begun + term > plan.year))


def _blocked(found: Candidates, able: Floats) -> npt.NDArray[np.bool_]:
    """[teacher, town]: where nobody may be sent, because from before teachers of a category run on both ways."""
    swapped = swaps_before(found, able)[found.home]
    hit = (swapped & (able[:, None, :] > 0)).any(axis=2)
    return np.asarray(hit & ~found.running)


def _terms(model: Model, plan: PlanYear, given: Posting, cells: Cells) -> None:
    """A posting runs for its term, and a teacher is in one place."""
    labels = dict(cells.posted.labels)
    starts = _started(model, plan, given.term_years)
    starts = starts.where(_has_row(model, cells.posted, starts))
    starts = starts.labelled({**starts.labels, "year": constant_label(_year(model, plan), len(starts))})
    running = cells.per_cell(cells.found.running)
    model.define("posting_runs", labels, [cells.posted, -starts], "==", running, unit="teachers")
    who = np.unique(labels["teacher"])
    rows = {"teacher": who, "year": constant_label(_year(model, plan), len(who))}
    model.constrain("one_host", rows, [cells.posted], "<=", 1.0, unit="teachers", requirement="posting")


def _year(model: Model, plan: PlanYear) -> int:
    return model.axes["year"].code(str(plan.year))


def _has_row(model: Model, posted: Terms, others: Terms) -> npt.NDArray[np.bool_]:
    """Which terms name a teacher and a host that the year has a cell for."""
    towns = len(model.axes["town"].ids)
    mine = posted["teacher"] * towns + posted["town"]
    return np.isin(others["teacher"] * towns + others["town"], mine)


def _persons(model: Model, plan: PlanYear, given: Posting, cells: Cells) -> None:
    """Shares and floors in whole persons."""
    posted, found, towns = cells.posted, cells.found, len(plan.towns)
    year = _year(model, plan)
    whole = {"year": np.array([year], dtype=np.intp)}
    every = posted.labelled({"year": posted["year"]})
    if given.exchange_share is not None:
        least = float(least_posted(given, found))
        path = "posting.exchange_share"
        model.constrain("posting_share", whole, [every], ">=", least, unit="teachers", requirement=path)
    if given.backbone_share is not None:
        share = found.backbone[cells.who].astype(float) - given.backbone_share
        path = "posting.backbone_share"
        model.constrain("posting_backbone", whole, [every * share], ">=", 0.0, unit="teachers", requirement=path)
    out = posted.labelled({"town": cells.home, "year": posted["year"]})
    there = posted.labelled({"town": cells.host, "year": posted["year"]})
    from_towns = np.unique(cells.home)
    rows = {"town": from_towns, "year": constant_label(year, len(from_towns))}
    most: Floats = most_away(given, found, towns)[from_towns]
    model.constrain("away_share", rows, [out], "<=", most, unit="teachers", requirement="posting.out_share")
    if given.host_floor > 0:
        rows = {"town": np.arange(towns), "year": constant_label(year, towns)}
        left = given.host_floor - np.bincount(found.home, minlength=towns).astype(float)
        path = "posting.host_floor"
        made = model.constrain("host_floor", rows, [there, -out], ">=", left, unit="teachers", requirement=path)
        model.row_parameter(path, made, 1.0)
    if given.most_hosted is not None:
        hosts, path = np.unique(cells.host), "posting.most_hosted"
        rows, most = {"town": hosts, "year": constant_label(year, len(hosts))}, most_there(given, found)[hosts]
        made = model.constrain("hosted", rows, [there], "<=", most, unit="teachers", requirement=path)
        if not found.running.any():
            model.row_parameter(path, made, 1.0)


def _no_swap(model: Model, plan: PlanYear, cells: Cells) -> None:
    """One way at a time between two towns for the teachers of a category."""
    cell, category = np.nonzero(cells.able[cells.who] > 0)
    home, host = cells.home[cell], cells.host[cell]
    both = swaps_before(cells.found, cells.able)[home, host, category] & (cells.per_cell(cells.found.running)[cell] > 0)
    low, high, forward = np.minimum(home, host), np.maximum(home, host), home < host
    key = np.stack([low, high, category])
    ways, way = np.unique(key, axis=1, return_inverse=True)
    way = way.ravel()
    open_ways = (np.bincount(way[forward & ~both], minlength=ways.shape[1]) > 0) & (
        np.bincount(way[~forward & ~both], minlength=ways.shape[1]) > 0
    )
    kept = open_ways[way] & ~both
    position = np.cumsum(open_ways) - 1
    count_ = int(open_ways.sum())
    labels = dict(zip(("from_town", "to_town", "category"), ways[:, open_ways].astype(np.intp), strict=True))
    labels["category"] = _category_codes(model, plan)[labels["category"]]
    labels["year"] = constant_label(_year(model, plan), count_)
    direction = model.variables("exchange_way", labels, "share", upper=1.0)
    if not count_:
        return
    mine = cells.posted.where(cell[kept])
    rows = {**mine.labels, "category": _category_codes(model, plan)[category[kept]]}
    rows = {dim: rows[dim] for dim in ("teacher", "town", "category", "year")}
    sign = np.where(forward[kept], -1.0, 1.0)
    ways_of = direction.where(position[way[kept]]) * sign
    bound = np.where(forward[kept], 0.0, 1.0)
    terms = [mine.labelled(rows), ways_of.labelled(rows)]
    model.define("no_swap", rows, terms, "<=", bound, unit="teachers")


def _category_codes(model: Model, plan: PlanYear) -> Codes:
    """Codes of the course categories in published order."""
    return model.axes["category"].codes(sorted(plan.common.categories))


def _changes(model: Model, plan: PlanYear, given: Posting, cells: Cells) -> None:
    """Who was not there the year before, and the most postings that may change; where the year before is known."""
    past = past_postings(plan)
    if past is None and not plan.follows("posting"):
        return
    posted, labels = cells.posted, dict(cells.posted.labels)
    came = model.variables("posting_came", labels, "teachers", upper=1.0)
    before = last_posted(model, plan)
    again = before.where(_has_row(model, posted, before))
    again = again.labelled({**again.labels, "year": constant_label(_year(model, plan), len(again))})
    ran = {(who, town) for who, town, _ in past or ()}
    names = zip(np.array(cells.found.ids, dtype=object)[cells.who], plan.towns.index[cells.host], strict=True)
    was = np.array([name in ran for name in names], dtype=float)
    model.define("newly_there", labels, [came, -posted, again], ">=", -was, unit="teachers")
    whole = {"year": np.array([_year(model, plan)], dtype=np.intp)}
    terms = joined([_of_year(part, whole) for part in (came * 2.0, -posted, before)], ("year",))
    model.changes.setdefault("postings", {})[_year(model, plan)] = Change(terms, float(len(ran)))
    if given.most_changes is not None:
        bound, path = float(given.most_changes - len(ran)), "posting.most_changes"
        made = model.constrain("posting_changes", whole, [terms], "<=", bound, unit="teachers", requirement=path)
        model.row_parameter(path, made, 1.0)


def last_posted(model: Model, plan: PlanYear) -> Terms:
    """Columns of the postings of the year before, where it is decided as well."""
    if plan.before is None or not plan.follows("posting"):
        nothing = np.zeros(0, dtype=np.intp)
        return Terms(dict.fromkeys(CELL, nothing), nothing, np.zeros(0))
    return model.year("posted", _year(model, plan.before))


def _of_year(part: Terms, whole: dict[str, Codes]) -> Terms:
    return part.labelled({"year": constant_label(int(whole["year"][0]), len(part))})


def _taught(model: Model, plan: PlanYear, cells: Cells, hours: Floats) -> None:
    """Hours taught at the host in each category that it needs, within what the posting brings."""
    year = _year(model, plan)
    needed = model.ledgers["teaching_time"].side(False, year)
    if not len(needed):
        return
    able = np.zeros((len(cells.found.ids), len(model.axes["category"].ids)))
    able[:, _category_codes(model, plan)] = cells.able
    able[:, model.axes["category"].code(ANY_CATEGORY)] = 1.0
    wanted = np.zeros((len(plan.towns), able.shape[1]), dtype=bool)
    wanted[needed["town"], needed["category"]] = True
    cell, category = np.nonzero(wanted[cells.host] & (able[cells.who] > 0) & (hours > 0)[:, None])
    labels = {dim: codes[cell] for dim, codes in cells.posted.labels.items()}
    labels = {"teacher": labels["teacher"], "town": labels["town"], "category": category, "year": labels["year"]}
    taught = model.variables("posted_hours", labels, "hours", scale=10.0)
    supplied = taught * able[cells.who[cell], category]
    model.ledgers["teaching_time"].supply(
        "posting",
        supplied.labelled({"town": labels["town"], "category": category, "year": labels["year"]}),
    )
    chosen = np.unique(cell)
    room = (cells.posted * -hours).where(chosen)
    rows = {dim: codes[chosen] for dim, codes in cells.posted.labels.items()}
    model.constrain("posted_room", rows, [taught, room], "<=", 0.0, unit="hours", requirement="posting.hours_share")


def _outcomes(model: Model, plan: PlanYear, cells: Cells) -> None:
    """Teachers and allowances by host town."""
    towns = np.arange(len(plan.towns))
    labels = {"town": towns, "year": constant_label(_year(model, plan), len(towns))}
    terms = cells.posted.labelled({"outcome": cells.host})
    paid: Sequence[tuple[str, str, Terms]] = (
        ("posting.count", "teachers", terms),
        ("posting.cost", "yuan", terms * cells.per_cell(cells.found.allowance)),
    )
    for name, unit, part in paid:
        model.outcome(Outcome(name, unit, labels, part, np.zeros(len(towns)), less_is_better=True))
