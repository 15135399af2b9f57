"""Nested budgets: a chain of plans with rising budgets in which no town ever loses.

Each plan keeps the money and the level of every town at least as they are in the plan before; so that a district can
announce a first tranche and later ones without taking anything back. The price is that later plans are less balanced
than plans made from nothing: the table shows both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import pandas as pd

from allocator.scenario.plan_year import PlanYear, Scenario
from allocator.scenario.section import Lock
from allocator.tables.result import Result
from allocator.verbs.options import Options
from allocator.verbs.solving import solve
from allocator.words.errors import InfeasibleError, UsageError
from allocator.words.texts import Text

MONEY_SLACK, LEVEL_SLACK = 1.0, 1e-3
"""How far a town may fall below the plan before: the accuracy of a held plan [yuan, level points]."""

COLUMNS = ["budget", "status", "year", "town", "amount_yuan", "level", "level_alone"]


def nested(scenario: Scenario, path: str, values: Sequence[float], options: Options | None = None) -> pd.DataFrame:
    """Solve a chain of plans, each giving every town at least what the plan before gave it.

    Args:
        scenario: the plan.
        path: the number that rises, e.g. ``funding.sources.government.amount``.
        values: rising values of it, in the plan's unit.
        options: how to solve.

    Returns columns budget, status, year, town, amount_yuan and level in the chain, and level_alone: the town's level
    in the plan made for this budget alone. A budget without such a plan has one row with status ``infeasible``.

    Raises:
        UsageError: the values do not rise.
        InputError: the path does not exist or a value is not allowed there.
    """
    if any(later <= earlier for earlier, later in pairwise(values)):
        raise UsageError(Text("nested.must_rise"))
    rows, before = [], None
    for value in values:
        changed = scenario.with_({path: value})
        try:
            alone = solve(changed, options)
            chained = alone if before is None else solve(changed.mapped(partial(_no_less, before)), options)
        except InfeasibleError:
            rows.append(pd.DataFrame([(value, "infeasible")], columns=COLUMNS[:2]))
            continue
        rows.append(_rows(value, chained, alone))
        before = chained
    return pd.concat(rows, ignore_index=True).reindex(columns=COLUMNS)


def _no_less(before: Result, plan: PlanYear) -> PlanYear:
    """The plan year with a lock on the money and the level of every town."""
    own = {name: before.tables[name][before.tables[name]["year"] == plan.year] for name in ("funding_by_town", "towns")}
    locks = [*plan.common.locks]
    locks += _locks(own["funding_by_town"], "funding", "amount_yuan", MONEY_SLACK)
    locks += _locks(own["towns"], "level", "level_after", LEVEL_SLACK)
    return replace(plan, common=plan.common.model_copy(update={"locks": tuple(locks)}))


def _locks(table: pd.DataFrame, decision: str, column: str, slack: float) -> list[Lock]:
    reason = "nested budgets"
    amounts: Mapping[str, Any] = dict(zip(table["town"], table[column], strict=True))
    return [
        Lock(
            id=f"nested_{decision}_{town}",
            decision=decision,
            where={"town": town},
            at_least=max(0.0, float(amount) - slack),
            reason=reason,
        )
        for town, amount in amounts.items()
    ]


def _rows(value: float, chained: Result, alone: Result) -> pd.DataFrame:
    key = ["year", "town"]
    money = chained.tables["funding_by_town"].set_index(key)["amount_yuan"]
    levels = chained.tables["towns"].set_index(key)["level_after"]
    free = alone.tables["towns"].set_index(key)["level_after"]
    frame = pd.DataFrame({"amount_yuan": money, "level": levels, "level_alone": free}).reset_index()
    return frame.assign(budget=value, status=chained.status)
