"""The result tables of demonstration towns: every criterion with its gap, every town with its standards."""

from __future__ import annotations

from allocator.words.columns import Column, Table

DEMONSTRATION_TOWNS = Table(
    "demonstration_towns",
    {
        "town": Column("label"),
        "standard": Column("label"),
        "held": Column("flag", summed=True),
        "year_recognised": Column("year", may_be_empty=True),
        "new": Column("flag", summed=True),
        "cost_yuan": Column("yuan", summed=True),
        "status": Column("label"),
    },
    key=("standard", "town"),
    sheet=220,
    page=30,
)

DEMONSTRATION = Table(
    "demonstration",
    {
        "town": Column("label"),
        "standard": Column("label"),
        "criterion": Column("label"),
        "measure": Column("label"),
        "at_least": Column("number"),
        "reached": Column("number", may_be_empty=True),
        "gap": Column("number"),
        "met": Column("flag"),
    },
    key=("standard", "town", "criterion"),
    sheet=230,
    page=40,
)

RESULTS = (DEMONSTRATION_TOWNS, DEMONSTRATION)
