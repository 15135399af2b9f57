"""Page and workbook speak Chinese alone: no id of a criterion, a count, a block, a step or a rule is left as it is."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

from allocator.blocks.registry import parts_of, section_types, table_uses
from allocator.report.page.grids import grid
from allocator.report.page.parts import part
from allocator.report.page.sections import sections
from allocator.report.words.labels import heading, names_of, speaking, step_name
from allocator.report.workbook.sheets import sheet, table_names
from allocator.scenario.section import BalanceStage, TotalStage
from allocator.tables.declared import TABLES
from allocator.tables.result import Result
from allocator.verbs.statement.parts import read_statement
from allocator.words.texts import LANGUAGES, catalogue
from worlds import CLASS, PARTICIPATION, effect, government, solved

MODULES = parts_of("model")
LATIN = re.compile(r"[A-Za-z_]{2,}")


def named(identifier: str, zh: str, **more: Any) -> dict[str, Any]:
    """An item with a name of its own."""
    return {"id": identifier, "name": {"zh": zh, "en": f"the {identifier}"}, **more}


def row(key: str, identifier: str, zh: str, **more: Any) -> dict[str, Any]:
    """A row of a table whose things have names."""
    return {key: identifier, "name_zh": zh, "name_en": f"the {identifier}", **more}


def criterion(standard: str, criterion: str, measure: str, zh: str) -> dict[str, Any]:
    columns = ("standard", "criterion", "measure", "text_zh")
    given = dict(zip(columns, (standard, criterion, measure, zh), strict=True))
    return {**given, "at_least": 1, "text_en": f"{measure} of at least one"}


NAMES = {
    "elderly": "老年学习",
    "first": "省级",
    "two": "二星",
    "brand": "品牌",
    "full": "专职",
    "courses": "课程经费",
    "activities": "活动经费",
    "operations": "运转经费",
    "health": "健康",
    "skills": "技能",
}
"""What the plan calls ids; ``courses`` is a spending category, and a function of bases has the same id."""

TOWNS: Mapping[str, Any] = {
    "a": {"resident_pop": 500, "venue_hours": 90, "name_zh": "甲镇"},
    "b": {"resident_pop": 1000, "venue_hours": 90, "name_zh": "乙镇"},
}
STATIONS = [row("station", f"s{town}", f"{zh}站", town=town, residents=9) for town, zh in (("a", "甲"), ("b", "乙"))]
SITES = [row("site", f"p{town}", f"{zh}点", town=town, hours=50) for town, zh in (("a", "甲"), ("b", "乙"))]
BRAND = {"kind": "brand", "once_yuan": 100, "yearly_yuan": 10, "benefit": 1}
KINDS = ("teacher", "category", "proficiency")

TABLE_ROWS: Mapping[str, list[dict[str, Any]]] = {
    "teachers": [{"teacher": t, "home_town": t[0], "hours": 20, "backbone": t == "a1"} for t in ("a1", "a2", "b1")],
    "skills": [dict(zip(KINDS, (t, "health", 1), strict=True)) for t in ("a1", "a2", "b1")],
    "providers": [row("provider", "club", "学社", grade=2, venue_included=False)],
    "offers": [{"provider": "club", "category": "health", "price_yuan": 1, "capacity_hours": 9, "quality": 1}],
    "staff": [{"town": "a", "type": "full", "heads": 1}],
    "stations": STATIONS,
    "star_criteria": [
        row("criterion", "rooms", "场地", points=60, upgrade_cost_yuan=50),
        row("criterion", "staff", "人员", points=40, upgrade_cost_yuan=70),
    ],
    "station_scores": [{"station": "sa", "criterion": "rooms", "points": 10}],
    "sites": [{**each, "opening_cost_yuan": 40, "yearly_cost_yuan": 5} for each in SITES],
    "ways": [{"station": f"s{s}", "site": f"p{p}", "minutes": 5 if s == p else 30} for s in "ab" for p in "ab"],
    "projects": [
        row("project", f"fair_{town}", f"{zh}庙会", town=town, **BRAND) for town, zh in (("a", "甲"), ("b", "乙"))
    ],
    "demonstration_criteria": [
        criterion("first", "stars", "star_stations", "至少一个星级站"),
        criterion("second", "stars", "star_stations_two", "至少一个二星站"),
        criterion("second", "bases", "bases_elderly", "至少一个老年基地"),
    ],
}
SECTION_OF: Mapping[str, Any] = {
    "delivery": {"programmes": [{**CLASS, **named("class", "培训班"), "teacher_hours": 1, "category": "health"}]},
    "attainment": {"indicators": [{**PARTICIPATION, **named("participation", "参与率")}], "effects": [effect()]},
    "teaching": {},
    "posting": {"bands": [{"up_to_minutes": 45, "allowance": 10}], "spending": "operations", "exchange_share": 0.3},
    "purchase": {"spending": "courses", "most_share": 0.9},
    "team": {
        **{"types": [{"id": "full", "pay": 100}], "spending": "operations"},
        **{"ratios": [named("many", "专职为主", of=["full"], at_least=0.5)], "floors": [{"type": "full", "posts": 1}]},
    },
    "stars": {
        **{"grades": [{"id": "one", "stars": 1, "cutoff": 60}, {"id": "two", "stars": 2, "cutoff": 80}]},
        **{"spending": "courses", "most_a_year": 4},
    },
    "demonstration": {"standards": [{"id": "first"}, named("second", "全国", after="first")], "spending": "activities"},
    "projects": {"kinds": [{"id": "brand", "spending": "activities"}]},
    "bases": {"functions": [named("courses", "上课"), {"id": "elderly"}], "spending": "courses"},
    "coverage": {"minutes": "ways", "serve": "nearest"},
    "funding": {
        "sources": [{**government(9_000, pays=["activities", "courses", "operations"]), **named("gov", "政府")}]
    },
}
GOALS = [
    {"id": f"g{measure}", "measure": measure, "strength": strength, "at_least": {"2016": least}}
    for measure, strength, least in (
        *(("star_stations_two", "hard", 1), ("bases_elderly", "rule", 1), ("new_brand", "hard", 1)),
        *(("posts_full", "hard", 2), ("demonstration_second", "soft", 1), ("covered_share", "rule", 1)),
    )
]
STAGES = [
    *({"id": "basics"}, {"id": "balance"}, {"id": "total", "aggregate": "sum"}),
    {"id": "tie_break", "factors": {"resident_pop": 1}},
]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """A year of two towns with every block of whole things, in which each of them decides something."""
    return solved(
        tmp_path_factory.mktemp("words"),
        towns=TOWNS,
        roads={("a", "b"): 30},
        reach={"teaching": 0},
        tables=TABLE_ROWS,
        names={identifier: {"zh": zh, "en": f"the {identifier}"} for identifier, zh in NAMES.items()},
        goals=GOALS,
        stages=STAGES,
        **SECTION_OF,
    )


def cells(result: Result) -> dict[tuple[str, str], set[str]]:
    """Place (section or sheet, heading) to the words of its cells, without columns of ids and the record of the run."""
    names, made = names_of(result.scenario.first), dict[tuple[str, str], set[str]]()
    for each in (sheet(result, names, name) for name in table_names(result)):
        for at, column in enumerate(each.columns):
            if not column.heading.endswith("代码"):
                made[each.name, column.heading] = {cell for line in each.rows if isinstance(cell := line[at], str)}
    for each in (one for one in sections(result).every if one.id != "run"):
        for table in each.grids:
            for at, column in enumerate(table.columns):
                made[f"{each.title}/{table.caption}", column.heading] = {line[at] for line in table.rows}
    return made


def test_every_block_of_whole_things_decides_something(result: Result) -> None:
    tables = ("stars", "demonstration_towns", "projects", "purchases", "team", "postings", "base_hours", "coverage")
    assert [name for name in tables if not len(result.tables[name])] == []


def test_no_cell_in_chinese_holds_an_id(result: Result) -> None:
    shown = speaking("zh", lambda: cells(result))
    raw = {place: found for place, words in shown.items() if (found := {w for w in words if LATIN.search(w)})}
    # Teachers have no names; origins and the definition of a measure are what the plan and the catalogue say.
    allowed = ("教师", "定义", "依据或规则")
    assert {place: found for place, found in raw.items() if place[1] not in allowed} == {}


def test_things_of_the_plan_have_their_own_names(result: Result) -> None:
    shown = speaking("zh", lambda: cells(result))
    criteria = shown["示范镇街条件", "条件"]
    assert criteria == {"至少一个星级站", "至少一个二星站", "至少一个老年基地"}
    counts = {
        "二星及以上辅导站",
        "有“上课”功能的开放基地",
        "有“老年学习”功能的开放基地",
        "新启动品牌",
        "达到“省级”的镇街",
    }
    assert counts <= shown["整件事项计数", "事项"]
    assert {"学习体验基地", "项目库"} <= shown["供需台账", "事项"]


def test_flags_are_yes_or_no(result: Result) -> None:
    shown = speaking("zh", lambda: cells(result))
    assert shown["教师交流", "本年新派"] == {"是"}
    assert shown["教师交流", "骨干教师"] == {("否", "是")[flag] for flag in result.tables["postings"]["backbone"]}
    assert shown["示范镇街培育表", "已获认定"] <= {"是", "否"}


def test_rules_say_whom_they_bind_and_prices_are_numbers(result: Result) -> None:
    made = speaking("zh", lambda: sheet(result, names_of(result.scenario.first), "rows"))
    at = {column.heading: n for n, column in enumerate(made.columns)}
    rules = {(line[at["规则"]], line[at["对象"]]) for line in made.rows}
    assert ("作为规则的目标（占目标的百分比）", "十分钟学习圈居民覆盖率 · 全区") in rules
    prices = [line[at["对全区平均水平的单位影响"]] for line in made.rows]
    assert all(price is None or isinstance(price, float) for price in prices) and any(prices)


def test_tables_with_nothing_to_show_are_left_out() -> None:
    filled, noted, empty = grid("a", ["x"], [["1"]]), grid("b", ["x"], [], note="none binds"), grid("c", ["x"], [])
    assert part("pairs", (), [filled, noted, empty]).grids == (filled, noted)


# -- the catalogue has a word for everything ---------------------------------------------------------------------------


@pytest.mark.parametrize("block", sorted({*MODULES, *section_types()}))
def test_every_block_has_a_name(block: str) -> None:
    assert f"terms.block.{block}" in catalogue()


@pytest.mark.parametrize("block", MODULES)
def test_every_rule_and_ledger_of_a_block_has_a_name(block: str) -> None:
    said = read_statement(MODULES[block])
    closed = {ledger: labels for ledger, (_, labels) in said.closed.items()}
    rules = {**said.rows, **dict(said.closed.values())}
    folder = Path(inspect.getfile(MODULES[block])).parent
    sources = "".join(file.read_text(encoding="utf-8") for file in folder.glob("*.py"))
    defined = {"aim", *re.findall(r"\.(?:define|strengthen)\(\s*\"(\w+)\"", sources)}  # an aim is sought, no rule
    for name in [*(f"rule.{rule}" for rule in rules if rule not in defined), *(f"ledger.{name}" for name in closed)]:
        assert f"terms.{name}" in catalogue(), name


STABLE = {"id": "stability", "unit_change": {"money": 100}}
CRITERIA = [each for each in get_args(BalanceStage.model_fields["criterion"].annotation) if each != "none"]
AGGREGATES = get_args(TotalStage.model_fields["aggregate"].annotation)


@pytest.mark.parametrize(
    "stage",
    [{"id": "balance", "criterion": each} for each in CRITERIA]
    + [{"id": "total", "aggregate": each} for each in AGGREGATES]
    + [STABLE],
    ids=str,
)
def test_every_step_has_a_name(stage: dict[str, Any], tmp_path: Path) -> None:
    dial = {"aversion": 1} if stage.get("criterion") == "inequality_aversion" else {}
    goal = {"measure": "participation", "scope": "every_town", "at_least": {"2016": 0.01, "2017": 0.9}}
    goals = [{**goal, "id": strength, "strength": strength} for strength in ("hard", "soft")]
    sought = [{"id": "basics"}, {"id": "aspirations"}]
    result = solved(
        tmp_path,
        years={2016: {}, 2017: {}},
        goals=goals,
        funding={"sources": [government(4_000)]},
        stages=[*sought, {**stage, **dial}, {"id": "tie_break", "factors": {"resident_pop": 1}}],
    )
    steps = set(result.stages["step"])
    assert steps > {"shortfall", "which", "met"}
    for language in LANGUAGES:
        assert speaking(language, lambda: [step for step in steps if step_name(step) == step]) == []


def test_every_input_table_and_column_has_a_name() -> None:
    columns = {column for use in table_uses() for column in use.row.model_fields}
    assert [each for each in columns if not {f"columns.{each}", f"headings.{each}"} & set(catalogue())] == []
    tables = {use.default for use in table_uses() if use.default is not None}
    assert [each for each in tables if f"terms.table.{each}" not in catalogue()] == []


def test_headings_do_not_take_the_words_of_another_table() -> None:
    new = {
        table: speaking("zh", lambda table=table: heading(table, "new"))
        for table, of in TABLES.items()
        if "new" in of.columns
    }
    assert new == {"postings": "本年新派", "star_batches": "当年新评", "demonstration_towns": "本年新认定"}
