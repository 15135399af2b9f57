"""Pairs from before a plan year, as ``last_year`` gives them."""

from __future__ import annotations

from dataclasses import dataclass

from allocator.blocks.mentoring.section import Mentoring
from allocator.scenario.plan_year import PlanYear


@dataclass(frozen=True)
class PastPair:
    """A mentoring pair that began before the plan year."""

    mentor: str
    mentee: str
    start_year: int
    renewals: int
    ran: bool = True
    """Whether it ran last year as far as its term says so; not where it could not be made that year."""

    def last_year(self, term_years: int) -> int:
        """The last year of its agreement, renewals included."""
        return self.start_year + term_years * (1 + self.renewals) - 1


def past_pairs(plan: PlanYear) -> list[PastPair] | None:
    """Pairs that began before this year, running or ended; none where they are not given (or decided as well)."""
    given = plan.common.last_year
    if plan.follows("mentoring") or given is None or given.pairs is None:
        return None
    table = plan.tables[given.pairs]
    columns = (table[name] for name in ("mentor", "mentee", "start_year", "renewals"))
    ran = table["ran"] if "ran" in table else [True] * len(table)
    rows = zip(*columns, ran, strict=True)
    return [PastPair(m, n, int(start), int(times), bool(is_on)) for m, n, start, times, is_on in rows]


def last_year_pairs(plan: PlanYear) -> list[tuple[str, str]] | None:
    """Pairs (mentor, mentee) that ran last year; none where they are not given (or decided as well)."""
    past, mentoring = past_pairs(plan), plan.section(Mentoring)
    if past is None:
        return None
    term = 1 if mentoring is None else mentoring.term_years
    ran = (pair for pair in past if pair.ran and pair.last_year(term) >= plan.year - 1)
    return [(pair.mentor, pair.mentee) for pair in ran]
