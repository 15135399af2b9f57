"""Credit in whole steps: the lines go through the whole numbers, cut off no plan, and make relaxations closer.

Town a: 500 residents, stations s1 and s2 alike, 30 yuan a star; town b: s3 (130 yuan) and s4, which has its star. A
star brings 10 persons.
"""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import numpy as np
import pulp
import pytest
from test_stars import PAID, TABLES

from allocator.engine.build import build
from allocator.model import Floats, Model, Terms
from allocator.model.pulp_problem import PulpProblem
from allocator.scenario.plan_year import Scenario
from worlds import CLASS, ORIGIN, attainment, effect, government, levels, solved, world

GRADE = [{"id": "one", "stars": 1, "cutoff": 60}]
GAINS = [{"indicator": "participation", "per_unit": 10, "origin": ORIGIN}]
TARGET = 0.03


def plan(money: float = 60, target: float = TARGET, gain: float = 10, **more: Any) -> dict[str, Any]:
    """Stars and their money, courses beside them, and a level that a star and a half fill in a."""
    given = {
        "spending": PAID,
        "tables": TABLES,
        "stars": {"grades": GRADE, "spending": "facilities", "gains": [{**GAINS[0], "per_unit": gain}]},
        "delivery": {"programmes": [{**CLASS, "max_units": {"per": 1, "of": "resident_pop", "units": 0.001}}]},
        "attainment": attainment(effect(), target=target, retention=1.0),
        "funding": {"sources": [government(money, pays=PAID)]},
    }
    return given | more


def most_credit(model: Model, at: int, units: float, others: float = 0.0) -> dict[int, float]:
    """By town, the most that the lines of a year let attainment be with so many units, and so much beside them."""
    rows = model.rows["credit_steps"][at]
    attained = {column for part in model.columns["attainment"] for column in part.terms.column.tolist()}
    whole = {c for entry in model.ledgers["value"].entries if entry.whole for c in entry.terms.column.tolist()}
    found = {}
    for row, (town, bound) in enumerate(zip(rows.labels["town"].tolist(), rows.bound.tolist(), strict=True)):
        terms = rows.matrix.where(rows.matrix["row"] == row)
        pairs = list(zip(terms.column.tolist(), terms.coefficient.tolist(), strict=True))
        (target,) = (coefficient for column, coefficient in pairs if column in attained)
        (slope,) = {round(coefficient, 12) for column, coefficient in pairs if column in whole}
        found[town] = (bound - slope * units + others) / target
    return found


@pytest.mark.parametrize(("units", "credit"), [(1, 2 / 3), (1.5, 5 / 6), (2, 1.0)])
def test_the_line_goes_through_the_whole_numbers(units: float, credit: float, tmp_path: Path) -> None:
    # A star is 10 / 500 = 0.02 of 0.03 in a. In b it is 0.01 of 0.03: three fill it exactly, so there is no line.
    model = build(world(tmp_path, **plan()))
    assert most_credit(model, 0, units) == pytest.approx({0: credit})


def test_what_else_is_brought_counts_besides(tmp_path: Path) -> None:
    # 0.005 of 0.03 from elsewhere: a sixth more credit with one star.
    model = build(world(tmp_path, **plan()))
    assert most_credit(model, 0, 1, others=0.005) == pytest.approx({0: 2 / 3 + 1 / 6})


@pytest.mark.parametrize(("base", "towns"), [(0.0, {0}), (0.01, set()), (0.03, set()), (0.02, {0})])
def test_there_is_no_line_where_whole_stars_fill_the_level_or_it_is_full(
    base: float, towns: set[int], tmp_path: Path
) -> None:
    # 0.01 and one star, or 0.03 alone, are the target of a; 0.02 lacks half a star. Nothing is open in b at 0.03.
    model = build(world(tmp_path, base={"a": base, "b": 0.03}, **plan()))
    rows = [part for part in model.rows.get("credit_steps", []) if len(part)]
    assert {town for part in rows for town in part.labels["town"].tolist()} == towns


def test_stars_of_earlier_years_count_on_where_all_is_kept(tmp_path: Path) -> None:
    years = {2016: {}, 2017: {}}
    kept = build(world(tmp_path / "kept", years=years, **plan()))
    lost = build(world(tmp_path / "lost", years=years, **plan(attainment=attainment(target=TARGET, retention=0.5))))
    columns = [[len(part.matrix) for part in model.rows["credit_steps"]] for model in (kept, lost)]
    # Attainment, two stations and, with courses, their units; next year two stations and units more, or what is left
    # of the year before instead of it.
    assert columns == [[4, 7], [3, 4]]
    assert most_credit(kept, 1, 1) == pytest.approx({0: 2 / 3})


def relaxed(model: Model, objective: Terms, stars: Floats | None = None, *, lines: bool = True) -> float | None:
    """Largest sum of the objective where stars may be given in part; with some given, with the lines or without.

    None where there is no such plan.
    """
    written, problem, left_out = PulpProblem(model), pulp.LpProblem("relaxed", pulp.LpMaximize), set[int]()
    for part in () if lines else model.rows["credit_steps"]:
        left_out |= set(part.positions.tolist())
    problem.setObjective(pulp.lpSum(written.columns[at] for at in objective.column.tolist()))
    for at, row in enumerate(written.rows):
        if at not in left_out:
            problem.addConstraint(row.copy(), f"r{at}")
    for column in written.columns:
        column.cat = pulp.LpContinuous
    starred = model.family("starred").column.tolist()
    for at, value in [] if stars is None else zip(starred, stars.tolist(), strict=True):
        problem += written.columns[at] == value
    problem.solve(pulp.HiGHS(msg=False))
    return float(problem.objective.value()) if problem.status == pulp.LpStatusOptimal else None


def test_a_relaxation_fills_no_level_with_part_of_a_star(tmp_path: Path) -> None:
    # 45 yuan are a star and a half, or in truth one: 2/3 of the level of a, and 15 yuan left over.
    given = plan(45, delivery=None, attainment=attainment(target=TARGET))
    model = build(world(tmp_path / "model", **given))
    level = model.family("level")
    of_a = level.where(level["town"] == 0)
    assert relaxed(model, of_a) == pytest.approx(250 / 3)
    assert relaxed(model, of_a, lines=False) == pytest.approx(100)
    assert levels(solved(tmp_path / "solved", **given)) == {"a": pytest.approx(66.667), "b": 0}


def drawn(folder: Path, rng: random.Random) -> Scenario:
    """A plan of two years with random money, gains, targets, base values and shares kept."""
    money = rng.choice([60, 160, 320])
    given = plan(money, gain=rng.choice([3, 7, 10, 13]))
    kept = rng.choice([1.0, 1.0, 0.8])
    given["attainment"] = attainment(effect(per_unit=rng.choice([1, 4])), target=TARGET, retention=kept)
    base = {town: rng.choice([0.0, 0.004, 0.011, 0.019]) for town in "ab"}
    return world(folder, years={2016: {}, 2017: {}}, base=base, **given)


def test_no_plan_with_whole_stars_is_cut_off(tmp_path: Path) -> None:
    rng, looked_at = random.Random(11), 0
    for at in range(8):
        model = build(drawn(tmp_path / str(at), rng))
        level, stations = model.family("level"), len(model.family("starred"))
        for chosen in itertools.product((0.0, 1.0), repeat=stations):
            best = [relaxed(model, level, np.array(chosen), lines=lines) for lines in (True, False)]
            assert best[0] == (None if best[1] is None else pytest.approx(best[1], abs=1e-6))
            looked_at += best[1] is not None
    assert looked_at > 100
