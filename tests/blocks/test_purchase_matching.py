"""Matched money (配套): money of one source for each yuan of another, in the district or in every town.

A class costs 100 yuan: 2 level points in a, 1 in b. The source ``soc`` has 1,000 yuan and pays for courses too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from allocator.auditing.whole import audit_tables
from allocator.engine.build import build
from allocator.engine.highs import HighsSession
from allocator.plan.check import check
from allocator.tables.result import Result
from allocator.words.errors import InputError
from worlds import government, levels, slack, solved, world

MATCH = {"id": "society", "source": "soc", "with": "gov"}


def plan(amount: float, social: dict[str, Any] | None = None, **matching: Any) -> dict[str, Any]:
    source = {"id": "soc", "amount": 1000, "pays": ["courses"], **(social or {})}
    return {"funding": {"sources": [government(amount), source], "matching": [{**MATCH, **matching}]}}


def money(result: Result) -> dict[str, float]:
    return result.funding.groupby("source")["amount_yuan"].sum().round(3).to_dict()


def test_matched_money_is_limited_by_the_other(tmp_path: Path) -> None:
    # 400 yuan of government draw 200 of society: 6 classes; with twice as much, 1,200 yuan.
    result = solved(tmp_path / "half", **plan(400, at_most=0.5))
    assert money(result) == {"gov": 400, "soc": 200}
    assert levels(result)["a"] == 12
    assert slack(result, "matching", "society/district/at_most") == 0
    loose = solved(tmp_path / "loose", **plan(400, at_most=3))
    assert money(loose) == {"gov": 400, "soc": 1000}
    assert slack(loose, "matching", "society/district/at_most") == 200
    assert audit_tables(result.scenario, result.tables).passed


def test_a_least_match_holds_the_other_back(tmp_path: Path) -> None:
    # Half a yuan of society must stand beside each of government: 300 yuan of society carry 600 of 2,000.
    result = solved(tmp_path / "least", **plan(2000, {"amount": 300}, at_least=0.5))
    assert money(result) == {"gov": 600, "soc": 300}
    assert slack(result, "matching", "society/district/at_least") == 0
    enough = solved(tmp_path / "enough", **plan(400, {"amount": 300}, at_least=0.5))
    assert slack(enough, "matching", "society/district/at_least") == 100
    assert audit_tables(result.scenario, result.tables).passed


def test_matching_in_every_town(tmp_path: Path) -> None:
    # 100 yuan of society are earmarked for b and draw on 200 of government there; the district asks for no such thing.
    marked = {"earmark": [{"town": "b", "at_least": 100}], "amount": 200}
    result = solved(tmp_path / "towns", **plan(400, marked, at_most=0.5, scope="every_town"))
    paid = result.funding.groupby(["town", "source"])["amount_yuan"].sum().round(3).to_dict()
    assert paid == {("a", "gov"): 200, ("a", "soc"): 100, ("b", "gov"): 200, ("b", "soc"): 100}
    assert slack(result, "matching", "society/b/at_most") == 0
    whole = solved(tmp_path / "district", **plan(400, marked, at_most=0.5))
    assert whole.funding.groupby("town")["amount_yuan"].sum().round(3).to_dict() == {"a": 500, "b": 100}
    assert audit_tables(result.scenario, result.tables).passed


def test_the_audit_finds_money_that_is_not_matched(tmp_path: Path) -> None:
    result = solved(tmp_path, **plan(400, at_most=0.5))
    tables: dict[str, pd.DataFrame] = {name: table.copy() for name, table in result.tables.items()}
    at = tables["funding"].index[tables["funding"]["source"] == "soc"][0]
    tables["funding"].loc[at, "amount_yuan"] += 10
    assert "matching" in audit_tables(result.scenario, tables).failed


EARMARK = {"earmark": [{"town": "b", "at_least": 300}]}


@pytest.mark.parametrize(
    ("code", "broken", "fine"),
    [
        ("F835", plan(400, EARMARK, at_most=0.5), plan(600, EARMARK, at_most=0.5)),
        (
            "F836",
            {"funding": {**plan(400, {"amount": 100}, at_least=0.5)["funding"]}},
            plan(400, {"amount": 150}, at_least=0.5),
        ),
    ],
)
def test_what_arithmetic_proves(tmp_path: Path, code: str, broken: dict[str, Any], fine: dict[str, Any]) -> None:
    if code == "F836":  # government money that must be spent: 300 yuan for b
        for each in (broken, fine):
            each["funding"]["sources"][0] = government(400, **EARMARK)
    for name, given, wanted in (("no", broken, "infeasible"), ("yes", fine, "optimal")):
        scenario = world(tmp_path / name, **given)
        codes = [each.code for each in check(scenario) if each.severity == "infeasible"]
        assert codes == ([code] if wanted == "infeasible" else [])
        model = build(scenario)
        assert HighsSession(model).solve(model.family("funding"), 0.0, False, 1e-6).status == wanted


def test_a_town_without_the_other_money_cannot_be_matched(tmp_path: Path) -> None:
    # Government pays for activities only, and there are none: 300 yuan of society in b stand alone.
    given = plan(400, EARMARK, at_most=0.5, scope="every_town")
    given["funding"]["sources"][0] = {"id": "gov", "amount": 4000, "pays": ["activities"]}
    found = [each.code for each in check(world(tmp_path, **given)) if each.severity == "infeasible"]
    assert found == ["F837"]


@pytest.mark.parametrize(
    ("changes", "code", "word"),
    [
        ({"with": "soc", "at_most": 1}, "E340", "soc"),
        ({}, "E341", None),
        ({"at_least": 2, "at_most": 1}, "E307", "2"),
        ({"source": "sok", "at_most": 1}, "E301", "sok"),
        ({"with": "gow", "at_most": 1}, "E301", "gow"),
    ],
)
def test_wrong_matchings(tmp_path: Path, changes: dict[str, Any], code: str, word: str | None) -> None:
    with pytest.raises(InputError) as raised:
        world(tmp_path, **plan(400, **changes))
    assert [(each.code, each.found) for each in raised.value.findings] == [(code, word)]
    assert raised.value.findings[0].place is not None
