"""What changes from one result to another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import pandas as pd

from allocator.tables.goals import is_missed
from allocator.tables.result import Result


class _Decision(NamedTuple):
    """Where a kind of whole decision stands in the tables."""

    table: str
    what: str
    town: str
    how: str
    """Column that says how it is decided, e.g. the grade a station reaches; empty where there is none."""
    amount: str
    """Column that counts it; empty where it is taken once or not at all."""
    taken: Callable[[pd.DataFrame], pd.Series[bool]]
    """Which rows of the table are decisions of their year."""


DECISIONS: Mapping[str, _Decision] = {
    "project": _Decision("projects", "project", "town", "", "", lambda t: t["state"] == "started"),
    "star": _Decision("stars", "station", "town", "grade_after", "", lambda t: t["grade_after"] != t["grade_before"]),
    "recognition": _Decision("demonstration_towns", "standard", "town", "", "", lambda t: t["new"] > 0),
    "base": _Decision("bases", "site", "town", "", "", lambda t: t["state"] == "opened"),
    "posting": _Decision("postings", "teacher", "to_town", "", "", lambda t: t["new"] > 0),
    "posts": _Decision("team", "type", "town", "", "posts", lambda t: t["posts"] > 0),
    "training": _Decision("team", "type", "town", "", "trained", lambda t: t["trained"] > 0),
}
"""Whole decisions that two plans are compared in; pairs have a table of their own."""

_KEYS = ["year", "decision", "what", "town", "how"]


def compare(a: Result, b: Result) -> dict[str, pd.DataFrame]:
    """What changes from one result to another, table by table.

    Returns ``towns`` (level and money of each town in each year in a and b, and the difference), ``balance`` (each
    measure in each year), ``pairs`` (kept, only in a, only in b, year by year), ``decisions`` (whole decisions of each
    year that differ: a project that starts, a star, a recognition, a base that opens, a posting with 1 where it is
    decided and 0 where not, posts and training with their number), ``taken`` (how many there are of each kind in each
    year) and ``goals`` (reached in a and b, and ``met`` 1, 0 or, where nothing is asked, nan).
    """
    sides = []
    for result in (a, b):
        money = result.tables["funding_by_town"].set_index(["year", "town"])["amount_yuan"]
        levels = result.tables["towns"].set_index(["year", "town"])["level_after"]
        sides.append(pd.DataFrame({"level": levels, "amount_yuan": money}).fillna({"amount_yuan": 0.0}))
    towns = sides[0].add_suffix("_a").join(sides[1].add_suffix("_b"), how="outer")
    for figure in ("level", "amount_yuan"):
        towns[f"{figure}_change"] = towns[f"{figure}_b"] - towns[f"{figure}_a"]
    measured = (
        (side, result.tables["balance"].set_index(["year", "measure"])["after"])
        for side, result in (("a", a), ("b", b))
    )
    balance = pd.DataFrame({f"after_{side}": after for side, after in measured})
    balance["change"] = balance["after_b"] - balance["after_a"]
    both = [set(zip(*(r.tables["pairs"][name] for name in ("year", "mentor", "mentee")), strict=True)) for r in (a, b)]
    pairs = [
        (*key, "kept" if key in both[0] & both[1] else "a" if key in both[0] else "b")
        for key in sorted(both[0] | both[1])
    ]
    every = pd.DataFrame({side: _decided(result) for side, result in (("a", a), ("b", b))}).fillna(0.0)
    decisions = every[every["a"] != every["b"]].reset_index()
    taken = every.groupby(["year", "decision"]).sum().reset_index()
    return {
        "towns": towns.reset_index(),
        "balance": balance.reset_index(),
        "pairs": pd.DataFrame(pairs, columns=["year", "mentor", "mentee", "in"]),
        "decisions": _in_order(decisions),
        "taken": _in_order(taken.assign(change=taken["b"] - taken["a"])),
        "goals": _goals_of_both(a, b),
    }


def _decided(result: Result) -> pd.Series[float]:
    """Every whole decision of a plan with its amount, by year, decision, what, town and how."""
    parts = []
    for name, given in DECISIONS.items():
        table = result.tables[given.table]
        table = table[given.taken(table)]
        labels = {"what": table[given.what], "town": table[given.town], "how": table[given.how] if given.how else ""}
        amount = table[given.amount].astype(float) if given.amount else 1.0
        parts.append(pd.DataFrame({"year": table["year"], "decision": name, **labels, "amount": amount}))
    return pd.concat(parts).set_index(_KEYS)["amount"].astype(float)


def _in_order(decisions: pd.DataFrame) -> pd.DataFrame:
    """Rows by kind of decision, then as they were."""
    place = {name: at for at, name in enumerate(DECISIONS)}
    return decisions.sort_values("decision", key=lambda kind: kind.map(place), kind="stable", ignore_index=True)


def _goals_of_both(a: Result, b: Result) -> pd.DataFrame:
    """What each goal reaches in two plans, by year, goal and town, and whether it is met."""
    columns = {}
    for side, result in (("a", a), ("b", b)):
        table = result.tables["goals"].set_index(["year", "goal", "town"])
        asks = table["target"].notna()
        columns[f"reached_{side}"] = table["reached"].astype(float)
        columns[f"met_{side}"] = (~is_missed(table)).astype(float).where(asks)
    return pd.DataFrame(columns).reset_index()
