"""Towns that share money, as a bare model: what each gets, its level, one budget row; and the solving of a stage."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from allocator.blocks.registry import label_axes
from allocator.engine.build import COUNTED
from allocator.engine.cbc import CbcSession
from allocator.engine.criteria.step import Hold, Step, Steps
from allocator.engine.highs import HighsSession
from allocator.engine.session import Session, Solution
from allocator.model import Axis, Model, Outcome, Terms, constant_label

Floats = npt.NDArray[np.float64]


@dataclass
class Towns:
    """level = base + gain * money, money <= most in each town and in total."""

    base: Floats
    gain: Floats
    most: Floats
    money: float
    whole: tuple[int, ...] = ()
    """Towns whose money is a whole number."""
    families: int = 1
    """Families that the towns' money is declared in, one town after the other."""

    def model(self) -> tuple[Model, Outcome]:
        count = len(self.base)
        axes = [
            Axis("outcome", tuple(f"town{n}" for n in range(count))),
            Axis("side", ("at_least", "at_most")),
            Axis("measure", ("gini", "mean_deviation", "range", "cv")),
            Axis("rank", tuple(str(n) for n in range(count))),
            Axis("step", tuple(str(n) for n in range(99))),
            *(Axis(name, tuple(str(n) for n in range(most))) for name, most in COUNTED.items()),
        ]
        model = Model(axes, label_axes(), [])
        column, coefficient, towns = np.zeros(count, dtype=np.intp), np.zeros(count), np.arange(count)
        for town in range(count):
            name, labels = f"money{town % self.families}", {"outcome": towns[town : town + 1]}
            of = model.variables(name, labels, "yuan", upper=self.most[town], integer=town in self.whole)
            column[town], coefficient[town] = of.column[0], self.gain[town]
        spent = Terms({"step": constant_label(0, count)}, column, np.ones(count))
        model.define("budget", {"step": np.array([0])}, [spent], "<=", self.money, unit="yuan")
        level = Terms({"outcome": towns}, column, coefficient)
        return model, Outcome("level", "level points", {"town": towns}, level, self.base)

    def every_whole_plan(self) -> Floats:
        """Levels of all plans with whole money, one a row."""
        ranges = [range(int(most) + 1) for most in self.most]
        spent = np.array([plan for plan in itertools.product(*ranges) if sum(plan) <= self.money], dtype=float)
        return self.base + self.gain * spent


def drawn(seed: int, count: int, whole: Sequence[int] = ()) -> tuple[Towns, Floats]:
    """Towns and their weights; there is money for a third of what they could use."""
    draw = np.random.default_rng(seed)
    base, gain = draw.uniform(5, 60, count), draw.uniform(2, 12, count)
    most = np.floor(draw.uniform(1, 5, count)) if len(whole) else (95 - base) / gain
    return Towns(base, gain, most, float(np.floor(most.sum() / 3)), tuple(whole)), draw.uniform(1, 20, count)


def run(
    model: Model, steps: Steps, solver: type[HighsSession] | type[CbcSession] = HighsSession
) -> tuple[list[tuple[Step, Solution]], Hold, Session]:
    """Solve all steps; what the last one holds stands as a row."""
    session, done = solver(model), []
    step = next(steps)
    while True:
        found = session.solve(
            step.objective, step.constant, step.maximise, step.grid / 10 if step.gap is None else step.gap
        )
        assert found.status == "optimal"
        done.append((step, found))
        try:
            step = steps.send(found.x)
        except StopIteration:
            break
    assert [step.probe for step, _ in done] == [True] * (len(done) - 1) + [False]
    assert step.hold is not None
    hold = step.hold(found.value, found.x)
    left = hold.terms.labelled({"step": constant_label(0, len(hold.terms))})
    model.define("held", {"step": np.array([0])}, [left], hold.sense, hold.bound, unit="")
    return done, hold, session


def raise_mean(model: Model, outcome: Outcome, weights: Floats, session: Session | None = None) -> Solution:
    """The plan with the highest weighted mean."""
    share = weights / weights.sum()
    objective = outcome.terms * share[outcome.terms["outcome"]]
    made = session or HighsSession(model)
    return made.solve(objective, float(share @ outcome.constant), True, 1e-7)
