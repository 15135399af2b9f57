"""The result tables of postings: who is where, what is taught there, what towns give and receive."""

from __future__ import annotations

from allocator.words.columns import Column, Table

POSTINGS = Table(
    "postings",
    {
        "teacher": Column("label"),
        "from_town": Column("label"),
        "to_town": Column("label"),
        "start_year": Column("year"),
        "end_year": Column("year"),
        "new": Column("flag", summed=True),
        "backbone": Column("flag", summed=True),
        "categories": Column("text"),
        "hours": Column("hours", summed=True),
        "minutes": Column("minutes"),
        "band": Column("whole"),
        "allowance_yuan": Column("yuan", summed=True),
    },
    key=("teacher",),
    sheet=120,
    page=80,
)

POSTED_HOURS = Table(
    "posted_hours",
    {
        "teacher": Column("label"),
        "to_town": Column("label"),
        "category": Column("label"),
        "hours": Column("hours", summed=True),
    },
    sheet=130,
)

POSTING_TOWNS = Table(
    "posting_towns",
    {
        "town": Column("label"),
        "teachers": Column("whole", summed=True),
        "out": Column("whole", summed=True),
        "hosted": Column("whole", summed=True),
        "out_share": Column("share", may_be_empty=True),
    },
    sheet=140,
    page=90,
)

RESULTS = (POSTINGS, POSTED_HOURS, POSTING_TOWNS)
