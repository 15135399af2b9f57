"""Inequality as a stage and as a limit in whole plans: against enumeration, by hand, and where plans could cheat."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from allocator.auditing.limits import floors, limit_rules
from allocator.auditing.whole import audit_tables
from allocator.blocks.attainment.exact import FAMILIES as EXACT
from allocator.blocks.shared.inequality import measures
from allocator.engine.build import build
from allocator.engine.criteria.aversion import equal_level
from allocator.engine.criteria.cv import CV_TOLERANCE
from allocator.engine.highs import HighsSession
from allocator.engine.limits import WithinLimits, level_floors
from allocator.engine.opening import open_session
from allocator.engine.session import Limits, Solution
from allocator.engine.stages import run_stages
from allocator.model import Floats, Model, Terms
from allocator.plan.reading import load
from allocator.scenario.plan_year import Scenario
from allocator.tables.result import Result
from allocator.verbs.options import Options
from allocator.verbs.solving import solve
from allocator.words.errors import InputError, UsageError
from sampling import sampled
from worlds import CLASS, NEARNESS_MINUTES, TALK, TOTAL, attainment, effect, government, levels, solved, world

SCENARIOS = Path(__file__).parent.parent / "scenarios"
MEASURES = ("gini", "mean_deviation", "range", "cv")
RATIOS = ("gini", "mean_deviation", "range")
TIE_BREAK = {"id": "tie_break", "factors": {"resident_pop": 1}}
THREE = {"a": {"resident_pop": 500}, "b": {"resident_pop": 1000}, "c": {"resident_pop": 2000}}
"""A unit brings 2, 1 and 0.5 points; at most 25, 50 and 100 units."""
HEADS = np.array([500.0, 1000.0, 2000.0])
BASE = {"a": 0.10, "b": 0.30, "c": 0.62}
PIECES = [{"up_to": 4, "gain": 20}, {"up_to": 30, "gain": 10}, {"gain": 2}]
MENTORING = {
    "slow": {"towns": ["a"]},
    "mature": {"preset": ["c"], "upper_third": False},
    "min_gap": 5,
    "mentor_capacity": 1,
    "mentee_cover": 1,
    "transfer": {"participation": 0.5},
    "nearness_minutes": NEARNESS_MINUTES,
}
ROADS = {("a", "b"): 20, ("b", "c"): 20, ("a", "c"): 20}
"""20 minutes halve what a pair brings: a quarter of the gap."""


def of(result: Result, measure: str) -> float:
    return float(result.balance.set_index("measure")["after"][measure])


def step(result: Result, name: str, stage: str = "balance") -> dict[str, Any]:
    table = result.stages
    return table[(table["stage"] == stage) & (table["step"] == name)].iloc[0].to_dict()


def balance(criterion: str, **more: Any) -> dict[str, Any]:
    return {"id": "balance", "criterion": criterion, **more}


def small(folder: Path, stages: list[Any], money: float = 2000, **more: Any) -> Result:
    """Three towns with a bent effect, a cap at 70 points and a possible pair."""
    return solve(_small(folder, stages, money, **more))


def _small(folder: Path, stages: list[Any], money: float = 2000, **more: Any) -> Scenario:
    given = {
        "towns": THREE,
        "base": BASE,
        "attainment": attainment(effect(per_unit=PIECES), ceiling=0.7),
        "funding": {"sources": [government(money)]},
        "mentoring": MENTORING,
        "roads": ROADS,
        "stages": stages,
    }
    return world(folder, **(given | more))


@cache
def every_plan(money: int = 2000) -> Floats:
    """Levels of all plans of the small world on a grid of half units, with and without the pair, one a row."""
    most = [25, 50, 100]
    axes = [np.arange(0, min(most[t], money / 100) + 1e-9, 0.5) for t in range(3)]
    units = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)
    units = units[units.sum(axis=1) <= money / 100]
    thousands = HEADS / 1000
    persons = np.stack(
        [
            np.interp(units[:, t], [0, 4 * thousands[t], 30 * thousands[t], 1000], _heights(thousands[t]))
            for t in range(3)
        ],
        axis=1,
    )
    value = np.array(list(BASE.values())) + persons / HEADS
    paired = value + np.array([0.25 * (0.62 - 0.10), 0.0, 0.0])
    return np.unique((np.minimum(np.vstack([value, paired]), 0.7) * 100).round(9), axis=0)


@cache
def how_unequal(money: int, weights: tuple[float, ...]) -> pd.DataFrame:
    """Every measure of every plan, one plan a row."""
    return pd.DataFrame([measures(plan, np.array(weights)) for plan in every_plan(money)])


def _heights(thousand: float) -> list[float]:
    at = [0.0, 4 * thousand, 30 * thousand, 1000.0]
    rise = [20 * (at[1] - at[0]), 10 * (at[2] - at[1]), 2 * (at[3] - at[2])]
    return [0.0, *np.cumsum(rise)]


# -- as a stage ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("criterion", RATIOS)
@pytest.mark.parametrize("money", [600, 2000, 4000])
def test_a_ratio_is_as_small_as_in_any_plan(criterion: str, money: int, tmp_path: Path) -> None:
    result = small(tmp_path, [balance(criterion), TOTAL, TIE_BREAK], money)
    found = step(result, criterion)
    enumerated = how_unequal(money, tuple(HEADS))[criterion].min()
    assert found["value"] <= enumerated + 1e-5  # a finer grid of units could only be better
    assert found["value"] >= enumerated - 0.02
    assert found["held_at"] - 1e-4 - 1e-6 <= found["value"] + 1.6e-4
    assert of(result, criterion) <= found["held_at"] + 1e-6
    assert of(result, criterion) == pytest.approx(found["published"], abs=1e-6)


@pytest.mark.parametrize("aversion", [0, 0.5, 1, 3])
def test_the_dial_is_as_high_as_in_any_plan(aversion: float, tmp_path: Path) -> None:
    result = small(tmp_path, [balance("inequality_aversion", aversion=aversion), TOTAL, TIE_BREAK])
    best = max(equal_level(plan, HEADS, aversion) for plan in every_plan())
    found = step(result, "mean" if aversion == 0 else "equal_level")
    assert found["value"] >= best - 0.01
    after = result.towns["level_after"].to_numpy(float)
    assert equal_level(after, HEADS, aversion) >= best - 0.01 - 3e-4


def test_the_dial_goes_from_the_mean_to_the_worst_off(tmp_path: Path) -> None:
    made = [
        levels(small(tmp_path / str(dial), [balance("inequality_aversion", aversion=dial), TIE_BREAK]))
        for dial in (0, 2, 40)
    ]
    worst = [min(each.values()) for each in made]
    leximin = levels(small(tmp_path / "leximin", [{"id": "balance"}, TIE_BREAK]))
    assert worst == sorted(worst)
    assert worst[-1] == pytest.approx(min(leximin.values()), abs=0.3)


@pytest.mark.parametrize("criterion", RATIOS)
def test_both_solvers_hold_the_same(criterion: str, tmp_path: Path) -> None:
    scenario = _small(tmp_path, [balance(criterion), TOTAL, TIE_BREAK])
    one, other = (solve(scenario, Options(solver=name)) for name in ("highs", "cbc"))
    assert step(one, criterion)["held_at"] == pytest.approx(step(other, criterion)["held_at"], abs=1e-9)
    assert step(one, "mean", "total")["value"] == pytest.approx(step(other, "mean", "total")["value"], abs=2e-4)


def test_before_is_the_same_number_in_the_plan_before(tmp_path: Path) -> None:
    plans = every_plan()
    best = plans[plans.mean(axis=1) >= plans.mean(axis=1).max() - 0.2]
    unequal = [measures(plan, HEADS)["gini"] for plan in best]
    result = small(tmp_path, [TOTAL, balance("gini"), TIE_BREAK])
    assert min(unequal) - 1e-3 <= step(result, "gini")["before"] <= max(unequal) + 1e-3


# -- levelling down ------------------------------------------------------------------------------------------------

SIX = {f"t{n}": {"resident_pop": 1000} for n in range(6)}


def _trap(folder: Path) -> Scenario:
    """Six towns at 1.9 to 4.3 points with nothing to spend: nothing can be done about their range."""
    base = dict(zip(SIX, (0.019, 0.024, 0.029, 0.033, 0.038, 0.043), strict=True))
    source = {"sources": [government(0)]}
    return world(folder, towns=SIX, base=base, funding=source, stages=[balance("range"), TOTAL, TIE_BREAK])


def _range_seen(scenario: Scenario, freed: tuple[str, ...]) -> float:
    """The smallest range when some rows of the model are taken out."""
    model = build(scenario)
    session = HighsSession(model)
    for name in freed:
        for part in model.rows.get(name, ()):
            session.release_rows(part.positions)
    run = run_stages(model, scenario, session)
    assert run.x is not None
    return run.records[0].value


def test_a_plan_cannot_report_less_than_it_earns(tmp_path: Path) -> None:
    scenario = _trap(tmp_path)
    truth = (4.3 - 1.9) / 3.1
    assert _range_seen(scenario, (*EXACT, "no_fall")) == pytest.approx(0.0, abs=1e-6)
    assert _range_seen(scenario, ("no_fall",)) == pytest.approx(truth, abs=1e-6)
    assert of(solve(scenario), "range") == pytest.approx(truth, abs=1e-6)


def _fixed(model: Model, units: Floats) -> tuple[HighsSession, Terms]:
    session, cells = HighsSession(model), model.family("units")
    session.set_column_bounds(cells.column, units, units)
    return session, model.family("level")


@pytest.mark.parametrize("seed", sampled(range(12), 3))
def test_units_alone_say_what_is_credited(seed: int, tmp_path: Path) -> None:
    # Lowest and highest level that the model allows for given units are both the true one.
    draw = np.random.default_rng(seed)
    towns = {f"t{n}": {"resident_pop": int(draw.integers(300, 3000))} for n in range(4)}
    ends = np.cumsum(draw.uniform(1, 12, 2)).round(3)
    gains = np.sort(draw.uniform(1, 30, 3))[::-1].round(3)
    bent = [{"up_to": float(e), "gain": float(g)} for e, g in zip(ends, gains, strict=False)]
    last = {"gain": float(gains[2])} if seed % 2 else {"up_to": float(ends[-1] + 9), "gain": float(gains[2])}
    ceiling, base = float(draw.uniform(0.2, 0.9)), draw.uniform(0, 0.5, 4)
    scenario = world(
        tmp_path,
        towns=towns,
        base=dict(zip(towns, base.tolist(), strict=True)),
        attainment=attainment(effect(per_unit=[*bent, last]), ceiling=ceiling, target=0.8),
        funding={"sources": [government(4000)]},
        stages=[balance("gini")],
    )
    model = build(scenario)
    heads = np.array([t["resident_pop"] for t in towns.values()], dtype=float)
    units = draw.dirichlet(np.ones(4)) * 40 * draw.uniform(0, 1)
    units = np.minimum(units, 50 * heads / 1000)
    stops = np.array([0, *ends, 1e6 if seed % 2 else ends[-1] + 9, 2e6])
    heights = np.cumsum([0, *(np.diff(stops) * [*gains, 0 if not seed % 2 else gains[2]])])
    value = base + np.interp(units / heads * 1000, stops, heights) / 1000
    truth = 100 * np.minimum(1, np.minimum(value, ceiling) / 0.8)
    session, level = _fixed(model, units)
    for at in range(4):
        for maximise in (False, True):
            found = session.solve(level.where(np.array([at])), 0.0, maximise, 1e-7)
            assert found.status == "optimal"
            assert found.value == pytest.approx(truth[at], abs=1e-5)


def test_a_cell_that_cannot_reach_its_cap_needs_no_binary(tmp_path: Path) -> None:
    # 10 units bring at most 20 points in a and 10 in b; base b is above the target already.
    given = {"base": {"a": 0.1, "b": 1.2}, "funding": {"sources": [government(1000)]}, "stages": [balance("gini")]}
    assert build(world(tmp_path, **given)).size["integers"] == 0
    given["base"] = {"a": 0.85, "b": 0.2}
    assert build(world(tmp_path / "more", **given)).size["integers"] == 1


def test_without_any_largest_value_the_plan_is_refused(tmp_path: Path) -> None:
    free = {"programmes": [{"id": "class", "spending": "courses", "unit_cost": 0}]}
    scenario = {"delivery": free, "funding": None, "stages": [balance("gini")]}
    with pytest.raises(UsageError, match="max_units"):
        build(world(tmp_path, **scenario))


@pytest.mark.parametrize("stage", [{"id": "balance"}, balance("inequality_aversion", aversion=2)])
def test_a_plan_that_compares_no_inequality_has_none_of_it(stage: Any, tmp_path: Path) -> None:
    model = build(_small(tmp_path, [stage]))
    assert not model.rows.keys() & {*EXACT, "no_fall", "inequality_limit", "cv_limit"}


def _two_years(folder: Path, stages: list[Any], **more: Any) -> Scenario:
    """c starts at 90 points and keeps half of what it has; no money in the first year, 1,400 yuan in the second."""
    given = {
        "towns": THREE,
        "base": {"a": 0.1, "b": 0.1, "c": 0.9},
        "attainment": attainment(effect(), retention=0.5),
        "years": {2016: {}, 2017: {"funding": {"sources": [government(1400)]}}},
        "funding": {"sources": [government(0)]},
        "stages": stages,
    }
    return world(folder, **(given | more))


def test_no_town_falls_below_what_the_factor_method_would_leave(tmp_path: Path) -> None:
    # Factor method in 2017: 14 units by residents, 2, 4, 8: 4 points each. Start: 5, 5, 45. a and b, who were at 10,
    # must reach 9, c 49 (and would be left at 45 for the smallest range); 14 units do exactly that: 2, 4 and 8.
    scenario = _two_years(tmp_path, [balance("range"), TIE_BREAK])
    assert level_floors(scenario.last) == pytest.approx([9, 9, 49])
    assert level_floors(scenario.first) == pytest.approx([10, 10, 90])
    result = solve(scenario)
    after = result.towns[result.towns["year"] == 2017]["level_after"]
    assert after.tolist() == pytest.approx([9, 9, 49], abs=1e-4)
    rows = result.rows[(result.rows["rule"] == "no_fall") & (result.rows["year"] == 2017)]
    assert rows["bound"].tolist() == pytest.approx([9, 9, 49])
    free = solve(_two_years(tmp_path / "free", [{"id": "balance"}, TIE_BREAK]))
    assert free.towns[free.towns["year"] == 2017]["level_after"].tolist()[2] == pytest.approx(45, abs=1e-3)


def test_the_level_before_the_plan_is_floor_enough(tmp_path: Path) -> None:
    # With 70 units the factor method would bring a and b to 25 points; they were at 10 before, and no more is asked.
    years = {2016: {}, 2017: {"funding": {"sources": [government(7000)]}}}
    assert level_floors(_two_years(tmp_path, [balance("gini")], years=years).last) == pytest.approx([10, 10, 65])


def test_both_ways_of_the_factor_method_agree() -> None:
    for name in ("tiny/2016.yaml", "panyu/2018.yaml", "wuchuan/2021.yaml", "panyu"):
        for plan in load(SCENARIOS / name).plan_years:
            assert level_floors(plan) == pytest.approx(floors(plan).to_numpy(float), abs=1e-9)


def test_a_town_held_down_is_named(tmp_path: Path) -> None:
    # a can have 50 points at most, so all three are kept at 50 for a range of nothing, however much money is left:
    # c alone could have 50 + 0.5 * 100, b another 50 less the 50 units it has.
    given = {"towns": THREE, "base": {"a": 0.0, "b": 0.0, "c": 0.5}, "funding": {"sources": [government(50000)]}}
    result = solved(tmp_path, **given, stages=[balance("range"), TOTAL, TIE_BREAK])
    assert levels(result) == pytest.approx({"a": 50, "b": 50, "c": 50}, abs=0.02)
    reach = result.towns.set_index("town")["could_reach"]
    assert reach.to_dict() == pytest.approx({"a": 50, "b": 50, "c": 100}, abs=0.01)
    assert result.held_down == ("c",)
    free = solved(tmp_path / "free", **given, stages=[TOTAL, TIE_BREAK])
    assert free.towns["could_reach"].isna().all()
    assert free.held_down == ()


def test_what_a_town_could_reach_leaves_the_others_what_they_have(tmp_path: Path) -> None:
    # 1,000 yuan make 10 units; a range as small as can be spends them on a and b, and c could have nothing more.
    result = small(tmp_path, [balance("range"), TOTAL, TIE_BREAK], money=1000)
    towns = result.towns.set_index("town")
    assert (towns["could_reach"] - towns["level_after"]).abs().max() < 0.1
    assert result.held_down == ()


@pytest.mark.parametrize(("strength", "stage"), [("hard", "basics"), ("soft", "aspirations")])
def test_what_goals_reached_is_kept_while_towns_held_down_are_sought(strength: str, stage: str, tmp_path: Path) -> None:
    # Every town is to have 5,000 yuan, and there is no more. At 50 points a uses half of it for 25 units, the rest goes
    # into talks, which bring nothing; c could turn its own talks into 50 units (75 points), but not those of a as well.
    goal = {"id": "g", "measure": "money", "scope": "every_town", "strength": strength, "at_least": {2016: 5000}}
    result = solved(
        tmp_path,
        towns=THREE,
        base={"a": 0.0, "b": 0.0, "c": 0.5},
        delivery={"programmes": [CLASS, TALK]},
        funding={"sources": [government(15000, pays=["courses", "activities"])]},
        goals=[goal],
        stages=[{"id": stage}, balance("range"), TOTAL, TIE_BREAK],
    )
    assert levels(result) == pytest.approx({"a": 50, "b": 50, "c": 50}, abs=0.02)
    reach = result.towns.set_index("town")["could_reach"]
    assert reach.to_dict() == pytest.approx({"a": 50, "b": 50, "c": 75}, abs=0.05)


# -- as a limit ----------------------------------------------------------------------------------------------------


def limited(folder: Path, measure: str, at_most: float, stages: list[Any] | None = None, **more: Any) -> Result:
    limit = {"id": "even", "measure": measure, "at_most": at_most, **more}
    return small(folder, stages or [TOTAL, TIE_BREAK], limits=[limit])


def halfway(measure: str, weights: Floats) -> float:
    """A number between the least that can be and what the highest mean leaves, nearer to the least."""
    unequal = how_unequal(2000, tuple(weights))[measure].to_numpy()
    return float(unequal.min() + 0.3 * (unequal[every_plan().mean(axis=1).argmax()] - unequal.min()))


@pytest.mark.parametrize("measure", MEASURES)
def test_a_limit_takes_the_best_plan_that_keeps_it(measure: str, tmp_path: Path) -> None:
    unequal, means = how_unequal(2000, tuple(HEADS))[measure].to_numpy(), every_plan().mean(axis=1)
    at_most = halfway(measure, HEADS)
    result = limited(tmp_path, measure, at_most)
    assert of(result, measure) <= at_most * (1 + CV_TOLERANCE) + 1e-6
    assert step(result, "mean", "total")["value"] >= means[unequal <= at_most].max() - 1e-6
    assert step(result, "mean", "total")["value"] < means.max() - 0.1
    row = result.rows[result.rows["rule"] == "limit"].iloc[0]
    assert (row["key"], row["sense"], row["bound"]) == ("even", "<=", pytest.approx(at_most, abs=1e-6))
    assert row["activity"] == pytest.approx(of(result, measure), abs=1e-6)


@pytest.mark.parametrize("measure", MEASURES)
def test_a_limit_that_does_not_bind_changes_nothing(measure: str, tmp_path: Path) -> None:
    free = small(tmp_path / "free", [TOTAL, TIE_BREAK])
    result = limited(tmp_path, measure, of(free, measure) + 0.01)
    assert levels(result) == pytest.approx(levels(free), abs=1e-3)


class Seen(WithinLimits):
    """Remembers every plan that a step was answered with."""

    def solve(self, objective: Terms, constant: float, maximise: bool, gap: float) -> Solution:
        found = super().solve(objective, constant, maximise, gap)
        self.plans = [*getattr(self, "plans", []), found.x]
        return found


def test_the_curved_limit_is_kept_in_every_step_and_in_the_published_plan(tmp_path: Path) -> None:
    stages = [TOTAL, {"id": "balance"}, TIE_BREAK]
    free = small(tmp_path / "free", stages)
    at_most = halfway("cv", HEADS)
    limit = {"id": "even", "measure": "cv", "at_most": at_most}
    scenario = _small(tmp_path, stages, limits=[limit])
    model = build(scenario)
    session = Seen(model, HighsSession(model))
    run = run_stages(model, scenario, session)
    assert len(run.records) == 4
    level = model.outcomes["level"]
    unequal = [measures(level.at(x), HEADS)["cv"] for x in session.plans]
    assert max(unequal) <= at_most * (1 + CV_TOLERANCE)
    assert unequal[-1] == pytest.approx(at_most, rel=1e-3)
    result = solve(scenario)
    assert result.run["projection"] == "converged"
    assert of(result, "cv") <= at_most * (1 + CV_TOLERANCE) + 1e-7
    assert of(free, "cv") > at_most


def test_limits_of_every_year_and_of_the_last_one(tmp_path: Path) -> None:
    years = {2016: {}, 2017: {"funding": {"sources": [government(3000)]}}}
    made = {}
    for kept in ("final", "every"):
        limit = {"id": "even", "measure": "gini", "at_most": 0.30, "years": kept}
        given: dict[str, Any] = {"stages": [TOTAL, TIE_BREAK], "limits": [limit], "years": years}
        given["funding"] = {"sources": [government(3000)]}
        made[kept] = solve(_two_years(tmp_path / kept, **given))
    rows = {kept: result.rows[result.rows["rule"] == "limit"] for kept, result in made.items()}
    assert rows["final"]["year"].tolist() == [2017]
    assert rows["every"]["year"].tolist() == [2016, 2017]
    assert (rows["every"]["slack"] >= -1e-6).all()


def test_a_limit_by_other_weights(tmp_path: Path) -> None:
    towns = {name: {**columns, "stations": at} for at, (name, columns) in enumerate(THREE.items(), 1)}
    weights = np.array([1.0, 2.0, 3.0])
    at_most = halfway("cv", weights)
    limit = {"id": "even", "measure": "cv", "at_most": at_most, "weighted_by": "stations"}
    result = small(tmp_path, [TOTAL, TIE_BREAK], towns=towns, limits=[limit])
    after = result.towns["level_after"].to_numpy(float)
    assert measures(after, weights)["cv"] == pytest.approx(at_most, rel=1e-4)
    assert abs(measures(after, HEADS)["cv"] - at_most) > 1e-3


def test_the_session_of_a_plan_keeps_curved_limits_only_where_there_are_some(tmp_path: Path) -> None:
    plain = build(_small(tmp_path, [TOTAL], limits=[{"id": "even", "measure": "gini", "at_most": 0.3}]))
    assert isinstance(open_session(plain, "highs", Limits()), HighsSession)


# -- what the audit sees -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("audited")
    limits = [{"id": name, "measure": name, "at_most": 0.2 if name != "range" else 0.6} for name in MEASURES]
    return small(folder, [balance("gini"), TOTAL, TIE_BREAK], limits=limits)


def test_the_audit_passes_what_was_solved(audited: Result) -> None:
    report = audit_tables(audited.scenario, audited.tables)
    assert report.failed == ()
    assert {"limit", "no_fall"} <= set(report.families["family"])


@pytest.mark.parametrize("measure", MEASURES)
def test_a_stricter_limit_is_found_broken(measure: str, audited: Result) -> None:
    strict = audited.scenario.with_({f"limits.{measure}.at_most": 0.9 * of(audited, measure)})
    assert "limit" in audit_tables(strict, audited.tables).failed


def test_a_fallen_town_and_a_ratio_that_is_not_held_are_found(audited: Result) -> None:
    towns = audited.tables["towns"].assign(level_after=audited.tables["towns"]["level_before"] - 0.01)
    fallen = limit_rules({**audited.tables, "towns": towns}, audited.scenario.last)
    assert fallen[0].family == "no_fall"
    assert fallen[0].broken.all()
    stages = audited.tables["stages"]
    gini = stages["step"] == "gini"
    claimed = stages.assign(held_at=stages["held_at"].where(~gini, stages["held_at"] - 0.0005))
    assert "stages" in audit_tables(audited.scenario, {**audited.tables, "stages": claimed}).failed


def test_a_missing_limit_row_is_found(audited: Result) -> None:
    rows = audited.tables["rows"]
    without = {**audited.tables, "rows": rows[rows["rule"] != "limit"]}
    assert "rows" in audit_tables(audited.scenario, without).failed


def test_an_earlier_year_has_only_limits_of_every_year(audited: Result) -> None:
    plan = replace(audited.scenario.last, is_last=False)
    assert [checks.family for checks in limit_rules(audited.tables, plan)] == ["no_fall"]


# -- what the loader refuses ---------------------------------------------------------------------------------------

LIMIT = {"id": "even", "measure": "gini", "at_most": 0.3}


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"stages": [balance("inequality_aversion")]}, "E330", "stages.balance.aversion"),
        ({"stages": [balance("gini", aversion=1)]}, "E330", "stages.balance.aversion"),
        ({"stages": [balance("range", give=0.5)]}, "E331", "stages.balance.give"),
        ({"limits": [LIMIT | {"of": "levels"}]}, "E301", "limits.even.of"),
        ({"limits": [LIMIT | {"of": "mentoring.benefit"}]}, "E313", "limits.even"),
        ({"limits": [LIMIT | {"of": "coverage.covered"}]}, "E301", "limits.even.of"),
        ({"stages": [balance("gini", of="stars.benefit")]}, "E313", "stages.balance"),
        ({"limits": [LIMIT | {"weighted_by": "residents"}]}, "E318", "limits.even.weighted_by"),
        ({"limits": [LIMIT | {"measure": "theil"}]}, "E108", "limits.even.measure"),
        ({"limits": [LIMIT | {"at_most": -0.1}]}, "E104", "limits.even.at_most"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes: Any, code: str, path: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        world(tmp_path, funding={"sources": [government(100)]}, **changes)
    assert [(f.code, f.path) for f in refused.value.findings if f.severity == "error"] == [(code, path)]


def test_a_measure_that_is_misspelt_is_put_right(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        world(tmp_path, limits=[LIMIT | {"measure": "ginni"}])
    hint = refused.value.findings[0].hint
    assert hint is not None
    assert "gini" in hint.in_language("en")


# -- shipped plans -------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("criterion", RATIOS)
def test_panyu_closes_every_step(criterion: str) -> None:
    scenario = load(SCENARIOS / "panyu" / "2016.yaml")
    stages = [each.model_dump(exclude_none=True) for each in scenario.first.common.stages]
    stages = [balance(criterion) if each["id"] == "balance" else each for each in stages]
    result = solve(scenario.with_({"stages": stages}))
    assert result.status == "optimal"
    assert of(result, criterion) <= step(result, criterion)["held_at"] + 1e-6
