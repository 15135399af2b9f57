"""What arithmetic can prove: a plan where it is broken, one where it just holds and the solver agrees."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from allocator.blocks.registry import lockable, parts_of
from allocator.plan.check import check
from allocator.plan.reading import load
from allocator.words.texts import LANGUAGES, catalogue
from check_cases import BOTH_SLOW, CASES
from checking import CEILING, FLOORS, SHARES, SOCIAL, Case, courses, locks, proofs, status, written
from plans import PLAN, place_of, write_plan

SCENARIOS = Path(__file__).parent.parent / "scenarios"


@pytest.mark.parametrize("case", CASES)
def test_a_broken_condition_is_proved_with_its_arithmetic_where_it_stands(case: Case, tmp_path: Path) -> None:
    scenario, files = written(tmp_path, case.broken)
    found = [finding for finding in proofs(scenario) if finding.code == case.code]
    assert found, [str(finding.message) for finding in check(scenario)]
    for language in LANGUAGES:
        said = [f"{f.message.in_language(language)} {f.hint.in_language(language) if f.hint else ''}" for f in found]
        assert any(all(number in text for number in case.numbers) for text in said), said
    if case.word:
        file = next(name for name, text in files.items() if case.word in text)
        assert (found[0].place.line, found[0].place.column) == place_of(files[file], case.word)
        assert found[0].place.file == file
    assert status(scenario) == "infeasible"


@pytest.mark.parametrize("case", CASES)
def test_a_condition_that_just_holds_is_not_reported_and_there_is_a_plan(case: Case, tmp_path: Path) -> None:
    scenario, _ = written(tmp_path, case.fine)
    assert [(f.code, f.message.in_language("en")) for f in proofs(scenario)] == []
    assert status(scenario) in ("optimal", "feasible")


def test_every_proof_that_the_catalogue_words_has_a_case() -> None:
    codes = {key[6:10] for key in catalogue() if key.startswith("check.F")}
    of_blocks = "".join(file.read_text(encoding="utf-8") for file in (Path(__file__).parent / "blocks").glob("*.py"))
    assert codes == {param.values[0].code for param in CASES} | {code for code in codes if f'"{code}"' in of_blocks}


def test_every_decision_that_can_be_locked_has_a_range_and_a_name() -> None:
    decisions = {name: block for name, (block, how) in lockable().items() if how.in_files}
    assert all(callable(parts_of("check")[block].lock_range) for block in decisions.values())
    assert {f"check.decision_{decision}" for decision in decisions} <= catalogue().keys()


@pytest.mark.parametrize(
    ("pair", "minutes", "gap", "words"),
    [
        ("{mentor: bei, mentee: nan}", 60, 5, ["Bei is not a mature town"]),
        ("{mentor: dong, mentee: bei}", 60, 5, ["Bei is not a slow-starting town"]),
        ("{mentor: dong, mentee: nan}", 10, 5, ["Dong is 15 minutes away, more than 10"]),
        ("{mentor: dong, mentee: nan}", 60, 50, ["Dong leads by 47 level points, less than 50"]),
    ],
)
def test_a_locked_pair_that_may_not_be_says_every_reason(
    pair: str, minutes: int, gap: int, words: list[str], tmp_path: Path
) -> None:
    edits = locks(f"decision: pairing, where: {pair}, equals: 1")
    edits |= {"mentoring: 60": f"mentoring: {minutes}", "  nearness": f"  min_gap: {gap}\n  nearness"}
    found = [finding for finding in proofs(written(tmp_path, edits)[0]) if finding.code == "F401"]
    assert all(word in found[0].message.in_language("en") for word in words)


NO_NEED = {
    CEILING: "max_units: {per: 1, of: resident_pop, units: 1}",
    f"  per_capita_floor: {FLOORS}\n": "",
    SOCIAL: "pays: [courses]",
}
SMALL = {FLOORS: "{district: 0.1}", "amount: 900000": "amount: 160000", "amount: 100000": "amount: 50000"}
CROWDED = {
    **courses(0, 0, 0),
    "teacher_hours: 20, floor: skill": "venue_hours: 100, max_units: {per: 2500, of: resident_pop, units: 1}",
    "venue_hours: 24": "venue_hours: 100",
    "  effects:\n": "  effects:\n    - {programme: skills_course, indicator: participation, per_unit: 1,\n"
    "       origin: {kind: illustrative, rule: x}}\n",
    "amount: 900000": "amount: 300000",
    "amount: 100000": "amount: 50000",
}
WARNINGS = [
    ("W201", {}, "1,000,000"),
    (
        "W202",
        {**SMALL, "volunteer_hours: 10": "volunteer_hours: 400", "ratio: 5": "ratio: 50"},
        "14,200 210,000 193,250",
    ),
    ("W203", {**SMALL, "teacher_hours: 20": "teacher_hours: 30"}, "1,000 210,000 190,000"),
    ("W204", CROWDED, "11,000 350,000 305,000"),
    ("W211", {"mentoring: 60": "mentoring: 10"}, "19 15 10"),
    ("W212", {**BOTH_SLOW, "  nearness": "  mentor_capacity: 1\n  nearness"}, "1 2"),
    ("W213", {"teacher_hours: 20,": ""}, "5"),
    ("W221", {}, "0.3"),
    ("W231", {**NO_NEED, SHARES: "[{spending: activities, at_least: 0.1}]"}, "0.1"),
]


@pytest.mark.parametrize(("code", "edits", "numbers"), WARNINGS, ids=[each[0] for each in WARNINGS])
def test_what_is_worth_a_warning_is_said_and_does_not_stop_anyone(
    code: str, edits: Mapping[str, str], numbers: str, tmp_path: Path
) -> None:
    scenario, _ = written(tmp_path, edits)
    found = [finding for finding in check(scenario) if finding.code == code]
    assert found, [(f.code, str(f.message)) for f in check(scenario)]
    assert found[0].severity == "warning"
    for language in LANGUAGES:
        said = found[0].message.in_language(language)
        assert all(number in said for number in numbers.split()), said


@pytest.mark.parametrize(
    "goal", ["{measure: money_per_head, at_least: {2016: 4}}", "{measure: paired_slow_towns, at_least: {2016: 1}}"]
)
def test_goals_on_money_and_pairs_out_of_reach_are_said(goal: str, tmp_path: Path) -> None:
    written_goal = goal.replace("{measure", "{id: more, strength: soft, measure")
    edits = {"mentoring: 60": "mentoring: 10", "goals:\n": f"goals:\n  - {written_goal}\n"}
    found = [f for f in check(written(tmp_path, edits)[0]) if f.code == "W221" and f.path == "goals.more.at_least"]
    assert len(found) == 1


@pytest.mark.parametrize(
    ("code", "goal", "numbers"),
    [
        ("W222", "measure: money_per_head, scope: count_of_towns, towns: 2, at_least: {2016: 12}", "2 1 12 9.75"),
        # The base of the district: (0.2 * 100,000 + 0.3 * 150,000 + 0.1 * 50,000) / 300,000.
        ("W224", "measure: participation, at_least: {2020: 0.2}, path: linear_from_base", "0.233333 0.2"),
    ],
)
def test_goals_worth_a_second_look(code: str, goal: str, numbers: str, tmp_path: Path) -> None:
    edits = {"goals:\n": f"goals:\n  - {{id: more, strength: hard, {goal}}}\n"}
    found = [f for f in check(written(tmp_path, edits)[0]) if f.code == code]
    assert [f.path.split(".")[1] for f in found] == ["more"]
    for language in LANGUAGES:
        assert all(number in found[0].message.in_language(language) for number in numbers.split())


def test_a_line_of_a_later_year_without_its_base_is_said(tmp_path: Path) -> None:
    line = "{id: more, strength: hard, measure: money_per_head, at_least: {2019: 4}, path: linear_from_base}"
    files = {
        "plan.yaml": PLAN.replace("[2016]", "[2016, 2017]").replace("goals:\n", f"goals:\n  - {line}\n"),
        "2016.yaml": "year: 2016\nlast_year: {funding_by_town: last}\n",
        "2017.yaml": "year: 2017\n",
    }
    last = {"last": "town,amount_yuan\nbei,100000\ndong,100000\nnan,100000\n"}
    folder = write_plan(tmp_path, files, last)
    codes = {
        year: [f.code for f in check(load(folder / f"{year}.yaml")) if f.path == "goals.more.path"]
        for year in (2016, 2017)
    }
    assert codes == {2016: [], 2017: ["W223"]}


def test_many_towns_are_counted_not_listed(tmp_path: Path) -> None:
    rows = [f"t{n:02d},镇{n},Town{n},1000,1,100,0,1000" for n in range(14)]
    tables = {
        "towns": "town,name_zh,name_en,resident_pop,stations,venue_hours,school_hours,running_cost_yuan\n"
        + "\n".join(rows)
        + "\n",
        "base": "",
        "teachers": "",
        "skills": "",
        "volunteers": "",
        "roads": "",
    }
    plan = (
        "schema_version: 1\nplan: many\nname: {zh: 多镇, en: many}\nyears: [2016]\nstages: []\nspending: [a]\n"
        "population: {column: resident_pop, vintage: x}\nguidance: {district_hours: 99, station_min_hours: 5}\n"
    )
    write_plan(tmp_path, {"plan.yaml": plan, "2016.yaml": "year: 2016\n"}, tables)
    found = proofs(load(tmp_path / "2016.yaml"))
    assert [finding.code for finding in found] == ["F302"] * 11
    assert any("4 more towns" in finding.message.in_language("en") for finding in found)


def repository() -> list[ParameterSet]:
    """Every year and variant of every plan; the years of the largest are slow (test_panyu_whole checks them as one)."""
    files = sorted([*SCENARIOS.glob("*/[0-9]*.yaml"), *SCENARIOS.glob("*/variants/*.yaml")])
    marks = {file: [pytest.mark.slow] if file.parent.name == "panyu_whole" else [] for file in files}
    return [pytest.param(file, id=f"{file.parent.name}-{file.stem}", marks=marks[file]) for file in files]


@pytest.mark.parametrize("plan", repository())
def test_no_scenario_of_the_repository_is_said_to_be_impossible(plan: Path) -> None:
    assert proofs(load(plan)) == []
