"""Postings from before a plan year, as ``last_year`` gives them."""

from __future__ import annotations

from allocator.blocks.posting.section import Posting
from allocator.scenario.plan_year import PlanYear


def past_postings(plan: PlanYear) -> list[tuple[str, str, int]] | None:
    """Postings (teacher, host town, first year) that ran in the year before or still run; none where they are not
    given (or decided as well)."""
    given, posting = plan.common.last_year, plan.section(Posting)
    if plan.follows("posting") or given is None or given.postings is None:
        return None
    table, term = plan.tables[given.postings], 1 if posting is None else posting.term_years
    rows = zip(table["teacher"], table["to_town"], table["start_year"].astype(int), strict=True)
    return [(who, town, begun) for who, town, begun in rows if begun + term >= plan.year]
