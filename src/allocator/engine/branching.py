"""Whole decisions: how a plan is found and proven, in terms of what any solver session can do.

The relaxation gives a bound; the plan at hand, with the rest decided anew, gives a plan; the neighbourhood on which
the two agree often holds a much better one. What is left is one question to branch and bound: is there a plan that is
better by more than the gap asked for? "Infeasible" is the proof that there is none. Asked like this, the solver prunes
from the first node on, although it is never given a plan to start from: with one and with presolve, HiGHS 1.15.1 now
and then calls that very plan optimal although better ones exist (tests/test_tie_break.py has a case; 28 of 150 random
objectives there).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from allocator.engine.session import Limits, Solution
from allocator.engine.timing import at_most
from allocator.model import Codes, Floats

Bools = npt.NDArray[np.bool_]

QUARTER, HALF = 4, 2
"""One in so many of the fractional columns is held in a round of a dive: from nothing, and towards a known plan."""

NEAR_SECONDS = 20.0
"""Longest search near the known plan, and at most half of what a step has."""
AGREED = 0.5
"""Least share of the whole columns that relaxation and known plan must agree on for such a search."""

ROOTS = 8.0
"""Branch and bound is begun only where there is time for so many of the longest linear solve so far: with less it ends
in its first node."""

WHOLE = 1e-7
"""Distance from a whole number within which a relaxed value counts as whole."""


RELAXATION, SETTLED = "relaxation", "settled"
"""Linear solves that come back with every objective: each goes on where the one before it ended."""


@dataclass(frozen=True)
class Question:
    """What is asked of a solver that has the objective already."""

    constant: float
    """Added to the objective."""
    maximise: bool
    gap: float
    """Absolute gap that counts as solved."""
    better_than: float | None = None
    """Only plans at least so good are looked for (with the constant); none for any."""

    def beyond(self, known: Solution) -> Question:
        """The same, of plans better than a known one by more than the gap."""
        return replace(self, better_than=known.value + (self.gap if self.maximise else -self.gap))

    def best(self, *plans: Solution | None) -> Solution | None:
        """The best of some plans; none where there is none."""
        known = [plan for plan in plans if plan is not None and plan.has_plan]
        return (max if self.maximise else min)(known, key=lambda plan: plan.value, default=None)

    def tighter(self, *bounds: float) -> float:
        """The closest of some valid bounds."""
        finite = [bound for bound in bounds if np.isfinite(bound)]
        return (min if self.maximise else max)(finite, default=np.nan)

    def looser(self, *bounds: float) -> float:
        """What bounds of parts say of the whole."""
        return (max if self.maximise else min)(bounds)


class Engine(Protocol):
    """What the search needs of a solver session, whose objective is set."""

    limits: Limits
    slowest: float
    """Seconds of the longest linear solve so far."""

    @property
    def large(self) -> bool:
        """Whether the model is so large that branch and bound of all of it mostly gets nowhere."""
        ...

    @property
    def branching_seconds(self) -> float | None:
        """Longest branch and bound where there is no limit; none for any length."""
        ...

    def trivial(self) -> tuple[float, float]:
        """Lowest and highest value the objective can have within the bounds of its columns."""
        ...

    def relaxed(self, question: Question, like: str = "") -> Solution:
        """Without wholeness; warm from the last one ``like`` it, if the solver can."""
        ...

    def branched(self, question: Question) -> Solution:
        """Branch and bound."""
        ...

    def bounds(self, columns: Codes) -> tuple[Floats, Floats]:
        """Lower and upper bounds of columns."""
        ...

    def narrowed(self, columns: Codes, lower: Floats, upper: Floats) -> AbstractContextManager[None]:
        """Other bounds of columns for as long as the context lasts."""
        ...


@dataclass
class Search:
    """The search for the best plan of one objective."""

    engine: Engine
    question: Question
    whole: Codes
    """Positions of all whole columns."""
    families: Sequence[Codes]
    """The same positions, family by family."""
    start: tuple[Codes, Floats] | None
    """Some of them with the values they have in a plan that is offered; none without one."""
    best: Solution | None = None

    def run(self) -> Solution:
        """The best plan and its bound."""
        self.best = self._settled()
        trivial = self.engine.trivial()[1 if self.question.maximise else 0] + self.question.constant
        if self.best is not None and abs(self.best.value - trivial) <= self.question.gap:
            return self._known(self.best, trivial)
        relaxed = self.engine.relaxed(self.question, RELAXATION)
        if relaxed.status == "infeasible":
            return relaxed
        if relaxed.status != "optimal":
            return self._proven(trivial)
        if self._is_whole(relaxed):
            return relaxed
        for attempt in (self._guided, self._by_family, self._near, self._dive):
            if not self._is_open(relaxed):
                break
            self.best = self.question.best(self.best, attempt(relaxed))
        return self._proven(relaxed.value)

    def _is_open(self, relaxed: Solution) -> bool:
        """Whether the known plan, if any, is farther from what a relaxation reaches than the gap."""
        return self.best is None or abs(self.best.value - relaxed.value) > self.question.gap

    def _proven(self, bound: float) -> Solution:
        """The known plan or a better one, by branch and bound among those that are better by more than the gap.

        Args:
            bound: of the relaxation, or, where that did not end, of the columns alone.
        """
        if self.best is None:
            return self.engine.branched(self.question)
        if abs(self.best.value - bound) <= self.question.gap:
            return self._known(self.best, bound)
        if np.isfinite(bound) and not self._pays(np.inf):
            return self._known(self.best, bound)
        beyond = self.question.beyond(self.best)
        assert beyond.better_than is not None
        found = self.engine.branched(beyond)
        if found.status == "infeasible":
            return Solution("optimal", self.best.value, beyond.better_than, self.question.gap, self.best.x)
        best = self.question.best(self.best, found) or self.best
        return self._known(best, self.question.tighter(bound, self.question.looser(found.bound, beyond.better_than)))

    def _known(self, plan: Solution, bound: float) -> Solution:
        """A plan with a bound that holds for all plans."""
        left = abs(plan.value - bound) if np.isfinite(bound) else np.inf
        closed = left <= self.question.gap * (1 + 1e-9)
        return Solution("optimal" if closed else "feasible", plan.value, bound, left, plan.x)

    def _settled(self) -> Solution | None:
        """The best plan with the whole decisions offered to start from; none without them."""
        if self.start is None:
            return None
        columns, values = self.start
        with self.engine.narrowed(columns, values, values):
            found = self.engine.relaxed(self.question, SETTLED)
            if found.has_plan and not self._is_whole(found):  # some columns are newer than the offer
                found = self.engine.branched(self.question)
        return found if found.has_plan else None

    def _guided(self, relaxed: Solution, kept: Bools | None = None) -> Solution | None:
        """The plan that a dive from the relaxation towards the known plan ends at; none without one.

        In each round half of the columns that are not whole, those nearest to what the known plan has, are held at
        what it has (more where the time is short), and so is what agrees with it. So the known plan stays possible in
        every round, and the end is at least as good; what is better for being different stays different.
        Source: guided dives (Danna, Rothberg and Le Pape 2005).

        Args:
            relaxed: where the dive begins.
            kept: whole columns that have been held at what the known plan has; none by default.
        """
        if self.best is None:
            return None
        values, found = np.round(self.best.x[self.whole]), relaxed
        (low, high), took = self.engine.bounds(self.whole), 0.0
        if kept is not None:
            low, high = np.where(kept, values, low), np.where(kept, values, high)
        while found.status == "optimal" and not self._is_whole(found):
            away = np.abs(found.x[self.whole] - values)
            fractional = np.flatnonzero(_apart(found.x[self.whole]) > WHOLE)
            nearest = fractional[np.argsort(away[fractional], kind="stable")]
            agreed = away <= WHOLE
            agreed[nearest[: self._at_once(len(nearest), took)]] = True
            low, high = np.where(agreed, values, low), np.where(agreed, values, high)
            begun = time.monotonic()
            with self.engine.narrowed(self.whole, low, high):
                found = self.engine.relaxed(self.question)
            took = max(took, time.monotonic() - begun)
        return found if found.status == "optimal" else None

    def _at_once(self, count: int, took: float) -> int:
        """How many of the columns that are not whole a round of a dive holds, given what a round takes.

        At least half of them; where a quarter of the time that is left ends after r rounds, so many that one is left
        then.
        """
        until = self.engine.limits.ends
        rounds = np.inf if until is None or took == 0 else max(1.0, (until - time.monotonic()) / QUARTER / took)
        return max(1, count // HALF, count - int(count ** (1.0 - 1.0 / rounds)))

    def _near(self, relaxed: Solution) -> Solution | None:
        """The best plan among those that keep what relaxation and known plan agree on; none where that is not much.

        Source: relaxation induced neighbourhood search (Danna, Rothberg and Le Pape 2005).
        """
        if self.best is None:
            return None
        agreed = np.abs(relaxed.x[self.whole] - np.round(self.best.x[self.whole])) <= WHOLE
        return self._around(agreed) if agreed.mean() >= AGREED else None

    def _by_family(self, relaxed: Solution) -> Solution | None:
        """The best plan found with one family of whole decisions free at a time and the others as they are.

        Only families in which the relaxation differs from the known plan, small ones first; only in large models.
        """
        if self.best is None or len(self.families) < 2 or not self.engine.large:
            return None
        away = np.abs(relaxed.x - np.round(self.best.x)) > WHOLE
        for family in sorted((family for family in self.families if away[family].any()), key=len):
            if not self._is_open(relaxed):
                break
            self.best = self.question.best(self.best, self._around(~np.isin(self.whole, family)))
        return self.best

    def _around(self, kept: Bools) -> Solution | None:
        """The best plan found among those that keep some whole columns of the known plan; none where none is better."""
        assert self.best is not None
        values, begun = np.round(self.best.x[self.whole])[kept], time.monotonic()
        with self.engine.narrowed(self.whole[kept], values, values):
            reach = self.engine.relaxed(self.question)
        took = time.monotonic() - begun
        if reach.status != "optimal" or not self._is_open(reach):
            return None
        if self._is_whole(reach):
            return reach
        self.best = self.question.best(self.best, self._guided(reach, kept))
        if not self._is_open(reach) or not self._pays(NEAR_SECONDS, 0.5, took):
            return None
        with at_most(self.engine.limits, NEAR_SECONDS), self.engine.narrowed(self.whole[kept], values, values):
            return self.engine.branched(self.question)

    def _dive(self, relaxed: Solution) -> Solution | None:
        """A plan found by rounding the relaxation step by step; none where that leads to none, or one is known.

        In each round the columns that are whole stay as they are, and so do the largest of the others, rounded up: a
        quarter of them, or one where there are few.
        """
        low, high = self.engine.bounds(self.whole)
        found = relaxed
        while self.best is None and found.status == "optimal":
            if self._is_whole(found):
                return found
            values = found.x[self.whole]
            apart = _apart(values)
            kept = apart <= WHOLE
            left = np.flatnonzero(~kept)
            largest = np.argsort(np.floor(values[left]) - values[left], kind="stable")
            kept[left[largest[: max(1, len(left) // QUARTER)]]] = True
            rounded = np.where(apart <= WHOLE, np.round(values), np.ceil(values))
            low, high = np.where(kept, rounded, low), np.where(kept, rounded, high)
            with self.engine.narrowed(self.whole, low, high):
                found = self.engine.relaxed(self.question)
        return None

    def _pays(self, most: float, share: float = 1.0, took: float | None = None) -> bool:
        """Whether a branch and bound with a share of the time that is left can get beyond its first node.

        Args:
            most: seconds that it may take in any case.
            share: of the time that is left.
            took: seconds of a linear solve of that size; none: as long as the longest so far.
        """
        until, longest = self.engine.limits.ends, self.engine.branching_seconds
        left = (np.inf if longest is None else longest) if until is None else (until - time.monotonic()) * share
        return bool(min(most, left) > ROOTS * (self.engine.slowest if took is None else took))

    def _is_whole(self, plan: Solution) -> bool:
        return bool(_apart(plan.x[self.whole]).max() <= WHOLE)


def _apart(values: Floats) -> Floats:
    """Distance from the nearest whole number."""
    return np.abs(values - np.round(values))
