"""Requirements: every rule says what of the scenario it keeps, and a whole requirement is relaxed in one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from allocator.auditing.whole import audit_tables
from allocator.engine.build import build
from allocator.engine.cbc import CbcSession
from allocator.engine.highs import HighsSession
from allocator.engine.limits import WithinLimits
from allocator.engine.session import Session, relax
from allocator.model import Model, Terms
from allocator.plan.reading import load
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import Section
from allocator.words.texts import LANGUAGES
from shipped import SCENARIOS
from worlds import CLASS, effect, government, rule, solved, world

SMALL = [
    file
    for folder in (
        "tiny",
        "wuchuan",
        "panyu",
        "classics/kilroy",
        "classics/gap_c515_1",
        "classics/pmed1",
        "panyu_whole",
    )
    for file in sorted((SCENARIOS / folder).glob("[0-9]*.yaml")) + sorted((SCENARIOS / folder / "variants").glob("*"))
]
OPENED: Mapping[str, Callable[[Model], Session]] = {"highs": HighsSession, "cbc": CbcSession}

PROMISED = {"id": "promised", "decision": "units", "where": {"programme": "class"}, "reason": "signed"}
TIGHT: Mapping[str, Any] = {
    "funding": {"sources": [government(500)]},
    "locks": [{**PROMISED, "at_least": 10}],
}
"""Ten classes are promised, and there is money for five."""
CROWDED: Mapping[str, Any] = {
    "funding": {"sources": [government(100_000)]},
    "locks": [{**PROMISED, "at_least": 100}],
}
"""A hundred classes are promised, and towns may have 75."""
FLOORED: Mapping[str, Any] = {
    "towns": {
        "a": {"resident_pop": 500, "running_cost_yuan": 600},
        "b": {"resident_pop": 1000, "running_cost_yuan": 600},
    },
    "delivery": {"programmes": [{**CLASS, "floor": "running_cost"}]},
    "funding": {"sources": [government(1_000)]},
}
"""Towns ask for twelve classes, and there is money for ten."""
CONFLICTS = [
    pytest.param(TIGHT, "funding.sources.gov.amount", id="a number on one row"),
    pytest.param(TIGHT, "locks.promised", id="a lock"),
    pytest.param(TIGHT, "spending", id="equations"),
    pytest.param(CROWDED, "delivery.programmes.class.max_units", id="upper bounds"),
    pytest.param(FLOORED, "delivery.programmes.class.floor", id="lower bounds"),
]


def field_of(plan: PlanYear, path: str) -> object:
    """What a path names in a checked scenario: section or common part, then fields, and ids or what items are about."""
    head, *rest = path.split(".")
    if head == "towns":
        return plan.towns[rest[0]]
    at: object = plan.sections[head] if head in plan.sections else getattr(plan.common, head)
    for step in rest:
        if isinstance(at, Section):
            assert step in type(at).model_fields, path
            at = getattr(at, step)
        elif isinstance(at, Mapping):
            at = at[step]
        else:
            assert isinstance(at, Sequence), path
            at = next(each for each in at if step in (getattr(each, "id", None), getattr(each, "spending", None)))
    return at


@pytest.mark.parametrize("file", SMALL, ids=lambda file: str(file.relative_to(SCENARIOS)))
def test_every_rule_of_a_shipped_plan_keeps_a_requirement_that_its_scenario_says(file: Path) -> None:
    scenario = load(file)
    model = build(scenario)
    for family in (part for parts in model.rows.values() for part in parts if part.is_rule):
        assert all(family.requirement), family.name
    for part in (part for parts in model.columns.values() for part in parts):
        assert all(path for _, _, ids in part.required for path in ids), part.name
    for requirement in model.requirements.values():
        said = [plan for plan in scenario.plan_years if field_of(plan, requirement.id) is not None]
        assert said, requirement.id
        assert requirement.place is not None or requirement.id.startswith("towns."), requirement.id
        assert requirement.unit, requirement.id


def test_a_requirement_knows_its_sentence_place_strength_and_unit(tmp_path: Path) -> None:
    goal = {"id": "money", "measure": "money", "scope": "district", "at_least": {2016: 300}, "text": "put in 300 yuan"}
    goals = [{**goal, "strength": "hard"}, {**goal, "id": "least", "strength": "rule"}]
    stages = [{"id": "basics"}, {"id": "total"}]
    model = build(world(tmp_path, **TIGHT, goals=goals, stages=stages))
    known = model.requirements
    assert {path: (known[path].strength, known[path].unit) for path in ("goals.money", "goals.least")} == {
        "goals.money": ("hard", "percent of target"),
        "goals.least": ("rule", "percent of target"),
    }
    assert known["goals.money"].sentence == "put in 300 yuan"
    assert known["locks.promised"].sentence == "signed"
    amount = known["funding.sources.gov.amount"]
    assert (amount.strength, amount.unit, amount.sentence) == ("rule", "yuan", "")
    text = (tmp_path / "plan.yaml").read_text(encoding="utf-8")
    assert amount.place is not None and amount.place.column is not None
    assert Path(amount.place.file).name == "plan.yaml"
    assert text[amount.place.column - 1 :].startswith("500")


@pytest.mark.parametrize("solver", OPENED)
@pytest.mark.parametrize(("plan", "requirement"), CONFLICTS)
def test_relaxing_a_requirement_makes_a_plan_possible(
    tmp_path: Path, plan: Mapping[str, Any], requirement: str, solver: str
) -> None:
    model = build(world(tmp_path, **plan))
    session, level = OPENED[solver](model), model.family("level")
    assert session.solve(level, 0.0, True, 1e-6).status == "infeasible"
    relax(model, session, requirement)
    after = session.solve(level, 0.0, True, 1e-6)
    assert after.status == "optimal"
    assert OPENED[solver](model).solve(level, 0.0, True, 1e-6).value == pytest.approx(after.value)


@pytest.mark.parametrize(("plan", "requirement"), CONFLICTS)
def test_relaxing_something_else_does_not(tmp_path: Path, plan: Mapping[str, Any], requirement: str) -> None:
    model = build(world(tmp_path, **plan))
    conflicting = {each.values[1] for each in CONFLICTS if each.values[0] is plan}
    others = [path for path in model.requirements if path not in conflicting and path.startswith("attainment")]
    assert others
    for path in others:
        model.relax(path)
    assert HighsSession(model).solve(model.family("level"), 0.0, True, 1e-6).status == "infeasible"


def test_a_relaxed_row_stays_free_when_its_bound_is_set(tmp_path: Path) -> None:
    model = build(world(tmp_path, **TIGHT))
    for session in (HighsSession(model), CbcSession(model)):
        rows = relax(model, session, "funding.sources.gov.amount").rows
        session.set_row_bounds(rows, np.zeros(len(rows)))
        assert session.solve(model.family("level"), 0.0, True, 1e-6).status == "optimal"


def test_a_requirement_that_nothing_keeps(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match=r"funding\.sources\.gov\.min_share"):
        build(world(tmp_path, **TIGHT)).relax("funding.sources.gov.min_share")


@pytest.mark.parametrize("measure", ["gini", "cv"])
def test_a_relaxed_limit_on_inequality_lets_the_best_plan_be_had(tmp_path: Path, measure: str) -> None:
    uneven: dict[str, Any] = {
        "attainment": {
            "indicators": [{"id": "participation", "weight": 1, "target": 1, "denominator": "resident_pop"}],
            "effects": [effect()],
        },
        "funding": {"sources": [government(2_000)]},
        "base": {"a": 0.1, "b": 0.1},
    }
    limit = {"id": "even", "measure": measure, "at_most": 0.05, "reason": "none left behind"}
    free, held = (
        build(world(tmp_path / name, **uneven, limits=limits)) for name, limits in (("free", []), ("held", [limit]))
    )
    assert held.requirements["limits.even"].sentence == "none left behind"
    best = best_sum(free)
    assert best_sum(held) < best - 1.0
    session = WithinLimits(held, HighsSession(held))
    relax(held, session, "limits.even")
    level = held.family("level")
    assert session.solve(_mean(level), 0.0, True, 1e-7).value == pytest.approx(best, abs=1e-4)


def best_sum(model: Model) -> float:
    """Highest sum of levels, the second town counted three times, so that the best plan is uneven."""
    return WithinLimits(model, HighsSession(model)).solve(_mean(model.family("level")), 0.0, True, 1e-7).value


def _mean(level: Terms) -> Terms:
    return level * np.where(level["town"] == 0, 3.0, 1.0)


def test_the_table_of_rows_names_requirements_row_by_row(tmp_path: Path) -> None:
    earmark = [{"town": "a", "at_least": 100}]
    funding = {"sources": [government(500, earmark=earmark), {"id": "gift", "amount": 100, "pays": ["courses"]}]}
    result = solved(tmp_path, funding=funding, locks=[{**PROMISED, "at_least": 2}])
    keys = {("budget", "gov"): "funding.sources.gov.amount", ("budget", "gift"): "funding.sources.gift.amount"}
    keys |= {("earmark", "a/gov"): "funding.sources.gov.earmark", ("lock", "promised/at_least"): "locks.promised"}
    assert {key: rule(result, *key)["requirement"] for key in keys} == keys
    known = build(result.scenario).requirements
    assert set(result.rows["requirement"]) <= known.keys()


def test_the_audit_names_what_asks_for_a_broken_rule(tmp_path: Path) -> None:
    result = solved(tmp_path, funding={"sources": [government(500)]}, locks=[{**PROMISED, "at_least": 2}])
    changed = {name: table.copy() for name, table in result.tables.items()}
    changed["funding"]["amount_yuan"] += 1_000.0
    report = audit_tables(result.scenario, changed)
    asked = report.families.set_index("family")["requirement"]
    assert asked["budget"] == "funding.sources.gov.amount"
    assert asked["lock"] == "locks.promised"
    for language in LANGUAGES:
        following = dict(pairwise(report.lines(language)))
        budget = next(line for line in following if " budget" in line)
        assert "funding.sources.gov.amount" in following[budget]
        assert not any("locks.promised" in line for line in following)


def test_the_audit_of_several_years_names_it_too(tmp_path: Path) -> None:
    result = solved(tmp_path, funding={"sources": [government(500)]}, years={2016: {}, 2017: {}})
    changed = {name: table.copy() for name, table in result.tables.items()}
    changed["funding"]["amount_yuan"] += 1_000.0
    worst = audit_tables(result.scenario, changed).families.set_index("family").loc["budget"]
    assert worst["requirement"] == "funding.sources.gov.amount"
