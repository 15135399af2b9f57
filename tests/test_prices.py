"""Stage prices against one-sided differences of the stage's optimum, with the same things held."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from allocator.engine.build import build
from allocator.engine.criteria.step import Step
from allocator.engine.highs import HighsSession
from allocator.engine.prices import stage_prices
from allocator.engine.stages import StagesRun, integer_values, run_stages
from allocator.model import Model, joined_key
from allocator.plan.reading import load
from allocator.scenario.plan_year import Scenario
from allocator.tables.tabulate import tabulated
from worlds import CLASS, LEXIMIN, NEARNESS_MINUTES, TOTAL, attainment, effect, world

SCENARIOS = Path(__file__).parents[1] / "scenarios"
STAGES = {"balance": "price_balance", "total": "price_total"}


class Priced:
    """A scenario solved, its table of rows, and every stage's optimum under moved limits."""

    def __init__(self, scenario: Scenario) -> None:
        self.model: Model = build(scenario)
        self.session = HighsSession(self.model)
        self.run: StagesRun = run_stages(self.model, scenario, self.session)
        assert self.run.x is not None
        prices = stage_prices(self.model, self.session, self.run)
        rows = tabulated(self.model, scenario, self.run.x, prices, self.run)["rows"]
        self.rows = rows.set_index(["rule", "key"]).sort_index()
        columns, values = integer_values(self.model, self.run.x)
        if len(columns):
            self.session.hold_integers(columns, values)
        self.here: dict[str, float] = {}

    def position(self, rule: str, key: str) -> tuple[str, int]:
        """Where a limit stands: a row, or the lower or upper bound of a column."""
        for family in self.model.rows.get(rule, []):
            at = np.flatnonzero(joined_key(self.model, family.labels) == key)
            if len(at):
                return "row", int(family.positions[at[0]])
        for families in self.model.columns.values():
            for part in families:
                names = [each and each.name for each in (part.lower_rule, part.upper_rule)]
                side = "lower" if names[0] == rule else "upper" if names[1] == rule else ""
                at = np.flatnonzero(joined_key(self.model, part.terms.labels) == key) if side else np.zeros(0)
                if len(at):
                    return side, int(part.terms.column[at[0]])
        raise AssertionError(f"no limit {rule}/{key}")

    def optimum(self, stage: str, limit: tuple[str, str], by: float) -> float:
        """The stage's optimum with one limit moved: earlier held values as they are, its own and later ones let go."""
        own = [at for at, held in enumerate(self.run.held) if held.stage == stage]
        step: Step = self.run.held[own[0]].step
        for held in self.run.held[own[0] :]:
            self.session.release_rows(held.row.positions)
        self.move(limit, by)
        found = self.session.solve(step.objective, step.constant, step.maximise, 1e-9)
        self.move(limit, -by)
        for held in self.run.held[own[0] :]:
            self.session.set_row_bounds(held.row.positions, np.array([held.limit]))
        return found.value if found.has_plan else np.nan

    def move(self, limit: tuple[str, str], by: float) -> None:
        side, at = self.position(*limit)
        if side == "row":
            bound = self.model.row_bound[at]
            self.session.set_row_bounds(np.array([at]), np.array([bound + by]))
            return
        low, high = self.model.column_lower[at], self.model.column_upper[at]
        low, high = (low + by, high) if side == "lower" else (low, high + by)
        self.session.set_column_bounds(np.array([at]), np.array([low]), np.array([high]))

    def compare(self, limit: tuple[str, str], stage: str, size: float) -> bool:
        """Asserts that the price is the difference on both sides; false where the two sides differ (a kink)."""
        if stage not in self.here:
            self.here[stage] = self.optimum(stage, limit, 0.0)
        here = self.here[stage]
        left = (here - self.optimum(stage, limit, -size)) / size
        right = (self.optimum(stage, limit, size) - here) / size
        if not np.isfinite([left, right]).all() or abs(left - right) > 1e-6 + 1e-3 * abs(right):
            return False
        price = float(self.rows.loc[limit, STAGES[stage]])
        assert price == pytest.approx(right, rel=2e-3, abs=2e-7), (limit, stage)
        return True


@pytest.fixture(scope="module")
def tiny() -> Mapping[str, Priced]:
    return {name: Priced(load(SCENARIOS / "tiny" / name)) for name in ("2016.yaml", "variants/2016-total.yaml")}


@pytest.mark.parametrize("plan", ["2016.yaml", "variants/2016-total.yaml"])
def test_every_limit_of_the_tiny_plan(tiny: Mapping[str, Priced], plan: str) -> None:
    priced = tiny[plan]
    stages = {held.stage for held in priced.run.held}
    compared = [
        priced.compare(limit, stage, 1e-3)
        for limit in priced.rows.index
        for stage in STAGES
        if stage in stages and limit[0] not in ("mentor_capacity", "mentee_cover")
    ]
    assert sum(compared) >= 20


def test_tiny_by_hand(tiny: Mapping[str, Priced]) -> None:
    # docs/tiny.md: at the optimum east and middle share the money at 51 points. An online kit (1,000 yuan, 10 persons)
    # is the marginal purchase in east: 10 / 10,000 of 0.4 at weight 0.8 = 0.2 points, 0.0002 points a yuan. A class
    # (2,000 yuan, 50 persons) in middle brings 0.5 points and 10 volunteer hours; it takes money at 0.00025 a yuan.
    # To raise both by one point: 5,000 yuan in east and 4,000 in middle; the minimum rises by 1 / 9,000 a yuan.
    price = tiny["2016.yaml"].rows.loc[("budget", "government"), "price_balance"]
    assert price == pytest.approx(1 / 9000, rel=1e-4)


def test_signs(tmp_path: Path) -> None:
    # 1,000 yuan, everything to a, 3 classes promised to b: money is worth more, the promise costs.
    lock = {"id": "promise", "decision": "units", "where": {"town": "b"}, "at_least": 3, "reason": "promised"}
    cap = {"id": "cap", "decision": "units", "where": {"town": "a"}, "at_most": 5, "reason": "room"}
    sources = [{"id": "gov", "amount": 1000, "pays": ["courses"]}]
    rows = Priced(world(tmp_path, funding={"sources": sources}, locks=[lock, cap])).rows["price_total"]
    # a is full at 5 classes (500 yuan): 1 more class there instead of one in b is (2 - 1) / 2 of the mean.
    assert rows["budget", "gov"] == pytest.approx(0.005)
    assert rows["lock", "cap/at_most"] == pytest.approx(0.5)
    assert rows["lock", "promise/at_least"] == pytest.approx(0)  # b gets 5 anyway


def test_prices_with_pairs_fixed(tmp_path: Path) -> None:
    # m's school has 15 hours, a pair takes 10: whole pairs, so that one more hour or one more pair is worth nothing
    # while the pairs stay as published. (A what-if, everything free, would say 8 points.)
    base = {"m": 0.6, "n1": 0.1, "n2": 0.2}
    priced = Priced(
        world(
            tmp_path,
            towns={town: {"resident_pop": 1000, "school_hours": 15} for town in base},
            base=base,
            roads={("m", "n1"): 20, ("m", "n2"): 20},
            attainment=attainment(effect()),
            delivery={"programmes": [{**CLASS, "venue_hours": 1}]},
            mentoring={
                "slow": {"towns": ["n1", "n2"]},
                "mature": {"upper_third": False, "preset": ["m"]},
                "transfer": {"participation": 0.4},
                "nearness_minutes": NEARNESS_MINUTES,
                "hours_per_pair": 10,
            },
            funding={"sources": [{"id": "gov", "amount": 100, "pays": ["courses"]}]},
        )
    )
    rows = priced.rows
    assert rows.loc[("school_hours", "m"), "price_total"] == 0
    assert rows.loc[("mentor_capacity", "m"), "price_total"] == 0
    assert set(rows["price_kind"]) == {"fixed_integers"}
    # The price of money is unaffected: 0.01 class a yuan, one point a class, three towns.
    assert rows.loc[("budget", "gov"), "price_total"] == pytest.approx(0.01 / 3)
    assert priced.compare(("school_hours", "m"), "total", 1.0)


def test_a_price_of_total_holds_the_balance(tmp_path: Path) -> None:
    # Leximin at 6.667 points, 1 point given: with balance held, one more yuan goes to a (0.02 / 2). Balance itself:
    # 50 + 100 yuan raise both by one point.
    stages = [{**LEXIMIN, "give": 1}, TOTAL]
    sources = [{"id": "gov", "amount": 1000, "pays": ["courses"]}]
    rows = Priced(world(tmp_path, funding={"sources": sources}, stages=stages)).rows
    assert rows.loc[("budget", "gov"), "price_total"] == pytest.approx(0.01)
    assert rows.loc[("budget", "gov"), "price_balance"] == pytest.approx(1 / 150)


PANYU = (
    (("budget", "government"), 10.0),
    (("teacher_hours", "*"), 0.1),
    (("volunteer_supply", "*"), 0.1),
    (("year_on_year", "*"), 10.0),
    (("max_units", "*"), 0.01),
    (("home_hours", "*"), 0.1),
    (("guidance_capacity", ""), 0.1),
    (("category_share", "*"), 10.0),
    (("running_cost", "*"), 10.0),
    (("supervision", "*"), 0.1),
)
"""Limits of the Panyu plan and how far each is moved; ``*``: the one with the largest price."""


def test_panyu() -> None:
    priced = Priced(load(SCENARIOS / "panyu" / "2016.yaml"))
    compared = []
    for stage, column in STAGES.items():
        for (rule, key), size in PANYU if stage == "total" else PANYU[:4]:
            limit = (rule, priced.rows.loc[rule][column].abs().idxmax() if key == "*" else key)
            compared.append((priced.compare(limit, stage, size), stage, limit))
    # Most are no kinks, and few prices are zero.
    assert sum(done for done, _, _ in compared) >= 10, compared
    assert sum(abs(priced.rows.loc[limit, STAGES[stage]]) > 1e-6 for done, stage, limit in compared if done) >= 8
