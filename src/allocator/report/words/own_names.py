"""What a plan calls its own things, in the current language: kinds, grades, standards, sites, and counts of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from allocator.blocks.demonstration.section import Demonstration
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Name
from allocator.words.texts import current_language, say


def spoken(name: Name) -> str:
    """A name in the current language."""
    return name.zh if current_language() == "zh" else name.en


def own_names(items: Iterable[Any]) -> dict[str, str]:
    """Names of the items that have one of their own, by id."""
    return {item.id: spoken(item.name) for item in items if item.name is not None}


def section_names(plan: PlanYear, section: str, items: str) -> dict[str, str]:
    """Every item of a section by id: its own name, else the plan's name of the id, else the id.

    A name of the plan that belongs to a course or spending category is not taken for an item of the same id.
    """
    found = getattr(plan.sections.get(section), items, ())
    taken = {*plan.common.categories, *plan.common.spending}
    common = {each: spoken(name) for each, name in plan.common.names.items() if each not in taken}
    return {item.id: common.get(item.id, item.id) for item in found} | own_names(found)


def names_in_table(plan: PlanYear, section: str, given: str, column: str) -> dict[str, str]:
    """Names that the table a section names at ``given`` has for the ids of a column; none without it."""
    table = plan.tables.get(getattr(plan.sections.get(section), given, ""))
    if table is None:
        return {}
    return dict(zip(table[column], table[f"name_{current_language()}"].astype(str), strict=True))


def grade_names(plan: PlanYear) -> dict[str, str]:
    """Grades of the standard of stations; one that nobody named is called by its stars."""
    grades = getattr(plan.sections.get("stars"), "grades", ())
    by_stars = {grade.id: say("terms.stars", {"n": grade.stars}) for grade in grades}
    named = section_names(plan, "stars", "grades")
    return by_stars | {grade: name for grade, name in named.items() if name != grade}


def criterion_names(plan: PlanYear) -> dict[str, str]:
    """Texts of the criteria of the standards for towns, by ``standard/criterion``: two may share an id."""
    given = plan.section(Demonstration)
    if given is None:
        return {}
    table = plan.tables[given.criteria]
    ids = table["standard"] + "/" + table["criterion"]
    return dict(zip(ids, table[f"text_{current_language()}"].astype(str), strict=True))


def count_names(plan: PlanYear) -> dict[str, str]:
    """What counts of the plan's own things are called: projects and posts of a kind, grades, standards, functions."""
    kinds = section_names(plan, "projects", "kinds")
    patterns = {
        "new_{}": ("terms.counted.new", "kind", kinds),
        "demonstration_{}": ("report.counted_standard", "standard", section_names(plan, "demonstration", "standards")),
        "bases_{}": ("report.counted_function", "function", section_names(plan, "bases", "functions")),
        "star_stations_{}": ("report.counted_grade", "grade", grade_names(plan)),
    }
    made = {f"posts_{each}": name for each, name in section_names(plan, "team", "types").items()} | kinds
    for count, (key, field, names) in patterns.items():
        made |= {count.format(each): say(key, {field: name}) for each, name in names.items()}
    return made
