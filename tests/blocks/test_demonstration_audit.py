"""The audit of demonstration towns: a good plan passes, and whatever is altered in its tables is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from test_demonstration import HALF, NATIONAL, PROVINCIAL, asks, goal, plan

from allocator.auditing.whole import audit_tables
from allocator.report.words.labels import names_of
from allocator.report.workbook.sheets import sheet, table_names
from allocator.tables.result import Result
from allocator.words.texts import use_language
from worlds import LEXIMIN, government, solved

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """c is recognised in 2016 by the first standard and in 2017 by the second; b holds the first from before."""
    source = {"funding": {"sources": [government(2000, pays=["activities", "courses"])]}}
    criteria = (HALF, asks("national", "level", 55), asks("national", "money_per_head", 0.3))
    given = plan(
        *criteria,
        standards=[
            {**PROVINCIAL, "name": {"zh": "省级示范", "en": "provincial model"}},
            {**NATIONAL, "after": "provincial"},
        ],
        before=[("b", "provincial", 2014)],
        eligible={"min_level": 25},
        most_a_year=1,
        least_towns=2,
        more={"goals": [goal("demonstration_national", {"2017": 1}, "hard")], "stages": [{"id": "basics"}, LEXIMIN]},
    )
    return solved(tmp_path_factory.mktemp("audited"), **given, years={2016: source, 2017: source})


@pytest.fixture
def tables(result: Result) -> Tables:
    return {name: table.copy() for name, table in result.tables.items()}


def at(table: pd.DataFrame, **where: Any) -> Any:
    """Index of the one row with these labels."""
    chosen = pd.Series(True, index=table.index)
    for column, wanted in where.items():
        chosen &= table[column] == wanted
    (row,) = table.index[chosen]
    return row


def alter(table: str, column: str, value: Any, **where: Any) -> Callable[[Tables], None]:
    """Put a value into one cell of a table."""

    def apply(tables: Tables) -> None:
        tables[table].loc[at(tables[table], **where), column] = value

    return apply


def test_the_plan_is_what_it_is_meant_to_be_and_passes(result: Result) -> None:
    table = result.tables["demonstration_towns"].set_index(["year", "standard", "town"])["status"]
    assert table[2016, "provincial", "b"] == "recognised"
    assert table[2016, "provincial", "a"] == "not_mature"
    assert [table[year, "provincial", "c"] for year in (2016, 2017)] == ["new", "recognised"]
    assert table[2017, "national", "c"] == "new"
    assert audit_tables(result.scenario, result.tables).passed


SPOILS = [
    ("demonstration_towns", alter("demonstration_towns", "town", "x", year=2016, standard="national", town="a")),
    ("demonstration_towns.held", alter("demonstration_towns", "held", 1, year=2016, standard="national", town="b")),
    (
        "demonstration_towns.year_recognised",
        alter("demonstration_towns", "year_recognised", 2015, year=2016, standard="provincial", town="b"),
    ),
    (
        "demonstration_towns.cost_yuan",
        alter("demonstration_towns", "cost_yuan", 0, year=2016, standard="provincial", town="c"),
    ),
    (
        "demonstration_towns.status",
        alter("demonstration_towns", "status", "ready", year=2016, standard="national", town="b"),
    ),
    # a recognition: of a town that is not mature, once more, before the standard it stands after, without its criteria
    ("recognition", alter("demonstration_towns", "new", 1, year=2016, standard="provincial", town="a")),
    ("recognition", alter("demonstration_towns", "new", 1, year=2017, standard="provincial", town="b")),
    ("recognition", alter("demonstration_towns", "new", 0.5, year=2016, standard="provincial", town="c")),
    ("standard_order", alter("demonstration_towns", "new", 1, year=2016, standard="national", town="a")),
    ("standard_met", alter("demonstration_towns", "new", 1, year=2016, standard="national", town="b")),
    ("recognitions_a_year", alter("demonstration_towns", "new", 1, year=2017, standard="national", town="b")),
    ("costing", alter("demonstration_towns", "new", 1, year=2016, standard="national", town="b")),
    ("counts.amount", alter("demonstration_towns", "new", 1, year=2016, standard="national", town="b")),
    ("demonstration.reached", alter("demonstration", "reached", 9, year=2016, standard="provincial", town="b")),
    ("demonstration.at_least", alter("demonstration", "at_least", 0.5, year=2016, standard="provincial", town="b")),
    ("demonstration.gap", alter("demonstration", "gap", 0.5, year=2017, standard="provincial", town="c")),
    ("demonstration.met", alter("demonstration", "met", 0, year=2016, standard="provincial", town="c")),
    ("demonstration.measure", alter("demonstration", "measure", "level", year=2016, standard="provincial", town="b")),
    ("counts.amount", alter("counts", "amount", 3, year=2016, counted="demonstration_towns", town="b")),
    ("rows.activity", alter("rows", "activity", 0, year=2016, rule="recognitions_a_year")),
    ("rows.bound", alter("rows", "bound", 1, year=2017, rule="demonstration_least")),
]


@pytest.mark.parametrize(("family", "spoil"), SPOILS, ids=[f"{n}-{family}" for n, (family, _) in enumerate(SPOILS)])
def test_what_is_altered_is_found(family: str, spoil: Callable[[Tables], None], result: Result, tables: Tables) -> None:
    for name in ("demonstration", "demonstration_towns"):
        tables[name] = tables[name].astype({c: float for c in tables[name] if tables[name][c].dtype.kind == "i"})
    spoil(tables)
    assert family in audit_tables(result.scenario, tables).failed


def test_too_few_towns_in_the_last_year_are_found(result: Result) -> None:
    more = result.scenario.with_({"demonstration.least_towns": 3})
    assert "demonstration_least" in audit_tables(more, result.tables).failed


def test_tables_of_a_plan_without_the_block_must_be_empty(result: Result) -> None:
    without = result.scenario.with_({"demonstration": None, "goals": None})
    failed = audit_tables(without, result.tables).failed
    assert {"table.demonstration", "table.demonstration_towns"} <= set(failed)


def test_sheets_call_everything_by_its_name(result: Result) -> None:
    use_language("en")
    try:
        names = names_of(result.scenario.first)
        assert {"demonstration", "demonstration_towns"} <= set(table_names(result))
        made = sheet(result, names, "demonstration")
        assert {"Standard", "Criterion", "At least", "Reached", "Gap", "Met"} <= {c.heading for c in made.columns}
        first = made.rows[-1]
        assert "provincial model" in first
        assert "participation of at least 0.55" in first
        towns = sheet(result, names, "demonstration_towns")
        assert "recognised before" in {cell for row in towns.rows for cell in row if isinstance(cell, str)}
        assert names.text("counted", "demonstration_provincial") == "towns that hold “provincial model”"
        rows = result.tables["rows"]
        assert set(rows.loc[rows["rule"] == "recognitions_a_year", "unit"]) <= {"towns"}
    finally:
        use_language(None)
