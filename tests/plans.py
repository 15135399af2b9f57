"""A small valid plan of three towns as files; tests change what they are about."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

PLAN = """\
schema_version: 1
plan: small
name: {zh: 小规划, en: small plan}
years: [2016]
units: {money: 元}
population: {column: resident_pop, vintage: census_2020}
categories: [health, skills]
spending: [operations, courses, activities]
travel:
  roads: roads
  reach_minutes: {teaching: 45, volunteering: 30, mentoring: 60}
delivery:
  programmes:
    - {id: health_course, category: health, spending: courses, unit_cost: 1500, teacher_hours: 20,
       volunteer_hours: 10, venue_hours: 24, max_units: {per: 1000, of: resident_pop, units: 3}}
    - {id: operations, spending: operations, unit_cost: 1, floor: running_cost}
attainment:
  indicators:
    - {id: participation, weight: 0.6, target: 0.4, denominator: resident_pop, ceiling: 1, retention: 0.9}
    - {id: standard_stations, weight: 0.3, target: 0.5, denominator: stations, ceiling: 1}
    - {id: volunteers, weight: 0.1, target: 10, denominator: resident_pop, per: 1000, stock: volunteers}
  effects:
    - programme: health_course
      indicator: participation
      per_unit: [{up_to: 1.5, gain: 60}, {gain: 30}]
      origin: {kind: illustrative, rule: 每期60人经常参与}
funding:
  sources:
    - {id: government, amount: 900000, special_fund: true, pays: [operations, courses, activities]}
    - {id: social, amount: 100000, pays: [courses, activities], earmark: [{town: bei, at_least: 5000}]}
  per_capita_floor: {district: 2, town: 1}
  category_shares: [{spending: courses, at_least: 0.05, at_most: 0.9}]
teaching: {visit_hours: 2, home_share: 0.5}
volunteering: {supervision_ratio: 5}
mentoring:
  mature: {preset: [dong]}
  transfer: {participation: 0.25}
  nearness_minutes: 60
guidance:
  district_hours: 100
  effects:
    - {giver: district, indicator: participation, per_hour: 12, origin: {kind: illustrative, rule: 每小时12人}}
goals:
  - {id: participation_40, measure: participation, strength: hard, at_least: {2016: 0.3, 2020: 0.4}}
stages:
  - {id: balance, criterion: leximin, give: 0.5}
  - {id: total, weighted_by: resident_pop}
  - {id: stability, unit_change: {money: 10000}}
  - {id: tie_break, factors: {resident_pop: 0.6, stations: 0.4}}
"""

YEAR = """\
year: 2016
locks:
  - {id: keep, decision: funding, where: {town: bei, source: social}, at_least: 8000, reason: 捐赠人指定}
"""

TABLES: Mapping[str, str] = {
    "towns": """\
town,name_zh,name_en,lat,lon,resident_pop,stations,venue_hours,school_hours,running_cost_yuan
bei,北镇,Bei,23.00,113.30,100000,10,4000,200,50000
dong,东镇,Dong,22.95,113.40,150000,12,5000,300,60000
nan,南镇,Nan,22.90,113.35,50000,8,2000,100,30000
""",
    "base": """\
town,indicator,value
bei,participation,0.20
bei,standard_stations,0.10
dong,participation,0.30
dong,standard_stations,0.25
nan,participation,0.10
nan,standard_stations,0.00
""",
    "teachers": """\
teacher,home_town,hours,backbone
t1,bei,400,true
t2,dong,600,false
""",
    "skills": """\
teacher,category,proficiency
t1,health,1
t2,health,0.8
t2,skills,1
""",
    "volunteers": """\
town,heads,active_rate,hours_per_active
bei,500,0.4,20
dong,900,0.5,20
nan,200,0.3,20
""",
    "roads": """\
from_town,to_town,minutes
bei,dong,20
dong,nan,15
""",
}


def write_plan(
    folder: Path, files: Mapping[str, str | bytes] | None = None, tables: Mapping[str, str | bytes] | None = None
) -> Path:
    """Write the small plan with some files and tables replaced (an empty text leaves one out); returns its folder."""
    content: dict[str, str | bytes] = {"plan.yaml": PLAN, "2016.yaml": YEAR}
    content |= files or {}
    content |= {f"tables/{name}.csv": text for name, text in (dict(TABLES) | dict(tables or {})).items()}
    for name, text in content.items():
        if not text:
            continue
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def place_of(text: str, word: str, nth: int = 1) -> tuple[int, int]:
    """Line and column (from 1) of the nth occurrence of a word in a text."""
    at = -1
    for _ in range(nth):
        at = text.index(word, at + 1)
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
