"""Postings over years: terms, postings from before, changes; altered tables and the audit; what `check` says."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from postings import FEWEST, FOUR, LEXIMIN, TOWNS, past, plan, posted, posting, stages_only, teacher

from allocator.auditing.whole import audit_tables
from allocator.engine.build import build
from allocator.engine.highs import HighsSession
from allocator.plan.check import check
from allocator.plan.reading import load
from allocator.scenario.plan_year import Scenario
from allocator.tables.result import Result
from allocator.verbs.options import Options
from allocator.verbs.solving import solve
from allocator.words.errors import InfeasibleError, InputError
from worlds import attainment, effect, rule, slack, solved, world

FLOOR = {"id": "up", "measure": "level", "scope": "every_town", "strength": "rule"}
FORGOTTEN = attainment(effect(), retention=0)
"""Nothing of a level is left the year after, so that every year needs its teachers."""
KEEP = {"id": "stability", "unit_change": {"money": 1e9, "posting": 2}}


def stays(result: Result) -> dict[int, list[tuple[str, str, int, int]]]:
    """Year to its postings: teacher, host, first and last year."""
    columns = ("teacher", "to_town", "start_year", "end_year")
    return {
        year: list(
            result.postings.loc[result.postings["year"] == year, list(columns)].itertuples(index=False, name=None)
        )
        for year in result.scenario.years
    }


# -- terms ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["horizon", "rolling"])
def test_a_posting_runs_for_its_term_whatever_the_second_year_needs(mode: Any, tmp_path: Path) -> None:
    # Only the first year asks for a level in a; the teacher stays there for the second.
    years = {2016: {"goals": [{**FLOOR, "at_least": {"2016": 1}}]}, 2017: {"goals": None}, 2018: {"goals": None}}
    result = solved(tmp_path, mode, **plan(years=years, attainment=FORGOTTEN, stages=[FEWEST]))
    (first,) = stays(result)[2016]
    assert first[2:] == (2016, 2017)
    assert stays(result) == {2016: [first], 2017: [first], 2018: []}
    assert result.postings["new"].tolist() == [1, 0]


def test_terms_of_one_year_begin_anew_every_year(tmp_path: Path) -> None:
    # t1 or t4 goes to a in either year; a term ends with its year.
    staff = [{**each, "eligible": each["teacher"] in ("t1", "t4")} for each in FOUR]
    roads = {("a", "b"): 30, ("b", "c"): 20, ("a", "c"): 20}
    made = plan(*staff, roads=roads, posting=posting(bands=[{"up_to_minutes": 60, "allowance": 0}], term_years=1))
    result = solved(tmp_path, **made | {"years": {2016: {}, 2017: {}}, "attainment": FORGOTTEN})
    assert [len(posted(result, year)) for year in (2016, 2017)] == [1, 1]
    assert {start for _, _, start, _ in stays(result)[2017]} == {2017}


def test_who_is_no_longer_eligible_stays_to_the_end_and_who_leaves_is_gone(tmp_path: Path) -> None:
    sent = [
        {"id": n, "decision": "posted", "where": {"teacher": n, "town": to}, "equals": 1, "reason": "-"}
        for n, to in (("t1", "c"), ("t2", "a"))
    ]
    later = [{**each, "eligible": each["teacher"] != "t1"} for each in FOUR if each["teacher"] != "t2"]
    able = [{"teacher": each["teacher"], "category": "health", "proficiency": 1} for each in later]
    years = {2016: {"locks": sent}, 2017: {"teaching": {"teachers": "fewer", "skills": "fewer_skills"}}}
    made = plan(years=years, tables={"fewer": later, "fewer_skills": able}, stages=[FEWEST])
    for mode in ("horizon", "rolling"):
        result = solved(tmp_path / mode, mode, **made)
        assert stays(result)[2016] == [("t1", "c", 2016, 2017), ("t2", "a", 2016, 2017)]
        assert stays(result)[2017] == [("t1", "c", 2016, 2017)]


def test_postings_from_before_run_to_the_end_of_their_term(tmp_path: Path) -> None:
    made = plan(**past(("t1", "c", 2015), ("t2", "a", 2014)), stages=[FEWEST])
    result = solved(tmp_path, **made)
    assert stays(result)[2016] == [("t1", "c", 2015, 2016)]
    assert result.postings["new"].tolist() == [0]


def test_what_runs_on_may_be_more_than_the_rules_let_begin(tmp_path: Path) -> None:
    more = posting(out_share=0.5, most_hosted=1, bands=[{"up_to_minutes": 10, "allowance": 5}])
    old = past(("t1", "c", 2015), ("t2", "c", 2015))
    result = solved(tmp_path, **plan(**old, posting=more))
    assert posted(result) == {"t1": "c", "t2": "c"}
    assert rule(result, "away_share", "b")["bound"] == 2
    assert rule(result, "hosted", "c")["bound"] == 2
    assert result.postings["allowance_yuan"].tolist() == [5, 5]


def test_swaps_from_before_run_on_and_none_is_added(tmp_path: Path) -> None:
    staff = (*FOUR, teacher("t5", "c"))
    old = past(("t1", "c", 2015), ("t4", "b", 2015))
    one = [{"id": "l", "decision": "posted", "where": {"town": "b"}, "at_least": 2, "reason": "-"}]
    result = solved(tmp_path / "on", **plan(*staff, **old, stages=[FEWEST]))
    assert posted(result) == {"t1": "c", "t4": "b"}
    with pytest.raises(InfeasibleError):
        stages_only(tmp_path / "more", **plan(*staff, **old, stages=[FEWEST], locks=one))


def test_a_running_posting_bars_the_other_way(tmp_path: Path) -> None:
    lock = [{"id": "l", "decision": "posted", "where": {"teacher": "t4", "town": "b"}, "equals": 1, "reason": "-"}]
    with pytest.raises(InfeasibleError):
        stages_only(tmp_path / "bars", **plan(**past(("t1", "c", 2015)), stages=[FEWEST], locks=lock))
    ended = solved(tmp_path / "ended", **plan(**past(("t1", "c", 2014)), stages=[FEWEST], locks=lock))
    assert posted(ended) == {"t4": "b"}


# -- changes -------------------------------------------------------------------------------------------------------


def test_most_changes_count_those_who_come_and_those_who_leave(tmp_path: Path) -> None:
    # t1 may stay in c for a further term, which is no change; sending another to a is one.
    old = past(("t1", "c", 2014))
    tight = solved(tmp_path / "tight", **plan(**old, posting=posting(most_changes=0)))
    assert set(posted(tight).items()) <= {("t1", "c")}
    assert slack(tight, "posting_changes") >= 0
    loose = solved(tmp_path / "loose", **plan(**old, posting=posting(most_changes=1)))
    assert "a" in posted(loose).values()
    assert slack(loose, "posting_changes") == 0


def test_stability_keeps_who_is_there_by_a_further_term(tmp_path: Path) -> None:
    result = solved(tmp_path, **plan(**past(("t1", "c", 2014)), stages=[KEEP]))
    assert stays(result)[2016] == [("t1", "c", 2016, 2017)]
    assert result.stages["value"].tolist() == [0]
    moved = solved(tmp_path / "moved", **plan(**past(("t1", "c", 2014)), stages=[KEEP], posting=posting(out_share=0)))
    assert moved.stages["value"].tolist() == [0.5]  # one posting ends; two are one unit


def test_changes_between_years_that_are_decided_together(tmp_path: Path) -> None:
    years = {2016: {"goals": [{**FLOOR, "at_least": {"2016": 1}}]}, 2017: {}, 2018: {}}
    made = plan(years=years, attainment=FORGOTTEN, stages=[FEWEST, KEEP], posting=posting(term_years=1, most_changes=1))
    result = solved(tmp_path, **made)
    assert [len(posted(result, year)) for year in (2016, 2017, 2018)] == [1, 0, 0]
    assert rule(result, "posting_changes", year=2017)["bound"] == 0  # 1 - 1 of the year before
    change = result.stages.set_index("step")["value"]["change"]
    assert change == pytest.approx(0.5, abs=1e-4)  # half a unit for the posting that ends


def test_last_years_result_gives_its_postings(tmp_path: Path) -> None:
    first = solved(tmp_path / "one", **plan(stages=[LEXIMIN, FEWEST]))
    folder = tmp_path / "two"
    world(folder, **plan(years={2017: {}}, stages=[FEWEST]))
    first.save(folder / "results")
    year = (folder / "2017.yaml").read_text(encoding="utf-8")
    (folder / "2017.yaml").write_text(year.replace("{", '{"last_year": {"results": "results"}, ', 1), encoding="utf-8")
    second = solve(load(folder / "2017.yaml"))
    assert posted(second) == posted(first)
    assert set(second.postings["start_year"]) == {2016}


def test_terms_must_agree_between_years(tmp_path: Path) -> None:
    years = {2016: {}, 2017: {"posting": {**posting(), "term_years": 3}}}
    with pytest.raises(InputError) as wrong:
        world(tmp_path, **plan(years=years))
    assert [each.code for each in wrong.value.findings] == ["E332"]


# -- sweeps --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [("posting.host_floor", 1, 2), ("posting.most_hosted", 1, 2), ("posting.most_changes", 1, 3)],
)
def test_numbers_set_on_the_built_model_are_those_of_a_new_one(path: str, old: int, new: int, tmp_path: Path) -> None:
    name = path.partition(".")[2]
    folder = tmp_path / "plan"
    given = past(("t1", "c", 2014)) if name == "most_changes" else {}
    scenario = world(folder, **plan(**given, posting=posting(**{name: old})))
    model, fresh = build(scenario), build(scenario.with_({path: new}))
    session = HighsSession(model)
    for use in model.parameters[path]:
        family = next(
            rows
            for parts in model.rows.values()
            for rows in parts
            if rows.first <= use.positions[0] < rows.first + len(rows)
        )
        bound = family.bound + use.per_unit * (new - old)
        session.set_row_bounds(use.positions, bound)
        assert bound.tolist() == fresh.rows[family.name][0].bound.tolist()


# -- the audit -----------------------------------------------------------------------------------------------------


@cache
def full() -> Result:
    """Two years together with every rule, postings from before and some that begin in either year."""
    with TemporaryDirectory() as folder:
        staff = (*FOUR, teacher("t5", "b", hours=20), teacher("t6", "c", backbone=True))
        rules = posting(
            exchange_share=0.3,
            backbone_share=0.2,
            host_floor=1,
            most_hosted=2,
            most_changes=3,
            hours_share=0.8,
            out_share=0.6,
        )
        two = {**plan()["delivery"]["programmes"][0], "id": "open", "category": None}
        two = {key: value for key, value in two.items() if value is not None}
        old = past(("t3", "c", 2015))
        made = plan(
            *staff,
            own={"t2": ("health", "skills")},
            **old,
            delivery={"programmes": [plan()["delivery"]["programmes"][0], two]},
            attainment=attainment(effect(), effect("open", 5), retention=0.5),
            years={2016: {}, 2017: {}},
            posting=rules,
            stages=[LEXIMIN, FEWEST, KEEP],
            locks=[{"id": "l", "decision": "posted", "where": {"teacher": "t3"}, "equals": 1, "reason": "-"}],
        )
        return solve(world(Path(folder), **made))


Change = Callable[[dict[str, pd.DataFrame]], None]


def spoiled(change: Change) -> tuple[str, ...]:
    """Families that fail once tables are altered."""
    tables = {name: frame.copy() for name, frame in full().tables.items()}
    change(tables)
    return audit_tables(full().scenario, tables).failed


def put(column: str, value: Any, table: str = "postings", at: int = 0) -> Change:
    def change(tables: dict[str, pd.DataFrame]) -> None:
        frame = tables[table]
        if not isinstance(value, str):
            frame[column] = frame[column].astype(float)
        frame.loc[frame.index[at], column] = value

    return change


def all_of(*changes: Change) -> Change:
    def change(tables: dict[str, pd.DataFrame]) -> None:
        for each in changes:
            each(tables)

    return change


def without_the_first(tables: dict[str, pd.DataFrame]) -> None:
    tables["postings"] = tables["postings"].iloc[1:]


def none_away(tables: dict[str, pd.DataFrame]) -> None:
    tables["postings"] = tables["postings"].iloc[:0]


def all_away(tables: dict[str, pd.DataFrame]) -> None:
    """Everybody of the first year who is not away yet is posted to a; t3 is there as well as in c."""
    table, teachers = tables["postings"], full().scenario.first.tables["teachers"]
    home, first = teachers.set_index("teacher")["home_town"], table[table["year"] == 2016].iloc[0].to_dict()
    gone = set(table.loc[(table["year"] == 2016) & (table["teacher"] != "t3"), "teacher"])
    new = [
        first | {"teacher": who, "from_town": home[who], "to_town": "a", "start_year": 2016}
        for who in sorted(home.index)
        if who not in gone
    ]
    tables["postings"] = pd.concat([table, pd.DataFrame(new)], ignore_index=True)


FIGURES = {
    "postings_end_year": put("end_year", 2030),
    "postings_new": put("new", 0.5),
    "postings_minutes": put("minutes", 1),
    "postings_band": put("band", 7),
    "postings_allowance_yuan": put("allowance_yuan", 1),
    "postings_backbone": put("backbone", 0.5),
    "postings_home": put("categories", "cooking"),
    "postings_hours": put("hours", 1000),
    "posting_towns_out": put("out", 5, "posting_towns"),
    "posting_towns_hosted": put("hosted", 5, "posting_towns"),
    "posting_towns_teachers": put("teachers", 5, "posting_towns"),
    "posting_towns_out_share": put("out_share", 0.9, "posting_towns", 1),
    "counts.amount": put("amount", 9, "counts"),
}
PERSONS = {"one_host", "away_share", "hosted", "host_floor", "posting_changes", "teacher_hours", "costing"}


def test_a_plan_with_every_rule_passes(tmp_path: Path) -> None:
    result = full()
    assert audit_tables(result.scenario, result.tables).passed
    assert {*PERSONS, "posted_room", "posting_share", "posting_backbone"} <= set(result.rows["rule"])
    assert len(result.postings) > 2
    result.save(tmp_path / "saved")
    assert Result.load(tmp_path / "saved").postings["teacher"].tolist() == result.postings["teacher"].tolist()


def test_altered_figures_are_found_by_name() -> None:
    assert FIGURES.keys() <= set(spoiled(all_of(*FIGURES.values())))


@pytest.mark.parametrize(
    ("families", "change"),
    [
        ({"posted"}, put("to_town", "x")),
        ({"posting_terms"}, put("start_year", 2014)),
        ({"posting_terms"}, without_the_first),
        ({"posted_hours"}, put("category", "cooking", "posted_hours")),
        ({"posted_room", "teaching_need", "postings_hours"}, put("hours", 1000, "posted_hours")),
        (PERSONS, all_away),
        ({"posting_share", "posted_room", "lock"}, none_away),
        ({"posting_backbone"}, put("teacher", "t1")),
    ],
)
def test_altered_decisions_are_found_by_the_rules_they_break(families: set[str], change: Change) -> None:
    assert families <= set(spoiled(change))


def test_a_swap_is_found(tmp_path: Path) -> None:
    result = solved(tmp_path, **plan(*FOUR, **past(("t1", "c", 2015)), stages=[FEWEST]))
    tables = {name: frame.copy() for name, frame in result.tables.items()}
    back = tables["postings"].iloc[[0]].assign(teacher="t4", from_town="c", to_town="b", start_year=2016, end_year=2017)
    tables["postings"] = pd.concat([tables["postings"], back], ignore_index=True)
    assert "no_swap" in audit_tables(result.scenario, tables).failed


# -- what arithmetic says before ---------------------------------------------------------------------------------------


def said(folder: Path, *staff: dict[str, Any], **rules: Any) -> tuple[list[str], Scenario]:
    shutil.rmtree(folder, ignore_errors=True)
    scenario = world(folder, **plan(*staff, stages=[FEWEST], posting=posting(**rules)))
    return [each.code for each in check(scenario) if "85" in each.code], scenario


@pytest.mark.parametrize(
    ("code", "broken", "fine"),
    [
        ("F851", {"exchange_share": 0.6, "most_hosted": 0}, {"exchange_share": 0.6}),
        ("F851", {"exchange_share": 0.6, "out_share": 0.4}, {"exchange_share": 0.25, "out_share": 0.4}),
        ("F852", {"host_floor": 2}, {"host_floor": 1}),
        ("F853", {"host_floor": 1, "bands": [{"up_to_minutes": 20, "allowance": 0}]}, {"host_floor": 1}),
        ("F854", {"exchange_share": 0.5, "backbone_share": 0.6}, {"exchange_share": 0.5, "backbone_share": 0.5}),
    ],
)
def test_check_proves_that_there_is_no_plan(
    code: str, broken: dict[str, Any], fine: dict[str, Any], tmp_path: Path
) -> None:
    found, scenario = said(tmp_path / "broken", **broken)
    assert code in found
    with pytest.raises(InfeasibleError):
        solve(scenario)
    found, scenario = said(tmp_path / "fine", **fine)
    assert code not in found
    assert solve(scenario).status == "optimal"


def test_check_warns_of_teachers_who_can_go_nowhere(tmp_path: Path) -> None:
    found, _ = said(tmp_path, bands=[{"up_to_minutes": 19, "allowance": 0}])
    assert "W851" in found
    assert "W851" not in said(tmp_path)[0]


def test_check_knows_that_posted_teachers_reach_further(tmp_path: Path) -> None:
    # a must have 10 classes and nobody visits: a proof of too few hours unless teachers may be posted.
    towns = {name: {**about, "least_yuan": 1000 if name == "a" else 0} for name, about in TOWNS.items()}
    delivery = {"programmes": [{**plan()["delivery"]["programmes"][0], "floor": "least"}]}
    alone = world(tmp_path / "alone", **plan(towns=towns, delivery=delivery) | {"posting": None, "stages": [LEXIMIN]})
    assert "F201" in {each.code for each in check(alone)}
    helped = world(tmp_path / "helped", **plan(towns=towns, delivery=delivery))
    assert [each.code for each in check(helped) if each.code.startswith("F")] == []
    assert list(posted(solve(helped, Options())).values()) == ["a"]


def test_check_of_locks_counts_teachers_who_may_go(tmp_path: Path) -> None:
    lock = {"id": "l", "decision": "posted", "where": {"town": "a"}, "at_least": 4, "reason": "-"}
    scenario = world(tmp_path / "most", **plan(locks=[lock], stages=[FEWEST]))
    assert "F501" in {each.code for each in check(scenario)}
    less = world(tmp_path / "less", **plan(locks=[{**lock, "at_least": 3}], stages=[FEWEST]))
    assert "F501" not in {each.code for each in check(less)}


@pytest.mark.parametrize("blank", [float("nan"), float("inf"), ""])
def test_a_posting_without_its_first_year_is_named(tmp_path: Path, blank: object) -> None:
    given = plan(posting=posting(exchange_share=0.2, term_years=3), years={2016: {}, 2017: {}})
    result = solved(tmp_path, **given)
    table = result.postings.astype({"start_year": object})
    table.loc[table.index[0], "start_year"] = blank
    assert "table.postings" in audit_tables(result.scenario, {**result.tables, "postings": table}).failed
