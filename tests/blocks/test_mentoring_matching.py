"""Mentoring by needs and strengths, with rotation after a term, and least mentors of slow towns.

Two indicators p and q of weight 0.5 and target 1. Mentors a (p 0.9, q 0.1) and b (p 0.4, q 0.9), mentee n (p 0.1,
q 0.3), everybody 20 minutes from n, so that nearness is 0.5. With a transfer of 0.4 of both, a adds 0.4 * 0.8 * 0.5 =
0.16 of p, 8 points; b adds 0.06 of p and 0.12 of q, 3 and 6 points.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from allocator.plan.check import check
from allocator.tables.result import Result
from allocator.verbs.options import Mode, Options
from allocator.verbs.solving import solve
from allocator.words.errors import InfeasibleError
from worlds import NEARNESS_MINUTES, attainment, cells, levels, of_year, slack, world

BASE = {"a": {"p": 0.9, "q": 0.1}, "b": {"p": 0.4, "q": 0.9}, "n": {"p": 0.1, "q": 0.3}}
BOTH = {"indicators": [{"id": i, "weight": 0.5, "target": 1} for i in "pq"]}


def plan(base: Any = None, **rules: Any) -> dict[str, Any]:
    given = base or BASE
    mentoring = {
        "slow": {"towns": ["n"]},
        "mature": {"upper_third": False, "preset": ["a", "b"]},
        "min_gap": 0,
        "transfer": {"p": 0.4, "q": 0.4},
        "nearness_minutes": NEARNESS_MINUTES,
        **rules,
    }
    return {
        "towns": {town: {"resident_pop": 1000} for town in given},
        "base": given,
        "roads": {(one, "n"): 20 for one in given if one != "n"},
        "delivery": None,
        "attainment": BOTH,
        "mentoring": mentoring,
    }


def made(folder: Path, mode: Mode = "horizon", **plan: Any) -> Result:
    """The result; an audit by its tables alone is part of every solve."""
    return solve(world(folder, **plan), Options(mode=mode))


def about(result: Result) -> dict[Any, Any]:
    return cells(result.pairs, "uplift", "mentor", "content")


# -- needs and strengths -----------------------------------------------------------------------------------------------


def test_without_matching_a_pair_is_about_everything(tmp_path: Path) -> None:
    assert about(made(tmp_path, **plan())) == {("b", ""): 9}


def test_the_mentor_must_be_strong_in_a_need(tmp_path: Path) -> None:
    one = plan(matching={"needs": 1, "strong_at_least": 0.6})  # n needs p, in which only a is strong
    assert about(made(tmp_path, **one)) == {("a", "p"): 8}


def test_a_pair_adds_only_to_what_it_is_about(tmp_path: Path) -> None:
    two = {"needs": 2, "strong_at_least": 0.6}  # b is about q: 6 points; with all it does 9
    assert about(made(tmp_path / "only", **plan(matching=two))) == {("a", "p"): 8}
    two["only_needs"] = False
    assert about(made(tmp_path / "all", **plan(matching=two))) == {("b", "q"): 9}


def test_strong_from_the_share_on_that_is_asked_for(tmp_path: Path) -> None:
    at_edge = plan(matching={"needs": 1, "strong_at_least": 0.9})
    assert about(made(tmp_path / "edge", **at_edge)) == {("a", "p"): 8}
    above = made(tmp_path / "above", **plan(matching={"needs": 1, "strong_at_least": 0.91}))
    assert cells(above.unpaired.assign(k=1), "k", "town", "reason") == {("n", "no_strong_mentor"): 1}
    assert cells(above.mentees.assign(k=1), "k", "mentee", "state", "reason") == {
        ("n", "unpaired", "no_strong_mentor"): 1
    }


def test_a_target_that_is_reached_is_no_need_and_nobody_behind_is_strong(tmp_path: Path) -> None:
    # n has reached the target of q: p is its only need, although two are asked for.
    full = {**BASE, "n": {"p": 0.1, "q": 1.0}}
    two = plan(full, matching={"needs": 2, "strong_at_least": 0.3}, min_gap=-0.0)
    two["mentoring"]["mature"]["preset"] = ["b"]
    assert about(made(tmp_path / "full", **two)) == {("b", "p"): 3}
    # n stands at 0.5 of both: a is strong from 0.1 on, but in q it is behind; equal shares are needs by id.
    even = plan({**BASE, "n": {"p": 0.5, "q": 0.5}}, matching={"needs": 2, "strong_at_least": 0.1})
    even["mentoring"]["mature"]["preset"] = ["a"]
    assert about(made(tmp_path / "even", **even)) == {("a", "p"): 4}


def test_check_says_that_nobody_is_strong(tmp_path: Path) -> None:
    scenario = world(tmp_path, **plan(matching={"needs": 1, "strong_at_least": 0.95}))
    said = {finding.code: finding.message.in_language("en") for finding in check(scenario)}
    assert said["W211"].count("is not strong in what it needs") == 2


def test_a_slow_town_that_must_have_a_mentor(tmp_path: Path) -> None:
    given = plan(mentee_least=2, mentee_cover=2)
    result = made(tmp_path / "two", **given)
    assert (len(result.pairs), slack(result, "mentee_least", "n")) == (2, 0)
    assert cells(result.mentees.assign(k=1), "k", "mentee", "mentors") == {("n", "a, b"): 1}
    scenario = world(tmp_path / "none", **plan(mentee_least=1, matching={"needs": 1, "strong_at_least": 0.95}))
    assert "F861" in {finding.code for finding in check(scenario)}
    with pytest.raises(InfeasibleError):
        solve(scenario)


# -- rotation ----------------------------------------------------------------------------------------------------------

ROTATING = {"m": 0.6, "o": 0.5, "n": 0.1}
"""10 points from m, 8 from o; six tenths of it in the year after."""


def rotating(years: int, term: int, **rules: Any) -> dict[str, Any]:
    given = plan(ROTATING, transfer={"participation": 0.4}, term_years=term, **rules)
    given["mentoring"]["mature"]["preset"] = [town for town in ROTATING if town != "n"]
    return given | {"attainment": attainment(retention=0), "years": {2016 + k: {} for k in range(years)}}


def by_year(result: Result) -> dict[int, set[str]]:
    return {year: set(of_year(result.pairs, year)["mentor"]) for year in result.scenario.years}


def test_with_rotation_the_next_mentor_is_one_that_the_town_never_had(tmp_path: Path) -> None:
    alone = rotating(2, 1, rotation=True)
    alone["mentoring"]["mature"]["preset"] = ["m"]
    assert by_year(made(tmp_path / "alone", **alone)) == {2016: set(), 2017: {"m"}}  # the last year decides
    alone["mentoring"]["rotation"] = False
    kept = made(tmp_path / "kept", **alone)
    assert by_year(kept) == {2016: {"m"}, 2017: {"m"}}
    assert of_year(kept.pairs, 2017)["renewals"].tolist() == [1]


@pytest.mark.parametrize(("mode", "expected"), [("horizon", ["o", "m", ""]), ("rolling", ["m", "o", ""])])
def test_rotation_over_years_in_one_or_year_by_year(tmp_path: Path, mode: Mode, expected: list[str]) -> None:
    # Two mentors, one year each; all years together the better one comes in the last year.
    years = len(expected) - (mode == "horizon")
    result = made(tmp_path, mode, **rotating(years, 1, rotation=True))
    mentors = {2016 + k: {mentor} - {""} for k, mentor in enumerate(expected[:years])}
    assert by_year(result) == mentors
    points = {"m": 10, "o": 8, "": 0}
    base = [10, 0, 0]  # nothing is retained
    assert [levels(result, 2016 + k)["n"] for k in range(years)] == [
        base[k] + points[mentor] for k, mentor in enumerate(expected[:years])
    ]


def test_a_pair_renewed_before_the_plan_runs_to_its_end_and_is_not_renewed_again(tmp_path: Path) -> None:
    given = rotating(2, 2, rotation=True)
    rows = [{"mentor": "o", "mentee": "n", "start_year": 2013, "renewals": 1}]
    given |= {"tables": {"old": rows}, "last_year": {"pairs": "old"}}
    assert by_year(made(tmp_path, **given)) == {2016: {"o"}, 2017: {"m"}}
    given["tables"] = {"old": [{**rows[0], "start_year": 2014, "renewals": 0}]}  # ended in 2015
    assert by_year(made(tmp_path / "ended", **given)) == {2016: {"m"}, 2017: {"m"}}
