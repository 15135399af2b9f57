"""The result tables of attainment: values, levels, balance, and what whole units cost in levels."""

from __future__ import annotations

from allocator.words.columns import Column, Table

ROUNDING = Table(
    "rounding",
    {
        "town": Column("label"),
        "level_exact": Column("points"),
        "level_published": Column("points"),
        "lost": Column("points"),
    },
    sheet=260,
)

TOWNS = Table(
    "towns",
    {
        "town": Column("label"),
        "population": Column("whole", summed=True),
        "level_before": Column("points"),
        "level_after": Column("points"),
        "rank_before": Column("whole"),
        "rank_after": Column("whole"),
        "could_reach": Column("points", may_be_empty=True),
    },
    sheet=320,
)

ATTAINMENT = Table(
    "attainment",
    {
        "town": Column("label"),
        "indicator": Column("label"),
        "base": Column("number"),
        "value": Column("number"),
        "target": Column("number"),
        "attainment": Column("share"),
    },
    sheet=330,
)

BALANCE = Table(
    "balance",
    {
        "measure": Column("label"),
        "before": Column("number", may_be_empty=True),
        "after": Column("number", may_be_empty=True),
    },
    sort=(),
    sheet=340,
)

RESULTS = (ROUNDING, TOWNS, ATTAINMENT, BALANCE)
