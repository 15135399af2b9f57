"""The Panyu plan is chosen so that trade-offs bite: money is free to move, criteria differ, limits bind."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from allocator.plan.reading import load
from allocator.tables.result import Result
from allocator.verbs.solving import solve
from allocator.verbs.sweeping import sweep
from shipped import result

PANYU = Path(__file__).parent.parent / "scenarios" / "panyu"

pytestmark = pytest.mark.xdist_group("panyu")


def floors_and_money(year: int) -> tuple[float, float]:
    """Sum over towns of the largest floor (running cost, special fund, last year), and all money [yuan]."""
    plan = load(PANYU / f"{year}.yaml").first
    funding = plan.sections["funding"]
    per_head = funding.per_capita_floor.town * plan.population
    floors = np.maximum(plan.per_town("running_cost_yuan"), per_head)
    before = plan.last_year_money()
    if before is not None and funding.year_on_year is not None:
        floors = np.maximum(floors, (1 - funding.year_on_year.down) * before)
    return float(floors.sum()), sum(source.amount for source in funding.sources)


@pytest.mark.parametrize("year", [2016, 2017, 2018, 2019, 2020])
def test_at_least_30_percent_of_the_money_is_free_after_all_floors(year: int) -> None:
    floors, money = floors_and_money(year)
    assert 1 - floors / money >= 0.30


def test_money_a_head_starts_from_the_rule_and_reaches_four_yuan() -> None:
    heads = 1_827_800
    plans = {year: load(PANYU / f"{year}.yaml").first.sections["funding"] for year in range(2016, 2021)}
    special = {y: sum(s.amount for s in f.sources if s.special_fund) / heads for y, f in plans.items()}
    whole = {y: sum(s.amount for s in f.sources) / heads for y, f in plans.items()}
    assert special[2016] >= 2.0
    assert 0.3 <= whole[2016] - special[2016] <= 0.5
    assert list(whole.values()) == sorted(whole.values())
    assert whole[2020] == pytest.approx(4.0, abs=0.05)


@pytest.fixture(scope="module")
def by_criterion() -> dict[str, pd.Series]:
    """Levels under each criterion, nothing given away."""
    base = load(PANYU / "2016.yaml")
    made = {}
    for criterion in ("none", "maximin", "leximin"):
        solved = solve(base.with_({"stages.balance.criterion": criterion, "stages.balance.give": 0.0}))
        made[criterion] = solved.towns.set_index("town")["level_after"]
    return made


@pytest.mark.slow
@pytest.mark.parametrize("pair", [("none", "maximin"), ("none", "leximin"), ("maximin", "leximin")])
def test_criteria_differ_by_more_than_a_point_in_at_least_four_towns(
    by_criterion: dict[str, pd.Series], pair: tuple[str, str]
) -> None:
    a, b = (by_criterion[name] for name in pair)
    assert ((a - b).abs() > 1).sum() >= 4


def test_budget_and_volunteers_both_bind_somewhere(panyu_result: Result) -> None:
    # Volunteers are short as heads, not as hours: all places for training them are taken, and some towns run out of
    # recruits.
    for year in (2016, 2017, 2018, 2019):
        rows = result(f"panyu/{year}").rows
        for rule in ("budget", "training_places", "recruits"):
            assert (rows.loc[rows["rule"] == rule, "slack"] < 1e-4).any(), (year, rule)
    priced = panyu_result.rows.set_index("rule")["price_total"]
    assert priced["training_places"] > 0


@pytest.mark.slow
def test_a_sweep_reaches_the_least_money_that_the_rule_allows() -> None:
    # Two yuan a head. HiGHS calls a plan of one step optimal that breaks its tolerance once unscaled.
    least = {"funding.sources.government.amount": 2.0 * 1_827_800}
    base = load(PANYU / "2016.yaml")
    swept, free = sweep(base, {key: [amount] for key, amount in least.items()}).points.iloc[0], solve(base.with_(least))
    assert (swept["status"], swept["pairs"]) == ("optimal", "fixed")
    assert 40 < swept["minimum"] <= free.worst_level + 1e-3


def test_no_town_reaches_95_before_the_last_year(panyu_result: Result) -> None:
    levels = [panyu_result.towns["level_after"].max()]
    levels += [result(f"panyu/{year}").towns["level_after"].max() for year in (2017, 2018, 2019)]
    assert max(levels) < 95
