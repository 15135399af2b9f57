"""The factor method (因素法) by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from allocator.engine.baseline import Baseline, baseline, factor_shares
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import TieBreakStage
from worlds import CLASS, TALK, attainment, effect, government, world

TOWNS = {"a": {"resident_pop": 500, "stations": 6}, "b": {"resident_pop": 1500, "stations": 2}}
"""Shares of residents 1/4 and 3/4, of stations 3/4 and 1/4."""


def planned(folder: Path, stage: dict[str, Any] | None = None, **more: Any) -> tuple[PlanYear, TieBreakStage]:
    tie_break = {"id": "tie_break", "factors": {"resident_pop": 0.6, "stations": 0.4}, **(stage or {})}
    plan: dict[str, Any] = {
        "towns": TOWNS,
        "delivery": {"programmes": [{**CLASS, "volunteer_hours": 3}, {**TALK, "unit_cost": 200, "volunteer_hours": 1}]},
        "attainment": attainment(effect()),
        "funding": {
            "sources": [
                government(4000, pays=["activities", "courses"]),
                {"id": "social", "amount": 1000, "pays": ["courses"]},
            ]
        },
        "stages": [tie_break],
    }
    scenario = world(folder, **plan | more)
    found = next(s for s in scenario.first.common.stages if isinstance(s, TieBreakStage))
    return scenario.first, found


def made(folder: Path, **more: Any) -> Baseline:
    return baseline(*planned(folder, **more))


def test_factor_shares(tmp_path: Path) -> None:
    # a: 0.6 * 0.25 + 0.4 * 0.75; b: 0.6 * 0.75 + 0.4 * 0.25.
    assert factor_shares(*planned(tmp_path)).tolist() == pytest.approx([0.45, 0.55])


def test_money_by_town_and_programme(tmp_path: Path) -> None:
    found = made(tmp_path)
    assert found.kind == "factor_method"
    # [town, programme, source], programmes class, talk and sources gov, social. The government's 4,000 go evenly to
    # both programmes, the social 1,000 to classes only: a 45 %, b 55 %.
    expected = [[[900, 450], [900, 0]], [[1100, 550], [1100, 0]]]
    np.testing.assert_allclose(found.funding, expected)
    # A class is 100 yuan, a talk 200.
    np.testing.assert_allclose(found.units, [[13.5, 4.5], [16.5, 5.5]])
    # 3 volunteer hours a class, 1 a talk.
    assert found.volunteering.tolist() == pytest.approx([45, 55])


def test_programme_shares_are_spread_anew_where_a_source_may_not_pay(tmp_path: Path) -> None:
    found = made(tmp_path, stage={"programme_shares": {"class": 0.25, "talk": 0.75}})
    # Government: a quarter to classes; social: classes are all it may pay for.
    np.testing.assert_allclose(found.funding[0], [[0.45 * 1000, 0.45 * 1000], [0.45 * 3000, 0]])


def test_nothing_for_what_nobody_may_pay_or_costs_nothing(tmp_path: Path) -> None:
    free = {"programmes": [{**CLASS, "unit_cost": 0}, {**TALK, "unit_cost": 200}]}
    found = made(tmp_path, delivery=free)
    np.testing.assert_allclose(found.funding[1], [[0, 0], [2200, 0]])  # social money stays unspent
    np.testing.assert_allclose(found.units[1], [0, 11])


def test_guidance_by_stations(tmp_path: Path) -> None:
    found = made(tmp_path, guidance={"district_hours": 40, "station_min_hours": 2})
    assert found.guidance.tolist() == [30, 10]  # 6 and 2 of 8 stations
    assert found.station_guidance.tolist() == [12, 4]


LAST_YEAR: dict[str, Any] = {
    "tables": {"before": [{"town": "a", "amount_yuan": 300}, {"town": "b", "amount_yuan": 100}]},
    "last_year": {"funding_by_town": "before"},
}


def test_last_year_where_there_is_one(tmp_path: Path) -> None:
    found = made(tmp_path, **LAST_YEAR)
    assert found.kind == "last_year"
    assert found.town_share.tolist() == [0.75, 0.25]
    assert found.funding[0].sum() == pytest.approx(0.75 * 5000)  # last year's shares of this year's money


def test_factor_method_even_with_a_last_year_if_asked_for(tmp_path: Path) -> None:
    found = made(tmp_path, stage={"baseline": "factor_method"}, **LAST_YEAR)
    assert (found.kind, found.pairs) == ("factor_method", ())
    assert found.town_share.tolist() == pytest.approx([0.45, 0.55])


def test_last_year_without_money_is_no_baseline(tmp_path: Path) -> None:
    nothing = {"before": [{"town": "a", "amount_yuan": 0}, {"town": "b", "amount_yuan": 0}]}
    assert made(tmp_path, **{**LAST_YEAR, "tables": nothing}).kind == "factor_method"


def test_last_years_pairs(tmp_path: Path) -> None:
    table = [{"mentor": "b", "mentee": "a", "start_year": 2015, "renewals": 0}]
    given = {"tables": {"pairs": table}, "last_year": {"pairs": "pairs"}}
    assert made(tmp_path, **given).pairs == (("b", "a"),)
