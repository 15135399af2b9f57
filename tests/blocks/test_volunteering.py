"""Volunteering: supply, need and supervision. A class takes 2 volunteer hours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from worlds import CLASS, attainment, cells, effect, government, levels, rule, slack, solved


def plan(a_heads: float, b_heads: float, reach: float = 0, **more: Any) -> dict[str, Any]:
    """Heads at an active rate of a half and 4 hours each: 2 hours a head."""
    heads = {"a": a_heads, "b": b_heads}
    table = [{"town": t, "heads": n, "active_rate": 0.5, "hours_per_active": 4} for t, n in heads.items()]
    return {
        "delivery": {"programmes": [{**CLASS, "volunteer_hours": 2}]},
        "volunteering": {},
        "tables": {"volunteers": table},
        "roads": {("a", "b"): 30},
        "reach": {"volunteering": reach},
        **more,
    }


def test_supply_binds_at_home(tmp_path: Path) -> None:
    # 10 heads * 0.5 * 4 = 20 hours = 10 classes in each town; nobody travels.
    result = solved(tmp_path, **plan(10, 10))
    assert levels(result) == {"a": 20, "b": 10}
    assert (slack(result, "volunteer_supply", "a"), slack(result, "volunteer_supply", "b")) == (0, 0)
    assert rule(result, "volunteer_supply", "a")["price_total"] == pytest.approx(0.5)  # half a class: 1 point in a


def test_supply_goes_where_it_helps_within_reach(tmp_path: Path) -> None:
    result = solved(tmp_path, **plan(10, 10, reach=30))
    assert levels(result) == {"a": 40, "b": 0}
    assert cells(result.volunteering, "hours", "from_town", "to_town") == {("a", "a"): 20, ("b", "a"): 20}
    assert cells(result.volunteering, "minutes", "from_town") == {"a": 0, "b": 30}


def test_supply_does_not_bind(tmp_path: Path) -> None:
    result = solved(tmp_path, **plan(30, 60))
    assert levels(result) == {"a": 50, "b": 50}  # as without the block: 25 and 50 classes
    assert (slack(result, "volunteer_supply", "a"), slack(result, "volunteer_supply", "b")) == (10, 20)


def test_need_is_an_equality(tmp_path: Path) -> None:
    result = solved(tmp_path, **plan(30, 60, funding={"sources": [government(700)]}))
    assert cells(result.volunteering, "hours", "from_town", "to_town") == {("a", "a"): 14}  # 7 classes, not 60 hours
    assert rule(result, "volunteer_need", "a")["sense"] == "=="
    assert slack(result, "volunteer_need", "a") == 0


def supervised(ratio: float | None) -> dict[str, Any]:
    """Classes take a teacher hour; walks take a volunteer hour, cost 10 yuan, and only a has 5 volunteer hours."""
    walk = {"id": "walk", "spending": "courses", "unit_cost": 10, "volunteer_hours": 1}
    return plan(
        2.5,
        0,
        delivery={"programmes": [{**CLASS, "teacher_hours": 1}, walk]},
        attainment=attainment(effect(), effect("walk")),
        volunteering={"supervision_ratio": ratio},
        funding={"sources": [government(420)]},
    )


def test_supervision(tmp_path: Path) -> None:
    # Without it: 5 walks for 50 yuan, 3.7 classes for 370: 8.7 * 2 points.
    free = solved(tmp_path / "free", **supervised(None))
    assert levels(free) == {"a": 17.4, "b": 0}
    loose = solved(tmp_path / "loose", **supervised(5))
    assert levels(loose) == levels(free)
    assert slack(loose, "supervision", "a") == 13.5  # 5 * 3.7 - 5
    # Half a volunteer hour a teacher hour: n classes carry n / 2 walks; 105 n = 420, n = 4: 6 * 2 points.
    result = solved(tmp_path / "binds", **supervised(0.5))
    assert levels(result) == {"a": 12, "b": 0}
    assert slack(result, "supervision", "a") == 0
