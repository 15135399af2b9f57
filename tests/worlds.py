"""Compact worlds for hand-worked cases: a plan from dicts, written to a folder and loaded like any other.

The usual world: town ``a`` has 500 residents, town ``b`` has 1,000. One unit of programme ``class`` costs 100 yuan
and brings 10 persons to take part, so that it raises the level by 100 * 10 / 500 = 2 points in a and by 1 point in b.
At most 50 units for each 1,000 residents: 25 units in a, 50 in b, both worth 50 points. Base values are 0.
Seeking the (unweighted) mean, money goes to a first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from allocator.engine.build import build
from allocator.engine.highs import HighsSession
from allocator.engine.stages import StagesRun, run_stages
from allocator.model import Model
from allocator.plan.reading import load
from allocator.scenario.files.tables import TownRow
from allocator.scenario.plan_year import Scenario
from allocator.tables.result import Result
from allocator.verbs.options import Mode, Options
from allocator.verbs.solving import solve

TOWNS: Mapping[str, Mapping[str, float]] = {"a": {"resident_pop": 500}, "b": {"resident_pop": 1000}}
ORIGIN = {"kind": "illustrative", "rule": "by hand"}
CLASS = {
    "id": "class",
    "spending": "courses",
    "unit_cost": 100,
    "max_units": {"per": 1000, "of": "resident_pop", "units": 50},
}
TALK = {"id": "talk", "spending": "activities", "unit_cost": 100}
PARTICIPATION = {"id": "participation", "weight": 1, "target": 1, "denominator": "resident_pop"}
ONE_YEAR: Mapping[int, Mapping[str, Any]] = {2016: {}}
TOTAL = {"id": "total"}
LEXIMIN = {"id": "balance"}
NEARNESS_MINUTES = 28.85390081777927
"""20 / ln 2: nearness halves every 20 minutes."""


def effect(programme: str = "class", per_unit: Any = 10, **more: Any) -> dict[str, Any]:
    """Persons a unit, on participation unless said otherwise."""
    return {"programme": programme, "indicator": "participation", "per_unit": per_unit, "origin": ORIGIN, **more}


def attainment(*effects: Mapping[str, Any], **indicator: Any) -> dict[str, Any]:
    """One indicator and its effects."""
    return {"indicators": [{**PARTICIPATION, **indicator}], "effects": list(effects)}


def government(amount: float, **more: Any) -> dict[str, Any]:
    """The source ``gov``, which pays for courses unless said otherwise."""
    return {"id": "gov", "amount": amount, "pays": ["courses"], **more}


def world(
    folder: Path,
    towns: Mapping[str, Mapping[str, float]] = TOWNS,
    base: Mapping[str, float | Mapping[str, float]] | None = None,
    tables: Mapping[str, list[Mapping[str, Any]]] | None = None,
    roads: Mapping[tuple[str, str], float] | None = None,
    years: Mapping[int, Mapping[str, Any]] = ONE_YEAR,
    **plan: Any,
) -> Scenario:
    """Write a plan, of one year unless ``years`` says what each year changes, and load it.

    A section given as None is left out.
    """
    whole: dict[str, Any] = {
        "schema_version": 1,
        "plan": "world",
        "name": {"zh": "手算", "en": "by hand"},
        "years": list(years),
        "population": {"column": "resident_pop", "vintage": "made_up"},
        "categories": ["health", "skills"],
        "spending": ["activities", "courses", "operations"],
        "delivery": {"programmes": [CLASS]},
        "attainment": attainment(effect()),
        "stages": [TOTAL],
    }
    if roads is not None:
        whole["travel"] = {"roads": "roads", "reach_minutes": plan.pop("reach", {})}
    if more := sorted({column for columns in towns.values() for column in columns} - set(TownRow.model_fields)):
        whole["extra_columns"] = {"towns": more}
    whole = {key: value for key, value in (whole | plan).items() if value is not None}
    indicators = [i["id"] for i in whole.get("attainment", {}).get("indicators", ()) if "stock" not in i]
    given = base or {}
    values = [
        {"town": town, "indicator": i, "value": of if isinstance(of := given.get(town, 0), int | float) else of[i]}
        for town in towns
        for i in indicators
    ]
    csv = {
        "towns": [{"town": t, "name_zh": t, "name_en": t, **columns} for t, columns in towns.items()],
        "base": values,
        "roads": [{"from_town": x, "to_town": y, "minutes": far} for (x, y), far in (roads or {}).items()],
        **(tables or {}),
    }
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    for name, rows in csv.items():
        if rows or name == "base":
            columns = list(rows[0]) if rows else ["town", "indicator", "value"]
            pd.DataFrame(rows, columns=columns).to_csv(folder / "tables" / f"{name}.csv", index=False)
    (folder / "plan.yaml").write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")
    for year, changes in years.items():
        text = json.dumps({"year": year, **changes}, ensure_ascii=False)
        (folder / f"{year}.yaml").write_text(text, encoding="utf-8")
    return load(folder / f"{min(years)}.yaml" if len(years) == 1 else folder)


def solved(folder: Path, mode: Mode = "horizon", **plan: Any) -> Result:
    """The result of a world."""
    return solve(world(folder, **plan), Options(mode=mode))


def run(scenario: Scenario) -> tuple[Model, HighsSession, StagesRun]:
    """Model, session and the stages' run of a scenario, without tie-break and tables."""
    model = build(scenario)
    session = HighsSession(model)
    return model, session, run_stages(model, scenario, session)


def levels(result: Result, year: int | None = None) -> dict[str, float]:
    """Level of each town, in one year of several."""
    return of_year(result.towns, year).set_index("town")["level_after"].round(3).to_dict()


def of_year(table: pd.DataFrame, year: int | None) -> pd.DataFrame:
    """Rows of one year of a result table; the whole table without one."""
    return table if year is None else table[table["year"] == year]


def rule(result: Result, name: str, key: str = "", sense: str | None = None, year: int | None = None) -> pd.Series:
    """The one row of the table of rules with this name and key (in a year of several)."""
    every = of_year(result.rows, year)
    rows = every[(every["rule"] == name) & (every["key"] == key)]
    rows = rows if sense is None else rows[rows["sense"] == sense]
    assert len(rows) == 1, f"{name}/{key}: {len(rows)} rows of {sorted(every['rule'] + '/' + every['key'])}"
    return rows.iloc[0]


def slack(result: Result, name: str, key: str = "", sense: str | None = None, year: int | None = None) -> float:
    """Slack of one rule, rounded as far as rules are kept."""
    return round(float(rule(result, name, key, sense, year)["slack"]), 3) + 0.0


def cells(table: pd.DataFrame, value: str, *labels: str) -> dict[Any, float]:
    """A result table as labels to rounded values."""
    index = table[list(labels)].apply(tuple, axis=1) if len(labels) > 1 else table[labels[0]]
    return dict(zip(index, table[value].round(3), strict=True))
