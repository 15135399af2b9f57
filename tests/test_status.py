"""One home of statuses and exit codes: the guide's table, errors and plans say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from allocator.engine.stages import StageRecord, StagesRun
from allocator.words.errors import AllocatorError
from allocator.words.status import ExitCode, exit_code_of, is_optimal, plan_status, reached_gap

GUIDE = Path(__file__).parents[1] / "docs" / "how-to.md"


def test_the_guide_has_every_exit_code_in_order_under_its_meaning() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [int(code) for code, _ in rows] == [int(code) for code in ExitCode]
    for code, meaning in rows:
        first = ExitCode(int(code)).name.split("_")[0].lower().removesuffix("s")
        assert re.search(rf"\b{first}", meaning), (code, meaning)


def kinds(of: type[AllocatorError]) -> list[type[AllocatorError]]:
    return [of, *(kind for sub in of.__subclasses__() for kind in kinds(sub))]


def test_no_error_ends_like_a_plan() -> None:
    codes = {kind.exit_code for kind in kinds(AllocatorError)}
    assert codes <= set(ExitCode)
    assert not [code for code in codes if code.has_plan]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([], "optimal"),
        (["optimal", "optimal"], "optimal"),
        (["optimal", "feasible"], "feasible"),
        (["feasible", "optimal, conditional"], "feasible"),
        (["stopped"], "feasible"),
    ],
)
def test_a_plan_is_as_good_as_its_worst_part(parts: list[str], expected: str) -> None:
    status = plan_status(parts)
    assert (status, exit_code_of(status).has_plan) == (expected, True)
    assert is_optimal(status) == (exit_code_of(status) == 0)


def test_a_conditional_step_reached_its_gap_but_is_not_optimal() -> None:
    assert reached_gap("optimal, conditional") and not is_optimal("optimal, conditional")
    assert not reached_gap("feasible, conditional")


def test_the_order_of_hashes_does_not_count() -> None:
    def record(step: str, status: str) -> StageRecord:
        return StageRecord("tie_break", step, 0.0, 0.0, status, 0.0, 0.0)

    assert StagesRun([record("hashed_order", "feasible"), record("worst_1", "optimal")]).status == "optimal"
    assert StagesRun([record("hashed_order", "optimal"), record("worst_1", "feasible")]).status == "feasible"
