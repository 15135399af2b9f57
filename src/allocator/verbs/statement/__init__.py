"""What the engine optimises, as mathematics: the statement of each block, its size in a plan, and the stages."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib import import_module

import numpy as np

from allocator.blocks.registry import parts_of
from allocator.engine import limits
from allocator.engine.build import build
from allocator.engine.criteria import aversion, cv, goals, inequality, ordered, stability, step, total
from allocator.model import Floats, Model
from allocator.scenario.plan_year import PlanYear, Scenario
from allocator.scenario.section import (
    RATIOS,
    AspirationsStage,
    BalanceStage,
    BasicsStage,
    StabilityStage,
    TieBreakStage,
    TotalStage,
)
from allocator.verbs.statement.page import model_page
from allocator.verbs.statement.parts import read_statement
from allocator.words.texts import Text, say

__all__ = ["model_page", "statement"]


def statement(scenario: Scenario) -> str:
    """What ``allocator math`` prints: blocks with their sizes, ledgers, and the stages in order.

    Statements are English; headings follow the current language.
    """
    model = build(scenario)
    name = scenario.first.common.name
    about = {"label": scenario.label, "name": Text("statement.name", {"zh": name.zh, "en": name.en})}
    size = {key: f"{count:,}" for key, count in model.size.items()}
    parts = [_titled(say("statement.title", about), "="), say("statement.size", size), say("statement.wording"), ""]
    for block, module in parts_of("model").items():
        if any(_has(plan, block) for plan in scenario.plan_years):
            text = read_statement(module)
            families = [*text.variables, *text.rows]
            title = _titled(say("statement.block", {"block": block}), "-")
            parts += [title, text.text, "", *_sizes(model, families), ""]
    parts += [_titled(say("statement.ledgers"), "-"), *_ledgers(model), ""]
    if scenario.first.common.compares:
        parts += [_titled(say("statement.limits"), "-"), *_limits(scenario, model), ""]
    parts += [_titled(say("statement.stages"), "-"), *_stages(scenario)]
    return "\n".join(parts).rstrip() + "\n"


def _titled(words: str, line: str) -> str:
    width = sum(2 if ord(letter) > 0x2E80 else 1 for letter in words)
    return f"{words}\n{line * width}"


def _has(plan: PlanYear, block: str) -> bool:
    of_plan = {"locks": plan.common.locks, "goals": plan.common.goals}
    return bool(of_plan[block]) if block in of_plan else block in plan.sections


def _sizes(model: Model, families: list[str]) -> list[str]:
    """A line for each family that the plan has."""
    lines = [say("statement.in_this_plan")]
    for family in families:
        for kind, count in (("columns", _columns(model, family)), ("rows", _rows(model, family))):
            if count:
                lines.append(f"    {family}: {say(f'statement.{kind}', {'n': f'{count:,}'})}")
    bounds = [
        (rule.name, count)
        for parts in model.columns.values()
        for part in parts
        for rule, sense, bound in part.bound_rules
        if rule.name in families and (count := _above(bound, 0.0) if sense == ">=" else _above(-bound, -np.inf))
    ]
    lines += [f"    {rule}: {say('statement.bounds', {'n': f'{count:,}'})}" for rule, count in bounds]
    return lines if len(lines) > 1 else [say("statement.nothing")]


def _above(bounds: Floats, least: float) -> int:
    return int((bounds > least).sum())


def _columns(model: Model, family: str) -> int:
    return sum(len(part.terms) for part in model.columns.get(family, []))


def _rows(model: Model, family: str) -> int:
    return sum(len(part) for part in model.rows.get(family, []))


def _ledgers(model: Model) -> list[str]:
    """A line for each ledger: unit, what it closes into, who supplies and who uses it."""
    lines = []
    for ledger in model.ledgers.values():
        suppliers = {e.block for e in ledger.entries if e.supplied} | {p.block for p in ledger.provisions}
        users = {e.block for e in ledger.entries if not e.supplied}
        values = {
            "ledger": f"{ledger.name}[{', '.join(ledger.dims)}]",
            "unit": ledger.unit,
            "suppliers": ", ".join(sorted(suppliers)) or "-",
            "users": ", ".join(sorted(users)) or "-",
            "sense": ledger.sense,
            "family": ledger.row_name or "",
            "n": f"{_rows(model, ledger.row_name or ''):,}",
        }
        key = "statement.ledger" if ledger.is_closed else "statement.ledger_open"
        lines.append("    " + say(key, values))
    return lines


def _limits(scenario: Scenario, model: Model) -> list[str]:
    """What goes with comparing inequality, the limits of the first year, and the families they bring."""
    lines = [inspect.getdoc(limits) or "", ""]
    for limit in scenario.first.common.limits:
        by = limit.weighted_by or scenario.first.common.population.column
        lines.append(say("statement.limit", {**limit.model_dump(), "at_most": f"{limit.at_most:g}", "by": by}))
    for module in (inequality, cv):
        if any(name in limits.FAMILIES[module.__name__] for name in (*model.columns, *model.rows)):
            lines += ["", inspect.getdoc(module) or ""]
    families = ["no_fall", *(name for names in limits.FAMILIES.values() for name in names)]
    return [*lines, "", *_sizes(model, families)]


def _stages(scenario: Scenario) -> list[str]:
    """The stages in order: criterion, what it looks at, what it gives, its grid, and its definition."""
    plan, lines, said = scenario.first, list[str](), set[str]()
    for number, stage in enumerate(plan.common.stages, start=1):
        key, values, definition = _described(plan, stage)
        lines.append(f"{number}. {stage.id}: {say(key, values)}")
        if definition and definition not in said:
            said.add(definition)
            lines += ["", *(f"    {line}".rstrip() for line in definition.splitlines()), ""]
    return lines or [say("statement.no_stage")]


def _described(plan: PlanYear, stage: object) -> tuple[str, Mapping[str, object], str]:
    """Text, values and definition of a stage."""
    if isinstance(stage, BalanceStage):
        if stage.criterion == "none":
            return "statement.no_balance", {}, ""
        values = {"criterion": stage.criterion, "of": stage.of, "give": f"{stage.give:g}"}
        grids = {"grid": f"{step.LEVEL_GRID:g}", "sums": f"{step.SUM_GRID:g}"}
        if stage.criterion in RATIOS:
            ratio = {"ratio": f"{inequality.RATIO_GRID:g}"}
            return "statement.ratio", values | ratio, inspect.getdoc(inequality) or ""
        if stage.criterion == "inequality_aversion":
            dial = {"aversion": f"{stage.aversion:g}"}
            return "statement.inequality_aversion", values | grids | dial, inspect.getdoc(aversion) or ""
        return f"statement.{stage.criterion}", values | grids, inspect.getdoc(ordered) or ""
    if isinstance(stage, TotalStage):
        values = {"of": stage.of, "by": stage.weighted_by or "-", "grid": f"{step.LEVEL_GRID:g}"}
        return "statement.total", values, inspect.getdoc(total) or ""
    if isinstance(stage, BasicsStage | AspirationsStage):
        give = stage.give if isinstance(stage, AspirationsStage) else 0.0
        values = {"grid": f"{goals.SHORTFALL_GRID:g}", "give": f"{give:g}"}
        return f"statement.{stage.id}", values, inspect.getdoc(goals) or ""
    if isinstance(stage, StabilityStage):
        if not plan.knows_last_year:
            return "statement.no_last_year", {}, ""
        unit = stage.unit_change
        values = {"money": f"{unit.money:,.10g}", "pair": f"{unit.pair:g}", "posting": f"{unit.posting:g}"}
        values["grid"] = f"{stability.CHANGE_GRID:g}"
        return "statement.stability", values, inspect.getdoc(stability) or ""
    assert isinstance(stage, TieBreakStage)
    tie_break = import_module("allocator.engine.tie_break")
    factors = ", ".join(f"{weight:g} x {column}" for column, weight in stage.factors.items())
    return "statement.tie_break", {"baseline": stage.baseline, "factors": factors}, inspect.getdoc(tie_break) or ""
