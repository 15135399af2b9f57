"""Teaching: hours with travel, home share, exchange, and need as an equality.

Teacher ``t1`` lives in b. A class takes 1 hour. 30 minutes of road at 2 hours a visit: each hour taught in a costs
2 * 0.5 / 2 = 0.5 hours of travel. An hour of t1 is worth 2 / 1.5 = 1.33 points in a and 1 point in b.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from allocator.plan.reading import load
from allocator.verbs.solving import solve
from worlds import CLASS, TALK, attainment, cells, effect, government, levels, rule, slack, solved, world

OPEN = {**CLASS, "max_units": None, "teacher_hours": 1}
"""A class without a ceiling."""


def teacher(hours: float, name: str = "t1", home: str = "b", backbone: bool = False) -> dict[str, Any]:
    return {"teacher": name, "home_town": home, "hours": hours, "backbone": backbone}


def plan(*teachers: dict[str, Any], minutes: float = 30, **more: Any) -> dict[str, Any]:
    """One programme taught by teachers who can teach nothing but programmes without a category."""
    return {
        "tables": {"teachers": list(teachers), "skills": [{"teacher": "t1", "category": "health", "proficiency": 1}]},
        "delivery": {"programmes": [{**CLASS, "teacher_hours": 1}]},
        "teaching": {},
        "roads": {("a", "b"): minutes},
        **more,
    }


def test_teacher_hours_bind_with_travel(tmp_path: Path) -> None:
    result = solved(tmp_path, **plan(teacher(30)))
    assert levels(result) == {"a": 40, "b": 0}  # 30 / 1.5 = 20 classes in a
    assert rule(result, "teacher_hours", "t1")["activity"] == pytest.approx(30)
    assert slack(result, "teacher_hours", "t1") == 0
    # One more hour: 2 / 1.5 points in a, half of it in the mean.
    assert rule(result, "teacher_hours", "t1")["price_total"] == pytest.approx(2 / 3)


def test_teacher_hours_do_not_bind(tmp_path: Path) -> None:
    result = solved(tmp_path / "many", **plan(teacher(100)))
    without = solved(tmp_path / "none", delivery={"programmes": [{**CLASS, "teacher_hours": 1}]})
    assert levels(result) == levels(without) == {"a": 50, "b": 50}
    assert slack(result, "teacher_hours", "t1") == 12.5  # 100 - 25 * 1.5 - 50


def test_visits_of_other_length(tmp_path: Path) -> None:
    # 4 hours a visit: 0.25 hours of travel an hour taught; 30 / 1.25 = 24 classes.
    result = solved(tmp_path, **plan(teacher(30), teaching={"visit_hours": 4}))
    assert levels(result) == {"a": 48, "b": 0}
    assert cells(result.teaching, "minutes", "to_town") == {"a": 30}


def test_reach_ends_exchange(tmp_path: Path) -> None:
    near = solved(tmp_path / "near", **plan(teacher(30), reach={"teaching": 30}))
    far = solved(tmp_path / "far", **plan(teacher(30), reach={"teaching": 29}))
    assert levels(near) == {"a": 40, "b": 0}
    assert levels(far) == {"a": 0, "b": 30}


def test_home_share(tmp_path: Path) -> None:
    # Half of 30 hours may leave: 10 classes in a with their travel, 15 classes at home.
    result = solved(tmp_path / "binds", **plan(teacher(30), teaching={"home_share": 0.5}))
    assert levels(result) == {"a": 20, "b": 15}
    assert slack(result, "home_hours", "t1") == 0
    loose = solved(tmp_path / "loose", **plan(teacher(100), teaching={"home_share": 0.5}))
    assert levels(loose) == {"a": 50, "b": 50}
    assert slack(loose, "home_hours", "t1") == 12.5  # 50 - 37.5


def test_exchange_share_binds(tmp_path: Path) -> None:
    # 90 minutes: an hour in a costs 2.5, 0.8 points an hour, so that t1 would stay at home (33 points in b).
    # A quarter away: e = (e + h) / 4 and 2.5 e + h = 33 give e = 6, h = 18.
    home = solved(tmp_path / "home", **plan(teacher(33), minutes=90))
    assert levels(home) == {"a": 0, "b": 33}
    result = solved(tmp_path / "away", **plan(teacher(33), minutes=90, teaching={"exchange_min_share": 0.25}))
    assert levels(result) == {"a": 12, "b": 18}
    assert slack(result, "exchange_share") == 0


def test_exchange_share_does_not_bind(tmp_path: Path) -> None:
    result = solved(tmp_path, **plan(teacher(30), teaching={"exchange_min_share": 0.25}))
    assert levels(result) == {"a": 40, "b": 0}
    assert slack(result, "exchange_share") == 15  # 20 hours away - 0.25 * 20


def backbone(share: float) -> dict[str, Any]:
    """t1 is no backbone teacher; t2 is, at proficiency 0.5. Both live in b and have 30 hours."""
    skills = [{"teacher": t, "category": "health", "proficiency": p} for t, p in (("t1", 1), ("t2", 0.5))]
    return plan(
        delivery={"programmes": [{**OPEN, "category": "health"}]},
        tables={"teachers": [teacher(30), teacher(30, "t2", backbone=True)], "skills": skills},
        teaching={"backbone_min_share": share},
    )


def test_backbone_share(tmp_path: Path) -> None:
    # Unbound: both go to a, 20 taught hours each, 20 + 10 classes. t2 gives half of the exchanged hours.
    loose = solved(tmp_path / "loose", **backbone(0.3))
    assert levels(loose) == {"a": 60, "b": 0}
    assert slack(loose, "backbone_share") == 8  # 20 - 0.3 * 40
    # t2's 20 hours are 80 % of at most 25: t1 may give 5 away (7.5 with travel) and 22.5 at home.
    result = solved(tmp_path / "binds", **backbone(0.8))
    assert levels(result) == {"a": 30, "b": 22.5}
    assert slack(result, "backbone_share") == 0


def test_teaching_need_counts_proficiency(tmp_path: Path) -> None:
    # Health at proficiency 0.5: 30 hours at home are 15 classes; programmes without a category take every teacher at 1.
    half = {"teachers": [teacher(30)], "skills": [{"teacher": "t1", "category": "health", "proficiency": 0.5}]}
    near = {"tables": half, "reach": {"teaching": 0}}
    health = solved(tmp_path / "health", **plan(**near, delivery={"programmes": [{**OPEN, "category": "health"}]}))
    assert levels(health) == {"a": 0, "b": 15}
    assert slack(health, "teaching_need", "b/health") == 0
    open_to_all = solved(tmp_path / "any", **plan(**near, delivery={"programmes": [OPEN]}))
    assert levels(open_to_all) == {"a": 0, "b": 30}


def test_idle_hours_are_not_taught(tmp_path: Path) -> None:
    # Money for 10 classes: 10 hours taught, though 100 are there and a quarter would have to be exchanged.
    result = solved(
        tmp_path, **plan(teacher(100), teaching={"exchange_min_share": 1}, funding={"sources": [government(1000)]})
    )
    assert cells(result.teaching, "hours", "to_town") == {"a": 10}
    assert slack(result, "teacher_hours", "t1") == 85


def test_what_nobody_can_teach_is_not_run(tmp_path: Path) -> None:
    # t1 knows health only; skills courses stay at zero even though nobody at all supplies such hours.
    only = solved(tmp_path / "only", **plan(teacher(30), delivery={"programmes": [{**OPEN, "category": "skills"}]}))
    assert levels(only) == {"a": 0, "b": 0}
    programmes = [{**OPEN, "category": "skills"}, {**TALK, "teacher_hours": 1}]
    talks = attainment(effect(), effect("talk", 5))
    both = solved(tmp_path / "both", **plan(teacher(30), delivery={"programmes": programmes}, attainment=talks))
    assert levels(both) == {"a": 20, "b": 0}  # 20 talks in a at 1 point


def test_no_teachers_means_no_classes(tmp_path: Path) -> None:
    world(tmp_path, **plan(teacher(30)))
    (tmp_path / "tables" / "teachers.csv").write_text("teacher,home_town,hours,backbone\n", encoding="utf-8")
    (tmp_path / "tables" / "skills.csv").write_text("teacher,category,proficiency\n", encoding="utf-8")
    assert levels(solve(load(tmp_path / "2016.yaml"))) == {"a": 0, "b": 0}


def test_travel_allowance_is_charged(tmp_path: Path) -> None:
    # 100 yuan an hour of travel, 0.5 hours a class in a: a class there costs 150 yuan, 1.33 points for 100 yuan.
    plan_ = plan(
        teacher(100),
        teaching={"travel_allowance": {"unit_cost": 100, "spending": "operations"}},
        funding={"sources": [government(1500, pays=["courses", "operations"])]},
    )
    result = solved(tmp_path, **plan_)
    assert levels(result) == {"a": 20, "b": 0}  # 1500 / 150 classes
    assert cells(result.funding, "amount_yuan", "town", "programme") == {("a", "class"): 1000, ("a", "travel"): 500}
    assert slack(result, "costing", "a/travel") == 0
