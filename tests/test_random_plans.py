"""Random small plans: a plan the audit accepts or an error with a name; spoiled plans are found out."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.auditing.whole import audit_folder
from allocator.blocks.shared.checks import Checks
from allocator.engine.build import build
from allocator.engine.criteria.ordered import smallest_sums
from allocator.engine.criteria.step import SUM_GRID
from allocator.engine.highs import HighsSession
from allocator.model import Floats, Terms
from allocator.scenario.plan_year import Scenario
from allocator.tables.result import Result
from allocator.tables.written import table_bytes
from allocator.verbs.solving import solve
from allocator.words.errors import InputError, NoPlanError
from audit_plans import year_checks
from random_plans import random_scenario
from test_audit_folder import rehash

ROUNDS = settings(derandomize=True, deadline=None, database=None)
PLANS = pytest.mark.parametrize("plans", [8, pytest.param(24, marks=pytest.mark.slow)])
DRAWS = st.randoms(use_true_random=False)

EQUATIONS = {
    "funding": ("costing", "amount_yuan", ("town", "programme")),
    "delivery": ("costing", "units", ("town", "programme")),
    "teaching": ("teaching_need", "hours", ("to_town", "category")),
    "volunteering": ("volunteer_need", "hours", ("to_town",)),
}
"""Decision to the equation that breaks when one number of it moves, the number, and the labels of the equation."""


def solved(scenario: Scenario) -> Result | None:
    """The result, or none where an error with a name says that there is none."""
    try:
        return solve(scenario)
    except (NoPlanError, InputError) as error:
        assert str(error)
        return None


def equation(result: Result, family: str, key: str) -> tuple[float, float]:
    """Tolerance and how far the activity is from the bound."""
    for part in year_checks(result):
        if part.family == family and key in part.key:
            return _at(part, key)
    raise AssertionError(f"no check {family} {key}")


def _at(part: Checks, key: str) -> tuple[float, float]:
    at = list(part.key).index(key)
    return float(part.tolerance[at]), float(part.activity[at] - part.bound[at])


def spoil(result: Result, decision: str, rng: random.Random, folder: Path) -> str:
    """Move one number of a decision by ten tolerances of its equation, under new hashes; names the equation.

    A teacher is worth at least half an hour an hour in these plans.
    """
    family, column, labels = EQUATIONS[decision]
    table = result.tables[decision].copy()
    rows = [at for at in range(len(table)) if table[column].iloc[at] > 0]
    at = rng.choice(rows)
    tolerance, off = equation(result, family, "/".join(str(table[label].iloc[at]) for label in labels))
    section = result.scenario.first.sections["delivery"]
    costs = {programme.id: programme.unit_cost for programme in section.programmes}  # type: ignore[attr-defined]
    weight = {"delivery": costs[table["programme"].iloc[at]] if decision == "delivery" else 1.0, "teaching": 0.5}
    table.loc[table.index[at], column] += (10 * tolerance + abs(off)) / weight.get(decision, 1.0)
    (folder / f"{decision}.csv").write_bytes(table_bytes(table))
    rehash(folder)
    return family


def assert_same_tables(loaded: Result, result: Result) -> None:
    assert loaded.tables.keys() == result.tables.keys()
    for name, table in result.tables.items():
        pd.testing.assert_frame_equal(loaded.tables[name], table, check_dtype=False, check_exact=False, atol=1e-9)
    assert loaded.run["status"] == result.run["status"]
    assert loaded.scenario.first.common == result.scenario.first.common


@PLANS
def test_a_random_plan_is_solved_and_accepted_and_its_spoiled_copy_is_not(plans: int) -> None:
    seen: Counter[str] = Counter()

    @settings(ROUNDS, max_examples=plans)
    @given(DRAWS)
    def check(rng: random.Random) -> None:
        with tempfile.TemporaryDirectory() as name:
            scenario = random_scenario(rng, Path(name) / "plan")
            result = solved(scenario)
            seen["solved" if result else "none"] += 1
            if result is None:
                return
            folder = result.save(Path(name) / "result")
            assert audit_folder(folder).passed
            assert_same_tables(Result.load(folder), result)
            possible = [each for each in EQUATIONS if (result.tables[each].iloc[:, -1] > 0).any()]
            decision = min(reversed(possible), key=lambda each: seen[each])
            family = spoil(result, decision, rng, folder)
            report = audit_folder(folder)
            assert report.altered == ()
            assert family in report.failed
            seen[decision] += 1

    check()
    assert seen["solved"] >= 0.7 * (seen["solved"] + seen["none"])
    assert set(EQUATIONS) <= seen.keys(), "not every decision was spoiled"


def random_levels(scenario: Scenario, rng: random.Random, count: int) -> list[Floats]:
    """Levels of plans that keep all rules and are best for a random objective each."""
    model = build(scenario)
    session = HighsSession(model)
    found = []
    for _ in range(count):
        level = model.family("level")
        draw = np.array([rng.random() ** 3 for _ in range(len(level))])
        parts = [(level.column, draw)]
        for family in ("units", "pairing"):
            if family in model.columns:
                cells = model.family(family).column
                parts.append((cells, np.array([rng.uniform(-0.01, 0.01) for _ in range(len(cells))])))
        column, weight = (np.concatenate(each) for each in zip(*parts, strict=True))
        answer = session.solve(Terms({}, column, weight), 0.0, True, 1e-6)
        assert answer.status == "optimal"
        found.append(model.outcomes["level"].at(answer.x))
    return found


@PLANS
def test_no_random_plan_is_better_in_leximin_order(plans: int) -> None:
    compared = 0

    @settings(ROUNDS, max_examples=plans)
    @given(DRAWS)
    def check(rng: random.Random) -> None:
        nonlocal compared
        stages = [{"id": "balance", "criterion": "leximin", "give": 0}]
        with tempfile.TemporaryDirectory() as name:
            scenario = random_scenario(rng, Path(name), stages)
            result = solved(scenario)
            if result is None:
                return
            best = smallest_sums(result.towns["level_after"].to_numpy(float))
            for levels in random_levels(scenario, rng, 4):
                compared += 1
                apart = best - smallest_sums(levels)
                # Each sum is held one grid step worse, so that one that is less than three steps apart is a tie.
                first = next((each for each in apart if abs(each) > 3 * SUM_GRID), 0.0)
                assert first >= 0.0, (best, smallest_sums(levels))

    check()
    assert compared >= 2 * plans


@pytest.mark.parametrize("seed", range(3))
def test_the_generator_gives_the_same_plan_for_the_same_draws(seed: int, tmp_path: Path) -> None:
    made = [random_scenario(random.Random(seed), tmp_path / str(n)) for n in range(2)]
    assert made[0].first.common == made[1].first.common
    assert 2 <= len(made[0].first.towns) <= 6
    assert made[0].first.towns.equals(made[1].first.towns)
