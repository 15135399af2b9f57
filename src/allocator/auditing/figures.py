"""Derived figures recomputed: money by town, values, attainment, levels, ranks and measures of balance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocator.auditing.ledgers import Side
from allocator.blocks.funding.audit import last_year
from allocator.blocks.shared.checks import (
    HALF_DIGIT,
    Amounts,
    Checks,
    Floats,
    by_town,
    credited,
    figure,
    first_of,
    keys,
    levels_before,
    totals,
)
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import DISTRICT, Indicator


def money_by_town(tables: Mapping[str, pd.DataFrame], plan: PlanYear) -> list[Checks]:
    """Money of each town, its change from last year, and what it is a head."""
    written = tables["funding_by_town"]
    town = written["town"].to_numpy(dtype=object)
    recipient = tables["funding"]["town"].to_numpy(dtype=object)
    paid = totals(recipient, tables["funding"]["amount_yuan"].to_numpy(dtype=float))
    weight = totals(recipient, np.ones(len(recipient)))
    centre = [DISTRICT] if DISTRICT in {*town, *recipient} else []
    index = pd.Index([*plan.towns.index, *centre], dtype=object)
    paid, weight = paid.reindex(index, fill_value=0.0), weight.reindex(index, fill_value=0.0)
    before = last_year(plan)
    last = pd.Series(np.nan, index=index) if before is None else before.reindex(index)
    heads = by_town(plan, plan.common.population.column).reindex(index)
    some, people = last.where(last > 0), heads.where(heads > 0)
    expected: dict[str, tuple[Amounts, Amounts]] = {
        "amount_yuan": (paid, weight),
        "last_year_yuan": (last, weight * 0.0),
        "change_yuan": (paid - last, weight),
        "change_share": ((paid - last) / some, weight / some),
        "per_head_yuan": (paid / people, weight / people),
    }
    return [
        figure(f"funding_by_town.{name}", first_of(town, written[name]), amount, error)
        for name, (amount, error) in expected.items()
    ]


def attained(tables: Mapping[str, pd.DataFrame], plan: PlanYear, value: Side) -> tuple[list[Checks], Side]:
    """Values and attainment from the decisions; and the levels they make, with their weights."""
    written = tables["attainment"]
    key = keys(written, ("town", "indicator"))
    made = [figure("attainment_value", first_of(key, written["value"]), value.amounts, value.weights)]
    towns = pd.Index(plan.towns.index, dtype=object)
    levels = Side(pd.Series(0.0, index=towns), pd.Series(0.0, index=towns))
    shares, errors = [], []
    for indicator in plan.indicators:
        name = pd.Index([f"{town}/{indicator.id}" for town in towns], dtype=object)
        share = credited(indicator, value.amounts.reindex(name))
        error = value.weights.reindex(name) / indicator.target
        shares.append(share)
        errors.append(error)
        points = 100.0 * indicator.weight
        levels.amounts = levels.amounts + points * share.set_axis(towns)
        levels.weights = levels.weights + points * error.set_axis(towns)
    expected = pd.concat(shares) if shares else pd.Series(dtype=float)
    weight = pd.concat(errors) if errors else pd.Series(dtype=float)
    made.append(figure("attainment_share", first_of(key, written["attainment"]), expected, weight))
    return made, levels


def towns(tables: Mapping[str, pd.DataFrame], plan: PlanYear, levels: Side) -> list[Checks]:
    """Population, level before and after, and the ranks of the written levels."""
    written = tables["towns"]
    town = written["town"].to_numpy(dtype=object)
    made = [
        figure(
            "towns.population",
            first_of(town, written["population"]),
            by_town(plan, plan.common.population.column).astype("int64").astype(float),
        ),
        figure("towns.level_before", first_of(town, written["level_before"]), levels_before(plan)),
        figure("towns.level_after", first_of(town, written["level_after"]), levels.amounts, levels.weights),
    ]
    for moment in ("before", "after"):
        shown = first_of(town, written[f"level_{moment}"]).reindex(levels.amounts.index)
        level = shown.to_numpy(dtype=float)
        ahead = (level[None, :] > level[:, None]).sum(axis=1)
        ranks = pd.Series(1.0 + ahead, index=shown.index)
        made.append(figure(f"towns.rank_{moment}", first_of(town, written[f"rank_{moment}"]), ranks))
    return made


def balance(tables: Mapping[str, pd.DataFrame], plan: PlanYear) -> list[Checks]:
    """Measures of the written levels by population, and the 差异系数 of each indicator's written values."""
    written = tables["balance"]
    order = pd.Index(plan.towns.index, dtype=object)
    town = tables["towns"]["town"].to_numpy(dtype=object)
    made = []
    for moment in ("before", "after"):
        level = first_of(town, tables["towns"][f"level_{moment}"]).reindex(order).to_numpy(dtype=float)
        expected, error = inequality(level, plan.population)
        for indicator in plan.indicators:
            value = _values(tables, indicator, order) if moment == "after" else plan.base[indicator.id].to_numpy(float)
            cv, of_cv = variation(value, plan.denominator(indicator))
            expected[f"cv:{indicator.id}"], error[f"cv:{indicator.id}"] = cv, of_cv
        shown = first_of(written["measure"].to_numpy(dtype=object), written[moment])
        rename = {name: f"{name}/{moment}" for name in {*shown.index, *expected}}
        made.append(
            figure("balance", shown.rename(rename), pd.Series(expected).rename(rename), pd.Series(error).rename(rename))
        )
    return made


def _values(tables: Mapping[str, pd.DataFrame], indicator: Indicator, order: pd.Index) -> Floats:
    """Written values of an indicator in town order."""
    frame = tables["attainment"][tables["attainment"]["indicator"] == indicator.id]
    value = first_of(frame["town"].to_numpy(dtype=object), frame["value"]).reindex(order)
    return np.asarray(value.to_numpy(dtype=float))


def inequality(level: Floats, heads: Floats) -> tuple[dict[str, float], dict[str, float]]:
    """Inequality of levels among residents, and how much each measure moves when all levels move by 1."""
    share = heads / heads.sum()
    mean = float((share * level).sum())
    made = {"minimum": float(level.min()), "mean": mean}
    if not mean > 0:
        none = dict.fromkeys(("range", "mean_deviation", "cv", "gini", "theil"), float("nan"))
        return made | none, dict.fromkeys((*made, *none), 1.0)
    relative = level / mean
    logs = np.where(relative > 0, np.log(np.where(relative > 0, relative, 1.0)), 0.0)
    pairs = sum(
        float((share[at] * share[at + 1 :] * np.abs(level[at] - level[at + 1 :])).sum()) for at in range(len(level))
    )
    made["range"] = float(level.max() - level.min()) / mean
    made["mean_deviation"] = float((share * np.abs(level - mean)).sum()) / mean
    made["cv"] = float(np.sqrt((share * (level - mean) ** 2).sum())) / mean
    made["gini"] = pairs / mean
    made["theil"] = float((share * relative * logs).sum())
    moved = {name: (2.0 + made[name]) / mean for name in ("range", "mean_deviation", "cv", "gini")}
    steep = np.abs(np.log(np.maximum(relative, HALF_DIGIT))) + 1.0
    moved["theil"] = float((share * steep * (1.0 + relative)).sum()) / mean
    return made, {"minimum": 1.0, "mean": 1.0, **moved}


def variation(value: Floats, size: Floats) -> tuple[float, float]:
    """差异系数 of values weighted by size, and how much it moves when all values move by 1."""
    mean = float((size * value).sum() / size.sum())
    if not mean > 0:
        return float("nan"), 1.0
    cv = float(np.sqrt((size * (value - mean) ** 2).sum() / size.sum())) / mean
    return cv, (1.0 + cv) / mean
