"""Rules that a user writes in PuLP: obeyed everywhere, shown in the table of rules, checked by the audit.

The usual world (see worlds): a class costs 100 yuan and brings 2 points in town a, 1 point in b; 1,000 yuan all go to
a, for 20 points there and a mean of 10. With no more money for a than for b, 500 yuan each: 10 and 5 points.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulp
import pytest

from allocator.auditing.whole import audit, audit_folder, audit_tables
from allocator.engine.build import build
from allocator.engine.own_pulp import Extend, extended
from allocator.engine.own_rules import recorded
from allocator.model.handles import Families
from allocator.plan.reading import load
from allocator.report.page.page import write_page
from allocator.scenario.plan_year import Scenario
from allocator.tables.result import Result
from allocator.verbs.options import Options
from allocator.verbs.solving import solve
from allocator.verbs.sweeping import sweep
from allocator.words.errors import InfeasibleError, InputError, WholeUnitsError
from allocator.words.texts import LANGUAGES
from shipped import FILES, SCENARIOS
from worlds import LEXIMIN, TOTAL, cells, government, levels, rule, world

TIE_BREAK = {"id": "tie_break", "factors": {"resident_pop": 1}}
YEARS: dict[int, dict[str, Any]] = {2016: {}, 2017: {}}
lp_sum: Callable[..., pulp.LpAffineExpression] = pulp.lpSum


def small(folder: Path, money: float = 1000, **plan: Any) -> Scenario:
    return world(folder, **{"funding": {"sources": [government(money)]}, "stages": [TOTAL, TIE_BREAK], **plan})


def even(problem: pulp.LpProblem, families: Families) -> None:
    """No more money for a than for b."""
    problem += lp_sum(families.funding["a"]) <= lp_sum(families.funding["b"]), "even"


def money(result: Result) -> dict[str, float]:
    return {town: float(each) for town, each in result.funding.groupby("town")["amount_yuan"].sum().items()}


# -- three rules that an analyst may want (docs/pulp.md) ------------------------------------------------------------


@pytest.mark.xdist_group("panyu")
def test_the_examples_of_the_page_do_what_it_says() -> None:
    scenario = load(FILES["panyu/2016"]).with_({"stages": [{"id": "balance", "criterion": "maximin"}]})
    page = (SCENARIOS.parent / "docs" / "pulp.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {"pulp": pulp, "scenario": scenario}
    for code in re.findall(r"```python\n(def .*?)```", page, flags=re.DOTALL):
        exec(code, names)
    examples = [names[name] for name in ("one_pool", "even_money", "few_towns")]

    def rules(problem: pulp.LpProblem, families: Families) -> None:
        for add in examples:
            add(problem, families)

    result = solve(scenario, extend=rules)
    hours = result.teaching.groupby("to_town")["hours"].sum()
    assert hours["shilou"] == pytest.approx(hours["shawan"], abs=1e-4)
    per_head = result.funding_by_town.set_index("town")["amount_yuan"] / scenario.first.population
    assert per_head.max() <= 1.5 * per_head.min() + 1e-4
    classes = result.delivery[result.delivery["programme"] == "elderly_class"].set_index("town")["units"]
    assert (classes > 1e-6).sum() <= 3
    free = solve(scenario)
    freely = free.funding_by_town.set_index("town")["amount_yuan"] / scenario.first.population
    assert freely.max() > 1.6 * freely.min(), "the rule costs something"
    assert result.worst_level < free.worst_level


def test_no_town_has_half_as_much_again_a_head(tmp_path: Path) -> None:
    people = {"a": 500, "b": 1000}

    def close(problem: pulp.LpProblem, families: Families) -> None:
        per_head = {town: lp_sum(families.funding[town]) * (1 / heads) for town, heads in people.items()}
        for one in people:
            for other in people:
                if one != other:
                    problem += per_head[one] <= 1.5 * per_head[other], f"{one}_{other}"

    # 1.5 x a head in b is what a may have: a : b = 1.5 x 500 : 1000 = 3 : 4 of 1,400 yuan.
    result = solve(small(tmp_path, 1400), extend=close)
    assert money(result) == pytest.approx({"a": 600, "b": 800}, abs=1e-3)


def test_at_most_so_many_towns_get_a_programme(tmp_path: Path) -> None:
    def few(problem: pulp.LpProblem, families: Families) -> None:
        chosen = []
        for town in families.units.labels["town"]:
            takes = problem.add_variable(f"takes_{town}", cat=pulp.LpBinary)
            chosen.append(takes)
            problem += lp_sum(families.units[town, "class"]) <= 50 * takes, f"only_if_{town}"
        problem += lp_sum(chosen) <= 1, "at_most_one"

    # 4,000 yuan fill a (25 units, 50 points) and bring b 15 points. One town alone: a with 50, as b would have 40.
    free = solve(small(tmp_path / "free", 4000))
    result = solve(small(tmp_path / "few", 4000), extend=few)
    assert levels(free) == {"a": 50, "b": 15}
    assert levels(result) == {"a": 50, "b": 0}
    assert rule(result, "own", "at_most_one")["activity"] == 1


# -- obeyed everywhere -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["highs", "cbc"])
def test_every_stage_obeys(tmp_path: Path, solver: Any) -> None:
    def most(problem: pulp.LpProblem, families: Families) -> None:
        problem += lp_sum(families.funding["b"]) <= 300, "most"
        problem += lp_sum(families.funding["a"]) <= 600, "most_a"

    # Leximin would lift b to 6.67 points for 667 yuan.
    result = solve(small(tmp_path, stages=[LEXIMIN, TOTAL, TIE_BREAK]), Options(solver), extend=most)
    assert money(result) == pytest.approx({"a": 600, "b": 300}, abs=1e-3)


def test_the_tie_break_obeys(tmp_path: Path) -> None:
    def two_to_one(problem: pulp.LpProblem, families: Families) -> None:
        problem += lp_sum(families.funding["a"]) == 2 * lp_sum(families.funding["b"]), "two_to_one"

    scenario = small(tmp_path, stages=[TIE_BREAK])
    plain, result = solve(scenario), solve(scenario, extend=two_to_one)
    assert plain.run["projection"] == result.run["projection"] == "converged"
    spent, free = money(result), money(plain)
    assert free.get("a", 0) != pytest.approx(2 * free.get("b", 0), abs=1)
    assert spent.get("a", 0) == pytest.approx(2 * spent.get("b", 0), abs=1e-4)
    assert spent["a"] > 100


def test_whole_units_obey(tmp_path: Path) -> None:
    def almost_even(problem: pulp.LpProblem, families: Families) -> None:
        problem += lp_sum(families.funding["a"]) <= lp_sum(families.funding["b"]) + 20, "almost_even"

    # 560 and 540 yuan are closest to 600 and 500, which break the rule by 80.
    result = solve(small(tmp_path, 1100), Options(unit="百元"), extend=almost_even)
    assert money(result) == {"a": 500, "b": 600}
    assert rule(result, "own", "almost_even")["slack"] == 120


def packs(size: float, most: float, kind: str) -> Callable[[pulp.LpProblem, Families], None]:
    """Money for a comes in packs."""

    def extend(problem: pulp.LpProblem, families: Families) -> None:
        count = problem.add_variable("packs", 0, most, kind)
        problem += lp_sum(families.funding["a"]) == size * count, "in_packs"

    return extend


def test_whole_units_obey_rules_with_variables(tmp_path: Path) -> None:
    # At most 465 yuan, which is closest to 500.
    parts = solve(small(tmp_path / "parts", 1050), Options(unit="百元"), extend=packs(150, 3.1, pulp.LpContinuous))
    assert money(parts) == {"a": 400, "b": 600}
    whole = solve(small(tmp_path / "whole", 1050), Options(unit="百元"), extend=packs(100, 4, pulp.LpInteger))
    assert money(whole) == {"a": 400, "b": 600}


def test_a_rule_that_no_table_in_whole_units_keeps_is_named(tmp_path: Path) -> None:
    with pytest.raises(WholeUnitsError) as caught:
        solve(small(tmp_path, 1050), Options(unit="百元"), extend=packs(150, 3, pulp.LpInteger))
    assert "own" in caught.value.rules


def test_a_sweep_obeys_on_the_built_model_and_rebuilt(tmp_path: Path) -> None:
    scenario, amounts = small(tmp_path, stages=[TOTAL]), [600.0, 1000.0, 2000.0]
    path = "funding.sources.gov.amount"
    warm = sweep(scenario, {path: amounts}, extend=even)
    assert set(warm.points["method"]) == {"warm"}
    assert warm.levels["a"].tolist() == pytest.approx([amount / 100 for amount in amounts])
    other = sweep(scenario, {"delivery.programmes.class.unit_cost": [100, 200]}, extend=even)
    assert set(other.points["method"]) == {"rebuilt"}
    assert other.levels["b"].tolist() == pytest.approx([5, 2.5])


def test_changed_scenarios_keep_their_rules(tmp_path: Path) -> None:
    scenario = extended(small(tmp_path), even).with_({"funding.sources.gov.amount": 600})
    assert money(solve(scenario)) == pytest.approx({"a": 300, "b": 300}, abs=1e-3)


def test_the_same_twice_and_once_for_each_model(tmp_path: Path) -> None:
    calls = []

    def counted(problem: pulp.LpProblem, families: Families) -> None:
        calls.append(problem)
        even(problem, families)

    first, second = (solve(small(tmp_path / str(turn)), extend=counted) for turn in range(2))
    assert len({id(problem) for problem in calls}) == len(calls) == 2
    for name, table in first.tables.items():
        assert table.equals(second.tables[name]), name


# -- several years ---------------------------------------------------------------------------------------------------


def test_all_years_are_one_problem(tmp_path: Path) -> None:
    def steady(problem: pulp.LpProblem, families: Families) -> None:
        """What a gets in 2017 is half of what it gets in 2016."""
        later, before = (lp_sum(families.funding["a", :, :, year]) for year in (2017, "2016"))
        problem += later == 0.5 * before, "half"
        problem += lp_sum(families.funding["a", :, :, 2016]) <= 600, "first"

    result = solve(small(tmp_path, years=YEARS), Options(unit="百元"), extend=steady)
    spent = cells(result.funding[result.funding["town"] == "a"], "amount_yuan", "year")
    assert spent == {2016: 600, 2017: 300}
    shown = rule(result, "own", "half", "==", 2017)
    # Earlier years count as given in the table of rules, as for every rule: 300 == 0.5 x 600.
    assert (shown["activity"], shown["bound"], shown["slack"]) == pytest.approx((300, 300, 0), abs=1e-4)
    assert rule(result, "own", "first", year=2016)["bound"] == 600
    assert audit(result).passed


def test_a_rolling_plan_is_asked_each_year(tmp_path: Path) -> None:
    asked = []

    def each(problem: pulp.LpProblem, families: Families) -> None:
        (year,) = families.funding.labels["year"]
        asked.append(year)
        problem += lp_sum(families.funding["a"]) <= (200 if year == "2016" else 400), "most"

    result = solve(small(tmp_path, years=YEARS), Options(mode="rolling"), extend=each)
    assert asked == ["2016", "2017"]
    spent = cells(result.funding[result.funding["town"] == "a"], "amount_yuan", "year")
    assert spent == pytest.approx({2016: 200, 2017: 400}, abs=1e-3)
    assert [own["year"] for own in result.run["own_rules"]] == [2016, 2017]
    assert audit(result).passed


# -- shown and checked -----------------------------------------------------------------------------------------------


def test_a_rule_has_activity_bound_slack_and_price(tmp_path: Path) -> None:
    result = solve(small(tmp_path), extend=even)
    shown = rule(result, "own", "even")
    assert (shown["activity"], shown["bound"], shown["slack"]) == pytest.approx((0, 0, 0), abs=1e-5)
    # One yuan of room moves half a yuan from b to a: 0.005 x (2 - 1) points over two towns.
    assert shown["price_total"] == pytest.approx(0.0025)


def test_the_audit_recomputes_it_from_the_tables(tmp_path: Path) -> None:
    result = solve(small(tmp_path), extend=even)
    own = result.run["own_rules"]
    assert audit_tables(result.scenario, result.tables, own).passed
    funding = result.funding.assign(amount_yuan=[510.0, 490.0])
    broken = audit_tables(result.scenario, {**result.tables, "funding": funding}, own)
    assert "own" in broken.failed
    # Tables that show a rule which nobody declared, or hide one that was, are no better.
    assert "rows" in audit_tables(result.scenario, result.tables).failed
    hidden = result.rows[result.rows["rule"] != "own"]
    assert "rows" in audit_tables(result.scenario, {**result.tables, "rows": hidden}, own).failed


def test_what_is_written_is_audited_alone(tmp_path: Path) -> None:
    folder = solve(small(tmp_path / "plan"), extend=even).save(tmp_path / "out")
    report = audit_folder(folder)
    assert report.passed
    assert report.families.set_index("family").loc["own", "checks"] == 1
    assert audit(Result.load(folder)).passed
    for language in LANGUAGES:
        assert write_page(Result.load(folder), tmp_path / f"{language}.html", language).stat().st_size > 10_000


def test_a_rule_on_what_no_table_has_is_said_not_to_be_checked(tmp_path: Path) -> None:
    def hidden(problem: pulp.LpProblem, families: Families) -> None:
        room = problem.add_variable("room", 0, 100)
        problem += lp_sum(families.funding["a"]) <= 400 + room, "with_room"
        even(problem, families)

    result = solve(small(tmp_path), extend=hidden)
    report = audit(result)
    assert report.passed
    assert any("own/with_room" in line for line in report.lines("en")[-1:])
    assert report.families.set_index("family").loc["own", "checks"] == 1
    assert money(result) == pytest.approx({"a": 500, "b": 500}, abs=1e-3)


def test_a_plan_without_any_has_no_trace_of_them(tmp_path: Path) -> None:
    result = solve(small(tmp_path))
    assert "own_rules" not in result.run
    assert recorded(build(result.scenario)) == []


# -- what cannot be obeyed -------------------------------------------------------------------------------------------


def twice(problem: pulp.LpProblem, families: Families) -> None:
    for _ in range(2):
        problem += families.level["a"][0] <= 50, "twice"


def two_variables(problem: pulp.LpProblem, _: Families) -> None:
    problem += problem.add_variable("z") + problem.add_variable("z") <= 1, "both"


def taken_row(problem: pulp.LpProblem, families: Families) -> None:
    problem += families.level["a"][0] <= 50, problem.constraints()[0].name


def objective(problem: pulp.LpProblem, families: Families) -> None:
    problem += families.level["a"][0] + 0.0


def sense(problem: pulp.LpProblem, _: Families) -> None:
    problem.sense = pulp.LpMaximize


def bounds(_: pulp.LpProblem, families: Families) -> None:
    families.level["a"][0].upBound = 5


def row(problem: pulp.LpProblem, _: Families) -> None:
    problem.constraints()[0].changeRHS(1234.0)


def product(problem: pulp.LpProblem, families: Families) -> None:
    problem += families.level["a"][0] * families.level["b"][0] <= 5, "product"


def power(problem: pulp.LpProblem, families: Families) -> None:
    problem += families.level["a"][0] ** 2 <= 5, "power"


def nothing(problem: pulp.LpProblem, families: Families) -> None:
    problem += families.level["a"] == 5, "list"


def endless(problem: pulp.LpProblem, families: Families) -> None:
    problem += pulp.LpAffineExpression({families.level["a"][0]: float("nan")}) <= 5, "nan"


def infinite(problem: pulp.LpProblem, families: Families) -> None:
    problem += families.level["a"][0] * float("inf") <= 5, "inf"


def crossed(problem: pulp.LpProblem, _: Families) -> None:
    problem += problem.add_variable("z", 3, 2) <= 5, "crossed"


@pytest.mark.parametrize(
    ("add", "code", "said"),
    [
        (twice, "E906", "twice"),
        (two_variables, "E906", "z"),
        (taken_row, "E906", ""),
        (objective, "E904", ""),
        (sense, "E904", ""),
        (bounds, "E905", "level__a"),
        (row, "E905", ""),
        (product, "E902", ""),
        (power, "E902", ""),
        (nothing, "E903", ""),
        (endless, "E908", "nan"),
        (infinite, "E908", ""),
        (crossed, "E908", "z"),
    ],
)
def test_a_bad_addition_is_one_clear_error(tmp_path: Path, add: Extend, code: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        solve(small(tmp_path), extend=add)
    (finding,) = caught.value.findings
    assert finding.code == code
    assert len({finding.message.in_language(language) for language in LANGUAGES}) == 2
    assert all(said in finding.message.in_language(language) for language in LANGUAGES)


def test_a_variable_of_another_problem_is_refused(tmp_path: Path) -> None:
    scenario, kept = small(tmp_path), list[pulp.LpVariable]()

    def remember(_: pulp.LpProblem, families: Families) -> None:
        kept.extend(families.level["a"])

    def reuse(problem: pulp.LpProblem, _: Families) -> None:
        problem += kept[0] <= 5, "old"

    build(extended(scenario, remember))
    with pytest.raises(InputError) as caught:
        solve(scenario, extend=reuse)
    assert caught.value.findings[0].code == "E907"


def test_an_error_of_the_users_own_comes_through(tmp_path: Path) -> None:
    def wrong(_: pulp.LpProblem, __: Families) -> None:
        raise TypeError("mine")

    with pytest.raises(TypeError, match="mine"):
        solve(small(tmp_path), extend=wrong)


def test_rules_without_a_name_are_numbered(tmp_path: Path) -> None:
    def unnamed(problem: pulp.LpProblem, families: Families) -> None:
        problem += families.level["a"][0] <= 50
        problem += families.level["a"][0] <= 51, "own_1"
        problem += families.level["b"][0] <= 52

    found = recorded(build(extended(small(tmp_path), unnamed)))
    assert [(own["name"], own["bound"]) for own in found] == [("own_2", 50), ("own_1", 51), ("own_3", 52)]


def test_a_contradiction_names_the_rules_to_blame(tmp_path: Path) -> None:
    def impossible(problem: pulp.LpProblem, families: Families) -> None:
        problem += lp_sum(families.funding["a"]) <= 900, "harmless"
        problem += lp_sum(families.funding) >= 1100, "too_much"

    with pytest.raises(InfeasibleError, match="too_much") as caught:
        solve(small(tmp_path), extend=impossible)
    assert [finding.found for finding in caught.value.findings] == ["too_much"]


def test_a_contradiction_of_the_plan_itself_blames_no_rule(tmp_path: Path) -> None:
    def harmless(problem: pulp.LpProblem, families: Families) -> None:
        problem += lp_sum(families.funding["a"]) <= 900, "harmless"

    lock = {"id": "promised", "decision": "funding", "where": {}, "at_least": 5000, "reason": "promised"}
    with pytest.raises(InfeasibleError, match="promised") as caught:
        solve(small(tmp_path, locks=[lock]), extend=harmless)
    assert "harmless" not in str(caught.value)


# -- families and labels ---------------------------------------------------------------------------------------------


def test_variables_are_asked_for_by_family_and_labels(tmp_path: Path) -> None:
    seen: dict[str, Any] = {}

    def look(problem: pulp.LpProblem, families: Families) -> None:
        funding = families.funding
        seen.update(dims=funding.dims, labels=funding.labels, families=dir(families))
        names = lambda asked: [each.name for each in asked]  # noqa: E731
        assert names(funding["a", :, "gov"]) == names(funding["a"]) == names(funding["a", "class", "gov", 2016])
        assert names(funding[:]) == names(funding[["a", "b"]]) == names(funding["a"]) + names(funding["b"])
        assert names(funding) == names(funding[:])
        for asked, said in ((("c",), "funding"), (("a", "clas"), "did you mean class"), (("a", 1, 2, 3, 4), "town")):
            with pytest.raises(KeyError, match=said):
                funding[asked]
        with pytest.raises(KeyError):
            funding[0:2]
        with pytest.raises(AttributeError, match="did you mean funding"):
            _ = families.fundin

    build(extended(small(tmp_path), look))
    assert seen["dims"] == ("town", "programme", "source", "year")
    assert seen["labels"]["town"] == ("a", "b")
    assert {"funding", "units", "level"} <= set(seen["families"])
