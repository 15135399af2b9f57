"""Read the files of a proof: one linear model, and for each step its objective, held rows, duals and plan."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocator.words.errors import UsageError
from allocator.words.texts import Text

Codes = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]

PROOF_FOLDER = "proof"
_SENSES = {"<=": -1, "==": 0, ">=": 1}
_KNOWN: Mapping[str, tuple[str, ...]] = {
    "goal": ("maximise", "minimise"),
    "earlier_held_as": ("solved", "published"),
    "objective": ("value", "excess"),
}
_WORDS = ("family", "key", "sense")
_WHOLE = ("step", "row", "column", "integer")
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "columns": ("column", "family", "key", "integer", "lower", "upper"),
    "rows": ("row", "family", "key", "sense", "bound"),
    "matrix": ("row", "column", "coefficient"),
    "objectives": ("step", "column", "coefficient"),
    "held": ("step", "row", "bound"),
    "duals": ("step", "row", "dual"),
    "values": ("step", "column", "value"),
}


@dataclass(frozen=True, eq=False)
class Program:
    """Rows ``sum of coefficient x column (<=, ==, >=) bound`` over columns within their bounds.

    ``row``, ``column`` and ``coefficient`` are aligned and sorted by row; rows that do not restrict have no cells.
    """

    lower: Floats
    upper: Floats
    sense: npt.NDArray[np.int8]
    """-1 for <=, 0 for ==, 1 for >=."""
    bound: Floats
    row: Codes
    column: Codes
    coefficient: Floats

    def cells_of(self, row: int) -> slice:
        """Where the cells of a row stand."""
        first, last = np.searchsorted(self.row, [row, row + 1]).tolist()
        return slice(first, last)

    def activity(self, x: Floats) -> Floats:
        """Left-hand side of every row at x."""
        weights = self.coefficient * x[self.column]
        return np.bincount(self.row, weights=weights, minlength=len(self.bound)).astype(float)


@dataclass(frozen=True, eq=False)
class Claim:
    """What is said of one step, turned into a minimisation: the value is ``constant + sign * (cost @ x)``."""

    stage: str
    name: str
    held_as: str
    """``solved`` or ``published``: which bounds the earlier steps are held at."""
    shows: str
    """``value``: the objective is what the table of stages shows; ``excess``: it shows a ratio."""
    sign: float
    """-1 where the step maximises."""
    constant: float
    gap: float
    value: float | None
    program: Program
    cost: Floats
    duals: Floats
    x: Floats


@dataclass(frozen=True, eq=False)
class Written:
    """All that a proof folder says."""

    integers: int
    nonzeros: int
    column_names: npt.NDArray[np.object_]
    claims: tuple[Claim, ...]
    published: Mapping[tuple[str, str], float]
    """Stage and step to the value in the table of stages."""


def read_proof(folder: Path) -> Written:
    """Read ``folder/proof``, and the values in ``folder/stages.csv``.

    Raises:
        UsageError: there is no proof, or its files cannot be read as one.
    """
    where = folder / PROOF_FOLDER
    if not (where / "steps.json").is_file():
        raise UsageError(Text("proof.missing", {"folder": str(folder)}))
    try:
        return _read(where, _published(folder / "stages.csv"))
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(Text("proof.unreadable", {"folder": str(where), "why": error})) from error


def _published(file: Path) -> Mapping[tuple[str, str], float]:
    table = pd.read_csv(file, encoding="utf-8-sig", dtype={"stage": str, "step": str})
    return dict(zip(zip(table["stage"], table["step"], strict=True), table["value"].astype(float), strict=True))


def _read(where: Path, published: Mapping[tuple[str, str], float]) -> Written:
    record = json.loads((where / "steps.json").read_text(encoding="utf-8"))
    tables = {name: _table(where, name) for name in _COLUMNS}
    columns, rows, matrix = tables["columns"], tables["rows"], tables["matrix"].sort_values(["row", "column"])
    if matrix.duplicated(["row", "column"]).any():
        raise ValueError("matrix: a cell twice")
    program = Program(
        columns["lower"].to_numpy(float),
        columns["upper"].to_numpy(float),
        np.array([_SENSES[sense] for sense in rows["sense"]], dtype=np.int8),
        rows["bound"].to_numpy(float),
        _positions(rows["row"], matrix["row"]),
        _positions(columns["column"], matrix["column"]),
        _finite(matrix["coefficient"]),
    )
    if np.isnan(program.lower).any() or np.isnan(program.upper).any() or np.isinf(program.bound).any():
        raise ValueError("bounds")
    claims = tuple(_claim(facts, program, tables) for facts in record["steps"])
    names = (columns["family"] + "[" + columns["key"] + "]").to_numpy(object)
    integers = int((columns["integer"] == 1).sum())
    if ((columns["integer"] == 1) & (columns["lower"] != columns["upper"])).any():
        raise ValueError("columns: an integer is not fixed")
    return Written(integers, len(matrix), names, claims, published)


def _table(where: Path, name: str) -> pd.DataFrame:
    """One table; every number is the float that its digits stand for."""
    table = pd.read_csv(where / f"{name}.csv.gz", dtype=str, keep_default_na=False)
    if missing := [column for column in _COLUMNS[name] if column not in table]:
        raise ValueError(f"{name}: {', '.join(missing)}")
    for column in _COLUMNS[name]:
        if column in _WHOLE:
            table[column] = [int(text) for text in table[column]]
        elif column not in _WORDS:
            table[column] = [float(text) if text else np.nan for text in table[column]]
    return table


def _claim(facts: Mapping[str, Any], program: Program, tables: Mapping[str, pd.DataFrame]) -> Claim:
    """One step: the rows that hold it, in its own program."""
    own = {
        name: tables[name][tables[name]["step"] == facts["step"]] for name in ("objectives", "held", "duals", "values")
    }
    columns, rows = tables["columns"]["column"], tables["rows"]["row"]
    bound = program.bound.copy()
    bound[_positions(rows, own["held"]["row"])] = _finite(own["held"]["bound"])
    for fact, known in _KNOWN.items():
        if facts[fact] not in known:
            raise ValueError(f"steps: {fact}")
    sign = -1.0 if facts["goal"] == "maximise" else 1.0
    cost, x, duals = np.zeros(len(columns)), np.zeros(len(columns)), np.zeros(len(rows))
    cost[_positions(columns, own["objectives"]["column"])] = sign * _finite(own["objectives"]["coefficient"])
    x[_positions(columns, own["values"]["column"])] = _finite(own["values"]["value"])
    duals[_positions(rows, own["duals"]["row"])] = sign * _finite(own["duals"]["dual"])
    restricts = ~np.isnan(bound)
    duals[~restricts], bound[~restricts] = 0.0, 0.0
    kept = restricts[program.row]
    mine = replace(
        program, bound=bound, row=program.row[kept], column=program.column[kept], coefficient=program.coefficient[kept]
    )
    value = None if facts["value"] is None else float(facts["value"])
    numbers = float(facts["constant"]), float(facts["gap_asked"])
    if not np.isfinite([*numbers, value or 0.0]).all():
        raise ValueError("steps")
    return Claim(
        stage=str(facts["stage"]),
        name=str(facts["name"]),
        held_as=str(facts["earlier_held_as"]),
        shows=str(facts["objective"]),
        sign=sign,
        constant=numbers[0],
        gap=numbers[1],
        value=value,
        program=mine,
        cost=cost,
        duals=duals,
        x=x,
    )


def _positions(known: pd.Series, wanted: pd.Series) -> Codes:
    """Where ids stand among the known ones. Raises ValueError for an unknown or repeated one."""
    found: Codes = pd.Index(known).get_indexer(pd.Index(wanted)).astype(np.intp)
    if (found < 0).any():
        raise ValueError(f"{wanted.name}: unknown")
    return found


def _finite(numbers: pd.Series) -> Floats:
    read = numbers.to_numpy(float)
    if not np.isfinite(read).all():
        raise ValueError(f"{numbers.name}: not a number")
    return read
