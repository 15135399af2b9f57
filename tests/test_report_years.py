"""What a plan of several years shows: every year, what runs over the years, and sums that equal the tables."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook
from rich.cells import cell_len
from rich.console import Console

from allocator.report.figures.figures import figure
from allocator.report.figures.figures_years import apart
from allocator.report.figures.style import MONEY_UNIT
from allocator.report.page.font import unknown_characters
from allocator.report.page.page import write_page
from allocator.report.terminal.terminal import summary
from allocator.report.words.facts import key_figures, remarks
from allocator.report.words.labels import names_of, step_name
from allocator.report.words.years import (
    agreements,
    end_view,
    goal_lines,
    is_changed,
    money_over_years,
    unchanged_stages,
    weakest_lines,
    year_views,
    years_table,
)
from allocator.report.workbook.workbook import HEADER_ROW, write_workbook
from allocator.tables.result import Result
from allocator.words.texts import LANGUAGES, Language, catalogue, use_language
from years_plan import MONEY, YEARS, years_result

BEFORE = {"east": 19.0, "middle": 43.0, "west": 57.0}
"""Levels before the plan: 70 x participation / 0.4 + 20 x stations / 0.2 + 10 x volunteers / 2, base values of the
tables and one volunteer for 1,000 residents; e.g. 14 + 0 + 5."""

pytestmark = pytest.mark.xdist_group("years")


@pytest.fixture(scope="module")
def result() -> Result:
    return years_result()


@pytest.fixture
def english() -> Iterator[None]:
    use_language("en")
    yield
    use_language(None)


def with_table(result: Result, name: str, table: pd.DataFrame) -> Result:
    return Result(result.scenario, {**result.tables, name: table}, result.run)


# -- views and sums ------------------------------------------------------------------------------------


def test_a_year_view_starts_where_the_year_before_ended(result: Result) -> None:
    views = year_views(result)
    assert [view.scenario.years for view in views] == [(year,) for year in YEARS]
    for view, year in zip(views, YEARS, strict=True):
        assert set(view.tables["towns"]["year"]) == {year}
    carried = result.carry_over.set_index(["year", "source"])["carried_out_yuan"]
    funding: Any = views[1].scenario.first.sections["funding"]
    assert {s.id: s.carried_in for s in funding.sources} == pytest.approx(carried[2016].to_dict())
    reached = views[0].attainment.set_index(["town", "indicator"])["value"]
    base = views[1].scenario.first.base
    assert base.loc["east", "participation"] == pytest.approx(0.5 * reached["east", "participation"])


def test_the_end_is_compared_with_the_state_before_the_plan(result: Result) -> None:
    end = end_view(year_views(result))
    towns = end.tables["towns"].set_index("town")
    assert towns["level_before"].to_dict() == pytest.approx(BEFORE)
    last = result.towns[result.towns["year"] == 2018].set_index("town")["level_after"]
    assert towns["level_after"].to_dict() == pytest.approx(last.to_dict())
    mean = end.tables["balance"].set_index("measure").loc["mean"]
    assert mean["before"] == pytest.approx((19 + 2 * 43 + 57) / 4)
    assert mean["after"] == pytest.approx((last["east"] + 2 * last["middle"] + last["west"]) / 4, abs=1e-5)


def test_a_line_a_year_adds_up(result: Result) -> None:
    table = years_table(result).set_index("year")
    money = result.funding.groupby("year")["amount_yuan"].sum()
    assert table["spent"].to_dict() == pytest.approx(money.to_dict())
    assert table["per_head"].to_dict() == pytest.approx((money / 40_000).to_dict())
    for year in YEARS:
        levels = result.towns[result.towns["year"] == year].set_index("town")["level_after"]
        assert table.loc[year, "town"] == levels.idxmin() and table.loc[year, "level"] == levels.min()
    assert table["pairs"].to_dict() == result.pairs.groupby("year").size().to_dict()
    assert table["hard"].tolist() == [1, 1, 1] and table["soft"].tolist() == [0, 0, 4]


def test_money_of_a_year_is_spent_carried_or_lost(result: Result) -> None:
    table = money_over_years(result)
    at_hand = table["carried_in"] + table["amount"]
    assert (table["spent"] + table["carried_out"] + table["lost"]).tolist() == pytest.approx(at_hand.tolist(), abs=1e-4)
    given = table.groupby("year")["amount"].sum().to_dict()
    assert given == {year: float(sum(amounts)) for year, amounts in MONEY.items()}
    lost = money_over_years(with_table(result, "carry_over", result.carry_over.iloc[:0]))
    assert not lost["carried_out"].any()
    assert (lost["spent"] + lost["lost"]).min() >= 20_000


def test_a_renewed_agreement_is_one_line() -> None:
    rows = [
        (2016, "a", "b", 2016, 2017, 0, 10.0, 8.0, 1.0),
        (2017, "a", "b", 2016, 2017, 0, 10.0, 8.0, 0.7),
        (2018, "a", "b", 2016, 2019, 1, 10.0, 8.0, 0.5),
        (2018, "a", "c", 2018, 2019, 0, 20.0, 9.0, 0.4),
    ]
    columns = ["year", "mentor", "mentee", "start_year", "end_year", "renewals", "minutes", "level_gap", "uplift"]
    made = agreements(pd.DataFrame(rows, columns=columns))
    assert made[["mentee", "start_year", "end_year", "renewals"]].values.tolist() == [
        ["b", 2016, 2019, 1],
        ["c", 2018, 2019, 0],
    ]


def test_goals_keep_their_base_and_name_the_town_furthest_behind(result: Result) -> None:
    lines = {(line.goal, line.town): line for line in goal_lines(result)}
    participation = lines["participation_22", ""]
    assert participation.base == pytest.approx((0.08 + 2 * 0.16 + 0.24) / 4)
    asked = [0.16 + (0.22 - 0.16) * step / 3 for step in (1, 2, 3)]
    assert participation.years["target"].tolist() == pytest.approx(asked, abs=1e-6)
    assert lines["eight_yuan", ""].base == pytest.approx(150_000 / 40_000)
    weakest = {line.goal: (line, missed, places) for line, missed, places in weakest_lines(list(lines.values()))}
    line, missed, places = weakest["stations_20"]
    last = result.goals[(result.goals["year"] == 2018) & (result.goals["goal"] == "stations_20")].set_index("town")
    assert places == 3 and missed == int((last["shortfall"] > 1e-6).sum())
    assert line.town == last["shortfall"].idxmax()


# -- stages that changed nothing -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "before", "value", "changed"),
    [
        ("worst_1", 50.0, 50.0001, False),
        ("worst_1", 50.0, 50.0003, True),
        ("mean_worst_2", 50.0, 50.0009, False),
        ("mean_worst_2", 50.0, 50.002, True),
        ("shortfall", 0.5, 0.50001, False),
        ("shortfall", 0.5, 0.49997, True),
    ],
)
def test_a_step_changed_something_beyond_its_grid(step: str, before: float, value: float, changed: bool) -> None:
    assert is_changed(step, before, value) == changed


def test_stages_that_changed_nothing_are_named(result: Result, tmp_path: Path) -> None:
    stages = result.stages.assign(before=result.stages["value"])
    stages.loc[stages["stage"] == "balance", "before"] -= 1.0
    stages.loc[stages["stage"] == "basics", "before"] = np.nan
    assert unchanged_stages(stages) == ["aspirations", "total", "stability", "tie_break"]
    text = write_page(with_table(result, "stages", stages), tmp_path / "page.html", "en").read_text(encoding="utf-8")
    assert "These stages changed nothing (their numbers moved by no more than a grid point): Aspirations;" in text
    assert "changed nothing</td>" in text and "changed it</td>" in text


def test_steps_over_years_have_names(english: None) -> None:
    assert step_name("mean_worst_1") == "mean over the years of the worst-off town"
    assert step_name("mean_worst_3") == "sum of the 3 lowest means over the years"
    assert step_name("change_again") == f"{step_name('change')} (kept once more)"


# -- terminal ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_summary_has_a_line_a_year_and_fits(result: Result, language: Language) -> None:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(summary(result, language, Path("results/years")))
    lines = console.export_text().splitlines()
    assert len(lines) <= 40 and max(cell_len(line) for line in lines) <= 80
    for row in years_table(result).to_dict("records"):
        line = next(line for line in lines if line.startswith(f"{row['year']} "))
        for shown in (f"{row['level']:.2f}", f"{row['mean']:.2f}", f"{row['cv']:.4f}", f"{row['spent']:,.0f}"):
            assert shown in line
        assert f"{row['hard_missed']} / {row['hard']}" in line
    carried = result.carry_over.groupby("year")["carried_out_yuan"].sum()
    text = "\n".join(lines)
    for year, amount in carried[carried >= 1].items():
        assert f"{year}" in text and f"{amount:,.0f}" in text
    renewed = next(line for line in lines if "2016–2019" in line)
    assert [renewed.count(mark) for mark in "■□·"] == [2, 1, 1]
    assert {"zh": "✓ 经常性参与率（硬性）", "en": "✓ Regular participation (hard)"}[language] in text
    missed = {"zh": "✗ 人均社区教育资金（争取）：缺口 1.50", "en": "✗ Money per head (soft): missing 1.50"}
    assert missed[language] in text


# -- figures -------------------------------------------------------------------------------------------


def test_levels_run_from_before_the_plan_to_the_last_year(result: Result) -> None:
    drawn = figure(result, "levels_over_years")
    east = next(trace for trace in drawn.data if trace.y[0] == pytest.approx(BEFORE["east"]))
    expected = result.towns[result.towns["town"] == "east"].sort_values("year")["level_after"].tolist()
    assert list(east.x) == [2015, *YEARS] and list(east.y) == pytest.approx([BEFORE["east"], *expected])
    assert "2016–2018" in drawn.layout.title.text
    assert len(drawn.data) == 4 and len(drawn.layout.annotations) == 3


def test_bars_of_a_year_reach_the_money_at_hand(result: Result, english: None) -> None:
    bars = [trace for trace in figure(result, "money_over_years").data if trace.type == "bar"]
    heights = np.sum([trace.y for trace in bars], axis=0) * MONEY_UNIT["en"]
    carry = result.carry_over.groupby("year")[["carried_in_yuan", "amount_yuan"]].sum().sum(axis=1)
    assert heights == pytest.approx(carry.to_numpy(), abs=1.0)


def test_the_timeline_covers_every_year_of_every_agreement(result: Result) -> None:
    drawn = figure(result, "pair_timeline")
    years: dict[str, float] = {}
    for trace in drawn.data:
        for label, length in zip(trace.y, trace.x, strict=True):
            years[label] = years.get(label, 0.0) + round(length + 0.08)
    assert sorted(years.values()) == [4, 4]
    renewed = [trace for trace in drawn.data if any(span == "2018" for span in trace.customdata)]
    assert len(renewed) == 1 and renewed[0].marker.opacity == 1.0


def test_a_panel_a_goal_with_missed_years_in_red(result: Result) -> None:
    drawn = figure(result, "goals")
    assert len(drawn.data) == 2 * 3
    goals = result.goals[result.goals["goal"] == "participation_22"].sort_values("year")
    reached = next(t for t in drawn.data if len(t.y) == 4 and t.y[1:] == pytest.approx(goals["reached"].tolist()))
    red = [colour == "#b3261e" for colour in reached.marker.color]
    assert red == [False, *(goals["shortfall"] > 1e-6)]


def test_figures_of_one_year_show_the_last_year(result: Result) -> None:
    drawn = figure(result, "levels")
    after = next(trace for trace in drawn.data if trace.mode == "markers+text" and trace.marker.symbol == "circle")
    last = result.towns[result.towns["year"] == 2018]["level_after"]
    assert sorted(after.x) == pytest.approx(sorted(last)) and "2018" in drawn.layout.title.text
    assert len(figure(result, "pairs").data[0].x) == 3


# -- page ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pages(result: Result, tmp_path_factory: pytest.TempPathFactory) -> dict[Language, str]:
    folder = tmp_path_factory.mktemp("years")
    return {each: write_page(result, folder / f"{each}.html", each).read_text(encoding="utf-8") for each in LANGUAGES}


def body(text: str) -> str:
    visible = re.sub(r"<(script|style)\b.*?</\1>", " ", text, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", visible))


def test_every_year_opens_without_a_script(pages: dict[Language, str]) -> None:
    for text in pages.values():
        assert re.findall(r'<details class="year" id="year-(\d+)"( open)?>', text) == [
            ("2016", ""),
            ("2017", ""),
            ("2018", " open"),
        ]
        ids = re.findall(r'\bid="([^"]+)"', text)
        assert len(ids) == len(set(ids))
        for target in re.findall(r'href="#([^"]+)"', text):
            assert target in ids


def test_the_page_shows_the_numbers_of_every_year(pages: dict[Language, str], result: Result) -> None:
    shown = body(pages["zh"])
    for amount in result.funding_by_town["amount_yuan"]:
        assert f"{amount:,.2f}" in shown
    for level in result.towns["level_after"]:
        assert f"{level:.2f}" in shown
    for column in ("carried_in_yuan", "spent_yuan", "carried_out_yuan"):
        for amount in result.carry_over[column]:
            assert f"{amount:,.2f}" in shown
    assert "三镇三年示例 · 2016–2018年资源配置方案" in shown
    assert "多年目标进度表" in shown and "志愿者与队伍计划表" in shown and "2016–2019" in shown
    assert unknown_characters(shown) == ""


def test_the_page_says_everything_in_its_language(pages: dict[Language, str]) -> None:
    for language, text in pages.items():
        words = set(body(text).split())
        assert not words & {key for key in catalogue() if key.startswith(("report.", "terms.", "headings."))}
        assert not words & {"mean_worst_1", "final_mean", "volunteer_training"}, language


def test_missed_hard_goals_are_told_by_year(result: Result, english: None) -> None:
    goals = result.goals.copy()
    goals.loc[goals["goal"] == "participation_22", "shortfall"] = [0.0, 0.1, 0.2]
    told = next(remark.text for remark in remarks(with_table(result, "goals", goals)) if remark.tone == "bad")
    assert told == "2 of 3 hard goals of the years are missed: 2017 (1); 2018 (1)"


def test_key_figures_are_of_the_whole_plan(result: Result, english: None) -> None:
    figures = {each.label: each for each in key_figures(result, names_of(result.scenario.first))}
    worst = result.towns[result.towns["year"] == 2018]["level_after"].min()
    assert figures["Worst-off town's level (points)"].value == f"{worst:.2f}"
    assert "before: 19.00 (East)" in figures["Worst-off town's level (points)"].detail
    assert figures["Money allocated (yuan)"].value == f"{result.funding['amount_yuan'].sum():,.0f}"
    assert figures["Mentoring agreements"].value == "2"


# -- workbook ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def book(result: Result, tmp_path_factory: pytest.TempPathFactory) -> CalamineWorkbook:
    file = write_workbook(result, tmp_path_factory.mktemp("book") / "years.xlsx", "zh")
    return CalamineWorkbook.from_path(str(file))


def sheet_rows(book: CalamineWorkbook, name: str) -> list[list[Any]]:
    rows: list[list[Any]] = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    return rows[HEADER_ROW:]


def test_official_sheets_come_first(book: CalamineWorkbook) -> None:
    assert book.sheet_names[:5] == ["说明", "逐年概览", "多年目标进度", "结对帮扶协议", "均衡度监测"]
    assert {"结转结余", "志愿者队伍计划", "镇街经费"} <= set(book.sheet_names)


@pytest.mark.parametrize(("sheet", "table"), [("镇街经费", "funding_by_town"), ("经费明细", "funding")])
def test_money_of_each_year_ends_with_its_sum(book: CalamineWorkbook, result: Result, sheet: str, table: str) -> None:
    head, *rows = sheet_rows(book, sheet)
    amount = head.index("本年安排（元）")
    for year in YEARS:
        mine = [row for row in rows if row[0] == year]
        *own, total = mine
        assert total[1] == "合计" and [row for row in own if row[1] == "合计"] == []
        assert len(own) == int((result.tables[table]["year"] == year).sum())
        assert total[amount] == pytest.approx(sum(row[amount] for row in own), abs=1e-5)
    assert rows[-1][0] == "各年合计"
    assert rows[-1][amount] == pytest.approx(result.tables[table]["amount_yuan"].sum(), abs=1e-5)


def test_carried_money_has_its_rate(book: CalamineWorkbook, result: Result) -> None:
    head, *rows = sheet_rows(book, "结转结余")
    total = next(row for row in rows if row[0] == 2016 and row[1] == "合计")
    own = result.carry_over[result.carry_over["year"] == 2016]
    assert total[head.index("结转下年（元）")] == pytest.approx(own["carried_out_yuan"].sum())
    rate = own["spent_yuan"].sum() / (own["carried_in_yuan"] + own["amount_yuan"]).sum()
    assert total[head.index("执行率（%）")] == pytest.approx(rate)
    assert rate >= 0.85 - 1e-6


def test_goals_stand_by_year_with_base_gap_and_sentence(book: CalamineWorkbook, result: Result) -> None:
    head, *rows = sheet_rows(book, "多年目标进度")
    row = next(row for row in rows if row[0] == "经常性参与率")
    goals = result.goals[result.goals["goal"] == "participation_22"].set_index("year")
    assert row[head.index("基期（2015年）")] == pytest.approx(0.16)
    for year in YEARS:
        assert row[head.index(f"{year}年要求")] == pytest.approx(goals.loc[year, "target"])
        assert row[head.index(f"{year}年达到")] == pytest.approx(goals.loc[year, "reached"])
    assert row[head.index("2018年缺口")] == pytest.approx(goals.loc[2018, "shortfall"])
    assert row[-1] == "A50" and row[-2].startswith("到2018年")
    assert len(rows) == 5


def test_agreements_say_from_when_to_when_and_whether_renewed(book: CalamineWorkbook) -> None:
    head, *rows = sheet_rows(book, "结对帮扶协议")
    at = [head.index(name) for name in ("帮扶镇街", "被帮扶镇街", "起始年份", "终止年份", "是否续签")]
    assert [[row[n] for n in at] for row in rows] == [
        ["中镇", "东镇", 2013, 2016, "是"],
        ["西镇", "东镇", 2016, 2019, "是"],
    ]
    uplift = [rows[1][head.index(f"{year}年带动（分）")] for year in YEARS]
    assert uplift == pytest.approx([3.5, 3.5 * 0.75, 3.5 * 0.75**2])


def test_volunteers_of_each_town_and_year_are_retained_or_trained(book: CalamineWorkbook, result: Result) -> None:
    head, *rows = sheet_rows(book, "志愿者队伍计划")
    retained, trained, heads = (head.index(f"{name}（人）") for name in ("留任", "招募培训", "年末人数"))
    assert len(rows) == 3 * (3 + 1)
    for row in rows:
        assert row[heads] == pytest.approx(row[retained] + row[trained], abs=1e-5)
    sums = [row[trained] for row in rows if row[1] == "合计"]
    assert sums == pytest.approx(result.volunteer_stock.groupby("year")["trained"].sum().tolist())
    assert sums[0] == pytest.approx(15, abs=1e-4)


def test_labels_at_the_ends_keep_apart_and_inside() -> None:
    crowded = apart([90.0, 90.1, 90.2, 99.9], (0.0, 100.0, 0.2))
    assert all(b - a >= 3.0 - 1e-9 for a, b in itertools.pairwise(crowded))
    assert crowded[-1] <= 98.5 + 1e-9
    assert apart([10.0, 50.0], (0.0, 100.0, 0.2)) == [10.0, 50.0]
    low = apart([0.0, 0.0, 0.0], (0.0, 100.0, 0.2))
    assert low == pytest.approx([1.5, 4.5, 7.5])
