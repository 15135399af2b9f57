"""The learning circle as a picture: stations covered or not with the open bases, beside the share of each town."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import pandas as pd
from plotly.graph_objects import Bar, Figure, Scatter

from allocator.report.figures.maps import KM_PER_DEGREE
from allocator.report.figures.style import AFTER, BEFORE, GRID, GROUND, INK, base_layout, nothing_to_draw
from allocator.report.words.labels import Names, names_of
from allocator.report.words.numbers import written
from allocator.scenario.plan_year import PlanYear
from allocator.tables.result import Result
from allocator.words.texts import say

COVERED, LEFT_OUT, OPEN, CLOSED = "#0072B2", "#D55E00", "#009E73", "#7a7a7a"
LARGEST, SMALLEST = 22.0, 7.0
"""Diameter of the stations [pixels]."""

HEIGHT, ROW_PIXELS = 380, 26
SIDES = ((0.0, 0.56), (0.72, 1.0))
"""Parts of the width for the map and for the bars."""


def coverage(result: Result) -> Figure:
    """Stations by place, coloured by whether an open base is near enough, and residents covered by town."""
    plan, table = result.scenario.first, result.tables["coverage"]
    if not len(table):
        return nothing_to_draw("report.figure.coverage", "report.figure.no_coverage")
    names = names_of(plan)
    drawn = Figure(layout=base_layout(say("report.figure.coverage", {"year": plan.year})))
    placed = _placed(result, plan)
    if placed is not None:
        _map(drawn, result, names, *placed)
    _bars(drawn, table, names, SIDES[1] if placed is not None else (0.0, 1.0))
    drawn.update_layout(
        height=max(HEIGHT, 150 + ROW_PIXELS * len(table)),
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0.0},
        barmode="overlay",
    )
    return drawn


def _placed(result: Result, plan: PlanYear) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Stations and bases in kilometres from the middle; none where stations have no coordinates."""
    stations = plan.table("coverage.stations")
    if not {"lat", "lon"} <= set(stations) or stations[["lat", "lon"]].isna().any().any() or not len(stations):
        return None
    sites = plan.table("bases.sites")
    sites = sites.merge(result.tables["bases"][["site", "state"]], on="site")
    sites = sites.reindex(columns=["site", "state", "lat", "lon"]).dropna(subset=["lat", "lon"])
    north, east = float(stations["lat"].mean()), float(stations["lon"].mean())
    wide = KM_PER_DEGREE * math.cos(math.radians(north))

    def in_km(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(x=(frame["lon"] - east) * wide, y=(frame["lat"] - north) * KM_PER_DEGREE)

    return in_km(stations), in_km(sites)


def _map(drawn: Figure, result: Result, names: Names, stations: pd.DataFrame, sites: pd.DataFrame) -> None:
    """Circles for stations sized by residents, diamonds for open bases, hollow ones for sites that stay closed."""
    left_out = set(result.tables["uncovered"]["station"])
    heads = stations["residents"] / max(float(stations["residents"].max()), 1.0)
    stations = stations.assign(size=SMALLEST + (LARGEST - SMALLEST) * heads**0.5)
    is_left = stations["station"].isin(left_out)
    for key, chosen, colour in (("covered", ~is_left, COVERED), ("uncovered", is_left, LEFT_OUT)):
        own = stations[chosen]
        hints = [
            say(
                "report.figure.station_hint",
                {"station": escape(names.of("station", s)), "residents": written(n, "heads")},
            )
            for s, n in zip(own["station"], own["residents"].tolist(), strict=True)
        ]
        dots: dict[str, Any] = {
            "size": own["size"].round(1).tolist(),
            "color": colour,
            "line": {"width": 1, "color": "white"},
        }
        drawn.add_trace(_points(own, say(f"report.figure.{key}_stations"), {**dots, "opacity": 0.85}, hints))
    is_open = sites["state"].isin(["open", "opened"])
    for key, chosen, symbol, colour in (
        ("closed_sites", ~is_open, "diamond-open", CLOSED),
        ("open_bases", is_open, "diamond", OPEN),
    ):
        own = sites[chosen]
        hints = [escape(names.of("site", each)) for each in own["site"]]
        marker: dict[str, Any] = {
            "size": 13,
            "symbol": symbol,
            "color": colour,
            "line": {"width": 1.5, "color": "white"},
        }
        drawn.add_trace(_points(own, say(f"report.figure.{key}"), marker, hints))
    hidden: dict[str, Any] = {"showgrid": False, "zeroline": False, "showticklabels": False}
    drawn.update_layout(
        xaxis={**hidden, "domain": list(SIDES[0])}, yaxis={**hidden, "scaleanchor": "x"}, plot_bgcolor=GROUND
    )


def _points(own: pd.DataFrame, name: str, marker: dict[str, Any], hints: list[str]) -> Scatter:
    return Scatter(
        x=own["x"].round(4).tolist(),
        y=own["y"].round(4).tolist(),
        mode="markers",
        name=name,
        marker=marker,
        hovertext=hints,
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _bars(drawn: Figure, table: pd.DataFrame, names: Names, side: tuple[float, float]) -> None:
    """Share of the residents of each town before and after, the lowest at the top."""
    shown = table.dropna(subset=["share"]).sort_values(["share", "town"], ascending=[False, True])
    labels = [escape(names.of("town", town)) for town in shown["town"]]
    for key, column, colour, width in (("after", "share", AFTER, 0.7), ("before", "share_before", BEFORE, 0.35)):
        values = (shown[column] * 100).round(2).tolist()
        texts = [written(value / 100, "share") if key == "after" else "" for value in values]
        drawn.add_trace(
            Bar(
                x=values,
                y=labels,
                orientation="h",
                name=say(f"report.figure.share_{key}"),
                marker={"color": colour},
                width=width,
                text=texts,
                textposition="outside",
                textfont={"size": 11, "color": INK},
                xaxis="x2",
                yaxis="y2",
                hovertemplate="%{y}<br>%{fullData.name}: %{x:.1f}%<extra></extra>",
                cliponaxis=False,
            )
        )
    axis = {"title": {"text": say("report.figure.share_axis")}, "range": [0, 118], "gridcolor": GRID, "zeroline": False}
    drawn.update_layout(
        xaxis2={**axis, "domain": list(side), "anchor": "y2"},
        yaxis2={"type": "category", "anchor": "x2", "automargin": True, "ticksuffix": " ", "showgrid": False},
    )
    if side[0] == 0.0:
        drawn.update_layout(xaxis={"visible": False}, yaxis={"visible": False})


CHARTS: Mapping[str, Callable[[Result], Figure]] = {"coverage": coverage}
"""Charts of one year, by the names they are asked for."""
