"""The pairs of a year as a network: mentors on the left, mentees on the right, a line for each pair."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from plotly.graph_objects import Figure, Scatter

from allocator.report.figures.style import AFTER, ARROW, BEFORE, INK, base_layout, nothing_to_draw
from allocator.report.words.labels import Names, names_of
from allocator.report.words.numbers import written
from allocator.report.words.rows import rows_of
from allocator.tables.result import Result
from allocator.words.texts import say

Sides = tuple[dict[str, float], dict[str, float]]
"""Heights of mentors, and of mentees."""

KEPT, NEW = {"color": AFTER, "width": 3}, {"color": ARROW, "width": 3, "dash": "dash"}
"""Lines of pairs that ran the year before, and of those that begin."""

ROW_PIXELS = 34
LEFT, RIGHT = 0.0, 1.0
MOST_TOWNS = 60
"""Most mentors or mentees that are drawn; of more, those first by id."""


def pair_network(result: Result) -> Figure:
    """Who mentors whom, for how long, and whether it did the year before; mentees without a mentor stay grey."""
    plan, pairs = result.scenario.first, result.tables["pairs"]
    mentors, mentees = (result.tables[name] for name in ("mentors", "mentees"))
    if not len(pairs):
        return nothing_to_draw("report.figure.pair_network", "report.figure.no_pairs")
    names = names_of(plan)
    left = _heights(mentors.loc[mentors["pairs"] > 0, "mentor"].tolist()[:MOST_TOWNS])
    right = _heights(mentees["mentee"].tolist()[:MOST_TOWNS])
    drawn = Figure(layout=base_layout(say("report.figure.pair_network", {"year": plan.year})))
    drawn_pairs = [row for row in rows_of(pairs) if row.mentor in left and row.mentee in right]
    for kept, key, line in ((True, "report.pair_kept", KEPT), (False, "report.pair_new", NEW)):
        own = [row for row in drawn_pairs if (row.start_year < plan.year) == kept]
        if own:
            drawn.add_trace(_lines(own, (left, right), say(key), line))
    drawn.add_trace(_hints(drawn_pairs, (left, right), names))
    places = {row.mentor: f"{row.pairs}/{row.capacity}" for row in rows_of(mentors)}
    titles = [f"{escape(names.of('town', town))} {places[town]}" for town in left]
    drawn.add_trace(_towns(left, LEFT, titles, [AFTER] * len(left)))
    paired = dict(zip(mentees["mentee"], mentees["state"] == "paired", strict=True))
    colours = [AFTER if paired[town] else BEFORE for town in right]
    drawn.add_trace(_towns(right, RIGHT, [escape(names.of("town", town)) for town in right], colours))
    hidden = {"showgrid": False, "zeroline": False, "showticklabels": False, "fixedrange": True}
    drawn.update_xaxes(range=[-0.45, 1.45], **hidden)
    drawn.update_yaxes(range=[-0.12, 1.12], **hidden)
    drawn.update_layout(height=130 + ROW_PIXELS * max(len(left), len(right)), margin={"l": 10, "r": 10})
    drawn.update_layout(legend={"orientation": "h", "x": 0.5, "xanchor": "center", "y": 0.0, "yanchor": "top"})
    return drawn


def _heights(towns: list[str]) -> dict[str, float]:
    """Towns from the top down, evenly; a single one in the middle."""
    last = max(len(towns) - 1, 1)
    return {town: 0.5 if len(towns) == 1 else 1.0 - at / last for at, town in enumerate(towns)}


def _lines(own: list[Any], sides: Sides, name: str, line: dict[str, Any]) -> Scatter:
    """Lines of pairs, one after the other with gaps between them."""
    left, right = sides
    x = [each for _ in own for each in (LEFT, RIGHT, None)]
    y = [each for row in own for each in (left[row.mentor], right[row.mentee], None)]
    return Scatter(x=x, y=y, mode="lines", line=line, name=name, hoverinfo="skip")


def pair_hint(pair: Any, names: Names) -> str:
    """What stands behind a pair: travel time, lead of the mentor, uplift of the mentee."""
    values = {
        "mentor": escape(names.of("town", pair.mentor)),
        "mentee": escape(names.of("town", pair.mentee)),
        "minutes": written(pair.minutes, "minutes"),
        "gap": written(pair.level_gap, "points"),
        "uplift": written(pair.uplift, "points"),
    }
    return say("report.figure.pair_hint", values)


def _hints(pairs: list[Any], sides: Sides, names: Names) -> Scatter:
    """The term of each pair on its line close to the mentee, where lines seldom cross, and what stands behind it."""
    left, right = sides
    near = 0.88
    return Scatter(
        x=[LEFT + near * (RIGHT - LEFT)] * len(pairs),
        y=[left[row.mentor] + near * (right[row.mentee] - left[row.mentor]) for row in pairs],
        mode="text",
        text=[f"{row.start_year}–{row.end_year}" for row in pairs],
        textposition="top center",
        textfont={"size": 11, "color": INK},
        hovertext=[pair_hint(pair, names) for pair in pairs],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )


def _towns(heights: dict[str, float], x: float, titles: list[str], colours: list[str]) -> Scatter:
    """Towns of one side with their names outside."""
    return Scatter(
        x=[x] * len(heights),
        y=list(heights.values()),
        mode="markers+text",
        text=titles,
        textposition="middle left" if x == LEFT else "middle right",
        textfont={"size": 12, "color": INK},
        marker={"size": 14, "color": colours},
        hoverinfo="skip",
        showlegend=False,
        cliponaxis=False,
    )


CHARTS: Mapping[str, Callable[[Result], Figure]] = {"pair_network": pair_network}
"""Charts of one year, by the names they are asked for."""
