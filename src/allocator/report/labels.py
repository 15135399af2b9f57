"""What tables, columns and ids are called, in the current language."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from contextvars import copy_context
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from allocator.blocks.counted import counted
from allocator.columns import BETWEEN_IDS, RESULT_TABLES, SPOKEN, Kind
from allocator.planfile import ANY_CATEGORY, DISTRICT, FIXED_LINES, Indicator, Name
from allocator.report.numbers import DASH, Shape, written
from allocator.scenario import PlanYear
from allocator.texts import Language, catalogue, current_language, say, use_language

Made = TypeVar("Made")

TOWN_COLUMNS = ("town", "from_town", "to_town", "mentor", "mentee", "giver")
NAMED_COLUMNS = (
    "programme",
    "source",
    "category",
    "spending",
    "indicator",
    "goal",
    "project",
    "project_kind",
    "provider",
    "type",
    "ratio",
    "matching",
    "station",
    "grade_before",
    "grade_after",
    "standard",
    "site",
    "nearest_site",
    "function",
)
"""Columns of ids that carry names of their own."""

LISTED_COLUMNS: Mapping[str, str] = {
    "categories": "category",
    "content": "indicator",
    "mentors": "town",
    "mentees": "town",
    "new_stations": "station",
    "upgraded": "star_criterion",
    "functions": "function",
}
"""Columns of several ids in a cell, and what they are ids of."""

RULE_KEYS: Mapping[str, tuple[str, ...]] = {
    "budget": ("source",),
    "earmark": ("town", "source"),
    "per_capita_floor": ("town",),
    "source_share": ("source",),
    "category_share": ("spending", "side"),
    "year_on_year": ("town", "side"),
    "costing": ("town", "programme"),
    "delivered": ("town", "programme"),
    "max_units": ("town", "programme"),
    "running_cost": ("town", "programme"),
    "teaching_need": ("town", "category"),
    "credit": ("town", "indicator"),
    "lock": ("lock", "side"),
    "equal_chance": ("town", "side"),
    "money": ("source",),
    "cost": ("town", "programme"),
    "teaching_time": ("town", "category"),
    "value": ("town", "indicator"),
    **dict.fromkeys(("teacher_hours", "home_hours", "teacher_time", "one_host"), ("teacher",)),
    "posted_room": ("teacher", "town"),
    **dict.fromkeys(("away_share", "host_floor", "hosted"), ("town",)),
    **dict.fromkeys(("volunteer_supply", "volunteer_need", "supervision", "venue", "school_hours"), ("town",)),
    **dict.fromkeys(("guidance_minimum", "contact_minimum", "mentor_capacity", "mentee_cover"), ("town",)),
    **dict.fromkeys(("mentee_least", "mentor_travel"), ("town",)),
    **dict.fromkeys(("base_capacity", "site_places"), ("site",)),
    "least_base_hours": ("site", "function"),
    "project_once": ("project",),
    "project_needs": ("project", "project"),
    "project_excludes": ("project", "project"),
    "projects_in_town": ("town", "project_kind"),
    "projects_at_most": ("project_kind",),
    **dict.fromkeys(("contract_least", "contract_most"), ("provider", "town", "category")),
    **dict.fromkeys(("staff_floor", "staff_most", "staff_kept", "trained_posts"), ("town", "type")),
    "provider_capacity": ("provider", "category"),
    "purchase_share": ("town",),
    "staff_ratio": ("ratio", "town"),
    "matching": ("matching", "town", "side"),
    **dict.fromkeys(("volunteer_time", "venue_time", "school_time"), ("town",)),
}
"""Rule or ledger to what the parts of its key are."""

_RULE_UNITS: Mapping[str, tuple[str, ...]] = {
    "bases": ("new_bases", "open_bases"),
    "teachers": (
        *("one_host", "posting_share", "posting_backbone", "away_share", "host_floor", "hosted", "posting_changes"),
    ),
    "towns": ("recognitions_a_year", "demonstration_least"),
    "yuan": (
        *("budget", "earmark", "per_capita_floor", "source_share", "category_share", "year_on_year", "costing"),
        "matching",
    ),
    "units": ("max_units", "running_cost", "delivered"),
    "posts": ("staff_floor", "staff_most", "staff_kept", "staff_ratio"),
    "heads": ("staff_hired", "trained_posts", "team_places", "site_places"),
    "pairs": ("mentor_capacity", "mentee_cover", "mentee_least"),
    "minutes": ("mentor_travel", "travel_budget"),
    "projects": ("project_once", "project_needs", "project_excludes", "projects_in_town", "projects_at_most"),
    "indicator_units": ("credit",),
    "stations": ("star_batch", "equal_chance"),
    "hours": (
        *("base_capacity", "least_base_hours"),
        *("teacher_hours", "home_hours", "exchange_share", "backbone_share", "teaching_need", "volunteer_supply"),
        "posted_room",
        *("volunteer_need", "supervision", "venue", "school_hours", "guidance_capacity", "guidance_minimum"),
        *("contact_minimum", "provider_capacity", "purchase_share", "contract_least", "contract_most"),
    ),
}
_DECISION_UNITS = {
    "open": "bases",
    "starred": "stations",
    "demonstrated": "towns",
    **{"funding": "yuan", "pairing": "pairs", "units": "units", "posts": "posts", "staff_trained": "heads"},
    **{"posted": "teachers", "project_start": "projects", "project_running": "projects"},
}

_UNITS: Mapping[Kind, str] = {kind: kind for kind in ("heads", "yuan", "hours", "minutes", "units", "share")}
_SHAPES: Mapping[Kind, Shape] = {
    "year": "year",
    "whole": "whole",
    "heads": "heads",
    "yuan": "yuan",
    "hours": "hours",
    "minutes": "minutes",
    "units": "units",
    "share": "share",
    "points": "points",
    "number": "number",
}


def speaking(language: Language, make: Callable[[], Made]) -> Made:
    """What a function makes while a language is the current one."""

    def made() -> Made:
        use_language(language)
        return make()

    return copy_context().run(made)


def said(key: str, otherwise: str) -> str:
    """A catalogue text, or something else where the catalogue has none."""
    return say(key) if key in catalogue() else otherwise


def heading(table: str, column: str) -> str:
    """Heading of a result column without its unit."""
    for key in (f"headings.{table}.{column}", f"headings.{column}", f"columns.{column}"):
        if key in catalogue():
            return say(key)
    return column


def titled(table: str, column: str) -> str:
    """Heading of a result column with its unit in brackets."""
    name, about = heading(table, column), unit(table, column)
    return say("headings.with_unit", {"heading": name, "unit": about}) if about else name


def shown_columns(table: str) -> list[str]:
    """Columns of a result table that readers are shown: all but the year and those that repeat ids in words."""
    return [column for column in RESULT_TABLES[table] if column not in SPOKEN.get(table, ())]


def unit(table: str, column: str) -> str:
    """Unit of a result column; empty where another column names it or there is none."""
    kind = RESULT_TABLES[table].get(column, "text")
    if column == "per_head_yuan":
        return say("terms.unit.yuan_per_head")
    if column == "population":
        return say("terms.unit.heads")
    if kind == "points":
        return say("terms.unit.points")
    return say(f"terms.unit.{_UNITS[kind]}") if kind in _UNITS else ""


def shape(table: str, column: str) -> Shape | None:
    """How the numbers of a result column are written; none for words."""
    kind = RESULT_TABLES[table].get(column, "text")
    if column == "change_share":
        return "change"
    if table == "stages" and column != "gap" and kind == "number":
        return "step"
    return _SHAPES.get(kind)


def measure_shape(measure: str) -> Shape:
    """How a balance measure is written: level points, or a ratio."""
    return "points" if measure in ("minimum", "mean") else "ratio"


@dataclass(frozen=True)
class Names:
    """Names of the ids of a plan in one language."""

    known: Mapping[str, Mapping[str, str]]
    """Column to its ids and their names."""
    plan: PlanYear

    def of(self, column: str, identifier: str) -> str:
        """Name of an id; the id itself where the plan gives none."""
        group = "town" if column in TOWN_COLUMNS else column
        found = self.known.get(group, {}).get(identifier)
        return found if found is not None else self.known[""].get(identifier, identifier)

    def text(self, column: str, value: str) -> str:
        """A cell of words: names of ids, the catalogue's words for codes, else what stands there."""
        if column in TOWN_COLUMNS or column in NAMED_COLUMNS:
            return self.of(column, value) if value else ""
        if column in LISTED_COLUMNS:
            words = [self.of(LISTED_COLUMNS[column], each) for each in value.split(BETWEEN_IDS) if each]
            return say("report.list_comma").join(words)
        if column == "step":
            return step_name(value)
        if column == "measure":
            return self.measure(value)
        if column == "status":
            return status_name(value)
        if column == "unit":
            return unit_name(value)
        own = self.known.get(column, {}).get(value)
        return said(f"terms.{column}.{value}", value) if own is None else own

    def measure(self, measure: str) -> str:
        """Name of a balance measure, e.g. ``cv`` or ``cv:participation``; or of what a criterion asks of a town."""
        stem, colon, indicator = measure.partition(":")
        if colon:
            return say("measures.cv_of", {"indicator": self.of("indicator", indicator)})
        if f"measures.{stem}" in catalogue():
            return say(f"measures.{stem}")
        other = self.known.get("counted", {}).get(measure) or said(f"report.measure.{measure}", measure)
        return self.known["indicator"].get(measure, other)

    def key(self, rule: str, key: str) -> str:
        """The key of a rule or ledger in words."""
        columns, parts = RULE_KEYS.get(rule, ()), key.split("/") if key else []
        if len(columns) != len(parts):
            return " · ".join(parts)
        words = (self.text(column, part) for column, part in zip(columns, parts, strict=True))
        return " · ".join(words)

    def rule_unit(self, rule: str, key: str) -> str:
        """Unit code of a rule: yuan, hours, units, pairs, indicator_units, or number."""
        if rule == "lock":
            identifier = key.partition("/")[0]
            decision = next((lock.decision for lock in self.plan.common.locks if lock.id == identifier), "")
            return _DECISION_UNITS.get(decision, "hours")
        return next((name for name, rules in _RULE_UNITS.items() if rule in rules), "number")

    @cached_property
    def short(self) -> dict[str, str]:
        """Names of all towns, in town order, without the word for town or subdistrict where they stay different."""
        towns = [str(town) for town in self.plan.towns.index]
        full = [self.of("town", town) for town in towns]
        endings = say("report.town_endings").split("|")
        cut = [next((n.removesuffix(e) for e in endings if n.endswith(e) and len(n) - len(e) > 1), n) for n in full]
        return dict(zip(towns, cut if len(set(cut)) == len(cut) else full, strict=True))


def names_of(plan: PlanYear) -> Names:
    """The names a plan gives, in the current language."""
    language = current_language()
    towns = plan.towns
    column = f"name_{language}"
    spoken = dict(zip(towns.index, towns[column].astype(str), strict=True)) if column in towns else {}
    sections: dict[str, Any] = dict(plan.sections)
    groups: dict[str, Iterable[Any]] = {
        "programme": getattr(sections.get("delivery"), "programmes", ()),
        "source": getattr(sections.get("funding"), "sources", ()),
        "indicator": plan.indicators,
        "goal": plan.common.goals,
        "type": getattr(sections.get("team"), "types", ()),
        "ratio": getattr(sections.get("team"), "ratios", ()),
        "matching": getattr(sections.get("funding"), "matching", ()),
        "project_kind": getattr(sections.get("projects"), "kinds", ()),
        "standard": getattr(sections.get("demonstration"), "standards", ()),
    }
    known = {group: _own_names(items, language) for group, items in groups.items()}
    common = {identifier: _in(name, language) for identifier, name in plan.common.names.items()}
    lines = {line: say(f"terms.programme.{line}") for line in FIXED_LINES}
    known["town"] = {DISTRICT: say("terms.town.district")} | {town: name for town, name in spoken.items() if name}
    known["programme"] = lines | known["project_kind"] | known["programme"]
    known["project"] = _project_names(plan, sections.get("projects"), column)
    known["counted"] = _project_counts(known["project_kind"]) | _standard_counts(known["standard"])
    known["criterion"] = _criterion_names(plan, sections.get("demonstration"), language)
    known["provider"] = _provider_names(plan, column)
    known["counted"] = known.get("counted", {}) | {f"posts_{kind}": name for kind, name in known["type"].items()}
    known["category"] = {ANY_CATEGORY: say("terms.category.any")} | common
    known["goal"] = {goal.id: goal_name(plan, goal.id) for goal in plan.common.goals} | known["goal"]
    known |= _star_names(plan, language, common)
    known |= _circle_names(plan, column, known)
    known[""] = common
    return Names(known, plan)


def _project_names(plan: PlanYear, given: Any, column: str) -> dict[str, str]:
    """Names of the projects of the library, in the language of a column of its table."""
    if given is None:
        return {}
    table = plan.tables[given.table]
    return dict(zip(table["project"], table[column].astype(str), strict=True))


def _project_counts(kinds: Mapping[str, str]) -> dict[str, str]:
    """What the counts of projects are called: running ones like their kind, and those that start."""
    new = {f"new_{kind}": say("terms.counted.new", {"kind": name}) for kind, name in kinds.items()}
    return {**kinds, **new}


def _provider_names(plan: PlanYear, column: str) -> dict[str, str]:
    """Organisations that may be bought from, as their table calls them."""
    table = plan.tables.get(getattr(plan.sections.get("purchase"), "providers", ""))
    return {} if table is None else dict(zip(table["provider"], table[column].astype(str), strict=True))


def _circle_names(plan: PlanYear, column: str, known: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Names of sites, stations and functions of bases, as their tables call them, and of the counts by function."""
    sections: dict[str, Any] = dict(plan.sections)
    bases, coverage = sections.get("bases"), sections.get("coverage")
    if bases is None:
        return {}
    functions = _own_names(bases.functions, current_language())
    counts = {f"bases_{each}": say("report.counted_function", {"function": name}) for each, name in functions.items()}
    tables = {"site": bases.sites, **({"station": coverage.stations} if coverage is not None else {})}
    spoken = {
        key: dict(zip(plan.tables[table][key], plan.tables[table][column].astype(str), strict=True))
        for key, table in tables.items()
    }
    merged = {key: {**known.get(key, {}), **own} for key, own in spoken.items()}
    merged["counted"] = {**known.get("counted", {}), **counts}
    return {**merged, "nearest_site": spoken["site"], "function": functions}


def _star_names(plan: PlanYear, language: Language, common: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Names of stations, of the criteria of their standard, and of its grades."""
    stars: Any = plan.sections.get("stars")
    if stars is None:
        return {}
    ids = {"station": stars.stations, "criterion": stars.criteria}
    spoken = {
        column: dict(zip(plan.tables[table][column], plan.tables[table][f"name_{language}"].astype(str), strict=True))
        for column, table in ids.items()
    }
    grades = {
        grade.id: common.get(grade.id, say("terms.stars", {"n": grade.stars}))
        if grade.name is None
        else _in(grade.name, language)
        for grade in stars.grades
    }
    return {
        "station": spoken["station"],
        "star_criterion": spoken["criterion"],
        "grade_before": grades,
        "grade_after": grades,
    }


def _standard_counts(standards: Mapping[str, str]) -> dict[str, str]:
    """What the counts of the towns of each standard are called."""
    return {f"demonstration_{each}": say("report.counted_standard", {"standard": n}) for each, n in standards.items()}


def _criterion_names(plan: PlanYear, given: Any, language: Language) -> dict[str, str]:
    """Texts of criteria, by id; a criterion that reads differently in two standards is called by its id."""
    if given is None:
        return {}
    table = plan.tables[given.criteria].groupby("criterion")[f"text_{language}"].unique()
    return {str(criterion): str(texts[0]) for criterion, texts in table.items() if len(texts) == 1}


def _own_names(items: Iterable[Any], language: Language) -> dict[str, str]:
    return {item.id: _in(item.name, language) for item in items if item.name is not None}


def _in(name: Name, language: Language) -> str:
    return name.zh if language == "zh" else name.en


def goal_name(plan: PlanYear, goal: str) -> str:
    """A goal without a name of its own is called by what it measures."""
    language = current_language()
    given = next(g for g in plan.common.goals if g.id == goal)
    indicator = next((i for i in plan.indicators if i.id == given.measure), None)
    if indicator is not None and indicator.name is not None:
        return _in(indicator.name, language)
    kinds = _own_names(getattr(plan.sections.get("projects"), "kinds", ()), language)
    measure = _project_counts(kinds).get(given.measure) or said(f"report.measure.{given.measure}", goal)
    if given.category is None:
        return measure
    category = plan.common.names.get(given.category)
    words = {"measure": measure, "category": given.category if category is None else _in(category, language)}
    return say("report.measure_of", words)


def plan_name(plan: PlanYear) -> str:
    """Name of the plan."""
    return _in(plan.common.name, current_language())


def step_name(step: str) -> str:
    """What a step of a stage optimises."""
    stem, _, count = step.rpartition("_")
    if count == "again":
        return say("terms.step.again", {"step": step_name(stem)})
    if stem in ("worst", "mean_worst") and count != "1":
        return say(f"terms.step.{stem}", {"n": count})
    return said(f"terms.step.{step}", step)


def status_name(status: str) -> str:
    """A status, also one like ``optimal, conditional``."""
    return " · ".join(said(f"terms.status.{part}", part) for part in status.split(", "))


def unit_name(unit_code: str) -> str:
    """A unit as ledgers and goals write it."""
    return said(f"terms.unit.{unit_code.replace(' ', '_').replace('-', '_')}", unit_code)


def indicator_unit(indicator: Indicator) -> tuple[Shape, str]:
    """How values of an indicator are written, and their unit: a share, so many per 1,000, or an index."""
    if indicator.denominator is None:
        return "number", say("terms.unit.index")
    if math.isclose(indicator.per, 1.0):
        return "share", ""
    of = said(f"columns.{indicator.denominator}", indicator.denominator)
    return "number", say("terms.unit.per", {"per": f"{indicator.per:,.0f}", "of": of})


def with_unit(value: float, how: Shape, about: str) -> str:
    """A number with its unit, if it has one."""
    text = written(value, how)
    return text if text == DASH or not about else say("report.number_unit", {"number": text, "unit": about})


def input_heading(column: str) -> str:
    """Heading of a column of an input table."""
    return said(f"columns.{column}", said(f"headings.{column}", column))


def goal_unit(plan: PlanYear, goal: str) -> tuple[Shape, str]:
    """How the numbers of a goal are written, and their unit."""
    given = next((g for g in plan.common.goals if g.id == goal), None)
    if given is None:
        return "share", ""
    if given.scope == "count_of_towns":
        return "whole", say("terms.unit.towns")
    return measure_unit(plan, given.measure)


def measure_unit(plan: PlanYear, measure: str) -> tuple[Shape, str]:
    """How the numbers of a measure of towns are written, and their unit."""
    indicator = next((i for i in plan.indicators if i.id == measure), None)
    if indicator is not None:
        return indicator_unit(indicator)
    how_counted = counted(plan).get(measure)
    if how_counted is not None and how_counted.size is None:
        return "number", unit_name(how_counted.unit)
    shapes: Mapping[str, tuple[Shape, str]] = {
        "money": ("yuan", "yuan"),
        "money_per_head": ("yuan", "yuan_per_head"),
        "special_fund_per_head": ("yuan", "yuan_per_head"),
        "level": ("points", "points"),
    }
    how, unit = shapes.get(measure, ("share", ""))
    return how, say(f"terms.unit.{unit}") if unit else ""
