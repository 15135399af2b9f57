"""Location problems with published answers, run through their plan files."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML
from scipy.optimize import Bounds, LinearConstraint, milp

from allocator.auditing.whole import audit
from allocator.plan.reading import load
from allocator.tables.result import Result
from allocator.verbs.solving import solve

CLASSICS = Path(__file__).parent.parent / "scenarios" / "classics"
PMED = ("1985", "cover-127", "cover-126", "most-covered")


def told(folder: str, name: str) -> dict[str, Any]:
    wanted: dict[str, Any] = YAML(typ="safe").load(CLASSICS / folder / "expected" / "values.yaml")
    assert wanted["how"]
    return {str(key): value for key, value in wanted.items()}[name]  # type: ignore[no-any-return]


def solved(folder: str, name: str) -> Result:
    file = CLASSICS / folder / f"{name}.yaml"
    return solve(load(file if file.is_file() else CLASSICS / folder / "variants" / f"{name}.yaml"))


def value(result: Result, wanted: dict[str, Any]) -> float:
    stages = result.stages.set_index(["stage", "step"])["value"]
    return float(stages[wanted["stage"], wanted["step"]])


def opened(result: Result) -> list[str]:
    return result.bases.loc[result.bases["state"] == "opened", "site"].tolist()


def distances() -> pd.DataFrame:
    """Shortest paths of pmed1 straight from the published file."""
    edges = runpy.run_path(str(CLASSICS / "make_location.py"))["pmed_edges"]()
    graph: nx.Graph[int] = nx.Graph()
    graph.add_weighted_edges_from((a, b, length) for (a, b), length in edges.items())
    return pd.DataFrame(dict(nx.all_pairs_dijkstra_path_length(graph))).sort_index().sort_index(axis=1)


def test_the_set_covering_example_of_a_textbook() -> None:
    wanted, result = told("kilroy", "1971"), solved("kilroy", "1971")
    assert value(result, wanted) == wanted["value"]
    assert opened(result) == wanted["open"]
    assert not len(result.uncovered)
    assert audit(result).passed


@pytest.mark.parametrize("name", ["most-covered", *(pytest.param(each, marks=pytest.mark.slow) for each in PMED[:3])])
def test_pmed1_of_the_or_library(name: str) -> None:
    wanted, result = told("pmed1", name), solved("pmed1", name)
    assert result.status == "optimal"
    assert value(result, wanted) == pytest.approx(wanted["value"], abs=1e-3)
    minutes = distances().to_numpy()[:, [int(site[1:]) - 1 for site in opened(result)]].min(axis=1)
    if name == "1985":
        assert minutes.sum() == wanted["value"]
        assert result.assignments["minutes"].tolist() == minutes.tolist()
    else:
        assert minutes.max() <= (126 if name == "cover-126" else 127)
    assert audit(result).passed


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(1800)
def test_pmed1_as_p_center() -> None:
    wanted, result = told("pmed1", "center"), solved("pmed1", "center")
    assert value(result, wanted) == pytest.approx(wanted["value"], abs=1e-3)
    assert distances().to_numpy()[:, [int(site[1:]) - 1 for site in opened(result)]].min(axis=1).max() == 127


@pytest.mark.parametrize("within", [126, 127])
def test_the_expected_number_of_sites_by_another_way(within: int) -> None:
    near = (distances().to_numpy() <= within).astype(float)
    found = milp(
        np.ones(100), constraints=LinearConstraint(near, lb=1.0), integrality=np.ones(100), bounds=Bounds(0, 1)
    )
    assert round(found.fun) == told("pmed1", f"cover-{within}")["value"]


@pytest.mark.parametrize("folder", ["pmed1", "kilroy"])
def test_tables_are_those_of_the_published_instances(folder: str, tmp_path: Path) -> None:
    made = runpy.run_path(str(CLASSICS / "make_location.py"))
    made["main"].__globals__["HERE"] = tmp_path
    (tmp_path / "pmed1").mkdir()
    (tmp_path / "pmed1" / "pmed1.txt").write_bytes((CLASSICS / "pmed1" / "pmed1.txt").read_bytes())
    made["main"]()
    for file in sorted((tmp_path / folder / "tables").glob("*.csv")):
        assert file.read_bytes() == (CLASSICS / folder / "tables" / file.name).read_bytes(), file.name
