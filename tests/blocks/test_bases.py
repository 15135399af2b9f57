"""Learning bases: opening, hours shared by functions, costs, years; small enough for hand and brute force."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from allocator.auditing.whole import audit, audit_folder, audit_tables
from allocator.engine.build import build
from allocator.engine.highs import HighsSession
from allocator.engine.stages import run_stages
from allocator.plan.check import check
from allocator.tables.result import Result
from allocator.words.errors import InputError
from circles import CHEAPEST, SITES, circle, site
from worlds import CLASS, attainment, cells, effect, government, of_year, rule, run, slack, solved, world


def opened(result: Result, year: int | None = None) -> set[str]:
    table = of_year(result.bases, year)
    return set(table.loc[table["state"].isin(["open", "opened"]), "site"])


def asking(number: float, strength: str = "rule", measure: str = "bases", **more: Any) -> dict[str, Any]:
    return {"id": "asked", "measure": measure, "strength": strength, "at_least": {"2016": number}, **more}


def alone(**plan: Any) -> dict[str, Any]:
    """Bases without coverage; opening costs 1,000, 2,000 and 3,000 yuan, and a tenth of it a year."""
    return {**circle(plan.pop("stages", CHEAPEST), plan.pop("bases", {}), **plan), "coverage": None}


def test_a_goal_opens_the_cheapest_bases(tmp_path: Path) -> None:
    result = solved(tmp_path, **alone(goals=[asking(2)]))
    assert opened(result) == {"p0", "p1"}
    assert result.stages["value"].iloc[0] == pytest.approx(1100 + 2200)
    assert cells(result.bases, "cost_yuan", "site") == {"p0": 1100, "p1": 2200, "p2": 0}
    assert cells(result.counts, "amount", "counted", "town") == {("bases", "a"): 2, ("bases", "b"): 0}
    assert audit(result).passed


def test_goals_ask_by_town(tmp_path: Path) -> None:
    every = solved(tmp_path / "1", **alone(goals=[asking(1, scope="every_town")]))
    assert opened(every) == {"p0", "p2"}
    one = solved(tmp_path / "2", **alone(goals=[asking(2, scope="count_of_towns", towns=1)]))
    assert opened(one) == {"p0", "p1"}
    assert audit(every).passed and audit(one).passed


def test_most_new_binds_or_not(tmp_path: Path) -> None:
    stages = [{"id": "basics"}, *CHEAPEST]
    scarce = solved(tmp_path / "2", **alone(bases={"most_new": 2}, stages=stages, goals=[asking(3, "hard")]))
    assert (opened(scarce), slack(scarce, "new_bases")) == ({"p0", "p1"}, 0)
    assert scarce.goals["shortfall"].iloc[0] == 1
    free = solved(tmp_path / "3", **alone(bases={"most_new": 5}, stages=stages, goals=[asking(3, "hard")]))
    assert (len(opened(free)), slack(free, "new_bases")) == (3, 2)


def test_exactly_open_counts_those_that_are_open_already(tmp_path: Path) -> None:
    sites = [{**each, "open": each["site"] == "p2"} for each in SITES]
    two = solved(tmp_path / "2", **alone(bases={"exactly_open": 2}, sites=sites))
    assert (opened(two), rule(two, "open_bases")["activity"]) == ({"p0", "p2"}, 2)
    assert cells(two.bases, "state", "site") == {"p0": "opened", "p1": "closed", "p2": "open"}
    assert two.bases["cost_yuan"].tolist() == [1100, 0, 300]  # p2 is open already: its yearly cost only
    one = solved(tmp_path / "1", **alone(bases={"exactly_open": 1}, sites=sites))
    assert opened(one) == {"p2"}
    assert audit(two).passed and audit(one).passed


def test_functions_are_counted_where_a_site_has_them(tmp_path: Path) -> None:
    uses = [{"site": "p0", "function": "courses"}, {"site": "p1", "function": "elderly"}]
    bases = {"functions": [{"id": "courses"}, {"id": "elderly"}], "site_functions": "uses"}
    result = solved(tmp_path, **alone(bases=bases, tables={"uses": uses}, goals=[asking(1, measure="bases_elderly")]))
    assert opened(result) == {"p1"}
    assert cells(result.bases, "functions", "site") == {"p0": "courses", "p1": "elderly", "p2": ""}


def venue_plan(least: float, money: float = 1000, hours: float = 100) -> dict[str, Any]:
    """Classes of 10 venue hours in a, which has no hours of its own; a base of 100 hours stands there."""
    uses = [
        {"site": "p0", "function": "courses", "least_hours": 0},
        {"site": "p0", "function": "elderly", "least_hours": least},
    ]
    bases = {
        "functions": [{"id": "courses"}, {"id": "elderly"}],
        "site_functions": "uses",
        "venue_function": "courses",
    }
    return {
        "towns": {"a": {"resident_pop": 500, "venue_hours": 0}},
        "delivery": {"programmes": [{**CLASS, "venue_hours": 10}]},
        "attainment": attainment(effect()),
        "funding": {"sources": [government(money)]},
        "bases": bases,
        "tables": {"sites": [site(0, "a", hours=hours, open=True)], "uses": uses},
    }


def test_functions_share_the_hours_of_a_site_and_none_counts_twice(tmp_path: Path) -> None:
    result = solved(tmp_path / "all", **venue_plan(0))
    assert result.delivery["units"].iloc[0] == pytest.approx(10)  # 100 hours of 10
    assert slack(result, "base_capacity", "p0") == pytest.approx(0, abs=1e-6)
    shared = solved(tmp_path / "shared", **venue_plan(40))
    assert shared.delivery["units"].iloc[0] == pytest.approx(6)  # 40 hours are for the elderly
    assert cells(shared.base_hours, "hours", "function") == pytest.approx({"courses": 60, "elderly": 40})
    assert slack(shared, "least_base_hours", "p0/elderly") == pytest.approx(0, abs=1e-6)
    free = solved(tmp_path / "free", **venue_plan(40, money=300))
    assert free.delivery["units"].iloc[0] == pytest.approx(3)  # money binds, hours do not
    assert slack(free, "base_capacity", "p0") + slack(free, "least_base_hours", "p0/elderly") > 0
    assert all(audit(each).passed for each in (result, shared, free))


def paying(amount: float) -> dict[str, Any]:
    return {
        "bases": {"spending": "operations"},
        "stages": [{"id": "basics"}, *CHEAPEST],
        "funding": {"sources": [government(amount, pays=["operations"])]},
    }


def test_money_pays_for_bases(tmp_path: Path) -> None:
    # The two cheapest cost 1,100 + 2,200; all three 6,600.
    result = solved(tmp_path / "less", **alone(**paying(6000), goals=[asking(3, "hard")]))
    assert len(opened(result)) == 2
    money = cells(result.funding, "amount_yuan", "town", "programme")
    assert sum(money.values()) == pytest.approx(result.bases["cost_yuan"].sum())
    enough = solved(tmp_path / "more", **alone(**paying(7000), goals=[asking(3, "hard")]))
    assert len(opened(enough)) == 3
    assert cells(enough.funding, "amount_yuan", "town", "programme") == {("a", "bases"): 3300, ("b", "bases"): 3300}
    assert audit(result).passed and audit(enough).passed


def test_a_lock_opens_or_closes_a_site(tmp_path: Path) -> None:
    lock = {"id": "keep", "decision": "open", "where": {"site": "p2"}, "equals": 1, "reason": "协议已签"}
    assert opened(solved(tmp_path / "1", **alone(goals=[asking(2)], locks=[lock]))) == {"p0", "p2"}
    shut = {**lock, "where": {"site": "p0"}, "equals": 0}
    result = solved(tmp_path / "0", **alone(goals=[asking(2)], locks=[shut]))
    assert opened(result) == {"p1", "p2"}
    assert audit(result).passed


@pytest.mark.parametrize("seed", range(2))
def test_brute_force_over_all_openings_finds_no_better_plan(tmp_path: Path, seed: int) -> None:
    draw = np.random.default_rng(seed)
    cost, town = draw.integers(1, 20, 6) * 100, draw.integers(0, 2, 6)
    sites = [
        site(at, "ab"[town[at]], opening_cost_yuan=int(cost[at]), yearly_cost_yuan=int(draw.integers(0, 5)) * 50)
        for at in range(6)
    ]
    whole = cost + np.array([each["yearly_cost_yuan"] for each in sites])
    goals = [asking(3), {**asking(1), "id": "each", "scope": "every_town"}]
    values = [
        whole[list(chosen)].sum()
        for size in range(3, 5)
        for chosen in itertools.combinations(range(6), size)
        if {0, 1} <= set(town[list(chosen)])
    ]
    result = solved(tmp_path, **alone(sites=sites, bases={"most_new": 4}, goals=goals))
    assert result.stages["value"].iloc[0] == pytest.approx(min(values))


YEARS = {2016: {}, 2017: {}}


def over_years(**plan: Any) -> dict[str, Any]:
    goal = {"id": "asked", "measure": "bases", "strength": "rule", "at_least": {"2016": 1, "2017": 2}}
    return alone(years=YEARS, goals=[goal], **plan)


def test_bases_stay_open_and_cost_their_opening_once(tmp_path: Path) -> None:
    horizon = solved(tmp_path / "horizon", **over_years(bases={"most_new": 2}))
    rolling = solved(tmp_path / "rolling", mode="rolling", **over_years(bases={"most_new": 2}))
    for result in (horizon, rolling):
        assert (opened(result, 2016), opened(result, 2017)) == ({"p0"}, {"p0", "p1"})
        assert of_year(result.bases, 2017)["state"].tolist() == ["open", "opened", "closed"]
        assert result.bases["cost_yuan"].tolist() == [1100, 0, 0, 100, 2200, 0]
        assert rule(result, "new_bases", year=2016)["bound"] == 2
        assert rule(result, "new_bases", year=2017)[["activity", "bound"]].tolist() == [1, 1]
        assert audit(result).passed


def test_a_base_that_opens_is_not_called_open_before(tmp_path: Path) -> None:
    result = solved(tmp_path, **over_years(bases={"most_new": 2}))
    table = result.bases.copy()
    assert table["state"].iloc[0] == "opened"
    table.loc[table.index[0], "state"] = "open"
    assert "bases.state" in audit_tables(result.scenario, {**result.tables, "bases": table}).failed


def test_exactly_open_counts_in_the_last_year_only(tmp_path: Path) -> None:
    result = solved(tmp_path, **over_years(bases={"exactly_open": 3}))
    assert (len(opened(result, 2016)), len(opened(result, 2017))) == (1, 3)
    assert audit(result).passed


def test_wrong_input_is_named(tmp_path: Path) -> None:
    bases = {"functions": [{"id": "courses"}], "venue_function": "cources", "site_functions": "uses"}
    uses = [{"site": "p9", "function": "courses"}]
    lock = {"id": "x", "decision": "open", "where": {"site": "p7"}, "equals": 1, "reason": "x"}
    sites = [{**SITES[0], "town": "aa"}, *SITES[1:]]
    with pytest.raises(InputError) as caught:
        world(tmp_path, **alone(bases=bases, sites=sites, tables={"uses": uses}, locks=[lock]))
    found = {(each.code, each.found) for each in caught.value.findings}
    assert {("E301", "cources"), ("E213", "p9"), ("E213", "aa"), ("E301", "p7")} <= found
    assert any("courses" in str(each.hint) for each in caught.value.findings)


def test_a_missing_table_and_an_unknown_measure_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        world(tmp_path, **alone(bases={"sites": "places"}, goals=[asking(1, measure="bases_x")]))
    assert {each.code for each in caught.value.findings} >= {"E201", "E301"}


@pytest.mark.parametrize(("path", "number"), [("bases.most_new", 2), ("bases.exactly_open", 0)])
def test_a_number_set_on_the_built_model_gives_what_a_rebuilt_model_gives(
    tmp_path: Path, path: str, number: int
) -> None:
    stages = [{"id": "basics"}, *CHEAPEST]
    bases = {"most_new": 1} if path == "bases.most_new" else {"exactly_open": 1}
    scenario = world(tmp_path, **alone(bases=bases, stages=stages, goals=[asking(3, "hard")]))
    model = build(scenario)
    session = HighsSession(model)
    for use in model.parameters[path]:
        session.set_row_bounds(use.positions, np.full(len(use.positions), 1.0) + (number - 1) * use.per_unit)
    patched = run_stages(model, scenario, session)
    _, _, rebuilt = run(scenario.with_({path: number}))
    assert [each.value for each in patched.records] == pytest.approx([each.value for each in rebuilt.records], abs=1e-3)


def test_whole_units_and_a_saved_folder(tmp_path: Path) -> None:
    plan = alone(**paying(7000), goals=[asking(2)], publish={"unit": "百元"})
    result = solved(tmp_path / "plan", **plan)
    assert cells(result.funding, "amount_yuan", "town", "programme") == {("a", "bases"): 3300}
    folder = result.save(tmp_path / "results")
    assert audit_folder(folder).passed
    assert check(result.scenario) == []
