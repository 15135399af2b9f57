"""Charts over the years of a plan, in the current language."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from plotly.colors import sample_colorscale
from plotly.graph_objects import Bar, Figure, Scatter
from plotly.subplots import make_subplots

from allocator.report.figures.style import (
    AFTER,
    ARROW,
    BEFORE,
    GRID,
    INK,
    MONEY_UNIT,
    PALETTE,
    base_layout,
    nothing_to_draw,
)
from allocator.report.words.labels import Names, goal_unit
from allocator.report.words.numbers import Shape, written
from allocator.report.words.rows import rows_of
from allocator.report.words.years import (
    GoalLine,
    agreements,
    goal_label,
    goal_lines,
    levels_by_year,
    money_over_years,
    names_of_all,
    span,
    term_years,
    weakest_lines,
)
from allocator.tables.result import Result
from allocator.words.texts import current_language, say

MOST_LINES = 40
"""Most towns in the chart of levels over the years; of more, those lowest in the last year."""

MOST_GOALS = 12
MOST_PAIRS = 60
LABEL_PIXELS = 15.0
PANEL_PIXELS = 210
ROW_PIXELS = 26
TOWN_SCALE = ("#0b3c6f", "#1f77b4", "#62a8d8", "#8a8f98", "#c9a227", "#a8590a")
"""Colours of towns from the lowest to the highest before the plan."""


def levels_over_years(result: Result) -> Figure:
    """Level of every town before the plan and after each year, and the mean [level points]."""
    if not len(result.tables["towns"]):
        return nothing_to_draw("report.figure.levels_over_years", "report.figure.no_levels")
    names, years = names_of_all(result), list(result.scenario.years)
    table = levels_by_year(result)
    shown = table.head(MOST_LINES)
    title = say("report.figure.levels_over_years", {"year": span(result)})
    if len(table) > MOST_LINES:
        title += say("report.figure.only", {"shown": MOST_LINES, "all": len(table)})
    drawn = Figure(layout=base_layout(title))
    x, ticks = [years[0] - 1, *years], [say("report.figure.before"), *map(str, years)]
    order = shown["before"].rank(method="first").to_numpy(dtype=float)
    place = (order - 1) / max(len(shown) - 1, 1)
    colours = sample_colorscale(list(TOWN_SCALE), place.tolist())
    for (town, values), colour in zip(shown.iterrows(), colours, strict=True):
        drawn.add_trace(_town_line(x, values.tolist(), escape(names.of("town", str(town))), colour))
    drawn.add_trace(_mean_line(result, x, len(years)))
    height = max(380, 110 + int(LABEL_PIXELS * 1.35 * len(shown)))
    every = shown.to_numpy(dtype=float)
    low, high = math.floor(np.nanmin(every) / 10) * 10 - 2.0, math.ceil(np.nanmax(every) / 10) * 10 + 2.0
    ends = [float(end) for end in shown[str(years[-1])]]
    labels = [escape(names.short.get(str(town), str(town))) for town in shown.index]
    texts = [f"{label} {written(end, 'points')}" for label, end in zip(labels, ends, strict=True)]
    _end_labels(drawn, years[-1], (ends, texts, colours), (low, high, (high - low) / (height - 116)))
    drawn.update_xaxes(tickvals=x, ticktext=ticks, range=[x[0] - 0.15, x[-1] + 0.1], gridcolor=GRID, zeroline=False)
    drawn.update_yaxes(
        title={"text": say("report.figure.level_axis")}, range=[low, high], gridcolor=GRID, zeroline=False
    )
    drawn.update_layout(height=height, margin={"l": 55, "r": 130, "t": 60, "b": 40}, showlegend=False)
    return drawn


def _town_line(x: list[int], values: list[float], name: str, colour: str) -> Scatter:
    return Scatter(
        x=x,
        y=values,
        mode="lines+markers",
        name=name,
        line={"color": colour, "width": 2},
        marker={"size": 6, "color": colour},
        hovertemplate="%{fullData.name}<br>%{x}: %{y:.2f}<extra></extra>",
    )


def _mean_line(result: Result, x: list[int], count: int) -> Scatter:
    """The mean weighted by residents, before the plan and after each year."""
    balance = result.tables["balance"]
    mean = balance[balance["measure"] == "mean"].sort_values("year")
    values = [*mean["before"].head(1).tolist(), *mean["after"].tolist()] if len(mean) == count else []
    line = {"color": INK, "width": 3, "dash": "dot"}
    hint = "%{fullData.name}<br>%{x}: %{y:.2f}<extra></extra>"
    return Scatter(x=x[: len(values)], y=values, mode="lines", name=say("measures.mean"), line=line, hovertemplate=hint)


def _end_labels(
    drawn: Figure, year: int, given: tuple[list[float], list[str], list[str]], scale: tuple[float, float, float]
) -> None:
    """Names at the ends of the lines, kept apart; ``scale`` is the lowest and highest level and levels a pixel."""
    ends, texts, colours = given
    per_pixel = scale[2]
    for end, place, text, colour in zip(ends, apart(ends, scale), texts, colours, strict=True):
        drawn.add_annotation(
            x=year,
            y=end,
            ax=24,
            ay=-(place - end) / per_pixel,
            text=text,
            xanchor="left",
            showarrow=True,
            arrowhead=0,
            arrowwidth=0.8,
            arrowcolor=colour,
            font={"size": 11, "color": INK},
            standoff=4,
        )


def apart(ends: Sequence[float], scale: tuple[float, float, float]) -> list[float]:
    """Places for labels of rising values: at least a line of text apart, near the values, inside the chart."""
    low, high, per_pixel = scale
    step, places = LABEL_PIXELS * per_pixel, list[float]()
    for end in ends:
        places.append(max(end, places[-1] + step) if places else end)
    down = float(np.mean(np.array(places) - np.array(ends)))
    down = max(places[-1] - (high - step / 2), min(down, places[0] - (low + step / 2)))
    return [place - down for place in places]


def money_by_year(result: Result) -> Figure:
    """Money spent by year and source, and what goes on to the next year [10,000 or 1,000 yuan by language]."""
    table = money_over_years(result)
    if not len(table) or not len(result.tables["funding"]):
        return nothing_to_draw("report.figure.money_over_years", "report.figure.no_funding")
    names, scale = names_of_all(result), MONEY_UNIT[current_language()]
    drawn = Figure(layout=base_layout(say("report.figure.money_over_years", {"year": span(result)})))
    years = [str(year) for year in result.scenario.years]
    by_source = table.pivot_table(index="year", columns="source", values="spent", sort=False).fillna(0.0)
    for at, source in enumerate(by_source.columns):
        colour = PALETTE[at % len(PALETTE)]
        drawn.add_trace(_year_bar(years, by_source[source] / scale, escape(names.of("source", source)), colour))
    whole = table.groupby("year")[["spent", "carried_out", "lost"]].sum() / scale
    for column, colour, shape in (("carried_out", "#8a8f98", "/"), ("lost", "#b3261e", "x")):
        if (whole[column] > 0.5e-6).any():
            name = say(f"report.figure.{column}")
            drawn.add_trace(_year_bar(years, whole[column], name, colour, shape))
    heads = {plan.year: float(plan.population.sum()) for plan in result.scenario.plan_years}
    tops = whole.sum(axis=1)
    texts = [
        say(
            "report.figure.per_head",
            {"total": f"{spent:,.1f}", "per_head": written(spent * scale / heads[year], "yuan")},
        )
        for year, spent in zip(heads, whole["spent"].tolist(), strict=True)
    ]
    drawn.add_trace(_over_bars(years, tops.tolist(), texts))
    drawn.update_layout(barmode="stack", bargap=0.45, height=430)
    drawn.update_layout(legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "traceorder": "normal"})
    title = {"text": say("report.figure.money_axis")}
    drawn.update_yaxes(title=title, gridcolor=GRID, zeroline=False, range=[0, float(tops.max()) * 1.12])
    drawn.update_xaxes(type="category")
    drawn.update_layout(margin={"l": 60})
    return drawn


def _year_bar(years: list[str], amounts: pd.Series[float], name: str, colour: str, shape: str = "") -> Bar:
    marker: dict[str, Any] = {"color": colour, "line": {"width": 0}}
    if shape:
        pattern = {"shape": shape, "fgcolor": colour, "bgcolor": "white", "size": 6, "solidity": 0.35}
        marker |= {"pattern": pattern, "line": {"width": 1, "color": colour}}
    hint = "%{x}<br>%{fullData.name}: %{y:,.2f} " + say("report.figure.money_unit") + "<extra></extra>"
    return Bar(x=years, y=amounts.round(4).tolist(), name=name, marker=marker, hovertemplate=hint)


def _over_bars(years: list[str], tops: list[float], texts: list[str]) -> Scatter:
    return Scatter(
        x=years,
        y=tops,
        mode="text",
        text=texts,
        textposition="top center",
        textfont={"size": 11, "color": INK},
        hoverinfo="skip",
        showlegend=False,
        cliponaxis=False,
    )


def pair_timeline(result: Result) -> Figure:
    """Mentoring agreements as bars over the years: first term, renewal, and what lies outside the plan paler."""
    table = agreements(result.tables["pairs"])
    if not len(table):
        return nothing_to_draw("report.figure.pair_timeline", "report.figure.no_pairs")
    shown = table.head(MOST_PAIRS)
    names, years = names_of_all(result), result.scenario.years
    drawn = Figure(layout=base_layout(say("report.figure.pair_timeline", {"year": span(result)})))
    labels = [_pair_label(names, row) for row in rows_of(shown)]
    for kind, colour in (("first_term", AFTER), ("renewal", ARROW)):
        for inside in (True, False):
            parts = [
                (label, *part)
                for label, row in zip(labels, rows_of(shown), strict=True)
                for part in _parts(row, kind, inside, (years[0], years[-1]))
            ]
            if parts:
                drawn.add_trace(_gantt_bar(parts, kind, colour, inside))
    first, last = int(shown["start_year"].min()), int(shown["end_year"].max())
    ticks = list(range(min(first, years[0]), max(last, years[-1]) + 1))
    drawn.update_xaxes(
        tickvals=ticks,
        ticktext=[str(tick) for tick in ticks],
        range=[ticks[0] - 0.55, ticks[-1] + 0.55],
        showgrid=False,
    )
    for edge in (years[0] - 0.5, years[-1] + 0.5):
        drawn.add_vline(x=edge, line={"color": BEFORE, "width": 1, "dash": "dot"})
    order = {"categoryorder": "array", "categoryarray": labels[::-1]}
    drawn.update_yaxes(type="category", automargin=True, ticksuffix=" ", gridcolor="#eef1f4", showgrid=True, **order)
    drawn.update_layout(barmode="overlay", bargap=0.35, height=150 + ROW_PIXELS * len(shown))
    drawn.update_layout(legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "traceorder": "normal"})
    return drawn


def _pair_label(names: Names, row: Any) -> str:
    """Mentor and mentee; the start tells agreements of the same two towns apart."""
    return escape(f"{names.of('town', row.mentor)} → {names.of('town', row.mentee)} · {row.start_year}")


def _parts(row: Any, kind: str, inside: bool, plan: tuple[int, int]) -> list[tuple[int, int]]:
    """First and last years of an agreement's parts of a kind, inside or outside the plan."""
    split = row.start_year + term_years(row)
    first, last = (row.start_year, split - 1) if kind == "first_term" else (split, row.end_year)
    if inside:
        parts = [(max(first, plan[0]), min(last, plan[1]))]
    else:
        parts = [(first, min(last, plan[0] - 1)), (max(first, plan[1] + 1), last)]
    return [(start, end) for start, end in parts if start <= end]


def _gantt_bar(parts: Sequence[tuple[str, int, int]], kind: str, colour: str, inside: bool) -> Bar:
    key = f"report.figure.{kind}" if inside else f"report.figure.{kind}_outside"
    return Bar(
        y=[label for label, _, _ in parts],
        base=[start - 0.46 for _, start, _ in parts],
        x=[end - start + 0.92 for _, start, end in parts],
        orientation="h",
        name=say(key),
        marker={"color": colour, "opacity": 1.0 if inside else 0.3, "line": {"width": 0}},
        customdata=[f"{start}–{end}" if end > start else str(start) for _, start, end in parts],
        hovertemplate="%{y}<br>%{fullData.name}: %{customdata}<extra></extra>",
    )


def goals_over_years(result: Result) -> Figure:
    """One panel a goal: what is reached (solid) against the path that is asked for (open marks)."""
    lines = weakest_lines(goal_lines(result))[:MOST_GOALS]
    if not lines:
        return nothing_to_draw("report.figure.goals", "report.figure.no_goals")
    names = names_of_all(result)
    wide = min(3, len(lines))
    high = math.ceil(len(lines) / wide)
    titles = [escape(goal_label(names, line, places > 1)) for line, _, places in lines]
    drawn = make_subplots(high, wide, subplot_titles=titles, horizontal_spacing=0.09, vertical_spacing=0.28 / high)
    drawn.update_layout(base_layout(say("report.figure.goals", {"year": span(result)})))
    for at, (line, _, _) in enumerate(lines):
        row, column = at // wide + 1, at % wide + 1
        how, unit = goal_unit(result.scenario.first, line.goal)
        for trace in _goal_traces(line, how, at == 0):
            drawn.add_trace(trace, row, column)
        ticks = [*line.years.index[:1] - 1, *line.years.index]
        texts = [say("report.figure.before_short"), *(str(year) for year in line.years.index)]
        drawn.update_xaxes(tickvals=ticks, ticktext=texts, gridcolor=GRID, zeroline=False, row=row, col=column)
        style = {"tickformat": ".0%"} if how == "share" else {"ticksuffix": "", "title": {"text": unit}}
        drawn.update_yaxes(rangemode="tozero", gridcolor=GRID, zeroline=False, row=row, col=column, **style)
    drawn.update_annotations(font={"size": 12, "color": INK})
    height = 150 + PANEL_PIXELS * high
    drawn.update_layout(height=height, margin={"l": 60, "r": 20, "t": 80, "b": 70}, showlegend=True)
    below = {"y": -36 / (height - 150), "yanchor": "top"}
    drawn.update_layout(legend={"orientation": "h", "traceorder": "normal", **below})
    return drawn


def _goal_traces(line: GoalLine, how: Shape, in_legend: bool) -> list[Scatter]:
    """Asked for and reached; marks of years that fall short are red."""
    years = [int(year) for year in line.years.index]
    asked = line.years["target"]
    known = asked.notna().to_numpy()
    start = [(years[0] - 1, line.base)] if np.isfinite(line.base) and known[0] else []
    path = [*start, *((year, float(value)) for year, value in zip(years, asked, strict=True) if not np.isnan(value))]
    reached = [(years[0] - 1, line.base)] if np.isfinite(line.base) else []
    reached += [(year, float(value)) for year, value in zip(years, line.years["reached"], strict=True)]
    colours = [AFTER] * (len(reached) - len(years)) + ["#b3261e" if bad else AFTER for bad in line.years["missed"]]
    dash = {"color": BEFORE, "width": 2, "dash": "dash"}
    marks = {"symbol": "diamond-open", "size": 9, "color": BEFORE, "line": {"width": 2, "color": BEFORE}}
    texts = [[written(value, how) for _, value in points] for points in (path, reached)]
    common: dict[str, Any] = {"mode": "lines+markers", "showlegend": in_legend}
    hint = "%{fullData.name}<br>%{x}: %{text}<extra></extra>"
    return [
        Scatter(
            x=[x for x, _ in path],
            y=[y for _, y in path],
            text=texts[0],
            name=say("report.figure.asked"),
            line=dash,
            marker=marks,
            hovertemplate=hint,
            **common,
        ),
        Scatter(
            x=[x for x, _ in reached],
            y=[y for _, y in reached],
            text=texts[1],
            name=say("report.figure.reached"),
            line={"color": AFTER, "width": 2.5},
            marker={"size": 8, "color": colours},
            hovertemplate=hint,
            **common,
        ),
    ]


CHARTS: Mapping[str, Callable[[Result], Figure]] = {
    "levels_over_years": levels_over_years,
    "money_over_years": money_by_year,
    "pair_timeline": pair_timeline,
    "goals": goals_over_years,
}
"""Charts over years, by the names they are asked for."""
