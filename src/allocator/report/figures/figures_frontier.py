"""The picture of the study ``frontier``: levels against the number of demonstration towns."""

from __future__ import annotations

import json
from functools import partial
from html import escape
from importlib.resources import files

import numpy as np
import pandas as pd
from plotly.graph_objects import Figure, Scatter

from allocator.report.figures.style import AFTER, BEFORE, GRID, INK, base_layout, nothing_to_draw
from allocator.report.page.font import font_uri
from allocator.report.page.parts import script_safe
from allocator.report.words.labels import speaking
from allocator.report.words.numbers import written
from allocator.words.texts import Language, say

BUNDLE = "plotly-basic.min.js"


def frontier_figure(table: pd.DataFrame) -> Figure:
    """Level of the worst-off town with its bound, and mean level, by the number of demonstration towns.

    Hollow points are not proven best, a cross marks a number without a plan. ``table`` is what ``allocator.frontier``
    returns.
    """
    solved = table[table["worst_level"].notna()]
    if not len(solved):
        return nothing_to_draw("report.figure.frontier", "report.figure.no_frontier")
    drawn = Figure(layout=base_layout(say("report.figure.frontier")))
    drawn.add_trace(_line(solved, "mean_level", BEFORE))
    drawn.add_trace(_line(solved, "worst_level", AFTER))
    symbols = ["circle" if proven else "circle-open" for proven in solved["proven"]]
    drawn.data[1].update(mode="lines+markers+text", text=_prices(solved), textposition="bottom center")
    drawn.data[1].update(textfont={"size": 11, "color": INK}, cliponaxis=False, marker_symbol=symbols)
    bounded = solved[solved["worst_bound"].notna()]
    if len(bounded):
        drawn.add_trace(_bounds(bounded))
    if not solved["proven"].all():
        drawn.add_trace(_legend_of_unproven())
    low = float(solved["worst_level"].min())
    high = float(np.nanmax(solved[["worst_level", "mean_level", "worst_bound"]].to_numpy(float)))
    room = max(2.0, 0.25 * (high - low))
    unsolved = table[table["worst_level"].isna()]
    if len(unsolved):
        drawn.add_trace(_without_plan(unsolved, low - 0.7 * room))
    drawn.update_xaxes(title={"text": say("report.figure.frontier_towns")}, dtick=1, gridcolor=GRID, zeroline=False)
    drawn.update_yaxes(title={"text": say("report.figure.level_axis")}, gridcolor=GRID, zeroline=False)
    drawn.update_yaxes(range=[low - room, high + room], automargin=True)
    drawn.update_layout(height=460, legend={"orientation": "h", "y": 1.0, "yanchor": "bottom"})
    return drawn


def _line(solved: pd.DataFrame, column: str, colour: str) -> Scatter:
    return Scatter(
        x=solved["towns"].tolist(),
        y=solved[column].tolist(),
        mode="lines+markers",
        name=say(f"study.{column}"),
        line={"color": colour, "width": 2.5},
        marker={"size": 9, "color": colour},
        hovertemplate="%{x}: %{y:.2f}<extra>%{fullData.name}</extra>",
    )


def _bounds(bounded: pd.DataFrame) -> Scatter:
    """What no plan's worst-off town exceeds: a short line, and below it the gap that is not closed."""
    return Scatter(
        x=bounded["towns"].tolist(),
        y=bounded["worst_bound"].tolist(),
        mode="markers",
        name=say("report.figure.frontier_bound"),
        marker={"size": 14, "symbol": "line-ew", "color": AFTER, "line": {"color": AFTER, "width": 2.5}},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [0.0] * len(bounded),
            "arrayminus": bounded["gap"].tolist(),
            "color": AFTER,
            "thickness": 1,
            "width": 0,
        },
        hovertemplate="%{x}: %{y:.2f}<extra>%{fullData.name}</extra>",
    )


def _legend_of_unproven() -> Scatter:
    """A line of the legend for hollow points."""
    marker = {"size": 9, "symbol": "circle-open", "color": AFTER}
    return Scatter(x=[None], y=[None], mode="markers", name=say("report.figure.frontier_unproven"), marker=marker)


def _prices(solved: pd.DataFrame) -> list[str]:
    """What each further town costs the worst-off one, below its point; in brackets where the gaps are larger."""
    made = []
    for price, proven in zip(solved["price_of_town"].tolist(), solved["price_proven"].tolist(), strict=True):
        key = "report.figure.frontier_price" if proven else "report.figure.frontier_price_unproven"
        made.append("" if np.isnan(price) else say(key, {"points": written(-price + 0.0, "points")}))
    return made


def _without_plan(unsolved: pd.DataFrame, at: float) -> Scatter:
    return Scatter(
        x=unsolved["towns"].tolist(),
        y=[at] * len(unsolved),
        mode="markers",
        name=say("report.figure.frontier_none"),
        marker={"size": 10, "symbol": "x", "color": INK},
        text=[escape(reason) for reason in unsolved["reason"]],
        hovertemplate="%{x}: %{text}<extra></extra>",
    )


def frontier_page(table: pd.DataFrame, language: Language) -> bytes:
    """The picture as a page of its own that needs no network."""
    return speaking(language, partial(_page, table)).encode("utf-8")


def _page(table: pd.DataFrame) -> str:
    bundle = files("allocator").joinpath("report", "assets", BUNDLE).read_text(encoding="utf-8")
    drawing = script_safe(json.dumps(json.loads(frontier_figure(table).to_json()), ensure_ascii=False, sort_keys=True))
    title = escape(say("report.figure.frontier"))
    font = f'@font-face{{font-family:"Allocator Sans";src:url("{font_uri(drawing)}") format("woff")}}'
    return (
        f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>{title}</title><style>{font}</style></head>\n'
        f'<body><div id="frontier"></div>\n<script>{script_safe(bundle)}</script>\n'
        f"<script>const drawing = {drawing};\n"
        "const draw = () => Plotly.newPlot('frontier', drawing.data, drawing.layout, "
        "{responsive: true, displaylogo: false});\n"
        "document.fonts.load('12px \"Allocator Sans\"').then(draw, draw);"
        "</script></body></html>\n"
    )
