"""Charts show the numbers of the tables and need nothing but themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from allocator.report.figures.figures import FIGURES, MOST_TOWNS, figure
from allocator.report.figures.maps import level_map, points_of
from allocator.report.figures.placement import PLACES, label_places, text_width
from allocator.report.figures.style import MONEY_UNIT
from allocator.tables.result import Result
from allocator.words.errors import UsageError
from allocator.words.texts import Language, use_language


@pytest.fixture(params=["zh", "en"])
def language(request: pytest.FixtureRequest) -> Iterator[Language]:
    use_language(request.param)
    yield request.param
    use_language(None)


def without(result: Result, *names: str) -> Result:
    """The same result with some tables emptied."""
    return Result(result.scenario, {**result.tables, **{n: result.tables[n].iloc[:0] for n in names}}, result.run)


def has_chinese(text: str) -> bool:
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)


def test_unknown_figure_is_refused(tiny_result: Result) -> None:
    with pytest.raises(UsageError, match="levels"):
        figure(tiny_result, "pie")


@pytest.mark.parametrize("name", [name for name in FIGURES if name != "coverage"])
def test_a_figure_speaks_one_language_and_asks_for_no_tiles(tiny_result: Result, name: str, language: Language) -> None:
    drawn = json.loads(figure(tiny_result, name).to_json())
    title = drawn["layout"]["title"]["text"]
    assert has_chinese(title) == (language == "zh")
    assert "2016" in title
    assert {trace["type"] for trace in drawn["data"]} <= {"scatter", "bar"}
    named = {"zh": ("政府", "经常性参与率", "东镇"), "en": ("Government", "Regular participation", "East")}[language]
    at = {"money_over_years": 0, "goals": 1}.get(name, 2)
    assert named[at] in json.dumps(drawn, ensure_ascii=False)
    assert "mapbox" not in drawn["layout"] and "geo" not in drawn["layout"]


def test_levels_are_those_of_the_table_highest_at_the_bottom(tiny_result: Result, language: Language) -> None:
    drawn = figure(tiny_result, "levels")
    before, after = (trace for trace in drawn.data if trace.mode == "markers+text")
    towns = tiny_result.tables["towns"].sort_values("level_after", ascending=False)
    assert list(after.x) == pytest.approx(towns["level_after"].tolist())
    assert list(before.x) == pytest.approx(towns["level_before"].tolist())
    assert drawn.layout.xaxis.range[0] < min(before.x) and drawn.layout.xaxis.range[1] > max(after.x)


def test_funding_bars_add_up_to_the_money_of_each_town(tiny_result: Result, language: Language) -> None:
    drawn = figure(tiny_result, "funding")
    bars = [trace for trace in drawn.data if trace.type == "bar"]
    stacked = np.sum([trace.x for trace in bars], axis=0)
    amounts = np.sort(tiny_result.tables["funding_by_town"]["amount_yuan"].to_numpy(float))
    assert stacked * MONEY_UNIT[language] == pytest.approx(amounts, abs=2)
    assert drawn.layout.barmode == "stack"


def test_an_arrow_runs_from_every_mentor_to_its_mentee(tiny_result: Result) -> None:
    drawn = figure(tiny_result, "pairs")
    arrows = [each for each in drawn.layout.annotations if each.showarrow]
    pairs = tiny_result.tables["pairs"]
    assert len(arrows) == len(pairs) == 1
    points = points_of(tiny_result.scenario.first)
    at = list(tiny_result.scenario.first.towns.index)
    start, end = at.index(pairs["mentor"][0]), at.index(pairs["mentee"][0])
    assert (arrows[0].ax, arrows[0].ay) == pytest.approx((points.x[start], points.y[start]))
    assert (arrows[0].x, arrows[0].y) == pytest.approx((points.x[end], points.y[end]))


def test_towns_without_coordinates_stand_on_a_circle_and_it_says_so(tiny_result: Result) -> None:
    points = points_of(tiny_result.scenario.first)
    assert points.drawn_on_circle
    assert np.hypot(points.x, points.y) == pytest.approx([10, 10, 10])
    use_language("en")
    try:
        notes = [each.text for each in figure(tiny_result, "pairs").layout.annotations if not each.showarrow]
    finally:
        use_language(None)
    assert notes == ["no coordinates: drawn on a circle"]


@pytest.mark.xdist_group("panyu")
def test_the_map_is_true_to_scale(panyu_result: Result) -> None:
    plan = panyu_result.scenario.first
    points = points_of(plan)
    assert not points.drawn_on_circle
    index = list(plan.towns.index)
    a, b = index.index("luopu"), index.index("shilou")
    kilometres = float(np.hypot(points.x[a] - points.x[b], points.y[a] - points.y[b]))
    lat, lon = np.radians(plan.per_town("lat")), np.radians(plan.per_town("lon"))
    half = np.sin((lat[a] - lat[b]) / 2) ** 2 + np.cos(lat[a]) * np.cos(lat[b]) * np.sin((lon[a] - lon[b]) / 2) ** 2
    assert kilometres == pytest.approx(2 * 6371.0088 * np.arcsin(np.sqrt(half)), rel=1e-3)
    drawn = figure(panyu_result, "pairs")
    assert (drawn.layout.yaxis.scaleanchor, drawn.layout.yaxis.scaleratio) == ("x", 1)
    circles = drawn.data[0]
    assert np.argmax(circles.marker.size) == int(np.argmax(plan.population))


@pytest.mark.xdist_group("panyu")
def test_both_level_maps_share_one_scale_of_colours(panyu_result: Result) -> None:
    markers = [level_map(panyu_result, moment).data[0].marker for moment in ("before", "after")]
    assert (markers[0].cmin, markers[0].cmax) == (markers[1].cmin, markers[1].cmax)
    towns = panyu_result.tables["towns"]
    assert markers[0].cmin <= towns["level_before"].min() and markers[1].cmax >= towns["level_after"].max()


@pytest.mark.parametrize("name", FIGURES)
def test_a_plan_without_the_numbers_gives_an_empty_chart_that_says_why(tiny_result: Result, name: str) -> None:
    drawn = figure(without(tiny_result, "towns", "funding", "funding_by_town", "balance", "pairs", "goals"), name)
    assert not drawn.data
    assert drawn.layout.annotations[0].text


def test_many_towns_are_cut_and_it_says_so(tiny_result: Result) -> None:
    towns = tiny_result.tables["towns"]
    many = pd.concat([towns.assign(town=f"t{n}") for n in range(30)], ignore_index=True)
    result = Result(tiny_result.scenario, {**tiny_result.tables, "towns": many}, tiny_result.run)
    drawn = figure(result, "levels")
    assert str(MOST_TOWNS) in drawn.layout.title.text and "90" in drawn.layout.title.text


def test_names_cannot_carry_markup_into_a_chart(tiny_result: Result) -> None:
    plan = tiny_result.scenario.first
    towns = plan.towns.copy()
    towns["name_zh"] = towns["name_en"] = "<a href='https://example.org'>x</a>"
    changed = type(plan)(**{**plan.__dict__, "towns": towns})
    scenario = type(tiny_result.scenario)("x", (changed,), (), tiny_result.scenario.source)
    result = Result(scenario, tiny_result.tables, tiny_result.run)
    for name in FIGURES:
        assert "<a href" not in json.dumps(json.loads(figure(result, name).to_json()))


def test_labels_keep_off_their_neighbours_and_off_lines() -> None:
    x, y, radius = np.array([0.0, 0.0]), np.array([0.0, 20.0]), np.array([5.0, 5.0])
    below, above = label_places(x, y, radius, ["aa", "bb"])
    assert above == "top center" and below != "top center"
    assert set(PLACES) >= {below, above}
    line = label_places(np.array([0.0, 0.0]), np.array([0.0, 200.0]), radius, ["aa", "bb"], [(0, 1)])
    assert line[0] != "top center"
    assert text_width("镇") > text_width("a")
