"""Mentoring: who may mentor whom, capacities, school hours, and what a pair brings.

Base values m 0.6, n1 0.1, n2 0.2 of a target of 1, all 20 minutes apart from m; nearness halves every 20 minutes, so it
is 0.5. Transfer 0.4: m brings n1 0.4 * 0.5 * 0.5 = 0.1, that is 10 points, and n2 0.4 * 0.4 * 0.5 = 0.08, 8 points.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from allocator.blocks.mentoring.candidates import candidates, third
from worlds import NEARNESS_MINUTES, attainment, cells, government, levels, slack, solved, world

BASE = {"m": 0.6, "n1": 0.1, "n2": 0.2}


def mentoring(**more: Any) -> dict[str, Any]:
    return {
        "slow": {"towns": ["n1", "n2"]},
        "mature": {"upper_third": False, "preset": ["m"]},
        "transfer": {"participation": 0.4},
        "nearness_minutes": NEARNESS_MINUTES,
        **more,
    }


def plan(base: dict[str, float] | None = None, **more: Any) -> dict[str, Any]:
    given = base or BASE
    return {
        "towns": {town: {"resident_pop": 1000} for town in given},
        "base": given,
        "roads": {("m", town): 20 for town in given if town != "m"},
        "delivery": None,
        "attainment": attainment(),
        "mentoring": mentoring(),
        **more,
    }


def pairs(result: Any) -> set[tuple[str, str]]:
    return set(zip(result.pairs["mentor"], result.pairs["mentee"], strict=True))


def test_transfer_gap_nearness(tmp_path: Path) -> None:
    result = solved(tmp_path, **plan())
    assert levels(result) == {"m": 60, "n1": 20, "n2": 28}
    assert cells(result.pairs, "uplift", "mentee") == {"n1": 10, "n2": 8}
    assert cells(result.pairs, "level_gap", "mentee") == {"n1": 50, "n2": 40}


def test_transfer_by_indicator(tmp_path: Path) -> None:
    # Two indicators: only the one that transfers moves, and a mentor behind brings nothing (gap is never negative).
    two = [
        {"id": "p", "weight": 0.8, "target": 1, "denominator": "resident_pop"},
        {"id": "q", "weight": 0.2, "target": 0.5},
    ]
    base = {"m": {"p": 0.6, "q": 0.1}, "n1": {"p": 0.1, "q": 0.2}}
    given = plan(attainment={"indicators": two}, base=base, towns={t: {"resident_pop": 1000} for t in base})
    given["mentoring"] = mentoring(slow={"towns": ["n1"]}, transfer={"p": 0.4, "q": 0.4}, min_gap=0)
    given["roads"] = {("m", "n1"): 20}
    result = solved(tmp_path, **given)
    # p 0.1 -> 0.2, q stays 0.2 of 0.5: 100 * (0.8 * 0.2 + 0.2 * 0.4)
    assert levels(result)["n1"] == 24


def test_mentor_capacity(tmp_path: Path) -> None:
    # One mentee: n1 gains more. The unpaired town and why is said.
    result = solved(tmp_path / "one", **plan(mentoring=mentoring(mentor_capacity=1)))
    assert levels(result) == {"m": 60, "n1": 20, "n2": 20}
    assert slack(result, "mentor_capacity", "m") == 0
    assert cells(result.unpaired.assign(n=1), "n", "town", "reason") == {("n2", "mentors_full"): 1}
    three = solved(tmp_path / "three", **plan(mentoring=mentoring(mentor_capacity=3)))
    assert levels(three) == {"m": 60, "n1": 20, "n2": 28}
    assert slack(three, "mentor_capacity", "m") == 1


def two_mentors(cover: int) -> dict[str, Any]:
    """m1 at 0.6 and m2 at 0.5, both 20 minutes from n at 0.1: 10 and 8 points."""
    given = plan({"m1": 0.6, "m2": 0.5, "n": 0.1})
    given["roads"] = {("m1", "n"): 20, ("m2", "n"): 20}
    mature = {"upper_third": False, "preset": ["m1", "m2"]}
    return given | {"mentoring": mentoring(slow={"towns": ["n"]}, mature=mature, mentee_cover=cover)}


def test_mentee_cover(tmp_path: Path) -> None:
    one = solved(tmp_path / "one", **two_mentors(1))
    assert pairs(one) == {("m1", "n")}
    assert (levels(one)["n"], slack(one, "mentee_cover", "n")) == (20, 0)
    three = solved(tmp_path / "three", **two_mentors(3))
    assert (levels(three)["n"], slack(three, "mentee_cover", "n")) == (28, 1)


def test_school_hours(tmp_path: Path) -> None:
    # A pair takes 10 hours of m's school: 15 hours carry one pair, 25 carry both.
    towns = {town: {"resident_pop": 1000, "school_hours": 15} for town in BASE}
    tight = plan(towns=towns, mentoring=mentoring(hours_per_pair=10))
    result = solved(tmp_path / "tight", **tight)
    assert pairs(result) == {("m", "n1")}
    assert slack(result, "school_hours", "m") == 5
    towns = {town: {"resident_pop": 1000, "school_hours": 25} for town in BASE}
    wide = solved(tmp_path / "wide", **tight | {"towns": towns})
    assert levels(wide) == {"m": 60, "n1": 20, "n2": 28}
    assert slack(wide, "school_hours", "m") == 5


def test_allowance_is_charged_to_the_mentor(tmp_path: Path) -> None:
    paid = mentoring(allowance={"unit_cost": 300, "spending": "operations"})
    funding = {"sources": [government(500, pays=["operations"])]}
    result = solved(tmp_path, **plan(mentoring=paid, funding=funding))
    assert pairs(result) == {("m", "n1")}  # 500 yuan pay one pair
    assert cells(result.funding, "amount_yuan", "town", "programme") == {("m", "mentoring"): 300}
    assert slack(result, "budget", "gov") == 200


def test_credit_is_capped_at_the_target(tmp_path: Path) -> None:
    # n1 stands at 0.95 of its target and would gain 0.4 * (2 - 0.95) * 0.5 = 0.21.
    given = plan({"m": 2.0, "n1": 0.95})
    given["mentoring"] = mentoring(slow={"towns": ["n1"]}, min_gap=0)
    result = solved(tmp_path, **given)
    assert levels(result) == {"m": 100, "n1": 100}
    assert cells(result.attainment, "value", "town")["n1"] == 1.16


NINE = {"a": 0.10, "b": 0.10, "c": 0.20, "d": 0.30, "e": 0.40, "f": 0.50, "g": 0.60, "h": 0.70, "i": 0.80}
"""Lowest third: a, b, c; highest: g, h, i."""


def eligible(folder: Path, base: dict[str, float] = NINE, **more: Any) -> tuple[set[str], set[str], set[str]]:
    """Slow towns, mature towns, and pairs as two letters; a road of 10 minutes from each town to the next."""
    names = list(base)
    given = plan(base, mentoring=mentoring(**{"slow": "lowest_third", "mature": {}, **more.pop("rules", {})}), **more)
    given["roads"] = dict.fromkeys(pairwise(names), 10)
    scenario = world(folder, **given)
    found = candidates(scenario.first, scenario.first.sections["mentoring"])
    towns = scenario.first.towns.index
    made = {f"{towns[m]}{towns[n]}" for m, n in zip(found.mentor, found.mentee, strict=True)}
    return set(towns[found.slow]), set(towns[found.mature]), made


def test_thirds(tmp_path: Path) -> None:
    slow, mature, made = eligible(tmp_path)
    assert (slow, mature) == (set("abc"), set("ghi"))
    assert made == {m + n for m in "ghi" for n in "abc"}
    assert [third(n) for n in (1, 3, 4, 5, 16)] == [1, 1, 1, 2, 5]


def test_ties_at_the_edge_of_a_third_go_by_id(tmp_path: Path) -> None:
    slow, _, _ = eligible(tmp_path, {"x": 0.1, "b": 0.1, "a": 0.1, "m": 0.5})
    assert slow == {"a"}  # third(4) = 1 and three towns share the lowest level


def test_preset_towns_mentor_and_are_not_slow(tmp_path: Path) -> None:
    slow, mature, made = eligible(tmp_path, rules={"mature": {"preset": ["b", "d"]}})
    assert (slow, mature) == (set("ac"), set("bdghi"))
    assert "db" not in made
    assert "bc" not in made  # b is 10 points behind c


def test_gap(tmp_path: Path) -> None:
    # g leads c by 40 points, h by 50, i by 60; a and b are 10 lower.
    _, _, made = eligible(tmp_path, rules={"min_gap": 50})
    assert made == {"ga", "gb", "ha", "hb", "hc", "ia", "ib", "ic"}
    _, _, made = eligible(tmp_path / "more", rules={"min_gap": 51})
    assert made == {"ha", "hb", "ia", "ib", "ic"}


@pytest.mark.parametrize(("minutes", "expected"), [(40, {"gc"}), (39, set()), (50, {"gc", "gb", "hc"})])
def test_minutes(tmp_path: Path, minutes: float, expected: set[str]) -> None:
    # Roads run a - b - ... - i, 10 minutes each: c to g is 40.
    _, _, made = eligible(tmp_path, reach={"mentoring": minutes})
    assert made == expected


def test_a_town_is_never_slow_and_mature(tmp_path: Path) -> None:
    # Named as slow although its level is in the upper third.
    slow, mature, _ = eligible(tmp_path, rules={"slow": {"towns": ["a", "i"]}})
    assert (slow, mature) == (set("ai"), set("gh"))
