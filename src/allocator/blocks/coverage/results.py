"""The result tables of coverage: residents covered, stations that are not, and where stations go."""

from __future__ import annotations

from allocator.words.columns import Column, Table

COVERAGE = Table(
    "coverage",
    {
        "town": Column("label"),
        "residents": Column("heads", summed=True),
        "covered_before": Column("heads", summed=True),
        "covered": Column("heads", summed=True),
        "share_before": Column("share", may_be_empty=True),
        "share": Column("share", may_be_empty=True),
        "uncovered": Column("whole", summed=True),
    },
    sheet=290,
)

UNCOVERED = Table(
    "uncovered",
    {
        "station": Column("label"),
        "town": Column("label"),
        "residents": Column("heads", summed=True),
        "nearest_site": Column("label"),
        "minutes": Column("minutes", may_be_empty=True),
    },
    key=("station",),
    sheet=300,
)

ASSIGNMENTS = Table(
    "assignments",
    {
        "station": Column("label"),
        "site": Column("label"),
        "residents": Column("heads", summed=True),
        "minutes": Column("minutes"),
    },
    sheet=310,
)

RESULTS = (COVERAGE, UNCOVERED, ASSIGNMENTS)
