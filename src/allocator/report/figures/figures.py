"""Charts of a result, in the current language. Figure objects only: nothing is written and nothing is fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

import numpy as np
import pandas as pd
from plotly.graph_objects import Bar, Figure, Scatter

from allocator.report.figures import figure_coverage, figures_years, maps, network
from allocator.report.figures.style import AFTER, BEFORE, GRID, INK, MONEY_UNIT, PALETTE, base_layout, nothing_to_draw
from allocator.report.words.labels import Names, names_of
from allocator.report.words.numbers import written
from allocator.report.words.years import end_view, is_several, year_views
from allocator.tables.result import Result
from allocator.words.errors import UsageError
from allocator.words.texts import Text, current_language, say

MOST_TOWNS = 60
"""Most towns a chart with one line a town shows; of more, those lowest after the plan (or with most money)."""

ROW_PIXELS = 26
GAP = "\u00a0\u00a0"
"""Blanks between a mark and its number."""


def figure(result: Result, name: str) -> Figure:
    """A chart of a result.

    ``levels``, ``pairs``, ``pair_network``, ``funding`` and ``coverage`` show one year: of several years the last one,
    against the state before the plan. ``levels_over_years``, ``money_over_years``, ``pair_timeline`` and ``goals`` show
    all years.

    Raises:
        UsageError: there is no such figure.
    """
    if name not in FIGURES:
        raise UsageError(Text("report.unknown_figure", {"name": name, "known": ", ".join(FIGURES)}))
    shown = end_view(year_views(result)) if name in OF_ONE_YEAR and is_several(result) else result
    return FIGURES[name](shown)


def levels(result: Result) -> Figure:
    """Level of every town before and after, sorted by the level after [level points]."""
    towns = result.tables["towns"].sort_values(["level_after", "town"], ascending=[False, True])
    if not len(towns):
        return nothing_to_draw("report.figure.levels", "report.figure.no_levels")
    shown = towns.tail(MOST_TOWNS)
    names = names_of(result.scenario.first)
    labels = _unique(names, shown["town"])
    before, after = shown["level_before"].to_numpy(float), shown["level_after"].to_numpy(float)
    drawn = Figure(layout=base_layout(_title(result, "report.figure.levels", len(towns))))
    between = np.column_stack([before, after, np.full(len(shown), np.nan)]).ravel()
    lines = [label for label in labels for _ in range(3)]
    drawn.add_trace(_line(between.tolist(), lines))
    for moment, values, colour in (("before", before, BEFORE), ("after", after, AFTER)):
        drawn.add_trace(_dots(moment, values, labels, colour))
    _level_axes(drawn, len(shown), _mean(result))
    return drawn


def _line(values: list[float], labels: list[str]) -> Scatter:
    gaps = [None if np.isnan(value) else value for value in values]
    line = {"color": "#b9c4d0", "width": 4}
    return Scatter(x=gaps, y=labels, mode="lines", line=line, hoverinfo="skip", showlegend=False)


def _dots(moment: str, values: np.ndarray, labels: list[str], colour: str) -> Scatter:
    texts = [written(value, "points") for value in values.tolist()]
    symbol = {"symbol": "circle-open" if moment == "before" else "circle", "size": 11, "color": colour}
    marker = symbol | {"line": {"width": 2.5, "color": colour}}
    return Scatter(
        x=values.tolist(),
        y=labels,
        mode="markers+text",
        name=say(f"report.figure.{moment}"),
        marker=marker,
        text=[f"{text}{GAP}" if moment == "before" else f"{GAP}{text}" for text in texts],
        textposition="middle left" if moment == "before" else "middle right",
        textfont={"size": 11, "color": INK},
        hovertemplate="%{y}<br>%{fullData.name}: %{x:.2f}<extra></extra>",
        cliponaxis=False,
    )


def _level_axes(drawn: Figure, count: int, mean: float) -> None:
    low = min(min(v for v in trace.x if v is not None) for trace in drawn.data)
    high = max(max(v for v in trace.x if v is not None) for trace in drawn.data)
    drawn.update_xaxes(
        title={"text": say("report.figure.level_axis")},
        range=[max(-5.0, float(np.floor(low / 10) * 10 - 5)), min(106.0, float(np.ceil(high / 10) * 10 + 5))],
        gridcolor=GRID,
        zeroline=False,
    )
    drawn.update_yaxes(type="category", automargin=True, ticksuffix=" ", showgrid=True, gridcolor="#eef1f4")
    drawn.update_layout(height=150 + ROW_PIXELS * count, legend={"orientation": "h", "y": 1.0, "yanchor": "bottom"})
    if np.isfinite(mean):
        text = say("report.figure.mean_after", {"value": written(mean, "points")})
        drawn.add_vline(
            x=mean,
            line={"color": "#666", "width": 1, "dash": "dot"},
            annotation={"text": text, "font": {"size": 11}, "yanchor": "bottom", "xanchor": "left"},
            annotation_position="bottom right",
        )


def _mean(result: Result) -> float:
    balance = result.tables["balance"].set_index("measure")["after"]
    return float(balance.get("mean", float("nan")))


def funding(result: Result) -> Figure:
    """Money by town, stacked by source, with the money a head [10,000 yuan in Chinese, thousand yuan in English]."""
    table = result.tables["funding"]
    if not len(table):
        return nothing_to_draw("report.figure.funding", "report.figure.no_funding")
    by_town = result.tables["funding_by_town"].sort_values(["amount_yuan", "town"], ascending=[True, False])
    shown = by_town[by_town["amount_yuan"] > 0].tail(MOST_TOWNS)
    names = names_of(result.scenario.first)
    labels, scale = _unique(names, shown["town"]), MONEY_UNIT[current_language()]
    spread = table.groupby(["town", "source"])["amount_yuan"].sum().unstack(fill_value=0).reindex(shown["town"])
    order = spread.sum().sort_values(ascending=False, kind="stable").index
    drawn = Figure(layout=base_layout(_title(result, "report.figure.funding", len(by_town))))
    for at, source in enumerate(order):
        drawn.add_trace(_bar(escape(names.of("source", source)), spread[source] / scale, labels, at))
    drawn.add_trace(_per_head_labels(shown, labels, scale))
    drawn.update_layout(barmode="stack", bargap=0.28, height=150 + ROW_PIXELS * len(shown))
    drawn.update_layout(legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "traceorder": "normal"})
    top = float(shown["amount_yuan"].max()) / scale
    drawn.update_xaxes(
        title={"text": say("report.figure.money_axis")}, gridcolor=GRID, zeroline=False, range=[0, top * 1.4]
    )
    drawn.update_yaxes(type="category", automargin=True, ticksuffix=" ")
    return drawn


def _bar(name: str, amounts: pd.Series[float], labels: list[str], at: int) -> Bar:
    return Bar(
        x=amounts.round(4).tolist(),
        y=labels,
        orientation="h",
        name=name,
        marker={"color": PALETTE[at % len(PALETTE)], "line": {"width": 0}},
        hovertemplate="%{y}<br>%{fullData.name}: %{x:,.2f} " + say("report.figure.money_unit") + "<extra></extra>",
    )


def _per_head_labels(shown: pd.DataFrame, labels: list[str], scale: float) -> Scatter:
    """The sum and the money a head behind each bar; the district centre has no residents."""
    texts = []
    for amount, per_head in zip(shown["amount_yuan"].tolist(), shown["per_head_yuan"].tolist(), strict=True):
        total = f"{amount / scale:,.1f}"
        values = {"total": total, "per_head": written(per_head, "yuan")}
        texts.append(total if np.isnan(per_head) else say("report.figure.per_head", values))
    return Scatter(
        x=(shown["amount_yuan"] / scale).round(4).tolist(),
        y=labels,
        mode="text",
        text=[f"{GAP}{text}" for text in texts],
        textposition="middle right",
        textfont={"size": 11, "color": INK},
        hoverinfo="skip",
        showlegend=False,
        cliponaxis=False,
    )


def _title(result: Result, key: str, towns: int) -> str:
    """Title with the year, and how many towns are shown if not all."""
    text = say(key, {"year": result.scenario.first.year})
    return text if towns <= MOST_TOWNS else text + say("report.figure.only", {"shown": MOST_TOWNS, "all": towns})


def _unique(names: Names, towns: pd.Series[str]) -> list[str]:
    """Escaped names of towns; towns of the same name carry their id."""
    spoken = [names.of("town", town) for town in towns]
    twice = {name for name in spoken if spoken.count(name) > 1}
    pairs = zip(spoken, towns, strict=True)
    return [escape(f"{name} {town}" if name in twice else name) for name, town in pairs]


OF_ONE_YEAR: Mapping[str, Callable[[Result], Figure]] = {
    "levels": levels,
    **maps.CHARTS,
    **network.CHARTS,
    "funding": funding,
    **figure_coverage.CHARTS,
}
FIGURES: Mapping[str, Callable[[Result], Figure]] = {**OF_ONE_YEAR, **figures_years.CHARTS}
