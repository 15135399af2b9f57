"""Demonstration towns: whether as many as the plan asks for can be recognised at all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from allocator.blocks.demonstration.records import criteria, mature, records
from allocator.blocks.demonstration.section import Demonstration
from allocator.blocks.shared.known import Bools, Known
from allocator.blocks.shared.locked import Range, chosen
from allocator.blocks.shared.said import exceeds, finding, listed, named
from allocator.scenario.section import Goal, Lock
from allocator.words.errors import Finding
from allocator.words.texts import Text

PATH = "demonstration.least_towns"


def findings(known: Known, given: Demonstration) -> list[Finding]:
    """Proofs that the last year decided cannot have as many demonstration towns as the plan asks for."""
    if given.least_towns is None or not known.plan.is_last:
        return []
    years = _years(known)
    first, section = years[0]
    held: Bools = np.asarray(records(first.plan, section).held.any(axis=1))
    able: Bools = np.any([mature(year.plan, own) for year, own in years], axis=0)
    return [*_towns(known, given, held, able), *_pace(known, given, held), *_cost(known, given, held)]


def lock_range(known: Known, given: Demonstration, lock: Lock) -> Range:
    """Standards that towns held before the plan, and those that they may hold."""
    found, towns = records(known.plan, given), chosen(known.plan, lock, "town")
    own = [at for at, each in enumerate(found.standards) if lock.where.get("standard") in (None, each)]
    held, may = found.held[towns][:, own], found.may[towns][:, own]
    if known.plan.before is not None:
        may = np.ones(may.shape, dtype=bool)
    return Range(float(held.sum()), float((held | may).sum()), Text("check.why_demonstration"))


def _years(known: Known) -> list[tuple[Known, Demonstration]]:
    """The years that are decided together with this one and have the block, up to this one, and what they say."""
    given = known.plan.section(Demonstration)
    if given is None:
        return []
    return [*(_years(known.before) if known.before is not None else []), (known, given)]


def _towns(known: Known, given: Demonstration, held: Bools, able: Bools) -> Iterator[Finding]:
    """Too few towns that are mature enough; or, in a single year, too few that can meet the criteria."""
    plan, least = known.plan, given.least_towns or 0
    values = {"least": least, "held": int(held.sum()), "able": int((able | held).sum())}
    if least > int((able | held).sum()):
        yield finding(plan, "F810", PATH, {**values, "towns": len(held)})
        return
    if plan.before is not None:
        return
    barred = able & ~held & ~_within_reach(known, given)
    can = int((able | held).sum() - barred.sum())
    if least > can:
        names = listed([named(plan, str(plan.towns.index[at])) for at in np.flatnonzero(barred).tolist()])
        yield finding(plan, "F813", PATH, {**values, "can": can, "names": names})


def _within_reach(known: Known, given: Demonstration) -> Bools:
    """Towns for which arithmetic does not bar every standard that stands after none."""
    plan, table = known.plan, criteria(known.plan, given)
    free = np.zeros(len(plan.towns), dtype=bool)
    for each in given.standards:
        own = np.full(len(plan.towns), each.after is None)
        for row in table[table["standard"] == each.id].to_dict("records"):
            asked = {"id": "criterion", "measure": row["measure"], "scope": "every_town", "strength": "rule"}
            goal = Goal.model_validate({**asked, "at_least": {plan.year: row["at_least"]}})
            for at in np.flatnonzero(own).tolist():
                most = known.reachable(goal, [at])
                own[at] = most is None or not exceeds(row["at_least"], most[0] * (1 + 1e-6))
        free |= own
    return free


def _pace(known: Known, given: Demonstration, held: Bools) -> Iterator[Finding]:
    """Fewer recognitions in all years together than there must be new towns."""
    most = [own.most_a_year for _, own in _years(known)]
    limits = [each for each in most if each is not None]
    new = (given.least_towns or 0) - int(held.sum())
    if len(limits) == len(most) and new > sum(limits):
        values = {"least": given.least_towns, "held": int(held.sum()), "new": new, "most": sum(limits)}
        yield finding(known.plan, "F811", PATH, {**values, "years": len(most)})


def _cost(known: Known, given: Demonstration, held: Bools) -> Iterator[Finding]:
    """Less money for cultivation in all years together than the cheapest new towns cost."""
    years = _years(known)
    if any(year.money is None for year, _ in years):
        return
    new = (given.least_towns or 0) - int(held.sum())
    cheapest = min(each.unit_cost for _, own in years for each in own.standards if each.after is None)
    have = sum(_may_pay(year, own) for year, own in years)
    if new > 0 and exceeds(new * cheapest, have):
        values = {"least": given.least_towns, "held": int(held.sum()), "new": new, "cheapest": cheapest}
        more = {"need": new * cheapest, "have": have, "short": new * cheapest - have}
        spending = named(known.plan, given.spending)
        yield finding(known.plan, "F812", PATH, {**values, **more, "spending": spending})


def _may_pay(known: Known, given: Demonstration) -> float:
    """Money of a year that may pay for cultivation [yuan]; what is carried in counts in the first year only."""
    if known.money is None:
        return 0.0
    if known.before is None or known.before.plan.section(Demonstration) is None:
        return known.money.paying([given.spending])
    return float(sum(source.amount for source in known.money.given.sources if given.spending in source.pays))
