"""Stars (星级村居辅导站): which stations are brought to which grade of the standard, and when; never lost.

What a station upgrades to reach a grade is data: the cheapest set of criteria that lifts it from the grade below to the
cutoff, of equally cheap ones that with the fewest criteria, then the first by ids. So costs add up grade by grade.
The worth of a station is residents * (1 + slow_weight * slow). Stations, points and grades are those before the first
year that is decided; the others follow from what is decided.

Data
    held_grade[station, grade]              0 or 1     stations table, column star
    step_cost[station, grade]               yuan       from the grade below; from star_criteria and station_scores
    station_worth[station]                  heads      stations table, columns residents and slow
    open_share[town]                        share      of the stations without a star before the plan's first year
    star_gain[indicator]                    units of the numerator for each first star     scenario: stars.gains
    most_a_year, chance_stations            stations   scenario: stars, stars.equal_chance
Variables
    starred[station, grade, year]           0 or 1     has at least the grade; 1 where it is held_grade
    newly_starred[station, grade, year]     0 to 1     reaches the grade in the year; in the first year it is starred
    first_stars[town, year]                 stations   that get their first star in the year
Rows
    star_step[station, grade, year]         starred - starred of the year before == newly_starred
    star_order[station, grade, year]        starred <= starred of the grade below
    star_sequence[station, grade, year]     starred <= starred of the station before it by id that is alike in town,
                                            residents, slow, costs and grades; not of stations that locks name
    star_batch[year]                        sum of newly_starred <= most_a_year
    first_star_sum[town, year]              first_stars == sum of newly_starred of the lowest grade
    equal_chance[town, side, year]          -chance_stations <= first_stars since the plan's first year
                                            - open_share * those of all towns <= chance_stations
Ledgers
    cost   use     step_cost * newly_starred, line `stars` of the station's town
    value  supply  star_gain * newly_starred of the lowest grade / denominator
    count  supply  starred: star_stations and star_share by the lowest grade, star_stations_<grade> by higher ones
Outcomes
    stars.benefit[town, year]               heads      sum of station_worth * starred of the lowest grade
Source
    Monotone upgrades as in multi-period set-up problems; plan text:
    制定星级村居社区教育辅导站建设标准，分期分批完善星级村居社区教育辅导站达标建设，实现20%村居建成星级辅导站.
"""

from __future__ import annotations

import numpy as np

from allocator.blocks.shared.entries import charge, count, gain
from allocator.blocks.stars.ladder import Bools, Ladder, ladder, starred_before
from allocator.blocks.stars.section import Stars
from allocator.model import Codes, Floats, Model, Outcome, Sense, Terms, constant_label
from allocator.scenario.plan_year import PlanYear

AT_LEAST, AT_MOST = 0, 1
LABELS = ("station", "grade", "year")


def build(model: Model, plan: PlanYear, given: Stars) -> None:
    """Declare what every station has at the end of the year, and what that costs, counts and brings."""
    way = ladder(plan)
    year = model.axes["year"].code(str(plan.year))
    station, grade = (code.ravel() for code in np.indices(way.held.shape))
    labels = {
        "station": model.axes["station"].codes(way.station)[station],
        "grade": model.axes["grade"].codes(way.grade)[grade],
        "year": constant_label(year, len(station)),
    }
    held = way.held.ravel().astype(float)
    starred = model.variables("starred", labels, "stations", lower=held, upper=1.0, integer=True, settle=True)
    starred = starred.labelled({**labels, "at": station, "rung": grade, "town": way.town[station]})
    _order(model, starred, way)
    newly = _newly(model, plan, starred, ~way.held.ravel())
    charge(model, "stars", "stars", newly * way.cost[newly["at"], newly["rung"]])
    first = newly["rung"] == 0
    gain(model, plan, "stars", given.gains, newly.where(first), whole=True)
    _first_stars(model, newly.where(first), len(plan.towns), year)
    lowest = starred.where(starred["rung"] == 0)
    for name in ("star_stations", "star_share"):
        count(model, "stars", name, lowest)
    for rung, name in enumerate(way.grade[1:], start=1):
        count(model, "stars", f"star_stations_{name}", starred.where(starred["rung"] == rung))
    _benefit(model, plan, way.worth(given.slow_weight), lowest)
    if given.most_a_year is not None:
        rows = {"year": np.array([year])}
        path = "stars.most_a_year"
        most = float(given.most_a_year)
        batch = model.constrain("star_batch", rows, [newly], "<=", most, unit="stations", requirement=path)
        model.row_parameter(path, batch, 1.0)
    if given.equal_chance is not None:
        _equal_chance(model, plan, given.equal_chance.stations, way)


def _order(model: Model, starred: Terms, way: Ladder) -> None:
    """A grade comes after the one below, and stations that are alike come by id."""
    rungs, is_open = way.held.shape[1], ~way.held.ravel()
    above = np.flatnonzero(is_open & (starred["rung"] > 0))
    _at_most(model, "star_order", starred, above, above - 1)
    locked = set(model.axes["locked_station"].ids)
    pairs = [pair for pair in way.alike() if not locked & {way.station[at] for at in pair}]
    cells = [(one * rungs + rung, other * rungs + rung) for one, other in pairs for rung in range(rungs)]
    ahead, behind = np.array([cell for cell in cells if is_open[cell[0]]], dtype=np.intp).reshape(-1, 2).T
    _at_most(model, "star_sequence", starred, behind, ahead)


def _at_most(model: Model, family: str, starred: Terms, cells: Codes, others: Codes) -> None:
    """Rows that let some cells be starred only where others are."""
    labels = _named(starred.where(cells))
    parts = [starred.where(cells).labelled(labels), -starred.where(others).labelled(labels)]
    model.define(family, labels, parts, "<=", 0.0, unit="stations")


def _named(cells: Terms) -> dict[str, Codes]:
    """The labels by which cells are known."""
    return {dim: cells[dim] for dim in LABELS}


def _newly(model: Model, plan: PlanYear, starred: Terms, is_open: Bools) -> Terms:
    """Grades that stations reach in the year; only those that they did not have when the plan began."""
    mine = starred.where(is_open)
    if plan.before is None or "stars" not in plan.before.sections:
        return mine
    labels = _named(mine)
    newly = model.variables("newly_starred", labels, "stations", upper=1.0)
    before = model.year("starred", model.axes["year"].code(str(plan.before.year))).where(is_open)
    parts = [mine.labelled(labels), -before.labelled(labels), -newly]
    model.define("star_step", labels, parts, "==", 0.0, unit="stations")
    return newly.labelled(mine.labels)


def _benefit(model: Model, plan: PlanYear, worth: Floats, lowest: Terms) -> None:
    """Worth of the starred stations of each town."""
    towns = np.arange(len(plan.towns))
    labels = {"town": towns, "year": constant_label(model.axes["year"].code(str(plan.year)), len(towns))}
    terms = (lowest * worth[lowest["at"]]).labelled({"outcome": lowest["town"]})
    model.outcome(Outcome("stars.benefit", "heads", labels, terms, np.zeros(len(towns))))


def _first_stars(model: Model, newly: Terms, towns: int, year: int) -> None:
    """How many stations of each town get their first star in the year."""
    labels = {"town": np.arange(towns), "year": constant_label(year, towns)}
    first = model.variables("first_stars", labels, "stations")
    parts = [first, -newly.labelled({"town": newly["town"], "year": newly["year"]})]
    model.define("first_star_sum", labels, parts, "==", 0.0, unit="stations")


def _equal_chance(model: Model, plan: PlanYear, away: float, way: Ladder) -> None:
    """First stars since the plan's first year, town by town, against the share of each town."""
    before = starred_before(plan)
    was_open = np.array([before[station] < way.stars[0] for station in way.station], dtype=bool)
    size = np.bincount(way.town[was_open], minlength=len(plan.towns)).astype(float)
    towns, share = np.flatnonzero(size), size / max(1.0, size.sum())
    done = np.bincount(way.town[was_open & way.held[:, 0]], minlength=len(size)).astype(float)
    already = (done - share * done.sum())[towns]
    year = model.axes["year"].code(str(plan.year))
    first = model.family("first_stars").where(model.family("first_stars")["year"] <= year)
    row, term = (each.ravel() for each in np.indices((len(towns), len(first))))
    ahead = first.where(term) * ((first["town"][term] == towns[row]) - share[towns[row]])
    sides: list[tuple[int, Sense, float]] = [(AT_LEAST, ">=", -1.0), (AT_MOST, "<=", 1.0)]
    for side, sense, sign in sides:
        of_side = [{"side": constant_label(side, n), "year": constant_label(year, n)} for n in (len(towns), len(row))]
        labels, parts = {"town": towns, **of_side[0]}, [ahead.labelled({"town": towns[row], **of_side[1]})]
        bound, path = sign * away - already, "stars.equal_chance.stations"
        rows = model.constrain("equal_chance", labels, parts, sense, bound, unit="stations", requirement=path)
        model.row_parameter(path, rows, sign)
