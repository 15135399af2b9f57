"""Many scenarios: one failure never spoils the rest, and one table sums them up."""

from pathlib import Path
from shutil import copytree, ignore_patterns

import pandas as pd
import pytest

from allocator.tables.result import Result
from allocator.verbs.batches import SUMMARY_FILE, find_jobs, run_batch
from allocator.words.errors import UsageError

TINY = Path(__file__).parent.parent / "scenarios" / "tiny"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The tiny plan three times: as it is, with a typing error, and with a variant of too little money."""
    for name in ("good", "typo", "poor"):
        copytree(TINY, tmp_path / "plans" / name, ignore=ignore_patterns("2016-*"))
    year = tmp_path / "plans" / "typo" / "2016.yaml"
    year.write_text(year.read_text(encoding="utf-8") + "\nfundnig: {}\n", encoding="utf-8")
    variant = tmp_path / "plans" / "poor" / "variants" / "2016-poor.yaml"
    variant.write_text("extends: 2016\nfunding: {sources: [{id: government, amount: 10}]}\n", encoding="utf-8")
    return tmp_path / "plans"


def test_every_year_and_variant_is_found_and_results_are_not(folder: Path) -> None:
    labels = {job.label for job in find_jobs(folder, folder / "out")}
    assert {"good-2016", "typo-2016", "poor-2016", "poor-2016-poor"} <= labels
    assert len(labels) == len(list(folder.rglob("2016*.yaml"))) - len(list(folder.rglob("expected/*.yaml")))


def test_failures_stay_by_themselves(folder: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    summary = run_batch(folder, tmp_path / "out", jobs=2, progress=lambda *at: seen.append(at))
    rows = summary.table.set_index("label")
    assert not summary.all_solved
    assert rows.loc["good-2016", "status"] == "optimal"
    assert rows.loc["typo-2016", ["status", "exit_code"]].tolist() == ["bad_input", 3]
    assert "fundnig" in rows.loc["typo-2016", "message"]
    assert rows.loc["poor-2016-poor", ["status", "exit_code"]].tolist() == ["infeasible", 4]
    assert Result.load(tmp_path / "out" / "good-2016").worst_level == pytest.approx(
        rows.loc["good-2016", "worst_level"]
    )
    assert not (tmp_path / "out" / "typo-2016").exists()
    written = pd.read_csv(tmp_path / "out" / SUMMARY_FILE, encoding="utf-8-sig")
    assert written["label"].tolist() == sorted(rows.index)
    assert [done for done, _, _ in seen] == list(range(1, len(rows) + 1))


def test_existing_output_and_empty_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("kept")
    with pytest.raises(UsageError):
        run_batch(TINY, tmp_path / "out")
    with pytest.raises(UsageError):
        run_batch(tmp_path / "out", tmp_path / "other")
