"""The project library as it is read and checked: what is wrong in its tables, and what cannot be by arithmetic."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from allocator.plan.check import check
from allocator.verbs.solving import solve
from allocator.words.errors import InputError, NoPlanError
from allocator.words.texts import LANGUAGES
from projects_worlds import drawn, effect, library_world, plan, planned, project
from worlds import government, world


def problems(folder: Path, *args: Any, **more: Any) -> list[tuple[str, str | None, str]]:
    """Code, what was found and the hint of every problem of a plan that cannot be loaded."""
    with pytest.raises(InputError) as caught:
        library_world(folder, *args, **more)
    found = caught.value.findings
    return [(each.code, each.found, each.hint.in_language("en") if each.hint else "") for each in found]


def test_unknown_ids_come_with_the_likely_one(tmp_path: Path) -> None:
    rows = [project("fair", kind="brnd"), project("opera", town="c")]
    found = problems(tmp_path / "rows", rows)
    assert [(code, word) for code, word, _ in found] == [("E213", "brnd"), ("E213", "c")]
    assert "brand" in found[0][2]
    found = problems(tmp_path / "needs", [project("fair"), project("opera")], needs=[("opera", "fare")])
    assert found[0][:2] == ("E213", "fare")
    assert "fair" in found[0][2]
    found = problems(tmp_path / "effect", [project("fair")], effects=[effect("fair", 1, indicator="partition")])
    assert found[0][:2] == ("E213", "partition")


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    section = {"kinds": [{"id": "brand", "spending": "courses"}], "needs": "prerequisites"}
    found = problems(tmp_path, [project("fair")], projects=section)
    assert [(code, word) for code, word, _ in found] == [("E201", "prerequisites")]


def test_an_unknown_spending_category_and_measure(tmp_path: Path) -> None:
    kinds = [{"id": "brand", "spending": "course"}]
    assert problems(tmp_path / "spending", [project("fair")], kinds=kinds)[0][:2] == ("E301", "course")
    goals = [{"id": "g", "measure": "brands", "strength": "hard", "at_least": {"2016": 1}}]
    code, word, hint = problems(tmp_path / "measure", [project("fair")], goals=goals)[0]
    assert (code, word) == ("E301", "brands")
    assert "brand" in hint


@pytest.mark.parametrize("taken", ["class", "travel", "money", "new_brand"])
def test_a_kind_takes_no_other_name(taken: str, tmp_path: Path) -> None:
    more = (
        {"delivery": {"programmes": [{"id": "class", "spending": "courses", "unit_cost": 1}]}}
        if taken == "class"
        else {}
    )
    kinds = [{"id": taken, "spending": "courses"}, {"id": "brand", "spending": "courses"}]
    found = problems(tmp_path, [project("fair")], kinds=kinds, **more)
    assert "E351" in [code for code, _, _ in found]


def test_windows_and_beginnings(tmp_path: Path) -> None:
    rows = [project("fair", first_year=2017, last_year=2016), project("opera", started=2016)]
    assert [each[:2] for each in problems(tmp_path, rows)] == [("E352", "2017"), ("E352", "2016")]


def test_a_project_of_the_centre_has_no_town_of_its_own(tmp_path: Path) -> None:
    rows = [project("web", town="district")]
    assert problems(tmp_path, rows, effects=[effect("web", 1)])[0][:2] == ("E353", "own_town")


def test_links_to_itself_and_circles(tmp_path: Path) -> None:
    rows = [project(name) for name in ("x", "y", "z", "w")]
    needs = [("x", "y"), ("y", "z"), ("z", "x"), ("w", "x"), ("w", "w")]
    found = problems(tmp_path, rows, needs=needs, excludes=[("y", "y")])
    assert sorted(each[:2] for each in found) == [("E354", "w"), ("E354", "y"), ("E355", "x")]


# -- before solving ----------------------------------------------------------------------------------------------


def goal(measure: str, target: float, strength: str = "rule", **more: Any) -> dict[str, Any]:
    return {"id": "g", "measure": measure, "strength": strength, "at_least": {"2016": target}, **more}


FIVE = [project(f"p{n}", once=10 * n, yearly=1, town="ab"[n % 2]) for n in range(1, 6)]
LIMITED = [{"id": "brand", "spending": "courses", "most_in_town": 2}]
FEW = [{"id": "brand", "spending": "courses", "at_most": 3}]

CASES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    # a has p2, p4; b has p1, p3, p5, of which two exclude each other
    ("F821", "6", {"goals": [goal("brand", 6)]}, {"goals": [goal("brand", 5)]}),
    ("F821", "5", {"goals": [goal("brand", 5)], "kinds": LIMITED}, {"goals": [goal("brand", 4)], "kinds": LIMITED}),
    ("F821", "4", {"goals": [goal("brand", 4)], "kinds": FEW}, {"goals": [goal("brand", 3)], "kinds": FEW}),
    (
        "F821",
        "5",
        {"goals": [goal("brand", 5)], "excludes": [("p1", "p3")]},
        {"goals": [goal("brand", 4)], "excludes": [("p1", "p3")]},
    ),
    (
        "F821",
        "3",
        {"goals": [goal("brand", 3, scope="every_town")]},
        {"goals": [goal("brand", 2, scope="every_town")]},
    ),
    ("F821", "6", {"goals": [goal("new_brand", 6)]}, {"goals": [goal("new_brand", 5)]}),
    # the three cheapest cost 10 + 20 + 30 once and 3 in the year
    ("F823", "63", {"goals": [goal("brand", 3)], "money": 62}, {"goals": [goal("brand", 3)], "money": 63}),
    ("F823", "63", {"goals": [goal("new_brand", 3)], "money": 62}, {"goals": [goal("new_brand", 3)], "money": 63}),
]


@pytest.mark.parametrize(("code", "number", "broken", "fine"), CASES, ids=[f"{n}-{c[0]}" for n, c in enumerate(CASES)])
def test_a_proof_is_one_and_the_edge_is_none(
    code: str, number: str, broken: dict[str, Any], fine: dict[str, Any], tmp_path: Path
) -> None:
    scenario = library_world(tmp_path / "broken", FIVE, **broken)
    found = {each.code: each for each in check(scenario)}
    assert code in found
    for language in LANGUAGES:
        assert number in found[code].message.in_language(language)
        assert found[code].hint is not None
    with pytest.raises(NoPlanError):
        solve(scenario)
    other = library_world(tmp_path / "fine", FIVE, **fine)
    assert not {each.code for each in check(other)} & {"F821", "F823", "F824"}


def test_proofs_are_proofs(tmp_path: Path) -> None:
    """Plans that break a proof have no plan among all that there are; and proofs are found for half of those."""
    proved = impossible = 0
    for seed in range(24):
        library, kinds = drawn(seed, years=(2016,))
        rng = random.Random(seed)
        kind, target = rng.choice(["brand", "study"]), rng.randint(1, 4)
        given = plan(library.rows, library.money, kinds, needs=library.needs, excludes=library.excludes)
        given["goals"] = [goal(kind, target)]
        found = {each.code for each in check(world(tmp_path / str(seed), **given))} & {"F821", "F823", "F824"}
        counts = [sum(row["kind"] == kind for row in library.running(p, 2016)) for p in library.plans()]
        has_plan = max(counts, default=-1) >= target
        assert not (found and has_plan), seed
        proved, impossible = proved + bool(found), impossible + (not has_plan)
    assert 0 < impossible < 24
    assert proved >= impossible / 2


def test_the_edges_have_plans(tmp_path: Path) -> None:
    for n, (_, _, _, fine) in enumerate(CASES[::3]):
        assert planned(tmp_path / str(n), **plan(FIVE, **fine)).goals["shortfall"].max() == 0


def test_a_soft_goal_out_of_reach_is_a_warning(tmp_path: Path) -> None:
    goals = [goal("brand", 6, "soft"), {**goal("brand", 6, "measured"), "id": "h"}]
    found = [each.code for each in check(library_world(tmp_path, FIVE, goals=goals))]
    assert found.count("W821") == 1
    assert "F821" not in found


def test_what_may_have_started_in_earlier_years_counts(tmp_path: Path) -> None:
    rows = [project("x", last_year=2016), project("y", first_year=2017)]
    goals = [{"id": "g", "measure": "brand", "strength": "rule", "at_least": {"2017": 2}}]
    made = planned(tmp_path, **plan(rows, years=2, goals=goals))
    assert [each.code for each in check(made.scenario) if each.code[1] == "8"] == []
    assert made.goals.query("year == 2017")["reached"].tolist() == [2]


def test_more_began_before_than_may_run(tmp_path: Path) -> None:
    rows = [project(f"p{n}", started=2014) for n in range(3)]
    scenario = library_world(tmp_path, rows, kinds=[{**LIMITED[0], "at_most": 2}])
    found = [each for each in check(scenario) if each.code == "F824"]
    assert sorted(each.path for each in found) == ["projects.kinds.brand.at_most", "projects.kinds.brand.most_in_town"]
    with pytest.raises(NoPlanError):
        solve(scenario)


def test_what_goes_on_must_be_paid(tmp_path: Path) -> None:
    rows = [project("x", yearly=70, started=2014), project("y", yearly=40, started=2014, kind="study")]
    kinds = [{"id": "brand", "spending": "courses"}, {"id": "study", "spending": "activities"}]
    assert "F823" in [each.code for each in check(library_world(tmp_path / "109", rows, 109, kinds))]
    assert "F823" not in [each.code for each in check(library_world(tmp_path / "110", rows, 110, kinds))]
    sources = {"sources": [government(100, pays=["courses"]), {**government(39, pays=["activities"]), "id": "own"}]}
    alone = list(check(library_world(tmp_path / "39", rows, 0, kinds, funding=sources)))
    assert [each.code for each in alone if each.code == "F823"] == ["F823"]


def test_a_goal_on_an_indicator_that_projects_raise_is_not_called_out_of_reach(tmp_path: Path) -> None:
    rows = [project("x"), project("y")]
    goals = [{"id": "g", "measure": "participation", "strength": "rule", "at_least": {"2016": 0.06}}]
    made = planned(tmp_path, **plan(rows, goals=goals, effects=[effect("x", 50), effect("y", 50)]))
    assert [each.code for each in check(made.scenario) if each.code.startswith("F")] == []
    assert made.goals["reached"].tolist() == [pytest.approx(100 / 1500, abs=1e-6)]


def test_locks_out_of_reach(tmp_path: Path) -> None:
    rows = [project("x", first_year=2017), project("old", started=2014)]

    def lock(decision: str, name: str, **bound: float) -> dict[str, Any]:
        return {"id": "k", "decision": decision, "where": {"project": name}, "reason": "已签", **bound}

    def codes(folder: str, given: dict[str, Any]) -> list[str]:
        found = check(library_world(tmp_path / folder, rows, locks=[given]))
        return [each.code for each in found if each.code.startswith("F")]

    assert codes("early", lock("project_start", "x", at_least=1)) == ["F501"]
    assert codes("begun", lock("project_start", "old", at_least=1)) == ["F501"]
    assert codes("stop", lock("project_running", "old", equals=0)) == ["F502"]
    assert codes("runs", lock("project_running", "old", equals=1)) == []


def test_titles_and_names_of_the_sheet(tmp_path: Path) -> None:
    from allocator.report.words.labels import names_of, speaking

    kinds = [{"id": "brand", "spending": "courses", "name": {"zh": "活动品牌", "en": "Activity brands"}}]
    scenario = world(tmp_path, **plan([project("fair")], kinds=kinds))
    names = speaking("zh", lambda: names_of(scenario.first))
    assert names.of("project", "fair") == "项目fair"
    assert speaking("zh", lambda: names.key("town/project_kind", "a/brand")) == "a · 活动品牌"
    assert names.of("programme", "brand") == "活动品牌"
    assert speaking("zh", lambda: names.text("counted", "new_brand")) == "新启动活动品牌"
    assert speaking("zh", lambda: names.text("state", "waiting")) == "未到启动年份"


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({"stages": [{"id": "total", "of": "projects.benefit", "aggregate": "sum"}]}, []),
        ({"stages": [{"id": "balance", "of": "projects.benefit_by_town"}]}, []),
        ({"stages": [{"id": "basics"}]}, ["W825"]),
        ({"stages": [{"id": "balance", "criterion": "none", "of": "projects.benefit_by_town"}]}, ["W825"]),
        (
            {
                "stages": [{"id": "basics"}],
                "limits": [{"id": "even", "of": "projects.benefit_by_town", "measure": "gini", "at_most": 0.5}],
            },
            [],
        ),
        ({"stages": [{"id": "basics"}], "years": 2}, ["W825"]),
    ],
)
def test_a_benefit_that_nothing_looks_at_is_said_once(tmp_path: Path, given: dict[str, Any], codes: list[str]) -> None:
    rows = [project("x"), project("y", benefit=0), project("z", benefit=2)]
    found = check(library_world(tmp_path / "some", rows, **given))
    assert [each.code for each in found] == codes
    assert all("2 " in each.message.in_language(language) for each in found for language in LANGUAGES)
    assert check(library_world(tmp_path / "none", [project("x", benefit=0)], **given)) == []
