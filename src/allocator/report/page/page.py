"""One self-contained page of a result: opens offline, prints on A4, loads nothing from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from allocator.report.files import refuse_to_replace_file, write_whole
from allocator.report.page.font import font_uri
from allocator.report.page.parts import Part, script_safe
from allocator.report.page.sections import sections
from allocator.report.words.facts import key_figures, remarks, status
from allocator.report.words.labels import names_of, plan_name, speaking
from allocator.report.words.years import is_several, span
from allocator.tables.result import Result
from allocator.words.texts import Language, current_language, say

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
    shown = "".join(map(chr, range(0x20, 0x7F))) + plain + _unescaped(given["sections"].every)
    return template.render(given | {"font": font_uri(shown), "bundle": Markup(script_safe(bundle))})


def _given(result: Result) -> dict[str, Any]:
    plan = result.scenario.first
    name, title = plan_name(plan), "report.title_years" if is_several(result) else "report.title"
    made = sections(result)
    return {
        "say": say,
        "language": HTML_LANGUAGES[current_language()],
        "title": say(title, {"plan": name, "year": span(result)}),
        "label": result.scenario.label,
        "status": status(result),
        "status_code": result.status,
        "remarks": remarks(result),
        "figures": key_figures(result, names_of(plan)),
        "sections": made,
        "parts": made.every,
        "version": version("edu-allocator"),
    }


def _unescaped(parts: Sequence[Part]) -> str:
    """Texts of charts as they are shown, for the font: JSON on the page may hide characters behind escapes."""
    drawings = [chart.json for part in parts for row in part.charts for chart in row]
    return "".join(drawings)
