"""Write a proof: the linear model as it was solved, and the prices that bound what every step can reach.

After the stages, with the integers fixed as published, every held step is solved once more as it stood: its own row
and all later held rows released, earlier steps held. Which bounds hold the earlier steps is a choice:

solved     the bounds that stood when the step was solved: no ``give`` of its own stage yet and not loosened by the
           tie-break. With them the step's optimum is the value in the table of stages.
published  the bounds in the table of stages (``held_at``). The published plan keeps them all, so that the step always
           has a plan. Taken where the published integers keep no plan under the bounds as solved: the tie-break may
           choose pairs that need its one grid step of room, a later stage pairs that need what was given.

The objective is what is proven. Where a step holds something else (a ratio, say), its last objective is the excess over
the number held, and steps.json says so.

Nothing here is evidence by itself: ``allocator.auditing.proving`` reads the files and does its own arithmetic. For
integer plans the proof is of the linear model with the integers fixed, and says nothing about other integers.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from allocator.engine.session import Session
from allocator.engine.stages import Held, StagesRun, integer_values
from allocator.engine.tie_break import column_bounds, current_bounds
from allocator.model import Codes, Floats, Model, Terms, joined_key
from allocator.words.texts import LANGUAGES, Text

SCHEMA_VERSION = 1
HELD = "held"
"""Family whose rows restrict some steps only: each step names its own."""
BY_STEP: Mapping[str, tuple[str, str]] = {
    "objectives": ("column", "coefficient"),
    "held": ("row", "bound"),
    "duals": ("row", "dual"),
    "values": ("column", "value"),
}
"""Tables of one line a step and position: what stands there, and the number."""
RELEASED = "forbidden"
"""Family whose rows the tie-break has released; they are in no step's model."""


@dataclass(frozen=True)
class Certificate:
    """What the solver says of one step: an optimum, the plan that reaches it and a price of every row."""

    value: float
    x: Floats
    duals: Floats
    """Derivative of the optimum by the bound of each row, in the objective's unit."""


@dataclass(frozen=True)
class ProvedStep:
    """One step with what held it; ``certificate`` is none where the solver gave no optimum."""

    held: Held
    gap: float
    """Gap that the step had to close."""
    kind: Literal["solved", "published"]
    rows: Codes
    """Rows of the earlier held steps."""
    bounds: Floats
    certificate: Certificate | None


@dataclass(frozen=True, eq=False)
class Proof:
    """The exported model and one certificate a step."""

    columns: pd.DataFrame
    rows: pd.DataFrame
    matrix: pd.DataFrame
    integers: int
    steps: tuple[ProvedStep, ...]

    def files(self) -> dict[str, bytes]:
        """Content by name, relative to the results folder (``proof/...``); the same proof gives the same bytes."""
        tables = {"columns": self.columns, "rows": self.rows, "matrix": self.matrix, **self._by_step()}
        written = {f"proof/{name}.csv.gz": _packed(table) for name, table in tables.items()}
        facts = {"schema_version": SCHEMA_VERSION, "integers_fixed": self.integers}
        steps = [_facts(at, step) for at, step in enumerate(self.steps)]
        record = json.dumps({**facts, "steps": steps}, ensure_ascii=False, indent=2, allow_nan=False)
        notes = "\n\n".join(Text("proof.files").in_language(language) for language in LANGUAGES)
        return {
            "proof/README.txt": f"{notes}\n".encode(),
            "proof/steps.json": f"{record}\n".encode(),
            **dict(sorted(written.items())),
        }

    def _by_step(self) -> dict[str, pd.DataFrame]:
        """Objectives, held rows, duals and values of all steps; duals and values of zero are left out."""
        parts: dict[str, list[pd.DataFrame]] = {name: [] for name in BY_STEP}
        for at, step in enumerate(self.steps):
            objective = _summed(step.held.step.objective)
            listed = {"objectives": (objective.index, objective.to_numpy(float)), "held": (step.rows, step.bounds)}
            if step.certificate is not None:
                for name, numbers in (("duals", step.certificate.duals), ("values", step.certificate.x)):
                    kept = np.flatnonzero(numbers)
                    listed[name] = kept, numbers[kept]
            for name, (positions, numbers) in listed.items():
                label, number = BY_STEP[name]
                parts[name].append(pd.DataFrame({"step": at, label: np.asarray(positions), number: numbers}))
        return {
            name: pd.concat(made, ignore_index=True) if made else pd.DataFrame(columns=["step", *BY_STEP[name]])
            for name, made in parts.items()
        }


def proof_of(model: Model, session: Session, run: StagesRun) -> Proof:
    """A proof of every held step. Call it last: it fixes the integers; held rows end as they were.

    Two linear solves and the duals a step, from where the step ended. A step the solver gives no optimum for (a time
    limit, say) is written without a certificate.
    """
    columns, values = integer_values(model, run.x if run.x is not None else np.zeros(0))
    if len(columns):
        session.hold_integers(columns, values)
    published = np.array([held.limit for held in run.held], dtype=float)
    try:
        steps = [_prove(session, run.held, at, published) for at in range(len(run.held))]
    finally:
        _hold(session, run.held, published)
    return Proof(*_exported(model), len(columns), tuple(steps))


# -- solving once more -----------------------------------------------------------------------------


def _prove(session: Session, held: list[Held], at: int, published: Floats) -> ProvedStep:
    """One step under the bounds as solved, else under the published ones."""
    step = held[at].step
    gap = step.grid / 10 if step.gap is None else step.gap
    rows = np.array([earlier.row.first for earlier in held[:at]], dtype=np.intp)
    solved = np.array(held[at].earlier, dtype=float)
    for later in held[at:]:
        session.release_rows(later.row.positions)
    found = _certificate(session, held, at, solved)
    if found is not None or np.array_equal(solved, published[:at]):
        return ProvedStep(held[at], gap, "solved", rows, solved, found)
    found = _certificate(session, held, at, published[:at])
    return ProvedStep(held[at], gap, "published", rows, published[:at], found)


def _certificate(session: Session, held: list[Held], at: int, bounds: Floats) -> Certificate | None:
    """Optimum, plan and duals of a step with the earlier ones held at these bounds; none without an optimum."""
    step = held[at].step
    _hold(session, held[:at], bounds)
    session.return_to(held[at].mark)
    found = session.solve(step.objective, step.constant, step.maximise, 0.0)
    if found.status == "optimal" and (ended := session.mark()) is not None:
        # Once more from where that ended: many warm steps may leave rounding of 1e-3 yuan in a plan, a new start none.
        session.return_to(ended)
        found = session.solve(step.objective, step.constant, step.maximise, 0.0)
    if found.status != "optimal":
        return None
    prices = session.prices(step.objective, step.maximise)
    if prices is None:
        return None
    return Certificate(found.value, found.x, prices.rows if step.maximise else -prices.rows)


def _hold(session: Session, held: list[Held], bounds: Floats) -> None:
    for each, bound in zip(held, bounds.tolist(), strict=True):
        session.set_row_bounds(each.row.positions, np.array([bound]))


# -- writing ---------------------------------------------------------------------------------------


def _exported(model: Model) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Columns with bounds, rows with sense and bound, and the matrix; positions are those of the model."""
    lower, upper = column_bounds(model)
    families = [part for parts in model.columns.values() for part in parts]
    columns = pd.DataFrame(
        {
            "column": np.concatenate([part.terms.column for part in families]),
            "family": np.concatenate([np.full(len(part.terms), part.name, dtype=object) for part in families]),
            "key": np.concatenate([_keys(model, part.terms.labels) for part in families]),
            "integer": np.concatenate([np.full(len(part.terms), int(part.integer)) for part in families]),
        }
    ).sort_values("column", ignore_index=True)
    columns["lower"], columns["upper"] = lower[columns["column"]], upper[columns["column"]]
    rows, cells = [], []
    for name, parts in model.rows.items():
        for part in parts:
            if name == RELEASED:
                continue
            bound = np.full(len(part), np.nan) if name == HELD else current_bounds(model, part)
            rows.append(
                pd.DataFrame(
                    {"row": part.positions, "family": name, "key": _keys(model, part.labels), "sense": part.sense}
                ).assign(bound=bound)
            )
            where = {"row": part.first + part.matrix["row"], "column": part.matrix.column}
            cells.append(pd.DataFrame({**where, "coefficient": part.matrix.coefficient}))
    return (
        columns,
        pd.concat(rows).sort_values("row", ignore_index=True),
        pd.concat(cells).sort_values(["row", "column"], ignore_index=True),
    )


def _keys(model: Model, labels: Mapping[str, Codes]) -> np.ndarray:
    """Labels joined by "/", the year last where there are several."""
    keys = joined_key(model, labels)
    if "year" not in labels or len(model.axes["year"].ids) == 1:
        return keys
    years = model.decoded({"year": labels["year"]})["year"]
    return np.array(["/".join((key, year)) for key, year in zip(keys, years, strict=True)], dtype=object)


def _summed(objective: Terms) -> pd.Series:
    """Coefficient by column; a column that stands twice is added up, as sessions do."""
    summed = pd.Series(objective.coefficient, index=objective.column).groupby(level=0).sum()
    return summed[summed != 0.0]


def _facts(at: int, step: ProvedStep) -> dict[str, Any]:
    """What steps.json says of a step."""
    return {
        "step": at,
        "stage": step.held.stage,
        "name": step.held.step.name,
        "goal": "maximise" if step.held.step.maximise else "minimise",
        "objective": "value" if step.held.step.hold is None else "excess",
        "constant": step.held.step.constant,
        "gap_asked": step.gap,
        "earlier_held_as": step.kind,
        "value": None if step.certificate is None else step.certificate.value,
    }


def _packed(table: pd.DataFrame) -> bytes:
    """CSV with every number in as many digits as it has, compressed without a time stamp."""
    return gzip.compress(table.to_csv(index=False, lineterminator="\n").encode(), mtime=0)
