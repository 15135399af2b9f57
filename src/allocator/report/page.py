"""One self-contained page of a result: opens offline, prints on A4, loads nothing from anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.graph_objects import Figure

from allocator.report import content, record
from allocator.report.facts import KeyFigure, Remark, key_figures, remarks, status
from allocator.report.figures import figure, level_map
from allocator.report.files import refuse_to_replace_file, write_whole
from allocator.report.font import font_uri
from allocator.report.grids import Grid
from allocator.report.labels import Names, names_of, plan_name, speaking
from allocator.result import Result
from allocator.texts import Language, current_language, say

HTML_LANGUAGES = {"zh": "zh-CN", "en": "en"}
BUNDLE = "plotly-basic.min.js"


def write_page(result: Result, file: str | Path, language: Language, force: bool = False) -> Path:
    """Write the page in a language; returns the file.

    Raises:
        UsageError: the file exists and ``force`` is not given.
    """
    target = Path(file)
    refuse_to_replace_file(target, force)
    text = speaking(language, partial(page_text, result))
    return write_whole(target, text.encode("utf-8"))


def page_text(result: Result) -> str:
    """The page in the current language, its font holding just the characters it shows."""
    environment = Environment(
        loader=PackageLoader("allocator.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("page.html.j2")
    given = _given(result)
    plain = template.render(given | {"font": "", "bundle": ""})
    bundle = files("allocator").joinpath("report", "assets", BUNDLE).read_text(encoding="utf-8")
    shown = "".join(map(chr, range(0x20, 0x7F))) + plain + _unescaped(given["parts"])
    return template.render(given | {"font": font_uri(shown), "bundle": Markup(_script_safe(bundle))})


def _given(result: Result) -> dict[str, Any]:
    plan = result.scenario.first
    names = names_of(plan)
    values = {"plan": plan_name(plan), "year": plan.year}
    head: Remark = status(result)
    figures: list[KeyFigure] = key_figures(result, names)
    return {
        "say": say,
        "language": HTML_LANGUAGES[current_language()],
        "title": say("report.title", values),
        "plan": values["plan"],
        "year": values["year"],
        "label": result.scenario.label,
        "status": head,
        "status_code": result.status,
        "remarks": remarks(result),
        "figures": figures,
        "parts": _parts(result, names),
        "version": version("edu-allocator"),
    }


def _parts(result: Result, names: Names) -> list[Part]:
    makers: list[Callable[[Result, Names], Part | None]] = [
        *(_levels, _pairs, _money, _delivery, _balance, _goals, _stages, _rules, _assumptions)
    ]
    parts = [part for part in (make(result, names) for make in makers) if part is not None]
    return [*parts, _part("run", (), [record.run_grid(result), record.hashes_grid(result)])]


def _levels(result: Result, names: Names) -> Part | None:
    if content.empty(result.tables["towns"]):
        return None
    before = _chart("map-before", level_map(result, "before"))
    maps = (before, _chart("map-after", level_map(result, "after")))
    grids = [make(result, names) for make in (content.towns_grid, content.attainment_grid, content.indicators_grid)]
    return _part("levels", (maps, (_chart("levels", figure(result, "levels")),)), grids)


def _pairs(result: Result, names: Names) -> Part | None:
    if "mentoring" not in result.scenario.first.sections:
        return None
    charts = () if content.empty(result.tables["towns"]) else ((_chart("pairs", figure(result, "pairs")),),)
    grids = [content.pairs_grid(result, names)]
    notes: tuple[str, ...] = ()
    if content.empty(result.tables["unpaired"]):
        notes = (say("report.no_unpaired"),)
    else:
        grids.append(content.unpaired_grid(result, names))
    return _part("pairs", charts, grids, notes)


def _money(result: Result, names: Names) -> Part | None:
    if content.empty(result.tables["funding"]):
        return None
    makers = (content.money_by_town_grid, content.money_by_source_grid, content.money_by_spending_grid)
    return _part("money", ((_chart("funding", figure(result, "funding")),),), [make(result, names) for make in makers])


def _delivery(result: Result, names: Names) -> Part | None:
    if content.empty(result.tables["delivery"]):
        return None
    people = content.people_grid(result)
    return _part("delivery", (), [content.delivery_grid(result, names), *([people] if people.rows else [])])


def _balance(result: Result, names: Names) -> Part | None:
    if content.empty(result.tables["balance"]):
        return None
    return _part("balance", (), [content.balance_grid(result, names)])


def _goals(result: Result, names: Names) -> Part | None:
    if content.empty(result.tables["goals"]):
        return None
    name = "goals_enforced" if result.run.get("goals_enforced") else "goals"
    return _part(name, (), [content.goals_grid(result, names)])


def _stages(result: Result, names: Names) -> Part | None:
    if content.empty(result.tables["stages"]):
        return None
    return _part("stages", (), [record.stages_grid(result, names)])


def _rules(result: Result, names: Names) -> Part | None:
    grids = [record.rules_grid(result, names)]
    if result.scenario.first.common.locks:
        grids.append(record.locks_grid(result, names))
    return _part("rules", (), grids)


def _assumptions(result: Result, names: Names) -> Part | None:
    grids = [record.effects_grid(result, names), record.origins_grid(result, names)]
    kept = [each for each in grids if each.rows]
    return _part("assumptions", (), kept) if kept else None


def _unescaped(parts: list[Part]) -> str:
    """Texts of charts as they are shown, for the font: JSON on the page may hide characters behind escapes."""
    drawings = [chart.json for part in parts for row in part.charts for chart in row]
    return "".join(drawings)
