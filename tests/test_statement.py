"""Statements and model say the same: what a block's docstring lists is what it builds, no more and no less."""

from __future__ import annotations

import inspect
import re
import shutil
from importlib import import_module
from pathlib import Path

import pytest

from allocator.blocks.registry import judges, outcomes, parts_of
from allocator.engine import limits
from allocator.engine.build import build
from allocator.engine.criteria import ordered, stability
from allocator.engine.highs import HighsSession
from allocator.engine.stages import run_stages
from allocator.model import Model
from allocator.plan.reading import PlanFiles, load
from allocator.plan.stages import absent
from allocator.scenario.plan_year import Scenario
from allocator.verbs.rounding import hours, whole_units
from allocator.verbs.statement import model_page, statement
from allocator.verbs.statement.parts import Statement, read_statement
from allocator.words.texts import LANGUAGES, use_language

ROOT = Path(__file__).parent.parent
MODULES = parts_of("model")
STATEMENTS = {block: read_statement(module) for block, module in MODULES.items()}

EVERYTHING = {
    "teaching.exchange_min_share": 0.02,
    "teaching.backbone_min_share": 0.1,
    "funding.sources.social.min_share": 0.02,
    "funding.issued": {"table": "issued", "take_back": 0.1},
    "mentoring.max_changes": 12,
    "mentoring.pairs": "pair_values",
    "mentoring.mentee_least": 1,
    "mentoring.travel": {
        "visits": 2,
        "cost_per_hour": 20,
        "spending": "staff_training",
        "most_minutes": 9000,
        "most_minutes_of_mentor": 3000,
    },
    "guidance.allowance": {"unit_cost": 10, "spending": "staff_training"},
    "goals": [
        {"id": "two_yuan", "measure": "special_fund_per_head", "strength": "rule", "at_least": {"2016": 2}},
        {"id": "paired", "measure": "paired_slow_towns", "strength": "hard", "at_least": {"2016": 1}},
        {
            "id": "eight",
            "measure": "participation",
            "scope": "count_of_towns",
            "towns": 8,
            "strength": "soft",
            "at_least": {"2016": 0.3},
        },
    ],
    "stages": [
        {"id": "basics"},
        {"id": "balance", "give": 0.5},
        {"id": "aspirations"},
        {"id": "total"},
        {"id": "stability", "unit_change": {"money": 10000}},
        {"id": "tie_break", "factors": {"resident_pop": 1}},
    ],
    "locks": [
        {"id": "pair", "decision": "pairing", "where": {"mentor": "nancun"}, "at_least": 1, "reason": "协议已签"},
        {"id": "hours", "decision": "guidance", "where": {"town": "xinzao"}, "equals": 60, "reason": "已承诺"},
    ],
    "stars": {
        "stations": "star_stations",
        "grades": [{"id": "one_star", "stars": 1, "cutoff": 60}, {"id": "two_star", "stars": 2, "cutoff": 80}],
        "spending": "facilities",
        "most_a_year": 20,
        "equal_chance": {"stations": 1},
        "gains": [
            {"indicator": "standard_stations", "per_unit": 1, "origin": {"kind": "illustrative", "rule": "one a star"}}
        ],
    },
    "demonstration": {
        "standards": [{"id": "first", "unit_cost": 10000}, {"id": "second", "after": "first"}],
        "criteria": "model_criteria",
        "spending": "facilities",
        "most_a_year": 8,
        "least_towns": 1,
    },
    "bases": {
        "sites": "base_sites",
        "functions": [{"id": "courses"}, {"id": "elderly"}],
        "site_functions": "base_uses",
        "venue_function": "courses",
        "spending": "facilities",
        "most_new": 2,
        "exactly_open": 2,
    },
    "coverage": {"stations": "circle_stations", "minutes": "circle_ways", "serve": "nearest", "capacity": True},
    "posting": {
        "bands": [{"up_to_minutes": 12, "allowance": 3000}],
        "spending": "staff_training",
        "exchange_share": 0.01,
        "backbone_share": 0.2,
        "host_floor": 1,
        "most_hosted": 3,
        "most_changes": 6,
    },
    "funding.matching": [{"id": "society", "source": "social", "with": "government", "at_most": 2}],
    "purchase": {"spending": "courses", "most_share": 0.5, "least_hours": 5},
    "team": {
        "types": [
            {"id": "full", "pay": 50000, "training_cost": 500, "turnover": 0.1, "contact_hours": 20},
            {"id": "free"},
        ],
        "spending": "operations",
        "ratios": [{"id": "many", "of": ["free"], "at_least": 0.5}],
        "floors": [{"type": "full", "posts": 1}],
        "most": [{"type": "free", "posts": 4}],
        "most_hired_a_year": 200,
        "training": {
            "places": 50,
            "spending": "staff_training",
            "gains": [
                {"indicator": "participation", "per_unit": 5, "origin": {"kind": "illustrative", "rule": "five each"}}
            ],
        },
    },
    "projects": {
        "kinds": [
            {"id": "brand", "spending": "activities", "most_in_town": 2, "at_most": 3},
            {"id": "study", "spending": "staff_training", "yearly": False},
        ],
        "effects": "project_effects",
        "needs": "project_needs",
        "excludes": "project_excludes",
    },
    "limits": [{"id": name, "measure": name, "at_most": 0.9} for name in ("cv", "gini", "mean_deviation", "range")],
}
"""What Panyu's plan leaves out."""

IN_WHOLE_UNITS = {"level_lost", "level_kept", "whole_total"}
"""Families of the rounding model, which is built on its own."""

OF_LIMITS = {"no_fall", *(name for names in limits.FAMILIES.values() for name in names)}

STAGES = ("basics", "balance", "aspirations", "total", "stability", "tie_break")


@pytest.fixture(scope="module")
def panyu(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """Panyu's first two years, with every part that a plan can have."""
    folder = tmp_path_factory.mktemp("everything") / "panyu"
    left_out = shutil.ignore_patterns("2018.yaml", "2019.yaml", "2020.yaml", "variants", "expected")
    shutil.copytree(ROOT / "scenarios" / "panyu", folder, ignore=left_out)
    plan = (folder / "plan.yaml").read_text(encoding="utf-8")
    short = plan.replace("years: [2016, 2017, 2018, 2019, 2020]", "years: [2016, 2017]")
    (folder / "plan.yaml").write_text(short, encoding="utf-8")
    _stars(folder / "tables")
    _staff(folder / "tables")
    (folder / "tables" / "issued.csv").write_text("town,source,amount_yuan\nshilou,social,10000\n", encoding="utf-8")
    pairs = "mentor,mentee,benefit,cost\nnancun,xinzao,3,1\nnancun,hualong,2,1\nzhongcun,shibi,2,2\n"
    (folder / "tables" / "pair_values.csv").write_text(pairs, encoding="utf-8")
    criteria = (
        "standard,criterion,measure,at_least,text_zh,text_en\nfirst,one,level,30,甲,one\nsecond,one,level,50,乙,two\n"
    )
    (folder / "tables" / "model_criteria.csv").write_text(criteria, encoding="utf-8")
    _circle(folder / "tables")
    _library(folder / "tables")
    return load(folder).with_(EVERYTHING)


def _circle(tables: Path) -> None:
    """Two sites with two functions, and two stations that reach both."""
    files = {
        "base_sites": "site,town,name_zh,name_en,opening_cost_yuan,yearly_cost_yuan,hours,capacity\n"
        "hall,shiqiao,礼堂,Hall,20000,1000,300,4000\nyard,nancun,院子,Yard,10000,1000,200,4000\n",
        "base_uses": "site,function,least_hours\nhall,courses,0\nhall,elderly,40\nyard,courses,0\n",
        "circle_stations": "station,town,name_zh,name_en,residents\n"
        "east,shiqiao,东,East,900\nwest,nancun,西,West,800\n",
        "circle_ways": "station,site,minutes\neast,hall,5\neast,yard,20\nwest,hall,20\nwest,yard,6\n",
    }
    for name, text in files.items():
        (tables / f"{name}.csv").write_text(text, encoding="utf-8")


def _library(tables: Path) -> None:
    """Four projects: one needs another, two exclude each other, one adds to an indicator."""
    files = {
        "projects": "project,kind,town,name_zh,name_en,once_yuan,yearly_yuan,benefit,started\n"
        "fair,brand,shiqiao,庙会,Fair,9000,500,3,\nopera,brand,nancun,粤剧,Opera,8000,500,2,2014\n"
        "story,brand,district,故事,Story,7000,500,1,\nsurvey,study,district,调研,Survey,6000,0,1,\n",
        "project_effects": "project,indicator,gain,where,origin,rule\n"
        "story,participation,1,every_town,illustrative,示例\n",
        "project_needs": "project,needs\nstory,survey\n",
        "project_excludes": "project,other\nfair,story\n",
    }
    for name, text in files.items():
        (tables / f"{name}.csv").write_text(text, encoding="utf-8")


def _staff(tables: Path) -> None:
    """One person on the team, and an organisation that teaches health and skills in rooms of its own."""
    files = {
        "staff": "town,type,heads\nshilou,full,1\n",
        "providers": "provider,name_zh,name_en,grade,venue_included\nclub,学社,Club,2,true\n",
        "offers": "provider,category,price_yuan,capacity_hours,quality\nclub,health,90,300,0.9\nclub,skills,80,200,1\n",
    }
    for name, text in files.items():
        (tables / f"{name}.csv").write_text(text, encoding="utf-8")


def _stars(tables: Path) -> None:
    """Two stations in each town, which are alike, and a standard of two criteria."""
    towns = [line.split(",")[0] for line in (tables / "towns.csv").read_text(encoding="utf-8-sig").splitlines()[1:]]
    rows = [f"{town}_{n},{town},{town}{n},{town} {n},1000" for town in towns for n in (1, 2)]
    files = {
        "star_stations": "station,town,name_zh,name_en,residents\n" + "\n".join(rows) + "\n",
        "star_criteria": "criterion,name_zh,name_en,points,upgrade_cost_yuan\nrooms,场地,Rooms,60,5000\n"
        "staff,人员,Staff,40,3000\n",
        "station_scores": "station,criterion,points\n",
    }
    for name, text in files.items():
        (tables / f"{name}.csv").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def model(panyu: Scenario) -> Model:
    return build(panyu)


@pytest.fixture(scope="module")
def solved() -> Model:
    """A small plan after its stages: the columns and rows of the criteria stand in the model too."""
    scenario = load(ROOT / "scenarios" / "panyu" / "2016.yaml")
    scenario = scenario.with_({"mentoring": None, "teaching": None, "goals": None})
    made = build(scenario)
    run_stages(made, scenario, HighsSession(made))
    return made


@pytest.fixture(scope="module")
def dial() -> Model:
    """A small plan after a stage of aversion to inequality."""
    scenario = load(ROOT / "scenarios" / "tiny" / "2016.yaml")
    scenario = scenario.with_({"stages": [{"id": "balance", "criterion": "inequality_aversion", "aversion": 1}]})
    made = build(scenario)
    run_stages(made, scenario, HighsSession(made))
    return made


def of_all(part: str) -> dict[str, tuple[str, ...]]:
    """Families that the statements list under a heading, with their labels; none twice."""
    found: dict[str, tuple[str, ...]] = {}
    for listed in (getattr(each, part) for each in STATEMENTS.values()):
        assert not found.keys() & listed.keys()
        found |= listed
    return found


def bound_rules(model: Model) -> dict[str, tuple[str, ...]]:
    return {
        rule.name: part.dims for parts in model.columns.values() for part in parts for rule, _, _ in part.bound_rules
    }


def test_variables_of_the_model_are_those_of_the_statements_with_the_same_labels(model: Model) -> None:
    own = {name: parts[0].dims for name, parts in model.columns.items() if name not in OF_LIMITS}
    assert own == of_all("variables")


def test_rows_of_the_model_are_those_of_the_statements_with_the_same_labels(model: Model) -> None:
    closed = {ledger.row_name: ledger.dims for ledger in model.ledgers.values() if ledger.is_closed}
    own = {name: parts[0].dims for name, parts in model.rows.items() if name not in {*closed, *OF_LIMITS}}
    assert own | bound_rules(model) == of_all("rows")


def test_outcomes_of_the_model_are_those_of_the_statements(model: Model) -> None:
    assert {name: tuple(outcome.labels) for name, outcome in model.outcomes.items()} == of_all("outcomes")


def test_the_loader_knows_the_outcomes_that_blocks_declare_and_the_audit_recomputes_them() -> None:
    declared = {(block, name): labels for block, each in STATEMENTS.items() for name, labels in each.outcomes.items()}
    of_towns = {where: labels == ("town", "year") for where, labels in declared.items()}
    assert {(block, name): each.by_town for name, (block, each) in outcomes().items()} == of_towns
    assert {(block, name) for name, (block, _) in judges().items()} == declared.keys() - {("attainment", "level")}


@pytest.mark.parametrize("serve", ["nearest", "none"])
@pytest.mark.parametrize("pairs", ["pair_values", None])
def test_the_loader_offers_stages_what_the_model_of_the_plan_declares(
    panyu: Scenario, serve: str, pairs: str | None
) -> None:
    # Transfer, nearness and travel of Panyu's own plan stand in for the table of pairs.
    scenario = panyu.with_({"coverage.serve": serve, "coverage.capacity": False, "mentoring.pairs": pairs})
    assert isinstance(scenario.source, PlanFiles)
    tree = next(iter(scenario.source.trees.values()))
    offered = {name for name, (block, each) in outcomes().items() if absent(tree, block, each) is None}
    assert offered == build(scenario).outcomes.keys()


@pytest.mark.parametrize("block", MODULES)
def test_a_block_builds_only_what_its_own_statement_lists(block: str) -> None:
    said, source = STATEMENTS[block], inspect.getsource(MODULES[block])
    named = set(re.findall(r"\.(?:variables|constrain|define)\(\s*\"(\w+)\"", source))
    named |= {rule for pair in re.findall(r"rules=\(([^)]*)\)", source) for rule in re.findall(r"\"(\w+)\"", pair)}
    assert named <= said.variables.keys() | said.rows.keys()


def test_ledger_entries_of_the_model_are_those_of_the_statements(model: Model) -> None:
    posted = {
        (ledger.name, entry.block, entry.supplied) for ledger in model.ledgers.values() for entry in ledger.entries
    }
    posted |= {(each.name, given.block, True) for each in model.ledgers.values() for given in each.provisions}
    of_towns = {("venue_time", "towns", True), ("school_time", "towns", True)}
    said = {(p.ledger, block, p.supplied) for block, each in STATEMENTS.items() for p in each.postings}
    assert posted - of_towns == said
    assert of_towns <= posted


def test_every_ledger_says_what_it_closes_into(model: Model) -> None:
    closed = {ledger.name: (ledger.row_name, ledger.dims) for ledger in model.ledgers.values() if ledger.is_closed}
    said: dict[str, tuple[str, tuple[str, ...]]] = {}
    for each in STATEMENTS.values():
        for ledger, family in each.closed.items():
            assert said.setdefault(ledger, family) == family
    assert said == closed
    for each in STATEMENTS.values():
        equal = {match[1] for match in re.finditer(r"closed as (\w+)\[[^]]*\] \(==\)", each.text)}
        assert equal == {model.ledgers[name].row_name for name in each.closed if model.ledgers[name].sense == "=="}


def test_a_variable_a_row_family_a_ledger_and_a_coefficient_never_share_a_name(model: Model) -> None:
    kinds = {
        "variable": set(of_all("variables")),
        "row": set(of_all("rows")) | {ledger.row_name for ledger in model.ledgers.values() if ledger.row_name},
        "ledger": set(model.ledgers),
        "coefficient": {name for each in STATEMENTS.values() for name in each.data},
    }
    owners: dict[str, list[str]] = {}
    for kind, names in kinds.items():
        for name in names:
            owners.setdefault(name, []).append(kind)
    assert {name: kinds for name, kinds in owners.items() if len(kinds) > 1} == {}


def test_limits_bring_the_families_that_their_statements_list(model: Model) -> None:
    known = {name for each in STATEMENTS.values() for part in (each.variables, each.rows) for name in part}
    known |= {ledger.row_name for ledger in model.ledgers.values()} | set(bound_rules(model))
    brought = (set(model.columns) | set(model.rows)) - known
    assert brought >= OF_LIMITS
    said = {name: inspect.getdoc(import_module(name)) or "" for name in limits.FAMILIES}
    assert [(name, each) for name, own in limits.FAMILIES.items() for each in own if each not in said[name]] == []
    assert "no_fall[town, year]" in (inspect.getdoc(limits) or "")


def test_every_family_stands_in_some_test_model(model: Model, solved: Model, dial: Model) -> None:
    families = {
        name
        for file in (ROOT / "src" / "allocator").rglob("*.py")
        for name in re.findall(r"\.(?:variables|constrain|define)\(\s*\"(\w+)\"", file.read_text(encoding="utf-8"))
    }
    families |= {"mentor_capacity", "mentee_cover"} | {ledger.row_name for ledger in model.ledgers.values()} - {None}
    met = {
        name
        for each in (model, solved, dial)
        for parts in (each.columns, each.rows)
        for name, part in parts.items()
        if part
    }
    said = f"{inspect.getdoc(whole_units)} {inspect.getdoc(hours)}"
    assert [name for name in IN_WHOLE_UNITS if name not in said] == []
    assert families - met - IN_WHOLE_UNITS == {"forbidden"}, "only the tie-break's check of its own answer adds another"
    empty = [name for name in families for parts in (model.rows.get(name, []),) if parts and not any(map(len, parts))]
    assert empty == []


def test_the_columns_and_rows_of_criteria_stand_in_their_statements(solved: Model) -> None:
    own = (set(solved.columns) | set(solved.rows)) - set(of_all("variables")) - set(of_all("rows"))
    own -= {ledger.row_name for ledger in solved.ledgers.values()} | {"held"}
    said = f"{inspect.getdoc(ordered)} {inspect.getdoc(stability)}"
    assert own == {"rank_level", "rank_gap", "rank_below", "money_up", "money_down", "money_change"}
    assert [name for name in own if name not in said] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_math_prints_every_block_of_the_plan_with_its_sizes(language: str, panyu: Scenario, model: Model) -> None:
    use_language(language)
    try:
        said = statement(panyu)
    finally:
        use_language(None)
    assert {"zh": "数学表述保留英文", "en": "statements are in English"}[language] in said
    for each in STATEMENTS.values():
        assert each.text in said
    for name, parts in [*model.columns.items(), *model.rows.items()]:
        count = sum(len(part.terms) if hasattr(part, "terms") else len(part) for part in parts)
        assert re.search(rf"{name}: {count:,}|{name}[,:，：] ?{count:,}", said), (name, count)
    assert f"{model.size['nonzeros']:,}" in said
    order = [said.index(f"{n}. {stage}:") for n, stage in enumerate(STAGES, 1)]
    assert order == sorted(order)
    assert "0.5" in said[order[1] : order[2]]
    assert "0.0001" in said[order[1] : order[2]]


def test_a_plan_without_a_block_has_none_of_its_statement(panyu: Scenario) -> None:
    said = statement(load(ROOT / "scenarios" / "tiny" / "2016.yaml"))
    assert STATEMENTS["teaching"].text not in said
    assert STATEMENTS["locks"].text not in said
    assert STATEMENTS["mentoring"].text in said


def test_the_committed_page_is_current() -> None:
    page = ROOT / "docs" / "model.md"
    assert page.read_text(encoding="utf-8") == model_page(), "run: python -m allocator.verbs.statement > docs/model.md"
    for each in STATEMENTS.values():
        assert each.text in model_page()


def test_statements_are_read_line_by_line() -> None:
    module = type(inspect)("example")
    module.__doc__ = """Example.

    Data
        lo[a], hi[a]    share
        base(a)         number
    Variables
        x[a, year]      units
    Rows
        keep[a, year]   x <= 1
                        (goes on)
    Ledgers
        pot   use   x   closed as pots[a, year] (==)
    """
    said = read_statement(module)
    assert said == Statement(
        inspect.getdoc(module) or "",
        ("lo", "hi", "base"),
        {"x": ("a", "year")},
        {"keep": ("a", "year")},
        {},
        said.postings,
        {"pot": ("pots", ("a", "year"))},
    )
    assert [(p.ledger, p.supplied) for p in said.postings] == [("pot", False)]
