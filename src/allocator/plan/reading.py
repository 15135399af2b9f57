"""Plan folder to scenario: the only reader of scenario files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from allocator.blocks.registry import own_lines
from allocator.plan.definition import FIELDS, common_part, sections, validated
from allocator.plan.ids import measures
from allocator.plan.journeys import year_travel
from allocator.plan.references import reference_findings
from allocator.plan.together import findings_between_years
from allocator.plan.yeartables import TOWNS, YearTables, year_tables
from allocator.scenario.files.layers import Plan, read_plan, with_changes
from allocator.scenario.files.saved import write_scenario
from allocator.scenario.files.tables import TableFolder
from allocator.scenario.files.written import Written
from allocator.scenario.files.yamltree import Node, walk
from allocator.scenario.plan_year import PlanStart, PlanYear, Scenario, chained
from allocator.scenario.section import Common, Indicator, Section
from allocator.scenario.travel import Travel
from allocator.words.errors import Finding, InputError, Place
from allocator.words.findings import in_order

TABLES_FOLDER = "tables"


def load(path: str | Path, changes: Mapping[str, Any] | None = None) -> Scenario:
    """Read a plan folder (all its years), a year file or a variant file.

    Args:
        path: the folder or file.
        changes: values to replace, by path (``funding.sources.government.amount``), money in the plan's unit.

    Raises:
        InputError: the plan has errors; all of them, and the warnings, are listed by place.
    """
    plan = read_plan(Path(path))
    below = tuple(folder / TABLES_FOLDER for folder in plan.below)
    return _assembled(plan, TableFolder(plan.folder / TABLES_FOLDER, below), changes or {})


@dataclass(frozen=True, eq=False, repr=False)
class PlanFiles:
    """The files a scenario was read from, as they were then, and the changes on top."""

    plan: Plan
    tables: TableFolder
    changes: Mapping[str, Any]
    label: str
    trees: Mapping[int, Node]
    """Year to its tree, changed and complete."""
    contents: Mapping[str, bytes]
    """Table id to the bytes of its file, for all tables in use."""

    def changed(self, changes: Mapping[str, Any]) -> Scenario:
        """The same files with further values replaced."""
        kept = {path: value for path, value in self.changes.items() if path not in changes}
        return _assembled(self.plan, self.tables, kept | dict(changes))

    def write(self, folder: Path) -> None:
        """Write everything into a plan folder of its own, which loads to an equal scenario."""
        write_scenario(folder, self.label, self.trees, self.contents)


@dataclass(frozen=True)
class _Year:
    """One plan year on its way: its tree and tables, and its definition if that is sound."""

    tree: Node
    tables: YearTables
    definition: Common | None
    travel: Travel | None
    findings: tuple[Finding, ...]


def _assembled(plan: Plan, folder: TableFolder, changes: Mapping[str, Any]) -> Scenario:
    if any(finding.code in ("E101", "E111") and finding.path in ("", "extends") for finding in plan.findings):
        raise InputError(in_order(plan.findings))
    findings = list(plan.findings)
    years: list[_Year] = []
    for tree in plan.trees.values():
        changed, wrong = with_changes(tree, changes)
        findings += wrong
        years.append(_year(changed, folder, plan))
        findings += years[-1].findings
    findings += findings_between_years([year.tree for year in years], [year.tables.ids for year in years])
    known = {finding.path for finding in plan.findings if finding.path}
    findings = [f for f in findings if f in plan.findings or f.path not in known or f.code not in ("E106", "E107")]
    listed = in_order(findings)
    if any(finding.severity == "error" for finding in listed):
        raise InputError(listed)
    plan_years = _chained([_plan_year(year) for year in years])
    name = plan_years[0].common.plan
    label = plan.label or (f"{name}-{plan.stem}" if plan.stem else name)
    trees = dict(zip(plan.trees, (year.tree for year in years), strict=True))
    contents = {name: content for year in years for name, content in year.tables.contents.items()}
    source = PlanFiles(plan, folder, changes, label, trees, contents)
    return Scenario(label, plan_years, tuple(listed), source)


def _year(tree: Node, folder: TableFolder, plan: Plan) -> _Year:
    """Check everything about one plan year."""
    tables = year_tables(tree, folder, plan.folder)
    tree = _with_last_year(tree, tables.last_year)
    written = Written(tree, tables.ids, tables.by_path, FIELDS, measures(tree), own_lines())
    definition, wrong = validated(tree)
    journeys, gaps = year_travel(tree, tables)
    findings = (*wrong, *reference_findings(written), *tables.findings, *gaps)
    return _Year(tree, tables, definition, journeys, findings)


def _with_last_year(tree: Node, made: Mapping[str, str]) -> Node:
    """The tree with the tables made from last year's result in the place of the result."""
    given = tree.entries.get("last_year")
    if not made or given is None or not isinstance(tree.content, Mapping):
        return tree
    place = given.entries["results"].place
    named = {field: Node(table, place, place) for field, table in made.items()}
    return Node({**tree.content, "last_year": Node(named, given.place, given.key)}, tree.place, tree.key)


def _plan_year(year: _Year) -> PlanYear:
    """The checked year in the shape the engine reads."""
    assert year.definition is not None
    parts = sections(year.definition)
    frames = {name: table.frame for name, table in sorted(year.tables.tables.items())}
    towns = frames[TOWNS].set_index("town")
    attainment: Any = parts.get("attainment")
    indicators: tuple[Indicator, ...] = attainment.indicators if attainment is not None else ()
    return PlanYear(
        common=common_part(year.definition),
        sections=parts,
        tables=frames,
        towns=towns,
        indicators=indicators,
        base=_base(towns, indicators, parts, frames),
        travel=year.travel,
        places=_places(year.tree),
    )


def _chained(years: list[PlanYear]) -> tuple[PlanYear, ...]:
    """The years in order, each knowing the one before it and where the plan starts."""
    start = PlanStart(years[0].base, years[0].last_year_money()) if years else None
    return chained(
        replace(year, start=None if year is years[0] else start, is_last=year is years[-1]) for year in years
    )


def _places(tree: Node) -> dict[str, Place]:
    return {path: node.place for path, node in walk(tree) if path}


def _base(
    towns: pd.DataFrame,
    indicators: tuple[Indicator, ...],
    parts: Mapping[str, Section],
    frames: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """Base values [town, indicator] in the indicators' units; stocks from volunteer heads over the denominator."""
    base = pd.DataFrame(index=towns.index, columns=pd.Index([], name="indicator"), dtype=float)
    given: Any = parts.get("attainment")
    volunteering: Any = parts.get("volunteering")
    for indicator in indicators:
        if indicator.stock is None:
            table = frames[given.base]
            values = table[table["indicator"] == indicator.id].set_index("town")["value"].reindex(towns.index)
        else:
            heads = frames[volunteering.volunteers].set_index("town")["heads"].reindex(towns.index)
            counted = 1.0 if indicator.denominator is None else towns[indicator.denominator] / indicator.per
            values = heads / counted
        base[indicator.id] = values.astype(float)
    return base
