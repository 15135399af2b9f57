"""The audit of the project library: what the engine finds passes, and every spoiled cell names the rule it breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pytest

from allocator.auditing.whole import audit_tables
from allocator.blocks.projects.audit import audit_block
from allocator.blocks.projects.section import Projects
from allocator.tables.chain import following
from allocator.tables.result import Result
from allocator.verbs.options import Mode
from projects_worlds import effect, plan, project
from worlds import solved

Tables = dict[str, pd.DataFrame]
KINDS = [
    {"id": "brand", "spending": "courses", "most_in_town": 1},
    {"id": "study", "spending": "courses", "yearly": False, "at_most": 1},
]
ROWS = [
    project("fair", once=30, yearly=20, benefit=9),
    project("opera", once=30, benefit=3),
    project("story", once=10, town="b", benefit=4),
    project("web", once=15, town="district", benefit=2),
    project("later", town="district", first_year=2018),
    project("old", yearly=5, town="b", kind="study", started=2014),
    project("survey", once=10, town="b", kind="study", benefit=2, last_year=2016),
    project("poll", once=10, kind="study"),
]


def made(folder: Path, mode: Mode) -> Result:
    given = plan(
        ROWS,
        100,
        KINDS,
        2,
        effects=[effect("fair", 50), effect("web", 20, "every_town")],
        needs=[("web", "story"), ("survey", "fair")],
        excludes=[("opera", "story")],
    )
    return solved(folder, mode=mode, **given)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return made(tmp_path_factory.mktemp("horizon"), "horizon")


def state(result: Result, year: int) -> dict[str, str]:
    table = result.tables["projects"].query(f"year == {year}")
    return dict(zip(table["project"], table["state"], strict=True))


def test_year_by_year_passes_with_the_same_tables(result: Result, tmp_path: Path) -> None:
    rolling = made(tmp_path, "rolling")
    assert broken_rules(rolling, rolling.tables) == set()
    for name in ("projects", "funding", "counts"):
        assert rolling.tables[name].equals(result.tables[name])
    names = ("rule", "key", "activity", "bound")
    rules = [each.tables["rows"].query("rule.str.startswith('project')") for each in (result, rolling)]
    written = [{tuple(row) for row in frame[["year", *names]].itertuples(index=False)} for frame in rules]
    assert written[1] < written[0]
    # what has begun cannot start again: year by year such a row is not even there
    assert all(activity == 0 for *_, activity, _ in written[0] - written[1])


def test_what_the_engine_finds_passes(result: Result) -> None:
    assert state(result, 2016) == {
        "fair": "started",
        "later": "waiting",
        "old": "finished",
        "opera": "not_chosen",
        "poll": "not_chosen",
        "story": "started",
        "survey": "started",
        "web": "started",
    }
    # 30 + 20, 10, 10, 15 in the first year; 20 and 10 in the second.
    assert result.funding.groupby("year")["amount_yuan"].sum().to_dict() == {2016: 85, 2017: 30}
    assert state(result, 2017)["poll"] == "started"
    assert broken_rules(result, result.tables) == set()
    assert audit_tables(result.scenario, result.tables).failed == ()


def write(name: str, year: int, **cells: str | float) -> Callable[[Tables], None]:
    """Other cells in the row of a project."""

    def change(tables: Tables) -> None:
        table = tables["projects"]
        own = (table["project"] == name) & (table["year"] == year)
        assert own.sum() == 1
        for column, value in cells.items():
            if not isinstance(value, str):
                table[column] = table[column].astype(float)
            table.loc[own, column] = value

    return change


def twice(name: str, year: int) -> Callable[[Tables], None]:
    """The row of a project once more."""

    def change(tables: Tables) -> None:
        table = tables["projects"]
        own = (table["project"] == name) & (table["year"] == year)
        tables["projects"] = pd.concat([table, table[own]], ignore_index=True)

    return change


SPOILED: list[tuple[str, Callable[[Tables], None]]] = [
    ("project_once", twice("fair", 2016)),
    ("projects.state", write("fair", 2017, state="started")),
    ("projects.state", write("old", 2016, state="running")),
    ("projects.state", write("later", 2016, state="not_chosen")),
    ("project_window", write("later", 2017, state="started")),
    ("project_needs", write("story", 2016, state="not_chosen")),
    ("project_needs", write("fair", 2016, state="not_chosen")),
    ("project_excludes", write("opera", 2016, state="started")),
    ("projects_in_town", write("opera", 2016, state="started")),
    ("projects_at_most", write("poll", 2016, state="started")),
    ("projects.town", write("web", 2016, town="a")),
    ("projects.project_kind", write("web", 2016, project_kind="study")),
    ("projects.start_year", write("fair", 2017, start_year=2015)),
    ("projects.start_year", write("poll", 2016, start_year=2016)),
    ("projects.once_yuan", write("fair", 2016, once_yuan=31)),
    ("projects.yearly_yuan", write("fair", 2016, yearly_yuan=21)),
    ("projects.cost_yuan", write("fair", 2017, cost_yuan=50)),
    ("projects.benefit", write("old", 2016, benefit=1)),
    ("projects", write("web", 2016, project="web2")),
]


BEYOND: list[tuple[str, Callable[[Tables], None]]] = [
    ("costing", write("poll", 2017, state="not_chosen")),
    ("attainment_value", write("web", 2016, state="not_chosen")),
    ("stages", write("poll", 2017, state="not_chosen")),
    ("counts.amount", write("web", 2016, state="not_chosen")),
    ("counts", write("web", 2016, town="nowhere")),
    ("table.projects", twice("web", 2016)),
]


def broken_rules(result: Result, tables: Mapping[str, pd.DataFrame]) -> set[str]:
    """Families of the block's own checks that are broken in either year; the second starts with what the first left."""
    found: set[str] = set()
    alone = result.scenario.first
    for at, plan_year in enumerate(result.scenario.plan_years):
        alone = following(plan_year, alone, result.tables) if at else plan_year
        own = {name: table[table["year"] == plan_year.year].reset_index(drop=True) for name, table in tables.items()}
        given = alone.sections["projects"]
        assert isinstance(given, Projects)
        found |= {part.family for part in audit_block(own, alone, given) if part.broken.any()}
    return found


def spoiled(result: Result, spoil: Callable[[Tables], None]) -> Tables:
    tables = {name: table.copy() for name, table in result.tables.items()}
    spoil(tables)
    return tables


def ids(cases: list[tuple[str, Callable[[Tables], None]]]) -> list[str]:
    return [f"{n}-{family}" for n, (family, _) in enumerate(cases)]


@pytest.mark.parametrize(("family", "spoil"), SPOILED, ids=ids(SPOILED))
def test_a_spoiled_table_names_the_rule(result: Result, family: str, spoil: Callable[[Tables], None]) -> None:
    assert family in broken_rules(result, spoiled(result, spoil))


@pytest.mark.parametrize(("family", "spoil"), BEYOND, ids=ids(BEYOND))
def test_other_tables_no_longer_fit(result: Result, family: str, spoil: Callable[[Tables], None]) -> None:
    assert family in audit_tables(result.scenario, spoiled(result, spoil)).failed


def test_a_lock_is_read_from_the_states(tmp_path: Path) -> None:
    lock = {"id": "signed", "decision": "project_start", "where": {"project": "opera"}, "equals": 1, "reason": "已签"}
    result = solved(tmp_path, **plan(ROWS, 100, KINDS, locks=[lock]))
    assert "lock" in audit_tables(result.scenario, spoiled(result, write("opera", 2016, state="not_chosen"))).failed
