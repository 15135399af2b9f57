"""Published assignment problems as plans of mentoring: agents are mentors, jobs are mentees.

The values are those of the sources that the READMEs of the scenarios name; two further families have a closed form.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from allocator.engine.build import build
from allocator.engine.highs import HighsSession
from allocator.engine.opening import SolverName
from allocator.engine.stages import run_stages
from allocator.plan.reading import load
from allocator.scenario.plan_year import Scenario
from allocator.verbs.options import Options
from allocator.verbs.solving import solve
from worlds import world

CLASSICS = Path(__file__).parent.parent / "scenarios" / "classics"
SHIPPED = {
    "gap_c515_1/2016": CLASSICS / "gap_c515_1" / "2016.yaml",
    "gap_c515_1/2016-least-cost": CLASSICS / "gap_c515_1" / "variants" / "2016-least-cost.yaml",
    "assignment_christofides/2016": CLASSICS / "assignment_christofides" / "2016.yaml",
}


def published(name: str) -> float:
    """The value of the total in the expected file."""
    plan, stem = name.split("/")
    text = (CLASSICS / plan / "expected" / f"{stem}.yaml").read_text(encoding="utf-8")
    return float(YAML(typ="safe").load(text)["stages"][0]["value"])


@pytest.mark.parametrize("solver", ["highs", "cbc"])
@pytest.mark.parametrize("name", SHIPPED)
def test_the_optimum_is_the_published_one(name: str, solver: SolverName) -> None:
    result = solve(load(SHIPPED[name]), Options(solver=solver))
    assert result.run["status"] == "optimal"
    assert float(result.stages["published"].iloc[0]) == published(name)
    jobs = [town for town in result.scenario.first.towns.index if not town.startswith("agent")]
    assert sorted(result.pairs["mentee"]) == jobs
    assert set(result.mentees["state"]) == {"paired"}


def assignment(folder: Path, size: int, **rules: Any) -> Scenario:
    """The instance of Machol and Wien: the cost of agent i and job j is i * j."""
    numbers = range(1, size + 1)
    rows = [{"mentor": f"a{i:03d}", "mentee": f"j{j:03d}", "cost": i * j} for i in numbers for j in numbers]
    towns = {f"{side}{n:03d}": {"resident_pop": 1} for side in "aj" for n in numbers}
    return world(
        folder,
        towns=towns,
        tables={"base": [], "pair_values": rows},
        attainment=None,
        delivery=None,
        mentoring={"pairs": "pair_values", "mentor_capacity": 1, "mentee_least": 1, **rules},
        stages=[{"id": "total", "of": "mentoring.cost", "aggregate": "sum"}],
    )


def least(scenario: Scenario) -> float:
    """Least cost, by the stages alone."""
    model = build(scenario)
    done = run_stages(model, scenario, HighsSession(model))
    assert done.closed and done.x is not None
    return float(model.outcomes["mentoring.cost"].at(done.x).sum())


@pytest.mark.parametrize("size", [6, pytest.param(40, marks=pytest.mark.slow)])
def test_products_are_assigned_against_each_other(tmp_path: Path, size: int) -> None:
    # Rearrangement: the largest with the smallest; sum of i * (n + 1 - i) = n (n + 1) (n + 2) / 6.
    assert least(assignment(tmp_path, size)) == pytest.approx(size * (size + 1) * (size + 2) / 6)


def test_two_places_a_mentor_leave_the_dear_half_without_mentees(tmp_path: Path) -> None:
    # Agents 1, 2 and 3 take two jobs each: 1 * (5 + 6) + 2 * (3 + 4) + 3 * (1 + 2) = 34.
    assert least(assignment(tmp_path, 6, mentor_capacity=2)) == pytest.approx(34)
