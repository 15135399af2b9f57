"""What a run says of itself: the one home of what ``optimal`` means, and of the exit codes.

A step of a stage is optimal where its gap is at most the gap asked for (engine.session.Solution). A plan is optimal
where every one of its parts is: all steps of a model, all years of a rolling plan. Everything else asks these here:
the run record, rows of sweeps and batches, the exit code, the report. docs/how-to.md is tested against the codes.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Literal

PlanStatus = Literal["optimal", "feasible"]
"""optimal: every part reached the gap asked for; feasible: a plan that keeps all rules, not proven best."""


class ExitCode(IntEnum):
    """What became of a command, as the shell sees it."""

    OPTIMAL = 0
    GOALS_MISSED = 1
    USAGE = 2
    BAD_INPUT = 3
    INFEASIBLE = 4
    FEASIBLE = 5
    STOPPED = 6
    BATCH_FAILURES = 7
    AUDIT_FAILED = 8
    UNBOUNDED = 9
    INTERNAL = 70
    INTERRUPTED = 130

    @property
    def has_plan(self) -> bool:
        """Whether a solve that ended so wrote a plan."""
        return self in (ExitCode.OPTIMAL, ExitCode.FEASIBLE)


def is_optimal(status: str) -> bool:
    """Whether a step or a plan reached the gap asked for, given all that came before it."""
    return status == "optimal"


def reached_gap(status: str) -> bool:
    """Whether a step reached the gap asked for, even if it depends on one before it that did not (conditional)."""
    return status.partition(",")[0] == "optimal"


def plan_status(parts: Iterable[str]) -> PlanStatus:
    """Status of a plan, given those of its parts."""
    return "optimal" if all(is_optimal(status) for status in parts) else "feasible"


def exit_code_of(status: str) -> ExitCode:
    """Exit code of a solve that found a plan of this status."""
    return ExitCode.OPTIMAL if is_optimal(status) else ExitCode.FEASIBLE
