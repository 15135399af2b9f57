"""The tables of the page about whole things over the years: stars in batches, projects, demonstration towns, bases."""

from __future__ import annotations

from collections.abc import Callable

from allocator.report.page.grids import Grid, grid, numbers, words
from allocator.report.words.labels import Names, heading
from allocator.report.words.rows import rows_of
from allocator.tables.result import Result
from allocator.words.columns import BETWEEN_IDS
from allocator.words.texts import say

STARTS, GOES_ON = "■", "□"


def batch_grids(result: Result, names: Names) -> list[Grid]:
    """Every table that has something to show."""
    makers: tuple[Callable[[Result, Names], Grid], ...] = (
        star_batches_grid,
        projects_grid,
        recognitions_grid,
        opened_bases_grid,
    )
    return [made for made in (make(result, names) for make in makers) if made.rows]


def star_batches_grid(result: Result, names: Names) -> Grid:
    """Stations that get their first star, by town and year; how many there are at the end."""
    table = result.tables["star_batches"]
    table = table[table["new_stations"] != ""]
    counts = [int(table.loc[table["year"] == year, "new"].sum()) for year in result.scenario.years]
    cells = {
        (row.town, row.year): [names.of("station", station) for station in row.new_stations.split(BETWEEN_IDS)]
        for row in rows_of(table)
    }
    total = [say("report.total"), *(say("report.stations_count", {"n": count}) for count in counts)]
    return _by_town_and_year(result, names, cells, say("report.caption.star_batches"), total)


def recognitions_grid(result: Result, names: Names) -> Grid:
    """Standards that towns are recognised by, by town and year."""
    table = result.tables["demonstration_towns"]
    cells: dict[tuple[str, int], list[str]] = {}
    for row in rows_of(table[table["new"] > 0]):
        cells.setdefault((row.town, row.year), []).append(names.of("standard", row.standard))
    return _by_town_and_year(result, names, cells, say("report.caption.recognitions"))


def opened_bases_grid(result: Result, names: Names) -> Grid:
    """Bases that open, by town and year."""
    table = result.tables["bases"]
    cells: dict[tuple[str, int], list[str]] = {}
    for row in rows_of(table[table["state"] == "opened"]):
        cells.setdefault((row.town, row.year), []).append(names.of("site", row.site))
    return _by_town_and_year(result, names, cells, say("report.caption.opened_bases"))


def _by_town_and_year(
    result: Result,
    names: Names,
    cells: dict[tuple[str, int], list[str]],
    caption: str,
    total: list[str] | None = None,
) -> Grid:
    """What is decided in each town, year by year; towns with nothing are left out."""
    years = result.scenario.years
    comma = say("report.list_comma")
    rows = [
        [names.of("town", town), *(comma.join(cells.get((town, year), ())) for year in years)]
        for town in sorted({town for town, _ in cells})
    ]
    return grid(caption, words(heading("towns", "town"), *map(str, years)), rows, total if rows else None)


def projects_grid(result: Result, names: Names) -> Grid:
    """A line a project: its first year, and the years in which it starts and goes on; the first to start come first."""
    years = result.scenario.years
    table = result.tables["projects"]
    table = table[table["state"].isin(["started", "running"])]
    rows = []
    for (_, project), own in table.groupby(["start_year", "project"], sort=True):
        states = dict(zip(own["year"], own["state"], strict=True))
        head = own.iloc[0]
        kind, where = names.of("project_kind", str(head["project_kind"])), names.of("town", str(head["town"]))
        marks = [_mark(states, year) for year in years]
        rows.append([names.of("project", str(project)), kind, where, f"{head['start_year']:.0f}", *marks])
    headings = words(*(heading("projects", column) for column in ("project", "project_kind", "town")))
    headings += numbers(heading("projects", "start_year")) + words(*map(str, years))
    return grid(say("report.caption.project_years"), headings, rows, note=say("report.project_years_note"))


def _mark(states: dict[int, str], year: int) -> str:
    state = states.get(year, "")
    return STARTS if state == "started" else GOES_ON if state == "running" else ""
