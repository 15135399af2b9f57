"""Bases, checked from the written tables: which are open, how many, what they cost, and whose hours are used."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocator.blocks.bases.section import Bases
from allocator.blocks.shared.checks import (
    Amounts,
    Cells,
    Checks,
    Judged,
    Judges,
    Posting,
    cells,
    figure,
    first_of,
    forbidden,
    keys,
    product,
    rule,
    totals,
)
from allocator.scenario.plan_year import PlanYear
from allocator.words.columns import BETWEEN_IDS

Tables = Mapping[str, pd.DataFrame]
USE = ("site", "function")


def audit_block(tables: Tables, plan: PlanYear, given: Bases) -> list[Checks]:
    """States, numbers, hours and figures of all sites."""
    sites, hours = _sites(tables, plan, given), _hours(tables, plan, given)
    written = tables["bases"]
    names = written["site"].to_numpy(dtype=object)
    listed = totals(names, np.ones(len(names)))
    expected = pd.Series(1.0, index=sites.index)
    made = [figure("bases", listed, expected), *_words(written, sites, plan, given)]
    for column in ("hours", "cost_yuan"):
        made.append(figure(f"bases.{column}", first_of(names, written[column]), sites[column].astype(float)))
    made += [*hours.checks("base_hours", USE), *_shared(hours, sites), *_numbers(sites, plan, given)]
    return made


def postings(tables: Tables, plan: PlanYear, given: Bases) -> list[Posting]:
    """Money of the line `bases`, venue hours, and what is counted."""
    sites = _sites(tables, plan, given)
    made = []
    if given.spending is not None:
        line = np.array([f"{town}/bases" for town in sites["town"]], dtype=object)
        spent = totals(line, sites["cost_yuan"].to_numpy(dtype=float))
        made.append(Posting("cost", "bases", "used", spent, spent * 0.0))
    if given.venue_function is not None and "venue_hours" in plan.towns:
        frame = _hours(tables, plan, given).frame
        frame = frame[frame["function"] == given.venue_function]
        town = sites["town"].reindex(frame["site"]).to_numpy(dtype=object)
        amounts = totals(town, frame["amount"].to_numpy(dtype=float))
        made.append(Posting("venue_time", "bases", "supplied", amounts, totals(town, np.ones(len(town)))))
    names: dict[str, pd.Series] = {"bases": pd.Series(True, index=sites.index)}
    offered = _offered(plan, given)
    for function in given.functions:
        having = set(offered.loc[offered["function"] == function.id, "site"])
        names[f"bases_{function.id}"] = pd.Series(sites.index.isin(having), index=sites.index)
    for name, chosen in names.items():
        own = sites[chosen]
        key = np.array([f"{name}/{town}" for town in own["town"]], dtype=object)
        amounts = totals(key, own["stands"].to_numpy(dtype=float))
        made.append(Posting("count", "bases", "supplied", amounts, amounts * 0.0))
    return made


def costs(tables: Tables, plan: PlanYear, given: Bases) -> Judged:
    """What each site costs in the year [yuan]."""
    amounts = _sites(tables, plan, given)["cost_yuan"].astype(float)
    return Judged(amounts, amounts * 0.0, less_is_better=True)


def _sites(tables: Tables, plan: PlanYear, given: Bases) -> pd.DataFrame:
    """Every site (index) with its town, whether it stood before and stands now, its hours and its cost."""
    frame = plan.tables[given.sites].set_index("site")
    frame.index = pd.Index(frame.index, dtype=object)
    written = tables["bases"]
    now = set(written.loc[written["state"].isin(["open", "opened"]), "site"])
    stands = pd.Series(frame.index.isin(now), index=frame.index)
    before = frame["open"].astype(bool)
    new = stands & ~before
    return pd.DataFrame(
        {
            "town": frame["town"].astype(object),
            "before": before,
            "stands": stands.astype(float),
            "new": new.astype(float),
            "room": frame["hours"],
            "hours": frame["hours"] * stands,
            "cost_yuan": frame["yearly_cost_yuan"] * stands + frame["opening_cost_yuan"] * new,
        }
    )


def _words(written: pd.DataFrame, sites: pd.DataFrame, plan: PlanYear, given: Bases) -> list[Checks]:
    """Towns, states and functions as they are written; a base that stood goes on standing."""
    offered = _offered(plan, given).groupby("site")["function"].agg(BETWEEN_IDS.join)
    wrong: dict[str, list[str]] = {"town": [], "state": [], "functions": []}
    for site, town, state, functions in written[["site", "town", "state", "functions"]].itertuples(index=False):
        if site not in sites.index:
            continue
        if town != sites.at[site, "town"]:
            wrong["town"].append(site)
        if state not in (("open",) if sites.at[site, "before"] else ("opened", "closed")):
            wrong["state"].append(site)
        if functions != offered.get(site, ""):
            wrong["functions"].append(site)
    return [forbidden(f"bases.{name}", np.array(found, dtype=object)) for name, found in wrong.items()]


def _offered(plan: PlanYear, given: Bases) -> pd.DataFrame:
    """Functions of sites with their least hours."""
    if given.site_functions is None:
        sides = {"site": list(plan.tables[given.sites]["site"]), "function": [each.id for each in given.functions]}
        return product(sides).assign(least_hours=0.0).sort_values(["site", "function"])
    return plan.tables[given.site_functions].sort_values(["site", "function"]).astype({"site": object})


def _hours(tables: Tables, plan: PlanYear, given: Bases) -> Cells:
    return cells(_offered(plan, given).reset_index(drop=True), tables["base_hours"], USE, "hours")


def _shared(hours: Cells, sites: pd.DataFrame) -> list[Checks]:
    """Functions share the hours of an open site, and get their least hours there."""
    used, weight = hours.total(["site"])
    room = (sites["room"] * sites["stands"]).reindex(used.index)
    made = [rule("base_capacity", used - room, "<=", 0.0, weight)]
    frame = hours.frame[hours.frame["least_hours"] > 0]
    if len(frame):
        stands = sites["stands"].reindex(frame["site"]).to_numpy(dtype=float)
        above = frame["amount"].to_numpy(dtype=float) - frame["least_hours"].to_numpy(dtype=float) * stands
        made.append(rule("least_base_hours", totals(keys(frame, USE), above), ">=", 0.0, 1.0))
    return made


def _numbers(sites: pd.DataFrame, plan: PlanYear, given: Bases) -> list[Checks]:
    """How many open over the plan, and how many are open in its last year."""
    made = []
    if given.most_new is not None:
        left = float(given.most_new - _opened_earlier(sites, plan))
        made.append(rule("new_bases", _one(float(sites["new"].sum())), "<=", left, 0.0))
    if given.exactly_open is not None and plan.is_last:
        made.append(rule("open_bases", _one(float(sites["stands"].sum())), "==", float(given.exactly_open), 0.0))
    return made


def _opened_earlier(sites: pd.DataFrame, plan: PlanYear) -> int:
    """Bases that earlier years of the plan opened: they stand before this year and did not when first listed."""
    first: dict[str, bool] = {}
    for year in plan.earlier:
        then = year.sections.get("bases")
        if isinstance(then, Bases):
            table = year.tables[then.sites]
            for site, stood in zip(table["site"], table["open"], strict=True):
                first.setdefault(site, bool(stood))
    return sum(
        bool(stands) and not first.get(site, True) for site, stands in zip(sites.index, sites["before"], strict=True)
    )


def _one(value: float) -> Amounts:
    return pd.Series([value], index=pd.Index([""], dtype=object))


OUTCOMES: Judges = {"bases.cost": costs}
