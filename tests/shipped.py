"""The shipped scenarios: solved once in a process, compared with each other and with their expected files.

Tests about one scenario share an xdist group, so that no two workers solve it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from _pytest.mark.structures import ParameterSet
from ruamel.yaml import YAML

from allocator.engine.opening import SolverName
from allocator.plan.reading import load
from allocator.tables.result import Result
from allocator.verbs.options import Options
from allocator.verbs.solving import solve

SCENARIOS = Path(__file__).parent.parent / "scenarios"
PLANS = ("tiny", "wuchuan", "panyu")


def _files() -> dict[str, Path]:
    found = {}
    for plan in PLANS:
        files = sorted((SCENARIOS / plan).glob("[0-9]*.yaml")) + sorted((SCENARIOS / plan / "variants").glob("*.yaml"))
        found |= {f"{plan}/{file.stem}": file for file in files}
    return found


FILES: Mapping[str, Path] = _files()
"""Plan and file stem (``panyu/2016-less``) to the year or variant file."""

QUICK = ("tiny/2016", "tiny/2016-total", "wuchuan/2021", "panyu/2016")
"""Solved with both solvers in a default run; the others under the marker ``slow``."""


def parameters(names: Iterable[str], *, slow: bool = False, quick: Container[str] = QUICK) -> list[ParameterSet]:
    """One parameter a scenario, in its xdist group; those that are not quick are marked slow if asked."""
    marked = []
    for name in names:
        marks = [pytest.mark.xdist_group("panyu" if name == "panyu/2016" else name)]
        if slow and name not in quick:
            marks.append(pytest.mark.slow)
        marked.append(pytest.param(name, marks=marks, id=name))
    return marked


@cache
def result(name: str, solver: SolverName = "highs") -> Result:
    """A shipped scenario solved; never change its tables."""
    return solve(load(FILES[name]), Options(solver=solver))


def expected(name: str) -> dict[str, Any]:
    """The expected file of a scenario."""
    plan, stem = name.split("/")
    return dict(YAML(typ="safe").load(SCENARIOS / plan / "expected" / f"{stem}.yaml"))


def apart(a: Result, b: Result) -> dict[str, float]:
    """Largest difference of two plans by kind: yuan, hours, level points and pairs that only one has."""
    delivery: Any = a.scenario.first.sections["delivery"]
    cost = {programme.id: programme.unit_cost for programme in delivery.programmes}
    units = _difference(a, b, "delivery", ["town", "programme"], "units").reset_index()
    found = {
        "funding [yuan]": _difference(a, b, "funding", ["town", "programme", "source"], "amount_yuan"),
        "delivery [yuan]": units["units"] * units["programme"].map(cost),
        "teaching [hours]": _difference(a, b, "teaching", ["teacher", "to_town", "category"], "hours"),
        "volunteering [hours]": _difference(a, b, "volunteering", ["from_town", "to_town"], "hours"),
        "guidance [hours]": _difference(a, b, "guidance", ["giver", "town"], "hours"),
        "level [points]": _difference(a, b, "towns", ["town"], "level_after"),
    }
    pairs = [set(zip(each.pairs["mentor"], each.pairs["mentee"], strict=True)) for each in (a, b)]
    return {kind: float(each.max()) if len(each) else 0.0 for kind, each in found.items()} | {
        "pairs": float(len(pairs[0] ^ pairs[1]))
    }


def _difference(a: Result, b: Result, table: str, labels: list[str], column: str) -> pd.Series:
    """Absolute difference of every cell; a row that is missing counts as zero."""
    sides = [each.tables[table].set_index(labels)[column].astype(float) for each in (a, b)]
    return sides[0].sub(sides[1], fill_value=0.0).abs()
