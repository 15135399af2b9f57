"""Which rules are listed as binding, and what is said of their prices."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from allocator.report.page.record import binding_rules, rules_grid
from allocator.report.terminal.terminal import summary
from allocator.report.words.labels import names_of, speaking
from allocator.tables.declared import TABLES
from allocator.tables.result import Result


def with_rules(result: Result, *rules: tuple[str, str, float], kind: str = "fixed_integers", **rest: Any) -> Result:
    """The result with these rules (rule, key, bound) at their limits, each with a price, and other tables."""
    head = {
        "year": 2016,
        "sense": "<=",
        "slack": 0.0,
        "unit": "yuan",
        "labels": "source",
        "price_balance": 0.1,
        "price_total": 0.2,
        "price_kind": kind,
    }
    rows = [{**head, "rule": rule, "key": key, "bound": bound, "activity": bound} for rule, key, bound in rules]
    tables = {"rows": pd.DataFrame(rows, columns=["year", *TABLES["rows"].columns])}
    for name, given in rest.items():
        tables[name] = pd.DataFrame([{"year": 2016, **row} for row in given], columns=["year", *TABLES[name].columns])
    return Result(result.scenario, {**result.tables, **tables}, result.run)


def listed(result: Result) -> list[tuple[str, str]]:
    priced, count = binding_rules(result)
    assert count == len(priced)
    return list(zip(priced["rule"], priced["key"], strict=True))


def test_what_is_not_there_and_pure_logic_are_no_limits(tiny_result: Result) -> None:
    given = with_rules(
        tiny_result,
        ("max_units", "east/class", 0.0),
        ("max_units", "west/class", 5.0),
        ("project_needs", "p1/p2", 0.0),
        ("source_share", "gov", 0.0),
        ("budget", "gov", 0.0),
    )
    assert listed(given) == [("max_units", "west/class"), ("source_share", "gov"), ("budget", "gov")]


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        ("away_share", "east"),  # teachers who may not leave
        ("hosted", "east"),  # a town that takes none in
        ("teacher_hours", "t1"),  # a teacher who is away all year
        ("home_hours", "t1"),
        ("volunteer_supply", "east"),  # a town without volunteers
        ("venue", "east"),
        ("school_hours", "east"),
        ("recruits", "east"),
        ("staff_most", "east/full"),
        ("provider_capacity", "firm"),
        ("mentor_capacity", "east"),
        ("mentor_travel", "east"),
        ("projects_in_town", "east"),
    ],
)
def test_an_amount_of_nothing_is_no_limit_but_one_of_something_is(tiny_result: Result, rule: str, key: str) -> None:
    assert listed(with_rules(tiny_result, (rule, key, 0.0))) == []
    assert listed(with_rules(tiny_result, (rule, key, 1.0))) == [(rule, key)]


def test_only_bases_postings_and_contracts_that_are_chosen_have_limits(tiny_result: Result) -> None:
    given = with_rules(
        tiny_result,
        ("base_capacity", "x", 0.0),
        ("base_capacity", "y", 0.0),
        ("least_base_hours", "x/courses", 0.0),
        ("posted_room", "t1/east", 0.0),
        ("posted_room", "t1/west", 0.0),
        ("contract_most", "firm/east/health", 0.0),
        ("contract_most", "firm/east/skills", 0.0),
        bases=[{"site": "x", "state": "open"}, {"site": "y", "state": "closed"}],
        postings=[{"teacher": "t1", "from_town": "east", "to_town": "west"}],
        purchases=[{"provider": "firm", "town": "east", "category": "skills"}],
    )
    assert listed(given) == [
        ("base_capacity", "x"),
        ("least_base_hours", "x/courses"),
        ("posted_room", "t1/west"),
        ("contract_most", "firm/east/skills"),
    ]


def printed(result: Result) -> str:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(summary(result, "en"))
    return " ".join(console.export_text().split())


def test_prices_with_whole_decisions_fixed_say_so(tiny_result: Result) -> None:
    source = str(tiny_result.tables["funding"]["source"].iloc[0])
    proven = with_rules(tiny_result, ("budget", source, 1000.0))
    unproven = Result(proven.scenario, proven.tables, {**proven.run, "status": "feasible"})
    linear = with_rules(tiny_result, ("budget", source, 1000.0), kind="linear")
    fixed, only = "Prices hold with the pairs and other whole decisions", "its prices hold for this plan only"
    for result, says in ((proven, (True, False)), (unproven, (True, True)), (linear, (False, False))):
        note = speaking("en", lambda r=result: rules_grid(r, names_of(r.scenario.first))).note
        text = printed(result)
        assert ("with whole decisions fixed" in text, "fixed. The plan is not proven best" in text) == says
        assert (fixed in note, only in note) == says
