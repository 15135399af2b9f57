"""The tables of the page about how the plan was found and what it rests on."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd

from allocator.blocks.registry import parts_of
from allocator.blocks.shared.binding import Binding, Chosen
from allocator.report.page.grids import Grid, Head, from_table, grid, numbers, words
from allocator.report.words.effects import effect_lines, origin_name
from allocator.report.words.facts import gap_text, origins
from allocator.report.words.labels import Names, heading, input_heading, said, status_name, unit_name
from allocator.report.words.numbers import DASH, written
from allocator.report.words.optimised import change_sign, price_heading, priced_stages, step_of
from allocator.report.words.rows import rows_of
from allocator.report.words.years import is_changed
from allocator.scenario.section import Lock
from allocator.tables.result import Result
from allocator.tables.written import table_bytes
from allocator.words.status import is_optimal
from allocator.words.texts import say

MOST_RULES = 20
MOST_OF_ONE_RULE = 4
"""Rows of one rule in that list, so that one rule over all towns does not fill it."""

AT_LIMIT = 1e-6
"""Slack up to which a rule binds, relative to 1 + |limit|."""

STEPS = {"yuan": 1e4, "hours": 10.0}
"""Change of a limit for which prices are shown, where one unit is too little to see."""


def stages_grid(result: Result, names: Names) -> Grid:
    """What each step reached and where it was held."""
    table = result.tables["stages"]
    columns = ["stage", "step", "before", "value", "held_at", "unit", "status", "asked", "gap"]
    if table["published"].notna().any():
        columns.insert(5, "published")
    if table["year"].nunique() > 1:
        columns.insert(0, "year")
    steps = [step_of(result.scenario.first, row.stage, row.step) for row in rows_of(table)]
    shown = table.assign(step=steps, unit=[unit_name(str(unit)) for unit in table["unit"]])
    made = from_table("stages", shown, columns, names, say("report.caption.stages"))
    effects = [_effect_of(row.step, row.before, row.value) for row in rows_of(table)]
    headings: list[Head] = [*((c.heading, c.numeric) for c in made.columns), say("report.step_effect")]
    rows = [[*row, word] for row, word in zip(made.rows, effects, strict=False)]
    return grid(made.caption, headings, rows)


def _effect_of(step: str, before: float, value: float) -> str:
    """Whether a step moved its number; a dash where the number before is not known."""
    if np.isnan(before):
        return DASH
    return say("report.step_moved" if is_changed(step, before, value) else "report.step_unmoved")


def binding_rules(result: Result) -> tuple[pd.DataFrame, int]:
    """Rules at their limit that have a price, the dearest first; and how many rules are at their limit."""
    rows = result.tables["rows"]
    own = rows[rows["sense"].isin(["<=", ">="])]
    for part in parts_of("binding").values():
        said: Binding = part.BINDING
        own = own[~own["rule"].isin(said.logic)]
        own = own[~(own["rule"].isin(said.amounts) & (own["bound"] == 0))]
        for rule, thing in said.chosen.items():
            own = own[~((own["rule"] == rule) & _is_idle(result, own, thing))]
    at_limit = own[own["slack"] <= AT_LIMIT * (1 + own["bound"].abs())]
    prices = at_limit[["price_balance", "price_total"]].abs()
    return at_limit[(prices.max(axis=1) > 0)], len(at_limit)


def _is_idle(result: Result, rows: pd.DataFrame, thing: Chosen) -> pd.Series[bool]:
    """Which rows are about a thing that the plan does not choose: a base that is not open, a contract not made."""
    table = result.tables[thing.table]
    if thing.idle_state:
        table = table[table["state"] != thing.idle_state]
    chosen = {"/".join(ids) for ids in zip(*(table[column] for column in thing.columns), strict=True)}
    return ~rows["key"].str.split("/").str[: len(thing.columns)].str.join("/").isin(chosen)


def price_note(result: Result, where: str = "") -> str:
    """That prices hold with whole decisions fixed, and if so for a plan that is not proven best; else empty.

    ``where`` is ``cli.`` for the short form.
    """
    if not (result.tables["rows"]["price_kind"] == "fixed_integers").any():
        return ""
    keys = ["prices_fixed_integers", *([] if is_optimal(result.status) else ["prices_unproven"])]
    return " ".join(say(f"report.{where}{key}") for key in keys)


def rules_grid(result: Result, names: Names) -> Grid:
    """The rules whose limits matter most, with what a change of the limit would bring."""
    priced, count = binding_rules(result)
    units = priced["unit"].tolist()
    step = np.array([STEPS.get(unit, 1.0) for unit in units])
    plan = result.scenario.first
    stages = priced_stages(plan)
    prices = priced[[f"price_{stage}" for stage in stages]].to_numpy(float).reshape(len(priced), len(stages))
    worth = prices * step[:, None] * np.array([change_sign(plan, stage) for stage in stages])
    largest = np.nanmax(np.abs(worth), axis=1) if len(worth) else np.zeros(0)
    order = np.argsort(-largest, kind="stable")
    of_rule = priced["rule"].iloc[order].groupby(priced["rule"].iloc[order].to_numpy()).cumcount().to_numpy()
    order = order[of_rule < MOST_OF_ONE_RULE][:MOST_RULES]
    rows = []
    for at in order.tolist():
        row = priced.iloc[at]
        unit = unit_name(units[at])
        side = say("report.raise_floor" if row["sense"] == ">=" else "report.raise_limit")
        moved = say("report.limit_step", {"side": side, "step": f"{step[at]:,.0f}", "unit": unit})
        limit = f"{written(float(row['bound']), 'number')} {unit}"
        effects = [_effect(value) for value in worth[at].tolist()]
        subject = names.key(row["labels"], row["key"]) or say("terms.scope.district")
        rows.append([names.text("rule", row["rule"]), subject, limit, moved, *effects])
    headings = words(heading("rows", "rule"), heading("rows", "key")) + numbers(heading("rows", "bound"))
    headings += words(say("report.limit_change")) + numbers(*(price_heading(plan, stage) for stage in stages))
    counts = {"binding": count, "priced": len(priced), "shown": len(rows), "most": MOST_OF_ONE_RULE}
    note = f"{say('report.rules_note', counts)} {price_note(result)}".strip()
    return grid(say("report.caption.rules"), headings, rows, note=note)


def _effect(value: float) -> str:
    if np.isnan(value):
        return DASH
    text = written(value, "price").replace("-", "−")
    return f"+{text}" if value > 0 else text


def locks_grid(result: Result, names: Names) -> Grid:
    """What the planner fixed, and why."""
    rows = []
    for lock in result.scenario.first.common.locks:
        where = (names.text(column, value) for column, value in lock.where.items())
        decision = said(f"terms.decision.{lock.decision}", lock.decision)
        rows.append([lock.id, decision, " · ".join(where), _lock_bound(lock), lock.reason])
    keys = ("lock", "decision", "where", "lock_bound", "lock_reason")
    return grid(say("report.caption.locks"), [say(f"report.{key}") for key in keys], rows)


def _lock_bound(lock: Lock) -> str:
    sides = (("==", lock.equals), (">=", lock.at_least), ("<=", lock.at_most))
    return say("report.list_comma").join(
        f"{say(f'terms.sense.{sign}')} {written(value, 'number')}" for sign, value in sides if value is not None
    )


def effects_grid(result: Result, names: Names) -> Grid:
    """What a unit of each programme, an hour of guidance, a star, a project is assumed to bring, with its origin."""
    lines = effect_lines(result.scenario.first, names)
    rows = [[line.of, line.on, line.gain, origin_name(line, names), line.rule] for line in lines]
    keys = ("effect_of", "effect_on", "effect_gain", "origin", "origin_rule")
    classes = tuple("illustrative" if line.kind == "illustrative" else "" for line in lines)
    made = grid(say("report.caption.effects"), [say(f"report.{key}") for key in keys], rows)
    note = f"{say('report.effects_note')} {made.note}".strip()
    return Grid(made.caption, made.columns, made.rows, None, note, classes[: len(made.rows)], made.left_out)


def origins_grid(result: Result, names: Names) -> Grid:
    """Where the numbers of each column come from."""
    table = origins(result.scenario.first)
    order = table["origin"].map({"illustrative": 0, "derived": 1, "real": 2})
    table = table.assign(order=order).sort_values(["order", "table"], kind="stable")
    rows = []
    for row in rows_of(table):
        column = input_heading(row.column)
        shown = row.column if column == row.column else f"{column} ({row.column})"
        table_name = said(f"terms.table.{row.table}", "")
        where = f"{table_name} ({row.table})" if table_name else row.table
        rows.append([where, shown, names.text("origin", row.origin), row.rule])
    keys = ("origin_table", "origin_column", "origin", "origin_rule")
    classes = tuple(table["origin"].map({"illustrative": "illustrative"}).fillna("").tolist())
    made = grid(say("report.caption.origins"), [say(f"report.{key}") for key in keys], rows)
    return Grid(made.caption, made.columns, made.rows, None, made.note, classes[: len(made.rows)], made.left_out)


def run_grid(result: Result) -> Grid:
    """The run record: solver, versions, options, seconds, size."""
    run = result.run
    solver, options = run.get("solver", {}), run.get("options", {})
    seconds = {name: f"{value:.2f} s" for name, value in run.get("seconds", {}).items()}
    whole = sum(float(value) for value in run.get("seconds", {}).values())
    nothing = say("report.not_given")
    facts = [
        ("label", result.scenario.label),
        ("run_status", status_name(str(run.get("status", "")))),
        ("run_gap", gap_text(result)),
        ("run_unique", say("columns.cell_true" if run.get("unique") else "columns.cell_false")),
        ("projection_way", said(f"report.projection.{run.get('projection')}", str(run.get("projection", DASH)))),
        ("run_solver", f"{solver.get('name', '')} {solver.get('version', '')}".strip()),
        ("run_options", _pairs({k: nothing if v is None else v for k, v in options.items() if k != "solver"})),
        ("vintage", str(run.get("population_vintage", DASH))),
        ("run_size", _pairs({said(f"report.size.{k}", k): f"{v:,}" for k, v in run.get("size", {}).items()})),
        ("run_seconds", f"{whole:.2f} s ({_pairs({said(f'report.step.{k}', k): v for k, v in seconds.items()})})"),
        ("run_versions", _pairs(run.get("versions", {}))),
    ]
    rows = [[say(f"report.{key}"), value] for key, value in facts]
    return grid(say("report.caption.run"), [say("report.fact"), say("report.fact_value")], rows)


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def hashes_grid(result: Result) -> Grid:
    """SHA-256 of every result table as written."""
    known = dict(result.run.get("sha256", {}))
    rows = []
    for name, table in result.tables.items():
        file = f"{name}.csv"
        rows.append([file, known.get(file) or hashlib.sha256(table_bytes(table)).hexdigest()])
    return grid(say("report.caption.hashes"), [say("report.file"), "SHA-256"], rows)
