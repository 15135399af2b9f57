"""The result tables of volunteering: hours between towns, and the stock of volunteers."""

from __future__ import annotations

from allocator.words.columns import Column, Table

VOLUNTEERING = Table(
    "volunteering",
    {
        "from_town": Column("label"),
        "to_town": Column("label"),
        "hours": Column("hours", summed=True),
        "minutes": Column("minutes"),
    },
    sheet=90,
)

VOLUNTEER_STOCK = Table(
    "volunteer_stock",
    {
        "town": Column("label"),
        "heads_before": Column("heads", summed=True),
        "retained": Column("heads", summed=True),
        "trained": Column("heads", summed=True),
        "heads": Column("heads", summed=True),
        "active": Column("heads", summed=True),
        "hours": Column("hours", summed=True),
    },
    sheet=160,
)

RESULTS = (VOLUNTEERING, VOLUNTEER_STOCK)
