"""The audit of result folders: hashes first, then recomputation; and never a traceback."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from allocator.auditing.cleaning import cleaned
from allocator.auditing.whole import AlteredFile, audit_folder
from allocator.scenario.plan_year import Scenario
from allocator.tables.declared import BLOCKS, TABLES
from allocator.tables.result import Result
from allocator.tables.written import table_bytes
from allocator.words.errors import UsageError
from audit_plans import SCENARIOS, SPOILS, Spoil, Tables, also, failed, named, one_row, solved_full
from sampling import sampled


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return solved_full(tmp_path_factory.mktemp("full"))


@pytest.fixture(scope="module")
def saved(full: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return full.save(tmp_path_factory.mktemp("saved") / "results")


@pytest.fixture
def tables(full: Result) -> Tables:
    return {name: table.copy() for name, table in full.tables.items()}


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "results"))


def rehash(folder: Path) -> None:
    """Make the run record agree with the files, as somebody would who hides a change."""
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    for name in record["sha256"]:
        with suppress(FileNotFoundError):
            record["sha256"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8-sig")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8-sig")


def test_an_untouched_folder_passes(folder: Path) -> None:
    report = audit_folder(folder)
    assert report.passed
    assert report.altered == ()
    assert "rows.price_total" in report.excluded
    assert "towns.could_reach" in report.excluded


def test_an_altered_file_is_named_by_its_hash(folder: Path) -> None:
    edit(folder / "unpaired.csv", "year", "year ")
    edit(folder / "scenario" / "2016.yaml", "2016", "2016 ")
    report = audit_folder(folder)
    assert report.altered == (AlteredFile("scenario/2016.yaml", "changed"), AlteredFile("unpaired.csv", "changed"))
    assert not report.passed
    assert any("unpaired.csv" in line for line in report.lines("zh"))


def test_without_hashes_only_recomputation_counts(folder: Path) -> None:
    edit(folder / "rows.csv", "2016,", "2016 ,")
    assert not audit_folder(folder).passed
    report = audit_folder(folder, use_hashes=False)
    assert report.passed
    assert report.altered == ()


@pytest.mark.parametrize("spoil", sampled(SPOILS, 5, named))
def test_a_decision_changed_under_new_hashes_is_found_by_recomputation(
    folder: Path, full: Result, tables: Tables, spoil: Spoil
) -> None:
    spoil.apply(full, tables, 10.0)
    (folder / f"{spoil.table}.csv").write_bytes(table_bytes(tables[spoil.table]))
    rehash(folder)
    report = audit_folder(folder)
    assert report.altered == ()
    assert spoil.family in report.failed
    assert not report.passed


def test_a_change_hidden_by_new_hashes_is_found_by_recomputation(folder: Path, full: Result) -> None:
    amount = full.funding["amount_yuan"].iloc[0]
    edit(folder / "funding.csv", f"{amount:.6f}", f"{amount + 1:.6f}")
    rehash(folder)
    report = audit_folder(folder)
    assert report.altered == ()
    assert {"costing", "funding_by_town.amount_yuan", "rows.activity"} <= set(report.failed)


def test_a_changed_scenario_is_found_although_its_hash_fits(folder: Path) -> None:
    edit(folder / "scenario" / "tables" / "towns.csv", "50000,8,2000,100,30000", "50000,8,2000,100,90000")
    rehash(folder)
    report = audit_folder(folder)
    assert report.altered == ()
    assert {"running_cost", "rows.bound"} <= set(report.failed)


def test_missing_and_extra_files_are_named(folder: Path) -> None:
    (folder / "goals.csv").unlink()
    (folder / "report.html").write_text("-", encoding="utf-8")
    (folder / "scenario" / "tables" / "more.csv").write_text("a\n1\n", encoding="utf-8")
    report = audit_folder(folder)
    assert {str(each): each.how for each in report.altered} == {
        "goals.csv": "missing",
        "report.html": "extra",
        "scenario/tables/more.csv": "extra",
    }
    assert "table.goals" in report.failed


def test_a_file_beside_the_tables_is_named_and_does_no_harm(folder: Path) -> None:
    (folder / "report.html").write_text("-", encoding="utf-8")
    report = audit_folder(folder)
    assert report.passed
    assert report.altered == (AlteredFile("report.html", "extra"),)


def test_another_scenario_can_be_the_yardstick(folder: Path, full: Result) -> None:
    less = full.scenario.with_({"funding.sources.government.amount": 400000.0})
    report = audit_folder(folder, less)
    assert report.altered == ()
    assert {"budget", "rows.bound"} <= set(report.failed)
    assert audit_folder(folder, full.scenario).passed


# -- broken files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", sampled(TABLES, 4))
@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'year,town\n"2016,x'])
def test_a_table_that_is_no_table_is_named(folder: Path, table: str, content: bytes) -> None:
    (folder / f"{table}.csv").write_bytes(content)
    report = audit_folder(folder, use_hashes=False)
    assert f"table.{table}" in report.failed


@pytest.mark.parametrize("word", ["", "inf", "一"])
def test_a_number_that_is_none_is_an_infinite_violation(folder: Path, full: Result, word: str) -> None:
    amount = full.funding["amount_yuan"].iloc[0]
    edit(folder / "funding.csv", f"{amount:.6f}", word)
    report = audit_folder(folder, use_hashes=False)
    worst = report.families.set_index("family")["violation"]
    assert "table.funding" in report.failed
    assert np.isinf(worst["budget"])
    assert np.isinf(worst["costing"])


def every_column() -> Iterator[tuple[str, str]]:
    for table, about in TABLES.items():
        for column in ("year", *about.columns):
            yield table, column


@pytest.mark.parametrize(("table", "column"), sampled(every_column(), 9))
def test_a_missing_column_is_named(tables: Tables, table: str, column: str) -> None:
    tables[table] = tables[table].drop(columns=column)
    findings = {part.family for part in cleaned(tables)[1] if len(part)}
    assert findings == {f"table.{table}"}


@pytest.mark.parametrize("table", sampled(TABLES, 3))
@pytest.mark.parametrize("words", [True, False])
def test_a_table_without_its_labels_or_its_numbers_is_named(
    full: Result, tables: Tables, table: str, words: bool
) -> None:
    lost = [column for column, kind in TABLES[table].kinds.items() if (kind in ("label", "text")) == words]
    tables[table] = tables[table].drop(columns=lost)
    assert not lost or f"table.{table}" in failed(full, tables)


@pytest.mark.parametrize("table", sampled(TABLES, 4))
def test_a_row_that_occurs_twice_is_named(full: Result, tables: Tables, table: str) -> None:
    once = tables[table] if len(tables[table]) else one_row(table)
    if BLOCKS.get(table) not in ELSEWHERE:  # a row of a block that the plan does not have is wrong by itself
        assert f"table.{table}" not in failed(full, {**tables, table: once})
    assert f"table.{table}" in failed(full, {**tables, table: also(once, {})})


def test_a_table_that_is_not_given_is_named(full: Result, tables: Tables) -> None:
    del tables["attainment"]
    assert {"table.attainment", "attainment_value"} <= set(failed(full, tables))


def test_a_record_or_a_scenario_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "scenario" / "plan.yaml").write_text("plan: [", encoding="utf-8")
    assert "scenario" in audit_folder(folder, use_hashes=False).failed
    (folder / "run.json").write_text("{", encoding="utf-8")
    assert AlteredFile("run.json", "changed") in audit_folder(folder).altered


def test_a_folder_without_a_run_record_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        audit_folder(tmp_path)


# -- anything at all ---------------------------------------------------------------------------------------------

ELSEWHERE = ("demonstration", "posting", "purchase", "stars", "team")
"""Blocks whose tables are spoiled in tests of their own; the plan here has none of them."""

NOT_AUDITED = {
    ("rows", "price_balance"),
    ("rows", "price_total"),
    ("rows", "price_kind"),
    ("rows", "unit"),
    ("rows", "labels"),
    ("rows", "requirement"),
    ("goals", "unit"),
    ("accounts", "unit"),
    ("stages", "status"),
    ("stages", "gap"),
    ("stages", "unit"),
}


def columns_of_own_tables() -> Iterator[tuple[str, str]]:
    """All columns of tables that the plan fills; of the others one: there any row is wrong, whatever it holds."""
    filled = {table for table in TABLES if BLOCKS.get(table) not in ELSEWHERE}
    first = dict(reversed(list(every_column())))
    yield from ((t, c) for t, c in every_column() if t in filled or first[t] == c)


@pytest.mark.parametrize(("table", "column"), sampled(columns_of_own_tables(), 4))
def test_any_other_cell_is_found(full: Result, tables: Tables, table: str, column: str) -> None:
    if not len(tables[table]):
        tables[table] = tables[table].reindex([0])
    tables[table][column] = tables[table][column].astype(object)
    tables[table].loc[0, column] = "某镇"
    found = failed(full, tables)
    assert found or (table, column) in NOT_AUDITED


def test_results_of_another_plan_are_refused_without_a_traceback(folder: Path) -> None:
    report = audit_folder(folder, Scenario.load(SCENARIOS / "panyu" / "2016.yaml"))
    assert {"units", "funding", "rows", "towns.level_after"} <= set(report.failed)
    assert report.lines("en")[0].startswith("Audit failed")


# -- independence ------------------------------------------------------------------------------------------------

SOLVERS = ("pulp", "highspy", "clarabel", "scipy")


def modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(' '.join(sys.modules))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(done.stdout.split())


def test_the_audit_reaches_no_solver(folder: Path) -> None:
    loaded = modules_after("import allocator.auditing.whole")
    assert "allocator.auditing.whole" in loaded
    assert not loaded & {*SOLVERS, "allocator.model"}
    used = modules_after(
        f"from allocator.auditing.whole import audit_folder\nassert audit_folder({str(folder)!r}).passed"
    )
    assert not used & {"pulp", "highspy", "clarabel", "allocator.model"}
    assert not {name for name in used if name.startswith("allocator.blocks.") and name.endswith(".model")}
