"""Errors that a user can act on: what was found, where, what was expected, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from allocator.words.status import ExitCode
from allocator.words.texts import Text


@dataclass(frozen=True, order=True)
class Place:
    """Where something stands: a file with line and column (YAML), or with row and column name (table)."""

    file: str
    line: int | None = None
    column: int | None = None
    """Column of the text, from 1; None in tables."""
    field: str | None = None
    """Column name of a table."""

    def __str__(self) -> str:
        parts = [self.file]
        if self.line is not None:
            parts.append(str(self.line))
        if self.column is not None:
            parts.append(str(self.column))
        if self.field is not None:
            parts.append(self.field)
        return ":".join(parts)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong (or worth a warning) in what the user gave."""

    code: str
    """Stable and documented, e.g. ``E101``; warnings start with ``W``, infeasibility by arithmetic with ``F``."""
    place: Place | None
    path: str
    """Path of the value inside the scenario, e.g. ``funding.sources.government.amount``; empty for a whole file."""
    message: Text
    found: str | None = None
    expected: Text | None = None
    hint: Text | None = None

    @property
    def severity(self) -> Literal["error", "infeasible", "warning"]:
        """What kind of finding it is, by the letter of its code."""
        kinds: dict[str, Literal["error", "infeasible", "warning"]] = {"W": "warning", "F": "infeasible"}
        return kinds.get(self.code[0], "error")


class AllocatorError(Exception):
    """Base of every error this package raises on purpose; carries the exit code of the command line."""

    exit_code: ClassVar[ExitCode] = ExitCode.INTERNAL
    status: ClassVar[str] = "failed"
    """What a row of a batch says of a scenario that ended so."""

    def __init__(self, message: Text) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class UsageError(AllocatorError):
    """The request itself cannot be carried out: a wrong option, or a file that would be overwritten."""

    exit_code = ExitCode.USAGE


class InputError(AllocatorError):
    """The plan has errors; all of them are in ``findings``."""

    exit_code = ExitCode.BAD_INPUT
    status = "bad_input"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(Text("errors.input", {"n": len(findings)}))
        self.findings = tuple(findings)


class NoPlanError(AllocatorError):
    """There is no plan, so there are no tables."""


class InfeasibleError(NoPlanError):
    """The rules of the plan contradict one another. ``findings`` holds what arithmetic could say about why."""

    exit_code = ExitCode.INFEASIBLE
    status = "infeasible"

    def __init__(self, message: Text, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


class WholeUnitsError(InfeasibleError):
    """No table of money in whole units keeps all rules."""

    def __init__(self, message: Text, rules: tuple[str, ...], finer: str | None) -> None:
        super().__init__(message)
        self.rules = rules
        """Families of rules that contradict one another in this unit."""
        self.finer = finer
        """The next finer unit in which a table exists; none if no unit works."""


class StoppedError(NoPlanError):
    """A limit was reached before any plan was found."""

    exit_code = ExitCode.STOPPED
    status = "stopped"


class InterruptedRun(NoPlanError):
    """The user stopped the run; nothing was written."""

    exit_code = ExitCode.INTERRUPTED


class UnboundedError(NoPlanError):
    """Nothing limits what the stage wants more of."""

    exit_code = ExitCode.UNBOUNDED
    status = "unbounded"


class SolverError(AllocatorError):
    """The solver refused the model or an option; not the user's fault."""


class AuditError(AllocatorError):
    """A plan broke a rule of its own scenario in the independent audit; nothing was written."""

    exit_code = ExitCode.AUDIT_FAILED
    status = "audit_failed"
