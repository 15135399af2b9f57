"""Three towns that share four teachers, for hand-worked cases of postings.

Nobody visits: a class (1 hour of a teacher, 100 yuan) is taught by whom lives in the town or is posted to it. A class
is worth 2 points in a (500 residents) and 1 point in b and in c. A teacher has 30 hours: 60 points in a, 30 in b or c.
b and c are 20 minutes apart, a and b 30, a and c 50; up to 20 minutes nothing is paid, up to 45 minutes 3,000 yuan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from allocator.tables.result import Result
from worlds import CLASS, government, of_year, run, world

TOWNS = {"a": {"resident_pop": 500}, "b": {"resident_pop": 1000}, "c": {"resident_pop": 1000}}
OPEN = {**CLASS, "category": "health", "max_units": None, "teacher_hours": 1}
BANDS = [{"up_to_minutes": 20, "allowance": 0}, {"up_to_minutes": 45, "allowance": 3000}]
FEWEST = {"id": "total", "of": "posting.count", "aggregate": "sum"}
LEXIMIN = {"id": "balance"}
MAXIMIN = {"id": "balance", "criterion": "maximin"}


def teacher(name: str, home: str, hours: float = 30, backbone: bool = False, **more: Any) -> dict[str, Any]:
    return {"teacher": name, "home_town": home, "hours": hours, "backbone": backbone, **more}


FOUR = (teacher("t1", "b"), teacher("t2", "b", backbone=True), teacher("t3", "b"), teacher("t4", "c"))


def skills(teachers: Sequence[Mapping[str, Any]], **own: Sequence[str]) -> list[dict[str, Any]]:
    """Everybody teaches health, or the categories named."""
    return [
        {"teacher": each["teacher"], "category": category, "proficiency": 1}
        for each in teachers
        for category in own.get(each["teacher"], ("health",))
    ]


def posting(**more: Any) -> dict[str, Any]:
    return {"bands": BANDS, "spending": "operations", "out_share": 1, **more}


def plan(*teachers: dict[str, Any], own: Mapping[str, Sequence[str]] | None = None, **more: Any) -> dict[str, Any]:
    """The world with some teachers (the four unless given), everything open that is not said; even levels are sought,
    then few postings."""
    staff = teachers or FOUR
    tables = {"teachers": list(staff), "skills": skills(staff, **(own or {})), **more.pop("tables", {})}
    made: dict[str, Any] = {
        "towns": TOWNS,
        "tables": tables,
        "delivery": {"programmes": [OPEN]},
        "teaching": {},
        "reach": {"teaching": 0},
        "roads": {("a", "b"): 30, ("b", "c"): 20, ("a", "c"): 50},
        "posting": posting(),
        "funding": {"sources": [government(1e6, pays=["courses", "operations"])]},
        "stages": [LEXIMIN, FEWEST],
    }
    return made | more


def posted(result: Result, year: int | None = None) -> dict[str, str]:
    """Teacher to host."""
    table = of_year(result.postings, year)
    return dict(zip(table["teacher"], table["to_town"], strict=True))


def stages_only(folder: Path, **made: Any) -> tuple[dict[str, str], dict[str, float]]:
    """Teacher to host and level of each town after the stages, without tables and audit."""
    model, _, steps = run(world(folder, **made))
    assert steps.x is not None
    x, chosen, level = steps.x, model.family("posted"), model.family("level")
    names = model.decoded(chosen.where(x[chosen.column] > 0.5).labels)
    towns = model.decoded(level.labels)["town"]
    hosts = dict(zip(names["teacher"], names["town"], strict=True))
    return hosts, dict(zip(towns, x[level.column].round(3).tolist(), strict=True))


def past(*rows: tuple[str, str, int]) -> dict[str, Any]:
    """Last year's postings as a table and the part of the plan that names it."""
    columns = ("teacher", "to_town", "start_year")
    return {"tables": {"old": [dict(zip(columns, row, strict=True)) for row in rows]}, "last_year": {"postings": "old"}}
