"""Gaps as people write them, and time shared out among the steps."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from allocator import load, solve
from allocator.engine.gaps import Gap, Gaps
from allocator.verbs.options import Options
from allocator.words.errors import UsageError

TINY = Path(__file__).parent.parent / "scenarios" / "tiny" / "2016.yaml"


def test_one_number_is_meant_for_every_stage() -> None:
    for given in (0.01, "0.01", ("0.01",)):
        assert Gaps.read(given).by_stage == {"others": Gap(absolute=0.01)}
    assert Gaps.read(None).by_stage == Gaps.read(()).by_stage == {}


def test_stages_have_gaps_of_their_own_and_shares_grow_with_the_value() -> None:
    gaps = Gaps.read(["balance=0.05", "others=0.1%"])
    assert str(gaps) == "balance=0.05, others=0.1%"
    assert gaps.asked("balance", 60.0, 1e-5) == 0.05
    assert gaps.asked("total", -70.0, 1e-5) == pytest.approx(0.07)
    assert gaps.asked("total", math.nan, 1e-5) == 1e-5
    assert gaps.asked("stability", 0.0, 1e-5) == 1e-5
    assert Gaps.read(["balance=1"]).asked("total", 70.0, 1e-5) == 1e-5
    assert (gaps.asked("balance", 480.0, 1e-5, 8.0), gaps.asked("total", 70.0, 1e-5, 8.0)) == (0.4, pytest.approx(0.07))


@pytest.mark.parametrize("word", ["balances=1", "balance=x", "balance=-1", "0", "nan", "others=0%"])
def test_what_is_no_gap_is_refused(word: str) -> None:
    with pytest.raises(UsageError):
        Gaps.read([word])


def test_stages_show_what_was_asked_and_in_which_unit() -> None:
    result = solve(load(TINY), Options(gap=["balance=0.25", "others=0.001"]))
    stages = result.stages[result.stages["stage"].isin(["balance", "total"])]
    asked = dict(zip(stages["step"], stages["asked"], strict=True))
    assert asked == {"worst_1": 0.25, "worst_2": 0.5, "worst_3": 0.75, "mean": 0.001}  # for each town of a sum
    assert set(stages["unit"]) == {"level points"}
    assert (stages["gap"] <= stages["asked"]).all()
    assert result.run["options"]["gap"] == "balance=0.25, others=0.001"


def test_leximin_at_some_ranks_takes_those_steps_only() -> None:
    scenario = load(TINY)
    stage = {"id": "balance", "criterion": "leximin", "ranks": [1, 3, 9]}
    result = solve(scenario.with_({"stages": [stage]}))
    towns = len(scenario.first.towns)
    assert list(result.stages["step"]) == [f"worst_{k}" for k in sorted({1, min(3, towns), min(9, towns)})]
    every = solve(scenario.with_({"stages": [{"id": "balance", "criterion": "leximin"}]}))
    assert result.stages["value"].iloc[0] == pytest.approx(every.stages["value"].iloc[0], abs=1e-3)
