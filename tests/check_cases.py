"""Plans that break one condition each, with what is said of them, and plans where the condition just holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from checking import FLOORS, LOCKS, SHARES, SLOW, SOCIAL, TEACHING, Case, capped, courses, locks, yearly


def case(code: str, broken: Mapping[str, str], numbers: str, word: str, fine: Mapping[str, str] | None = None) -> Any:
    return pytest.param(Case(code, broken, tuple(numbers.split()), word, fine or {}), id=f"{code}-{word}")


MONEY = [
    case(
        "F101", {FLOORS: "{district: 3.5}"}, "3.5 300,000 1,050,000 900,000 150,000", "3.5", {FLOORS: "{district: 3}"}
    ),
    case("F102", {"special_fund: true, ": ""}, "2", FLOORS),
    case("F103", {FLOORS: "{town: 3.2}"}, "3.2 960,000 900,000 60,000", "3.2", {FLOORS: "{town: 3}"}),
    case(
        "F104", capped(0.8, "{town: 1}"), "50,000 47,500 40,000 7,500 2,500", "1}\n  category", capped(1, "{town: 1}")
    ),
    case("F105", capped(0.8, "{district: 1}"), "300,000 285,000", "1}\n  category", capped(0.9, "{district: 1}")),
    case(
        "F106",
        {
            "[operations, courses, activities]}\n    - {id: social, amount: 100000": "[courses, activities]}\n"
            "    - {id: social, amount: 100000",
            SOCIAL: "pays: [operations, courses]",
        },
        "140,000 100,000 40,000",
        "running_cost",
        {
            "[operations, courses, activities]}\n    - {id: social, amount: 100000": "[courses, activities]}\n"
            "    - {id: social, amount: 150000",
            SOCIAL: "pays: [operations, courses]",
            FLOORS: "{district: 0.1}",
        },
    ),
    case("F107", capped(0.5, "{district: 0.3}"), "30,000 25,000 5,000", "running_cost", capped(0.6, "{district: 0.3}")),
    case(
        "F108",
        {SOCIAL: "pays: [operations], earmark: [{town: bei, at_least: 60000}, {town: nan, at_least: 50000}]"},
        "60,000 50,000 110,000 100,000 10,000",
        "[{town: bei, at_least: 60000}",
        {SOCIAL: "pays: [operations], earmark: [{town: bei, at_least: 60000}, {town: nan, at_least: 40000}]"},
    ),
    case(
        "F109",
        {SOCIAL: "pays: [courses], earmark: [{town: nan, at_least: 24000}]"},
        "24,000 23,873",
        "[{town: nan",
        {SOCIAL: "pays: [courses], earmark: [{town: nan, at_least: 14000}]"},
    ),
    case(
        "F110",
        {SHARES: "[{spending: courses, at_most: 0.02}, {spending: operations, at_most: 0.95}]"},
        "0.02 0.95 0.97 600,000",
        "[{spending: courses, at_most",
        {SHARES: "[{spending: courses, at_most: 0.1}, {spending: operations, at_most: 0.95}]"},
    ),
    case(
        "F111",
        {SHARES: "[{spending: courses, at_least: 0.5}]"},
        "0.5 600,000 300,000 75,000 0.125 1,000",
        "0.5}]",
        {SHARES: "[{spending: courses, at_least: 0.1}]"},
    ),
    case(
        "F112",
        {SHARES: "[{spending: operations, at_most: 0.1}]"},
        "140,000 0.1 975,000 97,500 0.1436",
        "0.1}]",
        {SHARES: "[{spending: operations, at_most: 0.95}]"},
    ),
    case(
        "F113",
        yearly(0.1, 3, (500000, 500000, 200000)),
        "0.1 1,200,000 1,080,000 1,000,000 80,000 0.1667",
        "0.1, up",
        yearly(0.3, 3, (500000, 500000, 200000)),
    ),
    case(
        "F114",
        {**yearly(0.5, 0.2, (100000, 150000, 20000)), FLOORS: "{town: 1}"},
        "50,000 0.2 20,000 24,000",
        "0.2}",
        {**yearly(0.5, 0.2, (100000, 150000, 45000)), FLOORS: "{town: 1}"},
    ),
    case(
        "F115",
        {**capped(0.85, "{town: 0.8}"), **yearly(0.1, 3, (50000, 60000, 60000))},
        "60,000 54,000 50,000",
        "0.1, up",
        {**capped(0.85, "{town: 0.8}"), **yearly(0.2, 3, (50000, 60000, 60000))},
    ),
    case(
        "F116",
        yearly(0.5, 0.5, (100000, 150000, 50000)),
        "600,000 0.5 450,000 150,000",
        "0.5}\nteaching",
        yearly(0.5, 1.2, (100000, 150000, 50000)),
    ),
    case(
        "F117",
        {"amount: 900000,": "amount: 900000, min_share: 0.8,", "amount: 100000,": "amount: 100000, min_share: 0.3,"},
        "0.8 0.3 1.1 600,000",
        "0.3, pays",
        {"amount: 900000,": "amount: 900000, min_share: 0.8,", "amount: 100000,": "amount: 100000, min_share: 0.05,"},
    ),
    case(
        "F118",
        {"amount: 100000,": "amount: 100000, min_share: 0.2,"},
        "0.2 600,000 120,000 75,000 0.125",
        "0.2,",
        {"amount: 100000,": "amount: 100000, min_share: 0.05,"},
    ),
    case(
        "F119",
        {**yearly(0.1, 99, (700000, 10000, 10000)), "amount: 900000": "amount: 600000"},
        "830,000 700,000 130,000",
        "",
        yearly(0.1, 99, (700000, 10000, 10000)),
    ),
    case(
        "F120",
        {SHARES: "[{spending: operations, at_most: 0.68}]"},
        "0.68 600,000 192,000 75,000 0.875",
        "0.68",
        {SHARES: "[{spending: operations, at_most: 0.95}]"},
    ),
]

UNTAUGHT = {"teacher_hours: 20, floor: skill": "floor: skill"}
PEOPLE = [
    case("F201", courses(0, 0, 30000), "400 318.32 81.68", "course, unit", courses(0, 0, 18000)),
    case("F202", courses(30000, 30000, 15000), "1,000 880 120", "course, unit", courses(22500, 22500, 3000)),
    case(
        "F203",
        {**courses(0, 0, 22500), "volunteer_hours: 10": "volunteer_hours: 700", "ratio: 5": "ratio: 50"},
        "10,500 10,200 300",
        "course, unit",
        {**courses(0, 0, 15000), "volunteer_hours: 10": "volunteer_hours: 700", "ratio: 5": "ratio: 50", SHARES: "[]"},
    ),
    case(
        "F204",
        {**courses(15000, 15000, 7500), "volunteer_hours: 10": "volunteer_hours: 600", "ratio: 5": "ratio: 50"},
        "15,000 14,200 800",
        "course, unit",
        {**courses(15000, 15000, 7500), "volunteer_hours: 10": "volunteer_hours: 500", "ratio: 5": "ratio: 50"},
    ),
    case(
        "F205",
        {**courses(0, 0, 15000), "venue_hours: 24": "venue_hours: 210"},
        "2,100 2,000 100",
        "course, unit",
        {**courses(0, 0, 15000), "venue_hours: 24": "venue_hours: 100"},
    ),
    case(
        "F206",
        {**courses(0, 0, 1500), **UNTAUGHT, "ratio: 5": "ratio: 0.3"},
        "0.3 4",
        "0.3}",
        {**courses(0, 0, 1500), **UNTAUGHT, "ratio: 5": "ratio: 0.5"},
    ),
    case(
        "F207",
        {**courses(33000, 0, 0), TEACHING: "{home_share: 0.5, exchange_min_share: 0.9}"},
        "0.9 440 396 390 0.8863",
        "0.9}\nvol",
        {**courses(15000, 0, 0), TEACHING: "{home_share: 0.5, exchange_min_share: 0.1}"},
    ),
    case(
        "F208",
        {**courses(33000, 0, 0), TEACHING: "{home_share: 0.5, exchange_min_share: 0.5, backbone_min_share: 0.9}"},
        "0.9 220 198 150 0.6818",
        "0.9}\nvol",
        {**courses(15000, 0, 0), TEACHING: "{home_share: 0.5, exchange_min_share: 0.1, backbone_min_share: 0}"},
    ),
    case(
        "F209", courses(30000, 7500, 0, skills=41250), "1,050 1,000 50", "course, unit", courses(15000, 7500, 0, 15000)
    ),
    case(
        "F301",
        {"district_hours: 100": "district_hours: 100\n  town_min_hours: 40"},
        "3 40 120 100 20 33.33",
        "40\n",
        {"district_hours: 100": "district_hours: 120\n  town_min_hours: 40"},
    ),
    case(
        "F302",
        {"district_hours: 100": "district_hours: 100\n  station_min_hours: 15"},
        "8 15 120 100 20",
        "15\n",
        {"district_hours: 100": "district_hours: 100\n  station_min_hours: 12.5"},
    ),
]

BOTH_SLOW = {SLOW: "slow: {towns: [bei, nan]}\n  mature: {preset: [dong]}"}
BOTH_MATURE = {SLOW: "slow: {towns: [nan]}\n  mature: {preset: [bei, dong]}"}
DONG_NAN = "decision: pairing, where: {mentor: dong, mentee: nan}"
DONG_BEI = "decision: pairing, where: {mentor: dong, mentee: bei}"
BEI_NAN = "decision: pairing, where: {mentor: bei, mentee: nan}"
NAN = "where: {town: nan}"


def ran(*pairs: str) -> dict[str, str]:
    """Pairs that began in 2015, in the place of the plan's own locks."""
    rows = "".join(f"{pair},2015,0\n" for pair in pairs)
    return {LOCKS: "last_year: {pairs: ran}\n", "tables/ran": f"mentor,mentee,start_year,renewals\n{rows}"}


RUNNING = [
    case(
        "F407",
        {**BOTH_SLOW, **ran("dong,nan", "dong,bei"), "  nearness": "  mentor_capacity: 1\n  nearness"},
        "2 1",
        "1\n  nearness",
        {**BOTH_SLOW, **ran("dong,nan", "dong,bei")},
    ),
    case(
        "F408",
        {**BOTH_MATURE, **ran("dong,nan", "bei,nan"), "  nearness": "  mentee_cover: 1\n  nearness"},
        "2 1",
        "1\n  nearness",
        {**BOTH_MATURE, **ran("dong,nan", "bei,nan"), "  nearness": "  mentee_cover: 2\n  nearness"},
    ),
    case(
        "F121",
        {SHARES: f"{SHARES}\n  issued: {{table: gone}}", "tables/gone": "town,source,amount_yuan\nbei,social,120000\n"},
        "120,000 100,000 20,000",
        "{table: gone",
        {SHARES: f"{SHARES}\n  issued: {{table: gone}}", "tables/gone": "town,source,amount_yuan\nbei,social,9000\n"},
    ),
]

LOCKED = [
    case("F401", locks(f"{BEI_NAN}, equals: 1"), "lock1", "1, reason", locks(f"{DONG_NAN}, equals: 1")),
    case(
        "F402",
        locks("decision: pairing, where: {mentor: dong}, at_least: 2"),
        "2 1",
        "2, reason",
        locks("decision: pairing, where: {mentor: dong}, at_least: 1"),
    ),
    case(
        "F403",
        {
            **BOTH_SLOW,
            **locks(f"{DONG_NAN}, equals: 1", f"{DONG_BEI}, equals: 1"),
            "  nearness": "  mentor_capacity: 1\n  nearness",
        },
        "lock1 lock2 2 1",
        "1, reason",
        {**BOTH_SLOW, **locks(f"{DONG_NAN}, equals: 1", f"{DONG_BEI}, equals: 1")},
    ),
    case(
        "F404",
        {**BOTH_MATURE, **locks(f"{DONG_NAN}, equals: 1", f"{BEI_NAN}, equals: 1")},
        "lock1 lock2 2 1",
        "1, reason",
        {
            **BOTH_MATURE,
            **locks(f"{DONG_NAN}, equals: 1", f"{BEI_NAN}, equals: 1"),
            "  nearness": "  mentee_cover: 2\n  nearness",
        },
    ),
    case("F405", locks(f"{DONG_NAN}, equals: 0.5"), "0.5", "0.5, reason", locks(f"{DONG_NAN}, equals: 1")),
    case(
        "F406",
        {
            **BOTH_SLOW,
            **locks(f"{DONG_NAN}, equals: 1", f"{DONG_BEI}, equals: 1"),
            "  nearness": "  hours_per_pair: 160\n  nearness",
        },
        "2 160 320 300 20",
        "1, reason",
        {
            **BOTH_SLOW,
            **locks(f"{DONG_NAN}, equals: 1", f"{DONG_BEI}, equals: 1"),
            "  nearness": "  hours_per_pair: 150\n  nearness",
        },
    ),
    case(
        "F501",
        locks("decision: units, where: {town: nan, programme: health_course}, at_least: 20"),
        "20 15.92",
        "20, r",
        locks("decision: units, where: {town: nan, programme: health_course}, at_least: 12"),
    ),
    case(
        "F501",
        locks("decision: funding, where: {town: nan, source: social}, at_least: 30000"),
        "30,000 23,873",
        "30000",
        locks("decision: funding, where: {town: nan, source: social}, at_least: 10000"),
    ),
    case(
        "F501",
        locks("decision: teaching, where: {teacher: t1}, at_least: 401"),
        "401 400",
        "401",
        locks("decision: teaching, where: {teacher: t1}, at_least: 400"),
    ),
    case(
        "F501",
        locks("decision: volunteering, where: {from_town: nan, to_town: bei}, at_least: 1"),
        "1 0",
        "1, reason",
        locks("decision: volunteering, where: {from_town: nan, to_town: dong}, at_least: 1"),
    ),
    case(
        "F501",
        locks(f"decision: guidance, {NAN}, at_least: 101"),
        "101 100",
        "101",
        locks(f"decision: guidance, {NAN}, at_least: 100"),
    ),
    case(
        "F501",
        locks(f"decision: station_guidance, {NAN}, at_least: 102"),
        "102 100",
        "102",
        locks(f"decision: station_guidance, {NAN}, at_least: 100"),
    ),
    case(
        "F502",
        locks(f"decision: funding, {NAN}, at_most: 49000"),
        "49,000 50,000",
        "49000",
        locks(f"decision: funding, {NAN}, at_most: 50000"),
    ),
    case(
        "F502",
        locks("decision: units, where: {town: nan, programme: operations}, at_most: 29999"),
        "29,999 30,000",
        "29999",
        locks("decision: units, where: {town: nan, programme: operations}, at_most: 30000", more=""),
    ),
    case(
        "F503",
        locks(f"decision: guidance, {NAN}, at_least: 50", "decision: guidance, where: {}, at_most: 40"),
        "50 40",
        "50, reason",
        locks(f"decision: guidance, {NAN}, at_least: 40", "decision: guidance, where: {}, at_most: 40"),
    ),
    case(
        "F504",
        {
            SOCIAL: "pays: [operations, courses], earmark: [{town: nan, at_least: 6000}]",
            **locks(
                "decision: funding, where: {town: bei, source: social}, at_least: 60000",
                "decision: funding, where: {town: dong, source: social}, at_least: 36000",
            ),
        },
        "60,000 36,000 6,000 102,000 100,000 2,000",
        "60000",
        {
            SOCIAL: "pays: [operations, courses], earmark: [{town: nan, at_least: 4000}]",
            **locks(
                "decision: funding, where: {town: bei, source: social}, at_least: 60000",
                "decision: funding, where: {town: dong, source: social}, at_least: 36000",
            ),
        },
    ),
    case(
        "F505",
        locks("decision: guidance, where: {town: bei}, at_least: 60", f"decision: guidance, {NAN}, at_least: 50"),
        "60 50 110 100 10",
        "60, reason",
        locks("decision: guidance, where: {town: bei}, at_least: 60", f"decision: guidance, {NAN}, at_least: 40"),
    ),
    case(
        "F506",
        locks(
            "decision: funding, where: {town: bei}, at_least: 600000",
            "decision: funding, where: {town: dong}, at_least: 500000",
        ),
        "600,000 500,000 1,100,000 1,000,000",
        "600000",
        locks(
            "decision: funding, where: {town: bei}, at_least: 400000",
            "decision: funding, where: {town: dong}, at_least: 300000",
        ),
    ),
]


def wanted(goal: str) -> dict[str, str]:
    """One more goal, which is a rule."""
    return {"goals:\n": f"goals:\n  - {{id: more, strength: rule, {goal}}}\n"}


MANY = "measure: money_per_head, scope: count_of_towns, towns: {n}, at_least: {{2016: 12}}"

WANTED = [
    case(
        "F601",
        wanted("measure: special_fund_per_head, at_least: {2016: 3.2}"),
        "3.2 3 900,000 300,000",
        "{2016: 3.2}",
        wanted("measure: special_fund_per_head, at_least: {2016: 2.9}"),
    ),
    # 12 yuan a head are 1.2 million in bei, 1.8 million in dong and 0.6 million in nan; 975,000 yuan can be spent.
    case("F602", wanted(MANY.format(n=2)), "2 1 12 9.75 975,000 100,000", "{2016: 12}", wanted(MANY.format(n=1))),
]


def models(given: str, cost: int = 5000, asked: str = "level,0.1") -> dict[str, str]:
    """A standard of one criterion for demonstration towns."""
    block = f"  standards: [{{id: model, unit_cost: {cost}}}]\n  spending: activities\n  {given}\n"
    rows = f"standard,criterion,measure,at_least,text_zh,text_en\nmodel,one,{asked},甲,one\n"
    return {"goals:\n": f"demonstration:\n{block}goals:\n", "tables/demonstration_criteria": rows}


MODELS = [
    case(
        "F810",
        models("least_towns: 3\n  eligible: {min_level: 40}"),
        "3 2",
        "3\n  eligible",
        models("least_towns: 2\n  eligible: {min_level: 40}"),
    ),
    case(
        "F811",
        models("least_towns: 2\n  most_a_year: 1"),
        "2 0 1",
        "2\n  most",
        models("least_towns: 1\n  most_a_year: 1"),
    ),
    case(
        "F812",
        models("least_towns: 3", cost=400000),
        "3 400,000 1,200,000 1,000,000 200,000",
        "3\ngoals",
        models("least_towns: 2", cost=300000),
    ),
    case(
        "F813",
        models("least_towns: 2", asked="money_per_head,15"),
        "2 1",
        "2\ngoals",
        models("least_towns: 2", asked="money_per_head,2"),
    ),
    case(
        "F501",
        {
            **models("eligible: {min_level: 40}"),
            **locks("decision: demonstrated, where: {standard: model}, at_least: 3"),
        },
        "3 2",
        "3, reason",
        {
            **models("eligible: {min_level: 40}"),
            **locks("decision: demonstrated, where: {standard: model}, at_least: 2"),
        },
    ),
]


def pairing(rules: str) -> dict[str, str]:
    """Further rules of mentoring."""
    return {"  nearness": f"  {rules}\n  nearness"}


PAIRED = [
    case(
        "F861",
        {**BOTH_SLOW, **pairing("mentee_least: 1\n  mentor_capacity: 1")},
        "2 1",
        "1\n  mentor",
        {**BOTH_SLOW, **pairing("mentee_least: 1\n  mentor_capacity: 2")},
    ),
    case(
        "F862",
        pairing("mentee_least: 1\n  travel: {visits: 10, most_minutes: 200}"),
        "300 200 100",
        "200}",
        pairing("mentee_least: 1\n  travel: {visits: 10, most_minutes: 300}"),
    ),
    case("F863", pairing("mentee_least: 2"), "2 1", "2\n  nearness", pairing("mentee_least: 1")),
    case(
        "F864",
        {**ran("dong,nan"), **pairing("travel: {visits: 10, most_minutes_of_mentor: 200}")},
        "300 200",
        "200}",
        {**ran("dong,nan"), **pairing("travel: {visits: 10, most_minutes_of_mentor: 300}")},
    ),
    case(
        "F865",
        {**ran("dong,nan", "bei,nan"), **pairing("max_changes: 0")},
        "1 0",
        "0\n  nearness",
        {**ran("dong,nan"), **pairing("max_changes: 0")},
    ),
]


def starred(asked: int, most: int = 9, cost: int = 1000) -> dict[str, str]:
    """A rule on star-rated stations: one in each town, one criterion."""
    block = "  grades: [{id: one_star, stars: 1, cutoff: 60}]\n  spending: activities\n" + f"  most_a_year: {most}\n"
    rule = f"  - {{id: stars, measure: star_stations, strength: rule, at_least: {{2016: {asked}}}}}\n"
    stations = "".join(f"{town}1,{town},{town}1,{town}1,100\n" for town in ("bei", "dong", "nan"))
    return {
        "goals:\n": f"stars:\n{block}goals:\n{rule}",
        "tables/stations": f"station,town,name_zh,name_en,residents\n{stations}",
        "tables/star_criteria": f"criterion,name_zh,name_en,points,upgrade_cost_yuan\nrooms,a,a,60,{cost}\n",
        "tables/station_scores": "station,criterion,points\n",
    }


STARS = [
    case("F801", starred(3, most=2), "3 2", "{2016: 3}", starred(2, most=2)),
    case("F802", starred(3, cost=400000), "1,200,000 1,000,000", "{2016: 3}", starred(3, cost=100000)),
    case("F803", starred(4), "3", "{2016: 4}", starred(3)),
]


def buying(given: str, offers: str = "club,health,50,1000,1", floor: int = 0, other: int = 0) -> dict[str, Any]:
    """An organisation that teaches; money for courses that bei and dong must spend [yuan; 20 hours for 1,500]."""
    made = {"goals:\n": f"purchase: {{spending: courses{given}}}\ngoals:\n", **courses(floor, other, 0)}
    made["tables/providers"] = "provider,name_zh,name_en,grade,venue_included\nclub,学社,Club,2,false\n"
    made["tables/offers"] = f"provider,category,price_yuan,capacity_hours,quality\n{offers}\n"
    return made


def matched(rule: str) -> dict[str, str]:
    """Social money against that of the government: 5,000 yuan are earmarked for bei."""
    line = f"matching: [{{id: m, source: social, with: government, {rule}}}]"
    return {"per_capita_floor:": f"{line}\n  per_capita_floor:"}


def team(rules: str, pay: int = 1000) -> dict[str, str]:
    """Three full-time people in bei, and free ones."""
    block = f"  types: [{{id: full, pay: {pay}}}, {{id: free}}]\n  spending: operations\n  {rules}\n"
    return {"goals:\n": f"team:\n{block}goals:\n", "tables/staff": "town,type,heads\nbei,full,3\n"}


GOVERNED = {"special_fund: true,": "special_fund: true, earmark: [{town: bei, at_least: 50000}],"}

BOUGHT = [
    case("F831", buying("", "club,health,50,50,1", 90000), "1,200", "", buying("", floor=15000)),
    case(
        "F832",
        buying("", "club,health,50,50,1", 37500, 37500),
        "1,000 880 50",
        "",
        buying("", "club,health,50,50,1", 30000, 30000),
    ),
    case(
        "F836",
        {**matched("at_least: 3"), **GOVERNED},
        "3 150,000 100,000 50,000",
        "3}]",
        {**matched("at_least: 0.01"), **GOVERNED},
    ),
    case(
        "F837",
        {**capped(0.6, "{district: 0.3}"), **matched("at_most: 0.05, scope: every_town")},
        "5,000 0.05 3,750",
        "0.05,",
        {**capped(0.6, "{district: 0.3}"), **matched("at_most: 0.5, scope: every_town")},
    ),
    case("F833", buying(", most_share: 0.1", floor=90000), "0.1 1,080", "", buying(", most_share: 0.1", floor=15000)),
    case("F835", matched("at_most: 0.005"), "0.005 5,000 4,500", "0.005", matched("at_most: 0.5")),
]

TEAM = [
    case(
        "F871",
        team("floors: [{type: full, posts: 9}]\n  most: [{type: full, posts: 8}, {type: free, posts: 1}]"),
        "9 8",
        "",
        team("floors: [{type: full, posts: 8}]\n  most: [{type: full, posts: 8}, {type: free, posts: 1}]"),
    ),
    case(
        "F872",
        team("most: [{type: full, posts: 2}, {type: free, posts: 1}]"),
        "3 2",
        "",
        team("most: [{type: full, posts: 3}, {type: free, posts: 1}]"),
    ),
    case(
        "F873",
        team("floors: [{type: full, posts: 4}]\n  most_hired_a_year: 8"),
        "9 8",
        "8",
        team("floors: [{type: full, posts: 4}]\n  most_hired_a_year: 9"),
    ),
    case(
        "F874",
        team("most_hired_a_year: 1", 400000),
        "1,200,000 900,000 300,000",
        "",
        team("most_hired_a_year: 1", 9000),
    ),
    case(
        "F875",
        team("most: [{type: free, posts: 2}]\n  ratios: [{id: r, of: [free], at_least: 0.5}]"),
        "0.5 3 2",
        "",
        team("most: [{type: free, posts: 3}]\n  ratios: [{id: r, of: [free], at_least: 0.5}]"),
    ),
]


CASES = [*BOUGHT, *TEAM, *MODELS, *STARS, *MONEY, *PEOPLE, *LOCKED, *PAIRED, *RUNNING, *WANTED]
