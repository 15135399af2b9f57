"""The three towns of ``scenarios/tiny`` over three years that depend on one another, with everything a plan of several
years can show: money carried over, a stock of volunteers, agreements of two years, goals with paths, all stages."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from allocator.plan.reading import load
from allocator.tables.result import Result
from allocator.verbs.solving import solve

YEARS = (2016, 2017, 2018)

PLAN = """\
schema_version: 1
plan: tiny_years
name: {zh: 三镇三年示例, en: Three towns over three years}
years: [2016, 2017, 2018]
units: {money: 元}
population: {column: resident_pop, vintage: illustrative_2016}
spending: [operations, courses, facilities, staff_training]
names:
  operations: {zh: 基本运转, en: Running cost}
  courses: {zh: 课程, en: Courses}
  facilities: {zh: 机构建设, en: Facilities}
  staff_training: {zh: 队伍建设, en: Staff training}

travel:
  roads: roads
  reach_minutes: {volunteering: 20, mentoring: 60}

delivery:
  programmes:
    - {id: operations, name: {zh: 基本运转, en: Running cost}, spending: operations, unit_cost: 1, floor: running_cost}
    - {id: class, name: {zh: 课程班, en: Class}, spending: courses, unit_cost: 2000, volunteer_hours: 1}
    - {id: online_kit, name: {zh: 线上学习包, en: Online kit}, spending: courses, unit_cost: 1000}
    - {id: station_upgrade, name: {zh: 辅导站达标建设, en: Station upgrade}, spending: facilities, unit_cost: 25000,
       max_units: {per: 10, of: stations, units: 1}}

attainment:
  indicators:
    - {id: participation, name: {zh: 经常性参与率, en: Regular participation}, weight: 0.7, target: 0.40,
       denominator: resident_pop, ceiling: 1, retention: 0.5}
    - {id: standard_stations, name: {zh: 达标辅导站占比, en: Stations up to standard}, weight: 0.2, target: 0.20,
       denominator: stations, ceiling: 1}
    - {id: volunteers, name: {zh: 每千人志愿者, en: "Volunteers per 1,000"}, weight: 0.1, target: 2,
       denominator: resident_pop, per: 1000, stock: volunteers}
  effects:
    - {programme: class, indicator: participation, per_unit: 50,
       origin: {kind: illustrative, rule: 示例数据（虚构）：每班50人}}
    - {programme: online_kit, indicator: participation, per_unit: 10,
       origin: {kind: illustrative, rule: 示例数据（虚构）：每套10人}}
    - {programme: station_upgrade, indicator: standard_stations, per_unit: 1,
       origin: {kind: illustrative, rule: 示例数据（虚构）：每项改造1个站}}

funding:
  sources:
    - {id: government, name: {zh: 政府, en: Government}, special_fund: true,
       pays: [operations, courses, facilities, staff_training]}
    - {id: social, name: {zh: 社会, en: Social}, pays: [courses]}
  carry_over: {execution: 0.85}

volunteering:
  stock: {retention: 0.8, recruits: {per: 1000, of: resident_pop, heads: 1}, training_places: 15}
  training_allowance: {unit_cost: 200, spending: staff_training}

mentoring:
  slow: lowest_third
  mature: {upper_third: true, preset: [middle]}
  min_gap: 5
  mentor_capacity: 1
  mentee_cover: 2
  term_years: 2
  transfer: {participation: 0.25}
  nearness_minutes: 28.85390081777927

goals:
  - {id: participation_22, measure: participation, strength: hard, at_least: {2018: 0.22}, path: linear_from_base,
     requirement: A50, text: 到2018年全区经常性参与率达到22%（示例）}
  - {id: stations_20, measure: standard_stations, scope: every_town, strength: soft, at_least: {2018: 0.2},
     requirement: A22, text: 到2018年各镇达标辅导站占比达到20%（示例）}
  - {id: eight_yuan, measure: money_per_head, strength: soft, at_least: {2018: 8},
     requirement: A61, text: 争取资金投入达到人均8元（示例）}

stages:
  - {id: basics}
  - {id: balance, criterion: leximin, of: level, give: 1}
  - {id: aspirations}
  - {id: total, of: level, weighted_by: resident_pop}
  - {id: stability, unit_change: {money: 10000}}
  - {id: tie_break, baseline: last_year_else_factor_method, factors: {resident_pop: 1}}
"""

MONEY = {2016: (150_000, 20_000), 2017: (140_000, 30_000), 2018: (220_000, 40_000)}
"""Year to the money of the government and of society [yuan]."""

TABLES = {
    "towns": """\
town,name_zh,name_en,resident_pop,stations,running_cost_yuan
east,东镇,East,10000,10,12000
middle,中镇,Middle,20000,20,20000
west,西镇,West,10000,10,12000
""",
    "base": """\
town,indicator,value
east,participation,0.08
east,standard_stations,0
middle,participation,0.16
middle,standard_stations,0.1
west,participation,0.24
west,standard_stations,0.1
""",
    "volunteers": """\
town,heads,active_rate,hours_per_active
east,10,0.5,20
middle,20,0.5,20
west,10,0.5,20
""",
    "roads": """\
from_town,to_town,minutes
east,west,20
middle,west,30
""",
    "last_year_funding": """\
town,amount_yuan
east,40000
middle,70000
west,40000
""",
    "last_year_pairs": """\
mentor,mentee,start_year,renewals
middle,east,2013,1
""",
}


def write_years_plan(folder: Path) -> Path:
    """Write the plan with its year files and tables; returns its folder."""
    files = {"plan.yaml": PLAN}
    for year, (government, social) in MONEY.items():
        amounts = f"[{{id: government, amount: {government}}}, {{id: social, amount: {social}}}]"
        files[f"{year}.yaml"] = f"year: {year}\nfunding: {{sources: {amounts}}}\n"
    files["2016.yaml"] += "last_year: {funding_by_town: last_year_funding, pairs: last_year_pairs}\n"
    files |= {f"tables/{name}.csv": text for name, text in TABLES.items()}
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


@cache
def years_result() -> Result:
    """The plan solved; its files are read into memory and not needed again."""
    with TemporaryDirectory() as folder:
        return solve(load(write_years_plan(Path(folder))))
