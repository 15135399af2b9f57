"""The same plan gives the same bytes: run by run, and however its files are ordered."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ruamel.yaml import YAML

from allocator.engine.build import build
from allocator.model.pulp_problem import PulpProblem, readable
from allocator.plan.reading import load
from allocator.scenario.plan_year import Scenario
from allocator.tables.written import table_bytes
from allocator.verbs.options import Options
from allocator.verbs.solving import solve
from plans import write_plan
from shipped import FILES, SCENARIOS, parameters, result

SOLVE = """
import sys
from allocator.plan.reading import load
from allocator.verbs.solving import solve
solve(load(sys.argv[1])).save(sys.argv[2])
"""
ORDERED = ("stages", "per_unit", "years")
"""Lists whose order says something."""
TABLES = ("funding", "delivery", "teaching", "volunteering", "guidance", "pairs", "towns", "rows", "stages", "goals")


def tables_of(scenario: Scenario) -> dict[str, bytes]:
    """Every written table of a scenario solved."""
    return {name: table_bytes(table) for name, table in solve(scenario).tables.items()}


def permuted(value: Any, rng: random.Random, name: str = "") -> Any:
    """The same YAML with keys, and items of lists whose order says nothing, in another order."""
    if isinstance(value, dict):
        return {key: permuted(value[key], rng, key) for key in rng.sample(list(value), len(value))}
    if isinstance(value, list) and name not in ORDERED:
        return [permuted(item, rng) for item in rng.sample(value, len(value))]
    return value


def permute_plan(source: Path, target: Path, seed: int) -> Path:
    """Copy a plan folder with the rows and columns of all tables and all keys in another order."""
    rng = random.Random(seed)
    for file in sorted(source.rglob("*")):
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".csv":
            table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
            table = table.iloc[rng.sample(range(len(table)), len(table))]
            table = table[rng.sample(list(table.columns), len(table.columns))]
            table.to_csv(copy, index=False, encoding="utf-8")
        elif file.suffix == ".yaml":
            content = permuted(YAML(typ="safe").load(file), rng)
            copy.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return target


def rename_towns(folder: Path) -> None:
    """Other display names for every town."""
    file = folder / "tables" / "towns.csv"
    towns = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    for column in ("name_zh", "name_en"):
        towns[column] = [f"{column} {len(towns) - at}" for at in range(len(towns))]
    towns.to_csv(file, index=False)


def rename_programmes(folder: Path) -> None:
    """Other display names in the plan file."""
    file = folder / "plan.yaml"
    plan = YAML(typ="safe").load(file)
    plan["name"] = {"zh": "别名", "en": "another name"}
    for at, programme in enumerate(plan["delivery"]["programmes"]):
        programme["name"] = {"zh": f"项目{at}", "en": f"Z{99 - at}"}
    file.write_text(json.dumps(plan, ensure_ascii=False), encoding="utf-8")


def copy_plan(plan: str, target: Path) -> Path:
    """A shipped plan without its expected values."""
    shutil.copytree(SCENARIOS / plan, target, ignore=shutil.ignore_patterns("expected"))
    return target


def folder_bytes(folder: Path) -> Mapping[str, bytes]:
    """Every file of a result folder; the run record without its clock."""
    found = {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    record = json.loads(found.pop("run.json"))
    assert record.pop("seconds")
    return found | {"run.json": json.dumps(record).encode()}


@pytest.mark.parametrize("name", parameters(["tiny/2016", "wuchuan/2021"]))
def test_two_runs_write_the_same_bytes(name: str, tmp_path: Path) -> None:
    # The other process orders its sets by another seed than this one, which draws its own.
    target, environment = tmp_path / "other" / "result", {**os.environ, "PYTHONHASHSEED": "1"}
    subprocess.run([sys.executable, "-c", SOLVE, str(FILES[name]), str(target)], env=environment, check=True)
    written = [folder_bytes(folder) for folder in (result(name).save(tmp_path / "own" / "result"), target)]
    assert written[0].keys() == written[1].keys()
    assert {file for file in written[0] if written[0][file] != written[1][file]} == set()
    assert len(written[0]["funding.csv"]) > 200


@pytest.fixture(scope="module")
def small_plan(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """The plan of three towns with all blocks, and its tables."""
    folder = write_plan(tmp_path_factory.mktemp("small") / "small")
    return folder, tables_of(load(folder / "2016.yaml"))


def assert_same(got: Mapping[str, bytes], wanted: Mapping[str, bytes]) -> None:
    assert got.keys() == wanted.keys()
    assert {name for name in TABLES if got[name] != wanted[name]} == set()
    assert {name for name in got if got[name] != wanted[name]} == set()


@pytest.mark.xdist_group("same-small")
@pytest.mark.parametrize("seed", range(4))
def test_order_of_rows_columns_and_keys_changes_nothing(
    seed: int, small_plan: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    folder, wanted = small_plan
    target = permute_plan(folder, tmp_path / "small", seed)
    assert (target / "plan.yaml").read_bytes() != (folder / "plan.yaml").read_bytes()
    assert_same(tables_of(load(target / "2016.yaml")), wanted)


@pytest.mark.xdist_group("wuchuan/2021")
def test_order_changes_nothing_in_a_shipped_plan(tmp_path: Path) -> None:
    target = permute_plan(SCENARIOS / "wuchuan", tmp_path / "wuchuan", 7)
    wanted = {name: table_bytes(table) for name, table in result("wuchuan/2021").tables.items()}
    assert_same(tables_of(load(target / "2021.yaml")), wanted)


@pytest.mark.parametrize("name", parameters(["panyu/2016", "panyu/2020"]))
def test_order_changes_nothing_in_the_model_of_a_large_plan(name: str, tmp_path: Path) -> None:
    plan, year = name.split("/")
    files = []
    for seed in (None, 3):
        folder = SCENARIOS / plan if seed is None else permute_plan(SCENARIOS / plan, tmp_path / plan, seed)
        files.append(tmp_path / f"{seed}.mps")
        problem = PulpProblem(build(load(folder / f"{year}.yaml")), readable).problem
        problem.writeMPS(str(files[-1]))
    assert files[0].stat().st_size > 100_000
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.xdist_group("tiny/2016")
@pytest.mark.parametrize("rename", [rename_towns, rename_programmes])
def test_display_names_change_no_number(rename: Callable[[Path], None], tmp_path: Path) -> None:
    folder = copy_plan("tiny", tmp_path / "tiny")
    rename(folder)
    wanted = {name: table_bytes(table) for name, table in result("tiny/2016").tables.items()}
    assert_same(tables_of(load(folder / "2016.yaml")), wanted)


@pytest.mark.xdist_group("tiny/2016")
@pytest.mark.parametrize("changes", [{}, {"funding.sources.government.amount": 130000, "mentoring.min_gap": 5}])
def test_replacing_values_by_themselves_changes_nothing(changes: dict[str, Any]) -> None:
    scenario = result("tiny/2016").scenario
    wanted = {name: table_bytes(table) for name, table in result("tiny/2016").tables.items()}
    assert_same(tables_of(scenario.with_(changes)), wanted)


MONEY = ("funding", "delivery", "funding_by_town", "pairs", "remainders", "carry_over")
HOURS = ("teaching", "volunteering", "guidance")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["wuchuan/2021", "panyu/2016"])
def test_money_in_whole_units_is_the_same_to_the_last_digit_whatever_solves(name: str) -> None:
    """Hours are real numbers of a projection: the same to a thousandth, and levels to a ten-thousandth of a point."""
    scenario = load(FILES[name])
    simplex, interior, cbc = (
        solve(scenario, Options(solver=solver, unit="千元")) for solver in ("highs", "highs-ipm", "cbc")
    )
    for other in (interior, cbc):
        assert other.run["unique"] is True
        for table in MONEY:
            assert table_bytes(other.tables[table]) == table_bytes(simplex.tables[table]), table
        for table in HOURS:
            both = [result.tables[table].drop(columns="minutes", errors="ignore") for result in (simplex, other)]
            labels = [column for column in both[0].columns if column != "hours"]
            one, two = (frame.set_index(labels)["hours"] for frame in both)
            assert not (one.sub(two, fill_value=0.0).abs() > 1e-3).any(), table
        levels = [result.towns.set_index("town")["level_after"] for result in (simplex, other)]
        assert levels[0].sub(levels[1]).abs().max() < 1e-4
