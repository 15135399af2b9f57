"""The tables of the page about learning bases and coverage."""

from __future__ import annotations

from dataclasses import replace

from allocator.report.page.grids import Grid, from_table, grid
from allocator.report.words.labels import Names
from allocator.report.words.numbers import written
from allocator.tables.result import Result
from allocator.words.texts import say


def bases_grid(result: Result, names: Names) -> Grid:
    """Sites with their state, functions, hours and cost; open ones first."""
    table = result.tables["bases"]
    order = {"opened": 0, "open": 1, "closed": 2}
    table = table.assign(order=table["state"].map(order)).sort_values(["order", "site"])
    counts = {state: int((table["state"] == state).sum()) for state in order}
    values = {"open": counts["open"] + counts["opened"], "opened": counts["opened"], "closed": counts["closed"]}
    columns = ["site", "town", "state", "functions", "hours", "cost_yuan"]
    made = from_table("bases", table, columns, names, say("report.caption.bases"))
    headings = [(c.heading, c.numeric) for c in made.columns]
    return grid(made.caption, headings, made.rows, note=say("report.bases_note", values))


def coverage_grid(result: Result, names: Names) -> Grid:
    """Residents covered in each town before and after; the district at the end."""
    table = result.tables["coverage"]
    columns = ["town", "residents", "covered_before", "covered", "share_before", "share", "uncovered"]
    made = from_table("coverage", table, columns, names, "")
    heads, before, after = (float(table[name].sum()) for name in ("residents", "covered_before", "covered"))
    shares = [written(part / heads if heads else float("nan"), "share") for part in (before, after)]
    whole = [written(value, "whole") for value in (heads, before, after)]
    total = [say("report.total"), *whole, *shares, written(float(table["uncovered"].sum()), "whole")]
    headings = [(c.heading, c.numeric) for c in made.columns]
    return grid(say("report.caption.coverage"), headings, made.rows, total)


def assignments_grid(result: Result, names: Names) -> Grid:
    """The base each station goes to, with the way; long, so that a reader opens it."""
    table = result.tables["assignments"]
    columns = ["station", "site", "residents", "minutes"]
    return replace(from_table("assignments", table, columns, names, say("report.sheet_title.assignments")), folded=True)


def uncovered_grid(result: Result, names: Names) -> Grid:
    """Stations left out with the nearest open base, those with most residents first."""
    table = result.tables["uncovered"].sort_values(["residents", "station"], ascending=[False, True])
    columns = ["station", "town", "residents", "nearest_site", "minutes"]
    return from_table("uncovered", table, columns, names, say("report.caption.uncovered"))
