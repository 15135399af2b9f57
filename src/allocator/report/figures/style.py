"""Colours, fonts and the plain layout that all charts share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plotly.graph_objects import Figure, Layout

from allocator.words.texts import say

PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#4d4d4d")
"""Source: Okabe and Ito 2008, colours that people with colour blindness can tell apart."""

BEFORE, AFTER, ARROW = "#7a7a7a", "#0072B2", "#D55E00"
INK, GRID, GROUND = "#1f2d3d", "#dfe5ec", "#f6f8fa"
SCALE = "Cividis"
"""Source: Nuñez, Anderton, Renslow 2018; even in lightness, also for colour-blind readers."""

MONEY_UNIT: Mapping[str, float] = {"zh": 1e4, "en": 1e3}
"""Yuan in the unit of a money axis: 万元 in Chinese, thousand yuan in English."""

FONT_FAMILY = (
    "'Allocator Sans','Microsoft YaHei','PingFang SC','Noto Sans SC','Noto Sans CJK SC','Source Han Sans SC',"
    "'WenQuanYi Micro Hei',Arial,sans-serif"
)


def base_layout(title: str) -> Layout:
    """A white layout with a title and no decoration."""
    axis: dict[str, Any] = {"showline": False, "ticks": ""}
    return Layout(
        template=None,
        title={"text": title, "font": {"size": 16, "color": INK}, "x": 0.0, "xanchor": "left", "xref": "container"},
        font={"family": FONT_FAMILY, "size": 12, "color": INK},
        paper_bgcolor="white",
        plot_bgcolor="white",
        margin={"l": 20, "r": 30, "t": 70, "b": 50},
        hoverlabel={"font": {"family": FONT_FAMILY}},
        xaxis=axis,
        yaxis=axis,
    )


def nothing_to_draw(title: str, why: str) -> Figure:
    """An empty chart that says why it is empty."""
    drawn = Figure(layout=base_layout(say(title, {"year": ""})))
    drawn.update_layout(height=160, xaxis={"visible": False}, yaxis={"visible": False})
    drawn.add_annotation(text=say(why), showarrow=False, xref="paper", yref="paper", x=0.5, y=0.5)
    return drawn
