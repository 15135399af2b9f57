"""Starting from an earlier plan: its whole decisions by name, written, read and offered; and the years one by one."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from allocator.cli.run import run
from allocator.engine.build import build
from allocator.engine.gaps import Gaps
from allocator.engine.highs import HighsSession
from allocator.engine.opening import open_session
from allocator.engine.session import Limits
from allocator.engine.stages import run_stages
from allocator.engine.start import START_FILE, joined_start, read_start, start_values, whole_decisions
from allocator.report.terminal.terminal import summary
from allocator.tables.result import Result
from allocator.verbs.first_plan import first_plan, wants_first_plan
from allocator.verbs.options import Mode, Options
from allocator.verbs.solving import solve
from allocator.words.errors import UsageError
from worlds import government, world

STATIONS = [
    {"station": name, "town": town, "residents": heads, "slow": slow, "star": star, "name_zh": name, "name_en": name}
    for name, town, heads, slow, star in (("s1", "a", 100, 0, 0), ("s2", "a", 100, 0, 0), ("s3", "b", 300, 0.5, 0))
]
TABLES = {
    "stations": STATIONS,
    "star_criteria": [
        {"criterion": "c1", "name_zh": "c1", "name_en": "c1", "points": 60, "upgrade_cost_yuan": 100},
        {"criterion": "c2", "name_zh": "c2", "name_en": "c2", "points": 40, "upgrade_cost_yuan": 200},
    ],
    "station_scores": [{"station": "s1", "criterion": "c1", "points": 0}],
}
GRADES = [{"id": "one", "stars": 1, "cutoff": 60}, {"id": "two", "stars": 2, "cutoff": 100}]


def stars(money: float, **more: Any) -> dict[str, Any]:
    """Three stations; a star costs 100 yuan, a second one 200."""
    return {
        "delivery": None,
        "attainment": None,
        "spending": ["courses", "facilities"],
        "tables": TABLES,
        "stars": {"grades": GRADES, "spending": "facilities"},
        "funding": {"sources": [government(money, pays=["facilities"])]},
        "stages": [{"id": "total", "of": "stars.benefit", "aggregate": "sum"}],
        **more,
    }


def test_whole_decisions_are_named_by_their_labels(tmp_path: Path) -> None:
    scenario = world(tmp_path, **stars(200))
    model = build(scenario)
    found = run_stages(model, scenario, HighsSession(model))
    assert found.x is not None
    made = whole_decisions(model, found.x)
    # s3 is worth 450; of s1 and s2, which are alike, s1 comes first.
    assert set(made["where"]) == {"grade=one;station=s3;year=2016", "grade=one;station=s1;year=2016"}
    assert set(made["decision"]) == {"starred"}
    columns, values = start_values(model, made)
    assert values.sum() == 2
    assert (values == np.round(found.x[columns])).all()


def test_what_is_not_named_stays_within_its_bounds(tmp_path: Path) -> None:
    held = [{**row, "star": 1} if row["station"] == "s2" else row for row in STATIONS]
    model = build(world(tmp_path, **stars(200, tables={**TABLES, "stations": held})))
    columns, values = start_values(model, pd.DataFrame({"decision": ["starred"], "where": ["x=1"], "value": [7]}))
    lower = model.column_lower[columns]
    assert (values == lower).all()
    assert values.sum() == 1  # the star that s2 has


def test_a_kind_of_decision_that_nobody_decided_stays_open(tmp_path: Path) -> None:
    model = build(world(tmp_path, **stars(200)))
    columns, _ = start_values(model, pd.DataFrame({"decision": ["unknown"], "where": ["x=1"], "value": [7]}))
    assert len(columns) == 0
    # One of which nothing is taken is decided all the same.
    made = whole_decisions(model, np.zeros(model.column_count))
    assert made.to_dict("records") == [{"decision": "starred", "where": "grade=one;station=s1;year=2016", "value": 0}]
    columns, values = start_values(model, made)
    assert set(columns) == set(model.family("starred").column)
    assert not values.any()


def test_a_result_starts_from_another_and_ends_where_it_would_have(tmp_path: Path) -> None:
    scenario = world(tmp_path / "plan", **stars(200))
    first = solve(scenario)
    first.save(tmp_path / "first")
    assert read_start(tmp_path / "first").equals(pd.read_csv(tmp_path / "first" / START_FILE))
    again = solve(scenario, Options(start=tmp_path / "first"))
    assert again.tables["stars"].equals(first.tables["stars"])
    assert (first.run["options"]["start"], again.run["options"]["start"]) == (None, "first")
    # With less money the old plan is no longer possible; it is an offer, not a rule.
    poorer = solve(world(tmp_path / "poorer", **stars(100)), Options(start=tmp_path / "first"))
    assert list(poorer.tables["stars"]["station"]) == ["s3"]


def test_it_is_said_how_many_of_the_decisions_the_plan_has(tmp_path: Path) -> None:
    # s3 and s1 get their star; the other plan knows s3 under its name and s1 no longer.
    first = solve(world(tmp_path / "plan", **stars(200)))
    first.save(tmp_path / "first")
    renamed = [{**row, "station": "new" if row["station"] == "s1" else row["station"]} for row in STATIONS]
    scores = [{"station": "s2", "criterion": "c1", "points": 0}]
    tables = {**TABLES, "stations": renamed, "station_scores": scores}
    other = world(tmp_path / "other", **stars(200, tables=tables))
    made = solve(other, Options(start=tmp_path / "first"))
    assert "start" not in first.run
    assert made.run["start"] == {"offered": 2, "taken": 1}
    for language, words in (("zh", "2 项整件决策中本方案有 1 项"), ("en", "1 of its 2 whole decisions")):
        console = Console(width=200, record=True, file=StringIO())
        console.print(summary(made, language))
        assert words in console.export_text()


@pytest.mark.parametrize("mode", ["horizon", "rolling"])
@pytest.mark.parametrize(
    ("change", "year"),
    [("s", 2016), ("", 2015)],
    ids=["of another plan", "of another year"],
)
def test_a_start_of_which_no_decision_is_one_of_the_plan_is_refused(
    tmp_path: Path, mode: Mode, change: str, year: int
) -> None:
    made = pd.DataFrame(
        {"decision": ["starred"] * 2, "where": [f"grade=one;station={change}s{n};year={year}" for n in (1, 3)]}
    ).assign(value=1)
    scenario = world(tmp_path, years={2016: {}, 2017: {}}, **stars(200))
    with pytest.raises(UsageError) as refused:
        solve(scenario, Options(start=made, mode=mode))
    for language, words in (("zh", "2 项整件决策没有一项"), ("en", "None of the 2 whole decisions")):
        assert words in refused.value.message.in_language(language)


def test_nothing_to_start_from_refuses_nothing(tmp_path: Path) -> None:
    nothing = pd.DataFrame(columns=["decision", "where", "value"])
    made = solve(world(tmp_path, **stars(200)), Options(start=nothing))
    assert made.run["start"] == {"offered": 0, "taken": 0}


def test_rolling_years_each_take_their_own_decisions(tmp_path: Path) -> None:
    years = {2016: {"funding": {"sources": [government(100, pays=["facilities"])]}}, 2017: {}}
    scenario = world(tmp_path / "plan", years=years, **stars(200))
    solve(scenario).save(tmp_path / "first")
    # 2016: s3 has its star; 2017: that and the stars of s1 and s2.
    again = solve(scenario, Options(start=tmp_path / "first", mode="rolling"))
    assert again.run["start"] == {"offered": 4, "taken": 4}
    assert again.run["options"]["start"] == "first"


def test_a_result_without_whole_decisions_has_nothing_to_start_from(tmp_path: Path) -> None:
    nothing_whole = {"stars": None, "tables": None, "stages": [{"id": "basics"}]}
    solve(world(tmp_path / "plan", **(stars(200) | nothing_whole))).save(tmp_path / "one")
    assert not (tmp_path / "one" / START_FILE).exists()
    with pytest.raises(UsageError, match=r"start\.csv"):
        read_start(tmp_path / "one")


def test_a_spoilt_start_is_refused(tmp_path: Path) -> None:
    (tmp_path / START_FILE).write_text("decision,where,value\nstarred,station=s1,yes\n", encoding="utf-8")
    with pytest.raises(UsageError, match="decision, where, value"):
        read_start(tmp_path)


def test_the_command_takes_a_start_and_its_result_passes_the_audit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world(tmp_path / "plan", **stars(200))
    plan, one, two = str(tmp_path / "plan" / "2016.yaml"), str(tmp_path / "one"), str(tmp_path / "two")
    assert run(["solve", plan, "--out", one]) == 0
    assert run(["solve", plan, "--out", two, "--start", one]) == 0
    assert run(["audit", two]) == 0
    capsys.readouterr()
    assert (
        run(["solve", plan, "--out", str(tmp_path / "three"), "--start", str(tmp_path / "plan"), "--lang", "en"]) == 2
    )
    assert "There is no" in capsys.readouterr().err
    assert not (tmp_path / "three").exists()
    (tmp_path / "two" / START_FILE).write_text("decision,where,value\npairing,mentor=x,1\n", encoding="utf-8")
    assert run(["solve", plan, "--out", str(tmp_path / "three"), "--start", two, "--lang", "en"]) == 2
    assert "None of the 1 whole decisions" in capsys.readouterr().err


def test_rolling_years_write_one_start_that_the_horizon_takes(tmp_path: Path) -> None:
    years = {2016: {"funding": {"sources": [government(100, pays=["facilities"])]}}, 2017: {}}
    scenario = world(tmp_path / "plan", years=years, **stars(200))
    rolling = solve(scenario, Options(mode="rolling"))
    rolling.save(tmp_path / "rolling")
    made = read_start(tmp_path / "rolling")
    assert sorted(made["where"].str[-4:].unique()) == ["2016", "2017"]
    horizon = solve(scenario, Options(start=tmp_path / "rolling"))
    assert horizon.status == "optimal"
    assert joined_start([{}, {}]) == {}


def test_the_years_one_by_one_make_a_plan_of_the_whole(tmp_path: Path) -> None:
    years = {2016: {"funding": {"sources": [government(100, pays=["facilities"])]}}, 2017: {}}
    scenario = world(tmp_path, years=years, **stars(200))
    found = first_plan(scenario, Gaps(), lambda model, limits: open_session(model, "highs", limits), Limits())
    assert found is not None
    # 2016 pays for s3 alone; 2017 for two more steps of 100 yuan.
    assert list(found[found["where"].str.endswith("2016")]["where"]) == ["grade=one;station=s3;year=2016"]
    model = build(scenario)
    assert not wants_first_plan(model, scenario)  # small: the search needs no help
    session = HighsSession(model)
    columns, values = start_values(model, found)
    session.set_column_bounds(columns, values, values)
    outcome = model.outcomes["stars.benefit"]
    kept = session.solve(outcome.terms, float(outcome.constant.sum()), True, 1e-6)
    assert kept.status == "optimal"
    assert kept.value == pytest.approx(450 + 450 + 200)


def staffed(seed: int) -> dict[str, Any]:
    """Three years of a team with turnover, drawn at random."""
    draw = np.random.default_rng(seed)
    full = {"id": "full", "pay": 100, "turnover": float(draw.choice([0.1, 0.3, 0.5]))}
    free = {"id": "free", "turnover": float(draw.choice([0, 0.25]))}
    heads = [("a", "full", int(draw.integers(6))), ("b", "free", int(draw.integers(5)))]
    return {
        "years": {2016: {}, 2017: {"team": {"types": [full, {**free, "turnover": 0.4}]}}, 2018: {}},
        "tables": {"staff": [{"town": town, "type": kind, "heads": n} for town, kind, n in heads]},
        "team": {
            "types": [full, free],
            "spending": "courses",
            "most_hired_a_year": int(draw.choice([3, 4])),
            "ratios": [{"id": "many", "of": ["free"], "at_least": 0.3, "scope": "district"}],
            "floors": [{"type": "full", "posts": 1}],
        },
        "stages": [{"id": "total", "of": "team.posts", "aggregate": "sum"}],
    }


@pytest.mark.parametrize("seed", range(8))
def test_the_years_one_by_one_make_a_plan_of_the_whole_where_people_leave(tmp_path: Path, seed: int) -> None:
    scenario = world(tmp_path, **staffed(seed))
    found = first_plan(scenario, Gaps(), lambda model, limits: open_session(model, "highs", limits), Limits())
    assert found is not None
    model = build(scenario)
    session = HighsSession(model)
    columns, values = start_values(model, found)
    session.set_column_bounds(columns, values, values)
    posts = model.family("posts")
    kept = session.solve(posts, 0.0, False, 1e-6)
    assert kept.status == "optimal"
    offered = dict(zip(columns.tolist(), values.tolist(), strict=True))
    assert kept.value == sum(offered[at] for at in posts.column.tolist()) > 0


def test_no_first_plan_where_a_year_by_itself_has_none(tmp_path: Path) -> None:
    asked = {"id": "g", "measure": "star_stations", "strength": "rule", "at_least": {"2016": 3}, "scope": "district"}
    scenario = world(tmp_path, years={2016: {}, 2017: {}}, **stars(100, goals=[asked]))
    found = first_plan(scenario, Gaps(), lambda model, limits: open_session(model, "highs", limits), Limits())
    assert found is None


def test_results_with_a_start_load_as_before(tmp_path: Path) -> None:
    solve(world(tmp_path / "plan", **stars(200))).save(tmp_path / "one")
    assert Result.load(tmp_path / "one").tables["stars"]["station"].tolist() == ["s1", "s3"]
