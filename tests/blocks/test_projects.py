"""The project library: every rule where it binds and where it does not, and against all plans tried out.

Two towns, a with 500 and b with 1,000 residents. Nothing but projects costs money.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from allocator.engine.build import build
from allocator.engine.highs import HighsSession
from allocator.model import Model
from allocator.tables.result import Result
from allocator.verbs.options import Options
from allocator.verbs.solving import solve
from projects_worlds import KINDS, drawn, effect, library_world, plan, planned, project
from worlds import cells, government, levels, run, slack, solved, world


def states(result: Result, year: int = 2016) -> dict[str, str]:
    table = result.tables["projects"]
    table = table[table["year"] == year]
    return dict(zip(table["project"], table["state"], strict=True))


def chosen(folder: Path, *args: Any, **more: Any) -> set[str]:
    """Projects that start in a plan of one year."""
    result = planned(folder, **plan(*args, **more))
    return {name for name, state in states(result).items() if state == "started"}


# -- money -------------------------------------------------------------------------------------------------------


def test_a_knapsack_by_hand(tmp_path: Path) -> None:
    # 50 yuan: x and y cost 20 + 30 and bring 160 + 100 of 220 that the dear one brings alone: 220 < 260.
    rows = [project("x", once=20, benefit=160), project("y", once=30, benefit=100), project("z", once=50, benefit=220)]
    assert chosen(tmp_path / "50", rows, 50) == {"x", "y"}
    assert chosen(tmp_path / "49", rows, 49) == {"x"}
    assert chosen(tmp_path / "100", rows, 100) == {"x", "y", "z"}


def test_knapsack_against_every_subset(tmp_path: Path) -> None:
    rng = random.Random(20160601)
    for n in range(3):
        rows = [project(f"p{at}", once=rng.randint(1, 40), benefit=rng.randint(1, 30)) for at in range(9)]
        money = rng.randint(30, 120)
        _, _, found = run(library_world(tmp_path / str(n), rows, money))
        best = max(
            sum(row["benefit"] for row in rows if number >> int(row["project"][1:]) & 1)
            for number in range(2**9)
            if sum(row["once_yuan"] for row in rows if number >> int(row["project"][1:]) & 1) <= money
        )
        assert found.records[-1].value == pytest.approx(best)


def test_once_in_the_first_year_and_yearly_in_every_one(tmp_path: Path) -> None:
    rows = [project("x", once=100, yearly=10, town="b"), project("y", once=7, town="district")]
    result = planned(tmp_path, **plan(rows, years=2))
    spent = cells(result.funding, "amount_yuan", "year", "town", "programme")
    assert spent == {(2016, "b", "brand"): 110, (2016, "district", "brand"): 7, (2017, "b", "brand"): 10}
    table = result.tables["projects"].set_index(["year", "project"])
    assert table["cost_yuan"].to_dict() == {(2016, "x"): 110, (2016, "y"): 7, (2017, "x"): 10, (2017, "y"): 0}
    assert (table["start_year"] == 2016).all()
    assert list(table["state"]) == ["started", "started", "running", "running"]
    assert table["benefit"].sum() == 4


def test_money_goes_to_what_pays_longest(tmp_path: Path) -> None:
    # 100 a year, both cost 100 once. The one that starts first counts twice: the better one.
    rows = [project("x", once=100, benefit=3), project("y", once=100, benefit=4)]
    result = planned(tmp_path, **plan(rows, 100, years=2))
    assert (states(result, 2016), states(result, 2017)) == (
        {"x": "not_chosen", "y": "started"},
        {"x": "started", "y": "running"},
    )
    assert slack(result, "budget", "gov", year=2016) == 0


def test_only_sources_that_pay_for_the_kind_pay(tmp_path: Path) -> None:
    kinds: list[dict[str, Any]] = [*KINDS, {"id": "study", "spending": "operations", "yearly": False}]
    rows = [project("x", once=100), project("y", once=100, kind="study")]
    sources = [government(500, pays=["courses"])]
    assert chosen(tmp_path, rows, kinds=kinds, funding={"sources": sources}) == {"x"}


# -- time --------------------------------------------------------------------------------------------------------


def test_windows(tmp_path: Path) -> None:
    rows = [project("early", last_year=2016), project("late", first_year=2018), project("mid", first_year=2017)]
    rows = [*rows, project("dear", once=9999, last_year=2016)]
    result = planned(tmp_path, **plan(rows, years=3))
    assert states(result, 2016) == {"dear": "not_chosen", "early": "started", "late": "waiting", "mid": "waiting"}
    assert states(result, 2017) == {"dear": "out_of_window", "early": "running", "late": "waiting", "mid": "started"}
    assert states(result, 2018)["late"] == "started"


def test_a_project_starts_once(tmp_path: Path) -> None:
    # A kind that is done within the year: a second start would bring its benefit again.
    kinds = [{"id": "brand", "spending": "courses", "yearly": False}]
    result = planned(tmp_path, **plan([project("x", once=10, benefit=5)], kinds=kinds, years=2))
    table = result.tables["projects"]
    assert sorted(table["state"]) in (["finished", "started"], ["not_chosen", "started"])
    assert table["benefit"].sum() == 5
    year = int(table.loc[table["state"] == "started", "year"].iloc[0])
    assert slack(result, "project_once", "x", year=year) == 0


def test_what_began_before_runs_on_costs_and_counts(tmp_path: Path) -> None:
    kinds: list[dict[str, Any]] = [*KINDS, {"id": "study", "spending": "courses", "yearly": False}]
    rows = [
        project("old", once=500, yearly=30, benefit=2, started=2014),
        project("done", yearly=40, kind="study", started=2015),
        project("new", once=80),
    ]
    # 100 yuan: the old one takes 30, so that the new one finds 70.
    result = planned(tmp_path, **plan(rows, 100, kinds))
    assert states(result) == {"old": "running", "done": "finished", "new": "not_chosen"}
    counts = result.tables["counts"].groupby("counted")["amount"].sum().to_dict()
    assert counts == {"brand": 1, "new_brand": 0, "study": 0, "new_study": 0}
    assert cells(result.funding, "amount_yuan", "town") == {"a": 30}


# -- between projects --------------------------------------------------------------------------------------------


def test_prerequisites(tmp_path: Path) -> None:
    # x is worth 5 and needs y, which costs 60 of 100 and brings nothing.
    rows = [project("x", once=40, benefit=5), project("y", once=60, benefit=0), project("z", once=50, benefit=4)]
    assert chosen(tmp_path / "free", rows, 100) == {"x", "z"}
    result = planned(tmp_path / "needs", **plan(rows, 100, needs=[("x", "y")]))
    assert {name for name, state in states(result).items() if state == "started"} == {"x", "y"}
    assert slack(result, "project_needs", "x/y") == 0
    more = planned(tmp_path / "more", **plan(rows, 59, needs=[("x", "y")]))
    assert states(more) == {"x": "not_chosen", "y": "not_chosen", "z": "started"}


def test_a_prerequisite_that_began_before_is_there(tmp_path: Path) -> None:
    rows = [project("x", once=40), project("y", once=60, started=2012)]
    result = planned(tmp_path, **plan(rows, 40, needs=[("x", "y")]))
    assert states(result)["x"] == "started"
    assert slack(result, "project_needs", "x/y") == 0


def test_a_prerequisite_of_an_earlier_year(tmp_path: Path) -> None:
    rows = [project("x", once=100, benefit=9), project("y", once=100, benefit=1)]
    result = planned(tmp_path, **plan(rows, 100, years=2, needs=[("x", "y")]))
    assert states(result, 2017) == {"x": "started", "y": "running"}
    assert slack(result, "project_needs", "x/y", year=2017) == 0
    assert slack(result, "project_needs", "x/y", year=2016) == 1


def test_exclusions_last(tmp_path: Path) -> None:
    rows = [project("x", once=10, benefit=5), project("y", once=10, benefit=4)]
    assert chosen(tmp_path / "free", rows, 20) == {"x", "y"}
    result = planned(tmp_path / "one", **plan(rows, 20, years=2, excludes=[("x", "y")]))
    assert states(result, 2017) == {"x": "running", "y": "not_chosen"}
    assert [slack(result, "project_excludes", "x/y", year=year) for year in (2016, 2017)] == [0, 0]


def test_what_began_before_excludes_and_both_may_have_begun(tmp_path: Path) -> None:
    rows = [project("x", benefit=5), project("y", started=2014), project("z", started=2015)]
    result = planned(tmp_path, **plan(rows, excludes=[("x", "y"), ("y", "z")]))
    assert states(result) == {"x": "not_chosen", "y": "running", "z": "running"}
    assert slack(result, "project_excludes", "x/y") == 0


# -- limits ------------------------------------------------------------------------------------------------------


def test_most_in_a_town(tmp_path: Path) -> None:
    rows = [project(f"p{n}", benefit=n, town=town) for n, town in enumerate(["a", "a", "a", "b", *["district"] * 3], 1)]
    kinds = [{"id": "brand", "spending": "courses", "most_in_town": 2}]
    result = planned(tmp_path, **plan(rows, kinds=kinds))
    assert states(result)["p1"] == "not_chosen"
    assert (slack(result, "projects_in_town", "a/brand"), slack(result, "projects_in_town", "b/brand")) == (0, 1)
    assert sum(state == "started" for state in states(result).values()) == 6


def test_most_of_a_kind(tmp_path: Path) -> None:
    rows = [project("p1", benefit=1), project("p2", benefit=2, town="b"), project("p3", benefit=3, town="district")]
    kinds = [{"id": "brand", "spending": "courses", "at_most": 2}]
    result = planned(tmp_path / "2", **plan(rows, kinds=kinds))
    assert states(result)["p1"] == "not_chosen"
    assert slack(result, "projects_at_most", "brand") == 0
    more = planned(tmp_path / "8", **plan(rows, kinds=[{**kinds[0], "at_most": 8}]))
    assert slack(more, "projects_at_most", "brand") == 5


def test_limits_set_on_the_built_model_are_those_of_a_new_one(tmp_path: Path) -> None:
    rows = [project(f"p{n}", benefit=n, town="ab"[n % 2]) for n in range(1, 7)]
    kinds = [{"id": "brand", "spending": "courses", "most_in_town": 2, "at_most": 5}]
    scenario = library_world(tmp_path, rows, kinds=kinds)
    for path, value in (("projects.kinds.brand.most_in_town", 1), ("projects.kinds.brand.at_most", 3)):
        model = build(scenario)
        for use in model.parameters[path]:
            HighsSession(model).set_row_bounds(use.positions, value * use.per_unit)
            assert (model.row_bound[use.positions] == value).all()
        assert _bounds(model) == _bounds(build(scenario.with_({path: value})))


def _bounds(model: Model) -> list[float]:
    return model.row_bound.tolist()


# -- all plans ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_against_every_plan_of_two_years(seed: int, tmp_path: Path) -> None:
    library, kinds = drawn(seed)
    given = plan(library.rows, library.money, kinds, 2, needs=library.needs, excludes=library.excludes)
    model, _, found = run(world(tmp_path, **given))
    sums = [record.value for record in found.records if record.step == "sum"]
    assert sums == [pytest.approx(library.best())]
    assert found.x is not None
    starts = model.family("project_start")
    chosen = {
        model.axes["project"].ids[p]: 2016 + int(y)
        for p, y in zip(starts["project"], starts["year"], strict=True)
        if found.x[starts.column[(starts["project"] == p) & (starts["year"] == y)][0]] > 0.5
    }
    assert library.keeps_rules({row["project"]: chosen.get(row["project"]) for row in library.rows})


def test_two_solvers_agree(tmp_path: Path) -> None:
    library, kinds = drawn(3)
    given = plan(library.rows, library.money, kinds, 2, needs=library.needs, excludes=library.excludes)
    given["stages"] = [*given["stages"], {"id": "tie_break", "factors": {"resident_pop": 1}}]
    scenario = world(tmp_path, **given)
    one, other = (solve(scenario, Options(solver=name)) for name in ("highs", "cbc"))
    for name in ("projects", "funding", "counts"):
        assert one.tables[name].equals(other.tables[name]), name


# -- goals, gains, outcomes, locks -------------------------------------------------------------------------------


def test_goals_ask_for_running_projects_and_for_new_ones_each_year(tmp_path: Path) -> None:
    kinds: list[dict[str, Any]] = [
        {"id": "course", "spending": "courses", "at_most": 3},
        {"id": "study", "spending": "courses"},
    ]
    rows = [project(f"c{n}", kind="course", once=100, town="ab"[n % 2], benefit=0) for n in range(4)]
    rows += [project(f"s{n}", kind="study", once=10, benefit=0) for n in range(2)]
    goals = [
        {"id": "courses", "measure": "course", "strength": "hard", "at_least": {"2017": 3}},
        {"id": "study", "measure": "new_study", "strength": "rule", "at_least": {"2016": 1}},
    ]
    stages = [{"id": "basics"}, {"id": "balance", "criterion": "none"}]
    result = planned(tmp_path, **plan(rows, 110, kinds, 2, goals=goals, stages=stages))
    reached = result.goals.set_index(["year", "goal"])["reached"].to_dict()
    assert reached[2016, "study"] == reached[2017, "study"] == 1
    # 110 yuan a year leave one course a year beside a study: two of the three asked for.
    assert reached[2017, "courses"] == 2
    assert result.goals.set_index(["year", "goal"]).loc[(2017, "courses"), "shortfall"] == 1
    rich = planned(tmp_path / "rich", **plan(rows, 1000, kinds, 2, goals=goals, stages=stages))
    assert rich.goals.set_index(["year", "goal"]).loc[(2017, "courses"), "reached"] == 3


def test_gains_in_the_own_town_and_in_every_town(tmp_path: Path) -> None:
    # 50 persons of 500 are 0.1, 10 points with weight 0.5 less half: 5 points. For every 1,000 residents 100 persons:
    # 0.1 in both. Courses: 8 for each 1,000 residents of 40 asked for: 0.2 of weight 0.25. Capability: 0.4 of 1.
    rows = [project("x"), project("web", town="district")]
    effects = [
        effect("x", 50),
        effect("web", 100, "every_town"),
        effect("web", 8, "every_town", "courses"),
        effect("web", 0.4, "every_town", "capability"),
    ]
    result = planned(tmp_path, **plan(rows, effects=effects))
    value = result.attainment.set_index(["town", "indicator"])["value"].to_dict()
    assert value["a", "participation"] == pytest.approx(0.2)
    assert value["b", "participation"] == pytest.approx(0.1)
    assert value["a", "courses"] == value["b", "courses"] == pytest.approx(8)
    assert value["a", "capability"] == value["b", "capability"] == pytest.approx(0.4)
    assert levels(result) == {"a": 25.0, "b": 20.0}


def test_gains_last_as_long_as_the_project_runs(tmp_path: Path) -> None:
    # Without retention a gain is there in every year anew: 0.1 each, not 0.2 in the second.
    given = plan([project("x", last_year=2016)], years=2, effects=[effect("x", 50)])
    for indicator in given["attainment"]["indicators"]:
        indicator["retention"] = 0
    result = planned(tmp_path, **given)
    value = result.attainment.set_index(["year", "town", "indicator"])["value"]
    assert [value[year, "a", "participation"] for year in (2016, 2017)] == [pytest.approx(0.1)] * 2


def test_benefit_can_be_balanced_between_towns(tmp_path: Path) -> None:
    rows = [project("x", once=10, benefit=9), project("y", once=10, benefit=8), project("z", once=10, town="b")]
    stage = {"id": "balance", "criterion": "maximin", "of": "projects.benefit_by_town"}
    result = planned(tmp_path, **plan(rows, 20, stages=[stage, {"id": "total", "of": "projects.benefit"}]))
    assert {name for name, state in states(result).items() if state == "started"} == {"x", "z"}
    worst = result.stages.set_index("step")["value"]
    assert worst["worst_1"] == 1
    assert worst["mean"] == pytest.approx(10 / 3)


def test_a_lock_starts_a_project_or_keeps_it_out(tmp_path: Path) -> None:
    rows = [project("x", once=10, benefit=9), project("y", once=10, benefit=1)]
    lock = {"id": "signed", "decision": "project_start", "where": {"project": "y"}, "equals": 1, "reason": "协议已签"}
    result = planned(tmp_path / "in", **plan(rows, 10, locks=[lock]))
    assert states(result) == {"x": "not_chosen", "y": "started"}
    out = {**lock, "decision": "project_running", "where": {"project": "x"}, "equals": 0}
    assert states(planned(tmp_path / "out", **plan(rows, 20, locks=[out])))["x"] == "not_chosen"


def test_a_total_of_projects_can_be_locked(tmp_path: Path) -> None:
    rows = [project("x", started=2012), project("y"), project("z")]
    lock = {"id": "two", "decision": "project_running", "where": {}, "at_most": 2, "reason": "精力有限"}
    result = planned(tmp_path, **plan(rows, locks=[lock]))
    assert sorted(states(result).values()) == ["not_chosen", "running", "started"]
    assert slack(result, "lock", "two/at_most") == 0


# -- year by year ------------------------------------------------------------------------------------------------


def test_year_by_year_knows_what_has_begun(tmp_path: Path) -> None:
    kinds: list[dict[str, Any]] = [*KINDS, {"id": "study", "spending": "courses", "yearly": False}]
    rows = [
        project("x", once=50, yearly=20, benefit=9),
        project("y", once=60, benefit=5),
        project("s", once=30, benefit=4, kind="study"),
        project("t", benefit=3),
    ]
    given = plan(rows, 80, kinds, 2, needs=[("y", "x")], excludes=[("s", "t")])
    result = solved(tmp_path, mode="rolling", **given)
    assert states(result, 2016) == {"x": "started", "y": "not_chosen", "s": "not_chosen", "t": "started"}
    assert states(result, 2017) == {"x": "running", "y": "started", "s": "not_chosen", "t": "running"}
    assert result.funding.groupby("year")["amount_yuan"].sum().to_dict() == {2016: 70, 2017: 80}
    table = result.tables["projects"].set_index(["year", "project"])
    assert table.loc[(2017, "x"), "start_year"] == 2016
    assert np.isnan(float(table["start_year"].astype(float)[2017, "s"]))


def test_a_limit_keeps_the_points_of_towns_together(tmp_path: Path) -> None:
    # a can have 2 + 3 points and b 2; as much in both towns is 2 and 2.
    rows = [project("p", benefit=2), project("q", town="b", benefit=2), project("r", benefit=3)]
    even = {"id": "even", "of": "projects.benefit_by_town", "measure": "range", "at_most": 0}
    free, kept = (solve(library_world(tmp_path / str(n), rows, limits=[even] * n)) for n in range(2))
    assert [each.tables["projects"]["state"].tolist() for each in (free, kept)] == [
        ["started", "started", "started"],
        ["started", "started", "not_chosen"],
    ]
