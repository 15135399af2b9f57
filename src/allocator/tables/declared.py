"""All result tables: those that blocks declare in their ``results.py``, and those of the plan as a whole."""

from __future__ import annotations

from collections.abc import Mapping

from allocator.blocks.registry import parts_of
from allocator.words.columns import Column, Table

FUNDING_BY_TOWN = Table(
    "funding_by_town",
    {
        "town": Column("label"),
        "amount_yuan": Column("yuan", summed=True),
        "last_year_yuan": Column("yuan", summed=True, may_be_empty=True),
        "change_yuan": Column("yuan", summed=True, may_be_empty=True),
        "change_share": Column("share", may_be_empty=True),
        "per_head_yuan": Column("yuan", may_be_empty=True),
    },
    sheet=10,
)

COUNTS = Table(
    "counts",
    {
        "counted": Column("label"),
        "town": Column("label"),
        "amount": Column("number"),
        "of": Column("number", may_be_empty=True),
        "unit": Column("text"),
    },
    sheet=240,
)

GOALS = Table(
    "goals",
    {
        "goal": Column("label"),
        "scope": Column("label"),
        "town": Column("label"),
        "strength": Column("label"),
        "enforced": Column("label"),
        "target": Column("number", may_be_empty=True),
        "reached": Column("number", may_be_empty=True),
        "shortfall": Column("number", may_be_empty=True),
        "unit": Column("text"),
        "text": Column("text"),
    },
    key=("goal", "town"),
    sheet=350,
)

ROWS = Table(
    "rows",
    {
        "rule": Column("label"),
        "key": Column("label"),
        "sense": Column("text"),
        "unit": Column("text"),
        "labels": Column("text", spoken=True),
        "requirement": Column("text", spoken=True),
        "activity": Column("number"),
        "bound": Column("number"),
        "slack": Column("number"),
        "price_balance": Column("price", may_be_empty=True),
        "price_total": Column("price", may_be_empty=True),
        "price_kind": Column("label"),
    },
    key=("rule", "key", "sense"),
    sheet=360,
)

ACCOUNTS = Table(
    "accounts",
    {
        "ledger": Column("label"),
        "key": Column("label"),
        "block": Column("label"),
        "supplied": Column("number"),
        "used": Column("number"),
        "unit": Column("text"),
    },
    sheet=370,
)

STAGES = Table(
    "stages",
    {
        "stage": Column("label"),
        "step": Column("label"),
        "before": Column("number", may_be_empty=True),
        "value": Column("number"),
        "held_at": Column("number"),
        "published": Column("number", may_be_empty=True),
        "status": Column("text"),
        "asked": Column("number", may_be_empty=True),
        "gap": Column("number", may_be_empty=True),
        "unit": Column("text"),
    },
    sort=(),
    sheet=380,
)

OF_NO_BLOCK = (FUNDING_BY_TOWN, COUNTS, GOALS, ROWS, ACCOUNTS, STAGES)
"""Tables that every plan has, whatever its blocks."""

BLOCKS: Mapping[str, str] = {table.name: block for block, part in parts_of("results").items() for table in part.RESULTS}
"""Table to the block without which it has no rows."""

TABLES: Mapping[str, Table] = {
    table.name: table
    for table in sorted(
        (*OF_NO_BLOCK, *(table for part in parts_of("results").values() for table in part.RESULTS)),
        key=lambda table: table.sheet,
    )
}
"""Every result table by its name, in the order planners read them."""
