"""What tables, columns and ids are called, in the current language."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from contextvars import copy_context
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import pandas as pd

from allocator.blocks.registry import counted, label_axes, own_lines
from allocator.report.words.numbers import DASH, Shape, written
from allocator.report.words.own_names import (
    count_names,
    criterion_names,
    grade_names,
    names_in_table,
    own_names,
    section_names,
    spoken,
)
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import ANY_CATEGORY, DISTRICT, Indicator
from allocator.tables.declared import TABLES
from allocator.words.columns import BETWEEN_IDS, Kind
from allocator.words.texts import Language, catalogue, current_language, say, use_language

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

RESIDENTS = ("residents", "covered_before", "covered")
"""Columns of people who live somewhere, shown as whole numbers."""

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
    "price": "price",
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
    return [name for name, column in TABLES[table].columns.items() if not column.spoken]


def unit(table: str, column: str) -> str:
    """Unit of a result column; empty where another column names it or there is none."""
    kind = TABLES[table].kinds.get(column, "text")
    if column == "per_head_yuan":
        return say("terms.unit.yuan_per_head")
    if column == "population":
        return say("terms.unit.heads")
    if kind == "points":
        return say("terms.unit.points")
    return say(f"terms.unit.{_UNITS[kind]}") if kind in _UNITS else ""


def shape(table: str, column: str) -> Shape | None:
    """How the numbers of a result column are written; none for words."""
    kind = TABLES[table].kinds.get(column, "text")
    if column == "change_share":
        return "change"
    if column in RESIDENTS:
        return "whole"
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

    def words(self, name: str, table: pd.DataFrame, column: str) -> list[str]:
        """A column of words of a result table, yes and no for flags; criteria as their own standard calls them."""
        if TABLES[name].kinds.get(column) == "flag":
            return [say("columns.cell_true" if flag else "columns.cell_false") for flag in table[column]]
        values = table["standard"] + "/" + table[column] if column == "criterion" else table[column]
        return [self.text(column, str(value)) for value in values]

    def measure(self, measure: str) -> str:
        """Name of a balance measure, e.g. ``cv`` or ``cv:participation``; or of what a criterion asks of a town."""
        stem, colon, indicator = measure.partition(":")
        if colon:
            return say("measures.cv_of", {"indicator": self.of("indicator", indicator)})
        if f"measures.{stem}" in catalogue():
            return say(f"measures.{stem}")
        other = self.known.get("counted", {}).get(measure) or said(f"report.measure.{measure}", measure)
        return self.known["indicator"].get(measure, other)

    def key(self, labels: str, key: str) -> str:
        """The key of a rule or ledger in words; ``labels`` names what its parts are, as the table of rows does."""
        columns, parts = labels.split("/") if labels else [], key.split("/") if key else []
        if len(columns) != len(parts):
            return " · ".join(parts)
        if "goal" in columns:
            columns = ["place" if column == "town" else column for column in columns]
        named = [column if column in TOWN_COLUMNS else label_axes().get(column, column) for column in columns]
        words = (self.text(column, part) for column, part in zip(named, parts, strict=True))
        return " · ".join(words)

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
    sections: dict[str, Any] = dict(plan.sections)
    groups: dict[str, Iterable[Any]] = {
        "programme": getattr(sections.get("delivery"), "programmes", ()),
        "source": getattr(sections.get("funding"), "sources", ()),
        "indicator": plan.indicators,
        "goal": plan.common.goals,
        "ratio": getattr(sections.get("team"), "ratios", ()),
        "matching": getattr(sections.get("funding"), "matching", ()),
    }
    known = {group: own_names(items) for group, items in groups.items()}
    known |= {
        "type": section_names(plan, "team", "types"),
        "project_kind": section_names(plan, "projects", "kinds"),
        "standard": section_names(plan, "demonstration", "standards"),
        "function": section_names(plan, "bases", "functions"),
        "project": names_in_table(plan, "projects", "table", "project"),
        "provider": names_in_table(plan, "purchase", "providers", "provider"),
        "site": names_in_table(plan, "bases", "sites", "site"),
        "nearest_site": names_in_table(plan, "bases", "sites", "site"),
        "station": names_in_table(plan, "stars", "stations", "station")
        | names_in_table(plan, "coverage", "stations", "station"),
        "star_criterion": names_in_table(plan, "stars", "criteria", "criterion"),
        "grade_before": grade_names(plan),
        "grade_after": grade_names(plan),
        "criterion": criterion_names(plan),
        "counted": count_names(plan),
    }
    common = {identifier: spoken(name) for identifier, name in plan.common.names.items()}
    lines = {line: say(f"terms.programme.{line}") for line in own_lines()}
    known["town"] = {DISTRICT: say("terms.town.district")} | _town_names(plan)
    known["place"] = {**known["town"], DISTRICT: say("terms.scope.district")}
    known["programme"] = lines | known["project_kind"] | known["programme"]
    known["category"] = {ANY_CATEGORY: say("terms.category.any")} | common
    known["goal"] = {goal.id: goal_name(plan, goal.id) for goal in plan.common.goals} | known["goal"]
    known[""] = common
    return Names(known, plan)


def _town_names(plan: PlanYear) -> dict[str, str]:
    column = f"name_{current_language()}"
    if column not in plan.towns:
        return {}
    named = zip(plan.towns.index, plan.towns[column].astype(str), strict=True)
    return {town: name for town, name in named if name}


def goal_name(plan: PlanYear, goal: str) -> str:
    """A goal without a name of its own is called by what it measures."""
    given = next(g for g in plan.common.goals if g.id == goal)
    indicator = next((i for i in plan.indicators if i.id == given.measure), None)
    if indicator is not None and indicator.name is not None:
        return spoken(indicator.name)
    measure = count_names(plan).get(given.measure) or said(f"report.measure.{given.measure}", goal)
    if given.category is None:
        return measure
    category = plan.common.names.get(given.category)
    words = {"measure": measure, "category": given.category if category is None else spoken(category)}
    return say("report.measure_of", words)


def plan_name(plan: PlanYear) -> str:
    """Name of the plan."""
    return spoken(plan.common.name)


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
