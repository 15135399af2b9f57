"""Random small plans: two to six towns, some blocks switched on, mostly feasible."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

from allocator.scenario.plan_year import Scenario
from worlds import ORIGIN, world

Plan = dict[str, Any]


def random_scenario(rng: random.Random, folder: Path, stages: list[Plan] | None = None) -> Scenario:
    """Draw a plan, write it to a folder and load it; with stages of its own unless they are given."""
    names = [f"t{n}" for n in range(rng.randint(2, 6))]
    blocks = {block for block in ("teaching", "volunteering", "mentoring", "guidance") if rng.random() < 0.5}
    towns = {name: _town(rng) for name in names}
    plan: Plan = {
        "spending": ["activities", "courses", "operations"],
        "delivery": {"programmes": _programmes(rng, blocks)},
        "attainment": _attainment(rng),
        "funding": _funding(rng, towns),
        "stages": stages or _stages(rng),
    }
    tables: dict[str, list[Plan]] = {}
    for block in sorted(blocks):
        section, more = BLOCKS[block](rng, names)
        plan[block], tables = section, tables | more
    if rng.random() < 0.3:
        tables["money"] = [{"town": town, "amount_yuan": rng.randint(0, 20_000)} for town in names]
        plan["last_year"] = {"funding_by_town": "money"}
    roads = {pair: float(rng.randint(5, 50)) for pair in itertools.combinations(names, 2)}
    reach = {"teaching": 40, "volunteering": 30, "mentoring": 60}
    base = {town: {"participation": rng.randint(0, 40) / 100, "upgraded": rng.randint(0, 4) / 10} for town in names}
    return world(folder, towns, base=base, tables=tables, roads=roads, reach=reach, **plan)


def random_years(rng: random.Random, folder: Path, stages: list[Plan] | None = None) -> Scenario:
    """Draw a plan of two or three years that depend on one another, write it to a folder and load it."""
    names = [f"t{n}" for n in range(rng.randint(2, 4))]
    towns = {name: _town(rng) for name in names}
    attained = _attainment(rng)
    for indicator in attained["indicators"]:
        indicator["retention"] = rng.randint(4, 10) / 10
    funding = _funding(rng, towns)
    funding["carry_over"] = {"execution": rng.choice([0, 0.5, 0.9])}
    if rng.random() < 0.3:
        funding["growth"] = {"down": 0.5, "up": rng.randint(1, 5) / 10}
    blocks = {block for block in ("volunteering", "mentoring") if rng.random() < 0.7}
    plan: Plan = {
        "delivery": {"programmes": _programmes(rng, blocks)},
        "attainment": attained,
        "funding": funding,
        "years": {2016: {}, **{2017 + n: _later(rng, funding) for n in range(rng.randint(1, 2))}},
        "stages": stages or _stages_of_years(rng),
    }
    tables: dict[str, list[Plan]] = {}
    for block in sorted(blocks):
        section, more = BLOCKS[block](rng, names)
        plan[block], tables = section, tables | more
    if "mentoring" in blocks:
        plan["mentoring"] |= {"term_years": rng.randint(1, 2), "min_gap": 0}
    if "volunteering" in blocks:
        recruits = {"per": 1000, "of": "resident_pop", "heads": rng.randint(1, 20)}
        stock = {"retention": rng.randint(5, 10) / 10, "recruits": recruits, "training_places": rng.randint(5, 60)}
        plan["volunteering"] = {"stock": stock}
    roads = {pair: float(rng.randint(5, 50)) for pair in itertools.combinations(names, 2)}
    reach = {"teaching": 40, "volunteering": 30, "mentoring": 60}
    base = {town: {"participation": rng.randint(0, 40) / 100, "upgraded": rng.randint(0, 4) / 10} for town in names}
    return world(folder, towns, base=base, tables=tables, roads=roads, reach=reach, **plan)


def _later(rng: random.Random, funding: Plan) -> Plan:
    """What a later year changes: the money of the government and the cost of a lesson."""
    amount = round(funding["sources"][0]["amount"] * rng.randint(8, 14) / 10)
    changed: Plan = {"funding": {"sources": [{"id": "gov", "amount": amount}]}}
    if rng.random() < 0.5:
        changed["delivery"] = {"programmes": [{"id": "lesson", "unit_cost": rng.randint(80, 300)}]}
    return changed


def _stages_of_years(rng: random.Random) -> list[Plan]:
    balance: Plan = {"id": "balance", "criterion": rng.choice(["leximin", "maximin"])}
    if rng.random() < 0.3:
        balance["over"] = "every"
    return [balance, {"id": "total", "weighted_by": "resident_pop"}]


def _town(rng: random.Random) -> Plan:
    return {
        "resident_pop": 100 * rng.randint(3, 40),
        "stations": rng.randint(1, 9),
        "venue_hours": rng.randint(200, 2000),
        "school_hours": rng.randint(100, 400),
        "running_cost_yuan": rng.randint(5, 30) * 100,
    }


def _programmes(rng: random.Random, blocks: set[str]) -> list[Plan]:
    lesson: Plan = {"id": "lesson", "spending": "courses", "unit_cost": rng.randint(80, 300)}
    lesson["max_units"] = {"per": 1000, "of": "resident_pop", "units": rng.randint(10, 60)}
    talk: Plan = {"id": "talk", "spending": "activities", "unit_cost": rng.randint(50, 200)}
    talk["venue_hours"] = rng.randint(1, 6)
    upgrade: Plan = {"id": "upgrade", "spending": "activities", "unit_cost": rng.randint(1000, 4000)}
    upgrade["max_units"] = {"per": 1, "of": "stations", "units": 0.5}
    running: Plan = {"id": "running", "spending": "operations", "unit_cost": 1, "floor": "running_cost"}
    if "teaching" in blocks:
        lesson |= {"category": "health", "teacher_hours": rng.randint(1, 10)}
    if "volunteering" in blocks:
        talk["volunteer_hours"] = rng.randint(1, 10)
    return [lesson, *(each for each in (talk, upgrade, running) if rng.random() < 0.7)] if blocks else [lesson, running]


def _attainment(rng: random.Random) -> Plan:
    gain = rng.randint(5, 20)
    pieces = [{"up_to": rng.randint(3, 20), "gain": gain}, {"gain": gain // 2}]
    indicators: list[Plan] = [
        {
            "id": "participation",
            "weight": 0.7,
            "target": rng.randint(5, 10) / 10,
            "denominator": "resident_pop",
            "ceiling": 1,
        },
        {"id": "upgraded", "weight": 0.3, "target": rng.randint(2, 8) / 10, "denominator": "stations", "ceiling": 1},
    ]
    return {
        "indicators": indicators,
        "effects": [
            {
                "programme": "lesson",
                "indicator": "participation",
                "per_unit": pieces if rng.random() < 0.5 else gain,
                "origin": ORIGIN,
            },
            {"programme": "lesson", "indicator": "upgraded", "per_unit": rng.randint(1, 5) / 100, "origin": ORIGIN},
        ],
    }


def _funding(rng: random.Random, towns: dict[str, Plan]) -> Plan:
    heads = sum(town["resident_pop"] for town in towns.values())
    running = sum(town["running_cost_yuan"] for town in towns.values())
    everything = ["activities", "courses", "operations"]
    government: Plan = {
        "id": "gov",
        "amount": running + heads * rng.randint(1, 12),
        "special_fund": True,
        "pays": everything,
    }
    social: Plan = {"id": "soc", "amount": heads * rng.randint(0, 3), "pays": ["courses", "activities"]}
    if rng.random() < 0.3:
        social["earmark"] = [{"town": "t1", "at_least": rng.randint(0, social["amount"] // 4)}]
    section: Plan = {"sources": [government, social]}
    if rng.random() < 0.4:
        section["per_capita_floor"] = {"town": rng.randint(0, 10) / 10}
    if rng.random() < 0.4:
        section["category_shares"] = [{"spending": "courses", "at_least": 0.1, "at_most": rng.randint(4, 10) / 10}]
    return section


def _teaching(rng: random.Random, names: list[str]) -> tuple[Plan, dict[str, list[Plan]]]:
    teachers = [
        {"teacher": f"w{n}", "home_town": rng.choice(names), "hours": rng.randint(50, 600), "backbone": n % 2 == 0}
        for n in range(rng.randint(1, 6))
    ]
    skills = [
        {"teacher": each["teacher"], "category": "health", "proficiency": rng.randint(5, 10) / 10} for each in teachers
    ]
    section: Plan = {"home_share": rng.randint(0, 5) / 10}
    return section, {"teachers": teachers, "skills": skills}


def _volunteering(rng: random.Random, names: list[str]) -> tuple[Plan, dict[str, list[Plan]]]:
    rows = [
        {"town": town, "heads": rng.randint(5, 200), "active_rate": rng.randint(1, 8) / 10, "hours_per_active": 12}
        for town in names
    ]
    return {}, {"volunteers": rows}


def _mentoring(rng: random.Random, names: list[str]) -> tuple[Plan, dict[str, list[Plan]]]:
    section: Plan = {
        "min_gap": rng.randint(0, 10),
        "mentor_capacity": rng.randint(1, 2),
        "hours_per_pair": rng.randint(0, 80),
        "transfer": {"participation": rng.randint(1, 5) / 10},
        "nearness_minutes": rng.randint(20, 90),
    }
    if rng.random() < 0.5:
        section["allowance"] = {"unit_cost": rng.randint(10, 1000), "spending": "activities"}
    return section, {}


def _guidance(rng: random.Random, names: list[str]) -> tuple[Plan, dict[str, list[Plan]]]:
    effect = {"giver": "district", "indicator": "participation", "per_hour": rng.randint(1, 5), "origin": ORIGIN}
    section: Plan = {
        "district_hours": rng.randint(20, 200),
        "town_min_hours": rng.randint(0, 3),
        "station_min_hours": rng.randint(0, 8),
        "effects": [effect],
    }
    return section, {}


BLOCKS = {"teaching": _teaching, "volunteering": _volunteering, "mentoring": _mentoring, "guidance": _guidance}


def _stages(rng: random.Random) -> list[Plan]:
    criterion = rng.choice(["leximin", "leximin", "maximin", "none"])
    stages: list[Plan] = [{"id": "balance", "criterion": criterion, "give": rng.choice([0, 0, 0.5])}]
    if rng.random() < 0.7:
        stages.append({"id": "total", "weighted_by": "resident_pop"})
    if rng.random() < 0.5:
        stages.append({"id": "stability", "unit_change": {"money": 1000}})
    if rng.random() < 0.8:
        stages.append({"id": "tie_break", "factors": {"resident_pop": 1}})
    return stages
