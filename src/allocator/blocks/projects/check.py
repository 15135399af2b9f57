"""The project library: goals that ask for more projects than there can be, money that does not suffice for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from allocator.blocks.projects.library import Bools, Floats, Library, library, links
from allocator.blocks.projects.section import NEW, Projects
from allocator.blocks.shared.known import Known
from allocator.blocks.shared.locked import Range
from allocator.blocks.shared.said import exceeds, finding, listed, name_of, named
from allocator.blocks.shared.targets import by_town, targets
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Goal, Lock
from allocator.words.errors import Finding
from allocator.words.texts import Text

WHOLE = 1e-5
"""Share of a target that counting may lack: of 6 projects asked for, 5.99994 are 6."""


@dataclass(frozen=True, eq=False)
class Facts:
    """The library of a plan year, and what may run in it."""

    plan: PlanYear
    given: Projects
    found: Library
    startable: Bools
    """Projects that may start this year."""
    able: Bools
    """Projects that may run this year."""


def findings(known: Known, given: Projects) -> list[Finding]:
    """Everything that arithmetic can say about the project library of a plan year."""
    plan, found = known.plan, library(known.plan, given)
    startable = found.may_start(plan.year)
    able = startable | found.runs_on | _began_before(plan, found)
    facts = Facts(plan, given, found, startable, able)
    return [*_too_many_before(facts), *_goals(facts), *_money(facts, known), *_unseen(known, given)]


def lock_range(known: Known, given: Projects, lock: Lock) -> Range:
    """Projects that may start in the year (or run, by then), and those that run whatever is decided."""
    plan, found = known.plan, library(known.plan, given)
    own = np.array([lock.where.get("project") in (None, project) for project in found.ids], dtype=bool)
    may, runs_on = found.may_start(plan.year), np.zeros(len(found), dtype=bool)
    if lock.decision == "project_running":
        may, runs_on = may | _began_before(plan, found), found.runs_on
    return Range(float(runs_on[own].sum()), float((may | runs_on)[own].sum()), Text("check.why_projects"))


def _began_before(plan: PlanYear, found: Library) -> Bools:
    """Projects that may have started in an earlier year of the plan and go on."""
    began = np.zeros(len(found), dtype=bool)
    for before in plan.earlier if plan.before is not None else ():
        began = began | (found.may_start(before.year) & found.goes_on)
    return began


def _unseen(known: Known, given: Projects) -> Iterator[Finding]:
    """Benefits of projects, and no look at them; said of a plan's first year."""
    plan = known.plan
    if plan.before is not None or known.looked_at & {"projects.benefit", "projects.benefit_by_town"}:
        return
    weighed = int((plan.tables[given.table]["benefit"] > 0).sum())
    if weighed:
        yield finding(plan, "W825", "projects.table", {"table": given.table, "n": weighed})


def _too_many_before(facts: Facts) -> Iterator[Finding]:
    """More projects of a kind than may run began before the plan and go on."""
    plan, found = facts.plan, facts.found
    for at, kind in enumerate(found.kinds):
        runs_on = found.runs_on & (found.kind == at)
        values: dict[str, object] = {"kind": name_of(kind)}
        path = f"projects.kinds.{kind.id}"
        if kind.at_most is not None and runs_on.sum() > kind.at_most:
            values |= {"have": int(runs_on.sum()), "most": kind.at_most, "where": Text("check.whole_district")}
            yield finding(plan, "F824", f"{path}.at_most", {**values, "limit": "at_most"})
        if kind.most_in_town is None:
            continue
        in_towns = np.bincount(found.town[runs_on], minlength=len(plan.towns) + 1)[:-1]
        for town in np.flatnonzero(in_towns > kind.most_in_town).tolist():
            values |= {"have": int(in_towns[town]), "most": kind.most_in_town}
            values |= {"where": named(plan, plan.towns.index[town]), "limit": "most_in_town"}
            yield finding(plan, "F824", f"{path}.most_in_town", values)


def _goals(facts: Facts) -> Iterator[Finding]:
    """Goals that ask for more projects of a kind than the library, exclusions and limits let run (or start)."""
    for goal, kind, counts in _asked(facts):
        places = range(len(facts.plan.towns)) if by_town(goal) else (None,)
        for place, target in zip(places, targets(facts.plan, goal).tolist(), strict=True):
            most = _most(facts, kind, counts, place)
            if not np.isfinite(target) or target * (1 - WHOLE) <= most:
                continue
            values: dict[str, object] = {
                "goal": name_of(goal),
                "kind": name_of(facts.found.kinds[kind]),
                "need": f"{target:g}",
                "most": most,
                "able": int(_in_place(facts, counts & (facts.found.kind == kind), place).sum()),
                "where": named(facts.plan, facts.plan.towns.index[place])
                if place is not None
                else Text("check.whole_district"),
            }
            code = "F821" if goal.strength == "rule" else "W821"
            yield finding(facts.plan, code, f"goals.{goal.id}.at_least", values)
            break


def _asked(facts: Facts) -> Iterator[tuple[Goal, int, Bools]]:
    """Goals on the library: the kind, and which projects count."""
    measures = {kind.id: (at, facts.able) for at, kind in enumerate(facts.found.kinds)}
    measures |= {NEW + kind.id: (at, facts.startable) for at, kind in enumerate(facts.found.kinds)}
    for goal in facts.plan.common.goals:
        if goal.measure in measures and goal.strength != "measured" and goal.scope != "count_of_towns":
            yield goal, *measures[goal.measure]


def _in_place(facts: Facts, chosen: Bools, place: int | None) -> Bools:
    return chosen if place is None else chosen & (facts.found.town == place)


def _most(facts: Facts, kind: int, counts: Bools, place: int | None) -> int:
    """Most projects of a kind in a town or the district: each town up to its limit, of two that exclude each other
    one, all within the limit of the district."""
    found, how = facts.found, facts.found.kinds[kind]
    own = _in_place(facts, counts & (found.kind == kind), place)
    most = 0
    for town in np.unique(found.town[own]):
        here = _independent(facts, own & (found.town == town))
        is_town = town < len(facts.plan.towns)
        most += min(here, how.most_in_town) if is_town and how.most_in_town is not None else here
    most = min(most, _independent(facts, own))
    return most if how.at_most is None else min(most, how.at_most)


def _independent(facts: Facts, own: Bools) -> int:
    """At most so many of some projects together: all, less one for each of a set of exclusions that share no project.

    Two that both began before the plan run on together.
    """
    left, used = int(own.sum()), np.zeros(len(own), dtype=bool)
    before = facts.found.has_begun
    for one, other in zip(*links(facts.plan, facts.given.excludes, "other", facts.found), strict=True):
        if own[one] and own[other] and not (used[one] or used[other]) and not (before[one] and before[other]):
            used[one] = used[other] = True
            left -= 1
    return left


def _money(facts: Facts, known: Known) -> Iterator[Finding]:
    """The yearly cost of what goes on and the cheapest projects that rules ask for, against all money for them."""
    plan, money = facts.plan, known.money
    if money is None:
        return
    need = {at: cost for at in range(len(facts.found.kinds)) if (cost := _cheapest(facts, at)) > 0}
    groups = [[at] for at in need] + ([list(need)] if len(need) > 1 else [])
    for group in groups:
        kinds = [facts.found.kinds[at] for at in group]
        have = money.paying({kind.spending for kind in kinds})
        cost = sum(need[at] for at in group)
        if exceeds(cost, have):
            values = {
                "need": cost,
                "have": have,
                "short": cost - have,
                "kinds": listed([name_of(kind) for kind in kinds]),
            }
            yield finding(plan, "F823", "projects.kinds", values)
            return


def _cheapest(facts: Facts, kind: int) -> float:
    """Least money [yuan] of a kind in the year: what goes on, and the cheapest others that rules ask for.

    A project that may have started in an earlier year of the plan costs its yearly part only.
    """
    found = facts.found
    own = found.kind == kind
    kept = own & found.runs_on
    costs: list[float] = [0.0]
    for goal, at, counts in _asked(facts):
        if at != kind or goal.strength != "rule" or by_town(goal):
            continue
        target = float(targets(facts.plan, goal)[0])
        if not np.isfinite(target):
            continue
        is_new = goal.measure == NEW + found.kinds[kind].id
        wanted = int(np.ceil(target * (1 - WHOLE))) - (0 if is_new else int(kept.sum()))
        costs.append(_sum_of_cheapest(facts, own & counts & ~kept, wanted, is_new))
    return float(found.yearly[kept].sum()) + max(costs)


def _sum_of_cheapest(facts: Facts, chosen: Bools, wanted: int, is_new: bool) -> float:
    """Least cost of so many of some projects in the year."""
    found, alone = facts.found, facts.plan.before is None
    price: Floats = found.yearly + (found.once if is_new or alone else 0.0)
    return float(np.sort(price[chosen])[: max(0, wanted)].sum())
