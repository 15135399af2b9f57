"""The audit of stars: a good plan passes, and each rule and figure that is spoilt is named; wrong input; arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from allocator.auditing.whole import audit, audit_tables
from allocator.blocks.stars.audit import benefits
from allocator.blocks.stars.section import Stars
from allocator.plan.check import check
from allocator.report.page.content_whole import whole_grids
from allocator.report.words.labels import names_of, speaking
from allocator.report.workbook.sheets import sheet
from allocator.scenario.plan_year import Scenario
from allocator.tables.result import Result
from allocator.words.errors import Finding, InputError
from allocator.words.texts import LANGUAGES, use_language
from blocks.test_stars import BASICS, BENEFIT, GRADES, TABLES, TIE, criteria, goal, plan, scores, stations
from worlds import ORIGIN, attainment, solved, world

Tables = dict[str, pd.DataFrame]
GAINS = [{"indicator": "participation", "per_unit": 10, "origin": ORIGIN}]
LOCK = {"id": "s1_star", "decision": "starred", "where": {"station": "s1"}, "at_least": 1, "reason": "已公示"}

SECOND = {**LOCK, "id": "s3_second", "where": {"station": "s3", "grade": "two"}}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Two years: s1 and s3 get their first star, then s2 does and s3 its second."""
    asked = {**goal("star_stations_two", 0), "at_least": {"2016": 0, "2017": 1}}
    given = plan(400, most_a_year=2, equal_chance={"stations": 1}, gains=GAINS) | {
        "attainment": attainment(),
        "goals": [asked, {**goal("star_share", 0.75, "rule"), "id": "share"}],
        "years": {2016: {}, 2017: {"locks": [SECOND]}},
        "locks": [LOCK],
        "stages": [BASICS, BENEFIT, TIE],
    }
    return solved(tmp_path_factory.mktemp("stars"), **given)


def spoilt(result: Result, change: Callable[[Tables], None]) -> set[str]:
    """Families that the audit names after a change of the tables."""
    tables = {name: table.copy() for name, table in result.tables.items()}
    change(tables)
    return set(audit_tables(result.scenario, tables).failed)


def at(table: pd.DataFrame, station: str, year: int) -> int:
    (row,) = table.index[(table["station"] == station) & (table["year"] == year)]
    return int(row)


def test_the_plan_as_it_was_made_passes(result: Result) -> None:
    assert audit(result).passed
    table = result.tables["stars"]
    assert list(zip(table["year"], table["station"], table["grade_after"], strict=True)) == [
        (2016, "s1", "one"), (2016, "s3", "one"), (2017, "s2", "one"), (2017, "s3", "two"),
    ]  # fmt: skip


CELLS: list[tuple[str, str, int, str, Any]] = [
    ("starred", "s1", 2016, "town", "b"),
    ("starred", "s1", 2016, "grade_after", "three"),
    ("starred", "s1", 2016, "grade_before", "one"),
    ("starred", "s3", 2017, "grade_after", "one"),
    ("starred", "s1", 2016, "station", "s9"),
    ("star_batch", "s1", 2016, "grade_after", "two"),
    ("stars.points_before", "s3", 2017, "points_before", 10.0),
    ("stars.points_after", "s3", 2016, "points_after", 60.0),
    ("stars.cost_yuan", "s3", 2016, "cost_yuan", 129.0),
    ("costing", "s3", 2016, "cost_yuan", 129.0),
    ("stars.upgraded", "s3", 2016, "upgraded", "c2, c3"),
    ("stars.upgraded", "s1", 2016, "upgraded", "c2"),
    ("stars.name_zh", "s1", 2016, "name_zh", "s3站"),
    ("stars.name_en", "s3", 2017, "name_en", "s3"),
    ("counts.amount", "s3", 2017, "grade_after", ""),
    ("lock", "s1", 2016, "station", "s2"),
]


@pytest.mark.parametrize(("family", "station", "year", "column", "value"), CELLS)
def test_a_spoilt_cell_is_named(
    result: Result, family: str, station: str, year: int, column: str, value: object
) -> None:
    def change(tables: Tables) -> None:
        tables["stars"].loc[at(tables["stars"], station, year), column] = value

    assert family in spoilt(result, change)


@pytest.mark.parametrize(
    "column",
    [
        *("stations", "starred_before", "new", "starred", "share", "cost_yuan"),
        *("new_stations", "new_stations_zh", "new_stations_en"),
    ],
)
def test_a_spoilt_batch_is_named(result: Result, column: str) -> None:
    row = 3  # town b in 2017

    def change(tables: Tables) -> None:
        old = tables["star_batches"].loc[row, column]
        tables["star_batches"].loc[row, column] = f"{old}, s4" if isinstance(old, str) else old + 1

    assert f"star_batches.{column}" in spoilt(result, change)


def without(station: str, year: int) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        tables["stars"] = tables["stars"].drop(at(tables["stars"], station, year)).reset_index(drop=True)

    return change


def with_row(old: str, when: int, **changes: Any) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        rows = tables["stars"]
        own = rows.loc[[at(rows, old, when)]].assign(**changes)
        tables["stars"] = pd.concat([rows, own], ignore_index=True)

    return change


@pytest.mark.parametrize(
    ("change", "families"),
    [
        (without("s1", 2016), {"star_batches.new", "counts.amount", "lock", "accounts", "attainment_value", "stages"}),
        (without("s3", 2017), {"counts.amount", "star_batches.cost_yuan", "costing"}),
        (with_row("s1", 2016), {"table.stars"}),
        (with_row("s1", 2016, year=2017), {"starred"}),  # it has its star already
        (with_row("s1", 2016, station="s4", town="b"), {"starred"}),
        (with_row("s1", 2016, station="s2"), {"star_batch", "star_batches.new", "rows.activity"}),
    ],
)
def test_rows_too_many_or_too_few_are_named(
    result: Result, change: Callable[[Tables], None], families: set[str]
) -> None:
    assert families <= {name.replace("stages.published", "stages") for name in spoilt(result, change)}


@pytest.mark.parametrize(("dropped", "kept"), [("a2", True), ("b0", False)])
def test_an_unequal_chance_is_named(dropped: str, kept: bool, tmp_path: Path) -> None:
    # Half of the open stations stand in each town: of four first stars three in a are 1 ahead, of three 1.5.
    rows = stations(*((f"a{n}", "a", 20, 0, 0) for n in range(3)), *((f"b{n}", "b", 10, 0, 0) for n in range(3)))
    tables = {**TABLES, "stations": rows, "station_scores": scores(("a0", "c1", 0))}
    one = {"grades": GRADES[:1], "equal_chance": {"stations": 1}}
    made = solved(tmp_path, **plan(520, tables, **one))
    assert sorted(made.tables["stars"]["station"]) == ["a0", "a1", "a2", "b0"]
    assert ("equal_chance" not in spoilt(made, without(dropped, 2016))) == kept


@pytest.mark.parametrize(("weight", "worth"), [(3, 100 + 750 + 50), (0, 100 + 300 + 50)])
def test_the_audit_weighs_stations_that_start_slowly_as_the_plan_does(
    weight: float, worth: float, tmp_path: Path
) -> None:
    # s1 and s3 get a star beside s4; of s3's 300 residents half count (1 + weight) times.
    made = solved(tmp_path, **plan(160, slow_weight=weight))
    assert sorted(made.tables["stars"]["station"]) == ["s1", "s3"]
    assert benefits(made.tables, made.scenario.first, made.scenario.first.section(Stars)).amounts.sum() == worth
    assert audit(made).passed
    assert "stages.published" in spoilt(made, without("s3", 2016))


# -- shown -------------------------------------------------------------------------------------------------------------


def test_sheets_show_names_and_stars(result: Result) -> None:
    shown = {}
    for language in LANGUAGES:
        use_language(language)
        try:
            shown[language] = sheet(result, names_of(result.scenario.first), "stars")
        finally:
            use_language(None)
    assert shown["zh"].name == "星级评定"
    cells = {cell for row in shown["zh"].rows for cell in row}
    assert {"1星级", "2星级"} <= cells
    assert "2-star" in {cell for row in shown["en"].rows for cell in row}


def test_page_and_sheets_show_each_name_once(result: Result) -> None:
    def made() -> tuple[list[Any], list[Any]]:
        names = names_of(result.scenario.first)
        grids = whole_grids(result, names, "stars")
        sheets = [sheet(result, names, name) for name in ("star_batches", "stars")]
        return [list(grid.rows) for grid in grids], [list(each.rows) for each in sheets]

    for tables in speaking("zh", made):
        assert len(tables) == 2
        for rows in tables:
            (first,) = [row for row in rows if "s1站" in row]
            assert first.count("s1站") == 1 and "Station s1" not in first


# -- wrong input -------------------------------------------------------------------------------------------------------


def findings(folder: Path, tables: Mapping[str, Any] | None = None, **more: Any) -> list[Finding]:
    given = plan(tables={**TABLES, **(tables or {})})
    given["stars"] |= more.pop("stars", {})
    with pytest.raises(InputError) as wrong:
        world(folder, **given | more)
    return list(wrong.value.findings)


@pytest.mark.parametrize(
    ("tables", "more", "code", "found", "hint"),
    [
        ({"station_scores": scores(("s11", "c1", 1))}, {}, "E213", "s11", "s1"),
        ({"station_scores": scores(("s1", "c9", 1))}, {}, "E213", "c9", "c"),
        ({"station_scores": scores(("s1", "c3", 21))}, {}, "E362", "21", "20"),
        ({"stations": stations(("s1", "x", 1, 0, 0))}, {}, "E213", "x", ""),
        ({"stations": stations(("s1", "a", 1, 0, 0)), "station_scores": scores()}, {}, "E215", None, "b"),
        ({"star_criteria": []}, {}, "E201", "star_criteria", ""),
        ({}, {"stars": {"grades": [{"id": "one", "stars": 1, "cutoff": 101}]}}, "E361", "101", "100"),
        ({}, {"stars": {"grades": GRADES[::-1]}}, "E360", "60", ""),
        ({}, {"stars": {"spending": "facilitys"}}, "E301", "facilitys", "facilities"),
        ({}, {"stars": {"gains": GAINS}}, "E313", None, "attainment"),
        ({}, {"goals": [goal("star_stations_one", 1)]}, "E301", "star_stations_one", "star_stations"),
        ({}, {"locks": [{**LOCK, "where": {"station": "s5"}}]}, "E301", "s5", "s"),
        ({}, {"locks": [{**LOCK, "where": {"grade": "tow"}}]}, "E301", "tow", "two"),
        ({}, {"locks": [{**LOCK, "where": {"town": "a"}}]}, "E311", "town", ""),
    ],
)  # fmt: skip
def test_wrong_input_is_named_with_what_may_be_meant(
    tables: Mapping[str, Any], more: Mapping[str, Any], code: str, found: str | None, hint: str, tmp_path: Path
) -> None:
    own = [each for each in findings(tmp_path, tables, **more) if (each.code, each.found) == (code, found)]
    assert own
    said = f"{own[0].message.in_language('en')} {own[0].hint.in_language('en') if own[0].hint else ''}"
    assert hint in said


def test_a_stock_has_no_gains(tmp_path: Path) -> None:
    volunteers = {"id": "volunteers", "weight": 0, "target": 1, "denominator": "resident_pop", "stock": "volunteers"}
    indicators = {"indicators": [attainment()["indicators"][0], volunteers]}
    heads = [{"town": town, "heads": 1, "active_rate": 1, "hours_per_active": 1} for town in "ab"]
    gains = [{**GAINS[0], "indicator": "volunteers"}]
    more = {"attainment": indicators, "volunteering": {}, "stars": {"gains": gains}}
    assert [each.code for each in findings(tmp_path, {"volunteers": heads}, **more)] == ["E316"]


def test_a_goal_on_stars_needs_the_block(tmp_path: Path) -> None:
    with pytest.raises(InputError) as wrong:
        world(tmp_path, goals=[goal("star_share", 0.2)])
    assert [each.code for each in wrong.value.findings] == ["E313"]


def test_tables_of_later_years_count_for_nothing_where_years_are_decided_together(tmp_path: Path) -> None:
    later = {"stars": {"scores": "later_scores"}}
    tables = {**TABLES, "later_scores": scores(("s1", "c1", 20))}
    scenario = world(tmp_path, **plan(tables=tables) | {"years": {2016: {}, 2017: later}})
    assert [(each.code, each.path, each.found) for each in scenario.warnings] == [
        ("W104", "stars.scores", "later_scores")
    ]
    assert Scenario.load(tmp_path / "2017.yaml").warnings == ()


# -- arithmetic --------------------------------------------------------------------------------------------------------


def said(folder: Path, money: float, asked: Mapping[str, Any], **more: Any) -> dict[str, str]:
    given = plan(money, **more.pop("stars", {})) | {"goals": [asked]} | more
    return {each.code: each.message.in_language("en") for each in check(world(folder, **given)) if each.code[1] == "8"}


@pytest.mark.parametrize(("strength", "kind"), [("rule", "F"), ("hard", "W"), ("soft", "W"), ("measured", "")])
def test_batches_money_and_stations_are_proofs_for_rules_and_warnings_for_goals(
    strength: str, kind: str, tmp_path: Path
) -> None:
    few = {"most_a_year": 2}
    # Four stars: three steps; 190 yuan (s1, s2, s3).
    batch = said(tmp_path / "1", 1000, goal("star_stations", 4, strength), stars=few)
    money = said(tmp_path / "2", 189, goal("star_stations", 4, strength))
    many = said(tmp_path / "3", 1000, goal("star_stations", 5, strength))
    if not kind:
        assert (batch, money, many) == ({}, {}, {})
        return
    assert list(batch) == [f"{kind}801"]
    assert "at least 3 grades" in batch[f"{kind}801"]
    assert "allow 2" in batch[f"{kind}801"]
    assert list(money) == [f"{kind}802"]
    assert "costs 190 yuan" in money[f"{kind}802"]
    assert list(many) == [f"{kind}803"]


def test_what_just_holds_is_not_reported(tmp_path: Path) -> None:
    assert said(tmp_path / "1", 190, goal("star_stations", 4, "rule"), stars={"most_a_year": 3}) == {}
    assert said(tmp_path / "2", 30, goal("star_share", 0.5, "rule", scope="every_town")) == {}
    assert said(tmp_path / "3", 0, goal("star_share", 0.5, "rule", scope="count_of_towns", towns=1)) == {}
    both = said(tmp_path / "4", 29, goal("star_share", 0.5, "rule", scope="every_town"))
    assert list(both) == ["F802"]
    # Two stars twice: s4 (200) and s1 (230), three steps.
    two = goal("star_stations_two", 2, "rule")
    assert said(tmp_path / "5", 430, two, stars={"most_a_year": 3}) == {}
    assert list(said(tmp_path / "6", 429, two, stars={"most_a_year": 2})) == ["F801", "F802"]


def test_batches_and_money_of_the_years_add_up(tmp_path: Path) -> None:
    asked = {**goal("star_stations", 0, "rule"), "at_least": {"2016": 1, "2017": 4}}
    years = {"years": {2016: {}, 2017: {"stars": {"most_a_year": 1}}}}
    assert said(tmp_path / "1", 95, asked, stars={"most_a_year": 2}, **years) == {}
    less = said(tmp_path / "2", 94, asked, stars={"most_a_year": 1}, **years)
    assert list(less) == ["F801", "F802"]
    assert "2 year(s) allow 2" in less["F801"]


def test_tables_that_count_differently_are_named(tmp_path: Path) -> None:
    towns = {"a": {"resident_pop": 500, "stations": 2}, "b": {"resident_pop": 1000, "stations": 3}}
    found = check(world(tmp_path, **plan() | {"towns": towns}))
    (own,) = [each for each in found if each.code == "W804"]
    assert "2 stations in the table of stations, 3 in column" in own.message.in_language("en")


def test_full_points_for_nothing_cost_nothing(tmp_path: Path) -> None:
    free = {**TABLES, "star_criteria": criteria(("c1", 40, 0), ("c2", 40, 0), ("c3", 20, 0))}
    made = solved(tmp_path, **plan(0, free) | {"stages": [BENEFIT, TIE]})
    assert set(made.tables["stars"]["station"]) == {"s1", "s2", "s3"} | (set(made.tables["stars"]["station"]) & {"s4"})
    assert (made.tables["stars"]["cost_yuan"] == 0).all()


def test_locks_beyond_what_stations_can_have_are_proofs(tmp_path: Path) -> None:
    more = {**LOCK, "id": "more", "where": {"grade": "two"}, "at_least": 5}
    lost = {"id": "lost", "decision": "starred", "where": {"station": "s4"}, "at_most": 0, "reason": "撤销"}
    found = check(world(tmp_path, **plan() | {"locks": [LOCK, more, lost]}))
    assert [(each.code, each.path) for each in found] == [
        ("F501", "locks.more.at_least"),
        ("F502", "locks.lost.at_most"),
    ]


@pytest.mark.parametrize(
    ("weight", "stages", "codes"),
    [
        ({"slow_weight": 2}, [BENEFIT], []),
        ({"slow_weight": 2}, [{"id": "balance", "of": "stars.benefit"}], []),
        ({"slow_weight": 2}, [BASICS], ["W805"]),
        ({"slow_weight": 0}, [BASICS], []),
        ({}, [BASICS], []),
    ],
)
def test_a_weight_that_nothing_looks_at_is_said(
    tmp_path: Path, weight: dict[str, Any], stages: list[Any], codes: list[str]
) -> None:
    scenario = world(tmp_path, **plan(400, **weight) | {"stages": stages})
    found = check(scenario)
    assert [each.code for each in found] == codes
    assert [each.place for each in found] == [scenario.first.places["stars.slow_weight"] for _ in codes]
