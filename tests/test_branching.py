"""Whole decisions against enumeration: the answer is right from no plan, a poor or an impossible one, at any gap."""

from __future__ import annotations

import numpy as np
import pytest

from allocator.engine import highs
from allocator.engine.branching import Bools, Search
from allocator.engine.highs import HighsSession
from allocator.engine.session import Solution
from allocator.model import Floats, Model, Outcome
from small_models import Towns

TOWNS = 6
SEED = 2


FAMILIES = 3


def drawn(seed: int) -> tuple[Towns, Model, Outcome]:
    """Six towns that share whole money, in three families: one large plan in two or three hundred is best."""
    draw = np.random.default_rng(seed)
    most = np.floor(draw.uniform(1, 4, TOWNS))
    base, gain = draw.uniform(5, 60, TOWNS), draw.uniform(2, 12, TOWNS)
    towns = Towns(base, gain, most, float(most.sum() // 2), tuple(range(TOWNS)), FAMILIES)
    return towns, *towns.model()


def budget_and_pairs(towns: Towns, model: Model, outcome: Outcome) -> Floats:
    """Make relaxations fractional: the first three towns share 1.5; every plan that keeps that, as levels."""
    limited = outcome.terms.where(np.arange(3))
    model.define(
        "held",
        {"step": np.array([0])},
        [(limited * (1.0 / towns.gain[:3])).labelled({"step": np.zeros(3, dtype=np.intp)})],
        "<=",
        2.5,
        unit="yuan",
    )
    every = towns.every_whole_plan()
    spent = (every - towns.base) / towns.gain
    return every[spent[:, :3].sum(axis=1) <= 2.5]


def asked(seed: int, gap: float, start: Floats | None, maximise: bool) -> Solution:
    towns, model, outcome = drawn(seed)
    budget_and_pairs(towns, model, outcome)
    session = HighsSession(model)
    if start is not None:
        session.start_from(outcome.terms.column, start)
    return session.solve(outcome.terms * weights(seed, maximise), 7.0, maximise, gap)


def weights(seed: int, maximise: bool) -> Floats:
    """Random weights, some of them negative, so that the least plan is not the empty one."""
    made = np.random.default_rng(seed + 1000).uniform(-0.4, 1.0, TOWNS)
    return made if maximise else -made


def best_by_enumeration(seed: int, maximise: bool) -> float:
    towns, model, outcome = drawn(seed)
    every = budget_and_pairs(towns, model, outcome) - towns.base
    found = every @ weights(seed, maximise) + 7.0
    return float(found.max() if maximise else found.min())


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("maximise", [True, False])
@pytest.mark.parametrize("gap", [1e-6, 2.0])
@pytest.mark.parametrize("offered", ["none", "nothing for anyone", "more than there is", "at random"])
def test_the_best_plan_is_found_and_proven(
    offered: str, gap: float, maximise: bool, large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if large:  # one family after the other is searched as well
        monkeypatch.setattr(highs, "_LARGE_WHOLE", 0)
    draw = np.random.default_rng(3)
    for seed in range(12):
        start = {
            "none": None,
            "nothing for anyone": np.zeros(TOWNS),
            "more than there is": drawn(seed)[0].most,
            "at random": np.floor(draw.uniform(0, 1.7, TOWNS)),
        }[offered]
        found = asked(seed, gap, start, maximise)
        best = best_by_enumeration(seed, maximise)
        assert found.status == "optimal", seed
        assert found.gap == pytest.approx(abs(found.value - found.bound), abs=1e-9)
        assert found.gap <= gap * (1 + 1e-9)
        short = best - found.value if maximise else found.value - best
        beyond = found.bound - best if maximise else best - found.bound
        assert -1e-6 <= short <= gap + 1e-6, seed
        assert beyond >= -1e-6, seed  # a bound is one
        assert np.abs(found.x - np.round(found.x)).max() < 1e-6


def test_the_best_plan_is_proven_by_there_being_none_beyond_the_gap() -> None:
    # The relaxation alone leaves more than the gap; the bound is then where nothing was found any more.
    exact = asked(SEED, 1e-6, None, True)
    found = asked(SEED, 0.3, np.round(exact.x), True)
    assert (found.status, found.gap) == ("optimal", 0.3)
    assert found.value == pytest.approx(best_by_enumeration(SEED, True), abs=1e-6)
    assert found.bound == pytest.approx(found.value + 0.3, abs=1e-9)


class Alone(Search):
    """A search that asks one family after the other and nothing else."""

    def _guided(self, relaxed: Solution, kept: Bools | None = None) -> Solution | None:
        return super()._guided(relaxed, kept) if kept is not None else None

    def _near(self, relaxed: Solution) -> Solution | None:
        return None

    def _proven(self, bound: float) -> Solution:
        assert self.best is not None
        return self.best


def test_one_family_is_free_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    # From the plan that gives nothing: whichever family comes first goes as far as it can alone, and the others follow.
    monkeypatch.setattr(highs, "_LARGE_WHOLE", 0)
    monkeypatch.setattr(highs, "Search", Alone)
    for seed in range(12):
        towns, model, outcome = drawn(seed)
        gained = budget_and_pairs(towns, model, outcome) - towns.base
        values = gained @ weights(seed, True) + 7.0
        alone = [(gained[:, np.arange(TOWNS) % FAMILIES != own] == 0).all(axis=1) for own in range(FAMILIES)]
        found = asked(seed, 1e-6, np.zeros(TOWNS), True)
        assert found.value >= min(values[only].max() for only in alone) - 1e-6
        assert found.value > 7.0


def test_a_solver_that_gives_up_is_asked_again_at_wider_tolerances(monkeypatch: pytest.MonkeyPatch) -> None:
    # HiGHS ends some branch and bounds in an error at 1e-9. Here nothing counts before 1e-7; then all is narrow again.
    _, model, outcome = drawn(SEED)
    session, seen = HighsSession(model), list[float]()

    def unanswered(own: HighsSession) -> bool:
        seen.append(own.highs.getOptionValue("mip_feasibility_tolerance")[1])
        return own.highs.getOptionValue("mip_feasibility_tolerance")[1] < 1e-7

    monkeypatch.setattr(HighsSession, "_unanswered", unanswered)
    found = session.solve(outcome.terms * weights(SEED, True), 7.0, True, 1e-6)
    assert found.status == "optimal"
    assert seen[:4] == [1e-9, 1e-9, 1e-8, 1e-7]
    assert session.highs.getOptionValue("mip_feasibility_tolerance")[1] == 1e-9
