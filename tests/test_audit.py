"""The audit accepts what keeps every rule and names the family of whatever does not."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from allocator.audit import AlteredFile, audit, audit_folder, audit_tables, checks_of_year
from allocator.auditing.cleaning import cleaned, of_years
from allocator.auditing.figures import variation
from allocator.auditing.goals import target_of
from allocator.blocks.checks import Checks
from allocator.blocks.mentoring.audit import eligible_pairs, slow_towns
from allocator.columns import RESULT_TABLES
from allocator.result import Result
from allocator.scenario import Goal, PlanYear, Scenario
from plans import PLAN, YEAR, write_plan

SCENARIOS = Path(__file__).parent.parent / "scenarios"
Tables = dict[str, pd.DataFrame]


# -- a plan with every rule --------------------------------------------------------------------------------------


def full_plan() -> str:
    """The small plan with every rule a plan can have."""
    text = PLAN
    for old, new in (
        ("funding:\n", "funding:\n  year_on_year: {down: 0.2, up: 1.5}\n"),
        ("amount: 900000, ", "amount: 900000, min_share: 0.4, "),
        (
            "home_share: 0.5}",
            "home_share: 0.5, exchange_min_share: 0.1, backbone_min_share: 0.2,\n"
            "  travel_allowance: {unit_cost: 30, spending: courses}}",
        ),
        (
            "  nearness_minutes: 60\n",
            "  nearness_minutes: 60\n  hours_per_pair: 40\n  allowance: {unit_cost: 3000, spending: activities}\n",
        ),
        (
            "  district_hours: 100\n",
            "  district_hours: 100\n  town_min_hours: 10\n  station_min_hours: 4\n"
            "  allowance: {unit_cost: 20, spending: activities}\n",
        ),
        (
            "rule: 每小时12人}}",
            "rule: 每小时12人}}\n    - {giver: school, indicator: standard_stations, per_hour: 0.01,\n"
            "       origin: {kind: illustrative, rule: 每小时0.01个站}}",
        ),
        (
            "goals:\n",
            "goals:\n"
            "  - {id: every, measure: participation, scope: every_town, strength: soft, at_least: {2018: 0.5},\n"
            "     path: linear_from_base}\n"
            "  - {id: yuan, measure: money_per_head, strength: soft, at_least: {2016: 9}}\n"
            "  - {id: paired, measure: paired_slow_towns, strength: soft, at_least: {2016: 1}}\n",
        ),
    ):
        assert old in text
        text = text.replace(old, new)
    return text


FULL_YEAR = (
    YEAR
    + """\
  - {id: hours, decision: teaching, where: {teacher: t1}, at_most: 390, reason: 测试}
last_year: {funding_by_town: money_before, pairs: pairs_before}
"""
)
LAST_YEAR = {
    "money_before": "town,amount_yuan\nbei,200000\ndong,250000\nnan,100000\n",
    "pairs_before": "mentor,mentee,start_year,renewals\ndong,nan,2015,0\n",
}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Result:
    from allocator.solve import solve

    folder = tmp_path_factory.mktemp("full")
    write_plan(folder, {"plan.yaml": full_plan(), "2016.yaml": FULL_YEAR}, LAST_YEAR)
    return solve(Scenario.load(folder / "2016.yaml"))


@pytest.fixture
def tables(full: Result) -> Tables:
    return {name: table.copy() for name, table in full.tables.items()}


def failed(result: Result, changed: Tables) -> tuple[str, ...]:
    return audit_tables(result.scenario, changed).failed


def year_checks(result: Result, changed: Tables | None = None) -> list[Checks]:
    clean, _ = cleaned(changed if changed is not None else result.tables)
    by_year, _ = of_years(clean, result.scenario.years)
    return checks_of_year(by_year[2016], result.scenario.first)


def the_check(
    result: Result, family: str, key: str, sense: str, changed: Tables | None = None
) -> tuple[float, float, float, bool]:
    """Activity, bound and tolerance of one check, and whether it is broken."""
    for part in year_checks(result, changed):
        if part.family == family and part.sense == sense and key in part.key:
            at = list(part.key).index(key)
            return float(part.activity[at]), float(part.bound[at]), float(part.tolerance[at]), bool(part.broken[at])
    raise AssertionError(f"no check {family} {key} {sense}")


def row_at(table: pd.DataFrame, where: dict[str, str]) -> int:
    chosen = np.ones(len(table), dtype=bool)
    for label, wanted in where.items():
        chosen &= (table[label] == wanted).to_numpy()
    assert chosen.sum() == 1, where
    return int(np.flatnonzero(chosen)[0])


def shift(table: pd.DataFrame, where: dict[str, str], column: str, by: float) -> None:
    table.loc[row_at(table, where), column] += by


# -- spoiling decisions ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spoil:
    """Move one written decision so far that a rule is missed by a number of tolerances."""

    family: str
    key: str
    sense: str
    table: str
    where: dict[str, str]
    column: str
    coefficient: float
    """What one unit of the decision adds to the activity."""

    def apply(self, result: Result, changed: Tables, tolerances: float) -> None:
        activity, bound, tolerance, _ = the_check(result, self.family, self.key, self.sense)
        beyond = {"<=": 1.0, ">=": -1.0, "==": 1.0}[self.sense] * tolerances * tolerance
        shift(changed[self.table], self.where, self.column, (bound - activity + beyond) / self.coefficient)


def money(town: str, programme: str, source: str = "government") -> dict[str, str]:
    return {"town": town, "programme": programme, "source": source}


def lesson(teacher: str, start: str, end: str) -> dict[str, str]:
    return {"teacher": teacher, "from_town": start, "to_town": end, "category": "health"}


NAN_MINUTES = 35.0
"""bei to nan by way of dong."""

SPOILS = [
    Spoil("budget", "government", "<=", "funding", money("dong", "operations"), "amount_yuan", 1.0),
    Spoil("costing", "bei/operations", "==", "funding", money("bei", "operations"), "amount_yuan", -1.0),
    Spoil("costing", "dong/mentoring", "==", "funding", money("dong", "mentoring"), "amount_yuan", -1.0),
    Spoil("costing", "nan/travel", "==", "funding", money("nan", "travel"), "amount_yuan", -1.0),
    Spoil("costing", "district/guidance", "==", "funding", money("district", "guidance"), "amount_yuan", -1.0),
    Spoil("costing", "bei/health_course", "==", "delivery", {"town": "bei", "programme": "health_course"}, "units", 1500.0),
    Spoil("earmark", "bei/social", ">=", "funding", money("bei", "health_course", "social"), "amount_yuan", 1.0),
    Spoil("source_share", "government", ">=", "funding", money("bei", "operations"), "amount_yuan", 0.6),
    Spoil("per_capita_floor", "bei", ">=", "funding", money("bei", "operations"), "amount_yuan", 1.0),
    Spoil("per_capita_floor", "district", ">=", "funding", money("nan", "operations"), "amount_yuan", 1.0),
    Spoil("category_share", "courses/at_least", ">=", "funding", money("bei", "health_course"), "amount_yuan", 0.95),
    Spoil("category_share", "courses/at_most", "<=", "funding", money("bei", "health_course"), "amount_yuan", 0.1),
    Spoil("year_on_year", "bei/at_least", ">=", "funding", money("bei", "operations"), "amount_yuan", 1.0),
    Spoil("year_on_year", "bei/at_most", "<=", "funding", money("bei", "operations"), "amount_yuan", 1.0),
    Spoil("funding", "bei/operations/government", ">=", "funding", money("bei", "operations"), "amount_yuan", 1.0),
    Spoil("teacher_hours", "t1", "<=", "teaching", lesson("t1", "bei", "bei"), "hours", 1.0),
    Spoil("home_hours", "t1", "<=", "teaching", lesson("t1", "bei", "nan"), "hours", 1 + 2 * NAN_MINUTES / 60 / 2),
    Spoil("exchange_share", "", ">=", "teaching", lesson("t2", "dong", "nan"), "hours", 0.9),
    Spoil("backbone_share", "", ">=", "teaching", lesson("t2", "dong", "nan"), "hours", -0.2),
    Spoil("teaching_need", "nan/health", "==", "teaching", lesson("t2", "dong", "nan"), "hours", -0.8),
    Spoil("teaching", "t1/bei/bei/health", ">=", "teaching", lesson("t1", "bei", "bei"), "hours", 1.0),
    Spoil("volunteer_supply", "dong", "<=", "volunteering", {"from_town": "dong", "to_town": "dong"}, "hours", 1.0),
    Spoil("volunteer_need", "dong", "==", "volunteering", {"from_town": "dong", "to_town": "dong"}, "hours", -1.0),
    Spoil("supervision", "dong", "<=", "volunteering", {"from_town": "dong", "to_town": "dong"}, "hours", 1.0),
    Spoil("volunteering", "dong/dong", ">=", "volunteering", {"from_town": "dong", "to_town": "dong"}, "hours", 1.0),
    Spoil("venue", "bei", "<=", "delivery", {"town": "bei", "programme": "health_course"}, "units", 24.0),
    Spoil("running_cost", "bei/operations", ">=", "delivery", {"town": "bei", "programme": "operations"}, "units", 1.0),
    Spoil("max_units", "bei/health_course", "<=", "delivery", {"town": "bei", "programme": "health_course"}, "units", 1.0),
    Spoil("units", "bei/health_course", ">=", "delivery", {"town": "bei", "programme": "health_course"}, "units", 1.0),
    Spoil("school_hours", "bei", "<=", "guidance", {"giver": "bei", "town": "bei"}, "hours", 1.0),
    Spoil("guidance_capacity", "", "<=", "guidance", {"giver": "district", "town": "bei"}, "hours", 1.0),
    Spoil("guidance_minimum", "bei", ">=", "guidance", {"giver": "district", "town": "bei"}, "hours", 1.0),
    Spoil("contact_minimum", "bei", ">=", "guidance", {"giver": "bei", "town": "bei"}, "hours", 1.0),
    Spoil("guidance", "district/bei", ">=", "guidance", {"giver": "district", "town": "bei"}, "hours", 1.0),
    Spoil("credit", "bei/participation", "<=", "attainment", {"town": "bei", "indicator": "participation"}, "attainment", 0.4),
    Spoil("attainment", "bei/participation", "<=", "attainment", {"town": "bei", "indicator": "participation"}, "attainment", 1.0),
    Spoil("attainment", "bei/participation", ">=", "attainment", {"town": "bei", "indicator": "participation"}, "attainment", 1.0),
    Spoil("lock", "keep/at_least", ">=", "funding", money("bei", "health_course", "social"), "amount_yuan", 1.0),
    Spoil("lock", "hours/at_most", "<=", "teaching", lesson("t1", "bei", "bei"), "hours", 1.0),
    # 100 x weight / target x gain / residents level points a unit
    Spoil("stages", "balance/worst_1", ">=", "delivery", {"town": "nan", "programme": "health_course"}, "units",
          100 * 0.6 / 0.4 * 60 / 50000),
    Spoil("stages", "stability/change", "<=", "funding", money("bei", "operations"), "amount_yuan", 1 / 10000),
]  # fmt: skip


def named(spoil: Spoil) -> str:
    return f"{spoil.family}-{spoil.key or 'whole'}-{spoil.table}-{spoil.sense}"


@pytest.mark.parametrize("spoil", SPOILS, ids=named)
def test_a_decision_ten_tolerances_beyond_a_rule_names_its_family(full: Result, tables: Tables, spoil: Spoil) -> None:
    spoil.apply(full, tables, 10.0)
    assert the_check(full, spoil.family, spoil.key, spoil.sense, tables)[3]
    assert spoil.family in failed(full, tables)


@pytest.mark.parametrize("spoil", SPOILS, ids=named)
def test_a_decision_within_the_tolerance_of_a_rule_is_no_violation(full: Result, tables: Tables, spoil: Spoil) -> None:
    spoil.apply(full, tables, 0.5)
    assert not the_check(full, spoil.family, spoil.key, spoil.sense, tables)[3]


# -- spoiling figures --------------------------------------------------------------------------------------------

FIGURES = [
    ("funding_by_town.amount_yuan", "funding_by_town", "amount_yuan"),
    ("funding_by_town.last_year_yuan", "funding_by_town", "last_year_yuan"),
    ("funding_by_town.change_yuan", "funding_by_town", "change_yuan"),
    ("funding_by_town.change_share", "funding_by_town", "change_share"),
    ("funding_by_town.per_head_yuan", "funding_by_town", "per_head_yuan"),
    ("teaching_minutes", "teaching", "minutes"),
    ("volunteering_minutes", "volunteering", "minutes"),
    ("pairs_minutes", "pairs", "minutes"),
    ("pairs_level_gap", "pairs", "level_gap"),
    ("pairs_uplift", "pairs", "uplift"),
    ("attainment_base", "attainment", "base"),
    ("attainment_value", "attainment", "value"),
    ("attainment_target", "attainment", "target"),
    ("attainment_share", "attainment", "attainment"),
    ("level_sum", "towns", "level_after"),
    ("towns.level_before", "towns", "level_before"),
    ("towns.level_after", "towns", "level_after"),
    ("towns.population", "towns", "population"),
    ("towns.rank_before", "towns", "rank_before"),
    ("towns.rank_after", "towns", "rank_after"),
    ("balance", "balance", "before"),
    ("balance", "balance", "after"),
    ("rows.activity", "rows", "activity"),
    ("rows.bound", "rows", "bound"),
    ("rows.slack", "rows", "slack"),
    ("goals.target", "goals", "target"),
    ("goals.reached", "goals", "reached"),
    ("goals.shortfall", "goals", "shortfall"),
    ("accounts", "accounts", "supplied"),
    ("accounts", "accounts", "used"),
    ("stages.held_at", "stages", "value"),
    ("stages.held_at", "stages", "held_at"),
]


@pytest.mark.parametrize(("family", "table", "column"), FIGURES, ids=[f"{f}-{c}" for f, _, c in FIGURES])
def test_a_figure_ten_tolerances_off_names_its_family(
    full: Result, tables: Tables, family: str, table: str, column: str
) -> None:
    tolerance = max(part.tolerance.max() for part in year_checks(full) if part.family == family and len(part))
    for at in (0, len(tables[table].index) // 2):
        changed = {name: frame.copy() for name, frame in tables.items()}
        if table == "stages" and str(changed[table].loc[at, "step"]) == "hashed_order":
            continue
        changed[table][column] = changed[table][column].astype(float)
        changed[table].loc[at, column] += 10 * tolerance
        assert family in failed(full, changed), at


@pytest.mark.parametrize(("family", "table", "column"), FIGURES, ids=[f"{f}-{c}" for f, _, c in FIGURES])
def test_a_figure_off_by_less_than_its_last_digit_is_no_violation(
    full: Result, tables: Tables, family: str, table: str, column: str
) -> None:
    tables[table][column] = tables[table][column].astype(float)
    tables[table].loc[0, column] += 0.4e-6
    assert family not in failed(full, tables)


def without(table: pd.DataFrame, at: int = 0) -> pd.DataFrame:
    return table.drop(index=table.index[at]).reset_index(drop=True)


def also(table: pd.DataFrame, changes: dict[str, object], at: int = 0) -> pd.DataFrame:
    """The table and one more row, like another but for some cells."""
    return pd.concat([table, table.iloc[[at]].assign(**changes)], ignore_index=True)


Change = Callable[[Tables], pd.DataFrame]
OTHER: list[tuple[str, str, Change]] = [
    ("units", "delivery", lambda t: without(t["delivery"])),
    ("units", "delivery", lambda t: also(t["delivery"], {"town": "nowhere"})),
    ("units", "delivery", lambda t: also(t["delivery"], {"programme": "nothing"})),
    ("funding", "funding", lambda t: also(t["funding"], {"town": "nowhere"})),
    ("funding", "funding", lambda t: also(t["funding"], {"source": "nobody"})),
    ("funding", "funding", lambda t: also(t["funding"], {"programme": "nothing"})),
    # social does not pay operations, and the district centre runs no courses
    ("funding", "funding", lambda t: also(t["funding"], {"programme": "operations", "source": "social"})),
    ("funding", "funding", lambda t: also(t["funding"], {"town": "district"})),
    ("teaching", "teaching", lambda t: also(t["teaching"], {"category": "skills"})),
    ("teaching", "teaching", lambda t: also(t["teaching"], {"teacher": "t9"})),
    ("teaching", "teaching", lambda t: also(t["teaching"], {"from_town": "dong", "to_town": "dong"})),
    ("teaching", "teaching", lambda t: also(t["teaching"], {"to_town": "nowhere"})),
    ("volunteering", "volunteering", lambda t: also(t["volunteering"], {"from_town": "bei", "to_town": "nan"})),
    ("guidance", "guidance", lambda t: also(t["guidance"], {"giver": "bei", "town": "nan"})),
    ("pairing", "pairs", lambda t: also(t["pairs"], {"mentor": "bei"})),
    ("pairing", "pairs", lambda t: also(t["pairs"], {"mentor": "nan", "mentee": "bei"})),
    ("pairing", "pairs", lambda t: also(t["pairs"], {})),
    ("table.pairs", "pairs", lambda t: also(t["pairs"], {})),
    ("mentee_cover", "pairs", lambda t: also(t["pairs"], {})),
    ("mentor_capacity", "pairs", lambda t: also(also(t["pairs"], {}), {})),
    ("pairs_minutes", "pairs", lambda t: also(t["pairs"], {"mentor": "bei"})),
    ("unpaired", "pairs", lambda t: without(t["pairs"])),
    ("unpaired", "unpaired", lambda t: pd.DataFrame([{"year": 2016, "town": "nan", "reason": "not_chosen"}])),
    ("goals.reached", "pairs", lambda t: without(t["pairs"])),
    ("stages", "pairs", lambda t: without(t["pairs"])),
    ("accounts", "accounts", lambda t: without(t["accounts"])),
    ("accounts", "accounts", lambda t: also(t["accounts"], {"block": "locks"})),
    ("rows", "rows", lambda t: without(t["rows"])),
    ("rows", "rows", lambda t: also(t["rows"], {"rule": "invented"})),
    ("rows", "rows", lambda t: t["rows"].assign(sense="==")),
    ("goals.target", "goals", lambda t: without(t["goals"])),
    ("goals.target", "goals", lambda t: t["goals"].assign(target=np.nan)),
    ("goals.words", "goals", lambda t: t["goals"].assign(strength="rule")),
    ("goals.words", "goals", lambda t: t["goals"].assign(enforced="yes")),
    ("goals.words", "goals", lambda t: t["goals"].assign(text="别的话")),
    ("stages", "stages", lambda t: without(t["stages"])),
    ("stages", "stages", lambda t: also(t["stages"], {"step": "invented"})),
    ("towns.level_after", "towns", lambda t: without(t["towns"])),
    ("balance", "balance", lambda t: without(t["balance"])),
    ("balance", "balance", lambda t: t["balance"].assign(after=np.nan)),
    ("attainment_value", "attainment", lambda t: without(t["attainment"])),
    ("attainment", "attainment", lambda t: also(t["attainment"], {"indicator": "invented"})),
    ("funding_by_town.amount_yuan", "funding_by_town", lambda t: without(t["funding_by_town"])),
    ("table.towns", "towns", lambda t: t["towns"].assign(year=2017)),
]


@pytest.mark.parametrize(
    ("family", "table", "change"), OTHER, ids=[f"{at}-{f}" for at, (f, _, _) in enumerate(OTHER)]
)
def test_rows_that_are_missing_unknown_or_wrong_name_their_family(
    full: Result, tables: Tables, family: str, table: str, change: Change
) -> None:
    tables[table] = change(tables)
    assert family in failed(full, tables)


def test_every_family_of_checks_has_a_case_that_breaks_it(full: Result) -> None:
    broken = {spoil.family for spoil in SPOILS} | {case[0] for case in FIGURES} | {case[0] for case in OTHER}
    assert {part.family for part in year_checks(full)} <= broken


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


# -- plans by hand -----------------------------------------------------------------------------------------------


def hand_made() -> Tables:
    """scenarios/tiny with running cost only: every figure below is worked out by hand."""
    towns = ("east", "middle", "west")
    cost, base = (12000.0, 20000.0, 12000.0), (0.08, 0.16, 0.24)
    stations, level = (0.0, 0.1, 0.1), (16.0, 42.0, 58.0)
    programmes = ("class", "online_kit", "operations", "station_upgrade")
    given = dict(zip(towns, cost, strict=True))
    lines: dict[str, list[tuple[object, ...]]] = {name: [] for name in RESULT_TABLES}
    for at, town in enumerate(towns):
        lines["delivery"] += [(town, p, given[town] if p == "operations" else 0.0) for p in programmes]
        lines["funding"].append((town, "operations", "government", cost[at]))
        heads = (10000, 20000, 10000)[at]
        lines["funding_by_town"].append((town, cost[at], None, None, None, cost[at] / heads))
        share = base[at] / 0.4
        lines["attainment"].append((town, "participation", base[at], base[at], 0.4, share))
        lines["attainment"].append((town, "standard_stations", stations[at], stations[at], 0.2, stations[at] / 0.2))
        lines["towns"].append((town, heads, level[at], level[at], 3 - at, 3 - at))
        lines["rows"] += [("costing", f"{town}/{p}", "==", 0.0, 0.0, 0.0) for p in programmes]
        lines["rows"].append(("running_cost", f"{town}/operations", ">=", cost[at], cost[at], 0.0))
        most = (1.0, 2.0, 1.0)[at]
        lines["rows"].append(("max_units", f"{town}/station_upgrade", "<=", 0.0, most, most))
        able = (100.0, 200.0, 100.0)[at]
        lines["rows"].append(("volunteer_supply", town, "<=", 0.0, able, able))
        lines["rows"].append(("volunteer_need", town, "==", 0.0, 0.0, 0.0))
        lines["rows"].append(("credit", f"{town}/participation", "<=", base[at], base[at], 0.0))
        lines["rows"].append(("credit", f"{town}/standard_stations", "<=", stations[at], stations[at], 0.0))
        lines["accounts"].append(("cost", f"{town}/operations", "delivery", 0.0, cost[at]))
        lines["accounts"].append(("cost", f"{town}/operations", "funding", cost[at], 0.0))
        lines["accounts"].append(("value", f"{town}/participation", "attainment", base[at], base[at]))
        if stations[at]:
            lines["accounts"].append(("value", f"{town}/standard_stations", "attainment", 0.1, 0.1))
    lines["unpaired"] = [("east", "not_chosen")]
    lines["rows"] += [
        ("budget", "government", "<=", 44000.0, 130000.0, 86000.0),
        ("budget", "social", "<=", 0.0, 20000.0, 20000.0),
        ("mentor_capacity", "west", "<=", 0.0, 1.0, 1.0),
        ("mentee_cover", "east", "<=", 0.0, 1.0, 1.0),
    ]
    lines["accounts"] += [
        ("money", "government", "funding", 130000.0, 44000.0),
        ("money", "social", "funding", 20000.0, 0.0),
    ]
    # mean of 16, 42, 42, 58 is 39.5; deviations -23.5, 2.5, 2.5, 18.5; pairs 26, 26, 42, 0, 16, 16 of weight 1/16
    theil = sum(l / 39.5 * np.log(l / 39.5) for l in (16, 42, 42, 58)) / 4
    measures = {
        "minimum": 16.0,
        "mean": 39.5,
        "range": 42 / 39.5,
        "cv": np.sqrt((23.5**2 + 2 * 2.5**2 + 18.5**2) / 4) / 39.5,
        "gini": (26 + 26 + 42 + 16 + 16) / 16 / 39.5,
        "theil": theil,
        "cv:participation": 0.04 * np.sqrt(2) / 0.16,
        # 0, 0.1, 0.1 with 10, 20, 10 stations: mean 0.075
        "cv:standard_stations": np.sqrt((0.075**2 + 3 * 0.025**2) / 4) / 0.075,
    }
    lines["balance"] = [(name, value, value) for name, value in measures.items()]
    lines["goals"] = [
        ("participation_20", "district", "", "soft", "no", 0.2, 0.16, 0.04, "", "全区经常性参与率达到20%（示例）")
    ]
    sums = (("worst_1", 16.0, 1e-4), ("worst_2", 58.0, 1e-3), ("worst_3", 116.0, 1e-3))
    lines["stages"] = [("balance", step, value, value - grid, "optimal", 0.0) for step, value, grid in sums]
    lines["stages"].append(("total", "mean", 39.5, 39.4999, "optimal", 0.0))
    made = {}
    for name, kinds in RESULT_TABLES.items():
        frame = pd.DataFrame([row + (None,) * (len(kinds) - len(row)) for row in lines[name]], columns=list(kinds))
        made[name] = frame.assign(year=2016)[["year", *kinds]]
    return made


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


@pytest.mark.parametrize("name", ["tiny/2016", "tiny/variants/2016-total", "panyu/2016", "panyu/variants/2016-locks"])
def test_what_the_engine_solves_is_accepted(name: str, tmp_path: Path) -> None:
    from allocator.solve import solve

    result = solve(Scenario.load(SCENARIOS / f"{name}.yaml"))
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
    from allocator.solve import solve

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
    if "funding" in absent:
        pytest.importorskip("allocator.solve")
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


# -- files -------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(full: Result, tmp_path: Path) -> Path:
    return full.save(tmp_path / "results")


def rehash(folder: Path) -> None:
    """Make the run record agree with the files, as somebody would who hides a change."""
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    for name in record["sha256"]:
        with suppress(FileNotFoundError):
            record["sha256"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8-sig")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8-sig")


def test_an_untouched_folder_passes(folder: Path) -> None:
    report = audit_folder(folder)
    assert report.passed
    assert report.altered == ()
    assert "rows.price_total" in report.excluded
    assert "unpaired.reason" in report.excluded


def test_an_altered_file_is_named_by_its_hash(folder: Path) -> None:
    edit(folder / "unpaired.csv", "year", "year ")
    edit(folder / "scenario" / "2016.yaml", "2016", "2016 ")
    report = audit_folder(folder)
    assert report.altered == (AlteredFile("scenario/2016.yaml", "changed"), AlteredFile("unpaired.csv", "changed"))
    assert not report.passed
    assert any("unpaired.csv" in line for line in report.lines("zh"))


def test_without_hashes_only_recomputation_counts(folder: Path) -> None:
    edit(folder / "rows.csv", "2016,", "2016 ,")
    assert not audit_folder(folder).passed
    report = audit_folder(folder, use_hashes=False)
    assert report.passed
    assert report.altered == ()


def test_a_change_hidden_by_new_hashes_is_found_by_recomputation(folder: Path, full: Result) -> None:
    amount = full.funding["amount_yuan"].iloc[0]
    edit(folder / "funding.csv", f"{amount:.6f}", f"{amount + 1:.6f}")
    rehash(folder)
    report = audit_folder(folder)
    assert report.altered == ()
    assert {"costing", "funding_by_town.amount_yuan", "rows.activity"} <= set(report.failed)


def test_a_changed_scenario_is_found_although_its_hash_fits(folder: Path) -> None:
    edit(folder / "scenario" / "tables" / "towns.csv", "50000,8,2000,100,30000", "50000,8,2000,100,90000")
    rehash(folder)
    report = audit_folder(folder)
    assert report.altered == ()
    assert {"running_cost", "rows.bound"} <= set(report.failed)


def test_missing_and_extra_files_are_named(folder: Path) -> None:
    (folder / "goals.csv").unlink()
    (folder / "report.html").write_text("-", encoding="utf-8")
    (folder / "scenario" / "tables" / "more.csv").write_text("a\n1\n", encoding="utf-8")
    report = audit_folder(folder)
    assert {str(each): each.how for each in report.altered} == {
        "goals.csv": "missing",
        "report.html": "extra",
        "scenario/tables/more.csv": "extra",
    }
    assert "table.goals" in report.failed


def test_a_file_beside_the_tables_is_named_and_does_no_harm(folder: Path) -> None:
    (folder / "report.html").write_text("-", encoding="utf-8")
    report = audit_folder(folder)
    assert report.passed
    assert report.altered == (AlteredFile("report.html", "extra"),)


def test_another_scenario_can_be_the_yardstick(folder: Path, full: Result) -> None:
    less = full.scenario.with_({"funding.sources.government.amount": 400000.0})
    report = audit_folder(folder, less)
    assert report.altered == ()
    assert {"budget", "rows.bound"} <= set(report.failed)
    assert audit_folder(folder, full.scenario).passed


# -- broken files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", RESULT_TABLES)
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a,b\n1,2\n", b'year,town\n"2016,x'])
def test_a_table_that_is_no_table_is_named(folder: Path, table: str, content: bytes) -> None:
    (folder / f"{table}.csv").write_bytes(content)
    report = audit_folder(folder, use_hashes=False)
    assert f"table.{table}" in report.failed


@pytest.mark.parametrize("word", ["abc", "", "nan", "inf", "-", "一"])
def test_a_number_that_is_none_is_an_infinite_violation(folder: Path, full: Result, word: str) -> None:
    amount = full.funding["amount_yuan"].iloc[0]
    edit(folder / "funding.csv", f"{amount:.6f}", word)
    report = audit_folder(folder, use_hashes=False)
    worst = report.families.set_index("family")["violation"]
    assert "table.funding" in report.failed
    assert np.isinf(worst["budget"])
    assert np.isinf(worst["costing"])


def every_column() -> Iterator[tuple[str, str]]:
    for table, columns in RESULT_TABLES.items():
        for column in ("year", *columns):
            yield table, column


@pytest.mark.parametrize(("table", "column"), list(every_column()))
def test_a_missing_column_is_named(full: Result, tables: Tables, table: str, column: str) -> None:
    tables[table] = tables[table].drop(columns=column)
    assert f"table.{table}" in failed(full, tables)


@pytest.mark.parametrize("table", [name for name in RESULT_TABLES if name != "unpaired"])
def test_a_row_that_occurs_twice_is_named(full: Result, tables: Tables, table: str) -> None:
    tables[table] = also(tables[table], {})
    assert f"table.{table}" in failed(full, tables)


def test_a_table_that_is_not_given_is_named(full: Result, tables: Tables) -> None:
    del tables["attainment"]
    assert {"table.attainment", "attainment_value"} <= set(failed(full, tables))


def test_a_record_or_a_scenario_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "scenario" / "plan.yaml").write_text("plan: [", encoding="utf-8")
    assert "scenario" in audit_folder(folder, use_hashes=False).failed
    (folder / "run.json").write_text("{", encoding="utf-8")
    assert AlteredFile("run.json", "changed") in audit_folder(folder).altered


def test_a_folder_without_a_run_record_is_no_result(tmp_path: Path) -> None:
    from allocator.errors import UsageError

    with pytest.raises(UsageError):
        audit_folder(tmp_path)


# -- independence and words --------------------------------------------------------------------------------------

SOLVERS = ("pulp", "highspy", "clarabel", "scipy")


def modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(' '.join(sys.modules))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(done.stdout.split())


def test_the_audit_reaches_no_solver(folder: Path) -> None:
    loaded = modules_after("import allocator.audit")
    assert "allocator.audit" in loaded
    assert not loaded & {*SOLVERS, "allocator.model"}
    used = modules_after(f"from allocator.audit import audit_folder\nassert audit_folder({str(folder)!r}).passed")
    assert not used & {"pulp", "highspy", "clarabel", "allocator.model"}
    assert not {name for name in used if name.startswith("allocator.blocks.") and name.endswith(".model")}


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
