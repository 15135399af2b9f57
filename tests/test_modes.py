"""Years decided together (horizon) and one after the other (rolling), and the one measured by the other."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from allocator.engine.build import build
from allocator.scenario.plan_year import Scenario
from allocator.tables.result import Result
from allocator.verbs.modes import compare_modes
from allocator.verbs.options import Options
from allocator.verbs.solving import solve
from allocator.words.errors import InfeasibleError, NoPlanError, UsageError
from random_plans import random_years
from sampling import sampled
from test_years import plan
from worlds import CLASS, LEXIMIN, TOTAL, attainment, effect, government, levels, solved, world

TIES = {"id": "tie_break", "factors": {"resident_pop": 1}}
SAVING = {"carry_over": {"execution": 0}}


def both(scenario: Scenario) -> tuple[Result, Result]:
    return solve(scenario), solve(scenario, Options(mode="rolling"))


def cheaper_in_2017(folder: Path) -> Scenario:
    """A unit costs 100 yuan in 2016 and 50 in 2017; nothing is retained."""
    given = plan(1000, 1000, funding=SAVING)
    given["years"][2017]["delivery"] = {"programmes": [{"id": "class", "unit_cost": 50}]}
    return world(folder, **given)


# -- one after the other -----------------------------------------------------------------------------------------------


def test_a_plan_of_one_year_is_the_same_in_both_modes(tmp_path: Path) -> None:
    scenario = world(tmp_path, funding={"sources": [government(1000)]}, stages=[LEXIMIN, TOTAL, TIES])
    horizon, rolling = both(scenario)
    assert rolling.run["mode"] == "horizon"
    for name, table in horizon.tables.items():
        pd.testing.assert_frame_equal(rolling.tables[name], table)


def chained(**more: Any) -> dict[str, Any]:
    """Two towns and all that a year leaves to the next but pairs: values, money, carried money, volunteers."""
    people = [{"active_rate": 0.5, "hours_per_active": 20, "town": town, "heads": 4} for town in ("a", "b")]
    stock = {
        "retention": 0.75,
        "recruits": {"per": 1000, "of": "resident_pop", "heads": 4},
        "training_places": 5,
    }
    given: dict[str, Any] = {
        "towns": {"a": {"resident_pop": 500, "later": 640}, "b": {"resident_pop": 1000, "later": 1100}},
        "base": {"a": 0.1, "b": 0.2},
        "tables": {"volunteers": people},
        "delivery": {"programmes": [{**CLASS, "volunteer_hours": 10, "unit_cost": 80}]},
        "attainment": attainment(effect(), retention=0.5),
        "funding": {
            "sources": [government(1000)],
            "carry_over": {"execution": 0.5},
            "year_on_year": {"down": 0.6, "up": 0.6},
            "growth": {"down": 0.3, "up": 0.9},
        },
        "volunteering": {"stock": stock},
        "stages": [LEXIMIN, TOTAL, {"id": "stability", "unit_change": {"money": 1000}}, TIES],
    }
    return given | more


IN_2017 = {
    "funding": {"sources": [{"id": "gov", "amount": 1200}]},
    "attainment": {"indicators": [{"id": "participation", "denominator": "later"}]},
    "population": {"column": "later", "vintage": "made_up_later"},
}


def test_year_by_year_each_year_is_solved_alone_from_what_the_tables_of_the_year_before_say(tmp_path: Path) -> None:
    rolling = solved(tmp_path / "rolling", "rolling", **chained(years={2016: {}, 2017: IN_2017}))
    # 2016 as a plan of its own
    first = solved(tmp_path / "first", **chained())
    # 2017 as a plan of its own, from the tables of 2016: half of the values for each head of the new denominator
    value = first.attainment.set_index("town")["value"]
    base = {"a": float(0.5 * value["a"] * 500 / 640), "b": float(0.5 * value["b"] * 1000 / 1100)}
    heads = first.tables["volunteer_stock"].set_index("town")["heads"]
    given = chained(years={2017: IN_2017}, base=base, last_year={"funding_by_town": "old"})
    rows = [{**row, "heads": float(heads[row["town"]])} for row in given["tables"]["volunteers"]]
    old = first.tables["funding_by_town"][["town", "amount_yuan"]].to_dict("records")
    given["tables"] = {"volunteers": rows, "old": old}
    came = float(first.tables["carry_over"]["carried_out_yuan"].iloc[0])
    given["funding"]["sources"] = [government(0, carried_in=came)]
    second = solved(tmp_path / "second", **given)
    # 6 of 8 volunteers stay and 5 are trained: 110 hours, 11 units; 120 of 1,000 yuan find no use
    assert came == pytest.approx(120)
    for name, table in rolling.tables.items():
        parts = [first.tables[name], second.tables[name]]
        alone = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
        pd.testing.assert_frame_equal(table.reset_index(drop=True), alone, check_dtype=False, rtol=0, atol=3e-6)


def test_the_rows_of_a_year_are_those_of_the_year_alone(tmp_path: Path) -> None:
    # What the year before leaves is given in the year alone and decided in the whole plan: the same activity and bound.
    # n (500 residents) gains twice as much a unit, nothing is saved for a dearer year: both modes decide alike.
    mature = {"upper_third": False, "preset": ["m"]}
    pair = {"slow": {"towns": ["n"]}, "mature": mature, "transfer": {"participation": 0.4}, "nearness_minutes": 30}
    given = chained(
        towns={"m": {"resident_pop": 1000, "later": 1100}, "n": {"resident_pop": 500, "later": 640}},
        base={"m": 0.3, "n": 0.1},
        roads={("m", "n"): 20},
        reach={"volunteering": 0},
        mentoring=pair | {"allowance": {"unit_cost": 100, "spending": "courses"}},
        stages=[TOTAL],
        years={2016: {}, 2017: IN_2017 | {"delivery": {"programmes": [{"id": "class", "unit_cost": 200}]}}},
        goals=[{"id": "half", "measure": "participation", "strength": "soft", "at_least": {2017: 0.5}}],
    )
    given["tables"] = {
        "volunteers": [{**row, "town": t} for row, t in zip(given["tables"]["volunteers"], "mn", strict=True)]
    }
    horizon, rolling = both(world(tmp_path, **given))
    assert set(horizon.rows["rule"]) >= {
        "execution",
        "growth",
        "year_on_year",
        "volunteer_supply",
        "budget",
        "carry_age",
    }
    for name in ("carry_over", "volunteer_stock", "attainment", "towns", "pairs", "rows", "accounts", "goals"):
        left, right = (result.tables[name] for result in (horizon, rolling))
        kept = [column for column in left if not column.startswith("price_")]
        pd.testing.assert_frame_equal(left[kept], right[kept], check_dtype=False, rtol=0, atol=0.05)


def test_both_solvers_decide_several_years_alike(tmp_path: Path) -> None:
    scenario = world(tmp_path, **chained(years={2016: {}, 2017: IN_2017}))
    highs, cbc = solve(scenario), solve(scenario, Options(solver="cbc"))
    assert highs.run["unique"] and cbc.run["unique"]
    for name in ("delivery", "funding", "carry_over", "volunteer_stock", "volunteering", "towns"):
        pd.testing.assert_frame_equal(highs.tables[name], cbc.tables[name], rtol=0, atol=0.01)


def test_year_by_year_a_year_without_a_plan_is_named(tmp_path: Path) -> None:
    # 2016 spends its 1,000; 2017 must spend 900 of it and has 800. Together the years can: 2016 spends less.
    scenario = world(tmp_path, **plan(1000, 800, funding={"growth": {"down": 0.1, "up": 0.2}}))
    assert solve(scenario).status == "optimal"
    with pytest.raises(InfeasibleError, match="2017"):
        solve(scenario, Options(mode="rolling"))


def test_the_record_of_a_rolling_plan_speaks_for_all_its_years(tmp_path: Path) -> None:
    rolling = solve(cheaper_in_2017(tmp_path), Options(mode="rolling"))
    assert (rolling.run["mode"], rolling.status, sorted(rolling.run["years"])) == (
        "rolling",
        "optimal",
        ["2016", "2017"],
    )
    assert rolling.scenario.years == (2016, 2017)
    loaded = Result.load(rolling.save(tmp_path / "result"))
    assert loaded.run["mode"] == "rolling"
    assert compare_modes(solve(cheaper_in_2017(tmp_path / "again")), loaded)["shortfall"].iloc[0] == pytest.approx(5)


# -- the one measured by the other -------------------------------------------------------------------------------------


def test_a_rolling_plan_is_scored_by_the_stages_of_the_whole_plan(tmp_path: Path) -> None:
    # Together: 0 and 40 points, a mean of 20. One after the other: 10 and 20, a mean of 15; from there on rolling does
    # not keep what is held, and its final year is not comparable.
    horizon, rolling = both(cheaper_in_2017(tmp_path))
    assert [levels(rolling, year)["a"] for year in (2016, 2017)] == pytest.approx([10, 20], abs=1e-3)
    table = compare_modes(horizon, rolling).set_index("step")
    assert table.loc["mean", ["horizon", "rolling", "shortfall"]].tolist() == pytest.approx([20, 15, 5], abs=1e-3)
    assert table.loc["final_mean", ["horizon", "rolling"]].tolist() == pytest.approx([40, 20], abs=1e-3)
    assert table["comparable"].tolist() == [True, False]


def test_where_nothing_links_the_years_the_modes_are_alike(tmp_path: Path) -> None:
    horizon, rolling = both(world(tmp_path, **plan(1000, 2000)))
    table = compare_modes(horizon, rolling)
    assert table["shortfall"].tolist() == pytest.approx([0, 0], abs=1e-3)
    assert table["comparable"].all()


def test_only_a_horizon_and_a_rolling_plan_of_the_same_years_can_be_compared(tmp_path: Path) -> None:
    horizon, rolling = both(world(tmp_path / "two", **plan(1000, 2000)))
    other = solve(world(tmp_path / "one", **plan(1000, 2000, 1000)))
    for one, two in ((rolling, horizon), (horizon, horizon), (other, rolling)):
        with pytest.raises(UsageError):
            compare_modes(one, two)


@pytest.mark.parametrize("seed", sampled(range(10), 3))
def test_the_whole_plan_is_never_worse_than_the_chain_of_its_years(tmp_path: Path, seed: int) -> None:
    scenario = random_years(random.Random(seed), tmp_path)
    try:
        horizon, rolling = both(scenario)
    except NoPlanError:
        # Rolling alone may get stuck; a whole plan without a plan has no rolling one either.
        with pytest.raises(NoPlanError):
            solve(scenario, Options(mode="rolling"))
        return
    table = compare_modes(horizon, rolling)
    fair = table[table["comparable"]]
    assert len(fair)
    assert horizon.status == rolling.status == "optimal"
    # Held numbers are two grid steps (of up to 0.001) below what was reached, and what rolling gains by keeping no more
    # than these may be a few times as much.
    assert (fair["shortfall"] > -0.01).all(), fair.to_string()


@pytest.mark.parametrize("seed", [24, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (33, 38))])
def test_what_a_stage_gives_counts_from_the_next_stage_on(tmp_path: Path, seed: int) -> None:
    # Rolling falls behind in the first sums by less than is given; only then may it be ahead in further ones.
    giving = [{"id": "balance", "give": 2}, {"id": "total", "weighted_by": "resident_pop"}]
    table = compare_modes(*both(random_years(random.Random(seed), tmp_path, giving)))
    ahead = table[table["shortfall"] < -0.01]
    assert len(ahead)
    assert not ahead["comparable"].any(), table.to_string()
    assert table.query("stage == 'total'")["comparable"].iloc[0]


def test_random_plans_of_several_years_have_all_that_links_years(tmp_path: Path) -> None:
    seen: set[str] = set()
    for seed in range(10):
        model = build(random_years(random.Random(seed), tmp_path / str(seed)))
        seen |= {name for name, parts in model.columns.items() if any(len(part.terms) for part in parts)}
    assert {"carried", "volunteer_stock", "beginning", "renewal", "starting"} <= seen
