"""Purchase of services: capacity, share, contracts, rooms, quality and cost. A class takes an hour of a teacher.

Towns a (500 residents, 2 level points a class, at most 25) and b (1,000 residents, 1 point, at most 50).
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
from allocator.words.errors import InputError
from worlds import CLASS, attainment, cells, effect, government, levels, slack, solved, world

TAUGHT = {"delivery": {"programmes": [{**CLASS, "teacher_hours": 1, "category": "health"}]}}
CLUB = {"provider": "club", "name_zh": "学社", "name_en": "Club", "grade": 2, "venue_included": False}
OFFER = {"provider": "club", "category": "health", "price_yuan": 10, "capacity_hours": 12, "quality": 1}


def tables(*offers: Mapping[str, Any], teacher: float = 0, **more: Any) -> dict[str, Any]:
    """A teacher of health at home in a; organisations and their offers."""
    return {
        "teachers": [{"teacher": "t", "home_town": "a", "hours": teacher, "backbone": False}],
        "skills": [{"teacher": "t", "category": "health", "proficiency": 1}],
        "providers": [CLUB],
        "offers": list(offers),
        **more,
    }


def plan(given: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A plan that buys, with teachers of its own unless said otherwise."""
    purchase = {"spending": "courses", **(given or {})}
    return {**TAUGHT, "teaching": {}, "tables": tables(OFFER), "purchase": purchase, **more}


def bought(result: Result) -> dict[Any, float]:
    return cells(result.tables["purchases"], "hours", "provider", "town", "category")


def test_capacity_binds_in_the_whole_district(tmp_path: Path) -> None:
    result = solved(tmp_path, **plan())
    assert bought(result) == {("club", "a", "health"): 12}
    assert levels(result) == {"a": 24, "b": 0}
    assert slack(result, "provider_capacity", "club/health") == 0


def test_capacity_does_not_bind(tmp_path: Path) -> None:
    # 25 classes in a and 50 in b are all that towns can run.
    result = solved(tmp_path, **plan(tables=tables({**OFFER, "capacity_hours": 80})))
    assert levels(result) == {"a": 50, "b": 50}
    assert slack(result, "provider_capacity", "club/health") == 5


def test_hours_count_by_quality_and_cost_their_price(tmp_path: Path) -> None:
    # A class costs 100 yuan and, at quality 0.5, two bought hours of 10 yuan: 600 / 120 = 5 classes.
    offer = {**OFFER, "quality": 0.5}
    result = solved(tmp_path, **plan(tables=tables(offer), funding={"sources": [government(600)]}))
    assert bought(result) == {("club", "a", "health"): 10}
    row = result.tables["purchases"].iloc[0]
    assert (row["amount_yuan"], row["grade"], row["quality"], row["price_yuan"]) == (100, 2, 0.5, 10)
    assert cells(result.funding, "amount_yuan", "town", "programme") == {("a", "class"): 500, ("a", "purchase"): 100}
    assert audit_tables(result.scenario, result.tables).passed


def test_own_teachers_come_first_where_buying_costs(tmp_path: Path) -> None:
    # 3 hours of the teacher are free; 340 yuan: 3 classes and nothing left but 40 yuan.
    funding = {"sources": [government(300)]}
    result = solved(tmp_path, **plan(tables=tables(OFFER, teacher=3), funding=funding))
    assert bought(result) == {}
    assert cells(result.teaching, "hours", "teacher") == {"t": 3}


@pytest.mark.parametrize(("share", "classes", "left"), [(0.6, 10, 0), (0.9, 16, 2.4)])
def test_share_of_a_town(tmp_path: Path, share: float, classes: float, left: float) -> None:
    # 4 own hours. With 0.6: bought <= 0.6 (4 + bought), 6 hours. With 0.9 the capacity of 12 binds first.
    result = solved(tmp_path, **plan({"most_share": share}, tables=tables(OFFER, teacher=4)))
    assert levels(result)["a"] == 2 * classes
    assert slack(result, "purchase_share", "a") == left


def contracts(least: float | None, money: float) -> dict[str, Any]:
    """Two organisations with 6 and 5 hours; classes are free and only hours cost: 10 and 30 yuan."""
    second = {**CLUB, "provider": "hall"}
    offers = [{**OFFER, "capacity_hours": 6}, {**OFFER, "provider": "hall", "capacity_hours": 5, "price_yuan": 30}]
    return plan(
        {"least_hours": least},
        delivery={"programmes": [{**TAUGHT["delivery"]["programmes"][0], "unit_cost": 0}]},
        tables=tables(*offers, providers=[CLUB, second]),
        funding={"sources": [government(money)]},
    )


def best_contracts(least: float, money: float) -> float:
    """Most points: every choice of contracts; hours in a are worth 2, in b 1; a takes at most 25 hours."""
    options = [("club", town, 6.0, 10.0, worth) for town, worth in (("a", 2.0), ("b", 1.0))]
    options += [("hall", town, 5.0, 30.0, worth) for town, worth in (("a", 2.0), ("b", 1.0))]
    best = 0.0
    for chosen in itertools.product((0, 1), repeat=4):
        signed = [option for option, on in zip(options, chosen, strict=True) if on]
        most = {"club": 6.0, "hall": 5.0}
        left, points, fits = money, 0.0, True
        for name, _, _, price, worth in signed:  # every contract first gets its least
            most[name] -= least
            left -= least * price
            points += least * worth
            fits = fits and most[name] >= 0 and left >= 0
        if not fits:
            continue
        for name, _, _, price, worth in sorted(signed, key=lambda each: -each[4] / each[3]):
            more = min(most[name], left / price)
            most[name], left, points = most[name] - more, left - more * price, points + more * worth
        best = max(best, points)
    return best


@pytest.mark.parametrize(("least", "money"), [(3, 200), (4, 170), (5, 100), (5, 199), (5, 205)])
def test_contracts_against_every_choice(tmp_path: Path, least: float, money: float) -> None:
    result = solved(tmp_path, **contracts(least, money))
    reached = levels(result)
    assert reached["a"] + reached["b"] == pytest.approx(best_contracts(least, money), abs=1e-2)
    hours = bought(result)
    assert all(each >= least - 1e-6 for each in hours.values())
    assert audit_tables(result.scenario, result.tables).passed


def test_a_contract_too_short_is_not_made(tmp_path: Path) -> None:
    # Two contracts cost 5 * 10 + 5 * 30 = 200 yuan at least; with one yuan less only the club's 6 hours are bought.
    assert bought(solved(tmp_path / "short", **contracts(5, 199))) == {("club", "a", "health"): 6}
    both = solved(tmp_path / "both", **contracts(5, 205))
    assert bought(both) == {("club", "a", "health"): 5.5, ("hall", "a", "health"): 5}
    assert slack(both, "contract_least", "hall/a/health") == 0
    assert slack(both, "contract_most", "hall/a/health") == 0
    assert slack(both, "contract_least", "club/a/health") == 0.5
    assert slack(both, "contract_most", "club/a/health") == 0.5


def test_two_solvers_agree(tmp_path: Path) -> None:
    scenario = world(tmp_path, **contracts(4, 170))
    found = []
    for kind in (HighsSession, CbcSession):
        model = build(scenario)
        found.append(run_stages(model, scenario, kind(model)).records[-1].value)
    assert found[0] == pytest.approx(found[1], abs=1e-6)


def test_unqualified_and_out_of_place_organisations_are_not_bought_from(tmp_path: Path) -> None:
    nobody = solved(tmp_path / "grade", **plan({"min_grade": 3}))
    assert (levels(nobody), bought(nobody)) == ({"a": 0, "b": 0}, {})
    assert [each.code for each in check(nobody.scenario)] == ["W831"]
    given = tables(OFFER, provider_towns=[{"provider": "club", "town": "b"}])
    in_b = solved(tmp_path / "towns", **plan({"towns": "provider_towns"}, tables=given))
    assert bought(in_b) == {("club", "b", "health"): 12}


def test_without_teachers_of_its_own_a_plan_buys_all_hours(tmp_path: Path) -> None:
    free = solved(tmp_path / "free", **{**plan(), "teaching": None, "purchase": None})
    assert levels(free) == {"a": 50, "b": 50}  # nobody counts hours
    result = solved(tmp_path / "buys", **{**plan(), "teaching": None})
    assert levels(result) == {"a": 24, "b": 0}
    assert slack(result, "teaching_need", "a/health") == 0
    assert audit_tables(result.scenario, result.tables).passed


@pytest.mark.parametrize(("brings", "classes"), [(False, 5), (True, 10)])
def test_rooms_of_an_organisation(tmp_path: Path, brings: bool, classes: float) -> None:
    # A class needs 2 venue hours and one bought hour; a has 10, b none. Its own rooms leave one venue hour a class.
    programme = {**TAUGHT["delivery"]["programmes"][0], "venue_hours": 2}
    towns = {"a": {"resident_pop": 500, "venue_hours": 10}, "b": {"resident_pop": 1000, "venue_hours": 0}}
    given = tables(OFFER, providers=[{**CLUB, "venue_included": brings}])
    result = solved(tmp_path, **plan(towns=towns, delivery={"programmes": [programme]}, tables=given))
    assert levels(result)["a"] == 2 * classes
    assert slack(result, "venue", "a") == 0
    assert audit_tables(result.scenario, result.tables).passed


ROOMED = {**TAUGHT["delivery"]["programmes"][0], "venue_hours": 1}
SEMINAR = {**ROOMED, "id": "seminar", "teacher_hours": 2}
ONLINE = {**ROOMED, "id": "online", "category": "skills", "venue_hours": 0, "teacher_hours": 10}


def roomed(folder: Path, offer: Mapping[str, Any], *programmes: Mapping[str, Any]) -> Result:
    """Town a with 2 venue hours and a teacher with 100 hours; an organisation with rooms offers 12 hours at most.

    Every unit brings the same, so that as many units run as there are venue hours for.
    """
    given = tables({**OFFER, **offer}, teacher=100, providers=[{**CLUB, "venue_included": True}])
    return solved(
        folder,
        **plan(
            towns={"a": {"resident_pop": 500, "venue_hours": 2}},
            delivery={"programmes": list(programmes)},
            tables=given,
            attainment=attainment(*(effect(each["id"]) for each in programmes if each["id"] != "online")),
        ),
    )


@pytest.mark.parametrize(
    ("offer", "programmes", "units", "spared"),
    [
        # Programmes without rooms take what is bought, but spare no room of the classes.
        ({"category": "skills"}, [ROOMED, ONLINE], 2, 0),
        # 15 of the 10 hours of a class are taught elsewhere: 1.5 classes, of one venue hour each.
        ({"capacity_hours": 15}, [{**ROOMED, "teacher_hours": 10}], 3.5, 1.5),
        # 12 hours bought count as 6 of those that classes need.
        ({"quality": 0.5}, [ROOMED], 8, 6),
        # An hour taught elsewhere spares one of the two venue hours of a class.
        ({}, [{**ROOMED, "venue_hours": 2}], 2, 2),
        ({"category": "any"}, [{key: value for key, value in ROOMED.items() if key != "category"}], 14, 12),
        # 3 hours are taught to 3 classes and spare 3; in seminars, of two hours each, they would spare 1.5.
        (
            {"capacity_hours": 3},
            [{**ROOMED, "max_units": {"per": 500, "of": "resident_pop", "units": 3}}, SEMINAR],
            5,
            3,
        ),
    ],
)
def test_rooms_spare_only_what_is_taught_in_them(
    tmp_path: Path, offer: dict[str, Any], programmes: list[dict[str, Any]], units: float, spared: float
) -> None:
    result = roomed(tmp_path, offer, *programmes)
    delivery = cells(result.tables["delivery"], "units", "programme")
    assert sum(amount for name, amount in delivery.items() if name != "online") == pytest.approx(units, abs=1e-3)
    accounts = result.tables["accounts"]
    venues = cells(accounts[accounts["ledger"] == "venue_time"], "supplied", "block")
    assert venues == {"delivery": 0, "towns": 2} | ({"purchase": spared} if spared else {})


def test_a_floor_beyond_venues_and_rooms_brought_is_proven(tmp_path: Path) -> None:
    # 7 classes must run; 2 venue hours, and 8 bought hours that count as 4, carry 6.
    towns = {"a": {"resident_pop": 500, "venue_hours": 2, "class_yuan": 700}}
    given = tables(
        {**OFFER, "quality": 0.5, "capacity_hours": 8}, teacher=9, providers=[{**CLUB, "venue_included": True}]
    )
    made = plan(towns=towns, delivery={"programmes": [{**ROOMED, "floor": "class"}]}, tables=given)
    scenario = world(tmp_path, **made)
    assert [each.code for each in check(scenario)] == ["F205"]
    model = build(scenario)
    assert HighsSession(model).solve(model.family("units"), 0.0, True, 1e-6).status == "infeasible"


def test_hours_bought_can_be_locked(tmp_path: Path) -> None:
    lock = {"id": "signed", "decision": "purchased", "where": {"town": "b"}, "at_least": 5, "reason": "已签"}
    result = solved(tmp_path, **plan(locks=[lock]))
    assert bought(result) == {("club", "a", "health"): 7, ("club", "b", "health"): 5}
    more = world(tmp_path / "more", **plan(locks=[{**lock, "at_least": 13}]))
    assert [each.code for each in check(more)] == ["F501"]


def wrong(tmp_path: Path, **more: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(InputError) as raised:
        world(tmp_path, **plan(**more))
    return [(each.code, None if each.hint is None else each.hint.in_language("en")) for each in raised.value.findings]


def test_wrong_names_are_found_with_the_word_that_was_meant(tmp_path: Path) -> None:
    offers = tables({**OFFER, "provider": "clab"}, {**OFFER, "category": "heelth"})
    found = wrong(tmp_path / "ids", tables=offers)
    assert [code for code, _ in found] == ["E213", "E213"]
    assert ["club" in str(found[0][1]), "health" in str(found[1][1])] == [True, True]
    found = wrong(tmp_path / "table", tables={k: v for k, v in tables(OFFER).items() if k != "offers"})
    assert ("E201" in {code for code, _ in found}) is True
    found = wrong(tmp_path / "share", given={"most_share": 0.5}, teaching=None)
    assert [code for code, _ in found] == ["E313"]


FLOOR = {**TAUGHT["delivery"]["programmes"][0], "floor": "class"}


def floors(a: float, b: float, **more: Any) -> dict[str, Any]:
    """Money for classes that towns must spend [yuan; 100 a class]."""
    towns = {
        "a": {"resident_pop": 500, "class_yuan": a},
        "b": {"resident_pop": 1000, "class_yuan": b},
    }
    return plan(**{"towns": towns, "delivery": {"programmes": [FLOOR]}, **more})


def test_no_false_alarm_where_hours_can_be_bought(tmp_path: Path) -> None:
    # 12 classes must run in a and no teacher has an hour: all are bought.
    scenario = world(tmp_path, **floors(1200, 0))
    assert [each for each in check(scenario) if each.severity == "infeasible"] == []
    model = build(scenario)
    assert run_stages(model, scenario, HighsSession(model)).x is not None


@pytest.mark.parametrize(
    ("a", "b", "more", "code"),
    [
        (1300, 0, {}, "F831"),
        (700, 700, {}, "F832"),
        (1000, 0, {"given": {"most_share": 0.5}, "tables": tables(OFFER, teacher=4)}, "F833"),
    ],
)
def test_floors_beyond_what_can_be_bought_have_no_plan(
    tmp_path: Path, a: float, b: float, more: dict[str, Any], code: str
) -> None:
    scenario = world(tmp_path / "no", **floors(a, b, **more))
    assert code in {each.code for each in check(scenario) if each.severity == "infeasible"}
    model = build(scenario)
    assert HighsSession(model).solve(model.family("units"), 0.0, True, 1e-6).status == "infeasible"
    fine = world(tmp_path / "yes", **floors(a * 0.8, b * 0.8, **more))
    assert [each for each in check(fine) if each.severity == "infeasible"] == []
