"""The audit accepts what keeps every rule and names the family of whatever does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import shipped
from allocator.auditing.figures import variation
from allocator.auditing.goals import target_of
from allocator.auditing.whole import audit, audit_folder, audit_tables
from allocator.blocks.mentoring.audit import eligible_pairs, slow_towns
from allocator.blocks.shared.checks import Checks
from allocator.scenario.plan_year import PlanYear, Scenario
from allocator.scenario.section import Goal
from allocator.tables.result import Result
from audit_plans import (
    FIGURES,
    OTHER,
    SCENARIOS,
    SPOILS,
    Change,
    Spoil,
    Tables,
    failed,
    hand_made,
    money,
    named,
    row_at,
    shift,
    solved_full,
    the_check,
    year_checks,
)
from plans import PLAN, write_plan
from sampling import sampled
from shipped import parameters


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return solved_full(tmp_path_factory.mktemp("full"))


@pytest.fixture(scope="module")
def untouched(full: Result) -> list[Checks]:
    return year_checks(full)


@pytest.fixture
def tables(full: Result) -> Tables:
    return {name: table.copy() for name, table in full.tables.items()}


# -- spoiled plans -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spoil", sampled(SPOILS, 2, named))
def test_a_decision_ten_tolerances_beyond_a_rule_names_its_family(full: Result, tables: Tables, spoil: Spoil) -> None:
    spoil.apply(full, tables, 10.0)
    assert the_check(full, spoil.family, spoil.key, spoil.sense, tables)[3]


@pytest.mark.parametrize("spoil", sampled(SPOILS, 5, named))
def test_a_decision_within_the_tolerance_of_a_rule_is_no_violation(full: Result, tables: Tables, spoil: Spoil) -> None:
    spoil.apply(full, tables, 0.5)
    assert not the_check(full, spoil.family, spoil.key, spoil.sense, tables)[3]


@pytest.mark.parametrize(("family", "table", "column"), sampled(FIGURES, 4))
def test_a_figure_ten_tolerances_off_names_its_family(
    full: Result, untouched: list[Checks], tables: Tables, family: str, table: str, column: str
) -> None:
    tolerance = max(part.tolerance.max() for part in untouched if part.family == family and len(part))
    for at in (0, len(tables[table].index) // 2):
        changed = {name: frame.copy() for name, frame in tables.items()}
        if table == "stages" and str(changed[table].loc[at, "step"]) == "hashed_order":
            continue
        changed[table][column] = changed[table][column].astype(float)
        changed[table].loc[at, column] += 10 * tolerance
        assert family in failed(full, changed), at


@pytest.mark.parametrize(("family", "table", "column"), sampled(FIGURES, 5))
def test_a_figure_off_by_less_than_its_last_digit_is_no_violation(
    full: Result, tables: Tables, family: str, table: str, column: str
) -> None:
    tables[table][column] = tables[table][column].astype(float)
    tables[table].loc[0, column] += 0.4e-6
    assert family not in failed(full, tables)


@pytest.mark.parametrize(
    ("family", "table", "change"), sampled(OTHER, 2, lambda case: f"{OTHER.index(case)}-{case[0]}")
)
def test_rows_that_are_missing_unknown_or_wrong_name_their_family(
    full: Result, tables: Tables, family: str, table: str, change: Change
) -> None:
    tables[table] = change(tables)
    assert family in failed(full, tables)


def test_every_family_of_checks_has_a_case_that_breaks_it(full: Result) -> None:
    broken = {spoil.family for spoil in SPOILS} | {case[0] for case in FIGURES} | {case[0] for case in OTHER}
    of_blocks = "".join(file.read_text(encoding="utf-8") for file in (Path(__file__).parent / "blocks").glob("*.py"))
    families = {part.family for part in year_checks(full)}
    assert {family for family in families - broken if f'"{family}"' not in of_blocks} == set()


def test_every_family_names_its_worst_check(full: Result, tables: Tables) -> None:
    shift(tables["funding"], money("dong", "operations"), "amount_yuan", 1e6)
    families = audit_tables(full.scenario, tables).families.set_index("family")
    budget = families.loc["budget"]
    spent = tables["funding"].query("source == 'government'")["amount_yuan"].sum()
    assert budget["worst_key"] == "government"
    assert budget["checks"] == 2
    assert budget["activity"] == pytest.approx(spent)
    assert (budget["sense"], budget["bound"]) == ("<=", 900000.0)
    assert budget["violation"] == pytest.approx(spent - 900000.0)
    assert families.loc["costing", "worst_key"] == "dong/operations"
    assert families.index[0] in audit_tables(full.scenario, tables).failed


def test_the_tolerance_is_half_a_digit_for_each_coefficient_and_a_millionth_of_the_scale(full: Result) -> None:
    # health course: one unit costs 1,500 yuan and two sources may pay it
    _, bound, tolerance, _ = the_check(full, "costing", "bei/health_course", "==")
    assert bound == 0.0
    assert tolerance == pytest.approx((1500 + 2) * 0.5e-6 + 1e-6)
    _, bound, tolerance, _ = the_check(full, "venue", "bei", "<=")
    assert tolerance == pytest.approx(24 * 0.5e-6 + 1e-6 * bound)


# -- plans by hand, and by the engine ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny() -> Scenario:
    return Scenario.load(SCENARIOS / "tiny" / "2016.yaml")


def test_a_plan_worked_out_by_hand_is_accepted(tiny: Scenario) -> None:
    report = audit_tables(tiny, hand_made())
    assert report.failed == ()
    assert report.passed


def test_a_better_mean_than_the_plan_has_cannot_be_held(tiny: Scenario) -> None:
    changed = hand_made()
    changed["stages"].loc[3, ["value", "held_at"]] = [39.6, 39.5999]
    assert audit_tables(tiny, changed).failed == ("stages",)


@pytest.mark.parametrize(
    "name", parameters(["tiny/2016", "tiny/2016-total", "panyu/2016", "panyu/2016-locks"], slow=True)
)
def test_what_the_engine_solves_is_accepted(name: str, tmp_path: Path) -> None:
    result = shipped.result(name)
    assert audit(result).failed == ()
    folder = result.save(tmp_path / "results")
    report = audit_folder(folder)
    assert report.failed == ()
    assert report.altered == ()
    assert report.passed


PARTS = {
    "no mentoring, guidance or exchange": ("mentoring", "guidance", "teaching", "volunteering"),
    "no money": ("funding",),
    "no levels": ("attainment", "mentoring", "guidance"),
}


@pytest.mark.parametrize("absent", PARTS.values(), ids=PARTS)
def test_a_plan_without_some_blocks_is_accepted(absent: tuple[str, ...], tmp_path: Path) -> None:
    from allocator.verbs.solving import solve

    blocks: list[list[str]] = []
    for line in PLAN.splitlines():
        if line[:1].strip():
            blocks.append([])
        blocks[-1].append(line)
    out = {*absent, "goals", "stages"}
    kept = [line for block in blocks if block[0].split(":")[0] not in out for line in block]
    if "volunteering" in absent:
        kept = [line for line in kept if "stock: volunteers" not in line]
        kept = [line.replace("weight: 0.6", "weight: 0.7") for line in kept]
    stages = "  - {id: balance, criterion: none}" if "attainment" in absent else "  - {id: balance, criterion: maximin}"
    write_plan(tmp_path, {"plan.yaml": "\n".join([*kept, "stages:", stages, ""]), "2016.yaml": "year: 2016\n"})
    result = solve(Scenario.load(tmp_path / "2016.yaml"))
    assert audit(result).failed == ()


def test_rows_of_a_block_the_plan_does_not_have_are_named(tiny: Scenario) -> None:
    changed = hand_made()
    row = {"year": 2016, "giver": "district", "town": "east", "hours": 1.0}
    changed["guidance"] = pd.DataFrame([row])
    assert audit_tables(tiny, changed).failed == ("table.guidance",)


# -- who may pair, goals, measures -------------------------------------------------------------------------------


def test_pairs_that_may_be_made_agree_with_the_model_s(full: Result) -> None:
    from allocator.blocks.mentoring.candidates import candidates

    plan = Scenario.load(SCENARIOS / "panyu" / "2016.yaml").first
    given = plan.sections["mentoring"]
    rng, towns = np.random.default_rng(20160101), plan.towns.index
    for _ in range(40):
        drawn = {i.id: i.target * rng.uniform(0, 1.1, len(towns)) for i in plan.indicators}
        other = replace(plan, base=pd.DataFrame(drawn, index=towns))
        found = candidates(other, given)
        pairs = set(zip(towns[found.mentor], towns[found.mentee], strict=True))
        assert pairs == eligible_pairs(other, given)
        assert set(towns[found.slow]) == set(slow_towns(other, given))


def test_equal_base_levels_are_ranked_by_town_id(full: Result) -> None:
    plan = full.scenario.first
    same = pd.DataFrame(0.2, index=plan.towns.index, columns=plan.base.columns)
    given = plan.sections["mentoring"]
    free = given.model_copy(update={"mature": given.mature.model_copy(update={"preset": ()})})
    assert slow_towns(replace(plan, base=same), free) == ["bei"]
    assert slow_towns(replace(plan, base=same), given) == ["bei"]
    preset = given.model_copy(update={"mature": given.mature.model_copy(update={"preset": ("bei",)})})
    assert slow_towns(replace(plan, base=same), preset) == []


@pytest.mark.parametrize(
    ("path", "targets", "year", "expected"),
    [
        ("milestones", {2016: 0.3, 2020: 0.4}, 2016, 0.3),
        ("milestones", {2018: 0.3, 2020: 0.4}, 2016, np.nan),
        ("milestones", {2018: 0.3, 2020: 0.4}, 2019, np.nan),
        ("milestones", {2018: 0.3}, 2020, 0.3),
        ("linear_from_base", {2020: 0.4}, 2016, 0.1 + 0.3 / 5),
        ("linear_from_base", {2020: 0.4}, 2020, 0.4),
        ("linear_from_base", {2017: 0.3, 2020: 0.6}, 2016, 0.2),
        ("linear_from_base", {2017: 0.3, 2020: 0.6}, 2017, 0.3),
        ("linear_from_base", {2017: 0.3, 2020: 0.6}, 2019, 0.5),
        ("linear_from_base", {2017: 0.3}, 2019, 0.3),
    ],
)
def test_targets_of_a_year(full: Result, path: str, targets: dict[int, float], year: int, expected: float) -> None:
    goal = Goal(id="g", measure="participation", strength="soft", at_least=targets, path=path)  # type: ignore[arg-type]
    plan = full.scenario.first
    years = plan.common.model_copy(update={"year": year, "years": (2016, 2017, 2018, 2019, 2020)})
    assert target_of(goal, replace(plan, common=years), 0.1) == pytest.approx(expected, nan_ok=True)


def test_the_published_example_of_the_coefficient_of_variation() -> None:
    # five schools: students, books; books a student weighted by students
    students = np.array([45.0, 37.0, 89.0, 76.0, 55.0])
    books = np.array([279.0, 137.0, 935.0, 160.0, 402.0])
    assert variation(books / students, students)[0] == pytest.approx(0.5153, abs=5e-5)


# -- words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_report_says_verdict_families_tolerance_and_what_is_left_out(
    full: Result, tables: Tables, language: str
) -> None:
    report = audit_tables(full.scenario, tables)
    lines = report.lines(language)  # type: ignore[arg-type]
    assert lines[0].startswith("核查通过" if language == "zh" else "Audit passed")
    assert len([line for line in lines if "budget" in line]) == 1
    assert "rows.price_balance" in lines[-1]
    shift(tables["funding"], money("bei", "operations"), "amount_yuan", -1e5)
    broken = audit_tables(full.scenario, tables).lines(language)  # type: ignore[arg-type]
    assert broken[0].startswith("核查未通过" if language == "zh" else "Audit failed")
    assert any("costing" in line and "bei/operations" in line and "100000" in line for line in broken)


def test_keys_say_the_year_where_there_are_several(full: Result, tables: Tables) -> None:
    plan = full.scenario.first
    later: PlanYear = replace(plan, common=plan.common.model_copy(update={"year": 2017}))
    both = Scenario(full.scenario.label, (plan, later), (), full.scenario.source)
    twice = {name: pd.concat([table, table.assign(year=2017)], ignore_index=True) for name, table in tables.items()}
    at = row_at(twice["delivery"].query("year == 2017").reset_index(), {"town": "bei", "programme": "health_course"})
    twice["delivery"].loc[len(tables["delivery"]) + at, "units"] = 1e6
    families = audit_tables(both, twice).families.set_index("family")
    assert families.loc["max_units", "worst_key"] == "2017: bei/health_course"
