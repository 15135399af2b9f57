"""Team: floors, caps, people who stay, ratios, hiring, training, pay, contact hours; one year and two.

Towns a (500 residents, 2 level points a class of 100 yuan) and b (1,000 residents, 1 point). Training one person
brings 10 persons to take part: as much as a class.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from allocator.auditing.whole import audit_tables
from allocator.engine.build import build
from allocator.engine.cbc import CbcSession
from allocator.engine.highs import HighsSession
from allocator.engine.stages import run_stages
from allocator.plan.check import check
from allocator.tables.result import Result
from allocator.verbs.options import Mode
from allocator.verbs.solving import solve
from allocator.words.errors import InputError
from worlds import ORIGIN, TOTAL, cells, government, levels, of_year, slack, solved, world

FULL = {"id": "full", "pay": 100, "training_cost": 10}
FREE = {"id": "free"}
FEWEST = {"id": "total", "of": "team.posts", "aggregate": "sum"}
GAIN = {"indicator": "participation", "per_unit": 10, "origin": ORIGIN}
YEARS: Mapping[int, Mapping[str, Any]] = {2016: {}, 2017: {}}


def staff(**heads: int) -> list[dict[str, Any]]:
    """Staff now, e.g. a_full=3."""
    return [{"town": name[0], "type": name[2:], "heads": n} for name, n in heads.items()]


def plan(
    types: tuple[Mapping[str, Any], ...] = (FULL,), heads: Mapping[str, int] | None = None, **team: Any
) -> dict[str, Any]:
    """A plan that takes the fewest posts its rules allow."""
    section = {"types": list(types), "spending": "courses", **team}
    return {"team": section, "tables": {"staff": staff(**(heads or {"a_full": 0}))}, "stages": [FEWEST]}


def posts(result: Result, year: int | None = None, what: str = "posts") -> dict[Any, float]:
    return cells(of_year(result.tables["team"], year), what, "town", "type")


def test_floor_counts_parts_of_a_post_whole(tmp_path: Path) -> None:
    # One post for every 400 residents: 1.25 and 2.5.
    result = solved(tmp_path, **plan(floors=[{"type": "full", "posts": 1, "of": "resident_pop", "per": 400}]))
    assert posts(result) == {("a", "full"): 2, ("b", "full"): 3}
    assert slack(result, "staff_floor", "b/full") == 0
    assert audit_tables(result.scenario, result.tables).passed


def test_floor_does_not_bind_where_more_people_stay(tmp_path: Path) -> None:
    result = solved(tmp_path, **plan(heads={"a_full": 4}, floors=[{"type": "full", "posts": 1}]))
    assert posts(result) == {("a", "full"): 4, ("b", "full"): 1}
    assert (slack(result, "staff_floor", "a/full"), slack(result, "staff_kept", "a/full")) == (3, 0)
    assert slack(result, "staff_kept", "b/full") == 1


@pytest.mark.parametrize(("turnover", "stays"), [(0, 7), (0.1, 7), (0.15, 6), (0.3, 5), (1, 0)])
def test_whole_people_stay(tmp_path: Path, turnover: float, stays: int) -> None:
    result = solved(tmp_path, **plan(({**FULL, "turnover": turnover},), {"a_full": 7}))
    assert posts(result, what="staying") == {("a", "full"): stays, ("b", "full"): 0}
    assert posts(result) == posts(result, what="staying")


def seek_gain(places: float = 99, **more: Any) -> dict[str, Any]:
    """A plan that trains as many as help its level; classes need more money than there is."""
    made = plan(training={"places": places, "gains": [GAIN]}, **more)
    return {**made, "stages": [TOTAL], "delivery": None, "attainment": only_base()}


def only_base() -> dict[str, Any]:
    return {"indicators": [{"id": "participation", "weight": 1, "target": 1, "denominator": "resident_pop"}]}


@pytest.mark.parametrize(("posts_at_most", "trained"), [(3, 3), (9, 5)])
def test_trained_are_on_posts_and_within_places(tmp_path: Path, posts_at_most: float, trained: float) -> None:
    result = solved(tmp_path, **seek_gain(5, types=(FREE,), heads={"a_free": 0}, most=bound("free", posts_at_most)))
    assert posts(result, what="trained")[("a", "free")] == trained
    assert levels(result)["a"] == 2 * trained
    assert slack(result, "team_places") == max(0, 5 - 2 * posts_at_most)
    assert slack(result, "trained_posts", "a/free") == posts(result)[("a", "free")] - trained
    assert slack(result, "staff_most", "a/free") == posts_at_most - posts(result)[("a", "free")]
    assert audit_tables(result.scenario, result.tables).passed


def bound(kind: str, number: float) -> list[dict[str, Any]]:
    return [{"type": kind, "posts": number}]


@pytest.mark.parametrize(("least", "scope", "free"), [(0.5, "every_town", (3, 1)), (0.5, "district", 4)])
def test_ratio(tmp_path: Path, least: float, scope: str, free: Any) -> None:
    ratio = {"id": "many", "of": ["free"], "at_least": least, "scope": scope}
    heads = {"a_full": 3, "b_full": 1}
    result = solved(tmp_path, **plan((FULL, FREE), heads, ratios=[ratio], most=bound("free", 9)))
    own = posts(result)
    if scope == "district":
        assert own[("a", "free")] + own[("b", "free")] == free
        assert slack(result, "staff_ratio", "many/district") == 0
    else:
        assert (own[("a", "free")], own[("b", "free")]) == free
        assert slack(result, "staff_ratio", "many/a") == 0
    assert audit_tables(result.scenario, result.tables).passed


def test_ratio_does_not_bind(tmp_path: Path) -> None:
    ratio = {"id": "many", "of": ["free"], "at_least": 0.25}
    result = solved(tmp_path, **plan((FULL, FREE), {"a_full": 2, "a_free": 2}, ratios=[ratio], most=bound("free", 9)))
    assert posts(result)[("a", "free")] == 2
    assert slack(result, "staff_ratio", "many/a") == 1


def test_hiring_binds_and_does_not(tmp_path: Path) -> None:
    given = {"types": (FREE,), "heads": {"a_free": 2}, "most": bound("free", 6)}
    tight = solved(tmp_path / "tight", **seek_gain(**given, most_hired_a_year=3))
    assert sum(posts(tight).values()) == 5
    assert posts(tight)[("a", "free")] == 5  # a person trained is worth 2 points there
    assert slack(tight, "staff_hired") == 0
    loose = solved(tmp_path / "loose", **seek_gain(**given, most_hired_a_year=30))
    assert sum(posts(loose).values()) == 12
    assert slack(loose, "staff_hired") == 20


def paid(money: float, most: int = 2) -> dict[str, Any]:
    """Posts cost 100, training 10 yuan; nobody there yet."""
    made = seek_gain(most=bound("full", most))
    return {**made, "funding": {"sources": [government(money)]}}


def best_by_hand(money: float, most: int) -> float:
    """Most points over every number of posts and of people trained in a and b."""
    best = 0
    for a, b in itertools.product(range(most + 1), repeat=2):
        for trained_a, trained_b in itertools.product(range(a + 1), range(b + 1)):
            if 100 * (a + b) + 10 * (trained_a + trained_b) <= money:
                best = max(best, 2 * trained_a + trained_b)
    return best


@pytest.mark.parametrize("money", [99, 109, 110, 219, 230, 329, 330, 440])
def test_posts_and_training_against_every_choice(tmp_path: Path, money: float) -> None:
    result = solved(tmp_path, **paid(money))
    assert levels(result)["a"] + levels(result)["b"] == best_by_hand(money, 2)
    paid_for = result.tables["team"].set_index(["town", "type"])["cost_yuan"].sum()
    assert paid_for <= money
    assert result.funding["amount_yuan"].sum() == pytest.approx(paid_for)


def test_two_solvers_agree(tmp_path: Path) -> None:
    scenario = world(tmp_path, **paid(329))
    found = []
    for kind in (HighsSession, CbcSession):
        model = build(scenario)
        found.append(run_stages(model, scenario, kind(model)).records[-1].value)
    assert found[0] == pytest.approx(found[1], abs=1e-6)


@pytest.mark.parametrize(("hours", "contact"), [(0, 10), (5, 20)])
def test_posts_bring_hours_to_their_town_school(tmp_path: Path, hours: float, contact: float) -> None:
    # Each station hour adds a point in b; its school has 10 hours, and two posts.
    effect = {"giver": "school", "indicator": "participation", "per_hour": 10, "origin": ORIGIN}
    towns = {
        "a": {"resident_pop": 500, "stations": 1, "school_hours": 0},
        "b": {"resident_pop": 1000, "stations": 1, "school_hours": 10},
    }
    team = plan(({**FREE, "contact_hours": hours},), {"b_free": 2}, most=bound("free", 2))
    guidance = {"district_hours": 0, "effects": [effect]}
    made = {**team, "stages": [TOTAL], "towns": towns, "delivery": None, "attainment": only_base()}
    result = solved(tmp_path, **made, guidance=guidance)
    given = cells(result.guidance[result.guidance["giver"] == "b"], "hours", "town")
    assert given == {"b": contact}
    assert audit_tables(result.scenario, result.tables).passed


def goal(year: int, number: float, **more: Any) -> dict[str, Any]:
    base = {"id": "posts", "measure": "posts_full", "strength": "rule", "at_least": {year: number}}
    return {**base, **more}


def test_goals_ask_for_posts_in_the_district_and_in_every_town(tmp_path: Path) -> None:
    whole = solved(tmp_path / "district", **plan(), goals=[goal(2016, 3)])
    assert sum(posts(whole).values()) == 3
    every = solved(tmp_path / "towns", **plan(), goals=[goal(2016, 2, scope="every_town")])
    assert posts(every) == {("a", "full"): 2, ("b", "full"): 2}
    trained = plan(training={"places": 4}, most=bound("full", 2))
    own = goal(2016, 4, id="taught", measure="posts_trained")
    result = solved(tmp_path / "trained", **trained, goals=[own])
    assert cells(result.tables["counts"], "amount", "counted", "town")[("posts_trained", "a")] == 2
    assert audit_tables(result.scenario, result.tables).passed


def two_years(**more: Any) -> dict[str, Any]:
    """A third of those on posts leave; five posts are asked for in the second year, at most three hired a year."""
    made = plan(({**FULL, "turnover": 0.334},), {"a_full": 2}, most_hired_a_year=3)
    asked = goal(2017, 5, strength="hard")
    return {**made, "years": YEARS, "goals": [asked], "stages": [{"id": "basics"}, FEWEST], **more}


def test_posts_of_two_years(tmp_path: Path) -> None:
    # Of 2 in a, 2 stay (1.332 rounded up). To have 5 in 2017 with 3 hired, 2 must stay: 2 of 2 do. Rolling finds the
    # same: 2 in the first year, none too many.
    for mode in ("horizon", "rolling"):
        result = solved(tmp_path / mode, mode, **two_years())
        first, second = posts(result, 2016), posts(result, 2017)
        assert (sum(first.values()), sum(second.values())) == (2, 5)
        assert sum(posts(result, 2017, "staying").values()) == 2
        assert sum(posts(result, 2017, "hired").values()) == 3
        assert posts(result, 2017, "heads_before") == first
        assert audit_tables(result.scenario, result.tables).passed


def test_a_horizon_hires_early_where_a_year_alone_would_not(tmp_path: Path) -> None:
    # 7 in 2017, 3 hired a year: 4 must stay; of 5 in one town 4 do (3.33 rounded up). A year alone hires nobody first.
    asked = [goal(2017, 7, strength="hard")]
    together = solved(tmp_path / "horizon", "horizon", **two_years(goals=asked))
    assert sum(posts(together, 2017).values()) == 7
    assert sum(posts(together, 2016, "hired").values()) >= 2
    alone = solved(tmp_path / "rolling", "rolling", **two_years(goals=asked))
    assert sum(posts(alone, 2017).values()) == 5
    assert audit_tables(together.scenario, together.tables).passed


def test_a_line_of_posts_starts_from_the_staff_before_the_plan(tmp_path: Path) -> None:
    # From 2 posts in 2015 to 6 in 2017: 4 in 2016, in both modes.
    asked = [goal(2017, 6, strength="hard", path="linear_from_base")]
    for mode in ("horizon", "rolling"):
        made = plan(heads={"a_full": 2})
        result = solved(
            tmp_path / mode, mode, **{**made, "years": YEARS, "goals": asked, "stages": [{"id": "basics"}, FEWEST]}
        )
        assert [sum(posts(result, year).values()) for year in YEARS] == [4, 6]
        assert audit_tables(result.scenario, result.tables).passed


@pytest.mark.parametrize("mode", ["horizon", "rolling"])
def test_a_team_that_starts_in_a_later_year_has_its_staff_table(tmp_path: Path, mode: Mode) -> None:
    # A post costs as much as a class, so that nobody is hired.
    made = {**plan(heads={"a_full": 3}), "stages": [TOTAL], "funding": {"sources": [government(1000)]}}
    result = solved(tmp_path, mode, **made, years={2016: {"team": None}, 2017: {}})
    assert posts(result) == {("a", "full"): 3, ("b", "full"): 0}
    assert slack(result, "staff_kept", "a/full") == 0


@pytest.mark.parametrize("mode", ["horizon", "rolling"])
@pytest.mark.parametrize(("first", "second", "stays"), [(0, 0.5, 2), (0.5, 0, 2), (0.5, 0.34, 2)])
def test_who_stays_into_a_year_leaves_by_the_turnover_of_that_year(
    tmp_path: Path, mode: Mode, first: float, second: float, stays: int
) -> None:
    # Of 3 people 3 or 2 (1.5 rounded up) stay into 2016, and of those 2 (1.5 or 1.32 rounded up, or all) into 2017.
    made = plan(({**FULL, "turnover": first},), {"a_full": 3})
    later = {"team": {"types": [{**FULL, "turnover": second}]}}
    result = solved(tmp_path, mode, **made, years={2016: {}, 2017: later})
    assert posts(result, 2016)[("a", "full")] == (3 if first == 0 else 2)
    assert posts(result, 2017, "staying")[("a", "full")] == posts(result, 2017)[("a", "full")] == stays


@pytest.mark.parametrize("mode", ["horizon", "rolling"])
def test_a_type_of_staff_that_comes_later_starts_from_its_own_staff_table(tmp_path: Path, mode: Mode) -> None:
    # Nobody of 2016 is lost, and of the 5 free ones of b half stay (2.5, so 3); what the table of 2017 says of a type
    # that 2016 knows does not count.
    made = plan(heads={"a_full": 2})
    made["tables"]["both"] = staff(a_full=9, b_free=5)
    types = [FULL, {**FREE, "turnover": 0.5}]
    later = {"team": {"types": types, "staff": "both", "most": bound("free", 4)}}
    result = solved(tmp_path, mode, **made, years={2016: {}, 2017: later})
    assert posts(result, 2017) == {("a", "free"): 0, ("a", "full"): 2, ("b", "free"): 3, ("b", "full"): 0}
    assert posts(result, 2017, "heads_before")[("b", "free")] == 5


def test_people_of_a_type_that_comes_later_count_where_a_ratio_is_checked(tmp_path: Path) -> None:
    # Nobody is hired: the 3 free ones of a stand against its 3 full ones only because the table of 2017 has them.
    made = plan(heads={"a_full": 3})
    made["tables"]["both"] = staff(a_free=3)
    ratio = {"id": "many", "of": ["free"], "at_least": 0.5}
    later = {"team": {"types": [FULL, FREE], "staff": "both", "ratios": [ratio], "most_hired_a_year": 0}}
    scenario = world(tmp_path, **made, years={2016: {}, 2017: later})
    assert [each for each in check(scenario) if each.severity == "infeasible"] == []
    assert posts(solve(scenario), 2017)[("a", "free")] == 3


def test_wrong_names_are_found_with_the_word_that_was_meant(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        world(
            tmp_path / "ids",
            **plan(heads={"a_fall": 1}, floors=bound("ful", 1)),
            goals=[goal(2016, 1, measure="posts_fuII")],
        )
    found = {each.code: str(each.hint and each.hint.in_language("en")) for each in raised.value.findings}
    assert found.keys() == {"E213", "E301"}
    assert all("full" in hint for hint in found.values())
    with pytest.raises(InputError) as raised:
        world(tmp_path / "table", **{**plan(), "tables": {}})
    assert [each.code for each in raised.value.findings] == ["E201"]


INFEASIBLE = [
    (
        "F871",
        plan(floors=bound("full", 3), most=bound("full", 2)),
        plan(floors=bound("full", 2), most=bound("full", 2)),
    ),
    ("F872", plan(heads={"a_full": 3}, most=bound("full", 2)), plan(heads={"a_full": 3}, most=bound("full", 3))),
    (
        "F873",
        plan(floors=bound("full", 2), most_hired_a_year=3),
        plan(floors=bound("full", 2), most_hired_a_year=4),
    ),
    (
        "F874",
        {**plan(heads={"a_full": 3}), "funding": {"sources": [government(299)]}},
        {**plan(heads={"a_full": 3}), "funding": {"sources": [government(300)]}},
    ),
    (
        "F875",
        plan((FULL, FREE), {"a_full": 3}, ratios=[{"id": "r", "of": ["free"], "at_least": 0.5}], most=bound("free", 2)),
        plan((FULL, FREE), {"a_full": 3}, ratios=[{"id": "r", "of": ["free"], "at_least": 0.4}], most=bound("free", 2)),
    ),
]


@pytest.mark.parametrize(("code", "broken", "fine"), INFEASIBLE)
def test_what_arithmetic_proves(tmp_path: Path, code: str, broken: dict[str, Any], fine: dict[str, Any]) -> None:
    scenario = world(tmp_path / "no", **broken)
    assert {each.code for each in check(scenario) if each.severity == "infeasible"} == {code}
    model = build(scenario)
    assert HighsSession(model).solve(model.family("posts"), 0.0, False, 1e-6).status == "infeasible"
    other = world(tmp_path / "yes", **fine)
    assert [each for each in check(other) if each.severity == "infeasible"] == []
    model = build(other)
    assert HighsSession(model).solve(model.family("posts"), 0.0, False, 1e-6).status == "optimal"


def test_a_free_type_without_a_cap_is_warned_of(tmp_path: Path) -> None:
    scenario = world(tmp_path, **plan((FREE,), {"a_free": 1}))
    assert [each.code for each in check(scenario)] == ["W871"]


def test_posts_can_be_locked(tmp_path: Path) -> None:
    lock = {"id": "town_b", "decision": "posts", "where": {"town": "b", "type": "full"}, "equals": 3, "reason": "编制"}
    result = solved(tmp_path, **plan(), locks=[lock])
    assert posts(result) == {("a", "full"): 0, ("b", "full"): 3}
    assert audit_tables(result.scenario, result.tables).passed
