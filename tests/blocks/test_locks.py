"""Locks: any decision or total, on both sides, binding and not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from allocator.auditing.whole import audit_tables
from allocator.blocks.registry import lockable
from allocator.scenario.decisions import Decision, every_row
from allocator.tables.declared import TABLES
from allocator.words.errors import InfeasibleError
from worlds import LEXIMIN, NEARNESS_MINUTES, ORIGIN, attainment, cells, government, levels, rule, slack, solved


def lock(decision: str = "units", where: dict[str, str] | None = None, **bound: float) -> dict[str, Any]:
    labels = {"town": "b", "programme": "class"} if where is None else where
    return {"id": "promise", "decision": decision, "where": labels, "reason": "promised", **bound}


def money(amount: float = 1000) -> dict[str, Any]:
    """1,000 yuan are 10 classes; unbound they all go to a."""
    return {"sources": [government(amount)]}


@pytest.mark.parametrize(
    ("bound", "expected", "left"),
    [
        ({"equals": 3}, {"a": 14, "b": 3}, {"at_least": 0, "at_most": 0}),
        ({"at_least": 3}, {"a": 14, "b": 3}, {"at_least": 0}),
        ({"at_most": 3}, {"a": 20, "b": 0}, {"at_most": 3}),
        ({"equals": 0}, {"a": 20, "b": 0}, {"at_least": 0, "at_most": 0}),
    ],
)
def test_single_cell(
    tmp_path: Path, bound: dict[str, float], expected: dict[str, float], left: dict[str, float]
) -> None:
    result = solved(tmp_path, funding=money(), locks=[lock(**bound)])
    assert levels(result) == expected
    assert {side: slack(result, "lock", f"promise/{side}") for side in left} == left


def test_price_of_a_lock(tmp_path: Path) -> None:
    # One more class in b is one less in a: (1 - 2) / 2 of the mean.
    result = solved(tmp_path, funding=money(), locks=[lock(at_least=3)])
    assert rule(result, "lock", "promise/at_least")["price_total"] == pytest.approx(-0.5)


def test_at_least_does_not_bind(tmp_path: Path) -> None:
    # Leximin gives b 6.667 classes.
    result = solved(tmp_path, funding=money(), locks=[lock(at_least=3)], stages=[LEXIMIN])
    assert levels(result) == pytest.approx({"a": 6.667, "b": 6.667}, abs=2e-3)
    assert rule(result, "lock", "promise/at_least")["slack"] == pytest.approx(3.667, abs=2e-3)


@pytest.mark.parametrize(("bound", "a"), [({"at_most": 4}, 8), ({"equals": 4}, 8), ({"at_least": 4}, 20)])
def test_labels_left_out_are_summed(tmp_path: Path, bound: dict[str, float], a: float) -> None:
    # 4 classes over all towns: all in a.
    result = solved(tmp_path, funding=money(), locks=[lock(where={"programme": "class"}, **bound)])
    assert levels(result) == {"a": a, "b": 0}


def test_money_total_of_a_town_over_sources(tmp_path: Path) -> None:
    sources = [government(600), {"id": "social", "amount": 400, "pays": ["courses"]}]
    result = solved(tmp_path, funding={"sources": sources}, locks=[lock("funding", {"town": "b"}, at_least=700)])
    assert cells(result.funding_by_town, "amount_yuan", "town") == {"a": 300, "b": 700}
    assert levels(result) == {"a": 6, "b": 7}


def test_money_of_one_source(tmp_path: Path) -> None:
    sources = [government(600), {"id": "social", "amount": 400, "pays": ["courses"]}]
    where = {"town": "b", "source": "social"}
    result = solved(tmp_path, funding={"sources": sources}, locks=[lock("funding", where, equals=250)])
    assert cells(result.funding, "amount_yuan", "town", "source") == {
        ("a", "gov"): 600,
        ("a", "social"): 150,
        ("b", "social"): 250,
    }


def test_money_of_a_lock_has_the_unit_of_the_plan(tmp_path: Path) -> None:
    sources = [government(0.1)]
    where = {"town": "b"}
    result = solved(
        tmp_path,
        units={"money": "万元"},
        delivery={"programmes": [{"id": "class", "spending": "courses", "unit_cost": 0.01}]},
        funding={"sources": sources},
        locks=[lock("funding", where, equals=0.03)],
    )
    assert levels(result) == {"a": 14, "b": 3}  # 300 yuan in b, 700 in a


def paired(**bound: float) -> dict[str, Any]:
    """m may help n1 (gain 10 points) or n2 (8), one of them."""
    base = {"m": 0.6, "n1": 0.1, "n2": 0.2}
    return {
        "towns": {town: {"resident_pop": 1000} for town in base},
        "base": base,
        "roads": {("m", "n1"): 20, ("m", "n2"): 20},
        "delivery": None,
        "attainment": attainment(),
        "mentoring": {
            "slow": {"towns": ["n1", "n2"]},
            "mature": {"upper_third": False, "preset": ["m"]},
            "transfer": {"participation": 0.4},
            "nearness_minutes": NEARNESS_MINUTES,
            "mentor_capacity": 1,
        },
        "locks": [lock("pairing", {"mentor": "m", "mentee": "n2"}, **bound)],
    }


@pytest.mark.parametrize(("bound", "mentee"), [({"equals": 1}, "n2"), ({"equals": 0}, "n1"), ({"at_most": 1}, "n1")])
def test_pairs_can_be_locked(tmp_path: Path, bound: dict[str, float], mentee: str) -> None:
    result = solved(tmp_path, **paired(**bound))
    assert list(result.pairs["mentee"]) == [mentee]


def test_a_lock_that_cannot_be_kept_is_infeasible(tmp_path: Path) -> None:
    with pytest.raises(InfeasibleError) as caught:
        solved(tmp_path, funding=money(), locks=[lock(at_least=11)])  # 1,000 yuan pay 10
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("decision", [how for _, how in lockable().values()], ids=lambda how: how.name)
def test_a_decision_is_published_in_columns_that_its_table_has(decision: Decision) -> None:
    columns = TABLES[decision.table].columns.keys()
    assert decision.column in columns or decision.column == ""
    if decision.rows is every_row:
        assert {decision.column_of(label) for label in decision.labels} <= columns
    if decision.taken is not None:
        assert {decision.what, decision.column_of("town")} <= columns
        assert decision.taken.how in columns or decision.taken.how == ""


@pytest.mark.parametrize("decision", ["guidance", "station_guidance"])
def test_hours_of_either_giver_are_audited_apart(decision: str, tmp_path: Path) -> None:
    # The district centre has 20 hours for the town schools; those have 50 for their stations.
    towns = {"a": {"resident_pop": 500, "stations": 5, "school_hours": 50}}
    effects = [
        {"giver": giver, "indicator": "participation", "per_hour": 1, "origin": ORIGIN}
        for giver in ("district", "school")
    ]
    guidance = {"district_hours": 20, "effects": effects}
    given = {"delivery": None, "attainment": attainment(), "guidance": guidance, "towns": towns}
    hours = {"guidance": 20, "station_guidance": 50}[decision]
    result = solved(tmp_path, **given, locks=[lock(decision, {"town": "a"}, at_least=hours)])
    assert not audit_tables(result.scenario, result.tables).failed
    tables = dict(result.tables)
    of_giver = (tables["guidance"]["giver"] == "district") == (decision == "guidance")
    tables["guidance"] = tables["guidance"].assign(hours=tables["guidance"]["hours"].where(~of_giver, hours - 1))
    assert "lock" in audit_tables(result.scenario, tables).failed
