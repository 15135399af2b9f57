"""Every shipped scenario against values found by another way: scenarios/<plan>/expected says how.

Two right answers may differ, because a step is only closed to a tenth of its grid and held on a grid point one step
worse: a value that lies between two grid points may be held on either, and the steps after it may use that room.
Each line of an expected file says how far (``within``: five grid steps, that is 5e-4 level points, 5e-3 for sums of
levels, 5e-4 unit changes), or the file does (``tolerance``). Counts and weights of pairs have no such room.
"""

from __future__ import annotations

from functools import cache

import pytest

from allocator.engine.build import build
from allocator.engine.highs import HighsSession
from allocator.engine.stages import StagesRun, loosen, run_stages
from allocator.engine.tie_break import choose_integers
from allocator.model import Model
from allocator.plan.reading import load
from allocator.scenario.section import TieBreakStage
from allocator.tables.result import Result
from shipped import FILES, QUICK, expected, parameters, result

Pairs = set[tuple[str, str]]

NOT_PROJECTED = [name for name in FILES if name not in QUICK]
"""Stages and pairs only: the projection, the tables and the audit of these are tested under ``slow``."""


@cache
def found(name: str) -> tuple[dict[tuple[str, str], float], Pairs]:
    """Stage and step to value, and the pairs."""
    if name in QUICK:
        solved = result(name)
        values = zip(solved.stages["stage"], solved.stages["step"], solved.stages["value"].astype(float), strict=True)
        pairs = set(zip(solved.pairs["mentor"], solved.pairs["mentee"], strict=True))
        return {(stage, step): value for stage, step, value in values}, pairs
    scenario = load(FILES[name])
    model = build(scenario)
    session = HighsSession(model)
    run = run_stages(model, scenario, session)
    loosen(session, run)
    stage = next(s for s in scenario.first.common.stages if isinstance(s, TieBreakStage))
    assert choose_integers(model, session, scenario, stage, run), "the pairs are not unique"
    assert run.closed
    return {(each.stage, each.step): each.value for each in run.records}, chosen_pairs(model, run)


def chosen_pairs(model: Model, run: StagesRun) -> Pairs:
    """Mentor and mentee of the pairs in the run's plan."""
    assert run.x is not None
    pairing = model.family("pairing")
    made = pairing.where(run.x[pairing.column] > 0.5)
    named = model.decoded({dim: made[dim] for dim in ("mentor", "mentee")})
    return set(zip(named["mentor"], named["mentee"], strict=True))


@pytest.mark.parametrize("name", parameters(FILES, slow=True))
def test_stage_values_are_those_of_another_way(name: str) -> None:
    told, (values, pairs) = expected(name), found(name)
    assert told["how"]
    # By hand only the stages themselves are solved; the tie-break's last look at the last stage is nowhere.
    by_hand = name.startswith("tiny/")
    steps = {key for key in values if not key[1].endswith("_again") and not (by_hand and key[0] == "tie_break")}
    assert steps == {(line["stage"], line["step"]) for line in told["stages"]}
    wrong = {}
    for line in told["stages"]:
        value, within = values[line["stage"], line["step"]], line.get("within", told.get("tolerance"))
        if abs(value - line["value"]) > within:
            wrong[line["step"]] = (line["value"], value)
    assert not wrong
    if "pairs" in told:
        assert {(pair["mentor"], pair["mentee"]) for pair in told["pairs"]} == pairs


def near(wanted: dict[str, float], got: dict[str, float], within: float) -> bool:
    return wanted.keys() == got.keys() and all(abs(wanted[key] - got[key]) <= within for key in wanted)


@pytest.mark.xdist_group("tiny/2016")
def test_tiny_has_the_plan_that_is_worked_out_by_hand(tiny_result: Result) -> None:
    told = expected("tiny/2016")
    levels = tiny_result.towns.set_index("town")["level_after"].to_dict()
    money = tiny_result.funding_by_town.set_index("town")["amount_yuan"].to_dict()
    assert near(told["levels"], levels, told["tolerance"])
    assert near(told["funding_by_town"], money, 50.0)
    section = tiny_result.scenario.first.sections["delivery"]
    costs = {programme.id: programme.unit_cost for programme in section.programmes}  # type: ignore[attr-defined]
    units = {town: dict.fromkeys(costs, 0.0) for town in levels}
    for town, programme, amount in tiny_result.delivery[["town", "programme", "units"]].itertuples(index=False):
        units[town][programme] = amount
    for town, wanted in told["units"].items():
        for programme, amount in wanted.items():
            assert abs(units[town][programme] - amount) * costs[programme] <= 50.0, (town, programme)
