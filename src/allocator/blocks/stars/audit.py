"""Stars, checked from the written tables: who climbs to which grade, by which upgrades, in which batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from allocator.blocks.shared.checks import (
    Amounts,
    Checks,
    Floats,
    Judged,
    Judges,
    Posting,
    figure,
    forbidden,
    rule,
    totals,
)
from allocator.blocks.stars.section import StarGrade, Stars
from allocator.scenario.plan_year import PlanYear
from allocator.words.columns import BETWEEN_IDS, BETWEEN_NAMES
from allocator.words.texts import LANGUAGES

Tables = Mapping[str, pd.DataFrame]
EXACT = 1_000_000


@dataclass(frozen=True, eq=False)
class Climbed:
    """Stations (index) with what they have before and after the year."""

    stations: pd.DataFrame
    """town, residents, slow, star (before), points (before), after (stars), steps (grades reached)."""
    unreadable: list[str]
    """Stations of the table that do not exist or whose grade says nothing."""

    @property
    def new(self) -> pd.DataFrame:
        """Stations that get their first star."""
        return self.stations[(self.stations["was"] == 0) & (self.stations["rung"] > 0)]


def audit_block(tables: Tables, plan: PlanYear, given: Stars) -> list[Checks]:
    """Grades only rise; upgrades, points and costs; the batch of the year; an equal chance for every town."""
    found = _climbed(tables, plan, given)
    made = [forbidden("starred", np.array(sorted(found.unreadable), dtype=object))]
    made += _upgrades(tables, plan, given, found)
    made += _batches(tables, plan, found)
    if given.most_a_year is not None:
        steps = float((found.stations["rung"] - found.stations["was"]).sum())
        whole = pd.Series([steps], index=pd.Index([""], dtype=object))
        made.append(rule("star_batch", whole, "<=", float(given.most_a_year), 0.0))
    if given.equal_chance is not None:
        made += _equal_chance(plan, given, given.equal_chance.stations, found)
    return made


def postings(tables: Tables, plan: PlanYear, given: Stars) -> list[Posting]:
    """Cost of the upgrades, starred stations, and what first stars bring."""
    found = _climbed(tables, plan, given)
    towns = pd.Series(0.0, index=pd.Index(plan.towns.index, dtype=object))
    written = tables["stars"]
    charged = totals(written["town"].to_numpy(dtype=object), written["cost_yuan"].to_numpy(dtype=float))
    paid = charged.reindex(charged.index.union(towns.index), fill_value=0.0)
    made = [_posting("cost", "used", paid, "{}/stars"), *_counts(plan, given, found)]
    for each in given.gains:
        indicator = next(one for one in plan.indicators if one.id == each.indicator)
        worth = each.per_unit / pd.Series(plan.denominator(indicator), index=towns.index)
        brought = _by_town(found.new, towns) * worth
        made.append(_posting("value", "supplied", brought, f"{{}}/{indicator.id}"))
    return made


def benefits(tables: Tables, plan: PlanYear, given: Stars) -> Judged:
    """Worth of the starred stations of each town."""
    found = _climbed(tables, plan, given).stations
    starred = found[found["rung"] > 0]
    worth = starred["residents"] * (1.0 + given.slow_weight * starred["slow"])
    amounts = totals(starred["town"].to_numpy(dtype=object), worth.to_numpy(dtype=float))
    amounts = amounts.reindex(pd.Index(plan.towns.index, dtype=object), fill_value=0.0)
    return Judged(amounts, amounts * 0.0)


def _posting(ledger: str, side: Any, amounts: Amounts, name: str) -> Posting:
    named = amounts.rename({town: name.format(town) for town in amounts.index})
    return Posting(ledger, "stars", side, named, (named != 0).astype(float))


def _counts(plan: PlanYear, given: Stars, found: Climbed) -> list[Posting]:
    towns = pd.Series(0.0, index=pd.Index(plan.towns.index, dtype=object))
    names: list[tuple[str, int]] = [("star_stations", 1), ("star_share", 1)]
    names += [(f"star_stations_{grade.id}", at) for at, grade in enumerate(_grades(given), start=1) if at > 1]
    return [
        _posting("count", "supplied", _by_town(found.stations[found.stations["rung"] >= least], towns), f"{name}/{{}}")
        for name, least in names
    ]


def _grades(given: Stars) -> list[StarGrade]:
    return sorted(given.grades, key=lambda grade: grade.cutoff)


def _by_town(stations: pd.DataFrame, towns: Amounts) -> Amounts:
    """How many of some stations stand in each town."""
    return towns.add(stations.groupby("town").size(), fill_value=0.0)


def _climbed(tables: Tables, plan: PlanYear, given: Stars) -> Climbed:
    """Every station with its rung (grades it has, from the lowest) before and after."""
    grades = _grades(given)
    frame = plan.tables[given.stations].set_index("station")
    points = plan.tables[given.scores].groupby("station")["points"].sum()
    frame = frame.assign(points=points.reindex(frame.index, fill_value=0.0))
    held = [frame["star"].to_numpy(dtype=float) >= grade.stars for grade in grades]
    was = dict(zip(frame.index, np.sum(held, axis=0).astype(int).tolist(), strict=True))
    town, rungs = dict(zip(frame.index, frame["town"], strict=True)), dict(was)
    rung = {grade.id: at for at, grade in enumerate(grades, start=1)}
    names = ["", *(grade.id for grade in grades)]
    wrong = []
    shown = (tables["stars"][name] for name in ("station", "town", "grade_before", "grade_after"))
    for station, place, before, after in zip(*shown, strict=True):
        known = station in was and rung.get(after, 0) > was[station]
        if not known or (place, before) != (town[station], names[was[station]]):
            wrong.append(str(station))
        if known:
            rungs[station] = rung[after]
    return Climbed(frame.assign(was=pd.Series(was), rung=pd.Series(rungs)), wrong)


def _upgrades(tables: Tables, plan: PlanYear, given: Stars, found: Climbed) -> list[Checks]:
    """Points before and after, what was upgraded, and what it costs, grade by grade the cheapest."""
    criteria = plan.tables[given.criteria].sort_values("criterion").reset_index(drop=True)
    scores = plan.tables[given.scores].set_index(["station", "criterion"])["points"]
    written = tables["stars"].drop_duplicates("station").set_index("station")
    written = written[written.index.isin(found.stations.index)]
    full, prices = (criteria[name].to_numpy(dtype=float) for name in ("points", "upgrade_cost_yuan"))
    expected: dict[str, list[float]] = {"points_before": [], "points_after": [], "cost_yuan": []}
    wrong = []
    for station in written.index:
        own = found.stations.loc[station]
        points = np.array([float(scores.get((station, name), 0.0)) for name in criteria["criterion"]])
        chosen = _ladder(given, (full - points, prices), points.sum(), own)
        after = points.sum() + (full - points)[chosen].sum()
        for name, number in zip(expected, (points.sum(), after, prices[chosen].sum()), strict=True):
            expected[name].append(float(number))
        if written.at[station, "upgraded"] != BETWEEN_IDS.join(criteria["criterion"].iloc[sorted(chosen)]):
            wrong.append(str(station))
    made = [
        figure(f"stars.{name}", written[name].astype(float), pd.Series(values, dtype=float, index=written.index))
        for name, values in expected.items()
    ]
    made += [_same_words(f"stars.name_{each}", written, found.stations[f"name_{each}"]) for each in LANGUAGES]
    return [*made, forbidden("stars.upgraded", np.array(sorted(wrong), dtype=object))]


def _ladder(given: Stars, standard: tuple[Floats, Floats], points: float, own: pd.Series) -> list[int]:
    """Criteria (positions) that a station upgrades from the grade it had to the grade it reaches.

    ``standard`` holds the points each criterion lacks, and what it costs to upgrade it.
    """
    gaps, prices = standard
    chosen: list[int] = []
    for at, grade in enumerate(_grades(given), start=1):
        if own["was"] < at <= own["rung"]:
            left = [n for n, gap in enumerate(gaps) if gap > 0 and n not in chosen]
            items = tuple((_exact(gaps[n]), _exact(prices[n])) for n in left)
            best = _least(items, max(0, _exact(grade.cutoff) - _exact(points) - sum(_exact(gaps[n]) for n in chosen)))
            chosen += [] if best is None else [left[len(left) - back] for back in best[2]]
    return chosen


def _exact(number: float) -> int:
    return round(float(number) * EXACT)


@cache
def _least(items: tuple[tuple[int, int], ...], need: int) -> tuple[int, int, tuple[int, ...]] | None:
    """Least cost, fewest items, then the first ones, that add up to a need; items by their place from the end (1 for
    the last), so that what remains of a list is the same list wherever it came from. None where nothing adds up."""
    if need <= 0:
        return 0, 0, ()
    if not items:
        return None
    (gain, price), rest = items[0], items[1:]
    found = _least(rest, max(0, need - gain))
    options = [_least(rest, need)]
    if found is not None:
        options.append((found[0] + price, found[1] + 1, (len(items), *found[2])))
    known = [each for each in options if each is not None]
    return min(known, key=lambda each: (each[0], each[1], [-place for place in each[2]]), default=None)


def _batches(tables: Tables, plan: PlanYear, found: Climbed) -> list[Checks]:
    """The batch of every town."""
    written = tables["star_batches"].drop_duplicates("town").set_index("town")
    towns = pd.Series(0.0, index=pd.Index(plan.towns.index, dtype=object))
    stations = found.stations
    size, new = _by_town(stations, towns), _by_town(found.new, towns)
    now = _by_town(stations[stations["rung"] > 0], towns)
    spent = totals(tables["stars"]["town"].to_numpy(dtype=object), tables["stars"]["cost_yuan"].to_numpy(dtype=float))
    spent = spent[spent.index.isin(towns.index)]
    expected = {
        "stations": size,
        "starred_before": now - new,
        "new": new,
        "starred": now,
        "share": now / size.where(size > 0, 1.0),
        "cost_yuan": towns.add(spent, fill_value=0.0),
    }
    made = [figure(f"star_batches.{name}", written[name].astype(float), value) for name, value in expected.items()]
    first = found.new.sort_index()
    lists = {"new_stations": first.index.to_series().groupby(first["town"]).agg(BETWEEN_IDS.join)}
    for each in LANGUAGES:
        lists[f"new_stations_{each}"] = first.groupby("town")[f"name_{each}"].agg(BETWEEN_NAMES[each].join)
    return made + [_same_words(f"star_batches.{column}", written, names) for column, names in lists.items()]


def _same_words(family: str, written: pd.DataFrame, words: pd.Series) -> Checks:
    """A column of words (the last part of the family) against what it must say; empty where nothing is said."""
    shown = zip(map(str, written.index), written[family.partition(".")[2]], strict=True)
    wrong = [label for label, cell in shown if cell != str(words.get(label, ""))]
    return forbidden(family, np.array(sorted(wrong), dtype=object))


def _equal_chance(plan: PlanYear, given: Stars, away: float, found: Climbed) -> list[Checks]:
    """First stars since the plan's first year against the share of each town."""
    stations = found.stations
    first = next((year for year in plan.earlier if "stars" in year.sections), plan)
    section = first.required(Stars)
    began = first.tables[section.stations].set_index("station")["star"]
    had = began.reindex(stations.index).fillna(stations["star"])
    open_ = stations[had < _grades(given)[0].stars]
    share = open_.groupby("town").size() / max(1, len(open_))
    new = found.new.groupby("town").size().reindex(share.index, fill_value=0).astype(float)
    done = open_[open_["was"] > 0].groupby("town").size().reindex(share.index, fill_value=0).astype(float)
    activity, already = new - share * new.sum(), done - share * done.sum()
    sides = {side: {town: f"{town}/{side}" for town in share.index} for side in ("at_least", "at_most")}
    low, high = (activity.rename(sides[side]) for side in ("at_least", "at_most"))
    return [
        rule("equal_chance", low, ">=", (-away - already).rename(sides["at_least"]), 0.0),
        rule("equal_chance", high, "<=", (away - already).rename(sides["at_most"]), 0.0),
    ]


OUTCOMES: Judges = {"stars.benefit": benefits}
