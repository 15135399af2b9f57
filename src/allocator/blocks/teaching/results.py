"""The result table of teaching: hours of every teacher."""

from __future__ import annotations

from allocator.words.columns import Column, Table

TEACHING = Table(
    "teaching",
    {
        "teacher": Column("label"),
        "from_town": Column("label"),
        "to_town": Column("label"),
        "category": Column("label"),
        "hours": Column("hours", summed=True),
        "minutes": Column("minutes"),
    },
    sheet=80,
)

RESULTS = (TEACHING,)
