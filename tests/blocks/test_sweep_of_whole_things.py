"""Sweeps of plans with whole things: what is fixed on the built model is fixed where a point is built anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import test_stars as stars
import test_team as team

import projects_worlds as projects
from allocator.verbs.sweeping import sweep
from allocator.words.errors import InputError
from worlds import LEXIMIN, TOTAL, attainment, government, world

MONEY = "funding.sources.gov.amount"


@pytest.mark.parametrize("more", [{}, {"team.types.free.pay": [100]}], ids=["warm", "rebuilt"])
def test_the_posts_of_the_plan_are_kept_on_both_ways(tmp_path: Path, more: dict[str, Any]) -> None:
    # 300 yuan pay three posts, whose people are trained: 6 points in a. With 500 there could be five, 10 points.
    types, paid = ({"id": "free", "pay": 100},), {"sources": [government(300)]}
    scenario = world(tmp_path, **team.seek_gain(5, types=types, heads={"a_free": 0}) | {"funding": paid})
    values = {MONEY: [300, 500, 200], **more}
    kept, free = sweep(scenario, values), sweep(scenario, values, pairs="free")
    assert set(kept.points["method"]) == {"rebuilt" if more else "warm"}
    assert list(kept.points["status"]) == ["optimal", "optimal", "infeasible"]
    assert kept.levels["a"].tolist()[:2] == pytest.approx([6, 6], abs=1e-3)
    assert free.levels["a"].tolist() == pytest.approx([6, 10, 4], abs=1e-3)


def test_posts_that_a_point_no_longer_allows_leave_it_no_plan(tmp_path: Path) -> None:
    types = ({"id": "free"},)
    most = team.bound("free", 3)
    scenario = world(tmp_path, **team.seek_gain(5, types=types, heads={"a_free": 0}, most=most))
    found = sweep(scenario, {"team.most": [team.bound("free", 2), most, team.bound("free", 4)]})
    assert list(found.points["status"]) == ["infeasible", "optimal", "optimal"]
    assert found.levels["a"].tolist()[1:] == pytest.approx([6, 6], abs=1e-3)


def test_towns_that_goals_count_are_found_anew_at_each_point(tmp_path: Path) -> None:
    # One of two towns must have 10 points, 500 yuan in a and 1,000 in b. With 2,000 yuan both have more, evenly.
    goal = {"id": "g", "measure": "level", "strength": "rule", "at_least": {"2016": 10}}
    goal |= {"scope": "count_of_towns", "towns": 1}
    scenario = world(tmp_path, funding={"sources": [government(500)]}, goals=[goal], stages=[LEXIMIN])
    found = sweep(scenario, {MONEY: [500, 2000, 400]})
    assert list(found.points["method"]) == ["rebuilt"] * 3
    assert list(found.points["status"]) == ["optimal", "optimal", "infeasible"]
    assert found.levels.iloc[:2].to_numpy() == pytest.approx(np.array([[10, 0], [2000 / 150] * 2]), abs=1e-3)


def test_numbers_that_the_plan_file_refuses_are_refused_on_the_built_model(tmp_path: Path) -> None:
    kinds = [{"id": "brand", "spending": "courses", "most_in_town": 2}]
    library = projects.plan([projects.project("p", once=100)], kinds=kinds, effects=[projects.effect("p", 5.0)])
    chance = stars.plan(500, equal_chance={"stations": 1.5}) | {"attainment": attainment(), "stages": [TOTAL]}
    for plan, path, value in (
        (library, "projects.kinds.brand.most_in_town", 0),
        (chance, "stars.equal_chance.stations", 0.5),
    ):
        with pytest.raises(InputError):
            sweep(world(tmp_path / path, **plan), {path: [value]})
