"""The first sheet of the workbook: what this is, how good it is, and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from allocator.report.words.effects import effect_kinds
from allocator.report.words.facts import Tone, gap_text, key_figures, origins, remarks, status
from allocator.report.words.labels import names_of, plan_name, status_name
from allocator.report.words.years import span
from allocator.report.workbook.sheets import Sheet
from allocator.tables.result import Result
from allocator.words.texts import say


@dataclass(frozen=True)
class AboutLine:
    """A labelled line with its weight."""

    label: str
    text: str
    tone: Tone = "plain"


def about_lines(result: Result, sheets: Sequence[Sheet]) -> list[AboutLine]:
    """All lines of the sheet, the status first."""
    run, plan = result.run, result.scenario.first
    head = status(result)
    solver = run.get("solver", {})
    lines = [
        AboutLine(say("report.about.status"), f"{status_name(result.status)} — {head.text}", head.tone),
        *(AboutLine(say("report.about.remark"), remark.text, remark.tone) for remark in remarks(result)),
        AboutLine(say("report.about.plan"), plan_name(plan)),
        AboutLine(say("report.about.year"), span(result)),
        AboutLine(say("report.about.label"), result.scenario.label),
        AboutLine(say("report.about.gap"), gap_text(result)),
        AboutLine(say("report.about.unique"), say("columns.cell_true" if run.get("unique") else "columns.cell_false")),
    ]
    for figure in key_figures(result, names_of(plan)):
        lines.append(AboutLine(figure.label, f"{figure.value} — {figure.detail}"))
    lines += [
        AboutLine(say("report.about.units"), say("report.about.units_text")),
        AboutLine(say("report.about.vintage"), plan.common.population.vintage),
        *_data_lines(result),
        AboutLine(say("report.about.solver"), f"{solver.get('name', '')} {solver.get('version', '')}".strip()),
        AboutLine(say("report.about.sheets"), _sheet_list(sheets)),
        *(AboutLine(say(f"report.about.{blank}"), "") for blank in ("office", "date", "number")),
    ]
    return lines


def _data_lines(result: Result) -> list[AboutLine]:
    """How many columns and effects are real, derived, made up."""
    plan, lines = result.scenario.first, []
    kinds = origins(plan)["origin"]
    if len(kinds):
        counts = {kind: int((kinds == kind).sum()) for kind in ("real", "derived", "illustrative")}
        tone: Tone = "warn" if counts["illustrative"] else "plain"
        lines.append(AboutLine(say("report.about.data"), say("report.about.data_counts", counts), tone))
    effects = effect_kinds(plan)
    if effects:
        made_up = effects.count("illustrative")
        text = say("report.about.effects_counts", {"n": len(effects), "illustrative": made_up})
        lines.append(AboutLine(say("report.about.effects"), text, "warn" if made_up else "plain"))
    return lines


def _sheet_list(sheets: Sequence[Sheet]) -> str:
    parts = (f"{each.name} ({say('report.about.rows', {'n': len(each.rows)})})" for each in sheets)
    return say("report.list_comma").join(parts)
