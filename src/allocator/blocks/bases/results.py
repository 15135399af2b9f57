"""The result tables of bases: which are open, and how their hours are used."""

from __future__ import annotations

from allocator.words.columns import Column, Table

BASES = Table(
    "bases",
    {
        "site": Column("label"),
        "town": Column("label"),
        "state": Column("label"),
        "functions": Column("text"),
        "hours": Column("hours", summed=True),
        "cost_yuan": Column("yuan", summed=True),
    },
    key=("site",),
    sheet=270,
)

BASE_HOURS = Table(
    "base_hours",
    {
        "site": Column("label"),
        "function": Column("label"),
        "hours": Column("hours", summed=True),
    },
    sheet=280,
)

RESULTS = (BASES, BASE_HOURS)
