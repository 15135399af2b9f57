"""The small plan with words replaced, for the tests of the checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from allocator.engine.build import build
from allocator.engine.highs import HighsSession
from allocator.model import Terms
from allocator.plan.check import check
from allocator.plan.reading import load
from allocator.scenario.plan_year import Scenario
from allocator.words.errors import Finding
from plans import PLAN, TABLES, YEAR, write_plan

CEILING = "floor: running_cost"
FLOORS = "{district: 2, town: 1}"
SOCIAL = "pays: [courses, activities], earmark: [{town: bei, at_least: 5000}]"
SHARES = "[{spending: courses, at_least: 0.05, at_most: 0.9}]"
SLOW = "mature: {preset: [dong]}"
TEACHING = "{visit_hours: 2, home_share: 0.5}"
LOCKS = YEAR.partition("\n")[2]
LAST = {LOCKS: "last_year: {funding_by_town: last}\n"}


def capped(units: float, floors: str) -> dict[str, str]:
    """Running cost that ends at some yuan a head, and few courses."""
    return {
        CEILING: f"{CEILING}, max_units: {{per: 1, of: resident_pop, units: {units}}}",
        "units: 3}": "units: 0.1}",
        FLOORS: floors,
    }


def yearly(down: float, up: float, last: tuple[int, int, int]) -> dict[str, Any]:
    """Bounds on the change from last year's money of bei, dong, nan."""
    towns = zip(("bei", "dong", "nan"), last, strict=True)
    return {
        **LAST,
        SHARES: f"{SHARES}\n  year_on_year: {{down: {down}, up: {up}}}",
        "tables/last": "town,amount_yuan\n" + "".join(f"{town},{amount}\n" for town, amount in towns),
    }


def courses(bei: int, dong: int, nan: int, skills: int = 0) -> dict[str, Any]:
    """Least money for courses in each town [yuan; 1,500 a course of 20 teacher hours], and for skills in dong."""
    rows = TABLES["towns"].splitlines()
    made = [
        f"{row},{least},{most}" for row, least, most in zip(rows[1:], (bei, dong, nan), (0, skills, 0), strict=True)
    ]
    return {
        "spending: [operations,": "extra_columns: {towns: [course_yuan, skill_yuan]}\nspending: [operations,",
        "unit_cost: 1500,": "floor: course, unit_cost: 1500,",
        "    - {id: operations,": "    - {id: skills_course, category: skills, spending: courses, unit_cost: 1500,\n"
        "       teacher_hours: 20, floor: skill}\n    - {id: operations,",
        "tables/towns": "\n".join([f"{rows[0]},course_yuan,skill_yuan", *made]) + "\n",
    }


def locks(*written: str, more: str = "") -> dict[str, str]:
    """Locks in the place of the plan's own: decision, where, bound."""
    lines = [f"  - {{id: lock{n}, {text}, reason: 已定}}\n" for n, text in enumerate(written, start=1)]
    return {LOCKS: "locks:\n" + "".join(lines) + more}


@dataclass(frozen=True)
class Case:
    """A broken plan with what is said of it, and a plan that is just right."""

    code: str
    broken: Mapping[str, str]
    numbers: tuple[str, ...]
    word: str
    """Where the finding points: this word of the file; empty: not tested."""
    fine: Mapping[str, str] = field(default_factory=dict)


def written(folder: Path, edits: Mapping[str, str]) -> tuple[Scenario, dict[str, str]]:
    """The small plan with words replaced (keys ``tables/...`` are whole tables), and its two files as written."""
    files = {"plan.yaml": PLAN, "2016.yaml": YEAR}
    tables = {name.removeprefix("tables/"): text for name, text in edits.items() if name.startswith("tables/")}
    for old, new in edits.items():
        if not old.startswith("tables/"):
            assert sum(text.count(old) for text in files.values()) >= 1, old
            files = {name: text.replace(old, new, 1) for name, text in files.items()}
    return load(write_plan(folder, files, tables) / "2016.yaml"), files


def proofs(scenario: Scenario) -> list[Finding]:
    return [finding for finding in check(scenario) if finding.severity == "infeasible"]


def status(scenario: Scenario) -> str:
    """What the solver says of the rules alone."""
    nothing = Terms({}, np.zeros(0, dtype=np.intp), np.zeros(0))
    return HighsSession(build(scenario)).solve(nothing, 0.0, False, 1e-6).status
