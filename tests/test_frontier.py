"""The study of demonstration towns against the worst-off town, on a plan of five towns and by hand on one of three."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console, RenderableType

import allocator
from allocator.cli.run import run
from allocator.report.figures.figures_frontier import frontier_figure, frontier_page
from allocator.report.terminal.terminal_frontier import frontier_lines
from allocator.report.words.labels import speaking
from allocator.scenario.plan_year import Scenario
from allocator.verbs.frontiers import COLUMNS, only_the_number, priced
from allocator.verbs.options import Options
from allocator.words.errors import UsageError
from worlds import LEXIMIN, TOTAL, government, world

TOWNS = {name: {"resident_pop": heads} for name, heads in zip("abcdefghijkl", [500, *[1000] * 11], strict=True)}
BASE = {name: 0.1 + 0.04 * at for at, name in enumerate(TOWNS)}


def printed(made: RenderableType) -> list[str]:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(made)
    return console.export_text().splitlines()


def plan(folder: Path, names: str, money: float, at_least: float, **more: object) -> Scenario:
    """Towns with rising participation; a class of 100 yuan brings 10 persons, a recognition costs 500 yuan."""
    row = {"standard": "model", "criterion": "one", "measure": "participation", "at_least": at_least}
    demonstration = {"standards": [{"id": "model", "unit_cost": 500}], "spending": "activities"}
    given = {
        "towns": {name: TOWNS[name] for name in names},
        "base": {name: BASE[name] for name in names},
        "funding": {"sources": [government(money, pays=["activities", "courses"])]},
        "demonstration": demonstration,
        "tables": {"demonstration_criteria": [{**row, "text_zh": "甲", "text_en": "one"}]},
        "goals": [{"id": "all", "measure": "demonstration_towns", "strength": "hard", "at_least": {"2016": 9}}],
        "publish": {"unit": "元"},
        "stages": [
            {"id": "basics"},
            LEXIMIN,
            {"id": "aspirations"},
            TOTAL,
            {"id": "tie_break", "factors": {"resident_pop": 1}},
        ],
    }
    return world(folder, **given | more)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """Towns a, b and c of the hand-worked cases: 10, 30 and 50 % and 4,000 yuan."""
    return plan(tmp_path_factory.mktemp("three"), "abc", 4000, 0.55, base={"a": 0.1, "b": 0.3, "c": 0.5})


@pytest.fixture(scope="module")
def table(three: Scenario) -> pd.DataFrame:
    return allocator.frontier(three, [2, 0, 1, 3, 4, 2])


def test_by_hand(table: pd.DataFrame) -> None:
    # 0: all at 50. 1: c for 1,000 yuan, a and b share 3,000: 43.33. 2: a as well for 2,750 yuan, b gets 250: 32.5.
    # 3: 6,750 yuan would be needed.
    assert list(table.columns) == list(COLUMNS)
    assert table["towns"].tolist() == [0, 1, 2, 3, 4]
    assert table["status"].tolist() == ["optimal"] * 3 + ["infeasible"] * 2
    assert table["worst_level"].to_numpy() == pytest.approx([50, 43.3333, 32.5, np.nan, np.nan], abs=2e-3, nan_ok=True)
    assert table["price_of_town"].to_numpy()[1:3] == pytest.approx([6.6667, 10.8333], abs=4e-3)
    assert np.isnan(table["price_of_town"].to_numpy()[[0, 3, 4]]).all()
    assert table["worst_town"].tolist()[1:] == ["b", "b", "", ""]
    assert table["cultivation_yuan"].tolist()[:3] == [0, 500, 1000]
    assert table["recognised"].tolist()[:3] == [0, 1, 2]
    assert table["mean_level"][2] == pytest.approx((0.5 * 55 + 32.5 + 55) / 2.5, abs=1e-3)
    assert table["cv"][:3].is_monotonic_increasing
    assert (table["gap"][:3] <= 1e-4).all() and table["proven"].tolist() == [True] * 3 + [False] * 2
    assert table["worst_bound"].to_numpy()[:3] == pytest.approx([50, 43.3333, 32.5], abs=2e-3)
    assert table["price_proven"].tolist() == [False, True, True, False, False]
    assert table["reason"].tolist()[:3] == ["", "", ""]


def test_numbers_without_a_plan_say_why(three: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOCATOR_LANG", "en")
    reasons = allocator.frontier(three, [3, 4])["reason"].tolist()
    assert reasons[0] == "under the rules of the plan at most 2 towns can hold a standard"
    assert "of 3 towns only 3" in reasons[1]
    lock = {"id": "half", "decision": "demonstrated", "where": {"town": "a"}, "at_least": 1, "reason": "x"}
    bound = three.with_({"locks": [lock], "funding.sources.gov.amount": 2700})
    assert "contradict one another" in allocator.frontier(bound, [0])["reason"][0]


def test_four_to_ten_of_twelve_towns(tmp_path: Path) -> None:
    scenario = plan(tmp_path, "abcdefghijkl", 28_000, 0.5, stages=[{"id": "balance", "criterion": "maximin"}, TOTAL])
    table = allocator.frontier(scenario, range(4, 11))
    solved = table[table["status"] == "optimal"]
    assert len(solved) >= 5
    assert solved["worst_level"].is_monotonic_decreasing
    assert (solved["recognised"] >= solved["towns"]).all()
    assert (solved["price_of_town"].dropna() >= -1e-4).all()
    assert set(table["status"]) <= {"optimal", "infeasible"}
    again = allocator.frontier(scenario, [6], Options(solver="cbc"))
    assert again["worst_level"][0] == pytest.approx(table.set_index("towns")["worst_level"][6], abs=2e-3)


def test_a_time_limit_is_said(three: Scenario) -> None:
    table = allocator.frontier(three, [1], Options(time_limit=1e-9))
    assert table["status"][0] in ("optimal", "feasible", "stopped")  # a plan this small may be done before anyone looks
    assert (table["reason"][0] != "") == (table["status"][0] == "stopped")


def test_only_the_number_moves_the_plan(three: Scenario) -> None:
    common = only_the_number(three).first.common
    assert [stage.id for stage in common.stages] == ["basics", "balance", "total"]
    assert [goal.strength for goal in common.goals] == ["measured"]
    assert common.publish.unit is None


def test_a_plan_without_demonstration_towns_is_refused(three: Scenario) -> None:
    with pytest.raises(UsageError):
        allocator.frontier(three.with_({"demonstration": None, "goals": None}), [1])
    with pytest.raises(UsageError):
        allocator.frontier(three, [])


def test_the_picture_shows_levels_prices_and_where_there_is_no_plan(table: pd.DataFrame) -> None:
    drawn = frontier_figure(table)
    mean, worst, bound, none = drawn.data
    assert list(bound.y) == pytest.approx([50, 43.3333, 32.5], abs=2e-3)
    assert list(worst.x) == list(mean.x) == [0, 1, 2]
    first, second, third = worst.text
    assert (first, "6.67" in second, "10.83" in third) == ("", True, True)
    assert list(none.x) == [3, 4]
    assert len(frontier_figure(table.tail(2)).data) == 0


def test_what_is_unproven_is_marked(unproven: pd.DataFrame, three: Scenario) -> None:
    drawn = {trace.name: trace for trace in speaking("en", lambda: frontier_figure(unproven)).data}
    worst, bound = drawn["worst level"], drawn["bound of the worst level (line: gap)"]
    assert list(worst.marker.symbol) == ["circle", "circle-open", "circle"]
    assert list(bound.y) == [50, 50.5, 33] and list(bound.error_y.arrayminus) == [0, 6.5, 0]
    assert list(worst.text) == ["", "(−6.00, unproven)", "−11.00 points"]
    assert "hollow: not proven best" in drawn
    lines = printed(speaking("en", lambda: frontier_lines(unproven, three.last)))
    assert [line.split() for line in lines[1:4]] == [
        ["0", "50.00", "50.00", "a", "60.00", "0.1000", "0", "—"],
        ["1", "44.00", "?", "50.50", "a", "60.00", "0.1000", "0", "−6.00", "?"],
        ["2", "33.00", "33.00", "a", "60.00", "0.1000", "0", "−11.00"],
    ]
    assert lines[-2].startswith("? unproven") and lines[0].split()[-3:] == ["a", "town", "costs"]


@pytest.fixture
def unproven() -> pd.DataFrame:
    """Three numbers by hand: the second may be as good as the first, and surely is better than the third."""
    given = {"towns": [0, 1, 2], "worst_level": [50.0, 44.0, 33.0], "worst_bound": [50.0, 50.5, 33.0]}
    same = {"worst_town": "a", "mean_level": 60.0, "cv": 0.1, "cultivation_yuan": 0.0, "reason": "", "recognised": 0.0}
    gaps = {"gap": [0.0, 6.5, 0.0], "proven": [True, False, True], "status": ["optimal", "feasible", "optimal"]}
    return priced(pd.DataFrame({**given, **gaps, **same}))


def test_a_plan_that_does_not_raise_the_worst_off_first_has_no_bound(three: Scenario) -> None:
    row = allocator.frontier(three.with_({"stages": [TOTAL]}), [1]).iloc[0]
    assert row["status"] == "optimal" and np.isnan(row["worst_bound"]) and np.isnan(row["gap"]) and not row["proven"]


def test_a_page_of_its_own(table: pd.DataFrame) -> None:
    page = frontier_page(table, "en").decode("utf-8")
    assert "Demonstration towns and levels" in page
    assert "http://" not in page.split("const drawing")[1] and "font/woff" in page.split("<script>")[0]


def test_the_command_prints_and_writes(three: Scenario, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    three.save(tmp_path / "plan")
    given = ["study", "frontier", str(tmp_path / "plan"), "--towns"]
    out = tmp_path / "out"
    assert run([*given, "1,4", "--json", "--lang", "en", "--out", str(out)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["towns"] for row in found] == [1, 4]
    assert found[0]["worst_level"] == pytest.approx(43.3333, abs=2e-3)
    assert run([*given, "4..5", "--lang", "en"]) == 0
    assert "4: at least 4 demonstration towns are asked for" in capsys.readouterr().out
    assert run([*given, "0", "--out", str(tmp_path / "both"), "--lang", "en"]) == 0
    assert "50.00" in capsys.readouterr().out and (tmp_path / "both" / "frontier.csv").is_file()
    assert run([*given, "5..4", "--lang", "en"]) == 2
    assert "the smaller number first" in capsys.readouterr().err
    assert (out / "frontier.csv").read_text(encoding="utf-8-sig").splitlines()[0] == ",".join(COLUMNS)
    assert (out / "frontier.html").stat().st_size > 1000
    assert run([*given, "1", "--out", str(out)]) == 2
    assert run([*given, "4", "--out", str(out), "--force"]) == 0
    assert run([*given, "four"]) == 2
