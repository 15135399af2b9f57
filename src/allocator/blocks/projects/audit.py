"""Projects, checked from the written tables: windows, once, prerequisites, exclusions, limits, and every figure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocator.blocks.projects.section import NEW, Projects
from allocator.blocks.shared.checks import (
    Amounts,
    Checks,
    Floats,
    Judged,
    Judges,
    Posting,
    figure,
    first_of,
    forbidden,
    rule,
    totals,
)
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import DISTRICT

STARTED, RUNNING = "started", "running"


def audit_block(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Projects) -> list[Checks]:
    """Rules between projects, most of a kind, and the table's words and figures."""
    known, written = _known(plan, given), tables["projects"]
    names = written["project"].to_numpy(dtype=object)
    made = [
        forbidden("projects", names[~np.isin(names, known.index.to_numpy(dtype=object))]),
        forbidden("projects", known.index[~known.index.isin(names)].to_numpy(dtype=object)),
    ]
    starts, runs = _starts(written, known), _runs(written, known)
    may = _may_start(known, plan)
    made.append(forbidden("project_window", starts.index[(starts > 0) & ~may & known["started"].isna()].to_numpy()))
    made.append(rule("project_once", starts, "<=", _fresh(known), 1.0, needed=may.astype(float)))
    made += [*_linked(plan, given, known, starts), *_limited(plan, given, known, runs)]
    return [*made, *_words(written, known, plan), *_figures(written, known, plan)]


def postings(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Projects) -> list[Posting]:
    """Money, gains and counts of what starts and runs."""
    known, written = _known(plan, given), tables["projects"]
    starts, runs = _starts(written, known), _runs(written, known)
    line = (known["town"] + "/" + known["kind"]).to_numpy(dtype=object)
    spent = (known["once_yuan"] * starts + known["yearly_yuan"] * runs).to_numpy(dtype=float)
    most = (known["once_yuan"] * _may_start(known, plan) + known["yearly_yuan"] * _able(known, plan)).to_numpy(float)
    paid = (known["once_yuan"] + known["yearly_yuan"]).to_numpy(dtype=float) > 0
    made = [_posted("cost", "used", line[paid], spent[paid], most[paid])]
    for prefix, states in (("", (STARTED, RUNNING)), (NEW, (STARTED,))):
        counted = written[written["state"].isin(states)]
        key = (prefix + counted["project_kind"] + "/" + counted["town"]).to_numpy(dtype=object)
        made.append(_posted("count", "supplied", key, np.ones(len(key)), np.ones(len(key))))
    if given.effects is not None:
        worth = _worth(plan, plan.tables[given.effects], known)
        there = runs.reindex(worth["project"]).to_numpy(dtype=float)
        key, each = worth["key"].to_numpy(dtype=object), worth["worth"].to_numpy(dtype=float)
        made.append(_posted("value", "supplied", key, each * there, each))
    return made


def benefits(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Projects) -> Judged:
    """Points of the running projects, by project."""
    known = _known(plan, given)
    points = known["benefit"] * _runs(tables["projects"], known)
    return Judged(points, known["benefit"])


def benefits_by_town(tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Projects) -> Judged:
    """Points of the running projects of each town."""
    known = _known(plan, given)
    points = known["benefit"] * _runs(tables["projects"], known)
    towns = pd.Index(plan.towns.index, dtype=object)
    of_town = known["town"].to_numpy(dtype=object)
    sums, weights = (totals(of_town, part.to_numpy(dtype=float)) for part in (points, known["benefit"]))
    return Judged(sums.reindex(towns, fill_value=0.0), weights.reindex(towns, fill_value=0.0))


def _posted(ledger: str, side: str, key: np.ndarray, amounts: Floats, weights: Floats) -> Posting:
    return Posting(
        ledger, "projects", "used" if side == "used" else "supplied", totals(key, amounts), totals(key, weights)
    )


def _known(plan: PlanYear, given: Projects) -> pd.DataFrame:
    """The library by project, with whether projects of its kind go on; years are nan where there is none."""
    table = plan.tables[given.table].set_index("project")
    table.index = pd.Index(table.index, dtype=object)
    table = table.reindex(columns=[*("kind", "town", "once_yuan", "yearly_yuan", "benefit"), *YEARS])
    goes_on = {kind.id: kind.yearly for kind in given.kinds}
    years = table[list(YEARS)].astype(float)
    return table.assign(goes_on=table["kind"].map(goes_on).astype(bool), **{name: years[name] for name in YEARS})


YEARS = ("first_year", "last_year", "started")


def _may_start(known: pd.DataFrame, plan: PlanYear) -> pd.Series:
    """Which projects have not begun and are in their window."""
    in_window = (known["first_year"].fillna(-np.inf) <= plan.year) & (plan.year <= known["last_year"].fillna(np.inf))
    return in_window & known["started"].isna()


def _able(known: pd.DataFrame, plan: PlanYear) -> pd.Series:
    """Which projects may run in the year: those that may start, and those that began before and go on."""
    return _may_start(known, plan) | (known["goes_on"] & known["started"].notna())


def _fresh(known: pd.DataFrame) -> Amounts:
    """1 for projects that have not begun, 0 for the others."""
    return known["started"].isna().astype(float)


def _in_state(written: pd.DataFrame, known: pd.DataFrame, states: tuple[str, ...]) -> Amounts:
    """How often each project is written with one of some states."""
    chosen = written[written["state"].isin(states)]
    return totals(chosen["project"].to_numpy(dtype=object), np.ones(len(chosen))).reindex(known.index, fill_value=0.0)


def _starts(written: pd.DataFrame, known: pd.DataFrame) -> Amounts:
    return _in_state(written, known, (STARTED,))


def _runs(written: pd.DataFrame, known: pd.DataFrame) -> Amounts:
    """Projects that start, and those that began before and go on, whatever is written of them."""
    return _starts(written, known) + (known["goes_on"] & known["started"].notna()).astype(float)


def _linked(plan: PlanYear, given: Projects, known: pd.DataFrame, starts: Amounts) -> list[Checks]:
    """Prerequisites and exclusions."""
    made, may, fresh = [], _may_start(known, plan), _fresh(known)
    if given.needs is not None:
        table = plan.tables[given.needs]
        one, other = table["project"], table["needs"]
        index = pd.Index((one + "/" + other).to_numpy(dtype=object))
        activity = pd.Series(starts[one].to_numpy() - starts[other].to_numpy(), index=index)
        bound = pd.Series(1.0 - fresh[other].to_numpy(), index=index)
        needed = pd.Series(may[one].to_numpy(dtype=float), index=index)
        made.append(rule("project_needs", activity, "<=", bound, 2.0, needed=needed))
    if given.excludes is not None:
        table = plan.tables[given.excludes]
        one, other = table["project"], table["other"]
        index = pd.Index((one + "/" + other).to_numpy(dtype=object))
        activity = pd.Series(starts[one].to_numpy() + starts[other].to_numpy(), index=index)
        bound = pd.Series(np.minimum(fresh[one].to_numpy(), fresh[other].to_numpy()), index=index)
        needed = pd.Series((may[one].to_numpy() | may[other].to_numpy()).astype(float), index=index)
        made.append(rule("project_excludes", activity, "<=", bound, 2.0, needed=needed))
    return made


def _limited(plan: PlanYear, given: Projects, known: pd.DataFrame, runs: Amounts) -> list[Checks]:
    """Most projects of a kind that run in a town, and in the district."""
    able = _able(known, plan).to_numpy(dtype=float)
    made = []
    for kind in given.kinds:
        own = (known["kind"] == kind.id).to_numpy()
        count, may = runs[own].to_numpy(dtype=float), able[own]
        if kind.most_in_town is not None:
            key = (known["town"][own] + "/" + kind.id).to_numpy(dtype=object)
            in_town = (known["town"][own] != DISTRICT).to_numpy()
            activity, needed = totals(key[in_town], count[in_town]), totals(key[in_town], may[in_town])
            made.append(rule("projects_in_town", activity, "<=", float(kind.most_in_town), needed, needed=needed))
        if kind.at_most is not None and own.any():
            key = np.full(int(own.sum()), kind.id, dtype=object)
            needed = totals(key, may)
            made.append(rule("projects_at_most", totals(key, count), "<=", float(kind.at_most), needed, needed=needed))
    return made


def _words(written: pd.DataFrame, known: pd.DataFrame, plan: PlanYear) -> list[Checks]:
    """Kind, town and state of each project; one that may start is `started` or `not_chosen`."""
    own = known.reindex(written["project"])
    early = (plan.year < own["first_year"].fillna(-np.inf)).to_numpy()
    late = (own["last_year"].fillna(np.inf) < plan.year).to_numpy()
    begun, goes_on = own["started"].notna().to_numpy(), own["goes_on"].eq(True).to_numpy()
    state = written["state"].to_numpy(dtype=object)
    expected = np.select(
        [begun & goes_on, begun, early, late], [RUNNING, "finished", "waiting", "out_of_window"], "not_chosen"
    )
    open_to_both = (expected == "not_chosen") & (state == STARTED)
    right = {
        "state": (state == expected) | open_to_both,
        "project_kind": (written["project_kind"].to_numpy(dtype=object) == own["kind"].to_numpy(dtype=object)),
        "town": (written["town"].to_numpy(dtype=object) == own["town"].to_numpy(dtype=object)),
    }
    names = written["project"].to_numpy(dtype=object)
    return [forbidden(f"projects.{column}", names[~fits]) for column, fits in right.items()]


def _figures(written: pd.DataFrame, known: pd.DataFrame, plan: PlanYear) -> list[Checks]:
    """Years, costs and points of each written project."""
    names = written["project"].to_numpy(dtype=object)
    starts, runs = _starts(written, known), _runs(written, known)
    expected = {
        "start_year": known["started"].where(starts == 0, float(plan.year)),
        "once_yuan": known["once_yuan"],
        "yearly_yuan": known["yearly_yuan"],
        "cost_yuan": known["once_yuan"] * starts + known["yearly_yuan"] * runs,
        "benefit": known["benefit"] * runs,
    }
    return [
        figure(f"projects.{column}", first_of(names, written[column]), due.astype(float))
        for column, due in expected.items()
    ]


def _worth(plan: PlanYear, effects: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """What each project adds: project, key town/indicator, and worth in the indicator's unit."""
    indicators = {indicator.id: indicator for indicator in plan.indicators}
    rows = []
    for effect in effects.to_dict("records"):
        project, indicator, gain = effect["project"], indicators[effect["indicator"]], float(effect["gain"])
        heads = None if indicator.denominator is None else plan.towns[indicator.denominator].astype(float)
        in_own = effect["where"] == "own_town"
        for town in [known["town"][project]] if in_own else plan.towns.index:
            numerator = gain if in_own or heads is None else gain * heads[town] / 1000.0
            worth = numerator if heads is None else numerator * indicator.per / heads[town]
            rows.append((project, f"{town}/{indicator.id}", worth))
    frame = pd.DataFrame(rows, columns=["project", "key", "worth"]).astype({"worth": float})
    return frame[frame["worth"] > 0]


OUTCOMES: Judges = {"projects.benefit": benefits, "projects.benefit_by_town": benefits_by_town}
