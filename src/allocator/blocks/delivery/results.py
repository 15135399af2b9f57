"""The result table of delivery: units of every programme in every town."""

from __future__ import annotations

from allocator.words.columns import Column, Table

DELIVERY = Table(
    "delivery",
    {
        "town": Column("label"),
        "programme": Column("label"),
        "units": Column("units"),
    },
    sheet=30,
)

RESULTS = (DELIVERY,)
