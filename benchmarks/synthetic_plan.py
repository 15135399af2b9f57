"""Made-up plans of any size for the benchmarks: towns on a grid of roads, one concave programme, mentoring pairs.

The numbers come from a seeded generator and mean nothing; the shape is that of a plan: money -> units of a
programme with twelve falling pieces -> participation -> level, and pairs between towns within reach.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

PIECES = 12
BUDGETS = {"loose": 4.0, "tight": 0.6}
"""Yuan a head. Loose: one town whose ceiling is low stops the minimum. Tight: money does, in nearly all towns."""

_PLAN = """\
schema_version: 1
plan: grid
name: {{zh: 方格示例（虚构）, en: grid of made-up towns}}
years: [2016]
units: {{money: 元}}
population: {{column: resident_pop, vintage: illustrative}}
spending: [operations, courses]
travel:
  roads: roads
  reach_minutes: {{mentoring: 42}}
delivery:
  programmes:
    - {{id: operations, spending: operations, unit_cost: 1, floor: running_cost}}
    - {{id: course, spending: courses, unit_cost: 1500, max_units: {{per: 1, of: stations, units: 12}}}}
attainment:
  indicators:
    - {{id: participation, weight: 1, target: 0.40, denominator: resident_pop, ceiling: 1}}
  effects:
    - programme: course
      indicator: participation
      origin: {{kind: illustrative, rule: 示例数据（虚构）}}
      per_unit: [{pieces}]
funding:
  sources:
    - {{id: government, pays: [operations, courses], amount: {amount}}}
mentoring:
  slow: lowest_third
  mature: {{upper_third: true}}
  min_gap: 2
  mentor_capacity: 2
  mentee_cover: 1
  transfer: {{participation: 0.25}}
  nearness_minutes: 60
stages:
  - {{id: balance, criterion: maximin, of: level}}
  - {{id: total, of: level, weighted_by: resident_pop}}
"""


def write_plan(folder: Path, towns: int, budget: str, seed: int = 20160101) -> Path:
    """Write a plan of so many towns; returns its year file. Same arguments, same files."""
    drawn = np.random.default_rng(seed)
    width = max(n for n in range(1, int(towns**0.5) + 1) if towns % n == 0)
    names = [f"t{at:05d}" for at in range(towns)]
    people = drawn.integers(20_000, 150_000, towns)
    stations = np.maximum(1, people // 6_000)
    stations[towns // 2] = people[towns // 2] // 10_000 + 1
    known = {"town": names, "name_zh": names, "name_en": names, "resident_pop": people, "stations": stations}
    table = pd.DataFrame({**known, "running_cost_yuan": (people * 0.3).round()})
    values = drawn.uniform(0.02, 0.16, towns).round(4)
    values[towns // 2] = 0.02
    base = pd.DataFrame({"town": names, "indicator": "participation", "value": values})
    tables = {"towns": table, "base": base, "roads": _roads(names, width, drawn)}
    (folder / "tables").mkdir(parents=True)
    for name, columns in tables.items():
        columns.to_csv(folder / "tables" / f"{name}.csv", index=False)
    pieces = [f"{{up_to: {0.1 * (n + 1):.1f}, gain: {150 - 11 * n}}}" for n in range(PIECES)]
    pieces[-1] = f"{{gain: {150 - 11 * (PIECES - 1)}}}"
    text = _PLAN.format(pieces=", ".join(pieces), amount=people.sum() * BUDGETS[budget])
    (folder / "plan.yaml").write_text(text, encoding="utf-8")
    year = folder / "2016.yaml"
    year.write_text("year: 2016\n", encoding="utf-8")
    return year


def _roads(names: list[str], width: int, drawn: np.random.Generator) -> pd.DataFrame:
    """Links from every town to its neighbours to the right and below."""
    links = [(at, at + 1) for at in range(len(names)) if (at + 1) % width]
    links += [(at, at + width) for at in range(len(names) - width)]
    start, end = zip(*links, strict=True)
    minutes = drawn.uniform(9, 18, len(links)).round(1)
    ends = {"from_town": [names[at] for at in start], "to_town": [names[at] for at in end]}
    return pd.DataFrame({**ends, "minutes": minutes})
