"""The benchmark runs at a tiny size, both sides agree, and its page shows the columns it prints."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

import one_year  # noqa: E402
import raw_highs  # noqa: E402
import synthetic_plan  # noqa: E402
import whole_things  # noqa: E402

pytestmark = pytest.mark.xdist_group("benchmark")


@pytest.mark.parametrize("budget", synthetic_plan.BUDGETS)
def test_both_sides_reach_the_same_values_with_every_method(budget: str, tmp_path: Path) -> None:
    case = one_year.Case("12", synthetic_plan.write_plan(tmp_path / "plan", 12, budget), relaxed=True)
    recorded, size = one_year.snapshots(case)
    assert [each.reached is not None for each in recorded] == [True, True]
    assert recorded[-1].lp.num_col_ == size["columns"] + 1
    assert recorded[-1].lp.num_row_ == size["rows"] + 12 + 1
    for method in raw_highs.METHODS:
        assert not one_year.disagreements(recorded, raw_highs.solve_raw(recorded, method)[1])


def test_a_different_value_is_a_disagreement(tmp_path: Path) -> None:
    case = one_year.Case("9", synthetic_plan.write_plan(tmp_path / "plan", 9, "tight"), relaxed=False)
    recorded, _ = one_year.snapshots(case)
    reached = [each.reached for each in recorded]
    assert not one_year.disagreements(recorded, reached)
    assert len(one_year.disagreements(recorded, [None, *reached[1:]])) == 1
    assert len(one_year.disagreements(recorded, [(reached[0] or 0.0) + 0.01, *reached[1:]])) == 1


def test_the_same_arguments_write_the_same_plan(tmp_path: Path) -> None:
    files = []
    for name in "ab":
        folder = synthetic_plan.write_plan(tmp_path / name, 30, "loose").parent
        files.append({file.relative_to(folder): file.read_bytes() for file in folder.rglob("*.*") if file.is_file()})
    assert files[0] == files[1]


def test_budgets_are_what_they_are_called(tmp_path: Path) -> None:
    """Loose: more money does not help the worst-off town; tight: it does."""
    from allocator import load, sweep

    for budget, helps in (("loose", False), ("tight", True)):
        plan = load(synthetic_plan.write_plan(tmp_path / budget, 48, budget))
        amount = plan.first.sections["funding"].sources[0].amount
        points = sweep(plan, {"funding.sources.government.amount": [amount, amount * 1.02]}).points
        assert (points["minimum"].iloc[1] > points["minimum"].iloc[0] + 1e-3) == helps


@pytest.mark.slow
def test_the_script_prints_its_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """16 towns with whole pairs and the tie-break, but one balance step instead of sixteen."""
    monkeypatch.setattr(one_year, "PANYU", one_year.PANYU.parent / "variants" / "2016-maximin.yaml")
    text = one_year.main(["--towns", "16", "20", "--rounds", "1", "--no-sweep"])
    assert f"| {' | '.join(one_year.COLUMNS)} |" in text
    assert text.count("\n| ") == 4 + 3  # heads and cases: the steps of solving, then build and hand-over
    page = tmp_path / "benchmarks.md"
    page.write_text("before\n<!-- one_year: begin -->\nold\n<!-- one_year: end -->\nafter\n", encoding="utf-8")
    one_year.write_page(text, page)
    assert page.read_text(encoding="utf-8") == f"before\n{one_year.MARKERS[0]}\n{text}\n{one_year.MARKERS[1]}\nafter\n"


def test_the_page_shows_the_columns_of_the_script_and_no_paths() -> None:
    page = one_year.PAGE.read_text(encoding="utf-8")
    shown = page.partition(one_year.MARKERS[0])[2].partition(one_year.MARKERS[1])[0]
    assert f"| {' | '.join(one_year.COLUMNS)} |" in shown
    for name in ("1,600 towns, loose", "1,600 towns, tight", "176 towns, tight", "16 towns"):
        assert f"| {name}" in shown
    assert "/home" not in page
    assert "/work" not in page


def test_gaps_of_whole_things_stand_step_by_step() -> None:
    text = whole_things.main(["--plan", "tiny/2016", "--seconds", "20"])
    lines = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")]
    assert lines[0] == ["| step", "unit", "tiny/2016, 20 s |"]
    assert ["| balance worst_1", "level points", "**0** |"] in lines
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    shown = page.partition(whole_things.MARKERS[0])[2].partition(whole_things.MARKERS[1])[0]
    for plan, seconds in whole_things.CASES:
        assert f"{plan}, {seconds:g} s" in shown
