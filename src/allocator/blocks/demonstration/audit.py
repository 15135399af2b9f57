"""Demonstration towns, checked from the written tables: criteria, order and number of recognitions, and their cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from allocator.blocks.demonstration.section import Demonstration
from allocator.blocks.registry import counted
from allocator.blocks.shared.checks import (
    Amounts,
    Checks,
    Judges,
    Posting,
    as_figure,
    by_town,
    figure,
    first_of,
    forbidden,
    keys,
    levels_before,
    rule,
    totals,
)
from allocator.scenario.plan_year import PlanYear

Tables = Mapping[str, pd.DataFrame]

CELL = ("standard", "town")
ASKED = ("standard", "criterion", "town")
NEARLY = 1e-5
"""Share of its number that a town may lack and still be said to meet a criterion."""
TIE = 1e-9


def audit_block(tables: Tables, plan: PlanYear, given: Demonstration) -> list[Checks]:
    """Who holds which standard, and what each town reaches of every criterion."""
    shown = _holders(tables, plan, given)
    return [
        *_recognitions(tables["demonstration_towns"], plan, given, shown),
        *_criteria(tables, plan, given, shown),
        *_numbers(plan, given, shown),
    ]


def postings(tables: Tables, plan: PlanYear, given: Demonstration) -> list[Posting]:
    """Cultivation that is paid, and towns that are counted."""
    shown = _holders(tables, plan, given)
    every = pd.concat(
        [shown.assign(name=f"demonstration_{each.id}")[shown["standard"] == each.id] for each in given.standards]
    )
    some = shown.groupby("town", as_index=False)["holds"].max().assign(name="demonstration_towns")
    both = pd.concat([every[["name", "town", "holds"]], some])
    held = totals(keys(both, ("name", "town")), both["holds"].to_numpy(dtype=float))
    made = [Posting("count", "demonstration", "supplied", held, held * 0.0 + 1.0)]
    costs = {each.id: each.unit_cost for each in given.standards}
    if max(costs.values()) > 0:
        own = keys(shown.assign(line="demonstration"), ("town", "line"))
        each = np.asarray(shown["standard"].map(costs), dtype=float)
        paid = totals(own, np.asarray(shown["new"], dtype=float) * each)
        made.append(Posting("cost", "demonstration", "used", paid, totals(own, each)))
    return made


def _holders(tables: Tables, plan: PlanYear, given: Demonstration) -> pd.DataFrame:
    """Every town and standard: recognised before the year (since), in the year (new), or not; and who may be."""
    towns = plan.towns.index.to_numpy(dtype=object)
    made = pd.concat(
        [pd.DataFrame({"standard": each.id, "town": towns}) for each in given.standards], ignore_index=True
    )
    key, written = keys(made, CELL), tables["demonstration_towns"]
    new = first_of(keys(written, CELL), written["new"]).reindex(key).to_numpy(dtype=float)
    since = np.full(len(made), np.nan)
    if given.before is not None:
        known = plan.tables[given.before]
        since = first_of(keys(known, CELL), known["year"]).reindex(key).to_numpy(dtype=float)
    able = pd.Series(1.0, index=pd.Index(towns))
    if given.eligible is not None:
        able = (levels_before(_at_start(plan)) >= given.eligible.min_level - TIE).astype(float)
    made = made.assign(since=since, new=new, able=able.reindex(made["town"]).to_numpy(dtype=float) > 0)
    return made.assign(holds=np.where(np.isfinite(since), 1.0, new))


def _at_start(plan: PlanYear) -> PlanYear:
    """The plan with the base values that it began with."""
    return plan if plan.start is None else replace(plan, base=plan.start.base)


def _recognitions(written: pd.DataFrame, plan: PlanYear, given: Demonstration, shown: pd.DataFrame) -> list[Checks]:
    """Nothing is recognised twice, by towns that are not mature, or before the standard it stands after."""
    key, known = keys(written, CELL), keys(shown, CELL)
    before = np.isfinite(shown["since"].to_numpy(dtype=float))
    new = shown["new"].to_numpy(dtype=float)
    wrong = ~np.isin(new, (0.0, 1.0)) | ((new > 0) & (before | ~shown["able"].to_numpy(dtype=bool)))
    since = np.where(before, shown["since"], np.where(new > 0, float(plan.year), np.nan))
    cost = new * shown["standard"].map({each.id: each.unit_cost for each in given.standards}).to_numpy(dtype=float)
    holds = pd.Series(shown["holds"].to_numpy(dtype=float), index=known)
    early = []
    for each in given.standards:
        mine = shown[(shown["standard"] == each.id) & (shown["new"] > 0)]
        if each.after is not None:
            needed = holds.reindex([f"{each.after}/{town}" for town in mine["town"]]).to_numpy(dtype=float)
            early += list(keys(mine, CELL)[needed < 1.0])
    return [
        forbidden("demonstration_towns", np.array(sorted(set(key) ^ set(known)), dtype=object)),
        forbidden("recognition", known[wrong]),
        forbidden("standard_order", np.array(early, dtype=object)),
        figure("demonstration_towns.held", first_of(key, written["held"]), holds),
        figure("demonstration_towns.year_recognised", first_of(key, written["year_recognised"]), _by(known, since)),
        figure("demonstration_towns.cost_yuan", first_of(key, written["cost_yuan"]), _by(known, cost)),
    ]


def _criteria(tables: Tables, plan: PlanYear, given: Demonstration, shown: pd.DataFrame) -> list[Checks]:
    """What is reached, the gap, and that every town recognised in the year meets every criterion."""
    reached, written = _reached(tables, plan, given), tables["demonstration"]
    key, known = keys(written, ASKED), keys(reached, ASKED)
    value, asked = (reached[name].to_numpy(dtype=float) for name in ("reached", "at_least"))
    own = written.set_index(key)[["measure"]].groupby(level=0).first()
    right = pd.Series(reached["measure"].to_numpy(dtype=object), index=known)
    both = own.index.intersection(right.index)
    other = both[(own["measure"].reindex(both) != right.reindex(both)).to_numpy()]
    now = first_of(key, written["reached"])
    gap = (first_of(key, written["at_least"]) - now).clip(lower=0.0).fillna(0.0)
    met = (~(now < first_of(key, written["at_least"]) * (1.0 - NEARLY))).astype(float)
    new = pd.Series(shown["new"].to_numpy(dtype=float), index=keys(shown, CELL)).reindex(keys(reached, CELL)).to_numpy()
    measured = reached["size"].to_numpy(dtype=float) > 0
    percent = 100.0 / asked
    weight = reached["weight"].to_numpy(dtype=float)
    must = rule(
        "standard_met",
        _by(known, value * percent)[measured],
        ">=",
        _by(known, 100.0 * new),
        _by(known, weight * percent),
    )
    return [
        as_figure(must),
        forbidden("demonstration.measure", other.to_numpy(dtype=object)),
        figure("demonstration.reached", now, _by(known, value), _by(known, weight)),
        figure("demonstration.at_least", first_of(key, written["at_least"]), _by(known, asked)),
        figure("demonstration.gap", first_of(key, written["gap"]), gap, 2.0),
        figure("demonstration.met", first_of(key, written["met"]), met),
        _statuses(tables, given, shown, met),
    ]


def _statuses(tables: Tables, given: Demonstration, shown: pd.DataFrame, met: Amounts) -> Checks:
    """The word for each town and standard."""
    pairs = pd.Index(["/".join((key.split("/")[0], key.split("/")[-1])) for key in met.index], dtype=object)
    short = set(pairs[(met < 1.0).to_numpy()])
    holds = dict(zip(keys(shown, CELL), shown["holds"], strict=True))
    after = {each.id: each.after for each in given.standards}
    words = {}
    for key, row in zip(keys(shown, CELL), shown.to_dict("records"), strict=True):
        first = after[row["standard"]]
        waits = first is not None and not holds[f"{first}/{row['town']}"] > 0
        tests = (
            ("recognised", np.isfinite(row["since"])),
            ("new", row["new"] > 0),
            ("not_mature", not row["able"]),
            ("short", key in short),
            ("waits", waits),
        )
        words[key] = next((word for word, applies in tests if applies), "ready")
    written = tables["demonstration_towns"]
    own = zip(keys(written, CELL), written["status"], strict=True)
    return forbidden(
        "demonstration_towns.status", np.array([k for k, word in own if words.get(k) != word], dtype=object)
    )


def _numbers(plan: PlanYear, given: Demonstration, shown: pd.DataFrame) -> list[Checks]:
    """Most recognitions in the year, and least towns with some standard in the last year."""
    place, made = pd.Index([""], dtype=object), []
    if given.most_a_year is not None:
        new = pd.Series([float(shown["new"].sum(skipna=False))], index=place)
        made.append(rule("recognitions_a_year", new, "<=", float(given.most_a_year), float(len(shown))))
    if given.least_towns is not None and plan.is_last:
        held = shown.groupby("town")["holds"].max()
        some = pd.Series([float(held.sum(skipna=False))], index=place)
        made.append(rule("demonstration_least", some, ">=", float(given.least_towns), float(len(held))))
    return made


def _by(key: np.ndarray, numbers: object) -> Amounts:
    return pd.Series(np.asarray(numbers, dtype=float), index=pd.Index(key, dtype=object))


@dataclass(frozen=True, eq=False)
class _Measure:
    """A measure by town: its value, what it is taken of, and how far written digits move it."""

    value: Amounts
    size: Amounts
    weight: Amounts


def _reached(tables: Tables, plan: PlanYear, given: Demonstration) -> pd.DataFrame:
    """Every town against every criterion of the standards of the plan."""
    asked = plan.tables[given.criteria]
    asked = asked[asked["standard"].isin([each.id for each in given.standards])]
    parts = []
    for row in asked.to_dict("records"):
        of = _measure(tables, plan, row["measure"])
        part = pd.DataFrame({"town": of.value.index, "reached": of.value, "size": of.size, "weight": of.weight})
        parts.append(part.assign(**{name: row[name] for name in ("standard", "criterion", "measure", "at_least")}))
    return pd.concat(parts, ignore_index=True)


def _measure(tables: Tables, plan: PlanYear, measure: str) -> _Measure:
    """Money over residents, what blocks count (over what it is a share of), levels, or values of an indicator."""
    towns = pd.Index(plan.towns.index, dtype=object)
    one, known = pd.Series(1.0, index=towns), counted(plan)
    if measure in ("money", "money_per_head", "special_fund_per_head"):
        money = tables["funding"]
        if measure == "special_fund_per_head":
            funding = plan.sections["funding"]
            special = [source.id for source in funding.sources if source.special_fund]  # type: ignore[attr-defined]
            money = money[money["source"].isin(special)]
        to = money["town"].to_numpy(dtype=object)
        yuan, cells = totals(to, money["amount_yuan"].to_numpy(dtype=float)), totals(to, np.ones(len(to)))
        heads = one if measure == "money" else by_town(plan, plan.common.population.column)
        return _Measure(*_over(yuan.reindex(towns, fill_value=0.0), heads, cells.reindex(towns, fill_value=0.0)))
    if measure in known:
        frame, size = tables["counts"][tables["counts"]["counted"] == measure], known[measure].size
        amount = first_of(frame["town"].to_numpy(dtype=object), frame["amount"]).reindex(towns)
        return _Measure(*_over(amount, one if size is None else pd.Series(size, index=towns), one))
    if measure == "level":
        frame, column = tables["towns"], "level_after"
    else:
        frame, column = tables["attainment"][tables["attainment"]["indicator"] == measure], "value"
    return _Measure(first_of(frame["town"].to_numpy(dtype=object), frame[column]).reindex(towns), one, one)


def _over(amount: Amounts, size: Amounts, weight: Amounts) -> tuple[Amounts, Amounts, Amounts]:
    some = size.where(size > 0)
    return amount / some, size, (weight / some).fillna(0.0)


OUTCOMES: Judges = {}
