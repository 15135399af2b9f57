"""Plans for the tests of the audit: one with every rule, one worked out by hand, and ways to spoil them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from allocator.auditing.cleaning import cleaned, of_years
from allocator.auditing.stages import AuditedYear, stages
from allocator.auditing.whole import audit_tables, checks_of_year
from allocator.blocks.shared.checks import Checks
from allocator.scenario.plan_year import Scenario
from allocator.tables.declared import TABLES
from allocator.tables.result import Result
from plans import PLAN, YEAR, write_plan

SCENARIOS = Path(__file__).parent.parent / "scenarios"
Tables = dict[str, pd.DataFrame]


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
        ("goals:\n", "projects: {kinds: [{id: brand, spending: activities}]}\ngoals:\n"),
        (
            "goals:\n",
            "bases: {sites: circle_sites, functions: [{id: courses}], exactly_open: 1}\n"
            "coverage: {stations: circle_stations, within_minutes: 15, serve: nearest}\ngoals:\n",
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


LIBRARY = {
    "projects": "project,kind,town,name_zh,name_en,once_yuan,yearly_yuan,benefit,first_year,started\n"
    "fair,brand,bei,庙会,fair,500,0,2,,2012\nopera,brand,district,粤剧,opera,0,0,3,,2013\n"
    "story,brand,dong,故事会,stories,0,0,1,,2014\ntalk,brand,nan,讲坛,talks,0,0,1,,\nweb,brand,nan,云课堂,online,0,0,1,2018,\n",
}
"""Projects that began before the plan, one that may start, and one that may not yet."""


CIRCLE = {
    "circle_sites": "site,town,name_zh,name_en,opening_cost_yuan,hours\n"
    "hall,bei,礼堂,Hall,900,100\nyard,dong,院子,Yard,800,100\n",
    "circle_stations": "station,town,name_zh,name_en,residents\n"
    "up,bei,上,Up,300\nmid,dong,中,Mid,500\nlow,nan,下,Low,200\n",
}
"""A site in two of the towns, of which one opens, and a station in each town; not all are near it."""


def solved_full(folder: Path) -> Result:
    """The plan with every rule, solved."""
    from allocator.verbs.solving import solve

    write_plan(folder, {"plan.yaml": full_plan(), "2016.yaml": FULL_YEAR}, {**LAST_YEAR, **LIBRARY, **CIRCLE})
    return solve(Scenario.load(folder / "2016.yaml"))


def failed(result: Result, changed: Tables) -> tuple[str, ...]:
    return audit_tables(result.scenario, changed).failed


def year_checks(result: Result, changed: Tables | None = None) -> list[Checks]:
    clean, _ = cleaned(changed if changed is not None else result.tables)
    by_year, _ = of_years(clean, result.scenario.years)
    plan = result.scenario.first
    with np.errstate(all="ignore"):
        made, levels = checks_of_year(by_year[2016], plan)
        return [*made, *stages(clean["stages"], [AuditedYear(plan, by_year[2016], levels)])]


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


def units(town: str, programme: str) -> dict[str, str]:
    return {"town": town, "programme": programme}


def money(town: str, programme: str, source: str = "government") -> dict[str, str]:
    return {"town": town, "programme": programme, "source": source}


def lesson(teacher: str, start: str, end: str) -> dict[str, str]:
    return {"teacher": teacher, "from_town": start, "to_town": end, "category": "health"}


AT_DONG = {"from_town": "dong", "to_town": "dong"}
SHARE = {"town": "bei", "indicator": "participation"}
NAN_MINUTES = 35.0
"""bei to nan by way of dong."""

SPOILS = [
    Spoil("budget", "government", "<=", "funding", money("dong", "operations"), "amount_yuan", 1.0),
    Spoil("costing", "bei/operations", "==", "funding", money("bei", "operations"), "amount_yuan", -1.0),
    Spoil("costing", "dong/mentoring", "==", "funding", money("dong", "mentoring"), "amount_yuan", -1.0),
    Spoil("costing", "nan/travel", "==", "funding", money("nan", "travel"), "amount_yuan", -1.0),
    Spoil("costing", "district/guidance", "==", "funding", money("district", "guidance"), "amount_yuan", -1.0),
    Spoil("costing", "bei/health_course", "==", "delivery", units("bei", "health_course"), "units", 1500.0),
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
    Spoil("volunteer_supply", "dong", "<=", "volunteering", AT_DONG, "hours", 1.0),
    Spoil("volunteer_need", "dong", "==", "volunteering", AT_DONG, "hours", -1.0),
    Spoil("supervision", "dong", "<=", "volunteering", AT_DONG, "hours", 1.0),
    Spoil("volunteering", "dong/dong", ">=", "volunteering", AT_DONG, "hours", 1.0),
    Spoil("venue", "bei", "<=", "delivery", units("bei", "health_course"), "units", 24.0),
    Spoil("running_cost", "bei/operations", ">=", "delivery", units("bei", "operations"), "units", 1.0),
    Spoil("max_units", "bei/health_course", "<=", "delivery", units("bei", "health_course"), "units", 1.0),
    Spoil("units", "bei/health_course", ">=", "delivery", units("bei", "health_course"), "units", 1.0),
    Spoil("school_hours", "bei", "<=", "guidance", {"giver": "bei", "town": "bei"}, "hours", 1.0),
    Spoil("guidance_capacity", "", "<=", "guidance", {"giver": "district", "town": "bei"}, "hours", 1.0),
    Spoil("guidance_minimum", "bei", ">=", "guidance", {"giver": "district", "town": "bei"}, "hours", 1.0),
    Spoil("contact_minimum", "bei", ">=", "guidance", {"giver": "bei", "town": "bei"}, "hours", 1.0),
    Spoil("guidance", "district/bei", ">=", "guidance", {"giver": "district", "town": "bei"}, "hours", 1.0),
    Spoil("credit", "bei/participation", "<=", "attainment", SHARE, "attainment", 0.4),
    Spoil("attainment", "bei/participation", "<=", "attainment", SHARE, "attainment", 1.0),
    Spoil("attainment", "bei/participation", ">=", "attainment", SHARE, "attainment", 1.0),
    Spoil("lock", "keep/at_least", ">=", "funding", money("bei", "health_course", "social"), "amount_yuan", 1.0),
    Spoil("lock", "hours/at_most", "<=", "teaching", lesson("t1", "bei", "bei"), "hours", 1.0),
    # 100 x weight / target x gain / residents level points a unit
    Spoil("stages", "balance/worst_1", ">=", "delivery", units("nan", "health_course"), "units",
          100 * 0.6 / 0.4 * 60 / 50000),
    Spoil("stages", "stability/change", "<=", "funding", money("bei", "operations"), "amount_yuan", 1 / 10000),
]  # fmt: skip


def named(spoil: Spoil) -> str:
    return f"{spoil.family}-{spoil.key or 'whole'}-{spoil.table}-{spoil.sense}"


def without(table: pd.DataFrame, at: int = 0) -> pd.DataFrame:
    return table.drop(index=table.index[at]).reset_index(drop=True)


def also(table: pd.DataFrame, changes: dict[str, object], at: int = 0) -> pd.DataFrame:
    """The table and one more row, like another but for some cells."""
    return pd.concat([table, table.iloc[[at]].assign(**changes)], ignore_index=True)


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
    *(("mentors", "mentors", column) for column in ("pairs", "capacity", "hours_used", "school_hours")),
    ("mentees", "mentees", "uplift"),
    ("counts.amount", "counts", "amount"),
    *(
        (f"projects.{column}", "projects", column)
        for column in ("start_year", "once_yuan", "yearly_yuan", "cost_yuan", "benefit")
    ),
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
    ("stages.published", "stages", "published"),
    ("pairs_end_year", "pairs", "end_year"),
]


def one_row(name: str) -> pd.DataFrame:
    """A table with one row of town bei and source government, and zeros."""
    labels = {"town": "bei", "source": "government"}
    return pd.DataFrame([{"year": 2016, **{column: labels.get(column, 0.0) for column in TABLES[name].columns}}])


Change = Callable[[Tables], pd.DataFrame]
OTHER: list[tuple[str, str, Change]] = [
    ("units", "delivery", lambda t: without(t["delivery"])),
    ("guidance", "guidance", lambda t: without(t["guidance"])),
    ("attainment", "attainment", lambda t: without(t["attainment"])),
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
    ("pairs_content", "pairs", lambda t: t["pairs"].assign(content="participation")),
    ("mentors", "mentors", lambda t: without(t["mentors"])),
    ("mentors", "mentors", lambda t: t["mentors"].assign(mentees="bei")),
    *(("mentees", "mentees", lambda t, c=c: t["mentees"].assign(**{c: "2000"})) for c in ("mentors", "since", "until")),
    *(("mentees", "mentees", lambda t, c=c: t["mentees"].assign(**{c: "no"})) for c in ("state", "reason")),
    ("unpaired_reason", "unpaired", lambda t: pd.DataFrame([{"year": 2016, "town": "nan", "reason": "not_chosen"}])),
    ("counts.of", "counts", lambda t: t["counts"].assign(of=1.0)),
    ("counts.unit", "counts", lambda t: t["counts"].assign(unit="stations")),
    ("counts", "projects", lambda t: t["projects"].assign(town="nowhere")),
    ("projects", "projects", lambda t: without(t["projects"])),
    ("projects", "projects", lambda t: also(t["projects"], {"project": "nothing"})),
    ("project_once", "projects", lambda t: also(t["projects"].assign(state="started"), {}, at=3)),
    ("project_window", "projects", lambda t: t["projects"].assign(state="started")),
    ("projects.state", "projects", lambda t: t["projects"].assign(state="waiting")),
    ("projects.town", "projects", lambda t: t["projects"].assign(town="bei")),
    ("projects.project_kind", "projects", lambda t: t["projects"].assign(project_kind="course")),
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
    # dong and nan are a pair since 2015
    ("pair_terms", "pairs", lambda t: t["pairs"].assign(start_year=2016)),
    ("pair_terms", "pairs", lambda t: t["pairs"].assign(renewals=1)),
    # the plan carries nothing over, decides no stock of volunteers, has issued nothing and is not rounded
    ("carry_over", "carry_over", lambda t: one_row("carry_over")),
    ("volunteer_stock", "volunteer_stock", lambda t: one_row("volunteer_stock")),
    ("issue", "issue", lambda t: one_row("issue")),
    ("rounding", "rounding", lambda t: one_row("rounding")),
]


def hand_made() -> Tables:
    """scenarios/tiny with running cost only: every figure below is worked out by hand."""
    towns = ("east", "middle", "west")
    cost, base = (12000.0, 20000.0, 12000.0), (0.08, 0.16, 0.24)
    stations, levels = (0.0, 0.1, 0.1), (16.0, 42.0, 58.0)
    programmes = ("class", "online_kit", "operations", "station_upgrade")
    given = dict(zip(towns, cost, strict=True))
    lines: dict[str, list[tuple[object, ...]]] = {name: [] for name in TABLES}
    for at, town in enumerate(towns):
        lines["delivery"] += [(town, p, given[town] if p == "operations" else 0.0) for p in programmes]
        lines["funding"].append((town, "operations", "government", cost[at]))
        heads = (10000, 20000, 10000)[at]
        lines["funding_by_town"].append((town, cost[at], None, None, None, cost[at] / heads))
        share = base[at] / 0.4
        lines["attainment"].append((town, "participation", base[at], base[at], 0.4, share))
        lines["attainment"].append((town, "standard_stations", stations[at], stations[at], 0.2, stations[at] / 0.2))
        lines["towns"].append((town, heads, levels[at], levels[at], 3 - at, 3 - at))
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
    lines["mentors"] = [("west", "", 0, 1, 0.0, None, None)]
    lines["mentees"] = [("east", "", "", "", 0.0, "unpaired", "not_chosen")]
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
    # unit, labels and requirement are not audited
    lines["rows"] = [(*row[:3], "", "", "", *row[3:]) for row in lines["rows"]]
    # mean of 16, 42, 42, 58 is 39.5; deviations -23.5, 2.5, 2.5, 18.5; pairs 26, 26, 42, 0, 16, 16 of weight 1/16
    theil = sum(level / 39.5 * np.log(level / 39.5) for level in (16, 42, 42, 58)) / 4
    measures = {
        "minimum": 16.0,
        "mean": 39.5,
        "range": 42 / 39.5,
        "mean_deviation": (23.5 + 2 * 2.5 + 18.5) / 4 / 39.5,
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
    lines["stages"] = [
        ("balance", step, None, value, value - grid, value, "optimal", 0.0) for step, value, grid in sums
    ]
    lines["stages"].append(("total", "mean", 39.5, 39.5, 39.4999, 39.5, "optimal", 0.0))
    made = {}
    for name, table in TABLES.items():
        columns = list(table.columns)
        frame = pd.DataFrame([row + (None,) * (len(columns) - len(row)) for row in lines[name]], columns=columns)
        made[name] = frame.assign(year=2016)[["year", *columns]]
    return made
