"""Rules of a user's own, once more from the written tables, where they are about published decisions only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypedDict

import numpy as np
import pandas as pd

from allocator.blocks.locks.audit import written
from allocator.blocks.shared.checks import Checks, Sense, Tables, rule
from allocator.scenario.plan_year import PlanYear

OWN = "own"
"""Name of the rules in the table of rows."""


class OwnTerm(TypedDict):
    """A coefficient and the decision it stands at, as the run record says it."""

    family: str
    labels: dict[str, str]
    """Label to id, the year among them."""
    coefficient: float


class OwnRule(TypedDict):
    """A rule as the run record says it: sum of the terms, sense, bound."""

    name: str
    year: int
    """Year of the table of rows in which it stands; decisions of earlier years count as given there."""
    sense: Sense
    bound: float
    terms: list[OwnTerm]


class AuditedOwn(NamedTuple):
    """What the audit makes of the rules of one year."""

    checks: list[Checks]
    unchecked: tuple[str, ...]
    """Names of rules with a decision that no table publishes."""


NO_OWN = AuditedOwn([], ())


def without_unchecked(table: pd.DataFrame, own: AuditedOwn) -> pd.DataFrame:
    """The table of rows without the own rules that are not checked."""
    return table[~((table["rule"] == OWN) & table["key"].isin(own.unchecked))]


def own_rules(rules: Sequence[OwnRule], years: Sequence[tuple[PlanYear, Tables]]) -> AuditedOwn:
    """The rules of the last of some years; each year with its tables (without the year column)."""
    made, unchecked = list[Checks](), list[str]()
    now = years[-1][0].year
    cells: dict[tuple[int, str], pd.DataFrame | None] = {}
    for plan, tables in years:
        for family in {term["family"] for each in rules for term in each["terms"]}:
            cells[plan.year, family] = written(tables, plan, family)
    for each in rules:
        if each["year"] != now:
            continue
        sums = [
            _amount(cells.get((int(term["labels"].get("year", now)), term["family"])), term) for term in each["terms"]
        ]
        if any(found is None for found in sums):
            unchecked.append(each["name"])
            continue
        of_now = np.array([int(term["labels"].get("year", now)) == now for term in each["terms"]], dtype=bool)
        factor = np.array([term["coefficient"] for term in each["terms"]], dtype=float)
        products = factor * np.array([found for found in sums if found is not None], dtype=float)
        activity = pd.Series([products[of_now].sum()], index=pd.Index([each["name"]], dtype=object))
        bound = each["bound"] - float(products[~of_now].sum())
        made.append(rule(OWN, activity, each["sense"], bound, float(np.abs(factor).sum())))
    return AuditedOwn(made, tuple(unchecked))


def _amount(frame: pd.DataFrame | None, term: OwnTerm) -> float | None:
    """The published number of a decision, 0 where its table has no row for it; none where no table can say."""
    labels = {label: wanted for label, wanted in term["labels"].items() if label != "year"}
    if frame is None or not set(labels) <= set(frame.columns):
        return None
    chosen = np.ones(len(frame), dtype=bool)
    for label, wanted in labels.items():
        chosen &= (frame[label].astype(str) == wanted).to_numpy()
    return float(frame["amount"].to_numpy(dtype=float)[chosen].sum())


def of_record(run: Mapping[str, Any]) -> Sequence[OwnRule]:
    """The rules that a run record holds; none in a plan without any."""
    rules: Sequence[OwnRule] = run.get("own_rules", ())
    return rules
