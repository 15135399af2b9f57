"""Ledgers closed a second time from the postings of the blocks, and the table of accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocator.blocks.registry import counted
from allocator.blocks.shared.checks import (
    Amounts,
    Checks,
    Floats,
    Posting,
    Sense,
    by_town,
    figure,
    first_of,
    forbidden,
    keys,
    rule,
    totals,
)
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import DISTRICT

ROWS: Mapping[str, tuple[str, Sense]] = {
    "money": ("budget", "<="),
    "cost": ("costing", "=="),
    "teaching_time": ("teaching_need", "=="),
    "teacher_time": ("teacher_hours", "<="),
    "volunteer_time": ("volunteer_need", "=="),
    "venue_time": ("venue", "<="),
    "school_time": ("school_hours", "<="),
    "guidance_time": ("guidance_capacity", "<="),
    "value": ("credit", "<="),
}
"""Ledger to the rule it closes into: used - supplied <= (or ==) provided."""

CAPACITIES = {"venue_time": "venue_hours", "school_time": "school_hours"}
"""Ledger that the towns table itself supplies, and the column."""

Labels = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Book:
    """All postings of a plan year as aligned arrays."""

    ledger: Labels
    block: Labels
    side: Labels
    key: Labels
    amount: Floats
    weight: Floats
    supplied: frozenset[str]
    """Ledgers that somebody supplies, be it with nothing."""

    def of(self, ledger: str) -> Book:
        """The postings of one ledger."""
        own = self.ledger == ledger
        arrays = (self.ledger[own], self.block[own], self.side[own], self.key[own], self.amount[own], self.weight[own])
        return Book(*arrays, self.supplied)

    @property
    def is_decided(self) -> bool:
        """Whether any decision enters."""
        return bool((self.side != "provided").any())


@dataclass
class Side:
    """Amounts and weights by key."""

    amounts: Amounts
    weights: Amounts


def book(postings: Sequence[Posting], plan: PlanYear) -> Book:
    """What all blocks posted, and the hours that the towns table itself gives."""
    every = [*postings, *_capacities(plan)]
    counts = [len(posting.amounts) for posting in every]

    def repeated(words: list[str]) -> Labels:
        return np.repeat(np.array(words, dtype=object), counts)

    def joined(parts: list[npt.NDArray[np.object_]]) -> Labels:
        return np.concatenate([np.zeros(0, dtype=object), *parts])

    return Book(
        repeated([posting.ledger for posting in every]),
        repeated([posting.block for posting in every]),
        repeated([posting.side for posting in every]),
        joined([posting.amounts.index.to_numpy(dtype=object) for posting in every]),
        joined([posting.amounts.to_numpy(dtype=float) for posting in every]).astype(float),
        joined([posting.weights.to_numpy(dtype=float) for posting in every]).astype(float),
        frozenset(posting.ledger for posting in every if posting.side != "used"),
    )


def _capacities(plan: PlanYear) -> list[Posting]:
    """Hours that the towns table itself gives."""
    return [
        Posting(ledger, "towns", "provided", by_town(plan, column), by_town(plan, column) * 0.0)
        for ledger, column in CAPACITIES.items()
        if column in plan.towns
    ]


def closed(entries: Book) -> list[Checks]:
    """The rules of all ledgers that some block supplies."""
    made = []
    for ledger, (family, sense) in ROWS.items():
        own = entries.of(ledger)
        if ledger not in entries.supplied or not len(own.key):
            continue
        used, supplied, provided = (own.side == side for side in ("used", "supplied", "provided"))
        activity = totals(own.key, own.amount * (used * 1.0 - supplied))
        bound = totals(own.key, np.where(provided, own.amount, 0.0))
        weight = totals(own.key, np.where(provided, 0.0, own.weight))
        needed = totals(own.key, np.where(used, own.weight, 0.0))
        made.append(rule(family, activity, sense, bound, weight, needed=needed))
    return made


def accounts(table: pd.DataFrame, entries: Book) -> list[Checks]:
    """The table of accounts: what each block supplied and used; an account of nothing may be left out.

    So may the accounts of a ledger that no decision enters.
    """
    written = keys(table, ("ledger", "key", "block"))
    own = [entries.of(ledger) for ledger in ROWS if ledger in entries.supplied]
    due = {ledger for ledger in ROWS if entries.of(ledger).is_decided}
    name = np.concatenate(
        [np.zeros(0, dtype=object), *(part.ledger + "/" + part.key + "/" + part.block for part in own)]
    )
    amount = np.concatenate([np.zeros(0), *(part.amount for part in own)])
    weight = np.concatenate([np.zeros(0), *(part.weight for part in own)])
    used = np.concatenate([np.zeros(0, dtype=bool), *(part.side == "used" for part in own)])
    known = pd.Index(name).unique()
    made = [forbidden("accounts", written[~np.isin(written, known)] if len(known) else written)]
    for column, side in (("supplied", ~used), ("used", used)):
        sums, weights = totals(name, np.where(side, amount, 0.0)), totals(name, np.where(side, weight, 0.0))
        shown = first_of(written, table[column])
        shown = shown[shown.index.isin(known)]
        must = [key for key in sums.index[sums.to_numpy() != 0.0] if key.partition("/")[0] in due]
        expected = sums.reindex(pd.Index(must, dtype=object).union(shown.index))
        made.append(figure("accounts", *(part.add_suffix(f"/{column}") for part in (shown, expected, weights))))
    return made


def counts(table: pd.DataFrame, entries: Book, plan: PlanYear) -> list[Checks]:
    """The table of counts: what blocks count by town, and what a share is taken of."""
    own, known, unknown = entries.of("count"), counted(plan), np.full(len(plan.towns), np.nan)
    size = {
        f"{name}/{town}": at
        for name, how in known.items()
        for town, at in zip(plan.towns.index, unknown if how.size is None else how.size, strict=True)
    }
    size |= {f"{name}/{DISTRICT}": np.nan for name, how in known.items() if how.of_district}
    index, written = pd.Index(sorted(size), dtype=object), keys(table, ("counted", "town"))
    amounts, weights = totals(own.key, own.amount), totals(own.key, own.weight)
    units = {name: how.unit for name, how in known.items()}
    wrong = np.array(
        [units.get(name) != unit for name, unit in zip(table["counted"], table["unit"], strict=True)], dtype=bool
    )
    return [
        figure("counts.amount", first_of(written, table["amount"]), amounts.reindex(index, fill_value=0.0), weights),
        figure("counts.of", first_of(written, table["of"]), pd.Series(size, dtype=float).reindex(index)),
        forbidden("counts", amounts.index[~amounts.index.isin(index)].to_numpy(dtype=object)),
        forbidden("counts.unit", written[wrong]),
    ]


def values(entries: Book) -> Side:
    """Value of each cell town/indicator: base and everything that decisions add."""
    own = entries.of("value")
    brought = own.side != "used"
    return Side(totals(own.key[brought], own.amount[brought]), totals(own.key[brought], own.weight[brought]))
