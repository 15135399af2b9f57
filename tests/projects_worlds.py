"""Small project libraries: a plan of two towns from a few words a project, and every plan of it tried out."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from allocator.scenario.plan_year import Scenario
from allocator.tables.result import Result
from allocator.tables.tabulate import tabulated
from worlds import ORIGIN, government, run, world

KINDS = [{"id": "brand", "spending": "courses"}]
BENEFIT = {"id": "total", "of": "projects.benefit", "aggregate": "sum"}
DEFAULTS: Mapping[str, Any] = {
    "kind": "brand",
    "town": "a",
    "once_yuan": 0,
    "yearly_yuan": 0,
    "benefit": 1,
    "first_year": "",
    "last_year": "",
    "started": "",
}


def project(name: str, **given: Any) -> dict[str, Any]:
    """A row of the library; ``once``, ``yearly`` and the columns of the table, with a benefit of 1 unless said."""
    short = {"once": "once_yuan", "yearly": "yearly_yuan"}
    row = {**DEFAULTS, **{short.get(key, key): value for key, value in given.items()}}
    return {"project": name, "name_zh": f"项目{name}", "name_en": f"project {name}", **row}


def effect(name: str, gain: float, where: str = "own_town", indicator: str = "participation") -> dict[str, Any]:
    return {
        "project": name,
        "indicator": indicator,
        "gain": gain,
        "where": where,
        "origin": ORIGIN["kind"],
        "rule": ORIGIN["rule"],
    }


def plan(
    rows: Sequence[Mapping[str, Any]],
    money: float = 1000,
    kinds: Sequence[Mapping[str, Any]] = KINDS,
    years: int = 1,
    *,
    effects: Sequence[Mapping[str, Any]] = (),
    needs: Sequence[tuple[str, str]] = (),
    excludes: Sequence[tuple[str, str]] = (),
    **more: Any,
) -> dict[str, Any]:
    """A plan whose stage is the sum of benefits; all money may pay for everything, nothing is carried over."""
    section: dict[str, Any] = {"kinds": list(kinds)}
    tables: dict[str, Any] = {"projects": list(rows)}
    linked = {"needs": [{"project": one, "needs": other} for one, other in needs]}
    linked["excludes"] = [{"project": one, "other": other} for one, other in excludes]
    for name, links in {**linked, "effects": list(effects)}.items():
        if links:
            section[name], tables[f"project_{name}"] = f"project_{name}", links
    given: dict[str, Any] = {
        "delivery": None,
        "attainment": None if not effects else _attainment(),
        "projects": section,
        "tables": tables,
        "funding": {"sources": [government(money, pays=["activities", "courses", "operations"])]},
        "years": {2016 + n: {} for n in range(years)},
        "stages": [BENEFIT],
    }
    return given | more


def _attainment() -> dict[str, Any]:
    """Participation of all residents, and courses for each 1,000 residents."""
    indicators = [
        {"id": "participation", "weight": 0.5, "target": 1, "denominator": "resident_pop"},
        {"id": "courses", "weight": 0.25, "target": 40, "denominator": "resident_pop", "per": 1000},
        {"id": "capability", "weight": 0.25, "target": 1},
    ]
    return {"indicators": indicators, "effects": []}


def library_world(folder: Path, rows: Sequence[Mapping[str, Any]], *args: Any, **more: Any) -> Scenario:
    return world(folder, **plan(rows, *args, **more))


def planned(folder: Path, **given: Any) -> Result:
    """The result of a world, all years together, without prices, tie-break and audit: many cases in little time."""
    scenario = world(folder, **given)
    model, _, found = run(scenario)
    assert found.x is not None
    return Result(scenario, tabulated(model, scenario, found.x, {}, found), {"status": "optimal"})


@dataclass(frozen=True)
class Library:
    """What brute force needs to know of a library."""

    rows: Sequence[Mapping[str, Any]]
    money: float
    years: Sequence[int]
    needs: Sequence[tuple[str, str]] = ()
    excludes: Sequence[tuple[str, str]] = ()
    most_in_town: Mapping[str, int] = field(default_factory=dict)
    at_most: Mapping[str, int] = field(default_factory=dict)
    ended: Sequence[str] = ()
    """Kinds that are done within a year."""

    def plans(self) -> Iterator[dict[str, int | None]]:
        """Every plan that keeps the rules: project to the year in which it starts."""
        names = [row["project"] for row in self.rows]
        for years in itertools.product([None, *self.years], repeat=len(names)):
            starts: dict[str, int | None] = dict(zip(names, years, strict=True))
            if self.keeps_rules(starts):
                yield starts

    def keeps_rules(self, starts: Mapping[str, int | None]) -> bool:
        for row in self.rows:
            year = starts[row["project"]]
            if year is None:
                continue
            if row["started"] != "" or (row["first_year"] or 0) > year or (row["last_year"] or 9999) < year:
                return False
        begun = {row["project"]: starts[row["project"]] or row["started"] or None for row in self.rows}
        for one, other in self.needs:
            own = starts[one]
            if own is not None and (begun[other] or 9999) > own:
                return False
        if any(begun[one] is not None and begun[other] is not None for one, other in self.excludes):
            return False
        return all(self._keeps_limits(starts, year) for year in self.years)

    def running(self, starts: Mapping[str, int | None], year: int) -> list[Mapping[str, Any]]:
        made = []
        for row in self.rows:
            since = starts[row["project"]] or row["started"] or None
            if since is not None and (since == year or (since < year and row["kind"] not in self.ended)):
                made.append(row)
        return made

    def _keeps_limits(self, starts: Mapping[str, int | None], year: int) -> bool:
        running = self.running(starts, year)
        cost = sum(row["yearly_yuan"] for row in running)
        cost += sum(row["once_yuan"] for row in running if starts[row["project"]] == year)
        if cost > self.money:
            return False
        for kind, most in self.at_most.items():
            if sum(row["kind"] == kind for row in running) > most:
                return False
        places = {(row["town"], row["kind"]) for row in running if row["town"] != "district"}
        return all(
            sum((row["town"], row["kind"]) == place for row in running) <= self.most_in_town.get(place[1], 99)
            for place in places
        )

    def benefit(self, starts: Mapping[str, int | None]) -> float:
        return float(sum(row["benefit"] for year in self.years for row in self.running(starts, year)))

    def best(self) -> float:
        return max(self.benefit(starts) for starts in self.plans())


def drawn(seed: int, years: Sequence[int] = (2016, 2017)) -> tuple[Library, list[dict[str, Any]]]:
    """A library of six projects with everything between them, and its kinds."""
    rng = random.Random(seed)
    names = [f"p{n}" for n in range(6)]
    rows = [
        project(
            name,
            once=rng.randint(0, 40),
            yearly=rng.randint(0, 10),
            benefit=rng.randint(1, 9),
            kind=rng.choice(["brand", "study"]),
            town=rng.choice(["a", "b", "district"]),
            first_year=rng.choice(["", "", 2017]),
            last_year=rng.choice(["", "", "", 2017]),
            started=rng.choice(["", "", "", "", 2014]),
        )
        for name in names
    ]
    needs = [(names[n], names[m]) for n, m in {(rng.randint(1, 5), 0), (5, rng.randint(1, 4))}]
    excludes = [(names[rng.randint(0, 2)], names[rng.randint(3, 5)])]
    begun = {row["project"] for row in rows if row["started"] != ""}
    excludes = [pair for pair in excludes if not begun.issuperset(pair)]
    kinds = [
        {"id": "brand", "spending": "courses", "most_in_town": 2},
        {"id": "study", "spending": "activities", "yearly": False, "at_most": 1},
    ]
    at = Library(rows, rng.randint(40, 90), years, needs, excludes, {"brand": 2}, {"study": 1}, ("study",))
    return at, kinds
