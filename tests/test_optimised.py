"""Plans without levels say what they optimised, in its unit: published instances with known answers."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from allocator.blocks.registry import outcomes
from allocator.engine.build import build
from allocator.plan.reading import load
from allocator.report.page.content import pairs_grid
from allocator.report.page.page import page_text
from allocator.report.page.record import rules_grid
from allocator.report.terminal.terminal import summary
from allocator.report.words.facts import key_figures
from allocator.report.words.labels import names_of, speaking
from allocator.report.words.optimised import price_heading
from allocator.tables.result import Result
from allocator.verbs.solving import solve
from allocator.words.texts import Language, catalogue
from test_report_page import parsed
from worlds import TOTAL, government, world

CLASSICS = Path(__file__).parent.parent / "scenarios" / "classics"
ANSWERS = {"kilroy": "2", "gap_c515_1": "336", "assignment_christofides": "76"}


@pytest.fixture(scope="module")
def classics() -> dict[str, Result]:
    return {name: solve(load(CLASSICS / name)) for name in ANSWERS}


def printed(result: Result, language: Language) -> str:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(summary(result, language))
    return console.export_text()


@pytest.mark.parametrize("name", ANSWERS)
def test_the_known_answer_is_a_key_figure_and_on_the_terminal(classics: dict[str, Result], name: str) -> None:
    result = classics[name]
    figure = speaking("en", lambda: key_figures(result, names_of(result.scenario.first)))[0]
    assert (figure.value, figure.detail) == (ANSWERS[name], "stage Total, closed to the gap asked for")
    line = next(line for line in printed(result, "zh").splitlines() if line.startswith("总量"))
    assert line.split()[-2:] == [ANSWERS[name], "0"]


def test_names_and_units(classics: dict[str, Result]) -> None:
    names = {
        name: speaking("en", lambda r=result: key_figures(r, names_of(r.scenario.first)))[0].label
        for name, result in classics.items()
    }
    assert names == {
        "kilroy": "cost of bases: sum (yuan)",
        "gap_c515_1": "worth of pairs (by the table): sum (points)",
        "assignment_christofides": "cost of pairs (by the table): sum (points)",
    }


def test_an_unproven_answer_says_so(classics: dict[str, Result]) -> None:
    given = classics["kilroy"]
    for gap, words in ((1.0, "not proven best, gap 1"), (float("nan"), "without a bound")):
        stages = given.tables["stages"].assign(status="feasible", gap=gap)
        result = Result(given.scenario, {**given.tables, "stages": stages}, given.run)
        figure = speaking("en", lambda r=result: key_figures(r, names_of(r.scenario.first)))[0]
        assert words in figure.detail


def test_pairs_show_what_their_table_says(classics: dict[str, Result]) -> None:
    result = classics["gap_c515_1"]
    grid = speaking("en", lambda: pairs_grid(result, names_of(result.scenario.first)))
    assert [column.heading for column in grid.columns][-3:] == ["Worth (table)", "Cost (table)", "Hours (table)"]
    assert sum(int(row[-3]) for row in grid.rows) == 336
    other = classics["assignment_christofides"]
    grid = speaking("en", lambda: pairs_grid(other, names_of(other.scenario.first)))
    assert grid.columns[-1].heading == "Cost (table)" and sum(int(row[-1]) for row in grid.rows) == 76


def test_prices_are_named_after_what_a_stage_looks_at(classics: dict[str, Result], tmp_path: Path) -> None:
    result = classics["gap_c515_1"]
    grid = speaking("en", lambda: rules_grid(result, names_of(result.scenario.first)))
    assert [column.heading for column in grid.columns][4:] == ["Total: worth of pairs (by the table) (points)"]
    usual = world(tmp_path, funding={"sources": [government(1000)]}, stages=[TOTAL])
    assert speaking("en", lambda: price_heading(usual.first, "total")) == "Mean (points)"


def test_units_are_those_of_the_model(classics: dict[str, Result]) -> None:
    looked_at = {"kilroy": "bases.cost", "gap_c515_1": "mentoring.worth", "assignment_christofides": "mentoring.cost"}
    for name, outcome in looked_at.items():
        assert classics[name].tables["stages"]["unit"].tolist() == [outcomes()[outcome][1].unit]


def test_what_stages_look_at_is_what_the_blocks_say() -> None:
    said = {name: each for name, (_, each) in outcomes().items()}
    assert {f"report.outcome.{outcome}" for outcome in said.keys() - {"level"}} <= set(catalogue())
    modelled = {}
    for file in (*(CLASSICS / name for name in ANSWERS), CLASSICS.parent / "panyu_whole" / "2016.yaml"):
        modelled |= build(load(file)).outcomes
    assert modelled.keys() <= said.keys() and len(modelled) > len(said) // 2
    for name, outcome in modelled.items():
        assert (outcome.unit, outcome.less_is_better) == (said[name].unit, said[name].less_is_better), name


def test_stations_and_their_bases_stand_in_a_fold() -> None:
    result = solve(load(CLASSICS / "pmed1"))
    text = speaking("en", lambda: page_text(result))
    fold = text[text.index('<details class="fold">') : text.index("</details>")]
    assert len(parsed(fold).rows) == 101 and "5,819" in text
