"""What a written proof proves: every step's bound once more, by arithmetic that counts its own errors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from allocator.auditing.proving.bounds import Duals, Ends, exact_bound, fitted, float_bound, sign_feasible
from allocator.auditing.proving.files import Claim, Written, read_proof
from allocator.auditing.proving.ranges import ranges
from allocator.auditing.proving.vertex import vertex
from allocator.words.texts import Language, Text, current_language

EXACT_NONZEROS = 100_000
"""Cells of the matrix up to which a step's bound is found in fractions; beyond, in floats with an error bound."""
VERTEX_ROWS = 300
"""Rows up to which the optimal basis is solved in fractions too."""
KEPT = 1e-5
"""Violation, relative to the size of the row, up to which a step's plan counts as keeping a row."""

TIE_BREAK = "tie_break"
HALF_DIGIT = 5e-7
"""Half the last digit of the table of stages."""

Verdict = Literal["proven", "open", "refuted", "not_reached", "differs", "not_provable", "no_certificate"]
COLUMNS = {
    "stage": str,
    "step": str,
    "held_as": str,
    "shows": str,
    "published": float,
    "value": float,
    "bound": float,
    "gap": float,
    "asked": float,
    "error": float,
    "optimum_exact": bool,
    "violation": float,
    "verdict": str,
}


@dataclass(frozen=True, eq=False)
class ProofReport:
    """What the check of a proof found, step by step."""

    steps: pd.DataFrame
    """One row a step; numbers in the step's unit, nan where there is none.

    held_as        bounds of the earlier steps: as ``solved``, or as ``published`` where the published integers need it
    shows          ``value``: the step's objective is its value in the table of stages; ``excess``: that is a ratio,
                   and the objective is what the step's plan has above the ratio held
    published      value in the table of stages
    value          what the proof claims to be the step's optimum
    bound          what the duals prove: no plan of the step is better
    gap, asked     how far the value falls short of the bound (negative: it claims more), and how far it may
    error          width of the interval in which the bound was found; 0 in fractions
    optimum_exact  plan and bound meet in fractions
    violation      worst row of the step's plan, relative to the size of the row's terms
    verdict        proven; open (gap too wide); refuted (the value lies beyond the bound); not_reached (the step's plan
                   breaks a row or has another value); differs (from the published value, without integers);
                   not_provable (a column without an end); no_certificate (the solver gave no optimum)
    """
    integers: int
    """Integer columns, fixed as published: nothing is proven about other choices of them."""
    exact: bool
    """Whether bounds were found in fractions."""
    columns_without_end: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[str, ...]:
        """Steps that are not proven, as ``stage/step``."""
        names = self.steps["stage"] + "/" + self.steps["step"]
        return tuple(names[self.steps["verdict"] != "proven"])

    @property
    def passed(self) -> bool:
        """Every step is proven, and so is every step of the table of stages but the tie-break's."""
        return not self.failed

    def lines(self, language: Language | None = None) -> list[str]:
        """The report as lines: verdict, what is proven and what is not, every step."""
        spoken = language or current_language()
        counts = {"steps": len(self.steps), "failed": len(self.failed)}
        if not len(self.steps):
            return [Text("proof.nothing").in_language(spoken)]
        texts = [Text("proof.passed" if self.passed else "proof.failed", counts)]
        texts.append(Text("proof.in_fractions" if self.exact else "proof.in_floats"))
        texts.append(Text("proof.meaning"))
        if self.integers:
            texts.append(Text("proof.integers", {"n": self.integers}))
        if (self.steps["held_as"] == "published").any():
            texts.append(Text("proof.published_bounds"))
        texts.append(Text("proof.trusted"))
        if self.columns_without_end:
            names = ", ".join(self.columns_without_end[:5])
            texts.append(Text("proof.without_end", {"n": len(self.columns_without_end), "names": names}))
        texts.append(Text("proof.head"))
        if (self.steps["shows"] == "excess").any():
            texts.insert(-1, Text("proof.excess"))
        for row in self.steps.to_dict("records"):
            numbers = {name: _shown(row[name], 10) for name in ("value", "bound", "published")}
            numbers |= {name: _shown(row[name], 3) for name in ("gap", "asked", "error", "violation")}
            words: dict[str, object] = {"verdict": Text(f"proof.{row['verdict']}")}
            words["held_as"] = Text(f"proof.held_as_{row['held_as']}")
            exact = Text("proof.no_gap") if row["optimum_exact"] else ""
            shows = Text("proof.shows_excess") if row["shows"] == "excess" else ""
            words |= {"key": f"{row['stage']}/{row['step']}", "exact": exact, "shows": shows}
            texts.append(Text("proof.step", {**words, **numbers}))
        return [text.in_language(spoken) for text in texts]


def _shown(number: float, digits: int) -> str:
    return "-" if np.isnan(number) else f"{number:.{digits}g}"


def check_proof(folder: str | Path, *, exact_nonzeros: int = EXACT_NONZEROS) -> ProofReport:
    """Check the proof in a results folder, from the files under ``proof/`` and the table of stages alone.

    ``exact_nonzeros``: size of the matrix up to which the bounds are found in fractions.

    Raises:
        UsageError: the folder has no proof, or its files cannot be read as one.
    """
    written = read_proof(Path(folder))
    exact = written.nonzeros <= exact_nonzeros
    found = [_checked(written, claim, exact) for claim in written.claims]
    table = pd.DataFrame([*(row for row, _ in found), *_left_out(written)], columns=list(COLUMNS)).astype(COLUMNS)
    without = dict.fromkeys(name for _, names in found for name in names)
    return ProofReport(table, written.integers, exact, tuple(without))


def _left_out(written: Written) -> list[dict[str, object]]:
    """Steps of the table of stages that the proof says nothing of; the tie-break has no optimum to prove."""
    claimed = {(claim.stage, claim.name) for claim in written.claims}
    left_out = [key for key in written.published if key not in claimed and key[0] != TIE_BREAK]
    words = {"held_as": "solved", "shows": "value", "verdict": "no_certificate", "optimum_exact": False}
    return [
        {"stage": stage, "step": step, "published": written.published[stage, step], **words} for stage, step in left_out
    ]


def _checked(written: Written, claim: Claim, exact: bool) -> tuple[dict[str, object], tuple[str, ...]]:
    """One row of the report, and the names of the columns that leave the step without a bound."""
    published = written.published.get((claim.stage, claim.name), float("nan"))
    row: dict[str, object] = {"stage": claim.stage, "step": claim.name, "held_as": claim.held_as, "shows": claim.shows}
    row |= {"published": published, "asked": claim.gap, "optimum_exact": False}
    if claim.value is None:
        return {**row, "verdict": "no_certificate"}, ()
    ends = Ends(*ranges(claim.program))
    duals = fitted(claim, ends, sign_feasible(claim.program, claim.duals))
    row |= {"value": claim.value, "violation": _violation(claim)}
    at_vertex, optimum = None, False
    if exact and len(claim.program.bound) <= VERTEX_ROWS:
        at_vertex, optimum = _at_vertex(claim, ends)
    options = [_in_interval(claim, ends, each, exact) for each in (duals, at_vertex) if each and not each.unmet]
    if not options:
        return {**row, "verdict": "not_provable"}, tuple(str(written.column_names[at]) for at in duals.unmet)
    least, most = max(options)
    # The value is constant + sign * cost: `least` bounds the cost from below, whichever way the step goes.
    constant, sign = Fraction(claim.constant), Fraction(claim.sign)
    short = sign * (Fraction(claim.value) - constant) - least
    comparable = not written.integers and claim.held_as == "solved" and claim.shows == "value"
    differs = comparable and not abs(published - claim.value) <= claim.gap + HALF_DIGIT
    row |= {"bound": _outwards(constant + sign * least, claim.sign), "gap": float(short), "error": float(most - least)}
    return {**row, "optimum_exact": optimum, "verdict": _verdict(claim, short, differs)}, ()


def _at_vertex(claim: Claim, ends: Ends) -> tuple[Duals | None, bool]:
    """Exact duals of the basis the claim points at, and whether its exact plan is proven to be the optimum."""
    found = vertex(claim)
    if found is None:
        return None, False
    signs = claim.program.sense
    right = {row: dual for row, dual in found.duals.items() if int(signs[row]) * dual >= 0}
    duals = fitted(claim, ends, right)
    if duals.unmet:
        return None, False
    return duals, found.keeps_all(claim) and exact_bound(claim, ends, duals) == found.cost(claim)


def _in_interval(claim: Claim, ends: Ends, duals: Duals, exact: bool) -> tuple[Fraction, Fraction]:
    """The bound on the cost: an interval that is a point in fractions."""
    if exact:
        bound = exact_bound(claim, ends, duals)
        return bound, bound
    low, high = float_bound(claim, ends, duals)
    return Fraction(low), Fraction(high)


def _violation(claim: Claim) -> float:
    """Worst violation of a row by the step's plan, relative to 1 + the sum of |coefficient x value| + |bound|; of a
    column's bound, relative to 1 + |bound|."""
    program = claim.program
    over = program.activity(claim.x) - program.bound
    size = (
        1 + np.abs(program.bound) + replace(program, coefficient=np.abs(program.coefficient)).activity(np.abs(claim.x))
    )
    missed = np.where(program.sense == 0, np.abs(over), -program.sense * over) / size
    below = (program.lower - claim.x) / (1 + np.abs(np.where(np.isinf(program.lower), 0.0, program.lower)))
    above = (claim.x - program.upper) / (1 + np.abs(np.where(np.isinf(program.upper), 0.0, program.upper)))
    return float(max(part.max(initial=0.0) for part in (missed, below, above)))


def _verdict(claim: Claim, short: Fraction, differs: bool) -> Verdict:
    """``short``: how far the claimed value falls short of the bound."""
    asked = Fraction(claim.gap)
    if short < -asked:
        return "refuted"
    assert claim.value is not None
    reached = claim.constant + claim.sign * float(claim.cost @ claim.x)
    if _violation(claim) > KEPT or abs(reached - claim.value) > claim.gap:
        return "not_reached"
    if short > asked:
        return "open"
    return "differs" if differs else "proven"


def _outwards(bound: Fraction, sign: float) -> float:
    """The nearest float that claims no more than the bound: not below it for a maximum, not above it for a minimum."""
    near = float(bound)
    if sign * (Fraction(near) - bound) > 0:
        near = float(np.nextafter(near, -sign * np.inf))
    return near
