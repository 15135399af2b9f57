"""Mentoring (结对帮扶): a mature town school helps a slow-starting one; always whole pairs, for a term of years.

slow    the third of the towns with the lowest levels (or named ones); mature towns named by the plan are not slow
mature  the third with the highest levels, and the preset ones; a town is never both
A pair is eligible if the mentor is mature, the mentee slow, the level of the mentor leads by at least min_gap and
the travel time is at most travel.reach_minutes.mentoring. Levels and gaps are those before the plan's first year.
With `matching` the mentor must also be strong in a need of the mentee: its needs are the indicators in which it stands
lowest as a share of their targets, and the mentor is strong where it has `strong_at_least` of the target and is ahead.
With a table of pairs only its pairs are eligible, whatever the levels; its mentees count as slow.

A pair runs for a term, and may be renewed once for a second one right after it; it begins at most once. Pairs that
began before the plan run to the end of their term. A pair adds less from year to year: in the a-th year of its life
(a renewal goes on counting) transfer * (1 - transfer)^(a-1) of the gap. With `rotation` no pair is renewed, so that the
next mentor of a town is one that it never had.

Data
    gap[mentor, mentee, indicator] = max(0, base[mentor, indicator] - base[mentee, indicator]); with matching.only_needs
                                                    0 but for needs of the mentee in which the mentor is strong
    nearness[mentor, mentee] = exp(-minutes / nearness_minutes)
    transfer[indicator]                   share     scenario: mentoring.transfer
    capacity, cover, least                          scenario: mentoring
    pair_hours[mentor, mentee]            hours     table of pairs, else hours_per_pair
    trips[mentor, mentee]                 minutes   2 * travel.visits * one-way minutes, in a year
    most_travelled, most_of_mentor        minutes   scenario: mentoring.travel
    worth, pair_cost[mentor, mentee]      points    table of pairs: benefit and cost
    most_changed                          pairs     `max_changes`
    ran                                   0 or 1    pairs of the year before (of last_year.pairs, in the first year)
    term                                  years     `term_years`
    running[mentor, mentee, year]         0 or 1    pairs of last_year.pairs whose term covers the year
Variables
    pairing[mentor, mentee, year]         0 or 1    only eligible pairs
    beginning[mentor, mentee, year]       0 to 1    the pair begins; not for pairs of last_year.pairs
    renewal[mentor, mentee, year]         0 to 1    the pair enters its second term; only where a first one can end
Rows
    mentor_capacity[mentor, year]         sum over mentee of pairing <= capacity
    mentee_cover[mentee, year]            sum over mentor of pairing <= cover
    mentee_least[mentee, year]            sum over mentor of pairing >= least, for every slow town
    mentor_travel[mentor, year]           sum over mentee of trips * pairing <= most_of_mentor
    travel_budget[year]                   sum of trips * pairing <= most_travelled
    pair_changes[year]                    sum of 2 * came - pairing + ran <= most_changed; came is beginning, and
                                          pairing where the pair could not be made the year before. An end that
                                          cannot be helped counts like any other
    pair_runs[mentor, mentee, year]       pairing == running + beginning and renewal of the last `term` years
    begun_once[mentor, mentee, year]      beginning of this and all years before <= 1
    renewed_after_term[mentor, mentee, year]   renewal <= beginning a term before (or: a first term just ended)
Ledgers
    value        supply   transfer * (1 - transfer)^(a-1) * gap * nearness * pairing, for the mentee
    school_time  use      pair_hours * pairing, of the mentor      closed as school_hours[town, year]
    cost         use      allowance * pairing, line `mentoring` of the mentor
    cost         use      cost_per_hour * trips / 60 * pairing, line `mentoring_travel` of the mentor
    mentor_need  supply   1 for each slow town; goals read it
Outcomes
    mentoring.benefit[town, year]         level points the pairs of a mentee add, before the cap at 1
    mentoring.worth[town, year]           worth of the pairs of a mentee, with a table of pairs
    mentoring.cost[town, year]            pair_cost of the pairs of a mentee, with a table of pairs; less is better
Source
    With a table of pairs, hours and `least` the generalised assignment problem (Ross and Soland 1975); without rows of
    travel and hours the matrix is that of a transportation problem, with one of them relaxations turn fractional.
    Generalised b-matching with minimum up-times (Rajan and Takriti 2005, for the windows of starts). Plan text:
    通过帮扶结对的形式，让较成熟的社区学校对起步较慢的社区学校进行全方位的帮扶.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from allocator.blocks.mentoring.candidates import Candidates, candidates
from allocator.blocks.mentoring.past import PastPair, last_year_pairs, past_pairs
from allocator.blocks.mentoring.section import Mentoring, Visits
from allocator.blocks.shared.entries import charge
from allocator.model import Change, Codes, Floats, Model, Outcome, Provision, Terms, constant_label, joined
from allocator.scenario.plan_year import PlanYear

MINUTES_PER_HOUR = 60.0


@dataclass(frozen=True, eq=False)
class Lives:
    """What each eligible pair adds in a year and by which columns: a pair that began in the plan by its beginning or
    renewal, one from before by its pairing."""

    terms: Terms
    pair: Codes
    """Position of the eligible pair of each term."""
    age: Codes
    """Which year of the pair's life it is."""


def build(model: Model, plan: PlanYear, given: Mentoring) -> None:
    """Declare the eligible pairs, their terms, and what they use and bring."""
    found = candidates(plan, given)
    year = model.axes["year"].code(str(plan.year))
    labels = {"mentor": found.mentor, "mentee": found.mentee, "year": constant_label(year, len(found.mentor))}
    pairing = model.variables("pairing", labels, "pairs", upper=1.0, integer=True, settle=True)
    lives = _lives(model, plan, given, pairing, found)
    benefit = np.array([found.benefit(int(age))[pair] for pair, age in zip(lives.pair, lives.age, strict=True)])
    _outcome(model, plan, "mentoring.benefit", lives.terms * benefit)
    if given.pairs is not None:
        at_mentee = pairing.labelled({"town": found.mentee, "year": labels["year"]})
        _outcome(model, plan, "mentoring.worth", at_mentee * found.worth)
        _outcome(model, plan, "mentoring.cost", at_mentee * found.cost)
    slow = np.flatnonzero(found.slow)
    need = {"town": slow, "year": constant_label(year, len(slow))}
    model.ledgers["mentor_need"].provide(Provision("mentoring", need, np.ones(len(slow))))
    if given.mentee_least > 0 and len(slow):
        mine = pairing.where(found.slow[found.mentee])
        rows, bound = {"mentee": slow, "year": need["year"]}, float(given.mentee_least)
        path = "mentoring.mentee_least"
        least = model.constrain("mentee_least", rows, [mine], ">=", bound, unit="pairs", requirement=path)
        model.row_parameter(path, least, 1.0)
    _changes(model, plan, given.max_changes, pairing)
    if not len(pairing):
        return
    for family, dim, limit in (
        ("mentor_capacity", "mentor", given.mentor_capacity),
        ("mentee_cover", "mentee", given.mentee_cover),
    ):
        who = np.unique(labels[dim])
        rows = {dim: who, "year": constant_label(year, len(who))}
        requirement = f"mentoring.{family}"
        made = model.constrain(family, rows, [pairing], "<=", float(limit), unit="pairs", requirement=requirement)
        model.row_parameter(requirement, made, 1.0)
    _value(model, found, lives)
    at_mentor = pairing.labelled({"town": found.mentor, "year": labels["year"]})
    if found.hours.any():
        model.ledgers["school_time"].use("mentoring", at_mentor * found.hours)
    if given.travel is not None:
        _travel(model, given.travel, pairing, given.travel.minutes(found.minutes))
    if given.allowance is not None and given.allowance.unit_cost > 0:
        line = constant_label(model.axes["programme"].code("mentoring"), len(pairing))
        paid = pairing.labelled({"town": found.mentor, "programme": line, "year": labels["year"]})
        model.ledgers["cost"].use("mentoring", paid * given.allowance.unit_cost)


def _travel(model: Model, given: Visits, pairing: Terms, minutes: Floats) -> None:
    """Minutes of travel of all pairs and of each mentor, and what they cost."""
    path, year, trips = "mentoring.travel.most_minutes", pairing["year"], pairing * minutes
    if given.most_minutes is not None:
        rows = model.constrain(
            "travel_budget",
            {"year": year[:1]},
            [trips.labelled({"year": year})],
            "<=",
            given.most_minutes,
            unit="minutes",
            requirement=path,
        )
        model.row_parameter(path, rows, 1.0)
    if given.most_minutes_of_mentor is not None:
        mentors, requirement = np.unique(pairing["mentor"]), f"{path}_of_mentor"
        labels = {"mentor": mentors, "year": constant_label(int(year[0]), len(mentors))}
        most = given.most_minutes_of_mentor
        rows = model.constrain("mentor_travel", labels, [trips], "<=", most, unit="minutes", requirement=requirement)
        model.row_parameter(requirement, rows, 1.0)
    if given.cost_per_hour > 0:
        spent = trips.labelled({"town": pairing["mentor"], "year": year}) * (given.cost_per_hour / MINUTES_PER_HOUR)
        charge(model, "mentoring", "mentoring_travel", spent)


def _changes(model: Model, plan: PlanYear, most: int | None, pairing: Terms) -> None:
    """A pair that comes counts once, one that ends counts once: 2 * came - pairing + ran; where last year is known."""
    year = model.axes["year"].code(str(plan.year))
    beginning, ran, given = model.year("beginning", year), list[Terms](), 0.0
    if plan.before is not None and plan.follows("mentoring"):
        before = model.year("pairing", model.axes["year"].code(str(plan.before.year)))
        known, ran = _pair_keys(model, before), [before]
    else:
        last = last_year_pairs(plan)
        if last is None:
            return
        mentor, mentee = (model.axes["town"].codes(pair[side] for pair in last) for side in (0, 1))
        known, given = mentor * len(model.axes["town"].ids) + mentee, float(len(last))
    came = [
        beginning.where(np.isin(_pair_keys(model, beginning), known)),
        pairing.where(~np.isin(_pair_keys(model, pairing), known)),
    ]
    parts = [*(part * 2.0 for part in came), -pairing, *ran]
    terms = joined([part.labelled({"year": constant_label(year, len(part))}) for part in parts], ("year",))
    model.changes.setdefault("pairs", {})[year] = Change(terms, given)
    if most is not None:
        rows, requirement = {"year": np.array([year], dtype=np.intp)}, "mentoring.max_changes"
        made = model.constrain("pair_changes", rows, [terms], "<=", most - given, unit="pairs", requirement=requirement)
        model.row_parameter(requirement, made, 1.0)


def _pair_keys(model: Model, pairs: Terms) -> Codes:
    """One number for each pair."""
    return pairs["mentor"] * len(model.axes["town"].ids) + pairs["mentee"]


def _lives(model: Model, plan: PlanYear, given: Mentoring, pairing: Terms, found: Candidates) -> Lives:
    """Declare when pairs begin and are renewed, and tie pairing to it."""
    past, first_year = _past(plan, found)
    old = np.array([at in past for at in range(len(pairing))], dtype=bool)
    term, labels = given.term_years, dict(pairing.labels)
    new = np.flatnonzero(~old)
    model.variables("beginning", {dim: codes[new] for dim, codes in labels.items()}, "pairs", upper=1.0)
    ends = np.array([past[at].last_year(term) if at in past else first_year + term - 1 for at in range(len(pairing))])
    once = np.array([at in past and past[at].renewals > 0 for at in range(len(pairing))], dtype=bool)
    ended_now = np.where(old, ends == plan.year - 1, plan.year > ends)
    may_renew = np.flatnonzero(~once & ended_now & (not given.rotation))
    model.variables("renewal", {dim: codes[may_renew] for dim, codes in labels.items()}, "pairs", upper=1.0)
    running = (old & (ends >= plan.year)).astype(float)
    begun, renewed = _until_now(model, plan, "beginning", pairing), _until_now(model, plan, "renewal", pairing)
    young, fresh = begun.where(begun["age"] <= term), renewed.where(renewed["age"] <= term)
    parts = [pairing, *(-part.labelled(_as_rows(part, labels)) for part in (young, fresh) if len(part))]
    model.define("pair_runs", labels, parts, "==", running, unit="pairs")
    if len(new):
        rows = {dim: codes[new] for dim, codes in labels.items()}
        mine = begun.labelled(_as_rows(begun, labels))
        model.define("begun_once", rows, [mine], "<=", 1.0, unit="pairs")
    if len(may_renew):
        rows = {dim: codes[may_renew] for dim, codes in labels.items()}
        now, of_term = renewed.where(renewed["age"] == 1), begun.where(begun["age"] == term + 1)
        of_term = of_term.where(np.isin(of_term["pair"], may_renew))
        ended = old[may_renew].astype(float)
        terms = [now.labelled(_as_rows(now, labels)), -of_term.labelled(_as_rows(of_term, labels))]
        model.define("renewed_after_term", rows, terms, "<=", ended, unit="pairs")
    return _lived(plan, term, pairing, (young, fresh), past)


def _past(plan: PlanYear, found: Candidates) -> tuple[dict[int, PastPair], int]:
    """Eligible pair (position) to its life before the plan, and the first year with pairs that is decided here."""
    start = plan
    while start.before is not None and start.follows("mentoring"):
        start = start.before
    names = plan.towns.index
    at = {(names[m], names[n]): k for k, (m, n) in enumerate(zip(found.mentor, found.mentee, strict=True))}
    known = {(pair.mentor, pair.mentee): pair for pair in past_pairs(start) or ()}
    return {at[key]: pair for key, pair in known.items() if key in at}, start.year


def _until_now(model: Model, plan: PlanYear, family: str, pairing: Terms) -> Terms:
    """Columns of a family up to this year, of pairs that are eligible in it, with ``pair``, position of the pair, and
    ``age``, 1 for this year."""
    cells = model.family(family)
    keys, mine = _pair_keys(model, pairing), _pair_keys(model, cells)
    known = np.isin(mine, keys)
    cells, order = cells.where(known), np.argsort(keys)
    pair = order[np.searchsorted(keys[order], mine[known])] if len(cells) else np.zeros(0, dtype=np.intp)
    years = np.array([int(label) for label in model.axes["year"].ids], dtype=np.intp)
    age = plan.year - years[cells["year"]] + 1
    return cells.labelled({"pair": pair, "age": age})


def _as_rows(part: Terms, labels: dict[str, Codes]) -> dict[str, Codes]:
    """Labels of the rows that terms with a ``pair`` belong to."""
    return {dim: codes[part["pair"]] for dim, codes in labels.items()}


def _lived(plan: PlanYear, term: int, pairing: Terms, parts: tuple[Terms, Terms], past: dict[int, PastPair]) -> Lives:
    """What pairs add goes by their beginning and renewal; a pair from before has one age a year, whatever keeps it."""
    young, fresh = parts
    at = np.array(sorted(past), dtype=np.intp)
    fresh = fresh.where(~np.isin(fresh["pair"], at))  # a pair from before is counted by its pairing, renewed or not
    own = pairing.where(at)
    age = np.array([plan.year - past[int(pair)].start_year + 1 for pair in at], dtype=np.intp)
    every = [
        young,
        fresh.labelled({"pair": fresh["pair"], "age": fresh["age"] + term}),
        own.labelled({"pair": at, "age": age}),
    ]
    lives = joined(every, ("pair", "age"))
    town: npt.NDArray[np.intp] = pairing["mentee"][lives["pair"]]
    year = constant_label(int(pairing["year"][0]) if len(pairing) else 0, len(lives))
    return Lives(lives.labelled({"town": town, "year": year}), lives["pair"], lives["age"])


def _value(model: Model, found: Candidates, lives: Lives) -> None:
    """What the pairs add to each indicator of their mentees."""
    added = {int(age): found.added(int(age)) for age in np.unique(lives.age)}
    gains = np.array([added[int(age)][pair] for pair, age in zip(lives.pair, lives.age, strict=True)])
    term, indicator = np.nonzero(gains > 0)
    worth = lives.terms.where(term)
    labels = {"town": worth["town"], "indicator": indicator, "year": worth["year"]}
    model.ledgers["value"].supply("mentoring", (worth * gains[term, indicator]).labelled(labels))


def _outcome(model: Model, plan: PlanYear, name: str, terms: Terms) -> None:
    """An outcome by mentee."""
    towns = np.arange(len(plan.towns))
    labels = {"town": towns, "year": constant_label(model.axes["year"].code(str(plan.year)), len(towns))}
    by_town, nothing = terms.labelled({"outcome": terms["town"]}), np.zeros(len(towns))
    unit = "level points" if name == "mentoring.benefit" else "points"
    model.outcome(Outcome(name, unit, labels, by_town, nothing, less_is_better=name == "mentoring.cost"))
