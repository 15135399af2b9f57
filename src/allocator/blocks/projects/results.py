"""The result table of projects: the library with what starts, runs, waits or is left out."""

from __future__ import annotations

from allocator.words.columns import Column, Table

PROJECTS = Table(
    "projects",
    {
        "project": Column("label"),
        "project_kind": Column("label"),
        "town": Column("label"),
        "state": Column("label"),
        "start_year": Column("year", may_be_empty=True),
        "once_yuan": Column("yuan"),
        "yearly_yuan": Column("yuan"),
        "cost_yuan": Column("yuan", summed=True),
        "benefit": Column("number", summed=True),
    },
    key=("project",),
    sort=("project_kind", "project"),
    sheet=170,
    page=50,
    page_states=("started", "running"),
)

RESULTS = (PROJECTS,)
