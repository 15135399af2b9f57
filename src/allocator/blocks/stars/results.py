"""The result tables of starred stations: stations that change their grade, and the batch of each town."""

from __future__ import annotations

from allocator.words.columns import Column, Table

STARS = Table(
    "stars",
    {
        "station": Column("label"),
        "name_zh": Column("text", spoken=True),
        "name_en": Column("text", spoken=True),
        "town": Column("label"),
        "grade_before": Column("label"),
        "grade_after": Column("label"),
        "points_before": Column("number"),
        "points_after": Column("number"),
        "cost_yuan": Column("yuan", summed=True),
        "upgraded": Column("text"),
    },
    key=("station",),
    sort=("town", "station"),
    sheet=200,
    page=20,
)

STAR_BATCHES = Table(
    "star_batches",
    {
        "town": Column("label"),
        "stations": Column("whole", summed=True),
        "starred_before": Column("whole", summed=True),
        "new": Column("whole", summed=True),
        "starred": Column("whole", summed=True),
        "share": Column("share"),
        "cost_yuan": Column("yuan", summed=True),
        "new_stations": Column("text"),
        "new_stations_zh": Column("text", spoken=True),
        "new_stations_en": Column("text", spoken=True),
    },
    sheet=210,
    page=10,
)

RESULTS = (STARS, STAR_BATCHES)
