"""The summary says the status first and fits a terminal."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType

from allocator.report.terminal.terminal import batch_progress, batch_table, print_batch, summary
from allocator.report.words.labels import speaking
from allocator.tables.result import Result
from allocator.verbs.batches import SUMMARY_COLUMNS, Summary
from allocator.words.texts import Language


def printed(made: RenderableType) -> list[str]:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(made)
    return console.export_text().splitlines()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_status_comes_first_and_all_fits(tiny_result: Result, language: Language) -> None:
    lines = printed(summary(tiny_result, language, Path("results/tiny-2016")))
    assert lines[0].split()[0] == {"zh": "最优", "en": "optimal"}[language]
    assert len(lines) <= 40 and max(cell_len(line) for line in lines) <= 80
    text = "\n".join(lines)
    assert "51.00" in text and "150,000" in text and "results/tiny-2016" in text
    assert {"zh": "没有强制执行", "en": "did not enforce"}[language] in text
    assert {"zh": "西镇→东镇", "en": "West→East"}[language] in text


@pytest.mark.xdist_group("panyu")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_district_with_everything_to_say_still_fits(panyu_result: Result, language: Language) -> None:
    run = {
        **panyu_result.run,
        **{"status": "feasible", "gap": 0.1, "conditional": True, "unique": False, "projection": "none"},
        "skipped_stages": {"stability": "stages.no_last_year"},
        "travel": {"straight_line_towns": ["nancun"], "speed_kmh": 36.0, "detour": 1.35},
    }
    goals = panyu_result.tables["goals"].assign(target=0.9, shortfall=0.5)
    unpaired = pd.DataFrame({"year": [2016], "town": ["shilou"], "reason": ["mentors_full"]})
    tables = {**panyu_result.tables, "goals": goals, "unpaired": unpaired}
    lines = printed(summary(Result(panyu_result.scenario, tables, run), language, Path("results/panyu-2016")))
    assert len(lines) <= 40 and max(cell_len(line) for line in lines) <= 80
    text = "\n".join(lines)
    assert {"zh": "可行（未证明最优）", "en": "feasible (not proven optimal)"}[language] in lines[0]
    assert "✗" in text and {"zh": "未结对：石楼", "en": "unpaired: Shilou"}[language] in text


def test_markup_in_names_is_printed_as_it_stands(tiny_result: Result) -> None:
    plan = tiny_result.scenario.first
    towns = plan.towns.assign(name_en=["[red]East[/red]", "[b]", "West"])
    scenario = type(tiny_result.scenario)("x", (type(plan)(**{**plan.__dict__, "towns": towns}),), (), None)  # type: ignore[arg-type]
    text = "\n".join(printed(summary(Result(scenario, tiny_result.tables, tiny_result.run), "en")))
    assert "[red]East[/red]" in text


def test_a_batch_lists_every_scenario_and_why_some_failed(capsys: pytest.CaptureFixture[str]) -> None:
    good = {"label": "a", "status": "optimal", "exit_code": 0, "seconds": 1.5, "worst_level": 50.0, "cv": 0.1}
    good |= {"money_yuan": 1000.0, "pairs": 1, "missed_hard_goals": 0}
    bad = {"label": "b", "status": "infeasible", "exit_code": 4, "seconds": 0.5, "message": "too little [money]"}
    made = Summary(pd.DataFrame([good, bad]).reindex(columns=list(SUMMARY_COLUMNS)))
    text = "\n".join(printed(speaking("en", lambda: batch_table(made, Path("out")))))
    assert "1,000" in text and "0.1000" in text
    assert "b: too little [money]" in text and "infeasible" in text
    print_batch(made, Path("out"), "zh")
    assert "不可行" in capsys.readouterr().out


def test_progress_is_shown_on_terminals_only() -> None:
    with batch_progress("zh") as progress:
        assert progress is None
