"""The learning circle: covering and location by hand on a line, and by brute force over all choices of sites."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from allocator.auditing.whole import audit
from allocator.tables.result import Result
from allocator.verbs.options import Options
from allocator.verbs.solving import solve
from allocator.words.errors import InfeasibleError, InputError
from circles import (
    ALL_COVERED,
    CHEAPEST,
    LEAST_LONGEST,
    MOST_COVERED,
    SHORTEST,
    SITES,
    STATIONS,
    circle,
    site,
    station,
    ways,
)
from worlds import cells, of_year, slack, solved, world


def opened(result: Result, year: int | None = None) -> set[str]:
    table = of_year(result.bases, year)
    return set(table.loc[table["state"].isin(["open", "opened"]), "site"])


def value(result: Result) -> float:
    return float(result.stages["value"].iloc[0])


# -- by hand: stations 0..4 with 100, 200, 300, 400, 50 residents; sites p0, p1, p2 at 0, 2, 4; six minutes a step ---


def test_one_base_covers_most_residents_in_the_middle(tmp_path: Path) -> None:
    # In ten minutes one step: p0 reaches 0, 1 (300), p1 reaches 1, 2, 3 (900), p2 reaches 3, 4 (450).
    result = solved(tmp_path, **circle(MOST_COVERED, {"exactly_open": 1}))
    assert (opened(result), value(result)) == ({"p1"}, 900)
    assert cells(result.coverage, "covered", "town") == {"a": 500, "b": 400}
    assert cells(result.coverage, "share", "town") == {"a": 0.833, "b": 0.889}
    assert cells(result.uncovered, "minutes", "station", "nearest_site") == {("s0", "p1"): 12, ("s4", "p1"): 12}
    assert cells(result.counts.query("counted == 'covered_stations'"), "amount", "town") == {"a": 2, "b": 1}
    assert result.stages["unit"].tolist() == ["residents"]
    assert audit(result).passed


def test_two_bases_cover_no_resident_twice(tmp_path: Path) -> None:
    # p0 and p1 share station 1, p1 and p2 share station 3: 1,000 and 950; p0 and p2 cover 750.
    result = solved(tmp_path, **circle(MOST_COVERED, {"exactly_open": 2}))
    assert (opened(result), value(result)) == ({"p0", "p1"}, 1000)


def test_all_are_covered_at_least_cost(tmp_path: Path) -> None:
    # Only p1 reaches station 2, only p0 station 0, only p2 station 4: all three in ten minutes.
    result = solved(tmp_path / "10", **circle(CHEAPEST, goals=[ALL_COVERED]))
    assert (len(opened(result)), value(result)) == (3, 1100 + 2200 + 3300)
    # In twelve minutes p1 alone reaches everybody.
    near = solved(tmp_path / "12", **circle(CHEAPEST, coverage={"within_minutes": 12}, goals=[ALL_COVERED]))
    assert (opened(near), value(near)) == ({"p1"}, 2200)
    assert not len(near.uncovered)


def test_goals_of_coverage_by_town(tmp_path: Path) -> None:
    goal = {**ALL_COVERED, "scope": "every_town", "at_least": {"2016": 0.8}}
    result = solved(tmp_path / "every", **circle(CHEAPEST, goals=[goal]))
    assert opened(result) == {"p1"}  # 500 of 600 in a, 400 of 450 in b
    counting = {**goal, "scope": "count_of_towns", "towns": 1, "at_least": {"2016": 1}}
    one = solved(tmp_path / "one", **circle(CHEAPEST, goals=[counting]))
    # All of a takes p0 and p1, all of b takes p2 alone: both cost 3,300, and no stage here prefers one of them.
    assert (value(one), opened(one) in ({"p0", "p1"}, {"p2"})) == (3300, True)
    stations = {**ALL_COVERED, "measure": "covered_stations", "at_least": {"2016": 4}}
    four = solved(tmp_path / "four", **circle(CHEAPEST, goals=[stations]))
    assert opened(four) == {"p0", "p1"}
    assert all(audit(each).passed for each in (result, one, four))


@pytest.mark.parametrize("strength", ["rule", "hard"])
@pytest.mark.parametrize("nobody", [[], [station(3, "b", 0)]])
def test_nothing_is_asked_of_a_town_without_residents(tmp_path: Path, strength: str, nobody: list[Any]) -> None:
    # All three stations of a: p0 reaches the first two, p1 the last two; nobody lives in b.
    stages = [*([{"id": "basics"}] if strength == "hard" else []), *CHEAPEST]
    people = [*(station(at, "a", 100) for at in range(3)), *nobody]

    def asked(name: str, **more: Any) -> Result:
        goal = {**ALL_COVERED, "strength": strength, **more}
        return solved(tmp_path / name, **circle(stages, stations=people, goals=[goal]))

    every = asked("every", scope="every_town")
    assert opened(every) == {"p0", "p1"}
    assert every.goals.set_index("town")["target"].isna().to_dict() == {"a": False, "b": True}
    assert opened(asked("one", scope="count_of_towns", towns=1)) == {"p0", "p1"}
    # b is no town that reaches a target, not even one of 0.
    nothing = asked("two", scope="count_of_towns", towns=1, at_least={"2016": 0})
    assert nothing.goals["reached"].tolist() == [1]
    if strength == "rule":
        with pytest.raises(InfeasibleError):
            asked("no", scope="count_of_towns", towns=2)
    else:
        assert asked("short", scope="count_of_towns", towns=2).goals["shortfall"].tolist() == [1]


def test_nothing_is_asked_of_a_district_without_residents(tmp_path: Path) -> None:
    result = solved(tmp_path, **circle(CHEAPEST, stations=[station(0, "a", 0)], goals=[ALL_COVERED]))
    assert opened(result) == set()
    assert result.goals[["target", "reached"]].isna().to_numpy().all()


def test_shortest_ways_and_the_shortest_longest_way(tmp_path: Path) -> None:
    near = {"serve": "nearest"}
    one = solved(tmp_path / "1", **circle(SHORTEST, {"exactly_open": 1}, near))
    assert (opened(one), value(one)) == ({"p1"}, 12 * 100 + 6 * 200 + 6 * 400 + 12 * 50)
    two = solved(tmp_path / "2", **circle(SHORTEST, {"exactly_open": 2}, near))
    # p0, p1: 6 x 200 + 6 x 400 + 12 x 50; p1, p2: 12 x 100 + 6 x 200 + 6 x 400; p0, p2: 6 x 200 + 12 x 300 + 6 x 400.
    assert (opened(two), value(two)) == ({"p0", "p1"}, 1200 + 2400 + 600)
    assert cells(two.assignments, "minutes", "station", "site") == {
        **{("s0", "p0"): 0, ("s1", "p0"): 6, ("s2", "p1"): 0, ("s3", "p1"): 6, ("s4", "p1"): 12}
    }
    centre = solved(tmp_path / "3", **circle(LEAST_LONGEST, {"exactly_open": 1}, near))
    assert (opened(centre), value(centre)) == ({"p1"}, 12)
    mean = solved(tmp_path / "4", **circle([{**SHORTEST[0], "aggregate": "mean"}], {"exactly_open": 1}, near))
    assert value(mean) == pytest.approx(value(one) / 1050, abs=1e-6)
    assert [each.stages["unit"].tolist() for each in (one, mean, centre)] == [
        ["person-minutes"], ["minutes"], ["minutes"],
    ]  # fmt: skip
    assert all(audit(each).passed for each in (one, two, centre))


def limited(places: float, people: float = 100, **plan: Any) -> dict[str, Any]:
    """Two sites at 0 and 4; one of them has places for so many; five stations of 100 people each."""
    sites = [site(0, "a", capacity=places), site(2, "b", capacity="")]
    stations = [station(at, "a", people) for at in range(5)]
    serve = {"serve": "nearest", "capacity": True}
    return circle(SHORTEST, {"exactly_open": 2}, serve, sites=sites, stations=stations, **plan)


def test_places_bind_or_not(tmp_path: Path) -> None:
    # Enough places: stations 0 and 1 go to p0, 3 and 4 to p2, station 2 to either.
    free = solved(tmp_path / "free", **limited(300))
    assert value(free) == 100 * (0 + 6 + 12 + 6 + 0)
    assert slack(free, "site_places", "p0") >= 0
    tight = solved(tmp_path / "tight", **limited(150))
    assert value(tight) == 100 * (0 + 18 + 12 + 6 + 0)
    assert slack(tight, "site_places", "p0") == 50
    assert cells(tight.assignments, "residents", "station", "site")["s1", "p2"] == 100  # nobody goes half way
    full = solved(tmp_path / "full", **limited(100))
    assert slack(full, "site_places", "p0") == 0
    assert all(audit(each).passed for each in (free, tight, full))


def test_stations_go_to_the_nearest_base_with_places_though_no_stage_asks_for_it(tmp_path: Path) -> None:
    every = {"serve": "nearest", "capacity": True}
    ample = [{**each, "open": True, "capacity": 10_000} for each in SITES]
    result = solved(tmp_path / "ample", **circle(MOST_COVERED, {}, every, sites=ample))
    assert cells(result.assignments, "minutes", "station") == {"s0": 0, "s1": 6, "s2": 0, "s3": 6, "s4": 0}
    # All places are needed: s0 fills p0, only s2 fills p1 (200 + 50 would not), and the others fit into p2 alone.
    short = [{**each, "capacity": places} for each, places in zip(ample, (100, 300, 650), strict=True)]
    result = solved(tmp_path / "short", **circle(MOST_COVERED, {}, every, sites=short))
    assert cells(result.assignments, "minutes", "station") == {"s0": 0, "s1": 18, "s2": 0, "s3": 6, "s4": 0}


@pytest.mark.parametrize("seed", range(4))
def test_nobody_passes_by_a_nearer_base_with_places(tmp_path: Path, seed: int) -> None:
    draw = np.random.default_rng(seed)
    sites = [{**each, "open": True, "capacity": float(draw.choice([300, 450, 700]))} for each in SITES]
    result = solved(tmp_path, **circle(MOST_COVERED, {}, {"serve": "nearest", "capacity": True}, sites=sites))
    left = {each["site"]: each["capacity"] for each in sites}
    rows = result.assignments.to_dict("records")
    for row in rows:
        left[row["site"]] -= row["residents"]
    minutes = {(way["station"], way["site"]): way["minutes"] for way in ways(STATIONS, SITES)}
    passed = [
        row
        for row in rows
        for site, places in left.items()
        if places >= row["residents"] and minutes[row["station"], site] < row["minutes"]
    ]
    assert (passed, min(left.values()) >= 0, len(rows)) == ([], True, 5)


def test_online_counts_only_where_the_plan_says_so(tmp_path: Path) -> None:
    sites = [*SITES[:2], {**SITES[2], "site": "web", "online": True}]
    sites = [{"online": False, **each} for each in sites]
    tables = {"ways": [{"station": "s0", "site": "p0", "minutes": 1}]}
    goal = {**ALL_COVERED, "strength": "measured"}
    plan = {"sites": sites, "tables": tables, "goals": [goal]}
    yes = solved(tmp_path / "yes", **circle(MOST_COVERED, {"most_new": 1}, {"online_counts": True}, **plan))
    assert (opened(yes), value(yes)) == ({"web"}, 1050)
    assert yes.goals["reached"].iloc[0] == 1
    no = solved(tmp_path / "no", **circle(MOST_COVERED, {"most_new": 1}, **plan))
    assert (opened(no), value(no)) == ({"p0"}, 100)
    assert audit(yes).passed and audit(no).passed


def test_ways_on_foot_are_straight_lines_with_a_detour(tmp_path: Path) -> None:
    # One hundredth of a degree of latitude is 1.11195 km; x 1.3 at 4.8 km an hour: 18.07 minutes.
    places = [{"lat": 23.0 + at / 100, "lon": 113.4} for at in range(2)]
    stations = [station(at, "a", 100, **places[at]) for at in range(2)]
    plan = circle(
        SHORTEST,
        {"exactly_open": 1},
        {"minutes": None, "walking": {"speed_kmh": 4.8, "detour": 1.3}, "serve": "nearest"},
        sites=[site(0, "a", **places[0])],
        stations=stations,
    )
    plan["coverage"] = {key: each for key, each in plan["coverage"].items() if each is not None}
    result = solved(tmp_path, **plan)
    length = math.radians(0.01) * 6371.0088 * 1.3 / 4.8 * 60
    assert cells(result.assignments, "minutes", "station") == pytest.approx({"s0": 0, "s1": length}, abs=1e-3)
    assert result.coverage.query("town == 'a'")["covered"].tolist() == [100]
    assert audit(result).passed


def test_without_a_table_the_roads_between_towns_count(tmp_path: Path) -> None:
    plan = circle(SHORTEST, {"exactly_open": 1}, {"serve": "nearest"}, sites=[site(0, "a")])
    del plan["coverage"]["minutes"]
    result = solved(tmp_path, **plan, roads={("a", "b"): 25})
    assert cells(result.assignments, "minutes", "station") == {"s0": 0, "s1": 0, "s2": 0, "s3": 25, "s4": 25}
    assert value(result) == 25 * 450
    assert audit(result).passed


def test_years_cover_more_and_more_in_both_modes(tmp_path: Path) -> None:
    goal = {**ALL_COVERED, "at_least": {"2016": 0.5, "2017": 0.9}}
    plan = circle(CHEAPEST, coverage={"serve": "nearest"}, goals=[goal], years={2016: {}, 2017: {}})
    horizon, rolling = solved(tmp_path / "h", **plan), solved(tmp_path / "r", mode="rolling", **plan)
    for result in (horizon, rolling):
        assert (opened(result, 2016), opened(result, 2017)) == ({"p1"}, {"p0", "p1"})  # 900 and 1,000 of 1,050
        before = of_year(result.coverage, 2017)
        assert before["covered_before"].tolist() == [500, 400]
        assert before["covered"].tolist() == [600, 400]
        assert audit(result).passed
    assert horizon.counts.equals(rolling.counts)


# -- brute force -------------------------------------------------------------------------------------------------------


def drawn(seed: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]], np.ndarray]:
    """Eight stations and five sites with ways of 1 to 30 minutes."""
    draw = np.random.default_rng(seed)
    stations = [station(at, "ab"[at % 2], int(draw.integers(1, 20)) * 10) for at in range(8)]
    sites = [site(at, "ab"[at % 2], opening_cost_yuan=int(draw.integers(1, 9)) * 100) for at in range(5)]
    return stations, sites, draw.integers(1, 31, (8, 5)).astype(float)


def choices(most: int, least: int = 1) -> list[list[int]]:
    return [list(own) for size in range(least, most + 1) for own in itertools.combinations(range(5), size)]


def reached(minutes: np.ndarray, chosen: list[int]) -> np.ndarray:
    return np.asarray((minutes[:, chosen] <= 10).any(axis=1))


Question = tuple[list[dict[str, Any]], dict[str, Any], dict[str, Any], Callable[..., float]]


def questions() -> dict[str, Question]:
    """Stages, bases, coverage, and the best value over all choices of sites."""
    near = {"serve": "nearest"}

    def best(heads: np.ndarray, costs: np.ndarray, minutes: np.ndarray) -> float:
        return max(float(heads @ reached(minutes, own)) for own in choices(2))

    def median(heads: np.ndarray, costs: np.ndarray, minutes: np.ndarray) -> float:
        return min(float(heads @ minutes[:, own].min(axis=1)) for own in choices(2, 2))

    def centre(heads: np.ndarray, costs: np.ndarray, minutes: np.ndarray) -> float:
        return min(float(minutes[:, own].min(axis=1).max()) for own in choices(2, 2))

    def cover(heads: np.ndarray, costs: np.ndarray, minutes: np.ndarray) -> float:
        every = reached(minutes, list(range(5)))
        able = [own for own in choices(5) if heads @ reached(minutes, own) >= 0.8 * (heads @ every) - 1e-9]
        return min(float(costs[own].sum()) for own in able)

    return {
        "most covered": (MOST_COVERED, {"most_new": 2}, {}, best),
        "p-median": (SHORTEST, {"exactly_open": 2}, near, median),
        "p-center": (LEAST_LONGEST, {"exactly_open": 2}, near, centre),
        "least cost": (CHEAPEST, {}, {}, cover),
    }


@pytest.mark.parametrize("question", questions())
@pytest.mark.parametrize("seed", range(2))
def test_no_choice_of_sites_is_better(tmp_path: Path, question: str, seed: int) -> None:
    stages, bases, coverage, best = questions()[question]
    stations, sites, minutes = drawn(seed)
    heads = np.array([each["residents"] for each in stations], dtype=float)
    costs = np.array([each["opening_cost_yuan"] for each in sites], dtype=float)
    ways = [
        {"station": s["station"], "site": p["site"], "minutes": minutes[a, b]}
        for a, s in enumerate(stations)
        for b, p in enumerate(sites)
    ]
    asked = 0.8 * float(heads @ reached(minutes, list(range(5)))) / heads.sum()
    goals = [{**ALL_COVERED, "at_least": {"2016": asked}}] if question == "least cost" else []
    plan = circle(stages, bases, coverage, sites=sites, stations=stations, tables={"ways": ways}, goals=goals)
    result = solved(tmp_path, **plan)
    assert value(result) == pytest.approx(best(heads, costs, minutes), abs=1e-3)
    assert audit(result).passed


def test_both_solvers_agree(tmp_path: Path) -> None:
    stages = [*SHORTEST, {"id": "tie_break", "factors": {"resident_pop": 1}}]
    scenario = world(tmp_path, **circle(stages, {"exactly_open": 2}, {"serve": "nearest"}))
    highs, cbc = (solve(scenario, Options(solver=name)) for name in ("highs", "cbc"))
    assert highs.bases.equals(cbc.bases)
    assert highs.assignments.equals(cbc.assignments)
    assert highs.run["unique"] and cbc.run["unique"]


# -- wrong input -------------------------------------------------------------------------------------------------------


def codes(caught: pytest.ExceptionInfo[InputError]) -> set[str]:
    return {each.code for each in caught.value.findings}


def test_coverage_needs_bases_ways_and_somebody_to_serve(tmp_path: Path) -> None:
    plan = circle(MOST_COVERED, coverage={"capacity": True})
    del plan["coverage"]["minutes"]
    with pytest.raises(InputError) as caught:
        world(tmp_path / "1", **plan)
    assert codes(caught) == {"E350", "E351"}
    with pytest.raises(InputError) as caught:
        world(tmp_path / "2", **{**circle(MOST_COVERED), "bases": None})
    assert "E313" in codes(caught)


@pytest.mark.parametrize("of", ["coverage.covered", "coverage.distance"])
@pytest.mark.parametrize("criterion", ["gini", "mean_deviation", "range", "inequality_aversion", "leximin"])
def test_coverage_is_made_even_by_its_worst_off_alone(tmp_path: Path, of: str, criterion: str) -> None:
    dial = {"aversion": 1} if criterion == "inequality_aversion" else {}
    stages = [{"id": "balance", "of": of, "criterion": criterion, **dial}]
    plan = circle(stages, {"exactly_open": 2}, {"serve": "nearest"})
    if criterion == "leximin":
        assert audit(solved(tmp_path, **plan)).passed
        return
    with pytest.raises(InputError) as caught:
        world(tmp_path, **plan)
    (found,) = caught.value.findings
    assert (found.code, found.path, found.found) == ("E356", "stages.balance.criterion", criterion)
    assert "maximin, leximin" in str(found.message.in_language("zh"))


def test_walking_needs_coordinates_but_not_of_online_sites(tmp_path: Path) -> None:
    plan = circle(
        MOST_COVERED,
        sites=[site(0, "a", lat=23, lon=113, online=False), site(1, "a", lat="", lon="", online=True)],
        stations=[station(0, "a", 10, lat=23, lon="")],
    )
    plan["coverage"] = {"walking": {"speed_kmh": 4.8}}
    with pytest.raises(InputError) as caught:
        world(tmp_path, **plan)
    found = [each for each in caught.value.findings if each.code == "E352"]
    assert [(each.place.file, each.place.field) for each in found if each.place] == [("tables/stations.csv", "lon")]


def test_unknown_stations_and_sites_of_ways_are_named(tmp_path: Path) -> None:
    ways = [{"station": "s9", "site": "p0", "minutes": 1}, {"station": "s0", "site": "p00", "minutes": 1}]
    with pytest.raises(InputError) as caught:
        world(tmp_path, **circle(MOST_COVERED, tables={"ways": ways}))
    assert {(each.code, each.found) for each in caught.value.findings} == {("E213", "s9"), ("E213", "p00")}
    assert any("p0" in str(each.hint) for each in caught.value.findings)
