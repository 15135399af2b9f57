"""Postings: every rule where it binds and where it does not, and every whole choice of small plans tried."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from postings import FEWEST, FOUR, LEXIMIN, MAXIMIN, TOWNS, plan, posted, posting, stages_only, teacher

from allocator.plan.reading import load
from allocator.verbs.options import Options
from allocator.verbs.solving import solve
from allocator.words.errors import InfeasibleError, InputError
from worlds import cells, levels, rule, slack, solved, world

ONE = teacher("t1", "b")
ABROAD = {"towns": {name: TOWNS[name] for name in "ab"}, "roads": {("a", "b"): 30}}


# -- where teachers go, and what they bring ------------------------------------------------------------------------


def test_a_posted_teacher_teaches_at_the_host_and_not_at_home(tmp_path: Path) -> None:
    # b can spare one of three for a, which has nobody: 30 hours are 60 points; another one for c would leave b at 30.
    result = solved(tmp_path, **plan())
    assert levels(result) == pytest.approx({"a": 60, "b": 60, "c": 30}, abs=2e-3)
    (host,) = posted(result).values()
    assert host == "a"
    row = result.postings.iloc[0]
    assert (row["from_town"], row["start_year"], row["end_year"], row["new"]) == ("b", 2016, 2017, 1)
    assert (row["hours"], row["minutes"], row["band"], row["allowance_yuan"], row["categories"]) == (
        *(30, 30, 2, 3000),
        "health",
    )
    assert cells(result.posted_hours, "hours", "to_town") == {"a": 30}
    # What is left teaches at home: two of three in b, one in c.
    own = result.teaching.groupby("from_town")["hours"].sum()
    assert own.to_dict() == pytest.approx({"b": 60, "c": 30}, abs=2e-3)
    towns = result.posting_towns.set_index("town")
    assert towns.loc["b", ["teachers", "out", "hosted"]].tolist() == [3, 1, 0]
    assert towns["out_share"].round(3).tolist()[1:] == [0.333, 0]
    assert np.isnan(towns.loc["a", "out_share"])


def test_hours_that_stay_at_home(tmp_path: Path) -> None:
    # 60 % of 30 hours are 18 in a, 36 points; the other 12 hours are taught at home.
    result = solved(tmp_path, **plan(ONE, posting=posting(hours_share=0.6)))
    assert levels(result) == pytest.approx({"a": 36, "b": 12, "c": 0}, abs=2e-3)
    assert slack(result, "posted_room", "t1/a") == pytest.approx(0, abs=1e-3)
    assert rule(result, "teacher_hours", "t1")["activity"] == pytest.approx(30, abs=1e-3)


def test_room_that_a_posting_brings_need_not_be_used(tmp_path: Path) -> None:
    # Two classes for each 1,000 residents: a needs 1 hour, the posting brings 30.
    few = {
        "programmes": [
            {**plan()["delivery"]["programmes"][0], "max_units": {"per": 1000, "of": "resident_pop", "units": 2}}
        ]
    }
    result = solved(tmp_path, **plan(delivery=few))
    host = next(key for key in posted(result))
    assert slack(result, "posted_room", f"{host}/a") == pytest.approx(29)


def test_bands_pay_by_distance_and_end(tmp_path: Path) -> None:
    # Within 20 minutes t1 can go to c only, for nothing; a stays without.
    near = solved(tmp_path / "near", **plan(posting=posting(bands=posting()["bands"][:1])))
    assert set(posted(near).values()) == {"c"}
    assert near.postings["allowance_yuan"].tolist() == [0]
    assert "exchange" not in set(near.funding["programme"])
    far = solved(tmp_path / "far", **plan())
    paid = far.funding[far.funding["programme"] == "exchange"]
    assert paid[["town", "amount_yuan"]].to_numpy().tolist() == [["a", 3000]]


def test_minutes_at_the_end_of_a_band_belong_to_it(tmp_path: Path) -> None:
    at = solved(tmp_path / "at", **plan(posting=posting(bands=[{"up_to_minutes": 30, "allowance": 7}])))
    assert at.postings["allowance_yuan"].tolist() == [7]
    past, _ = stages_only(tmp_path / "past", **plan(posting=posting(bands=[{"up_to_minutes": 29.9, "allowance": 7}])))
    assert "a" not in past.values()


def test_a_teacher_has_one_host(tmp_path: Path) -> None:
    # Alone with 30 hours t1 could serve a or c, not both: only one town of three has classes.
    result = solved(tmp_path, **plan(ONE))
    assert len(posted(result)) <= 1
    assert sorted(levels(result).values()) == pytest.approx([0, 0, 60], abs=2e-3)
    assert rule(result, "one_host", "t1")["bound"] == 1


# -- shares and floors in whole persons ----------------------------------------------------------------------------


def test_share_of_exchange_rounds_up_to_persons(tmp_path: Path) -> None:
    result = solved(tmp_path / "binds", **plan(stages=[FEWEST], posting=posting(exchange_share=0.3)))
    assert len(posted(result)) == 2  # 0.3 x 4 = 1.2
    assert rule(result, "posting_share")["bound"] == 2
    loose = solved(tmp_path / "loose", **plan(posting=posting(exchange_share=0)))
    assert slack(loose, "posting_share") == 1
    assert levels(loose) == pytest.approx({"a": 60, "b": 60, "c": 30}, abs=2e-3)


def test_only_eligible_teachers_are_counted_and_posted(tmp_path: Path) -> None:
    staff = [{**each, "eligible": each["teacher"] in ("t2", "t4")} for each in FOUR]
    result = solved(tmp_path / "some", **plan(*staff, stages=[FEWEST], posting=posting(exchange_share=0.5)))
    assert rule(result, "posting_share")["bound"] == 1  # of two
    assert set(posted(result)) <= {"t2", "t4"}
    everybody = posting(exchange_share=0.5, eligible="all")
    result = solved(tmp_path / "all", **plan(*staff, stages=[FEWEST], posting=everybody))
    assert rule(result, "posting_share")["bound"] == 2


def test_share_of_backbone_teachers(tmp_path: Path) -> None:
    # t2 is the only backbone teacher: with a half of them at most two may be posted.
    result = solved(tmp_path / "half", **plan(posting=posting(backbone_share=0.5)))
    assert set(posted(result)) == {"t2"}
    assert slack(result, "posting_backbone") == 0.5
    none = [{**each, "backbone": False} for each in FOUR]
    assert stages_only(tmp_path / "none", **plan(*none, posting=posting(backbone_share=0.2)))[0] == {}


def test_most_that_may_be_away_rounds_down(tmp_path: Path) -> None:
    # 0.3 x 3 teachers: nobody may leave b; t4 alone of c may not leave at 0.9 either.
    result = solved(tmp_path / "none", **plan(posting=posting(out_share=0.3)))
    assert posted(result) == {}
    assert slack(result, "away_share", "b") == 0
    loose = solved(tmp_path / "one", **plan(posting=posting(out_share=0.34)))
    assert slack(loose, "away_share", "b") == 0
    assert list(posted(loose).values()) == ["a"]
    assert rule(solved(tmp_path / "all", **plan()), "away_share", "b")["bound"] == 3


def test_floor_of_teachers_in_a_town(tmp_path: Path) -> None:
    # Without need for teaching nobody moves; with a floor of one somebody must be in a.
    assert stages_only(tmp_path / "still", **plan(stages=[FEWEST]))[0] == {}
    moved = solved(tmp_path / "moved", **plan(stages=[FEWEST], posting=posting(host_floor=1)))
    assert list(posted(moved).values()) == ["a"]
    assert slack(moved, "host_floor", "a") == 0
    assert rule(moved, "host_floor", "b")["bound"] == -2


def test_most_hosted(tmp_path: Path) -> None:
    rich = {name: {**about, "resident_pop": 5000 if name == "a" else 1000} for name, about in TOWNS.items()}
    free, _ = stages_only(tmp_path / "free", **plan(towns=rich, stages=[MAXIMIN, FEWEST]))
    assert list(free.values()).count("a") == 2  # 0.2 points an hour in a: 12, and 30 in b and in c
    result = solved(tmp_path / "one", **plan(towns=rich, stages=[MAXIMIN, FEWEST], posting=posting(most_hosted=1)))
    assert list(posted(result).values()).count("a") == 1
    assert slack(result, "hosted", "a") == 0
    loose = solved(tmp_path / "three", **plan(towns=rich, posting=posting(most_hosted=3)))
    assert slack(loose, "hosted", "a") == 1


def test_no_swap_of_teachers_of_one_category(tmp_path: Path) -> None:
    two = (teacher("t1", "a"), teacher("t2", "b"))
    both = {**ABROAD, "stages": [FEWEST], "posting": posting(exchange_share=1)}
    with pytest.raises(InfeasibleError):
        stages_only(tmp_path / "alike", **plan(*two, **both))
    other = solved(tmp_path / "other", **plan(*two, own={"t2": ("skills",)}, **both))
    assert posted(other) == {"t1": "b", "t2": "a"}
    with pytest.raises(InfeasibleError):
        stages_only(tmp_path / "one", **plan(*two, own={"t2": ("skills", "health")}, **both))


def test_a_third_town_ends_the_swap(tmp_path: Path) -> None:
    # a -> b, b -> c, c -> b is a swap of b and c; a -> b and b -> c are none.
    two = (teacher("t1", "a"), teacher("t2", "b"))
    result = solved(tmp_path, **plan(*two, stages=[FEWEST], posting=posting(exchange_share=1)))
    assert posted(result) == {"t1": "b", "t2": "c"}


# -- what goals, locks and stages ask ------------------------------------------------------------------------------


def test_goals_ask_for_teachers_at_hosts(tmp_path: Path) -> None:
    goal = {
        "id": "each",
        "measure": "posted_teachers",
        "scope": "every_town",
        "strength": "hard",
        "at_least": {"2016": 1},
    }
    staff = [teacher(f"t{n}", home) for n, home in enumerate("aabbcc")]
    road = {("a", "b"): 30, ("b", "c"): 20, ("a", "c"): 40}
    result = solved(tmp_path, **plan(*staff, goals=[goal], roads=road, stages=[{"id": "basics"}, FEWEST]))
    assert sorted(posted(result).values()) == ["a", "b", "c"]  # round the circle, as two may not swap
    assert set(result.goals["reached"]) == {1}
    counts = result.counts[result.counts["counted"] == "posted_teachers"]
    assert counts["amount"].tolist() == [1, 1, 1]


def test_goals_count_backbone_teachers(tmp_path: Path) -> None:
    goal = {"id": "some", "measure": "posted_backbone", "strength": "rule", "at_least": {"2016": 1}}
    result = solved(tmp_path, **plan(goals=[goal], stages=[FEWEST]))
    assert set(posted(result)) == {"t2"}


def test_locks_name_a_teacher_and_a_host(tmp_path: Path) -> None:
    def lock(**bound: Any) -> list[dict[str, Any]]:
        return [{"id": "l", "decision": "posted", "reason": "已商定", **bound}]

    sent = lock(where={"teacher": "t2", "town": "a"}, equals=1)
    result = solved(tmp_path / "sent", **plan(stages=[FEWEST], locks=sent))
    assert posted(result) == {"t2": "a"}
    kept = lock(where={"town": "a"}, equals=0)
    assert "a" not in stages_only(tmp_path / "kept", **plan(locks=kept))[0].values()


def test_fewest_teachers_that_bring_every_town_to_a_level(tmp_path: Path) -> None:
    # 最少要派多少人：one teacher in a gives it 60 points, and b and c keep 30 each at least; none leaves a at 0.
    goal = {"id": "up", "measure": "level", "scope": "every_town", "strength": "rule"}
    made = {"stages": [FEWEST], "posting": posting()}
    for asked, persons in ((0.001, 1), (30, 1)):
        more = made | {"goals": [{**goal, "at_least": {"2016": asked}}]}
        assert len(stages_only(tmp_path / str(asked), **plan(**more))[0]) == persons
    more = made | {"goals": [{**goal, "at_least": {"2016": 31}}]}
    with pytest.raises(InfeasibleError):  # one of b and c keeps 30 hours
        stages_only(tmp_path / "31", **plan(**more))


def test_postings_are_lowered_by_what_they_cost(tmp_path: Path) -> None:
    cheap = {"id": "total", "of": "posting.cost", "aggregate": "sum"}
    result = solved(tmp_path, **plan(stages=[cheap], posting=posting(exchange_share=0.5)))
    assert result.postings["allowance_yuan"].tolist() == [0, 0]
    assert float(result.stages["value"].iloc[0]) == 0


# -- every choice of small plans -----------------------------------------------------------------------------------


def drawn(seed: int) -> dict[str, Any]:
    """A plan with drawn teachers, shares and roads."""
    draw = np.random.default_rng(seed)
    homes = draw.choice(list("abc"), 4)
    staff = [
        teacher(f"t{n}", str(home), float(draw.integers(10, 40)), bool(draw.random() < 0.5))
        for n, home in enumerate(homes)
    ]
    own = {each["teacher"]: ("health", "skills") if draw.random() < 0.4 else ("health",) for each in staff}
    more = {
        "out_share": float(draw.choice([0.5, 1])),
        "backbone_share": float(draw.choice([0, 0.4])),
        "exchange_share": float(draw.choice([0, 0.3])),
        "most_hosted": int(draw.integers(1, 3)),
    }
    minutes = draw.integers(10, 60, 3)
    roads = dict(zip((("a", "b"), ("b", "c"), ("a", "c")), map(int, minutes), strict=True))
    return plan(*staff, own=own, roads=roads, stages=[MAXIMIN, FEWEST], posting=posting(**more))


def best_by_hand(made: Mapping[str, Any]) -> tuple[float, int] | None:
    """Highest level of the worst-off town and the fewest postings for it, by trying all; none without a plan."""
    staff, given = made["tables"]["teachers"], made["posting"]
    direct = {frozenset(pair): far for pair, far in made["roads"].items()}
    far = {
        (one, other): 0
        if one == other
        else min(
            direct[frozenset((one, other))],
            *(
                direct[frozenset((one, via))] + direct[frozenset((via, other))]
                for via in "abc"
                if via not in (one, other)
            ),
        )
        for one in "abc"
        for other in "abc"
    }
    points, best = {"a": 2.0, "b": 1.0, "c": 1.0}, None
    for hosts in itertools.product("abc", repeat=len(staff)):
        sent = [(each, host) for each, host in zip(staff, hosts, strict=True) if host != each["home_town"]]
        ways = {(each["home_town"], host) for each, host in sent}
        backbone = sum(each["backbone"] for each, _ in sent)
        fits = (
            all(far[each["home_town"], host] <= 45 for each, host in sent)
            and not any((host, home) in ways for home, host in ways)
            and len(sent) >= math.ceil(given["exchange_share"] * len(staff) - 1e-9)
            and backbone >= given["backbone_share"] * len(sent) - 1e-9
        )
        for town in "abc":
            own = sum(each["home_town"] == town for each in staff)
            gone = sum(each["home_town"] == town for each, _ in sent)
            there = sum(host == town for _, host in sent)
            fits = fits and gone <= math.floor(given["out_share"] * own) and there <= given["most_hosted"]
        if fits:
            found = dict.fromkeys("abc", 0.0)
            for each, host in zip(staff, hosts, strict=True):
                found[host] += each["hours"] * points[host]
            key = (min(100.0, *found.values()), -len(sent))
            best = key if best is None else max(best, key)
    return None if best is None else (best[0], -best[1])


@pytest.mark.parametrize("seed", range(8))
def test_the_worst_off_town_and_the_postings_are_those_of_all_choices(seed: int, tmp_path: Path) -> None:
    made = drawn(seed)
    wanted = best_by_hand(made)
    if wanted is None:
        with pytest.raises(InfeasibleError):
            stages_only(tmp_path, **made)
        return
    hosts, reached = stages_only(tmp_path, **made)
    assert min(reached.values()) == pytest.approx(wanted[0], abs=2e-3)
    assert len(hosts) == wanted[1]


def test_two_solvers_agree(tmp_path: Path) -> None:
    scenario = world(tmp_path, **plan(stages=[LEXIMIN, {"id": "tie_break", "factors": {"resident_pop": 1}}]))
    one, other = (solve(scenario, Options(solver=name)) for name in ("highs", "cbc"))
    assert posted(one) == posted(other)
    assert one.run["unique"] and other.run["unique"]
    assert one.posted_hours["hours"].tolist() == pytest.approx(other.posted_hours["hours"].tolist(), abs=1e-4)


# -- what is wrong in the input ------------------------------------------------------------------------------------


def findings(folder: Path, **made: Any) -> list[Any]:
    with pytest.raises(InputError) as wrong:
        world(folder, **made)
    return list(wrong.value.findings)


def test_postings_need_teachers_and_roads(tmp_path: Path) -> None:
    without = plan(teaching=None, tables={})
    assert ("E313", "posting") in {(each.code, each.path) for each in findings(tmp_path, **without)}
    nowhere = plan(roads=None)
    nowhere.pop("reach")
    assert [each.code for each in findings(tmp_path / "roads", **nowhere)] == ["E313"]


def test_bands_rise(tmp_path: Path) -> None:
    bands = [{"up_to_minutes": 30, "allowance": 0}, {"up_to_minutes": 30, "allowance": 10}]
    (found,) = findings(tmp_path, **plan(posting=posting(bands=bands)))
    assert (found.code, found.path) == ("E370", "posting.bands.1.up_to_minutes")


def test_unknown_names_are_met_with_what_was_meant(tmp_path: Path) -> None:
    past = {"teacher": "t11", "to_town": "a", "start_year": 2015}
    made = plan(tables={"old": [past]}, last_year={"postings": "old"})
    (found,) = findings(tmp_path / "table", **made)
    assert (found.code, found.found) == ("E213", "t11")
    assert "t1" in str(found.hint)
    lock = {"id": "l", "decision": "posted", "where": {"teacher": "t9x"}, "at_least": 1, "reason": "-"}
    assert [each.code for each in findings(tmp_path / "lock", **plan(locks=[lock]))] == ["E301"]
    assert [each.code for each in findings(tmp_path / "pays", **plan(posting=posting(spending="operation")))] == [
        "E301"
    ]


def test_a_table_of_last_year_that_is_missing(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, **plan(last_year={"postings": "old"}))
    assert (found.code, found.path) == ("E201", "last_year.postings")


def test_a_loaded_plan_says_who_is_eligible(tmp_path: Path) -> None:
    world(tmp_path, **plan(*({**each, "eligible": each["teacher"] == "t1"} for each in FOUR)))
    scenario = load(tmp_path / "2016.yaml")
    assert scenario.first.tables["teachers"]["eligible"].tolist() == [True, False, False, False]
