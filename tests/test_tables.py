"""Tables: encodings, headings with units, keys, ids, blanks, numbers; every error names row and column."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from allocator.plan.reading import load
from allocator.scenario.files.tables import Columns, TownRow, read_table
from allocator.words.errors import Finding, InputError
from plans import PLAN, TABLES, write_plan


def errors(folder: Path, name: str = "") -> list[Finding]:
    with pytest.raises(InputError) as caught:
        load(folder / name if name else folder)
    return list(caught.value.findings)


def places(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.code, str(finding.place)) for finding in findings]


def word(finding: Finding) -> object:
    return finding.hint.values.get("word") if finding.hint is not None else None


def with_table(folder: Path, name: str, text: str | bytes) -> Path:
    return write_plan(folder, tables={name: text})


def test_gb18030_is_read_like_utf8(tmp_path: Path) -> None:
    plain = load(write_plan(tmp_path / "a")).first
    for encoding in ("gb18030", "utf-8-sig"):
        coded = {name: text.encode(encoding) for name, text in TABLES.items()}
        other = load(write_plan(tmp_path / encoding, tables=coded)).first
        pd.testing.assert_frame_equal(plain.towns, other.towns)
    assert list(other.towns["name_zh"]) == ["北镇", "东镇", "南镇"]


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        ("running_cost_yuan", "51000.1"),
        ("running_cost(元)", "51000.1"),
        ("running_cost（千元）", "51.0001"),
        ("运转经费(万元)", "5.10001"),
        ("运转经费（万元）", "５.10001"),
        ("Running cost (yuan)", "51000.1"),
        ("running_cost(亿元)", "0.000510001"),
    ],
)
def test_money_columns_carry_their_unit(tmp_path: Path, heading: str, cell: str) -> None:
    towns = TABLES["towns"].replace("running_cost_yuan", heading).replace("200,50000", f"200,{cell}")
    assert load(with_table(tmp_path, "towns", towns)).first.towns.loc["bei", "running_cost_yuan"] == 51000.1


@pytest.mark.parametrize(
    ("heading", "code"),
    [
        ("运转经费", "E206"),
        ("running_cost", "E206"),
        ("running_cost(美元)", "E207"),
        ("running_cost_yuan(万元)", "E207"),
    ],
)
def test_money_units_are_never_guessed(tmp_path: Path, heading: str, code: str) -> None:
    towns = TABLES["towns"].replace("running_cost_yuan", heading)
    assert places(errors(with_table(tmp_path, "towns", towns))) == [(code, f"tables/towns.csv:1:{heading}")]


def test_chinese_headings_and_units_of_hours(tmp_path: Path) -> None:
    teachers = "教师,所在镇街,时数(课时),骨干\nt1,bei,400,是\nt2,dong,600,否\n"
    findings = errors(with_table(tmp_path, "teachers", teachers))
    assert places(findings) == [("E207", "tables/teachers.csv:1:时数(课时)")]
    plan = PLAN.replace("units: {money: 元}", "units: {money: 元, lesson_minutes: 45}")
    frame = load(write_plan(tmp_path, {"plan.yaml": plan}, {"teachers": teachers})).first.tables["teachers"]
    assert frame.to_dict("list") == {
        "teacher": ["t1", "t2"],
        "home_town": ["bei", "dong"],
        "hours": [300.0, 450.0],
        "backbone": [True, False],
        "eligible": [True, True],
    }


def test_full_width_digits_and_ids_are_ordinary(tmp_path: Path) -> None:
    roads = TABLES["roads"].replace("dong,nan,15", "ｄｏｎｇ，nan".replace("，", ",") + ",１５")
    assert load(with_table(tmp_path, "roads", roads)).first.travel is not None


def test_rows_and_columns_in_any_order_give_the_same(tmp_path: Path) -> None:
    head, *rows = TABLES["towns"].strip().split("\n")
    turned = "\n".join([head, "", *reversed(rows)]) + "\n\n"
    one = load(write_plan(tmp_path / "a")).first
    other = load(with_table(tmp_path / "b", "towns", turned)).first
    pd.testing.assert_frame_equal(one.towns, other.towns)
    pd.testing.assert_frame_equal(one.base, other.base)


@pytest.mark.parametrize(
    ("table", "old", "new", "code", "place"),
    [
        ("towns", "100000,10", "-1,10", "E210", "2:resident_pop"),
        ("towns", "100000,10", "0,10", "E210", "2:resident_pop"),
        ("towns", "100000,10", "inf,10", "E211", "2:resident_pop"),
        ("towns", "100000,10", "many,10", "E209", "2:resident_pop"),
        ("towns", "100000,10", ",10", "E208", "2:resident_pop"),
        ("towns", "4000,200", ",200", "E208", "2:venue_hours"),
        ("towns", "东镇", "", "E208", "3:name_zh"),
        ("towns", "23.00", "123.00", "E210", "2:lat"),
        ("towns", "\nnan,", "\ndistrict,", "E214", "4:town"),
        ("teachers", "t2,dong", "t2,dnog", "E213", "3:home_town"),
        ("teachers", "t2,dong", "t1,dong", "E212", "3:teacher"),
        ("teachers", "400", '"1,400"', "E209", "2:hours"),
        ("teachers", "true", "perhaps", "E209", "2:backbone"),
        ("skills", "t2,skills", "t2,skils", "E213", "4:category"),
        ("skills", "t2,skills", "t9,skills", "E213", "4:teacher"),
        ("skills", "health,0.8", "health,1.8", "E210", "3:proficiency"),
        ("skills", "t2,skills", "t2,health", "E212", "4:category"),
        ("volunteers", "0.4", "40%", "E209", "2:active_rate"),
        ("base", "0.20", "", "E208", "2:value"),
        ("base", "bei,participation", "bei,particpation", "E213", "2:indicator"),
        ("base", "nan,standard_stations", "nan,volunteers", "E220", "7:indicator"),
        ("roads", "nan,15", "nan,0", "E210", "3:minutes"),
        ("roads", "nan,15", "nan,15,,9", "E217", "3"),
        ("roads", "dong,nan,15", "dong,bei,21\ndong,nan,15", "E212", "3:minutes"),
    ],
)
def test_wrong_cells(tmp_path: Path, table: str, old: str, new: str, code: str, place: str) -> None:
    assert old in TABLES[table]
    findings = errors(with_table(tmp_path, table, TABLES[table].replace(old, new, 1)))
    assert (code, f"tables/{table}.csv:{place}") in places(findings)


def test_duplicates_name_both_rows(tmp_path: Path) -> None:
    towns = TABLES["towns"] + TABLES["towns"].split("\n")[2] + "\n"
    (finding,) = errors(with_table(tmp_path, "towns", towns))
    assert (finding.code, str(finding.place), finding.found) == ("E212", "tables/towns.csv:5:town", "dong")
    assert finding.message.values["row"] == 3


def test_unknown_ids_get_a_hint(tmp_path: Path) -> None:
    findings = errors(with_table(tmp_path, "volunteers", TABLES["volunteers"].replace("dong", "dnog")))
    assert places(findings) == [("E215", "tables/volunteers.csv:town"), ("E213", "tables/volunteers.csv:3:town")]
    assert word(findings[1]) == "dong"


def test_columns_unknown_missing_and_twice(tmp_path: Path) -> None:
    towns = TABLES["towns"].replace("resident_pop", "resident_popp")
    findings = errors(with_table(tmp_path, "towns", towns))
    assert ("E203", "tables/towns.csv:1:resident_popp") in places(findings)
    assert [word(f) for f in findings if f.code == "E203"] == ["resident_pop"]
    roads = TABLES["roads"].replace("minutes", "to_town")
    assert places(errors(with_table(tmp_path, "roads", roads))) == [
        ("E204", "tables/roads.csv:1:minutes"),
        ("E205", "tables/roads.csv:1:to_town"),
    ]


def test_missing_table_names_the_place_that_asks_for_it(tmp_path: Path) -> None:
    plan = PLAN.replace("roads: roads", "roads: raods")
    (finding,) = errors(write_plan(tmp_path, {"plan.yaml": plan}))
    assert (finding.code, str(finding.place), finding.path) == ("E201", "plan.yaml:10:10", "travel.roads")
    assert word(finding) == "roads"
    found = errors(write_plan(tmp_path / "b", tables={"towns": ""}))
    assert ("E201", "tables/towns.csv") in places(found)


def test_unreadable_files(tmp_path: Path) -> None:
    assert places(errors(with_table(tmp_path, "roads", b"\xff\xfea\x00b\x00")))[0] == ("E202", "tables/roads.csv")
    assert places(errors(with_table(tmp_path, "roads", b"\n")))[0] == ("E218", "tables/roads.csv:1")
    assert places(errors(with_table(tmp_path, "roads", 'a,"b\n')))[0][0] == "E202"


def test_extra_columns_must_be_declared(tmp_path: Path) -> None:
    head, *rows = TABLES["towns"].strip().split("\n")
    added = [f"{head},area_km2,older_code", f"{rows[0]},18.1,0440", f"{rows[1]},,0441", f"{rows[2]},7,0442"]
    text = "\n".join(added) + "\n"
    assert [f.code for f in errors(with_table(tmp_path, "towns", text))] == ["E203", "E203"]
    plan = PLAN + "extra_columns: {towns: [area_km2, older_code]}\n"
    towns = load(write_plan(tmp_path, {"plan.yaml": plan}, {"towns": text})).first.towns
    assert towns.loc["bei", "area_km2"] == 18.1 and pd.isna(towns.loc["dong", "area_km2"])
    assert list(towns["older_code"]) == ["0440", "0441", "0442"]
    text_rule = plan.replace("weighted_by: resident_pop", "weighted_by: older_code")
    (finding,) = errors(write_plan(tmp_path, {"plan.yaml": text_rule}))
    assert (finding.code, finding.path) == ("E318", "stages.total.weighted_by")


def test_base_must_cover_every_town_and_indicator(tmp_path: Path) -> None:
    base = TABLES["base"].replace("nan,participation,0.10\n", "")
    (finding,) = errors(with_table(tmp_path, "base", base))
    assert (finding.code, finding.path) == ("E215", "attainment.indicators.participation")
    assert finding.message.values["towns"] == "nan"


def test_stock_indicator_starts_from_heads(tmp_path: Path) -> None:
    base = load(write_plan(tmp_path)).first.base
    assert list(base.columns) == ["participation", "standard_stations", "volunteers"]
    assert list(base["volunteers"]) == [5.0, 6.0, 4.0]


def test_origins_cover_the_columns_in_use(tmp_path: Path) -> None:
    rows = [
        f"{name},{column},real,某文件,a document"
        for name, text in TABLES.items()
        for column in text.split("\n")[0].split(",")
    ]
    head = "table,column,origin,rule_zh,rule_en"
    whole = "\n".join([head, *rows]) + "\n"
    assert load(write_plan(tmp_path, tables={"origins": whole})).warnings == ()
    part = "\n".join([head, *rows[1:]]) + "\n"
    (warning,) = load(write_plan(tmp_path, tables={"origins": part})).warnings
    assert (warning.code, warning.severity, warning.message.values["columns"]) == ("W103", "warning", "town")
    wrong = whole + "town,town,real,x,x\nroads,minute,guess,x,\n"
    findings = errors(write_plan(tmp_path, tables={"origins": wrong}))
    last = len(rows) + 3
    assert places(findings) == [
        ("E213", f"tables/origins.csv:{last - 1}:table"),
        ("E213", f"tables/origins.csv:{last}:column"),
        ("E209", f"tables/origins.csv:{last}:origin"),
        ("E208", f"tables/origins.csv:{last}:rule_en"),
    ]


def test_quoted_line_breaks_do_not_move_rows() -> None:
    text = 'town,name_zh,name_en,resident_pop\na,"甲\n镇",A,1\nb,乙镇,B,-1\n'
    _, findings = read_table(text.encode(), "tables/towns.csv", Columns(TownRow, ("town",)))
    assert places(findings) == [("E210", "tables/towns.csv:3:resident_pop")]
