"""Loading: all errors at once with place and hint; what a sound plan becomes; writing and reading back."""

from __future__ import annotations

import csv
import io
import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pytest
from _pytest.mark.structures import ParameterSet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from allocator.blocks.registry import lockable
from allocator.plan.reading import load
from allocator.scenario.plan_year import Scenario
from allocator.scenario.section import Lock
from allocator.words.errors import Finding, InputError, UsageError
from allocator.words.findings import finding_lines
from plans import PLAN, TABLES, YEAR, place_of, write_plan

SHIPPED = Path(__file__).parents[1] / "scenarios"
DOCS = Path(__file__).parents[1] / "docs"


def errors(folder: Path) -> list[Finding]:
    with pytest.raises(InputError) as caught:
        load(folder)
    return list(caught.value.findings)


def hint_word(finding: Finding) -> object:
    return finding.hint.values.get("word") if finding.hint is not None else None


def changed(old: str, new: str, text: str = PLAN) -> str:
    assert old in text
    return text.replace(old, new, 1)


def test_a_sound_plan(tmp_path: Path) -> None:
    scenario = load(write_plan(tmp_path))
    plan = scenario.first
    assert (scenario.label, scenario.years, scenario.warnings) == ("small-2016", (2016,), ())
    assert list(plan.towns.index) == ["bei", "dong", "nan"]
    assert [indicator.id for indicator in plan.indicators] == ["participation", "standard_stations", "volunteers"]
    assert list(plan.sections) == sorted(plan.sections)
    assert plan.common.stages[-1].id == "tie_break"
    assert plan.travel is not None
    assert plan.travel.minutes.tolist() == [[0, 20, 35], [20, 0, 15], [35, 15, 0]]
    assert str(plan.places["funding.sources.government.amount"]) == "plan.yaml:{}:{}".format(*place_of(PLAN, "900000"))


def test_money_in_yaml_has_the_unit_of_the_plan(tmp_path: Path) -> None:
    plan = changed("units: {money: 元}", "units: {money: 万元}")
    funding: Any = load(write_plan(tmp_path, {"plan.yaml": plan})).first.sections["funding"]
    assert funding.sources[0].amount == 900000 * 1e4
    assert funding.per_capita_floor.district == 2e4
    locks = load(tmp_path).first.common.locks
    assert locks[0].at_least == 8000 * 1e4
    lock = changed("decision: funding, where: {town: bei, source: social}", "decision: guidance, where: {}", YEAR)
    assert load(write_plan(tmp_path, {"2016.yaml": lock})).first.common.locks[0].at_least == 8000


def test_order_in_files_changes_nothing(tmp_path: Path) -> None:
    turned = changed("categories: [health, skills]", "categories: [skills, health]")
    start, end = turned.index("    - {id: government"), turned.index("    - {id: social")
    government, stop = turned[start:end], turned.index("  per_capita_floor")
    turned = turned[:start] + turned[end:stop] + government + turned[stop:]
    one = load(write_plan(tmp_path / "a")).first
    other = load(write_plan(tmp_path / "b", {"plan.yaml": turned})).first
    assert one.common == other.common
    assert one.sections == other.sections


WRONG: list[tuple[str, str, str, str, str, str | None]] = [
    # old, new, code, path, word at the place, hint
    ("home_share: 0.5", "home_shar: 0.5", "E103", "teaching.home_shar", "home_shar:", "home_share"),
    ("\nvolunteering:", "\nvolunteer:", "E103", "volunteer", "volunteer:", "volunteering"),
    ("give: 0.5", "giv: 0.5", "E103", "stages.balance.giv", "giv:", "give"),
    ("amount: 900000", "amount: -5", "E104", "funding.sources.government.amount", "-5", None),
    ("home_share: 0.5", "home_share: 1.5", "E104", "teaching.home_share", "1.5}\nvol", None),
    ("nearness_minutes: 60", "nearness_minutes: 0", "E104", "mentoring.nearness_minutes", "0\nguidance", None),
    ("target: 0.4", "target: .nan", "E105", "attainment.indicators.participation.target", ".nan", None),
    ("amount: 900000", "amount: much", "E106", "funding.sources.government.amount", "much", None),
    ("amount: 900000", "amount: true", "E106", "funding.sources.government.amount", "true, sp", None),
    ("pays: [courses, activities]", "pays: courses", "E106", "funding.sources.social.pays", "courses, earmark", None),
    (
        "per_unit: [{up_to: 1.5, gain: 60}, {gain: 30}]",
        "per_unit: lots",
        "E106",
        "attainment.effects.0.per_unit",
        "lots",
        None,
    ),
    ("gain: 30", "gain: -3", "E104", "attainment.effects.0.per_unit.1.gain", "-3", None),
    ("  nearness_minutes: 60\n", "", "E107", "mentoring.nearness_minutes", "mature:", None),
    ("criterion: leximin", "criterion: lexmin", "E108", "stages.balance.criterion", "lexmin", "leximin"),
    ("id: stability", "id: stabilty", "E108", "stages.stabilty", "stabilty", "stability"),
    ("money: 元", "money: 美元", "E108", "units.money", "美元", None),
    ("{id: operations,", "{id: 运转,", "E109", "delivery.programmes.运转.id", "运转", None),
    ("id: social", "id: government", "E110", "funding.sources.government", "government, amount: 100000", None),
    ("activities]\ntravel", "activities, courses]\ntravel", "E110", "spending", "courses]\ntravel", None),
    ("{2016: 0.3, 2020: 0.4}", "{}", "E116", "goals.participation_40.at_least", "{}", None),
    ("category: health", "category: helth", "E301", "delivery.programmes.health_course.category", "helth", "health"),
    (
        "spending: courses, unit",
        "spending: corses, unit",
        "E301",
        "delivery.programmes.health_course.spending",
        "corses",
        "courses",
    ),
    ("pays: [courses", "pays: [course", "E301", "funding.sources.social.pays.0", "course, activities], ear", "courses"),
    ("town: bei", "town: bie", "E301", "funding.sources.social.earmark.0.town", "bie", "bei"),
    (
        "{id: total,",
        "{id: total, of: mentoring.benfit,",
        "E301",
        "stages.total.of",
        "mentoring.benfit",
        "mentoring.benefit",
    ),
    ("{id: total,", "{id: total, of: mentoring.worth,", "E313", "stages.total", "mentoring.worth", None),
    ("leximin,", "leximin, ranks: [1, 3, 2],", "E336", "stages.balance.ranks", "2],", None),
    ("leximin,", "leximin, ranks: [1, 1, 2],", "E336", "stages.balance.ranks", "1, 2],", None),
    ("leximin,", "none, of: levle,", "E301", "stages.balance.of", "levle", "level"),
    ("preset: [dong]", "preset: [dung]", "E301", "mentoring.mature.preset.0", "dung", "dong"),
    (
        "transfer: {participation",
        "transfer: {particpation",
        "E301",
        "mentoring.transfer.particpation",
        "particpation",
        "participation",
    ),
    (
        "measure: participation",
        "measure: money_a_head",
        "E301",
        "goals.participation_40.measure",
        "money_a_head",
        "money_per_head",
    ),
    (
        "programme: health_course",
        "programme: helth_course",
        "E301",
        "attainment.effects.0.programme",
        "helth_course",
        "health_course",
    ),
    ("weight: 0.6", "weight: 0.5", "E302", "attainment.indicators", "indicators:", None),
    ("stations: 0.4", "stations: 0.5", "E303", "stages.tie_break.factors", "factors:", None),
    (
        "stations: 0.4}",
        "stations: 0.4}, programme_shares: {operations: 0.9}",
        "E304",
        "stages.tie_break.programme_shares",
        "programme_shares",
        None,
    ),
    ("at_least: 0.05", "at_least: 0.95", "E307", "funding.category_shares.0.at_least", "0.95", None),
    (
        "at_most: 0.9}]",
        "at_most: 0.9}, {spending: activities, at_least: 0.96}]",
        "E308",
        "funding.category_shares",
        "category_shares",
        None,
    ),
    ("{gain: 30}", "{gain: 70}", "E315", "attainment.effects.0.per_unit.1.gain", "70", None),
    ("{gain: 30}", "{up_to: 1, gain: 30}", "E315", "attainment.effects.0.per_unit.1.up_to", "1, gain: 30", None),
    ("{up_to: 1.5, gain: 60}", "{gain: 60}", "E315", "attainment.effects.0.per_unit.0", "{gain: 60}", None),
    (
        "giver: district, indicator: participation",
        "giver: district, indicator: volunteers",
        "E316",
        "guidance.effects.0.indicator",
        "volunteers, per_hour",
        None,
    ),
    (
        "denominator: stations",
        "denominator: station",
        "E318",
        "attainment.indicators.standard_stations.denominator",
        "station, ceiling",
        "stations",
    ),
    ("weighted_by: resident_pop", "weighted_by: name_zh", "E318", "stages.total.weighted_by", "name_zh", None),
    (
        "floor: running_cost",
        "floor: runing_cost",
        "E318",
        "delivery.programmes.operations.floor",
        "runing_cost",
        "running_cost_yuan",
    ),
    ("categories: [health, skills]", "categories: [health, skills, any]", "E319", "categories", "any]", None),
    ("{id: operations,", "{id: travel,", "E319", "delivery.programmes.travel.id", "travel, spending", None),
    (
        "reach_minutes: {teaching",
        "reach_minuts: {teaching",
        "E103",
        "travel.reach_minuts",
        "reach_minuts",
        "reach_minutes",
    ),
]


@pytest.mark.parametrize(("old", "new", "code", "path", "at", "hint"), WRONG, ids=lambda value: str(value)[:30])
def test_wrong_plans(  # noqa: PLR0917
    tmp_path: Path, old: str, new: str, code: str, path: str, at: str, hint: str | None
) -> None:
    text = changed(old, new)
    findings = [f for f in errors(write_plan(tmp_path, {"plan.yaml": text})) if f.code == code]
    assert [f.path for f in findings] == [path]
    line, column = place_of(text, at)
    assert str(findings[0].place) == f"plan.yaml:{line}:{column}"
    assert hint_word(findings[0]) == hint


def test_one_mistake_is_one_finding(tmp_path: Path) -> None:
    once = {"E104", "E105", "E106", "E108", "E302", "E303", "E307", "E315", "E318"}
    for at, (old, new, code, *_) in enumerate(WRONG):
        if code in once:
            found = errors(write_plan(tmp_path / str(at), {"plan.yaml": changed(old, new)}))
            assert [f.code for f in found] == [code], (old, new)


LOCKS: list[tuple[str, str, str, str | None]] = [
    ("at_least: 8000", "at_least: 8000, equals: 3", "E309", None),
    ("at_least: 8000, ", "", "E309", None),
    ("at_least: 8000", "at_least: 8000, at_most: 7000", "E307", None),
    ("decision: funding", "decision: fundng", "E310", "funding"),
    ("where: {town: bei", "where: {twn: bei", "E311", "town"),
    ("town: bei", "town: bie", "E301", "bei"),
    ("source: social", "source: socal", "E301", "social"),
    ("funding, where: {town: bei, source: social}", "pairing, where: {mentor: don}", "E301", "dong"),
]


@pytest.mark.parametrize(("old", "new", "code", "hint"), LOCKS)
def test_wrong_locks(tmp_path: Path, old: str, new: str, code: str, hint: str | None) -> None:
    (finding,) = errors(write_plan(tmp_path, {"2016.yaml": changed(old, new, YEAR)}))
    assert (finding.code, hint_word(finding)) == (code, hint)
    assert finding.place is not None and finding.place.file == "2016.yaml" and finding.path.startswith("locks.keep")


@pytest.mark.parametrize(
    ("given", "warned"),
    [
        ("ranks: [1, 2, 3]", []),
        ("ranks: [1, 5, 16]", ["5"]),
        ("over: every, ranks: [1, 4, 6]", []),
        ("over: every, ranks: [1, 7]", ["7"]),
    ],
)
def test_a_rank_beyond_all_outcomes_is_said(tmp_path: Path, given: str, warned: list[str]) -> None:
    # Three towns; over every town of two years six outcomes.
    plan = changed("leximin,", f"leximin, {given},", changed("years: [2016]", "years: [2016, 2017]"))
    found = load(write_plan(tmp_path, {"plan.yaml": plan}) / "2016.yaml").warnings
    assert [(each.code, each.found) for each in found] == [("W105", word) for word in warned]
    stage = plan.splitlines().index(f"  - {{id: balance, criterion: leximin, {given}, give: 0.5}}") + 1
    assert all(each.place is not None and each.place.line == stage for each in found)


def test_ranks_that_do_not_rise_are_put_right(tmp_path: Path) -> None:
    (found,) = errors(write_plan(tmp_path, {"plan.yaml": changed("leximin,", "leximin, ranks: [1, 3, 2],")}))
    assert found.hint is not None and "[1, 2, 3]" in found.hint.in_language("en")


@pytest.mark.parametrize("file", sorted(DOCS.rglob("*.md")), ids=lambda file: file.stem)
def test_locks_in_the_documents_can_be_pasted(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    examples = [YAML(typ="safe").load(each) for each in re.findall(r"\{id: [^`\n]*\bdecision: [^`\n]*\}", text)]
    assert len(examples) == len(re.findall(r"\bdecision: ", text))
    for example in examples:
        lock = Lock.model_validate(example)
        assert lock.where.keys() <= lockable()[lock.decision][1].labels.keys()


def test_blocks_that_others_need(tmp_path: Path) -> None:
    year = "year: 2016\nattainment: null\nmentoring: {hours_per_pair: 1}\n"
    found = {(f.code, f.path) for f in errors(write_plan(tmp_path, {"2016.yaml": year}))}
    assert found == {
        ("E313", "mentoring"),
        ("E313", "guidance.effects.0"),
        ("E313", "stages.balance"),
        ("E313", "stages.total"),
        ("E301", "goals.participation_40.measure"),
    }
    year = "year: 2016\nvolunteering: null\n"
    found = {(f.code, f.path) for f in errors(write_plan(tmp_path, {"2016.yaml": year}))}
    assert found == {("E313", "attainment.indicators.volunteers.stock")}


def test_stage_order_and_slow_mature(tmp_path: Path) -> None:
    plan = changed("  - {id: tie_break, factors: {resident_pop: 0.6, stations: 0.4}}\n", "")
    plan = changed("stages:\n", "stages:\n  - {id: tie_break, factors: {stations: 1}}\n", plan)
    plan = changed("mature: {preset", "slow: {towns: [dong]}\n  mature: {preset", plan)
    plan = changed("  - {id: total, weighted_by: resident_pop}\n", "  - {id: balance}\n", plan)
    found = [(f.code, f.path) for f in errors(write_plan(tmp_path, {"plan.yaml": plan}))]
    assert found == [("E314", "mentoring.mature.preset.0"), ("E305", "stages.tie_break.id"), ("E110", "stages.balance")]


def test_mixed_vintages_warn(tmp_path: Path) -> None:
    plan = changed("vintage: census_2020", "vintage: census_2020, other_vintages: {pop_60plus: end_2019}")
    plan = changed("weighted_by: resident_pop", "weighted_by: pop_60plus", plan)
    towns = TABLES["towns"].replace("venue_hours", "pop_60plus")
    (warning,) = load(write_plan(tmp_path, {"plan.yaml": plan}, {"towns": towns})).warnings
    assert (warning.code, warning.path, warning.severity) == ("W101", "stages.total.weighted_by", "warning")
    assert warning.message.values == {"own": "census_2020", "other": "end_2019"}


def test_town_cut_off_from_the_roads(tmp_path: Path) -> None:
    roads = TABLES["roads"].replace("dong,nan,15\n", "")
    (finding,) = errors(write_plan(tmp_path, tables={"roads": roads}))
    assert (finding.code, str(finding.place), finding.found) == ("E216", "tables/towns.csv:4:town", "nan")
    plan = changed("  roads: roads\n", "  roads: roads\n  without_road: {speed_kmh: 30, detour: 1.5}\n")
    scenario = load(write_plan(tmp_path, {"plan.yaml": plan}, {"roads": roads}))
    travel = scenario.first.travel
    assert travel is not None and travel.straight_line == (2,)
    assert np.isfinite(travel.minutes).all() and travel.minutes[0, 1] == 20
    assert (travel.minutes == travel.minutes.T).all() and 20 < travel.minutes[1, 2] < 30
    assert [(w.code, w.message.values["towns"]) for w in scenario.warnings] == [("W102", "nan")]
    towns = TABLES["towns"].replace("22.90,", ",")
    (finding,) = errors(write_plan(tmp_path, {"plan.yaml": plan}, {"roads": roads, "towns": towns}))
    assert (finding.code, str(finding.place)) == ("E208", "tables/towns.csv:4:lat")


def test_without_roads(tmp_path: Path) -> None:
    (finding,) = errors(write_plan(tmp_path, {"plan.yaml": changed("  roads: roads\n", "")}))
    assert (finding.code, finding.path) == ("E320", "travel")
    plan = changed("  roads: roads\n", "  without_road: {speed_kmh: 30}\n")
    scenario = load(write_plan(tmp_path, {"plan.yaml": plan}))
    assert scenario.first.travel is not None and scenario.first.travel.straight_line == (0, 1, 2)
    assert scenario.warnings == ()


def test_everything_at_once_sorted_by_place(tmp_path: Path) -> None:
    plan = PLAN
    for old, new in [
        ("years: [2016]", "years: [2016, 2017]"),
        ("amount: 900000", "amount: -5"),
        ("home_share: 0.5", "home_share: 1.5, vist_hours: 2"),
        ("weight: 0.6", "weight: 0.5"),
        ("town: bei", "town: bie"),
        ("target: 10,", "target: .inf,"),
        ("vintage: census_2020", "vintage: census_2020, other_vintages: {stations: v2}"),
        ("money: 元}", "money: 元}\nunits: {money: 元}"),
    ]:
        plan = changed(old, new, plan)
    tables = {
        "towns": TABLES["towns"].replace("100000,10", "-1,10"),
        "roads": TABLES["roads"].replace("dong,nan,15", "bei,dong,20"),
        "base": TABLES["base"].replace("dong,p", "dnog,p"),
    }
    findings = errors(write_plan(tmp_path, {"plan.yaml": plan}, tables))
    expected = [
        ("E112", "years"),
        ("E102", "units"),
        ("E302", "attainment.indicators"),
        ("W101", "attainment.indicators.standard_stations.denominator"),
        ("E105", "attainment.indicators.volunteers.target"),
        ("E104", "funding.sources.government.amount"),
        ("E301", "funding.sources.social.earmark.0.town"),
        ("E104", "teaching.home_share"),
        ("E103", "teaching.vist_hours"),
        ("W101", "stages.tie_break.factors.stations"),
        ("E215", "attainment.indicators.participation"),
        ("E213", ""),
        ("E212", ""),
        ("E210", ""),
        ("E216", ""),
    ]
    assert [(f.code, f.path) for f in findings] == expected
    keys = [(f.place.file, f.place.line or 0, f.place.column or 0) for f in findings if f.place is not None]
    assert keys == sorted(keys)
    lines = finding_lines(list(reversed(findings)), "zh")
    line, column = place_of(plan, "-5")
    assert f"plan.yaml:{line}:{column} E104 funding.sources.government.amount: 必须不小于 0（现为 -5）" in lines
    assert any("你是不是想写 visit_hours？" in each for each in lines)
    assert len(lines) == len(expected) == len(finding_lines(findings, "en"))


def same(one: Scenario, other: Scenario) -> None:
    assert (one.label, one.years, one.warnings) == (other.label, other.years, other.warnings)
    for a, b in zip(one.plan_years, other.plan_years, strict=True):
        assert a.common == b.common and a.sections == b.sections and a.indicators == b.indicators
        assert list(a.tables) == list(b.tables)
        for name in a.tables:
            pd.testing.assert_frame_equal(a.tables[name], b.tables[name])
        pd.testing.assert_frame_equal(a.towns, b.towns)
        pd.testing.assert_frame_equal(a.base, b.base)
        assert (a.travel is None) == (b.travel is None)
        if a.travel is not None and b.travel is not None:
            assert (a.travel.minutes == b.travel.minutes).all() and a.travel.straight_line == b.travel.straight_line


@pytest.mark.parametrize("changes", [{}, {"funding.sources.government.amount": 1.1, "guidance": None}])
def test_saved_scenario_loads_to_the_same(tmp_path: Path, changes: dict[str, Any]) -> None:
    variant = "extends: 2016\nunits: {money: 千元}\nname: {zh: '否：1', en: 'no'}\n"
    tables = {"towns": TABLES["towns"].replace("running_cost_yuan", "运转经费（万元）").encode("gb18030")}
    write_plan(tmp_path / "plan", {"variants/2016-x.yaml": variant}, tables)
    scenario = load(tmp_path / "plan" / "variants" / "2016-x.yaml", changes)
    scenario.save(tmp_path / "saved")
    same(scenario, load(tmp_path / "saved"))
    scenario.save(tmp_path / "saved")
    assert (tmp_path / "saved" / "tables" / "towns.csv").read_bytes() == tables["towns"]
    load(tmp_path / "saved").save(tmp_path / "again")
    same(scenario, load(tmp_path / "again"))


def test_saving_leaves_other_files_alone(tmp_path: Path) -> None:
    scenario = load(write_plan(tmp_path))
    with pytest.raises(UsageError):
        scenario.save(tmp_path)


def shipped_files() -> list[ParameterSet]:
    """Plans, years and variants; of plans of several years the first year, the others slow."""
    made = []
    for folder in sorted(file.parent for file in SHIPPED.glob("*/plan.yaml")):
        years = sorted(folder.glob("2*.yaml"))
        for file in (folder, *years, *sorted(folder.glob("variants/*.yaml"))):
            marks = [pytest.mark.slow] if file in years[1:] else []
            made.append(pytest.param(file, id=file.relative_to(SHIPPED).as_posix(), marks=marks))
    return made


@pytest.mark.parametrize("file", shipped_files())
def test_shipped_plans_load_and_save(tmp_path: Path, file: Path) -> None:
    scenario = load(file)
    scenario.save(tmp_path / scenario.label)
    same(scenario, load(tmp_path / scenario.label))


def test_several_years_share_what_is_equal(tmp_path: Path) -> None:
    plan = changed("years: [2016]", "years: [2017, 2016]")
    year = "year: 2017\nguidance: {district_hours: 120}\n"
    scenario = load(write_plan(tmp_path / "plan", {"plan.yaml": plan, "2017.yaml": year}))
    assert (scenario.label, scenario.years) == ("small", (2016, 2017))
    scenario.save(tmp_path / "saved")
    assert "funding" not in (tmp_path / "saved" / "2017.yaml").read_text(encoding="utf-8")
    same(scenario, load(tmp_path / "saved"))


def test_changes_add_up(tmp_path: Path) -> None:
    scenario = load(write_plan(tmp_path))
    other = scenario.with_({"mentoring.min_gap": 3}).with_({"teaching.home_share": 0.2})
    one, two = other.first.sections["mentoring"], other.first.sections["teaching"]
    assert (getattr(one, "min_gap"), getattr(two, "home_share")) == (3, 0.2)  # noqa: B009
    back = other.with_({"mentoring.min_gap": 5, "teaching.home_share": 0.5})
    assert back.first.sections == scenario.first.sections
    (tmp_path / "plan.yaml").unlink()
    same(scenario.with_({}), scenario)


RESULT = {
    "funding_by_town": "year,town,amount_yuan,change_yuan\n2014,bei,1,\n2015,bei,400,\n2015,dong,500,\n2015,nan,300,\n",
    "pairs": "year,mentor,mentee,minutes\n2014,dong,bei,3\n2015,dong,nan,15\n",
}


def test_last_year_from_a_result(tmp_path: Path) -> None:
    year = "year: 2016\nlast_year: {results: ../results/small-2015}\n"
    results = tmp_path / "results" / "small-2015"
    results.mkdir(parents=True)
    write_plan(tmp_path / "plan", {"2016.yaml": year})
    found = errors(tmp_path / "plan")
    assert [(f.code, str(f.place), f.path) for f in found] == [("E219", "2016.yaml:2:22", "last_year.results")] * 2
    assert found[0].hint is not None
    for name, text in RESULT.items():
        (results / f"{name}.csv").write_text(text, encoding="utf-8-sig")
    scenario = load(tmp_path / "plan")
    money = scenario.first.last_year_money()
    assert money is not None and list(money) == [400, 500, 300]
    given = scenario.first.common.last_year
    assert given is not None and given.pairs is not None
    assert scenario.first.tables[given.pairs].to_dict("records") == [
        {"mentor": "dong", "mentee": "nan", "start_year": 2015, "renewals": 0}
    ]
    scenario.save(tmp_path / "saved")
    same(scenario, load(tmp_path / "saved"))


def test_last_year_covers_every_town_and_is_said_once(tmp_path: Path) -> None:
    year = "year: 2016\nlast_year: {funding_by_town: last}\n"
    last = "town,金额(万元)\nbei,1.1\ndong,2\n"
    (finding,) = errors(write_plan(tmp_path, {"2016.yaml": year}, {"last": last}))
    assert (finding.code, finding.message.values["towns"]) == ("E215", "nan")
    scenario = load(write_plan(tmp_path, {"2016.yaml": year}, {"last": last + "nan,0\n"}))
    money = scenario.first.last_year_money()
    assert money is not None and list(money) == [11000, 20000, 0]
    both = year.replace("last}", "last, results: x}")
    assert {f.code for f in errors(write_plan(tmp_path, {"2016.yaml": both}))} == {"E322"}


junk = st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=4)
junk = junk | st.lists(junk, max_size=2) | st.dictionaries(st.sampled_from(["id", "gain", "town"]), junk, max_size=2)


@cache
def sound() -> Scenario:
    with TemporaryDirectory() as folder:
        return load(write_plan(Path(folder)))


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_whatever_a_value_is_it_loads_or_is_an_input_error(data: st.DataObject) -> None:
    paths = data.draw(st.lists(st.sampled_from(sorted(sound().first.places)), min_size=1, max_size=4, unique=True))
    changes = {path: data.draw(junk) for path in paths}
    try:
        sound().with_(changes)
    except InputError as error:
        assert finding_lines(error.findings, "zh") and finding_lines(error.findings, "en")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_a_cell_is_it_loads_or_is_an_input_error(tmp_path: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(TABLES)))
    lines = [line.split(",") for line in TABLES[name].strip().split("\n")]
    for _ in range(data.draw(st.integers(1, 3))):
        cells = data.draw(st.sampled_from(lines))
        at = data.draw(st.integers(0, len(cells) - 1))
        cells[at] = data.draw(
            st.sampled_from(["", "bei", "-1", "1e400", "nan", "x\ny", "１", "是", "t1", "health", "0", "🙂"])
        )
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    try:
        load(write_plan(tmp_path, tables={name: text.getvalue()}))
    except InputError as error:
        assert finding_lines(error.findings, "zh") and finding_lines(error.findings, "en")


def test_a_town_earmarked_twice_and_a_free_programme_with_a_floor_are_refused(tmp_path: Path) -> None:
    plan = PLAN.replace("at_least: 5000}]", "at_least: 5000}, {town: bei, at_least: 1}]")
    plan = plan.replace("unit_cost: 1, floor", "unit_cost: 0, floor")
    with pytest.raises(InputError) as wrong:
        load(write_plan(tmp_path, {"plan.yaml": plan}))
    assert [(f.code, f.path) for f in wrong.value.findings] == [
        ("E324", "delivery.programmes.operations.unit_cost"),
        ("E323", "funding.sources.social.earmark.1"),
    ]


def test_a_column_of_zeros_cannot_weigh(tmp_path: Path) -> None:
    towns = TABLES["towns"].replace("venue_hours", "venue_hours,spare").replace("4000,", "4000,0,")
    towns = towns.replace("5000,", "5000,0,").replace("2000,", "2000,0,", 1)
    plan = PLAN + "extra_columns: {towns: [spare]}\n"
    year = YEAR + "stages: [{id: total, weighted_by: spare}]\n"
    with pytest.raises(InputError) as wrong:
        load(write_plan(tmp_path, {"plan.yaml": plan, "2016.yaml": year}, {"towns": towns}))
    assert [(f.code, f.found) for f in wrong.value.findings] == [("E325", "spare")]
