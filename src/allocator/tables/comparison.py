"""What changes from one result to another."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pandas as pd

from allocator.blocks.registry import lockable
from allocator.scenario.decisions import Decision, Taken
from allocator.tables.goals import is_missed
from allocator.tables.result import Result


@cache
def compared() -> Mapping[str, tuple[Decision, Taken]]:
    """Whole decisions that two plans are compared in, by their name there; pairs have a table of their own."""
    every = [(each, each.taken) for _, each in lockable().values() if each.taken is not None]
    return {taken.name: (each, taken) for each, taken in sorted(every, key=lambda pair: pair[1].place)}


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
    for name, (decision, taken) in compared().items():
        table = result.tables[decision.table]
        table = table[taken.rows(table)]
        rows: dict[str, object] = {"year": table["year"], "decision": name}
        rows |= {"what": table[decision.what], "town": table[decision.column_of("town")]}
        rows["how"] = table[taken.how] if taken.how else ""
        rows["amount"] = table[decision.column].astype(float) if decision.column else 1.0
        parts.append(pd.DataFrame(rows))
    return pd.concat(parts).set_index(_KEYS)["amount"].astype(float)


def _in_order(decisions: pd.DataFrame) -> pd.DataFrame:
    """Rows by kind of decision, then as they were."""
    place = {name: at for at, name in enumerate(compared())}
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
