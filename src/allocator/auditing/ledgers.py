"""Ledgers closed a second time from the postings of the blocks, and the table of accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from allocator.blocks.checks import Amounts, Checks, Posting, Sense, by_town, figure, first_of, forbidden, keys, rule
from allocator.scenario import PlanYear

ROWS: Mapping[str, tuple[str, Sense]] = {
    "money": ("budget", "<="),
    "cost": ("costing", "=="),
    "teaching_time": ("teaching_need", "=="),
    "volunteer_time": ("volunteer_need", "=="),
    "venue_time": ("venue", "<="),
    "school_time": ("school_hours", "<="),
    "guidance_time": ("guidance_capacity", "<="),
    "value": ("credit", "<="),
}
"""Ledger to the rule it closes into: used - supplied <= (or ==) provided."""

CAPACITIES = {"venue_time": "venue_hours", "school_time": "school_hours"}
"""Ledger that the towns table itself supplies, and the column."""


@dataclass
class Side:
    """Amounts and weights by key, added up."""

    amounts: Amounts = field(default_factory=lambda: pd.Series(dtype=float))
    weights: Amounts = field(default_factory=lambda: pd.Series(dtype=float))

    def add(self, posting: Posting) -> None:
        """Take in what a block posted."""
        self.amounts = plus(self.amounts, posting.amounts)
        self.weights = plus(self.weights, posting.weights)


def plus(left: Amounts, right: Amounts) -> Amounts:
    """Sum by key; a key on one side only counts as 0 on the other, a missing number stays missing."""
    index = left.index.union(right.index)
    return left.reindex(index, fill_value=0.0) + right.reindex(index, fill_value=0.0)


def capacities(plan: PlanYear) -> list[Posting]:
    """Hours that the towns table itself gives."""
    return [
        Posting(ledger, "towns", "provided", by_town(plan, column), by_town(plan, column) * 0.0)
        for ledger, column in CAPACITIES.items()
        if column in plan.towns
    ]


def summed(postings: Iterable[Posting], ledger: str, sides: tuple[str, ...], block: str | None = None) -> Side:
    """What all blocks, or one, posted on some sides of a ledger."""
    side = Side()
    for posting in postings:
        if posting.ledger == ledger and posting.side in sides and block in (None, posting.block):
            side.add(posting)
    return side


def closed(postings: list[Posting]) -> list[Checks]:
    """The rules of all ledgers that some block supplies."""
    made = []
    for ledger, (family, sense) in ROWS.items():
        if not _is_supplied(postings, ledger):
            continue
        used = summed(postings, ledger, ("used",))
        supplied = summed(postings, ledger, ("supplied",))
        provided = summed(postings, ledger, ("provided",))
        activity = plus(plus(used.amounts, -supplied.amounts), 0.0 * provided.amounts)
        weight = plus(used.weights, supplied.weights)
        made.append(rule(family, activity, sense, provided.amounts, weight, needed=used.weights))
    return made


def _is_supplied(postings: list[Posting], ledger: str) -> bool:
    return any(posting.ledger == ledger and posting.side != "used" for posting in postings)


def accounts(table: pd.DataFrame, postings: list[Posting]) -> list[Checks]:
    """The table of accounts: what each block supplied and used; an account of nothing may be left out.

    So may the accounts of a ledger that no decision enters.
    """
    written = keys(table, ("ledger", "key", "block"))
    known = _known(postings)
    decided = {posting.ledger for posting in postings if posting.side != "provided"}
    idle = _known([posting for posting in postings if posting.ledger not in decided])
    made = [forbidden("accounts", np.array([key for key in written if key not in known], dtype=object))]
    for column, sides in (("supplied", ("provided", "supplied")), ("used", ("used",))):
        amounts, weights = pd.Series(dtype=float), pd.Series(dtype=float)
        for ledger, block in sorted({(p.ledger, p.block) for p in postings if _is_supplied(postings, p.ledger)}):
            side = summed(postings, ledger, sides, block)
            index = pd.Index([f"{ledger}/{key}/{block}" for key in side.amounts.index], dtype=object)
            amounts = plus(amounts, side.amounts.set_axis(index))
            weights = plus(weights, side.weights.set_axis(index))
        shown = first_of(written, table[column])
        shown = shown[shown.index.isin(known)]
        due = amounts.index[(amounts.to_numpy() != 0.0) & ~amounts.index.isin(idle)]
        expected = amounts.reindex(due.union(shown.index), fill_value=0.0)
        name = {key: f"{key}/{column}" for key in expected.index}
        made.append(figure("accounts", shown.rename(name), expected.rename(name), weights.rename(name)))
    return made


def _known(postings: list[Posting]) -> set[str]:
    """Every account of a supplied ledger that some block posts to, on either side."""
    supplied = [posting for posting in postings if _is_supplied(postings, posting.ledger)]
    return {f"{p.ledger}/{key}/{p.block}" for p in supplied for key in p.amounts.index}


def values(postings: list[Posting]) -> Side:
    """Value of each cell town/indicator: base and everything that decisions add."""
    side = summed(postings, "value", ("provided", "supplied"))
    return Side(side.amounts.astype(float), np.abs(side.weights).astype(float))
