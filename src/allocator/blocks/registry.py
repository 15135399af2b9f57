"""The decision blocks, and where each says what.

A block is a folder ``blocks/<name>/`` and its name in ``NAMES``; nothing else in the package knows it. Its parts are
files of fixed names, found by name when they are asked for, so that whoever asks for the audits loads no model and no
solver:

========================  ==============================================================================================
``section.py``            ``SECTION``, its part of a plan file (cost lines, labels, measures, outcomes), and ``TABLES``
``consistency.py``        ``findings``: what must fit together when files are read (where anything must)
``counted.py``            ``counted``: what it counts by town, for goals and standards (where it counts anything)
``check.py``              ``findings``: arithmetic before any solve, given what is known across blocks (``Known``);
                          ``lock_range``: what its decisions can be at all (where any can be locked)
``model.py``              ``build``: its statement, variables, rows and entries in the ledgers
``results.py``            ``RESULTS``: what its result tables say of themselves (where it has any)
``binding.py``            ``BINDING``: which of its rules a list of what limits a plan reads how (where it has any)
``effects.py``            ``effects`` and ``PLACE``: what its decisions are assumed to bring (where anything)
``tables.py``             ``settle`` and ``tables``: a solved year as its result tables
``carry.py``              ``carried``: how a year starts after the year before (where anything lasts)
``audit.py``              ``audit_block``, ``postings`` and ``OUTCOMES``: the same rules once more, in pandas
``words.json``            names of the block, its tables, rules and decisions in both languages (read by ``words``)
========================  ==============================================================================================

``goals`` and ``locks`` have no section: what they read belongs to no block and stands in the common part of a plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal, overload

from allocator.blocks import parts
from allocator.blocks.shared.checks import Judged, Tables
from allocator.blocks.shared.counted import Counted
from allocator.blocks.shared.labels import LABEL_AXES
from allocator.blocks.shared.table_use import TableUse
from allocator.scenario.decisions import Decision
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Outcome, Section

NAMES = (
    "delivery",
    "teaching",
    "posting",
    "purchase",
    "team",
    "volunteering",
    "mentoring",
    "guidance",
    "bases",
    "coverage",
    "projects",
    "stars",
    "attainment",
    "demonstration",
    "funding",
    "goals",
    "locks",
)
"""The blocks in the order in which they are built. A block that reads a ledger comes after those that write it:
delivery first, then the suppliers of its needs, attainment after all that adds value; funding pays every cost line, so
it comes after all that cost money; goals and locks look at what all others decide."""


@overload
def parts_of(kind: Literal["section"]) -> Mapping[str, parts.SectionPart]: ...
@overload
def parts_of(kind: Literal["consistency"]) -> Mapping[str, parts.ConsistencyPart]: ...
@overload
def parts_of(kind: Literal["counted"]) -> Mapping[str, parts.CountedPart]: ...
@overload
def parts_of(kind: Literal["check"]) -> Mapping[str, parts.CheckPart]: ...
@overload
def parts_of(kind: Literal["model"]) -> Mapping[str, parts.ModelPart]: ...
@overload
def parts_of(kind: Literal["results"]) -> Mapping[str, parts.ResultsPart]: ...
@overload
def parts_of(kind: Literal["binding"]) -> Mapping[str, parts.BindingPart]: ...
@overload
def parts_of(kind: Literal["effects"]) -> Mapping[str, parts.EffectsPart]: ...
@overload
def parts_of(kind: Literal["tables"]) -> Mapping[str, parts.TablesPart]: ...
@overload
def parts_of(kind: Literal["carry"]) -> Mapping[str, parts.CarryPart]: ...
@overload
def parts_of(kind: Literal["audit"]) -> Mapping[str, parts.AuditPart]: ...
@cache
def parts_of(kind: str) -> Mapping[str, Any]:
    """Block to its part of a kind (``model``, ``audit``, ...), in build order; blocks without the file are left out."""
    home = __package__
    named = {block: f"{home}.{block}.{kind}" for block in NAMES}
    return {block: import_module(name) for block, name in named.items() if find_spec(name) is not None}


@cache
def section_types() -> Mapping[str, type[Section]]:
    """Block to the class of its section, by name."""
    return {block: part.SECTION for block, part in sorted(parts_of("section").items())}


@cache
def table_uses() -> tuple[TableUse, ...]:
    """Tables named by blocks and by ``last_year``; towns, roads and origins belong to no block."""
    uses = [use for part in parts_of("section").values() for use in part.TABLES]
    return tuple(sorted(uses, key=lambda use: use.path.startswith("last_year.")))


@cache
def lockable() -> Mapping[str, tuple[str, Decision]]:
    """Decision that can be locked to its block and what that says of it, in build order."""
    sections = {block: part.SECTION for block, part in parts_of("section").items()}
    return {each.name: (block, each) for block, section in sections.items() for each in section.decisions}


@cache
def outcomes() -> Mapping[str, tuple[str, Outcome]]:
    """What stages may look at: its block, and what the block says of it."""
    return {each.name: (block, each) for block, section in section_types().items() for each in section.outcomes}


@cache
def own_lines() -> tuple[str, ...]:
    """Cost lines that blocks have under names of their own."""
    return tuple(sorted(line for section in section_types().values() for line in section.own_lines))


def given(plan: PlanYear, block: str) -> Any:
    """What a block reads in a plan year: its section, or its items of the common part; nothing: it is no part of it."""
    common: Mapping[str, Any] = {"locks": plan.common.locks, "goals": plan.common.goals}
    return common[block] if block in common else plan.sections.get(block)


def counted(plan: PlanYear) -> dict[str, Counted]:
    """Everything that is counted in a plan year besides the indicators, by the name that goals use as ``measure``."""
    counting = {block: part for block, part in sorted(parts_of("counted").items()) if block in plan.sections}
    return {
        name: how for block, part in counting.items() for name, how in part.counted(plan, plan.sections[block]).items()
    }


@cache
def judges() -> Mapping[str, tuple[str, Callable[[Tables, PlanYear, Any], Judged]]]:
    """What stages may look at besides the level: its block, and its recomputation from tables."""
    return {name: (block, judge) for block, part in parts_of("audit").items() for name, judge in part.OUTCOMES.items()}


@cache
def label_axes() -> Mapping[str, str]:
    """Label to the axis it is read from, where the two differ: ``mentor`` to ``town``, and those of blocks."""
    own = {label: axis for section in section_types().values() for label, axis in section.label_axes.items()}
    return {**LABEL_AXES, **own}
