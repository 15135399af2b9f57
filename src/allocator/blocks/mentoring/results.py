"""The result tables of mentoring: pairs, mentors, mentees, and who is not paired."""

from __future__ import annotations

from allocator.words.columns import Column, Table

PAIRS = Table(
    "pairs",
    {
        "mentor": Column("label"),
        "mentee": Column("label"),
        "start_year": Column("year"),
        "end_year": Column("year"),
        "renewals": Column("whole"),
        "minutes": Column("minutes"),
        "level_gap": Column("points"),
        "uplift": Column("points"),
        "content": Column("text"),
    },
    sheet=40,
)

UNPAIRED = Table(
    "unpaired",
    {
        "town": Column("label"),
        "reason": Column("label"),
    },
    key=("town",),
    sheet=50,
)

MENTORS = Table(
    "mentors",
    {
        "mentor": Column("label"),
        "mentees": Column("text"),
        "pairs": Column("whole"),
        "capacity": Column("whole"),
        "hours_used": Column("hours"),
        "school_hours": Column("hours", may_be_empty=True),
        "travel_minutes": Column("minutes", may_be_empty=True),
    },
    sheet=60,
)

MENTEES = Table(
    "mentees",
    {
        "mentee": Column("label"),
        "mentors": Column("text"),
        "since": Column("text"),
        "until": Column("text"),
        "uplift": Column("points"),
        "state": Column("label"),
        "reason": Column("label"),
    },
    key=("mentee",),
    sheet=70,
)

RESULTS = (PAIRS, UNPAIRED, MENTORS, MENTEES)
