"""Sweeps: a number set on the built model gives what a rebuilt model gives, for every number that can be set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from allocator.blocks.shared.inequality import measures
from allocator.engine.build import build
from allocator.engine.highs import HighsSession
from allocator.engine.stages import run_stages
from allocator.scenario.plan_year import Scenario
from allocator.verbs.sweeping import sweep
from allocator.words.errors import InputError
from worlds import CLASS, LEXIMIN, ORIGIN, TALK, TOTAL, attainment, effect, government, run, world

PATHS: Mapping[str, tuple[float, float]] = {
    "funding.sources.gov.amount": (0.30, 0.52),
    "funding.sources.social.amount": (0.0, 0.11),
    "funding.per_capita_floor.district": (0.00002, 0.00009),
    "funding.per_capita_floor.town": (0.00001, 0.00006),
    "guidance.district_hours": (25, 60),
    "guidance.town_min_hours": (0, 7),
    "guidance.station_min_hours": (0.5, 1.5),
    "mentoring.mentor_capacity": (2, 3),
    "mentoring.mentee_cover": (1, 2),
}
"""Every number that can be set on the built model, and values away from the plan's own. Money in 万元."""


def everything(folder: Path, **more: Any) -> Scenario:
    """Five towns with every block; money in 万元 (0.4 万元 = 4,000 yuan)."""
    towns = {
        name: {"resident_pop": heads, "stations": stations, "venue_hours": 40, "school_hours": 60}
        for name, heads, stations in (("a", 500, 3), ("b", 1000, 6), ("c", 800, 4), ("m", 900, 5), ("n", 700, 4))
    }
    programmes = [
        {**CLASS, "category": "health", "unit_cost": 0.01, "teacher_hours": 1, "volunteer_hours": 1, "venue_hours": 1},
        {**TALK, "unit_cost": 0.008, "teacher_hours": 0.5},
    ]
    guidance = [{"giver": "district", "indicator": "participation", "per_hour": 3, "origin": ORIGIN}]
    guidance.append({**guidance[0], "giver": "school", "per_hour": 1})
    homes = {"t1": "b", "t2": "m"}
    plan: dict[str, Any] = {
        "units": {"money": "万元"},
        "towns": towns,
        "base": {"a": 0.10, "b": 0.15, "c": 0.3, "m": 0.55, "n": 0.5},
        "roads": {("a", "b"): 15, ("b", "c"): 20, ("c", "m"): 10, ("m", "n"): 12},
        "reach": {"teaching": 60, "volunteering": 30, "mentoring": 90},
        "delivery": {"programmes": programmes},
        "attainment": attainment(effect(per_unit=[{"up_to": 20, "gain": 10}, {"gain": 6}]), effect("talk", 5)),
        "funding": {
            "sources": [
                government(0.4, pays=["activities", "courses", "operations"], special_fund=True),
                {"id": "social", "amount": 0.05, "pays": ["courses"]},
            ],
            "per_capita_floor": {"district": 0.00005, "town": 0.00003},
            "category_shares": [{"spending": "activities", "at_least": 0.05}],
        },
        "teaching": {"home_share": 0.3, "travel_allowance": {"unit_cost": 0.001, "spending": "operations"}},
        "volunteering": {"supervision_ratio": 3},
        "mentoring": {
            "slow": {"towns": ["a", "b", "c"]},
            "mature": {"upper_third": False, "preset": ["m", "n"]},
            "transfer": {"participation": 0.3},
            "nearness_minutes": 60,
            "mentor_capacity": 2,
            "mentee_cover": 1,
            "hours_per_pair": 5,
            "allowance": {"unit_cost": 0.002, "spending": "operations"},
        },
        "guidance": {
            "district_hours": 40,
            "town_min_hours": 2,
            "station_min_hours": 1,
            "effects": guidance,
            "allowance": {"unit_cost": 0.0005, "spending": "operations"},
        },
        "tables": {
            "teachers": [{"teacher": t, "home_town": home, "hours": 40, "backbone": True} for t, home in homes.items()],
            "skills": [{"teacher": t, "category": "health", "proficiency": 0.9} for t in homes],
            "volunteers": [{"town": t, "heads": 10, "active_rate": 0.5, "hours_per_active": 4} for t in towns],
        },
        "stages": [{**LEXIMIN, "give": 0.5}, {**TOTAL, "weighted_by": "resident_pop"}],
    }
    return world(folder, **plan | more)


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return everything(tmp_path_factory.mktemp("everything"))


def rebuilt(scenario: Scenario, changes: Mapping[str, Any]) -> np.ndarray:
    """Levels of the changed plan on a model of its own, with the pairs of the unchanged one."""
    model, _, done = run(scenario)
    assert done.x is not None
    pairs = np.round(done.x[model.family("pairing").column])
    model = build(scenario.with_(changes))
    session = HighsSession(model)
    session.hold_integers(model.family("pairing").column, pairs)
    done = run_stages(model, scenario, session)
    return model.outcomes["level"].at(done.x)


def test_the_list_of_parameters_is_complete(scenario: Scenario) -> None:
    assert set(build(scenario).parameters) == set(PATHS)


@pytest.mark.parametrize("path", PATHS)
def test_patched_is_rebuilt(scenario: Scenario, path: str) -> None:
    found = sweep(scenario, {path: PATHS[path]})
    assert list(found.points["method"]) == ["warm", "warm"]
    assert list(found.points["pairs"]) == ["fixed", "fixed"]
    assert list(found.points[path]) == list(PATHS[path])
    for at, value in enumerate(PATHS[path]):
        levels = rebuilt(scenario, {path: value})
        assert found.levels.iloc[at].to_numpy() == pytest.approx(levels, abs=1e-4)
        expected = measures(levels, scenario.first.population)
        assert found.points.loc[at, list(expected)].astype(float).to_dict() == pytest.approx(expected, abs=1e-5)
        worst = scenario.first.towns.index.get_loc(found.points.loc[at, "worst_town"])
        assert levels[worst] == pytest.approx(levels.min(), abs=2e-3)  # towns level to the grid may stand for it


def test_two_parameters_at_once_keep_the_order_of_points(scenario: Scenario) -> None:
    first, second = "funding.sources.gov.amount", "guidance.district_hours"
    found = sweep(scenario, {first: [0.35, 0.45, 0.4], second: [50, 30]})
    told = list(zip(found.points[first], found.points[second], strict=True))
    assert told == [(0.35, 50), (0.35, 30), (0.45, 50), (0.45, 30), (0.4, 50), (0.4, 30)]
    for at in (0, 3):
        expected = rebuilt(scenario, {first: told[at][0], second: told[at][1]})
        assert found.levels.iloc[at].to_numpy() == pytest.approx(expected, abs=1e-4)


def test_cbc_sweeps_to_the_same_levels(scenario: Scenario) -> None:
    changes = {"funding.sources.gov.amount": [0.3, 0.15, 0.45]}
    one, other = (sweep(scenario, changes, solver=solver) for solver in ("highs", "cbc"))
    assert list(other.points["status"]) == list(one.points["status"]) == ["optimal", "infeasible", "optimal"]
    assert list(other.points["method"]) == ["warm"] * 3
    np.testing.assert_allclose(other.levels, one.levels, atol=2e-3)
    prices = [column for column in one.points if column.startswith("price_")]
    assert len(prices) == 2
    np.testing.assert_allclose(other.points[prices].astype(float), one.points[prices].astype(float), rtol=1e-4)


def test_more_money_is_never_worse(scenario: Scenario) -> None:
    found = sweep(scenario, {"funding.sources.gov.amount": [0.3, 0.35, 0.4, 0.45, 0.5]})
    assert (np.diff(found.points["minimum"]) > -1e-4).all()
    assert found.points["minimum"].iloc[-1] > found.points["minimum"].iloc[0] + 0.1


def test_what_is_no_parameter_is_rebuilt(scenario: Scenario) -> None:
    path = "teaching.visit_hours"
    found = sweep(scenario, {path: [1.0, 4.0]})
    assert list(found.points["method"]) == ["rebuilt", "rebuilt"]
    assert list(found.points["pairs"]) == ["fixed", "fixed"]
    for at, value in enumerate([1.0, 4.0]):
        assert found.levels.iloc[at].to_numpy() == pytest.approx(rebuilt(scenario, {path: value}), abs=1e-4)
    assert not [column for column in found.points if column.startswith("price_")]


def test_free_pairs_are_chosen_anew(scenario: Scenario) -> None:
    path, values = "mentoring.mentor_capacity", [0, 2]
    found = sweep(scenario, {path: values}, pairs="free")
    assert list(found.points["method"]) == ["rebuilt", "rebuilt"]
    assert list(found.points["pairs"]) == ["free", "free"]
    for at, value in enumerate(values):
        model, _, done = run(scenario.with_({path: value}))
        assert found.levels.iloc[at].to_numpy() == pytest.approx(model.outcomes["level"].at(done.x), abs=1e-4)
    # Fixed pairs do not fit a capacity of zero; free ones do without.
    assert list(sweep(scenario, {path: values}).points["status"]) == ["infeasible", "optimal"]


def test_infeasible_points_say_so_and_leave_the_next_ones_alone(scenario: Scenario) -> None:
    # 3,900 heads x 0.00005 万元 = 0.195 万元 of special fund must be there.
    path = "funding.sources.gov.amount"
    found = sweep(scenario, {path: [0.45, 0.15, 0.4]})
    assert list(found.points["status"]) == ["optimal", "infeasible", "optimal"]
    assert found.levels.iloc[1].isna().all()
    for at, value in ((0, 0.45), (2, 0.4)):
        assert found.levels.iloc[at].to_numpy() == pytest.approx(rebuilt(scenario, {path: value}), abs=1e-4)
    again = sweep(scenario, {path: [0.15, 0.12]})
    assert list(again.points["status"]) == ["infeasible", "infeasible"]


def test_values_are_checked_like_the_plans_own(scenario: Scenario) -> None:
    for path, value in (("funding.sources.gov.amount", -1), ("mentoring.mentor_capacity", 1.5), ("guidance.x", 1)):
        with pytest.raises(InputError):
            sweep(scenario, {path: [value]})


def test_prices_are_difference_quotients_in_the_unit_of_the_plan(tmp_path: Path) -> None:
    # No pairs; 1,000 yuan = 0.1 万元, 50 yuan a point in a and 100 in b. Balance: a 万元 raises both by 10,000 / 150.
    # Total, balance held with a point given away: all the next money to a, 10,000 / 50 points there, half in the mean.
    path = "funding.sources.gov.amount"
    scenario = world(
        tmp_path,
        units={"money": "万元"},
        delivery={"programmes": [{**CLASS, "unit_cost": 0.01}]},
        funding={"sources": [government(0.1)]},
        stages=[{**LEXIMIN, "give": 1}, TOTAL],
    )
    values = [0.1, 0.101, 0.102]
    found = sweep(scenario, {path: values})
    assert list(found.points["pairs"]) == ["none"] * 3
    assert found.points[f"price_balance:{path}"].to_numpy() == pytest.approx([10_000 / 150] * 3)
    assert found.points[f"price_total:{path}"].to_numpy() == pytest.approx([100.0] * 3)
    # The minimum after total is the balance less the point given away: its slope is the price of balance.
    slopes = np.diff(found.points["minimum"]) / 0.001
    assert slopes == pytest.approx([10_000 / 150] * 2, abs=0.2)  # on a grid of 0.0001


def test_price_of_a_floor_on_decisions(tmp_path: Path) -> None:
    # 20 hours, one point for b and two for a: an hour more for everybody moves an hour from a to b.
    effects = [{"giver": "district", "indicator": "participation", "per_hour": 10, "origin": ORIGIN}]
    scenario = world(
        tmp_path,
        towns={"a": {"resident_pop": 500, "stations": 1}, "b": {"resident_pop": 1000, "stations": 1}},
        delivery=None,
        attainment=attainment(),
        guidance={"district_hours": 20, "effects": effects},
    )
    path = "guidance.town_min_hours"
    found = sweep(scenario, {path: [1, 2]})
    assert found.points["minimum"].to_numpy() == pytest.approx([1, 2])
    assert found.points[f"price_total:{path}"].to_numpy() == pytest.approx([-0.5, -0.5])  # (1 - 2) / 2
    assert found.points[f"price_balance:{path}"].isna().all()
