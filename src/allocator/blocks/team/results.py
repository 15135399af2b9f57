"""The result table of the team: staff of every type in every town."""

from __future__ import annotations

from allocator.words.columns import Column, Table

TEAM = Table(
    "team",
    {
        "town": Column("label"),
        "type": Column("label"),
        "heads_before": Column("whole", summed=True),
        "staying": Column("whole", summed=True),
        "hired": Column("whole", summed=True),
        "posts": Column("whole", summed=True),
        "trained": Column("whole", summed=True),
        "cost_yuan": Column("yuan", summed=True),
    },
    sheet=190,
    page=70,
)

RESULTS = (TEAM,)
