"""What the page is made of: sections with charts and tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from plotly.graph_objects import Figure

from allocator.report.page.grids import Grid
from allocator.words.texts import say


@dataclass(frozen=True)
class Chart:
    """A chart of the page: where it stands, what it shows, and its data as JSON safe inside a script."""

    id: str
    title: str
    height: int
    json: Markup


@dataclass(frozen=True)
class Part:
    """A section of the page."""

    id: str
    title: str
    lead: str
    charts: tuple[tuple[Chart, ...], ...]
    """Rows of charts that stand side by side where there is room."""
    grids: tuple[Grid, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class YearParts:
    """The sections of one year of a plan of several years, which a reader opens and closes."""

    year: int
    summary: str
    parts: tuple[Part, ...]
    is_open: bool


def part(
    name: str, charts: Sequence[tuple[Chart, ...]], grids: Sequence[Grid], notes: tuple[str, ...] = (), suffix: str = ""
) -> Part:
    """A section with the title and lead of the catalogue; the suffix tells the same section of several years apart.

    Tables that have nothing to show, not even a note, are left out.
    """
    filled = tuple(each for each in grids if each.rows or each.note)
    stem = name.removesuffix("_enforced").removesuffix("_years") + suffix
    return Part(stem, say(f"report.section.{name}"), say(f"report.lead.{name}"), tuple(charts), filled, notes)


def chart(name: str, drawn: Figure) -> Chart:
    """A chart whose title stands in the page instead of in the picture."""
    title = str(drawn.layout.title.text)
    drawn.layout.title = None
    top = 36 if drawn.layout.showlegend is not False else 12
    drawn.layout.margin.t = top
    height = int(drawn.layout.height or 450) - 40
    drawn.layout.height = height
    drawing = json.dumps(json.loads(drawn.to_json()), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return Chart(name, title, height, Markup(script_safe(drawing)))


def script_safe(text: str) -> str:
    """A script text that cannot end its script element early."""
    return text.replace("</", "<\\/").replace("<!--", "<\\!--")
