"""Sections that begin in a later year of a plan: what counts from then on, alike in one model and year by year."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import postings
import pytest
import test_demonstration
import test_purchase
import test_stars

import projects_worlds as projects
import test_pair_terms as pairs
from allocator.verbs.options import Mode
from allocator.words.errors import InputError
from circles import SITES, STATIONS, circle, ways
from worlds import TOTAL, attainment, effect, government, levels, of_year, solved, world

MODES = pytest.mark.parametrize("mode", ["horizon", "rolling"])
Plan = dict[str, Any]


def later(plan: Plan, *blocks: str, begin: int = 2017, last: int = 2018) -> Plan:
    """A plan from 2016 on in which blocks begin later."""
    years = {year: dict.fromkeys(blocks) if year < begin else {} for year in range(2016, last + 1)}
    return copy.deepcopy(plan) | {"years": years}


def codes(folder: Path, **plan: Any) -> dict[str, tuple[str, str]]:
    """Code of each finding to its path and file."""
    with pytest.raises(InputError) as wrong:
        world(folder, **plan)
    return {each.code: (each.path, Path(str(each.place and each.place.file)).name) for each in wrong.value.findings}


# -- which sections may begin and stop ---------------------------------------------------------------------------------


def test_what_others_build_on_stands_in_all_years_or_in_none(tmp_path: Path) -> None:
    paid = {"funding": {"sources": [government(1000)]}}
    assert codes(tmp_path / "later", **later(paid, "funding")) == {"E333": ("funding", "2016.yaml")}
    gone = later(paid) | {"years": {2016: {}, 2017: {}, 2018: {"funding": None}}}
    assert codes(tmp_path / "gone", **gone) == {"E333": ("funding", "2018.yaml")}
    begun = later({}) | {"years": {2016: {}, 2017: paid}}
    assert codes(tmp_path / "begun", **begun) == {"E333": ("funding", "2016.yaml")}
    world(tmp_path / "all", **later(paid))


def test_what_has_begun_does_not_stop(tmp_path: Path) -> None:
    given = pairs.plan(3)
    given["years"][2017] = {"mentoring": None}
    # 2018 begins anew, which is another matter.
    assert codes(tmp_path / "stops", **given) == {"E334": ("mentoring", "2017.yaml")}
    world(tmp_path / "begins", **later(pairs.plan(0), "mentoring"))


@pytest.mark.parametrize(("first", "then", "wrong"), [(None, 3, False), (None, 2, True), (2, None, True)])
def test_a_term_left_out_is_the_usual_one(tmp_path: Path, first: int | None, then: int | None, wrong: bool) -> None:
    given = pairs.plan(2)
    given["years"] = {
        2016 + at: {} if term is None else {"mentoring": {"term_years": term}} for at, term in enumerate((first, then))
    }
    if wrong:
        assert codes(tmp_path, **given) == {
            "E332": ("mentoring.term_years", "plan.yaml" if then is None else "2017.yaml")
        }
    else:
        world(tmp_path, **given)


def test_a_term_is_that_of_the_year_in_which_postings_begin(tmp_path: Path) -> None:
    scenario = world(tmp_path, **later(postings.plan(posting=postings.posting(term_years=3)), "posting"))
    terms = [getattr(plan.sections.get("posting"), "term_years", None) for plan in scenario.plan_years]
    assert terms == [None, 3, 3]


def test_a_table_may_grow_but_not_shrink(tmp_path: Path) -> None:
    given = projects.plan([projects.project("p"), projects.project("q")], years=2)
    given["tables"]["other"] = [projects.project("q"), projects.project("r")]
    given["years"][2017] = {"projects": {"table": "other"}}
    assert codes(tmp_path / "projects", **given) == {"E335": ("projects.table", "2017.yaml")}
    given["tables"]["other"].append(projects.project("p"))
    world(tmp_path / "grown", **given)
    around = growing([{"id": "total", "of": "coverage.covered"}])
    around["years"] = {2016: around["years"][2017], 2017: around["years"][2016]}
    assert codes(tmp_path / "stations", **around) == {"E335": ("coverage.stations", "2017.yaml")}
    fewer = growing([{"id": "total", "of": "coverage.covered"}])
    fewer["tables"] |= {"two_sites": SITES[:2], "two_ways": ways(STATIONS, SITES[:2])}
    fewer["years"][2017] = {"bases": {"sites": "two_sites", "exactly_open": 2}, "coverage": {"minutes": "two_ways"}}
    assert codes(tmp_path / "sites", **fewer) == {"E335": ("bases.sites", "2017.yaml")}


# -- what counts from then on ------------------------------------------------------------------------------------------


@MODES
def test_pairs_that_begin_later_start_with_the_last_year_of_their_first(tmp_path: Path, mode: Mode) -> None:
    fresh = solved(tmp_path / "fresh", mode, **later(pairs.plan(0), "mentoring"))
    assert pairs.of_n(fresh) == pytest.approx([10, 10, 6], abs=1e-3)
    # Since 2015: its third year is 2017, 3.6 points, then it is renewed. It ran in 2016: nothing has changed.
    given = later(pairs.plan(0, past=[("m", "n", 2015, 0)], mentoring=pairs.mentoring(max_changes=0)), "mentoring")
    given["years"][2017] = {"last_year": given.pop("last_year")}
    old = solved(tmp_path / "old", mode, **given)
    assert pairs.lives(old) == {2017: (2015, 2017, 0), 2018: (2015, 2020, 1)}
    assert pairs.of_n(old) == pytest.approx([10, 3.6, 2.16], abs=1e-3)
    assert [w.code for w in old.scenario.warnings] == []


@MODES
def test_a_first_pair_is_no_change_where_nothing_is_known_of_the_year_before(tmp_path: Path, mode: Mode) -> None:
    given = later(pairs.plan(0, mentoring=pairs.mentoring(max_changes=0), stages=[TOTAL, pairs.STABLE]), "mentoring")
    result = solved(tmp_path, mode, **given)
    assert sorted(pairs.lives(result)) == [2017, 2018]
    assert sorted(result.rows.loc[result.rows["rule"] == "pair_changes", "year"]) == [2018]
    assert result.stages.loc[result.stages["stage"] == "stability", "value"].sum() == pytest.approx(0, abs=1e-3)


@MODES
def test_postings_of_the_year_before_run_on_where_postings_begin_later(tmp_path: Path, mode: Mode) -> None:
    given = later(postings.plan(posting=postings.posting(term_years=3, most_changes=0)), "posting")
    given["tables"]["old"] = [{"teacher": "t1", "to_town": "a", "start_year": 2015}]
    given["years"][2017] = {"last_year": {"postings": "old"}}
    result = solved(tmp_path, mode, **given)
    assert postings.posted(result, 2017) == {"t1": "a"}
    assert result.postings["start_year"].tolist()[0] == 2015


@MODES
def test_hours_are_needed_from_the_year_on_in_which_somebody_gives_them(tmp_path: Path, mode: Mode) -> None:
    # No teachers, and 12 hours that can be bought from 2017 on; before, nobody asks for hours.
    plan = later(test_purchase.plan() | {"teaching": None, "attainment": attainment(effect(), retention=0)}, "purchase")
    result = solved(tmp_path, mode, **plan)
    assert [levels(result, year) for year in (2016, 2017)] == [{"a": 50, "b": 50}, {"a": 24, "b": 0}]
    assert set(result.accounts.loc[result.accounts["ledger"] == "teaching_time", "year"]) == {2017, 2018}


@MODES
def test_stars_that_begin_later_are_paid_once(tmp_path: Path, mode: Mode) -> None:
    result = solved(tmp_path, mode, **later(test_stars.plan(2000), "stars"))
    spent = result.funding.groupby("year")["amount_yuan"].sum()
    assert spent.to_dict() == {2017: sum(first for first, _ in test_stars.COSTS.values())}


# -- stages ------------------------------------------------------------------------------------------------------------


@MODES
def test_a_year_without_what_a_stage_looks_at_is_left_out(tmp_path: Path, mode: Mode) -> None:
    stages = [{"id": "balance", "of": "mentoring.benefit"}, {"id": "total", "of": "mentoring.benefit"}]
    result = solved(tmp_path, mode, **later(pairs.plan(0, stages=stages), "mentoring", last=2017))
    # In m nothing, in n 10 points in the only year that has pairs: no mean over years, no final one of its own.
    assert dict(zip(result.stages["step"], result.stages["value"], strict=True)) == pytest.approx(
        {"worst_1": 0, "worst_2": 10, "mean": 5}
    )
    assert set(result.stages["year"]) == {2017}


@MODES
def test_the_mean_is_taken_over_the_years_that_have_it(tmp_path: Path, mode: Mode) -> None:
    stages = [{"id": "total", "of": "mentoring.benefit"}]
    result = solved(tmp_path, mode, **later(pairs.plan(0, stages=stages), "mentoring"))
    found = dict(zip(result.stages["year"].astype(str) + result.stages["step"], result.stages["value"], strict=True))
    expected = {"2018mean": (5 + 3) / 2, "2018final_mean": 3} if mode == "horizon" else {"2017mean": 5, "2018mean": 3}
    assert found == pytest.approx(expected)


def growing(stages: list[dict[str, Any]]) -> Plan:
    """Stations 0, 1 and 2 in 2016 (100, 200 and 300 residents), 3 and 4 as well (400 and 50) from 2017 on; all three
    sites are open in the end, at places 0, 2 and 4."""
    few = STATIONS[:3]
    given = circle(stages, {"exactly_open": 3}, {"serve": "nearest", "within_minutes": 5})
    given["tables"] |= {"few": few, "few_ways": ways(few, SITES)}
    return given | {"years": {2016: {"coverage": {"stations": "few", "minutes": "few_ways"}}, 2017: {}}}


def test_stations_that_come_later_count_from_then_on(tmp_path: Path) -> None:
    # Six minutes a step: in the end stations 0, 2 and 4 are at a site, 450 of 1,050 residents; 1 and 3 are six away.
    covered = {"id": "total", "of": "coverage.covered"}
    table = solved(tmp_path / "covered", **growing([covered])).stages
    assert dict(zip(table["step"], table["value"], strict=True))["final_mean"] == pytest.approx(450 / 1050, abs=1e-4)
    # Over the years, weighed by residents: 400 of 600 are at a site in 2016 already.
    assert table["value"].iloc[0] == pytest.approx((400 + 450) / (600 + 1050), abs=1e-4)
    worst = solved(tmp_path / "worst", **growing([{"id": "balance", "of": "coverage.distance"}])).stages
    found = dict(zip(worst["step"], worst["value"], strict=True))
    assert [found[f"{of}worst_{k}"] for of in ("", "mean_") for k in (1, 3, 5)] == pytest.approx([6, 12, 12] * 2)


@MODES
@pytest.mark.parametrize("over", ["final_then_mean", "every"])
def test_projects_that_come_later_count_from_then_on(tmp_path: Path, mode: Mode, over: str) -> None:
    # p is worth 3 in both years, a 1 from 2017 on.
    of = {"of": "projects.benefit"}
    stages = [{"id": "balance", "over": over, **of}, {"id": "total", "aggregate": "sum", **of}]
    given = projects.plan([projects.project("p", benefit=3)], years=2, stages=stages)
    given["tables"]["more"] = [*given["tables"]["projects"], projects.project("a", benefit=1)]
    given["years"][2017] = {"projects": {"table": "more"}}
    found = solved(tmp_path, mode, **given).stages
    found = found[found["stage"] == "total"]
    expected = {"2017sum": 7, "2017final_sum": 4} if mode == "horizon" else {"2016sum": 3, "2017sum": 4}
    steps = found["year"].astype(str) + found["step"]
    assert dict(zip(steps, found["value"], strict=True)) == pytest.approx(expected)


@MODES
def test_a_stage_on_what_no_year_has_is_an_error(tmp_path: Path, mode: Mode) -> None:
    for of in ("mentoring.worth", "mentoring.nothing", "nothing"):
        with pytest.raises(InputError):
            solved(tmp_path / of, mode, **pairs.plan(2, stages=[{"id": "total", "of": of}]))


# -- all of them -------------------------------------------------------------------------------------------------------


def _library() -> Plan:
    rows = [projects.project("p", once=100, yearly=10), projects.project("q", once=10)]
    kinds = [{"id": "brand", "spending": "courses", "at_most": 2}]
    return projects.plan(rows, kinds=kinds, needs=[("p", "q")], effects=[projects.effect("p", 5.0)])


def _circle() -> Plan:
    stages = [{"id": "balance", "of": "coverage.distance"}, {"id": "total", "of": "coverage.covered"}]
    return circle(stages, {"most_new": 2}, {"serve": "nearest"})


BEGINNING: Mapping[str, tuple[Callable[[], Plan], tuple[str, ...]]] = {
    "stars": (lambda: test_stars.plan(500, most_a_year=2), ("stars",)),
    "chance": (lambda: test_stars.plan(500, equal_chance={"stations": 1.5}), ("stars",)),
    "bases": (_circle, ("bases", "coverage")),
    "coverage": (_circle, ("coverage",)),
    "projects": (_library, ("projects",)),
    "demonstration": (lambda: test_demonstration.plan(least_towns=1, most_a_year=1), ("demonstration",)),
    "posting": (lambda: postings.plan(posting=postings.posting(exchange_share=0.2, most_changes=2)), ("posting",)),
    "purchase": (lambda: test_purchase.plan({"least_hours": 2}), ("purchase",)),
    "mentoring": (lambda: pairs.plan(0, past=[("m", "n", 2014, 0)], stages=[TOTAL, pairs.STABLE]), ("mentoring",)),
}


@pytest.mark.parametrize(
    ("begin", "tie"),
    [
        pytest.param(2017, True),
        pytest.param(2018, False),
        pytest.param(2017, False, marks=pytest.mark.slow),
        pytest.param(2018, True, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("name", BEGINNING)
def test_whatever_begins_later_keeps_its_rules_in_both_modes(tmp_path: Path, name: str, begin: int, tie: bool) -> None:
    """Every solve is audited, and what the years one by one can do, all years together can."""
    made, blocks = BEGINNING[name]
    plan = made()
    if tie:
        plan["stages"] = [*plan.get("stages", [TOTAL]), {"id": "tie_break", "factors": {"resident_pop": 1}}]
    modes: tuple[Mode, ...] = ("horizon", "rolling")
    for mode in modes:
        result = solved(tmp_path / mode, mode, **later(plan, *blocks, begin=begin))
        table = {"mentoring": "mentees", "chance": "stars", "posting": "posting_towns", "purchase": "purchases"}
        own = result.tables[table.get(name, name)]
        assert len(of_year(own, begin)) > 0
        assert set(own["year"]) <= set(range(begin, 2019))
