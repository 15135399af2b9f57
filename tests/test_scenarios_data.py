"""The shipped plans: sums, origins, quotations, and that the committed tables follow from the sources."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ruamel.yaml import YAML

from allocator.plan.reading import load

SCENARIOS = Path(__file__).parents[1] / "scenarios"
PLANS = ("panyu", "tiny", "wuchuan")
FILES = sorted(path for plan in PLANS for path in (SCENARIOS / plan).rglob("*.yaml") if path.parent.name != "expected")
TABLES = sorted(path for plan in PLANS for path in (SCENARIOS / plan / "tables").glob("*.csv"))
PLAN_FILES = [path for path in FILES if path.name != "plan.yaml"]


def table(plan: str, name: str) -> pd.DataFrame:
    return pd.read_csv(SCENARIOS / plan / "tables" / f"{name}.csv", encoding="utf-8-sig", dtype={"code": str})


def yaml(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def values(tree: Any, key: str) -> Iterator[Any]:
    """Every value that stands under a key, at any depth."""
    children = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    if isinstance(tree, dict) and key in tree:
        yield tree[key]
    for child in children:
        yield from values(child, key)


def named(path: Path) -> str:
    return path.relative_to(SCENARIOS).as_posix()


def test_tables_are_current() -> None:
    command = [sys.executable, str(SCENARIOS / "make_tables.py"), "--check"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_check_sees_a_changed_a_missing_and_a_stray_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCENARIOS))
    import make_tables

    (tmp_path / "changed.csv").write_bytes(b"a\n1\n")
    (tmp_path / "stray.csv").write_bytes(b"a\n1\n")
    (tmp_path / "same.csv").write_bytes(b"a\n1\n")
    files = {"changed.csv": b"a\n2\n", "missing.csv": b"a\n", "same.csv": b"a\n1\n"}
    assert make_tables.stale(tmp_path, files) == ["changed.csv", "missing.csv", "stray.csv"]


def test_a_new_town_leaves_the_draws_of_the_others() -> None:
    sys.path.insert(0, str(SCENARIOS))
    from tables_common import draw, largest_remainder

    assert draw("panyu", "pop", "nancun") == draw("panyu", "pop", "nancun") != draw("panyu", "pop", "nancun2")
    assert largest_remainder({"a": 1.0, "b": 1.0, "c": 1.0}, 4) == {"a": 2, "b": 1, "c": 1}
    assert sum(largest_remainder({"a": 0.3, "b": 2.9, "c": 1.8}, 17).values()) == 17


def test_panyu_sums() -> None:
    towns = table("panyu", "towns")
    assert len(towns) == 16
    assert towns["resident_pop"].sum() == 1_827_800
    assert towns["pop_60plus"].sum() == round(1_827_800 * 227_053 / 2_658_397)
    assert towns["stations"].sum() == 336
    assert towns["committees"].sum() == 276
    assert (towns["stations"] >= towns["committees"]).all()
    assert (towns["kind"].value_counts().to_dict()) == {"jie": 10, "zhen": 6}
    assert len(table("panyu", "teachers")) == 96
    assert table("panyu", "volunteers")["heads"].sum() == 1_700


def test_wuchuan_is_the_census() -> None:
    towns = table("wuchuan", "towns")
    assert len(towns) == 15
    assert towns["pop_census_2020"].sum() == 907_354
    assert not towns["town"].isna().any()


def test_base_covers_every_town_and_indicator_but_the_stock() -> None:
    base = table("panyu", "base")
    indicators = {i["id"] for i in yaml(SCENARIOS / "panyu" / "plan.yaml")["attainment"]["indicators"]}
    assert base.groupby("indicator").size().to_dict() == dict.fromkeys(indicators - {"volunteers"}, 16)


def test_standard_stations_are_whole_stations() -> None:
    for plan in ("panyu", "wuchuan"):
        base = table(plan, "base").query("indicator == 'standard_stations'").merge(table(plan, "towns"), on="town")
        counted = base["value"] * base["stations"]
        assert (counted - counted.round()).abs().max() < 1e-4


@pytest.mark.parametrize("path", TABLES, ids=named)
def test_tables_are_utf8_with_bom_and_line_feeds(path: Path) -> None:
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in content
    assert content.endswith(b"\n")


@pytest.mark.parametrize("plan", PLANS)
def test_every_column_has_an_origin_and_every_assumption_says_so(plan: str) -> None:
    origins = table(plan, "origins")
    held = {(path.stem, column) for path in TABLES if path.parts[-3] == plan and path.stem != "origins"
            for column in table(plan, path.stem).columns}  # fmt: skip
    assert {(row.table, row.column) for row in origins.itertuples()} == held
    assert not origins.duplicated(["table", "column"]).any()
    assert set(origins["origin"]) <= {"real", "derived", "illustrative"}
    assumed = origins["origin"] == "illustrative"
    assert origins.loc[assumed, "rule_zh"].str.startswith("示例数据（虚构）").all()
    assert not origins.loc[~assumed, "rule_zh"].str.contains("示例数据").any()
    assert (origins[["rule_zh", "rule_en"]].map(len) > 0).all(axis=None)


def test_documented_single_town_figures_are_the_sources() -> None:
    source = pd.read_csv(SCENARIOS / "sources" / "panyu_16_towns.csv", dtype={"code": str}).set_index("code")
    towns = table("panyu", "towns").set_index("code")
    pd.testing.assert_series_equal(towns["area_km2"], source["area_km2"].reindex(towns.index))
    pd.testing.assert_series_equal(towns["pop_census_2010"], source["pop_census_2010"].reindex(towns.index))
    assert towns["pop_census_2020"].dropna().to_dict() == {"440113011": 142_550}


@pytest.mark.parametrize("path", FILES, ids=named)
def test_ids_are_ascii_and_the_schema_is_named(path: Path) -> None:
    up = "../" * (len(path.relative_to(SCENARIOS.parent).parts) - 1)
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# yaml-language-server: $schema={up}schema/scenario.schema.json"
    assert all(re.fullmatch(r"[A-Za-z0-9_]+", each) for each in values(yaml(path), "id"))


@pytest.mark.parametrize("plan", PLANS)
def test_town_ids_are_ascii(plan: str) -> None:
    assert table(plan, "towns")["town"].str.fullmatch(r"[a-z0-9_]+").all()


def test_goals_and_rules_quote_the_plan_documents() -> None:
    documents = (SCENARIOS / "sources" / "plan-documents").glob("*.txt")
    written = "".join(re.sub(r"\s+", "", path.read_text(encoding="utf-8")) + "\n" for path in documents)
    quoted = list(values(yaml(SCENARIOS / "panyu" / "plan.yaml"), "text"))
    assert len(quoted) == 13
    for text in quoted:
        assert re.sub(r"\s+", "", text) in written


@pytest.mark.parametrize("plan", PLANS)
def test_weights_and_shares_sum_to_one(plan: str) -> None:
    tree = yaml(SCENARIOS / plan / "plan.yaml")
    assert sum(i["weight"] for i in tree["attainment"]["indicators"]) == pytest.approx(1)
    for shares in [*values(tree, "factors"), *values(tree, "programme_shares")]:
        assert sum(shares.values()) == pytest.approx(1)


def test_assumed_effects_say_so_in_chinese() -> None:
    for plan in PLANS:
        for origin in values(yaml(SCENARIOS / plan / "plan.yaml"), "origin"):
            assert origin["kind"] != "illustrative" or origin["rule"].startswith("示例数据（虚构）")


@pytest.mark.parametrize("year", range(2016, 2021))
def test_at_least_three_tenths_of_the_money_is_free_after_all_floors(year: int) -> None:
    plan = load(SCENARIOS / "panyu" / f"{year}.yaml").first
    funding: Any = plan.sections["funding"]
    money = sum(source.amount for source in funding.sources)
    special = sum(source.amount for source in funding.sources if source.special_fund)
    floors = pd.concat(
        [plan.towns["running_cost_yuan"], plan.towns["resident_pop"] * funding.per_capita_floor.town], axis=1
    ).max(axis=1)
    assert 1 - floors.sum() / money >= 0.30
    assert special >= funding.per_capita_floor.district * plan.population.sum()


@pytest.mark.parametrize("path", [*(SCENARIOS / plan for plan in PLANS), *PLAN_FILES], ids=named)
def test_plans_load_without_a_warning(path: Path) -> None:
    assert load(path).warnings == ()
