"""The list of effects has those of every block, with where each number comes from."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from allocator.plan.reading import load
from allocator.report.page.record import effects_grid
from allocator.report.words.effects import EffectLine, effect_kinds, effect_lines
from allocator.report.words.facts import is_illustrative
from allocator.report.words.labels import names_of, speaking
from allocator.scenario.plan_year import Scenario
from allocator.tables.result import Result
from projects_worlds import effect, plan, project
from worlds import ORIGIN, world

PANYU = Path(__file__).parent.parent / "scenarios" / "panyu_whole"


def lines_of(scenario: Scenario) -> list[EffectLine]:
    return speaking("en", lambda: effect_lines(scenario.first, names_of(scenario.first)))


def test_projects_say_where_they_count(tmp_path: Path) -> None:
    effects = [effect("p", 5), effect("q", 2, "every_town")]
    scenario = world(tmp_path, **plan([project("p"), project("q")], effects=effects))
    made = [line for line in lines_of(scenario) if line.of.startswith("project")]
    kind, rule = ORIGIN["kind"], ORIGIN["rule"]
    assert made == [
        EffectLine("project p", "participation", "5", kind, rule),
        EffectLine("project q", "participation", "2 for each 1,000 of the denominator (in every town)", kind, rule),
    ]


def test_a_plan_with_made_up_projects_alone_is_illustrative(tmp_path: Path) -> None:
    derived = {"attainment": {"indicators": [{"id": "participation", "weight": 1, "target": 1}]}}
    rows = [project("p")]
    with_effect = world(tmp_path / "with", **plan(rows, effects=[effect("p", 5)], **derived))
    without = world(tmp_path / "without", **plan(rows, **derived))
    assert effect_kinds(with_effect.first) == ["illustrative"] and is_illustrative(with_effect.first)
    assert effect_kinds(without.first) == [] and not is_illustrative(without.first)


def test_panyu_lists_projects_stars_and_trained_staff() -> None:
    gain = {"indicator": "participation", "per_unit": 30, "origin": {"kind": "real", "rule": "report"}}
    scenario = load(PANYU / "2016.yaml").with_({"team.training.gains": [gain]})
    rows = len(pd.read_csv(PANYU / "tables" / "project_effects.csv"))
    made = lines_of(scenario)
    assert sum(line.of == "a station's first star" and line.kind == "derived" for line in made) == 1
    assert [(line.gain, line.kind) for line in made if line.of == "one of the staff trained"] == [("30", "real")]
    assert len(effect_kinds(scenario.first)) == sum(line.kind != "" for line in made)
    empty = Result(scenario, {}, {})
    grid = speaking("zh", lambda: effects_grid(empty, names_of(scenario.first)))
    assert len(grid.rows) == len(made) and grid.classes.count("illustrative") == effect_kinds(scenario.first).count(
        "illustrative"
    )
    assert sum(row[4].startswith("示例数据（虚构）") for row in grid.rows) == grid.classes.count("illustrative") >= rows
