"""A stage of a scenario as a PuLP problem with readable names, and as an LP or MPS file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import pulp

from allocator.engine.build import build
from allocator.engine.opening import open_session
from allocator.engine.session import Limits
from allocator.engine.stages import until_step
from allocator.model.pulp_problem import PulpProblem, readable
from allocator.scenario.files.wording import meant
from allocator.scenario.plan_year import Scenario
from allocator.scenario.section import TieBreakStage
from allocator.words.errors import UsageError
from allocator.words.texts import Text

Format = Literal["lp", "mps"]
ONE = "one"
"""Column that is always 1 and carries the constant of the objective: PuLP writes none into LP and MPS files."""
LONGEST = 255
"""Longest name that LP files may have."""


def problem_of(scenario: Scenario, stage: str) -> pulp.LpProblem:
    """The problem of one step of a stage; the steps before it are solved with HiGHS, and what they reached is held.

    The objective is minimised: where the step raises something, it is its negative.

    Args:
        scenario: what is planned.
        stage: ``balance`` or ``balance/1`` for its first step, ``balance/worst_2`` by the name of the step.

    Raises:
        UsageError: there is no such stage or step.
        InfeasibleError, UnboundedError, StoppedError: a step before it has no plan.
    """
    name, _, step = stage.partition("/")
    known = [each.id for each in scenario.first.common.stages if not isinstance(each, TieBreakStage)]
    if name not in known:
        hint = meant(name, known) or Text("export.no_stages")
        raise UsageError(Text("export.unknown_stage", {"given": name, "hint": hint}))
    model = build(scenario)
    session = open_session(model, "highs", Limits())
    asked = until_step(model, scenario, session, name, step or "1")
    if model.curved:  # rows are added where the answer breaks a curved limit, so that the problem has the same answer
        session.solve(asked.objective, asked.constant, asked.maximise, asked.grid)
    made, sign = PulpProblem(model, readable), -1.0 if asked.maximise else 1.0
    made.minimise(asked.objective, 0.0, sign)
    if asked.constant:
        made.problem.objective += made.problem.add_variable(ONE, 1.0, 1.0) * (sign * asked.constant)
    made.problem.name = _file_stem(scenario, stage)
    return made.problem


def export(scenario: Scenario, stage: str, kind: Format, out: Path | None = None, *, force: bool = False) -> Path:
    """Write the problem of one step of a stage; returns the file.

    Args:
        scenario: what is planned.
        stage: see ``problem_of``.
        kind: an LP or an MPS file.
        out: the file; by default it is named after scenario and stage.
        force: replace a file that is there.

    Raises:
        UsageError: the file exists or cannot be written (said before any work); there is no such stage or step.
    """
    file = Path(f"{_file_stem(scenario, stage)}.{kind}") if out is None else out
    if file.exists() and not (force and file.is_file()):
        raise UsageError(Text("export.exists", {"file": str(file)}))
    if not os.access(file if file.exists() else file.parent, os.W_OK) or not file.parent.is_dir():
        raise UsageError(Text("export.unwritable", {"file": str(file)}))
    problem = problem_of(scenario, stage)
    if kind == "lp":
        problem.writeLP(str(file), max_length=LONGEST)
    else:
        problem.writeMPS(str(file))
    return file


def _file_stem(scenario: Scenario, stage: str) -> str:
    return f"{scenario.label}-{stage.replace('/', '-')}"
