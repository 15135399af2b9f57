"""How the time of a run is shared out, all in one place; times are seconds, deadlines values of time.monotonic().

A run has one deadline. Its stages share what is left of it step by step; years that are solved one by one share it
evenly; a first plan of several years may take a part of it, and leaves time for the years in one model; the search
around a known plan, and the probes of a diagnosis, stop after fixed seconds. Tie-break and rounding take what is left.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from allocator.engine.session import Limits

PATIENCE = 3.0
"""A step may take so many times its even share of the time that is left: most need less."""

FIRST_PLAN_SHARE, YEAR_LEAST, YEAR_MOST = 0.4, 5.0, 20.0
"""Share of the time limit that the years of a first plan take together; seconds for a year: at least, and at most."""

AFTER_FIRST_PLAN = 10.0
"""Least time for the years in one model once a plan of them year by year is known, even beyond the time limit."""

LEAST = 0.01
"""Least time for a year of a rolling plan, so that the year that is named is the one that was stopped."""


@dataclass
class Clock:
    """Seconds by step of the run."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count what happens inside under a name."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun


def deadline_in(seconds: float | None) -> float | None:
    """The deadline so many seconds from now; none where there is no limit."""
    return None if seconds is None else time.monotonic() + seconds


def soonest(limits: Limits, seconds: float) -> Limits:
    """The same limits, but at most so many seconds from now."""
    until = time.monotonic() + seconds
    return Limits(until if limits.deadline is None else min(limits.deadline, until), limits.interrupted)


def share_step(limits: Limits, steps_left: int) -> None:
    """Let the step at hand take ``PATIENCE`` times its even share of the time left; about so many come after it."""
    limits.step_deadline = None
    if limits.deadline is not None:
        now = time.monotonic()
        limits.step_deadline = now + max(0.0, limits.deadline - now) * min(1.0, PATIENCE / max(1, steps_left + 1))


@contextmanager
def at_most(limits: Limits, seconds: float) -> Iterator[None]:
    """What happens inside ends after so many seconds, and after half of the time that is left."""
    now, deadline, until = time.monotonic(), limits.step_deadline, limits.ends
    limits.step_deadline = now + (seconds if until is None else min(seconds, (until - now) / 2))
    try:
        yield
    finally:
        limits.step_deadline = deadline


def first_plan_ends(limits: Limits) -> float | None:
    """Until when the years of a first plan are solved; none where the run has no deadline."""
    now = time.monotonic()
    return None if limits.deadline is None else now + FIRST_PLAN_SHARE * max(0.0, limits.deadline - now)


def year_of_first_plan(limits: Limits, ends: float | None, years_left: int) -> Limits:
    """Limits of the next year of a first plan: its even share of the time until it ends, within bounds."""
    now = time.monotonic()
    share = YEAR_MOST if ends is None else (ends - now) / years_left
    return Limits(now + min(YEAR_MOST, max(YEAR_LEAST, share)), limits.interrupted)


def leave_time(limits: Limits) -> None:
    """See to it that a plan found year by year is not lost: there is time to decide the rest of it in one model."""
    if limits.deadline is not None:
        limits.deadline = max(limits.deadline, time.monotonic() + AFTER_FIRST_PLAN)


def even_share(deadline: float | None, years_left: int) -> float | None:
    """Seconds for the next of so many years of a rolling plan; none where there is no limit."""
    return None if deadline is None else max(LEAST, deadline - time.monotonic()) / years_left
