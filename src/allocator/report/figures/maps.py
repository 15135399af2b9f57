"""Maps of the towns by latitude and longitude: plain points, no tiles, nothing fetched."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np
import numpy.typing as npt
from plotly.graph_objects import Figure, Scatter

from allocator.report.figures.network import pair_hint, pair_network
from allocator.report.figures.placement import label_places
from allocator.report.figures.style import ARROW, GROUND, INK, SCALE, base_layout, nothing_to_draw
from allocator.report.words.labels import Names, names_of
from allocator.report.words.numbers import written
from allocator.report.words.rows import rows_of
from allocator.scenario.plan_year import PlanYear
from allocator.tables.result import Result
from allocator.words.texts import say

Floats = npt.NDArray[np.float64]

KM_PER_DEGREE = 111.195
"""Length of a degree of latitude on a sphere of the Earth's mean radius."""

MOST_LABELS = 60
LARGEST, SMALLEST = 34.0, 9.0
"""Diameter of the markers [pixels]."""

PANEL, SMALL_PANEL = 520.0, 430.0
"""Height of the map of pairs, for which the places of names are worked out, and of the maps of levels [pixels]."""


@dataclass(frozen=True)
class Points:
    """Where towns are drawn: in town order, x and y in kilometres from the middle."""

    x: Floats
    y: Floats
    diameter: Floats
    labels: tuple[str, ...]
    drawn_on_circle: bool


def pairs_map(result: Result) -> Figure:
    """Towns as circles sized by residents and coloured by level after, with an arrow from mentor to mentee; a network
    in a plan without levels."""
    plan = result.scenario.first
    towns = result.tables["towns"]
    if not len(towns):
        return pair_network(result)
    names, points = names_of(plan), points_of(plan)
    drawn = _ground(say("report.figure.pairs", {"year": plan.year}), points)
    _arrows(drawn, result, plan, points)
    low, high = _range(result)
    drawn.add_trace(_circles(result, names, points, ("after", low, high), with_pairs=True))
    drawn.add_trace(_pair_hints(result, plan, names, points))
    return drawn


def level_map(result: Result, moment: Literal["before", "after"]) -> Figure:
    """Towns coloured by their level before or after; both maps share one scale of colours."""
    plan = result.scenario.first
    if not len(result.tables["towns"]):
        return nothing_to_draw("report.figure.map_" + moment, "report.figure.no_levels")
    points = points_of(plan)
    drawn = _ground(say(f"report.figure.map_{moment}", {"year": plan.year}), points)
    drawn.add_trace(_circles(result, names_of(plan), points, (moment, *_range(result)), with_pairs=False))
    drawn.update_layout(height=SMALL_PANEL)
    return drawn


def points_of(plan: PlanYear) -> Points:
    """Places, sizes and labels of the towns; on a circle where coordinates are missing."""
    count = len(plan.towns)
    has_points = {"lat", "lon"} <= set(plan.towns.columns)
    lat = plan.per_town("lat") if has_points else np.full(count, np.nan)
    lon = plan.per_town("lon") if has_points else np.full(count, np.nan)
    known = bool(np.isfinite(lat).all() and np.isfinite(lon).all()) and count > 0
    if known:
        x = (lon - lon.mean()) * KM_PER_DEGREE * math.cos(math.radians(float(lat.mean())))
        y = (lat - lat.mean()) * KM_PER_DEGREE
    else:
        turn = np.pi / 2 - 2 * np.pi * np.arange(count) / max(count, 1)
        x, y = 10 * np.cos(turn), 10 * np.sin(turn)
    heads = plan.population
    diameter = SMALLEST + (LARGEST - SMALLEST) * np.sqrt(heads / max(float(heads.max()), 1.0))
    labels = tuple(names_of(plan).short.values()) if count <= MOST_LABELS else ("",) * count
    return Points(x, y, diameter, labels, not known)


def _ground(title: str, points: Points) -> Figure:
    """Empty map with equal scales, room at the edges and a scale bar."""
    drawn = Figure(layout=base_layout(title))
    wide, high = np.ptp(points.x) or 1.0, np.ptp(points.y) or 1.0
    x0, x1 = points.x.min() - 0.12 * wide, points.x.max() + 0.14 * wide
    y0, y1 = points.y.min() - 0.16 * high, points.y.max() + 0.16 * high
    hidden = {"showgrid": False, "zeroline": False, "showticklabels": False, "fixedrange": True}
    drawn.update_xaxes(range=[float(x0), float(x1)], constrain="domain", **hidden)
    drawn.update_yaxes(range=[float(y0), float(y1)], scaleanchor="x", scaleratio=1, constrain="domain", **hidden)
    drawn.update_layout(plot_bgcolor=GROUND, height=PANEL, showlegend=False, margin={"l": 5, "r": 5, "t": 50, "b": 55})
    if points.drawn_on_circle:
        drawn.add_annotation(text=say("report.figure.no_points"), showarrow=False, xref="paper", yref="paper", x=0, y=0)
        return drawn
    length = next(km for km in (50, 20, 10, 5, 2, 1, 0.5) if km <= max(wide / 4, 0.5))
    left, bottom = float(x0 + 0.03 * wide), float(y0 + 0.05 * high)
    line = {"color": INK, "width": 2}
    drawn.add_shape(type="line", x0=left, x1=left + length, y0=bottom, y1=bottom, line=line)
    drawn.add_annotation(
        x=left + length / 2, y=bottom, text=f"{length:g} km", showarrow=False, yshift=10, font={"size": 11}
    )
    return drawn


def _circles(
    result: Result, names: Names, points: Points, shown: tuple[str, float, float], with_pairs: bool
) -> Scatter:
    """Markers with names and what stands behind them."""
    moment, low, high = shown
    plan = result.scenario.first
    towns = result.tables["towns"].set_index("town").reindex(plan.towns.index)
    pixels = PANEL * 0.82 / (1.32 * (np.ptp(points.y) or np.ptp(points.x) or 1.0))
    lines = _pair_ends(result, plan) if with_pairs else []
    places = label_places(points.x * pixels, points.y * pixels, points.diameter / 2, points.labels, lines)
    hints = [
        say(
            "report.figure.town_hint",
            {
                "town": escape(names.of("town", str(town))),
                "population": written(row.population, "whole"),
                "before": written(row.level_before, "points"),
                "after": written(row.level_after, "points"),
            },
        )
        for town, row in zip(towns.index, rows_of(towns), strict=True)
    ]
    marker = {
        "size": points.diameter.round(2).tolist(),
        "color": towns[f"level_{moment}"].round(4).tolist(),
        "colorscale": SCALE,
        "cmin": low,
        "cmax": high,
        "line": {"width": 1.5, "color": "white"},
        "opacity": 1.0,
        "colorbar": {
            "title": {"text": say("report.figure.level_bar"), "side": "right"},
            "orientation": "h",
            "thickness": 10,
            "len": 0.6,
            "x": 0.5,
            "xanchor": "center",
            "y": 0.0,
            "yanchor": "top",
            "outlinewidth": 0,
        },
    }
    return Scatter(
        x=points.x.round(5).tolist(),
        y=points.y.round(5).tolist(),
        mode="markers+text",
        text=[escape(label) for label in points.labels],
        textposition=places,
        textfont={"size": 12, "color": INK},
        marker=marker,
        hovertext=hints,
        hovertemplate="%{hovertext}<extra></extra>",
        cliponaxis=False,
    )


def _arrows(drawn: Figure, result: Result, plan: PlanYear, points: Points) -> None:
    for start, end in _pair_ends(result, plan):
        drawn.add_annotation(
            x=float(points.x[end]),
            y=float(points.y[end]),
            ax=float(points.x[start]),
            ay=float(points.y[start]),
            axref="x",
            ayref="y",
            text="",
            showarrow=True,
            arrowhead=2,
            arrowsize=1.1,
            arrowwidth=2.5,
            arrowcolor=ARROW,
            standoff=float(points.diameter[end] / 2 + 2),
            startstandoff=float(points.diameter[start] / 2 + 1),
        )


def _pair_ends(result: Result, plan: PlanYear) -> list[tuple[int, int]]:
    """Positions of mentor and mentee of every pair."""
    at = {town: n for n, town in enumerate(plan.towns.index)}
    pairs = result.tables["pairs"]
    return [(at[mentor], at[mentee]) for mentor, mentee in zip(pairs["mentor"], pairs["mentee"], strict=True)]


def _pair_hints(result: Result, plan: PlanYear, names: Names, points: Points) -> Scatter:
    """Unseen points in the middle of the arrows that tell about the pair."""
    pairs = result.tables["pairs"]
    ends = _pair_ends(result, plan)
    start, end = [a for a, _ in ends], [b for _, b in ends]
    return Scatter(
        x=((points.x[start] + points.x[end]) / 2).tolist(),
        y=((points.y[start] + points.y[end]) / 2).tolist(),
        mode="markers",
        marker={"size": 16, "color": ARROW, "opacity": 0},
        hovertext=[pair_hint(pair, names) for pair in rows_of(pairs)],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _range(result: Result) -> tuple[float, float]:
    """Whole tens around all levels before and after."""
    levels = result.tables["towns"][["level_before", "level_after"]].to_numpy(float)
    low, high = np.floor(levels.min() / 10) * 10, np.ceil(levels.max() / 10) * 10
    return float(low), float(max(high, low + 10))


CHARTS: Mapping[str, Callable[[Result], Figure]] = {"pairs": pairs_map}
"""Charts of one year, by the names they are asked for."""
