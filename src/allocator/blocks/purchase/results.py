"""The result table of purchase: hours bought."""

from __future__ import annotations

from allocator.words.columns import Column, Table

PURCHASES = Table(
    "purchases",
    {
        "provider": Column("label"),
        "town": Column("label"),
        "category": Column("label"),
        "hours": Column("hours", summed=True),
        "quality": Column("share"),
        "price_yuan": Column("yuan"),
        "amount_yuan": Column("yuan", summed=True),
        "grade": Column("whole"),
    },
    sheet=180,
    page=60,
)

RESULTS = (PURCHASES,)
