"""What arithmetic says of bases and coverage before any solve, and that a solver finds no plan there either."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from allocator.plan.check import check
from allocator.verbs.solving import solve
from allocator.words.errors import InfeasibleError
from circles import ALL_COVERED, CHEAPEST, SHORTEST, SITES, circle, site, station
from worlds import world

BASES = {"id": "asked", "measure": "bases", "strength": "rule", "at_least": {"2016": 4}}
OPEN = [{**each, "open": True} for each in SITES]
ONE_OPEN = [{**each, "open": each["site"] == "p0"} for each in SITES]
SERVED = {"serve": "nearest"}
LIMITED = {"serve": "nearest", "capacity": True}


def places(*capacity: float) -> list[dict[str, Any]]:
    return [site(at, "a", capacity=each) for at, each in enumerate(capacity)]


def people(*heads: float) -> list[dict[str, Any]]:
    return [station(at, "a", each) for at, each in enumerate(heads)]


def lock(where: dict[str, str], **bound: float) -> dict[str, Any]:
    return {"id": "promise", "decision": "open", "where": where, "reason": "promised", **bound}


NARROW = [{"station": "s0", "site": "p0", "minutes": 1}, {"station": "s1", "site": "p1", "minutes": 1}]

CASES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("F841", circle(CHEAPEST, {"exactly_open": 4}), circle(CHEAPEST, {"exactly_open": 3}), "4"),
    (
        "F841",
        circle(CHEAPEST, {"exactly_open": 2}, sites=OPEN),
        circle(CHEAPEST, {"exactly_open": 3}, sites=OPEN),
        "3",
    ),
    ("F841", circle(CHEAPEST, {"exactly_open": 3, "most_new": 2}), circle(CHEAPEST, {"exactly_open": 2}), "0"),
    ("F841", circle(CHEAPEST, goals=[BASES]), circle(CHEAPEST, goals=[{**BASES, "at_least": {"2016": 3}}]), "4"),
    # one new base and two promised sites; a site that is open already; three of three
    (
        "F501",
        circle(CHEAPEST, {"most_new": 1}, locks=[lock({}, equals=2)]),
        circle(CHEAPEST, {"most_new": 1}, locks=[lock({}, equals=1)]),
        "2 > 1",
    ),
    (
        "F501",
        circle(CHEAPEST, {"most_new": 0}, locks=[lock({"site": "p1"}, equals=1)], sites=ONE_OPEN),
        circle(CHEAPEST, {"most_new": 0}, locks=[lock({"site": "p0"}, equals=1)], sites=ONE_OPEN),
        "1 > 0",
    ),
    (
        "F501",
        circle(CHEAPEST, {"exactly_open": 1}, locks=[lock({"site": "p1"}, equals=1)], sites=ONE_OPEN),
        circle(CHEAPEST, {"exactly_open": 2}, locks=[lock({"site": "p1"}, equals=1)], sites=ONE_OPEN),
        "1 > 0",
    ),
    (
        "F502",
        circle(CHEAPEST, locks=[lock({"site": "p0"}, at_most=0)], sites=ONE_OPEN),
        circle(CHEAPEST, locks=[lock({"site": "p1"}, at_most=0)], sites=ONE_OPEN),
        "0 < 1",
    ),
    (
        "F502",
        circle(CHEAPEST, {"exactly_open": 3}, locks=[lock({"site": "p2"}, at_most=0)]),
        circle(CHEAPEST, {"exactly_open": 2}, locks=[lock({"site": "p2"}, at_most=0)]),
        "0 < 1",
    ),
    (
        "F842",
        circle(CHEAPEST, goals=[ALL_COVERED], tables={"ways": NARROW}),
        circle(CHEAPEST, goals=[{**ALL_COVERED, "at_least": {"2016": 0.28}}], tables={"ways": NARROW}),
        "S4",
    ),
    (
        "F842",
        circle(CHEAPEST, goals=[{**ALL_COVERED, "scope": "every_town"}], sites=SITES[:2]),
        circle(CHEAPEST, goals=[{**ALL_COVERED, "at_least": {"2016": 0.5}, "scope": "every_town"}], sites=SITES[:2]),
        "S4",
    ),
    # the best one of three bases covers 900 of 1,050 residents; beside an open one the best covers 700 more
    (
        "F842",
        circle(CHEAPEST, {"most_new": 1}, goals=[{**ALL_COVERED, "at_least": {"2016": 0.86}}]),
        circle(CHEAPEST, {"most_new": 1}, goals=[{**ALL_COVERED, "at_least": {"2016": 0.857}}]),
        "0.8571",
    ),
    (
        "F842",
        circle(CHEAPEST, {"exactly_open": 2}, goals=[{**ALL_COVERED, "at_least": {"2016": 0.96}}], sites=ONE_OPEN),
        circle(CHEAPEST, {"exactly_open": 2}, goals=[{**ALL_COVERED, "at_least": {"2016": 0.95}}], sites=ONE_OPEN),
        "0.9524",
    ),
    (
        "F843",
        circle(SHORTEST, {"exactly_open": 1}, LIMITED, sites=places(120, 100), stations=people(100, 50)),
        circle(SHORTEST, {"exactly_open": 2}, LIMITED, sites=places(120, 100), stations=people(100, 50)),
        "150",
    ),
    (
        "F844",
        circle(SHORTEST, {}, SERVED, tables={"ways": NARROW}),
        circle(SHORTEST, {}, SERVED, tables={"ways": NARROW}, stations=people(100, 50)),
        "S2",
    ),
    (
        "F845",
        circle(SHORTEST, {}, LIMITED, sites=places(90, 90), stations=people(100, 50)),
        circle(SHORTEST, {}, LIMITED, sites=places(90, 100), stations=people(100, 50)),
        "S0",
    ),
]


@pytest.mark.parametrize(("code", "broken", "fine", "said"), CASES, ids=[f"{at}-{c[0]}" for at, c in enumerate(CASES)])
def test_a_finding_is_a_proof(
    tmp_path: Path, code: str, broken: dict[str, Any], fine: dict[str, Any], said: str
) -> None:
    scenario = world(tmp_path / "broken", **broken)
    found = [each for each in check(scenario) if each.code == code]
    assert len(found) == 1
    assert said in found[0].message.in_language("en")
    assert found[0].hint is not None and found[0].message.in_language("zh")
    with pytest.raises(InfeasibleError):
        solve(scenario)
    kept = world(tmp_path / "fine", **fine)
    assert [each.code for each in check(kept) if each.code.startswith("F")] == []
    assert solve(kept).status == "optimal"


@pytest.mark.parametrize("strength", ["hard", "soft"])
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        # Of 1,050 residents the best base covers 900; of town a's 600 it covers 500, all of town b's 450 another.
        ({"at_least": {"2016": 0.86}}, "0.8571"),
        ({"at_least": {"2016": 0.857}}, None),
        ({"at_least": {"2016": 0.84}, "scope": "every_town"}, "0.8333"),
        ({"at_least": {"2016": 0.83}, "scope": "every_town"}, None),
        ({"at_least": {"2016": 1}, "scope": "count_of_towns", "towns": 2}, "0.8333"),
        ({"at_least": {"2016": 1}, "scope": "count_of_towns", "towns": 1}, None),
        ({"measure": "covered_stations", "at_least": {"2016": 4}}, "at most 3"),
        ({"measure": "covered_stations", "at_least": {"2016": 3}}, None),
        ({"measure": "bases", "at_least": {"2016": 2}}, "at most 1"),
        ({"measure": "bases", "at_least": {"2016": 1}}, None),
    ],
)
def test_a_goal_that_most_new_keeps_out_of_reach_is_said(
    tmp_path: Path, strength: str, asked: dict[str, Any], said: str | None
) -> None:
    goal = {**ALL_COVERED, **asked, "strength": strength}
    found = check(world(tmp_path, **circle(CHEAPEST, {"most_new": 1}, goals=[goal])))
    wanted = [] if said is None else ["W841" if goal["measure"] == "bases" else "W842"]
    assert [each.code for each in found] == wanted
    assert all(str(said) in each.message.in_language("en") for each in found)


def test_new_bases_count_over_all_years_and_those_before_the_plan_do_not(tmp_path: Path) -> None:
    # One new base in two years beside an open one: 300 + 700 of 1,050 residents in either year, and not 1,050.
    goal = {**ALL_COVERED, "strength": "soft", "at_least": {"2016": 0.95, "2017": 0.96}}
    years = {"years": {2016: {}, 2017: {}}}
    given = circle(CHEAPEST, {"most_new": 1}, goals=[goal], sites=ONE_OPEN, **years)
    (found,) = check(world(tmp_path, **given))
    assert (found.code, found.message.values["year"]) == ("W842", 2017)
    assert "with 1 open already and 1 more at most" in found.message.in_language("en")
