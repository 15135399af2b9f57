"""The resolved text: reads back to the merged values, each with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from allocator.plan.resolved import resolved_text
from allocator.scenario.files.layers import read_plan
from allocator.scenario.files.yamltree import plain, read_tree
from allocator.words.errors import InputError
from plans import PLAN, YEAR, place_of, write_plan

VARIANT = "extends: 2016\nfunding: {sources: [{id: government, amount: 800000}]}\nguidance: null\n"


def write(folder: Path) -> Path:
    return write_plan(folder, {"variants/less.yaml": VARIANT}) / "variants" / "less.yaml"


def test_it_reads_back_to_the_merged_values(tmp_path: Path) -> None:
    file = write(tmp_path)
    tree, findings = read_tree(resolved_text(file), "resolved")
    assert not findings
    assert plain(tree) == plain(read_plan(file).trees[2016])


def comment(text: str, start: str, nth: int = 0) -> str:
    lines = [line for line in text.splitlines() if line.strip().startswith(start)]
    return lines[nth].rpartition("#")[2].strip()


def test_each_value_says_where_it_stands(tmp_path: Path) -> None:
    text = resolved_text(write(tmp_path), {"teaching.visit_hours": 3})
    assert comment(text, "amount:") == "variants/less.yaml:2"
    assert comment(text, "amount:", 1) == f"plan.yaml:{place_of(PLAN, 'amount: 100000')[0]}"
    assert comment(text, "reason:") == f"2016.yaml:{place_of(YEAR, 'reason')[0]}"
    assert comment(text, "visit_hours: 3") == "--set"
    assert "guidance:" not in text


def test_several_years_are_several_documents(tmp_path: Path) -> None:
    plan = PLAN.replace("years: [2016]", "years: [2016, 2017]")
    write_plan(tmp_path, {"plan.yaml": plan, "2017.yaml": "year: 2017\n"})
    assert resolved_text(tmp_path).count("\n---\n") == 1


def test_it_shows_plans_with_wrong_values_but_not_unreadable_ones(tmp_path: Path) -> None:
    write_plan(tmp_path, {"2016.yaml": "year: 2016\nmentorin: {min_gap: -5}\n"})
    assert comment(resolved_text(tmp_path), "min_gap: -5") == "2016.yaml:2"
    write_plan(tmp_path, {"2016.yaml": "year: [2016\n"})
    with pytest.raises(InputError):
        resolved_text(tmp_path)
    with pytest.raises(InputError):
        resolved_text(write(tmp_path / "b"), {"funding.sources.governmen.amount": 3})
