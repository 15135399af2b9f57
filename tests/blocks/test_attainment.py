"""Attainment: credit up to the target, ceilings, bent effects, persons for attendances, weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from worlds import CLASS, ORIGIN, TALK, attainment, cells, effect, government, levels, rule, slack, solved

OPEN = {"programmes": [{**CLASS, "max_units": None}]}


def paid(amount: float, **more: Any) -> dict[str, Any]:
    return {"delivery": OPEN, "funding": {"sources": [government(amount)]}, **more}


def test_credit_stops_at_the_target(tmp_path: Path) -> None:
    # a lacks 10 points = 5 classes = 500 yuan; the other 1,500 yuan bring 15 points in b.
    result = solved(tmp_path, **paid(2000, base={"a": 0.9, "b": 0.0}))
    assert levels(result) == {"a": 100, "b": 15}
    assert (slack(result, "credit", "a/participation"), slack(result, "credit", "b/participation")) == (0, 0)


def test_credit_does_not_bind_above_the_target(tmp_path: Path) -> None:
    # 20 classes are planned in a, which lacks 5: value 0.9 + 0.4, credited 1.
    lock = {"id": "agreed", "decision": "units", "where": {"town": "a"}, "equals": 20, "reason": "agreed"}
    result = solved(tmp_path, **paid(2000, base={"a": 0.9, "b": 0.0}, locks=[lock]))
    assert levels(result) == {"a": 100, "b": 0}
    assert cells(result.attainment, "value", "town") == {"a": 1.3, "b": 0}
    assert slack(result, "credit", "a/participation") == 0.3
    assert rule(result, "budget", "gov")["price_total"] == pytest.approx(0.005)  # the next yuan goes to b


def test_base_above_the_target(tmp_path: Path) -> None:
    result = solved(tmp_path, **paid(1000, base={"a": 1.5, "b": 0.0}))
    assert levels(result) == {"a": 100, "b": 10}


def test_ceiling_caps_credit_not_delivery(tmp_path: Path) -> None:
    # Target 2, ceiling 1: at most half the level. a: 10 persons of 500 are 0.02 of 2, one point a class.
    result = solved(tmp_path, **paid(20_000, attainment=attainment(effect(), target=2, ceiling=1)))
    assert levels(result) == {"a": 50, "b": 50}
    lock = {"id": "more", "decision": "units", "where": {"town": "a"}, "equals": 80, "reason": "agreed"}
    more = solved(tmp_path / "more", **paid(20_000, attainment=attainment(effect(), target=2, ceiling=1), locks=[lock]))
    assert levels(more) == {"a": 50, "b": 50}
    assert cells(more.attainment, "value", "town")["a"] == 1.6  # 80 * 10 / 500
    assert cells(more.attainment, "attainment", "town")["a"] == 0.5


def test_target_and_per_scale_the_value(tmp_path: Path) -> None:
    # 10 hours a class for each 1,000 residents, target 40: in a 10 / 0.5 = 20 of 40, 50 points a class; b 25.
    result = solved(tmp_path, **paid(150, attainment=attainment(effect(), target=40, per=1000)))
    assert levels(result) == {"a": 75, "b": 0}


def test_quality_index_has_no_denominator(tmp_path: Path) -> None:
    quality = attainment(effect(per_unit=0.05), denominator=None)
    result = solved(tmp_path, **paid(300, attainment=quality))
    assert sum(levels(result).values()) == 15  # 3 classes at 5 points, wherever


PIECES = [{"up_to": 10, "gain": 10}, {"up_to": 20, "gain": 6}, {"gain": 2}]
"""In a (0.5 thousand residents): 5 units at 2 points, 5 at 1.2, then 0.4. In b: 10 at 1, 10 at 0.6, then 0.2."""


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (300, {"a": 6, "b": 0}),
        # a's first piece (10) is worth most, its second (1.2) next, before b's first (1).
        (800, {"a": 13.6, "b": 0}),
        # 10 in a (16), 2 in b.
        (1200, {"a": 16, "b": 2}),
        # 10 in a, 20 in b (16), then 0.4 a unit in a: 5 units.
        (3500, {"a": 18, "b": 16}),
    ],
)
def test_concave_pieces(tmp_path: Path, amount: float, expected: dict[str, float]) -> None:
    result = solved(tmp_path, **paid(amount, attainment=attainment(effect(per_unit=PIECES))))
    assert levels(result) == expected


def test_pieces_credit_what_is_delivered(tmp_path: Path) -> None:
    # 7 units in a by agreement and nothing to gain from the value: 5 * 10 + 2 * 6 persons of 500.
    lock = {"id": "seven", "decision": "units", "where": {"town": "a"}, "equals": 7, "reason": "agreed"}
    bent = attainment(effect(per_unit=PIECES))
    result = solved(tmp_path, **paid(700, attainment=bent, base={"a": 1.0, "b": 0.0}, locks=[lock]))
    assert cells(result.attainment, "value", "town")["a"] == 1.124


def test_persons_per_attendance(tmp_path: Path) -> None:
    # 10 attendances are 2.5 persons: 0.5 points a class in a.
    result = solved(tmp_path, **paid(1000, attainment=attainment(effect(persons_per_attendance=0.25))))
    assert levels(result) == {"a": 5, "b": 0}
    bent = attainment(effect(per_unit=PIECES, persons_per_attendance=0.5))
    result = solved(tmp_path / "bent", **paid(800, attainment=bent))
    assert levels(result) == {"a": 6.8, "b": 0}  # half of 13.6


def test_effects_of_two_programmes_add_up(tmp_path: Path) -> None:
    both = {"programmes": [CLASS, TALK]}
    locks = [
        {"id": p, "decision": "units", "where": {"town": "b", "programme": p}, "equals": n, "reason": "agreed"}
        for p, n in (("class", 7), ("talk", 4))
    ]
    # b: 7 * 10 + 4 * 5 persons of 1,000.
    result = solved(
        tmp_path,
        delivery=both,
        attainment=attainment(effect(), effect("talk", 5)),
        funding={"sources": [government(1100, pays=["activities", "courses"])]},
        locks=locks,
    )
    assert levels(result) == {"a": 0, "b": 9}


def test_weights_make_the_level(tmp_path: Path) -> None:
    # p 0.3 of 0.4 (75 %) at weight 0.7, q 0.1 of 0.5 (20 %) at weight 0.3: 52.5 + 6. A class adds 10 / 500 to p.
    indicators = [
        {"id": "p", "weight": 0.7, "target": 0.4, "denominator": "resident_pop"},
        {"id": "q", "weight": 0.3, "target": 0.5},
    ]
    effects = [{"programme": "class", "indicator": "p", "per_unit": 10, "origin": ORIGIN}]
    base = {"a": {"p": 0.3, "q": 0.1}, "b": {"p": 0.4, "q": 0.5}}
    result = solved(tmp_path, **paid(200, attainment={"indicators": indicators, "effects": effects}, base=base))
    assert cells(result.towns, "level_before", "town") == {"a": 58.5, "b": 100}
    assert levels(result) == {"a": 65.5, "b": 100}  # p 0.34 of 0.4: 85 %


def test_volunteers_are_a_stock(tmp_path: Path) -> None:
    # 5 heads of 500 residents = 10 for each 1,000 of a target of 20; no table of base values names it.
    heads = [{"town": t, "heads": n, "active_rate": 0, "hours_per_active": 0} for t, n in (("a", 5), ("b", 5))]
    stock = {"per": 1000, "target": 20, "stock": "volunteers"}
    result = solved(
        tmp_path,
        attainment=attainment(**stock),
        tables={"volunteers": heads},
        volunteering={},
        delivery=None,
    )
    assert levels(result) == {"a": 50, "b": 25}
