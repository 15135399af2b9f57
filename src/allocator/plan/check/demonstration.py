"""Demonstration towns: whether as many as the plan asks for can be recognised at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from allocator.blocks.demonstration.records import criteria, mature, records
from allocator.blocks.demonstration.section import Demonstration
from allocator.plan.check.bounds import units
from allocator.plan.check.money import at_hand, money
from allocator.plan.check.reach import reachable
from allocator.plan.check.said import exceeds, finding, listed, named
from allocator.plan.check.supply import Bools
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Goal
from allocator.words.errors import Finding

PATH = "demonstration.least_towns"


def demonstration_findings(plan: PlanYear) -> list[Finding]:
    """Proofs that the last year decided cannot have as many demonstration towns as the plan asks for."""
    given = plan.sections.get("demonstration")
    if not isinstance(given, Demonstration) or given.least_towns is None or not plan.is_last:
        return []
    first = _years(plan)[0]
    held: Bools = np.asarray(records(first, _section(first)).held.any(axis=1))
    able: Bools = np.any([mature(year, _section(year)) for year in _years(plan)], axis=0)
    return [*_towns(plan, given, held, able), *_pace(plan, given, held), *_cost(plan, given, held)]


def _years(plan: PlanYear) -> list[PlanYear]:
    """The years that are decided together with this one and have the block, up to this one."""
    before = plan.before
    earlier = _years(before) if before is not None and "demonstration" in before.sections else []
    return [*earlier, plan]


def _section(plan: PlanYear) -> Demonstration:
    given: Any = plan.sections["demonstration"]
    assert isinstance(given, Demonstration)
    return given


def _towns(plan: PlanYear, given: Demonstration, held: Bools, able: Bools) -> Iterator[Finding]:
    """Too few towns that are mature enough; or, in a single year, too few that can meet the criteria."""
    least = given.least_towns or 0
    values = {"least": least, "held": int(held.sum()), "able": int((able | held).sum())}
    if least > int((able | held).sum()):
        yield finding(plan, "F810", PATH, {**values, "towns": len(held)})
        return
    if plan.before is not None:
        return
    barred = able & ~held & ~_within_reach(plan, given)
    can = int((able | held).sum() - barred.sum())
    if least > can:
        names = listed([named(plan, str(plan.towns.index[at])) for at in np.flatnonzero(barred).tolist()])
        yield finding(plan, "F813", PATH, {**values, "can": can, "names": names})


def _within_reach(plan: PlanYear, given: Demonstration) -> Bools:
    """Towns for which arithmetic does not bar every standard that stands after none."""
    counted = units(plan)
    whole, table = money(plan, counted), criteria(plan, given)
    free = np.zeros(len(plan.towns), dtype=bool)
    for each in given.standards:
        own = np.full(len(plan.towns), each.after is None)
        for row in table[table["standard"] == each.id].to_dict("records"):
            asked = {"id": "criterion", "measure": row["measure"], "scope": "every_town", "strength": "rule"}
            goal = Goal.model_validate({**asked, "at_least": {plan.year: row["at_least"]}})
            for at in np.flatnonzero(own).tolist():
                most = reachable(plan, counted, whole, (goal, [at]))
                own[at] = most is None or not exceeds(row["at_least"], most[0] * (1 + 1e-6))
        free |= own
    return free


def _pace(plan: PlanYear, given: Demonstration, held: Bools) -> Iterator[Finding]:
    """Fewer recognitions in all years together than there must be new towns."""
    most = [_section(year).most_a_year for year in _years(plan)]
    known = [each for each in most if each is not None]
    new = (given.least_towns or 0) - int(held.sum())
    if len(known) == len(most) and new > sum(known):
        values = {"least": given.least_towns, "held": int(held.sum()), "new": new, "most": sum(known)}
        yield finding(plan, "F811", PATH, {**values, "years": len(most)})


def _cost(plan: PlanYear, given: Demonstration, held: Bools) -> Iterator[Finding]:
    """Less money for cultivation in all years together than the cheapest new towns cost."""
    years = _years(plan)
    if any("funding" not in year.sections for year in years):
        return
    new = (given.least_towns or 0) - int(held.sum())
    cheapest = min(each.unit_cost for year in years for each in _section(year).standards if each.after is None)
    have = sum(_may_pay(year, year is years[0]) for year in years)
    if new > 0 and exceeds(new * cheapest, have):
        values = {"least": given.least_towns, "held": int(held.sum()), "new": new, "cheapest": cheapest}
        more = {"need": new * cheapest, "have": have, "short": new * cheapest - have}
        yield finding(plan, "F812", PATH, {**values, **more, "spending": named(plan, given.spending)})


def _may_pay(plan: PlanYear, begins: bool) -> float:
    """Money of a year that may pay for cultivation [yuan]; what is carried in counts in the first year only."""
    funding: Any = plan.sections["funding"]
    spending = _section(plan).spending
    own = [source for source in funding.sources if spending in source.pays]
    return float(sum(at_hand(plan, source.id) if begins else source.amount for source in own))
