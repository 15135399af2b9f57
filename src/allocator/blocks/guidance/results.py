"""The result table of guidance: hours that the district and stations give."""

from __future__ import annotations

from allocator.words.columns import Column, Table

GUIDANCE = Table(
    "guidance",
    {
        "giver": Column("label"),
        "town": Column("label"),
        "hours": Column("hours", summed=True),
    },
    sheet=100,
)

RESULTS = (GUIDANCE,)
