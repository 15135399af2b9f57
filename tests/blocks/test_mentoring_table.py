"""Mentoring with a table of pairs: what is worth or costs how much, hours of each pair, least mentors, travel.

Mentors a and b, mentees x, y and z; nothing else is decided, there are no indicators. Unless said otherwise both
mentors have places for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pulp
import pytest
from plotly.graph_objects import Figure

from allocator.engine.build import build
from allocator.model.pulp_problem import PulpProblem
from allocator.plan.check import check
from allocator.scenario.plan_year import Scenario
from allocator.tables.result import Result
from allocator.verbs.options import Options
from allocator.verbs.solving import solve
from allocator.words.errors import InfeasibleError, InputError
from allocator.words.texts import Text, current_language
from worlds import cells, government, slack, world

Values = Mapping[tuple[str, str], Mapping[str, Any]]

WORTH: Values = {
    ("a", "x"): {"benefit": 10, "cost": 3},
    ("a", "y"): {"benefit": 7, "cost": 2},
    ("b", "x"): {"benefit": 9, "cost": 1},
    ("b", "z"): {"benefit": 4, "cost": 5},
}
MOST_WORTH = {"id": "total", "of": "mentoring.worth", "aggregate": "sum"}
LEAST_COST = {"id": "total", "of": "mentoring.cost", "aggregate": "sum"}


def table(
    folder: Path, values: Values = WORTH, rules: Mapping[str, Any] | None = None, stage: Any = MOST_WORTH, **more: Any
) -> Scenario:
    """A plan that decides nothing but pairs."""
    towns = sorted({town for pair in values for town in pair})
    rows = [{"mentor": mentor, "mentee": mentee, **of} for (mentor, mentee), of in values.items()]
    given: dict[str, Any] = {
        "towns": {town: {"resident_pop": 1} for town in towns},
        "attainment": None,
        "delivery": None,
        "mentoring": {"pairs": "pair_values", "mentor_capacity": 9, **(rules or {})},
        "stages": [stage],
    }
    return world(folder, tables={"base": [], "pair_values": rows, **more.pop("tables", {})}, **(given | more))


def pairs(result: Result) -> set[str]:
    return {m + n for m, n in zip(result.pairs["mentor"], result.pairs["mentee"], strict=True)}


def reached(result: Result) -> float:
    return float(result.stages["published"].iloc[-1])


def made(folder: Path, *given: Any, **more: Any) -> Result:
    """The result; an audit by its tables alone is part of every solve."""
    return solve(table(folder, *given, **more))


# -- worth, cost, places -----------------------------------------------------------------------------------------------


def test_only_the_pairs_of_the_table_can_be_made_and_their_worth_counts(tmp_path: Path) -> None:
    result = made(tmp_path)  # 10 for x, 7 for y, 4 for z
    assert (pairs(result), reached(result)) == ({"ax", "ay", "bz"}, 21)
    assert result.pairs[["minutes", "level_gap", "uplift"]].to_numpy().tolist() == [[0, 0, 0]] * 3
    assert cells(result.mentors.assign(n=1), "n", "mentor", "mentees", "pairs") == {
        ("a", "x, y", 2): 1,
        ("b", "z", 1): 1,
    }


def test_a_place_less_changes_who_is_mentored(tmp_path: Path) -> None:
    result = made(tmp_path, WORTH, {"mentor_capacity": 1})  # a takes x or y: 10 + 4 or 7 + 9
    assert (pairs(result), reached(result)) == ({"ay", "bx"}, 16)
    assert slack(result, "mentor_capacity", "a") == 0
    states = dict(zip(result.mentees["mentee"], result.mentees["state"], strict=True))
    assert states == {"x": "paired", "y": "paired", "z": "unpaired"}
    assert cells(result.unpaired.assign(n=1), "n", "town", "reason") == {("z", "mentors_full"): 1}


def test_costs_are_lowered_so_that_pairs_are_made_only_where_they_must(tmp_path: Path) -> None:
    none = made(tmp_path / "none", WORTH, stage=LEAST_COST)
    assert (pairs(none), reached(none)) == (set(), 0)
    every = made(tmp_path / "every", WORTH, {"mentee_least": 1}, LEAST_COST)
    assert (pairs(every), reached(every)) == ({"ay", "bx", "bz"}, 8)
    assert slack(every, "mentee_least", "x") == 0
    twice = {"mentee_least": 1, "mentee_cover": 2}
    both = made(tmp_path / "both", {pair: {"benefit": 1} for pair in product("ab", "xyz")}, twice)
    assert len(pairs(both)) == 6
    assert slack(both, "mentee_least", "x") == 1


def test_a_pair_may_be_struck_from_the_table_and_its_mentee_stays_in_need(tmp_path: Path) -> None:
    struck = {**WORTH, ("b", "z"): {"benefit": 4, "eligible": "false"}}
    struck = {pair: {"eligible": "true", "cost": 0, **of} for pair, of in struck.items()}
    result = made(tmp_path, struck)
    assert pairs(result) == {"ax", "ay"}
    assert cells(result.unpaired.assign(n=1), "n", "town", "reason") == {("z", "no_eligible_mentor"): 1}


def test_hours_of_each_pair_and_of_each_school(tmp_path: Path) -> None:
    # a has 10 hours; x takes 8 of them, y the usual 5: only one of both. With 13 hours both.
    values = {("a", "x"): {"benefit": 10, "hours": 8}, ("a", "y"): {"benefit": 7, "hours": None}}
    for hours, expected in ((10, {"ax"}), (13, {"ax", "ay"})):
        towns = {"a": {"resident_pop": 1, "school_hours": hours}}
        towns |= {town: {"resident_pop": 1, "school_hours": 0} for town in "xy"}
        result = made(tmp_path / str(hours), values, {"hours_per_pair": 5}, towns=towns)
        assert pairs(result) == expected
        used = {10: 8, 13: 13}[hours]
        assert slack(result, "school_hours", "a") == hours - used
        assert cells(result.mentors, "hours_used", "mentor") == {"a": used}
        assert cells(result.mentors, "school_hours", "mentor") == {"a": hours}


# -- travel ------------------------------------------------------------------------------------------------------------

FAR: Values = {("a", "x"): {"benefit": 10}, ("a", "y"): {"benefit": 7}, ("b", "z"): {"benefit": 7}}
ROADS = {("a", "x"): 30, ("a", "y"): 25, ("b", "z"): 25}
"""One visit there and back: 60, 50 and 50 minutes."""


def far(folder: Path, **travel: Any) -> Scenario:
    return table(folder, FAR, {"travel": {"visits": 1, **travel}}, roads=ROADS | {("x", "z"): 500})


def relaxed(scenario: Scenario) -> tuple[float, list[float]]:
    """Best value and plan where pairs may be made in part."""
    model = build(scenario)
    outcome = model.outcomes["mentoring.worth"]
    written = PulpProblem(model)
    for column in written.columns:
        column.cat = pulp.LpContinuous
    written.minimise(outcome.terms, 0.0, -1.0)
    written.problem.solve(pulp.HiGHS(msg=False))
    shares = [written.columns[at].value() for at in model.family("pairing").column.tolist()]
    return -float(written.problem.objective.value()), shares


def test_a_travel_budget_makes_relaxations_fractional_and_whole_pairs_beat_rounded_ones(tmp_path: Path) -> None:
    scenario = far(tmp_path, most_minutes=100)
    best, shares = relaxed(scenario)
    assert best == pytest.approx(10 + 7 * 40 / 50)
    rounded_down = [share for share in shares if share > 1 - 1e-9]
    assert (len(rounded_down), sum(1e-9 < share < 1 - 1e-9 for share in shares)) == (1, 1)  # x alone: worth 10
    result = solve(scenario)
    assert (pairs(result), reached(result)) == ({"ay", "bz"}, 14)
    assert slack(result, "travel_budget") == 0
    assert cells(result.unpaired.assign(n=1), "n", "town", "reason") == {("x", "travel_budget"): 1}
    wide = solve(far(tmp_path / "wide", most_minutes=161))
    assert (len(pairs(wide)), slack(wide, "travel_budget")) == (3, 1)
    assert cells(wide.mentors, "travel_minutes", "mentor") == {"a": 110, "b": 50}


def test_without_a_travel_budget_the_relaxation_is_whole(tmp_path: Path) -> None:
    best, shares = relaxed(table(tmp_path, WORTH, {"mentor_capacity": 1}))
    assert best == pytest.approx(16)
    assert all(min(share, 1 - share) < 1e-9 for share in shares)


def test_minutes_of_a_mentor(tmp_path: Path) -> None:
    result = solve(far(tmp_path, most_minutes_of_mentor=100))  # x or y for a, z for b
    assert pairs(result) == {"ax", "bz"}
    assert (slack(result, "mentor_travel", "a"), slack(result, "mentor_travel", "b")) == (40, 50)
    assert cells(result.unpaired.assign(n=1), "n", "town", "reason") == {("y", "travel_budget"): 1}
    assert len(pairs(solve(far(tmp_path / "wide", most_minutes_of_mentor=110)))) == 3


def test_travel_is_paid_by_the_hour_to_the_mentor(tmp_path: Path) -> None:
    # 60 yuan an hour: 60, 50 and 50 yuan; 115 yuan pay x and y or z, not all.
    funding = {"sources": [government(115, pays=["operations"])]}
    rules = {"travel": {"visits": 1, "cost_per_hour": 60, "spending": "operations"}}
    scenario = table(tmp_path, FAR, rules, roads=ROADS | {("x", "z"): 500}, funding=funding)
    scenario = scenario.with_({"mentoring.mentor_capacity": 1})
    result = solve(scenario)
    assert pairs(result) == {"ax", "bz"}
    spent = cells(result.funding, "amount_yuan", "town", "programme")
    assert spent == {("a", "mentoring_travel"): 60, ("b", "mentoring_travel"): 50}
    assert slack(result, "budget", "gov") == 5


# -- against every choice there is -------------------------------------------------------------------------------------


def random_values(rng: Random) -> tuple[Values, dict[str, int]]:
    values = {
        (mentor, mentee): {"benefit": rng.randint(1, 20), "cost": rng.randint(1, 20), "hours": rng.randint(3, 9)}
        for mentor in "abc"
        for mentee in "vwxy"
        if rng.random() < 0.85
    }
    return values, {mentor: rng.randint(8, 18) for mentor in "abc"}


def best_of_all(values: Values, hours: Mapping[str, int], least: int) -> float | None:
    """Most worth over every choice of one mentor or none for each mentee."""
    mentees = sorted({mentee for _, mentee in values})
    best: float | None = None
    for choice in product(("", "a", "b", "c"), repeat=len(mentees)):
        chosen = [(mentor, mentee) for mentor, mentee in zip(choice, mentees, strict=True) if mentor]
        used = {mentor: sum(values[p]["hours"] for p in chosen if p[0] == mentor and p in values) for mentor in hours}
        ok = all(p in values for p in chosen) and all(used[m] <= hours[m] for m in hours)
        if ok and (not least or len(chosen) == len(mentees)):
            best = max(best or 0.0, float(sum(values[p]["benefit"] for p in chosen)))
    return best


@pytest.mark.parametrize("seed", range(4))
def test_generalised_assignment_by_enumeration(tmp_path: Path, seed: int) -> None:
    values, hours = random_values(Random(seed))
    least = seed % 2
    towns = {town: {"resident_pop": 1, "school_hours": hours.get(town, 0)} for pair in values for town in pair}
    scenario = table(tmp_path, values, {"mentee_least": least}, towns=dict(sorted(towns.items())))
    expected = best_of_all(values, hours, least)
    proven = any(finding.code == "F861" for finding in check(scenario))
    if expected is None:
        with pytest.raises(InfeasibleError):
            solve(scenario)
        return
    assert not proven
    result = solve(scenario)
    assert reached(result) == expected
    if seed == 1:
        assert reached(solve(scenario, Options(solver="cbc"))) == expected


# -- what cannot be ----------------------------------------------------------------------------------------------------


def codes(scenario: Scenario) -> dict[str, str]:
    return {finding.code: finding.message.in_language("en") for finding in check(scenario)}


def test_mentees_with_too_few_places_are_named(tmp_path: Path) -> None:
    # y and z have only a, which has one place: x is no part of the proof.
    values: Values = {("a", "y"): {}, ("a", "z"): {}, ("a", "x"): {}, ("b", "x"): {}}
    scenario = table(tmp_path, values, {"mentee_least": 1, "mentor_capacity": 1})
    said = codes(scenario)["F861"]
    assert said.startswith("y, z need 1 mentor(s) each, 2 places > 1")
    assert said.endswith("(a)")
    with pytest.raises(InfeasibleError):
        solve(scenario)
    assert "F861" not in codes(scenario.with_({"mentoring.mentor_capacity": 2}))


def test_places_are_handed_on_before_anything_is_proven(tmp_path: Path) -> None:
    # x takes a first and must hand it to y; then all have one.
    values: Values = {("a", "x"): {}, ("b", "x"): {}, ("a", "y"): {}}
    assert "F861" not in codes(table(tmp_path, values, {"mentee_least": 1, "mentor_capacity": 1}))


def test_more_mentors_at_least_than_at_most(tmp_path: Path) -> None:
    scenario = table(tmp_path, WORTH, {"mentee_least": 2})
    assert "2 > mentee_cover 1" in codes(scenario)["F863"]
    with pytest.raises(InfeasibleError):
        solve(scenario)


def test_travel_that_required_mentors_need(tmp_path: Path) -> None:
    scenario = far(tmp_path, most_minutes=159).with_({"mentoring.mentee_least": 1})  # all three need 160
    assert "160" in codes(scenario)["F862"]
    with pytest.raises(InfeasibleError):
        solve(scenario)
    assert not codes(scenario.with_({"mentoring.travel.most_minutes": 160})).keys() & {"F862", "W861"}
    assert "2 of 3" in codes(scenario.with_({"mentoring.mentee_least": 0}))["W861"]


def test_travel_that_pairs_in_their_term_need(tmp_path: Path) -> None:
    last = [{"mentor": "a", "mentee": n, "start_year": 2015, "renewals": 0} for n in "xy"]
    rules = {"travel": {"visits": 1, "most_minutes_of_mentor": 109}}
    past = {"tables": {"old": last}, "last_year": {"pairs": "old"}, "roads": ROADS | {("x", "z"): 500}}
    scenario = table(tmp_path, FAR, rules, **past)
    assert "110 minutes of travel > 109" in codes(scenario)["F864"]
    with pytest.raises(InfeasibleError):
        solve(scenario)
    enough = scenario.with_({"mentoring.travel.most_minutes_of_mentor": 110})
    assert "F864" not in codes(enough)
    result = solve(enough)
    assert pairs(result) == {"ax", "ay", "bz"}
    assert cells(result.mentees.assign(n=1), "n", "mentee", "since", "until")[("x", "2015", "2017")] == 1
    assert lines(result.figure("pair_network")) == {"kept": 2, "new": 1}
    assert lines(result.figure("pairs")) == {"kept": 2, "new": 1}  # no levels, no map


PARAMETERS = {
    "mentoring.mentee_least": 1,
    "mentoring.travel.most_minutes": 321,
    "mentoring.travel.most_minutes_of_mentor": 123,
}


@pytest.mark.parametrize("path", PARAMETERS)
def test_limits_move_with_their_number_as_if_the_model_were_rebuilt(tmp_path: Path, path: str) -> None:
    scenario = far(tmp_path, most_minutes=500, most_minutes_of_mentor=400).with_({"mentoring.mentee_least": 2})
    (use,) = build(scenario).parameters[path]
    rebuilt = build(scenario.with_({path: PARAMETERS[path]}))
    parts = sorted((part.first, part.bound) for parts in rebuilt.rows.values() for part in parts)
    bounds = np.concatenate([bound for _, bound in parts])
    assert len(use.positions)
    assert bounds[use.positions].tolist() == (use.per_unit * PARAMETERS[path]).tolist()


def lines(drawn: Figure) -> dict[str, int]:
    """Drawn pairs, by whether they ran the year before; every pair shows its term."""
    found = {trace.name: sum(end is not None for end in trace.x) // 2 for trace in drawn.data if trace.mode == "lines"}
    terms = [text for trace in drawn.data if trace.mode == "text" for text in trace.text]
    assert sorted(terms) == ["2015\u20132017", "2015\u20132017", "2016\u20132018"]
    kept = Text("report.pair_kept").in_language(current_language())
    return {"kept" if name == kept else "new": count for name, count in found.items()}


def test_a_lock_on_a_pair_that_the_table_does_not_list(tmp_path: Path) -> None:
    lock = {"id": "keep", "decision": "pairing", "where": {"mentor": "b", "mentee": "y"}, "equals": 1, "reason": "test"}
    assert "pair_values" in codes(table(tmp_path, locks=[lock]))["F401"]


# -- wrong input -------------------------------------------------------------------------------------------------------


def wrong(folder: Path, *given: Any, **more: Any) -> dict[str, Any]:
    with pytest.raises(InputError) as caught:
        table(folder, *given, **more)
    return {finding.code: finding for finding in reversed(caught.value.findings)}


def test_wrong_tables_are_named_with_what_was_meant(tmp_path: Path) -> None:
    towns = {town: {"resident_pop": 1} for town in ("alpha", "beta", "gamma")}
    values: Values = {("alpha", "beta"): {}, ("alpha", "gama"): {}}
    unknown = wrong(tmp_path / "unknown", values, towns=towns)["E213"]
    assert (unknown.found, unknown.place.field) == ("gama", "mentee")
    assert "gamma" in unknown.hint.in_language("en")
    assert wrong(tmp_path / "missing", WORTH, {"pairs": "pair_valus"})["E201"].path == "mentoring.pairs"
    both = wrong(tmp_path / "both", {("a", "x"): {}, ("x", "y"): {}})["E221"]
    assert (both.found, both.place.line) == ("x", 2)


def test_parts_that_need_others(tmp_path: Path) -> None:
    paid = {"travel": {"visits": 1, "cost_per_hour": 5}}
    assert wrong(tmp_path / "spending", WORTH, paid, roads={})["E107"].path == "mentoring.travel.spending"
    assert wrong(tmp_path / "roads", WORTH, {"travel": {"visits": 1}})["E320"].path == "mentoring"
    given = {"transfer": {"participation": 0.1}}
    found = wrong(tmp_path / "levels", WORTH, given, roads={})
    assert (found["E107"].path, found["E313"].path) == ("mentoring.nearness_minutes", "mentoring.transfer")
    with pytest.raises(InputError) as caught:
        table(tmp_path / "by_level", WORTH, {"pairs": None}, roads={})
    said = {(finding.code, finding.path) for finding in caught.value.findings}
    assert said >= {("E107", "mentoring.transfer"), ("E107", "mentoring.nearness_minutes"), ("E313", "mentoring")}
