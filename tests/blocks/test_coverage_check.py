"""What arithmetic says of bases and coverage before any solve, and that a solver finds no plan there either."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from allocator.check import check
from allocator.errors import InfeasibleError
from allocator.solve import solve
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
