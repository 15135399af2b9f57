"""The audit of bought hours: a good plan passes, and every rule and figure that is tampered with is found."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from test_purchase import CLUB, OFFER, ONLINE, ROOMED, plan, roomed, tables

from allocator.auditing.whole import audit_tables
from allocator.tables.result import Result
from worlds import government, solved

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    given = tables(OFFER, teacher=9, providers=[{**CLUB, "venue_included": True}])
    towns = {"a": {"resident_pop": 500, "venue_hours": 40}, "b": {"resident_pop": 1000, "venue_hours": 40}}
    rules = {"most_share": 0.6, "least_hours": 2, "min_grade": 1}
    return solved(
        tmp_path_factory.mktemp("bought"),
        **plan(rules, tables=given, towns=towns, funding={"sources": [government(3000)]}),
    )


def written(result: Result, hours: float, **cells: object) -> Tables:
    """The tables with other hours in the first row of purchases, and its amount as it should then be."""
    made = {name: table.copy() for name, table in result.tables.items()}
    made["purchases"].loc[0, "hours"] = hours
    made["purchases"].loc[0, "amount_yuan"] = hours * 10
    for column, value in cells.items():
        made["purchases"][column] = made["purchases"][column].astype(object)
        made["purchases"].loc[0, column] = value
    return made


def failed(result: Result, changed: Tables) -> tuple[str, ...]:
    return audit_tables(result.scenario, changed).failed


def test_a_good_plan_passes(result: Result) -> None:
    report = audit_tables(result.scenario, result.tables)
    assert report.passed
    families = set(report.families["family"])
    assert {"provider_capacity", "purchase_share", "contract_least", "contract_most", "venue"} <= families
    assert result.tables["purchases"]["hours"].tolist() == [pytest.approx(12)]


SPOILED: list[tuple[str, Callable[[Result], Tables]]] = [
    ("provider_capacity", lambda result: written(result, 13)),
    ("contract_most", lambda result: written(result, 13)),
    ("contract_least", lambda result: written(result, 1)),
    ("purchase_share", lambda result: written(result, 20)),
    ("teaching_need", lambda result: written(result, 11)),
    ("costing", lambda result: written(result, 11)),
    ("purchased", lambda result: written(result, -1)),
    ("purchased", lambda result: written(result, 12, provider="nobody")),
    ("purchases.quality", lambda result: written(result, 12, quality=0.5)),
    ("purchases.price_yuan", lambda result: written(result, 12, price_yuan=9)),
    ("purchases.amount_yuan", lambda result: written(result, 12, amount_yuan=9)),
    ("purchases.grade", lambda result: written(result, 12, grade=9)),
]


@pytest.mark.parametrize(("family", "spoil"), SPOILED)
def test_what_is_tampered_with_is_found(result: Result, family: str, spoil: Callable[[Result], Tables]) -> None:
    assert family in failed(result, spoil(result))


def test_an_organisation_below_the_grade_is_a_stray(result: Result) -> None:
    stricter = result.scenario.with_({"purchase.min_grade": 3})
    assert "purchased" in audit_tables(stricter, result.tables).failed


def test_purchases_in_a_plan_that_buys_nothing_are_found(result: Result) -> None:
    without = result.scenario.with_({"purchase": None})
    assert "table.purchases" in audit_tables(without, result.tables).failed


def test_rooms_spare_venues_only_where_units_are_taught_in_them(tmp_path_factory: pytest.TempPathFactory) -> None:
    # 2 venue hours and 6 that the organisation spares carry 8 classes; bought for other programmes it spares none.
    made = roomed(tmp_path_factory.mktemp("roomed"), {"quality": 0.5}, ROOMED, ONLINE)
    changed = {name: table.copy() for name, table in made.tables.items()}
    changed["purchases"]["category"] = "skills"
    assert audit_tables(made.scenario, made.tables).passed
    assert {"venue", "accounts"} <= set(failed(made, changed))
