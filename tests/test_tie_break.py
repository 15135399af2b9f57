"""The tie-break: integers by a published rule, and the plan closest to the baseline among all that are best."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import worlds
from allocator.engine import tie_break
from allocator.engine.build import build
from allocator.engine.highs import HighsSession
from allocator.engine.session import Solution
from allocator.engine.stages import StagesRun, integer_values, loosen, run_stages
from allocator.engine.tie_break import choose_integers, hash_weights, project_plan
from allocator.model import Codes, Floats, Model, Terms
from allocator.plan.reading import load
from allocator.scenario.plan_year import Scenario
from allocator.scenario.section import TieBreakStage
from plans import TABLES, write_plan
from shipped import FILES, parameters, result

TIE_BREAK = {"id": "tie_break", "factors": {"resident_pop": 1}}
MENTORING = {
    "mature": {"upper_third": False, "preset": ["ma", "mb", "mc"]},
    "slow": {"towns": ["sa", "sb", "sc"]},
    "mentor_capacity": 1,
    "min_gap": 5,
    "transfer": {"participation": 0},
    "nearness_minutes": worlds.NEARNESS_MINUTES,
}


def pairs_world(folder: Path, last_year: list[tuple[str, str]], capacity: int = 1) -> Scenario:
    """Three mentors and three mentees, all alike: every mentee has a mentor, whichever it is. Last year's pairs have
    just ended and may be renewed."""
    mature, slow = ("ma", "mb", "mc"), ("sa", "sb", "sc")
    rows = [{"mentor": m, "mentee": n, "start_year": 2013, "renewals": 0} for m, n in last_year]
    money = [{"town": town, "amount_yuan": 100} for town in (*mature, *slow)]
    return worlds.world(
        folder,
        {town: {"resident_pop": 1000} for town in (*mature, *slow)},
        base=dict.fromkeys(mature, 0.6) | dict.fromkeys(slow, 0.2),
        roads=dict.fromkeys(itertools.combinations((*mature, *slow), 2), 20.0),
        tables={"before": rows, "money": money} if rows else None,
        funding={"sources": [worlds.government(3000)]},
        mentoring={**MENTORING, "mentor_capacity": capacity},
        goals=[{"id": "all", "measure": "paired_slow_towns", "strength": "rule", "at_least": {2016: 1}}],
        last_year={"pairs": "before", "funding_by_town": "money"} if rows else None,
        stages=[{"id": "balance", "give": 0}, {"id": "total"}, TIE_BREAK],
    )


@dataclass
class Settled:
    """A run after its tie-break, still on its solver."""

    model: Model
    session: HighsSession
    scenario: Scenario
    stage: TieBreakStage
    run: StagesRun
    unique: bool
    held_at: list[float]
    """Bounds of the held rows before they were loosened."""

    @property
    def x(self) -> Floats:
        assert self.run.x is not None
        return self.run.x


def chosen(scenario: Scenario) -> Settled:
    """Stages and the choice of integers, without the projection."""
    model = build(scenario)
    session = HighsSession(model)
    run = run_stages(model, scenario, session)
    stage = next(s for s in scenario.first.common.stages if isinstance(s, TieBreakStage))
    held_at = [held.limit for held in run.held]
    loosen(session, run)
    unique = choose_integers(model, session, scenario, stage, run)
    return Settled(model, session, scenario, stage, run, unique, held_at)


@cache
def shipped_and_projected(name: str) -> tuple[Settled, Floats]:
    """The tie-break of a shipped scenario; its session is left as it was found."""
    return projected(load(FILES[name]))


def projected(scenario: Scenario) -> tuple[Settled, Floats]:
    """The whole tie-break; the plan before the projection comes along."""
    settled = chosen(scenario)
    vertex = settled.x.copy()
    how, _ = project_plan(settled.model, scenario, settled.session, settled.stage, settled.run)
    assert how == "converged"
    return settled, vertex


# -- integers ----------------------------------------------------------------------------------------------------


def documented_weight(mentor: str, mentee: str, year: int) -> float:
    digest = hashlib.sha256(f"pairing\x1f{mentor}\x1f{mentee}\x1f{year}".encode()).hexdigest()
    return 1.0 + int(digest, 16) / 2.0**256


def every_choice(settled: Settled) -> Iterator[Codes]:
    """Positions of the pairs of every set of pairs with which all held values can be kept."""
    pairing = settled.model.family("pairing")
    fresh = build(settled.scenario)
    session = HighsSession(fresh)
    run = run_stages(fresh, settled.scenario, session)
    loosen(session, run)
    nothing = Terms({}, np.zeros(0, dtype=np.intp), np.zeros(0))
    for picked in itertools.product((0.0, 1.0), repeat=len(pairing)):
        values = np.array(picked)
        mentors = np.bincount(pairing["mentor"], weights=values)
        mentees = np.bincount(pairing["mentee"], weights=values)
        if mentors.max() > settled.scenario.first.sections["mentoring"].mentor_capacity or mentees.max() > 1:  # type: ignore[attr-defined]
            continue
        session.set_column_bounds(pairing.column, values, values)
        if session.solve(nothing, 0.0, False, 1e-6).has_plan:
            yield np.flatnonzero(values)


@pytest.mark.parametrize(
    ("last_year", "capacity"),
    [([], 1), ([("ma", "sb"), ("mb", "sa")], 1), ([("ma", "sa"), ("ma", "sb"), ("mb", "sc")], 1), ([("mc", "sa")], 2)],
)
def test_pairs_are_those_enumeration_finds(last_year: list[tuple[str, str]], capacity: int, tmp_path: Path) -> None:
    settled = chosen(pairs_world(tmp_path, last_year, capacity))
    pairing = settled.model.family("pairing")
    named = settled.model.decoded({dim: pairing[dim] for dim in ("mentor", "mentee")})
    names = list(zip(named["mentor"], named["mentee"], strict=True))
    assert len(names) == 9

    def rank(choice: Codes) -> tuple[int, float]:
        new = {names[at] for at in choice}
        weight = sum(documented_weight(m, n, 2016) * (-1 if (m, n) in last_year else 1) for m, n in new)
        return len(new ^ set(last_year)), weight

    possible = sorted(every_choice(settled), key=rank)
    assert len(possible) > 1, "nothing to choose"
    found = np.flatnonzero(settled.x[pairing.column] > 0.5)
    assert found.tolist() == possible[0].tolist()
    assert settled.unique


def test_equal_weights_are_not_called_unique(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = pairs_world(tmp_path, [])
    assert chosen(scenario).unique
    monkeypatch.setattr(tie_break, "hash_weights", lambda _model, cells, _family="pairing": np.ones(len(cells)))
    settled = chosen(scenario)
    assert not settled.unique


def weights_by_name(scenario: Scenario) -> dict[tuple[str, ...], float]:
    model = build(scenario)
    pairing = model.family("pairing")
    named = model.decoded({dim: pairing[dim] for dim in ("mentor", "mentee")})
    return dict(zip(zip(named["mentor"], named["mentee"], strict=True), hash_weights(model, pairing), strict=True))


def test_hashed_weights_depend_on_ids_alone(tmp_path: Path) -> None:
    usual = weights_by_name(load(write_plan(tmp_path / "usual") / "2016.yaml"))
    assert usual == {pair: documented_weight(*pair, 2016) for pair in usual}
    assert all(1 <= weight < 2 for weight in usual.values())
    header, *rows = TABLES["towns"].splitlines()
    more = "ao,奥镇,Ao,23.05,113.20,40000,8,2000,100,30000"
    towns = "\n".join([header, *(row.replace("镇", "区") for row in reversed(rows)), more]) + "\n"
    base = TABLES["base"] + "ao,participation,0.39\nao,standard_stations,0.4\n"
    roads = TABLES["roads"] + "ao,nan,9\n"
    volunteers = TABLES["volunteers"] + "ao,100,0.3,20\n"
    tables = {"towns": towns, "base": base, "roads": roads, "volunteers": volunteers}
    other = weights_by_name(load(write_plan(tmp_path / "other", tables=tables) / "2016.yaml"))
    assert len(other) > len(usual) > 0
    assert {pair: other[pair] for pair in usual.keys() & other.keys()} == {pair: usual[pair] for pair in usual}


# -- projection --------------------------------------------------------------------------------------------------


def distance(settled: Settled) -> tuple[Any, Floats]:
    """Squared distance to the baseline as a function of the plan, and its gradient at the published plan."""
    target, scale, weighted = tie_break._distances(settled.model, settled.scenario, settled.stage)
    gradient = np.where(weighted, 2 * (settled.x - target) / scale**2, 0.0)
    return lambda x: float((((x - target) / scale)[weighted] ** 2).sum()), gradient


def best_plan(settled: Settled, direction: Floats) -> Solution:
    """The plan furthest against a direction among all that keep the last stage at its optimum, to 1e-9 of its unit."""
    last = settled.run.held[-1]
    objective = last.step.objective
    reached = float(objective.coefficient @ settled.x[objective.column])
    worse = -1e-9 if last.step.maximise else 1e-9
    settled.session.set_row_bounds(last.row.positions, np.array([reached + worse]))
    at = np.flatnonzero(direction)
    found = settled.session.solve(Terms({}, at, direction[at]), 0.0, False, 1e-9)
    settled.session.set_row_bounds(last.row.positions, np.array([last.limit]))
    return found


GOAL_STAGES = ("basics", "aspirations")
"""Stages whose rows hold shortfalls in a unit of their own."""
PROJECTED = ["tiny/2016", "wuchuan/2021", "panyu/2016"]


@pytest.mark.parametrize("name", parameters(PROJECTED))
def test_no_best_plan_is_closer_to_the_baseline(name: str) -> None:
    """Convexity: the plan is closest if going towards no other best plan brings it closer; the linear program says by
    how much at most."""
    settled, vertex = shipped_and_projected(name)
    away, gradient = distance(settled)
    here = away(settled.x)
    furthest = best_plan(settled, gradient)
    assert furthest.status == "optimal"
    assert gradient @ settled.x - furthest.value <= 1e-6 * (1.0 + here)
    draw = np.random.default_rng(5)
    for _ in range(3):
        other = best_plan(settled, draw.normal(size=len(gradient)) * (gradient != 0))
        assert other.has_plan
        assert here <= away(other.x) + 1e-6 * (1.0 + here)
    assert here < away(vertex[: len(settled.x)])


@pytest.mark.parametrize("name", parameters(PROJECTED))
def test_the_projected_plan_keeps_what_is_held(name: str) -> None:
    settled, _ = shipped_and_projected(name)
    columns, values = integer_values(settled.model, settled.x)
    assert np.abs(settled.x[columns] - values).max(initial=0.0) <= 1e-9
    for held, before in zip(settled.run.held, settled.held_at, strict=True):
        value = float(held.row.activity(settled.x)[0])
        better = value - held.limit if held.row.sense == ">=" else held.limit - value
        assert better >= -1e-6
        worse = held.worse if held.stage in GOAL_STAGES else (-1 if held.step.maximise else 1) * held.step.grid
        assert held.limit == pytest.approx(before + worse)


@pytest.mark.parametrize("name", parameters(["tiny/2016", "wuchuan/2021", "panyu/2016"]))
def test_the_result_says_that_it_is_unique(name: str) -> None:
    run = result(name).run
    assert (run["unique"], run["projection"]) == (True, "converged")


def moved(before: Settled, after: Settled, plans: tuple[Floats, ...]) -> float:
    """Sum over all money cells of the change [yuan]."""
    columns = [settled.model.family("funding").column for settled in (before, after)]
    return float(np.abs(plans[0][columns[0]] - plans[1][columns[1]]).sum())


@pytest.mark.parametrize("name", [*parameters(["wuchuan/2021"]), pytest.param("panyu/2016", marks=pytest.mark.slow)])
def test_a_little_more_money_moves_the_projected_plan_little(name: str) -> None:
    scenario = load(FILES[name])
    path = "funding.sources.government.amount"
    section: Any = scenario.first.sections["funding"]
    amount = next(source.amount for source in section.sources if source.id == "government")
    unit = 10_000 if name.startswith("wuchuan") else 1
    runs = [projected(each)[0] for each in (scenario, scenario.with_({path: amount * 1.001 / unit}))]
    ratio = moved(*runs, tuple(settled.x for settled in runs)) / (0.001 * amount)
    weights = np.random.default_rng(5).normal(size=(5, len(runs[0].x))) * (distance(runs[0])[1] != 0)
    corners = [tuple(best_plan(settled, each).x for settled in runs) for each in weights]
    others = [moved(*runs, plans) / (0.001 * amount) for plans in corners]
    print(f"{name}: yuan moved a yuan more: {ratio:.2f}; corners by random weights {np.round(others, 1)}")
    assert 0.9 <= ratio <= 5.0
