"""Whole decisions by name, as one solve hands them to another: from the last plan, or from the years one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd

from allocator.model import Codes, Floats, Model, Terms
from allocator.words.errors import UsageError
from allocator.words.texts import Text

START_FILE = "start.csv"
"""File of a results folder that a later solve can start from."""
COLUMNS = ["decision", "where", "value"]


def whole_decisions(model: Model, x: Floats) -> pd.DataFrame:
    """Whole decisions of a plan that are not 0 [decision, where, value]; ``where`` is ``label=id;label=id``.

    Of a family of which nothing is taken, the first decision stands there with 0: it was decided, too.
    """
    parts = []
    for family, terms in _whole(model):
        value = np.round(x[terms.column]).astype(int)
        taken = np.flatnonzero(value) if value.any() else np.arange(min(1, len(value)))
        own = terms.where(taken)
        parts.append(pd.DataFrame({"decision": family, "where": _names(model, own), "value": value[taken]}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def start_values(model: Model, decisions: pd.DataFrame) -> tuple[Codes, Floats]:
    """Whole columns of a model and what they start with: where the decisions name none, what is nearest to 0.

    Families that the decisions do not name at all stay open: those who decided had none. People who stay in their
    posts, say, are columns of several years only, and follow from the posts.
    """
    known = dict(zip(zip(decisions["decision"], decisions["where"], strict=True), decisions["value"], strict=True))
    columns, values = [np.zeros(0, dtype=np.intp)], [np.zeros(0)]
    named = set(decisions["decision"])
    for family, terms in _whole(model):
        if family not in named:
            continue
        columns.append(terms.column)
        values.append(np.array([known.get((family, where), 0) for where in _names(model, terms)], dtype=float))
    at = np.concatenate(columns)
    return at, np.clip(np.concatenate(values), model.column_lower[at], model.column_upper[at])


def taken_over(model: Model, decisions: pd.DataFrame) -> int:
    """How many of some whole decisions are decisions of a model.

    Raises:
        UsageError: there are some, and none of them is.
    """
    known = {(family, where) for family, terms in _whole(model) for where in _names(model, terms)}
    own = sum(each in known for each in zip(decisions["decision"], decisions["where"], strict=True))
    if len(decisions) and not own:
        raise UsageError(Text("solve.start_foreign", {"n": len(decisions)}))
    return own


def by_year(decisions: pd.DataFrame, years: Sequence[int]) -> dict[int, pd.DataFrame]:
    """Each year's own whole decisions.

    Raises:
        UsageError: there are some, and none of these years has any.
    """
    named = decisions["where"].str.extract(r"(?:^|;)year=(\d+)(?:;|$)", expand=False)
    parts = {year: decisions[named == str(year)] for year in years}
    if len(decisions) and all(part.empty for part in parts.values()):
        raise UsageError(Text("solve.start_foreign", {"n": len(decisions)}))
    return parts


def read_start(folder: Path) -> pd.DataFrame:
    """The whole decisions of a results folder.

    Raises:
        UsageError: the folder has none.
    """
    file = folder / START_FILE
    if not file.is_file():
        raise UsageError(Text("solve.start_missing", {"file": str(file)}))
    made = pd.read_csv(file, dtype={"decision": str, "where": str})
    if list(made.columns) != COLUMNS or not pd.api.types.is_numeric_dtype(made["value"]):
        raise UsageError(Text("solve.start_unreadable", {"file": str(file), "columns": ", ".join(COLUMNS)}))
    return made


def offered_by(start: Path | pd.DataFrame | None) -> pd.DataFrame | None:
    """Whole decisions to begin with [decision, where, value], from a results folder or as they are; none without any.

    Raises:
        UsageError: the folder has none.
    """
    return read_start(start) if isinstance(start, Path) else start


def start_name(start: Path | pd.DataFrame | None) -> str | None:
    """What the run record calls a start."""
    if start is None:
        return None
    return start.name if isinstance(start, Path) else "decisions"


def start_files(decisions: pd.DataFrame) -> dict[str, bytes]:
    """What is written for a later solve; nothing for a plan without whole decisions."""
    return {} if decisions.empty else {START_FILE: decisions.to_csv(index=False, lineterminator="\n").encode()}


def start_in(files: Mapping[str, bytes]) -> pd.DataFrame | None:
    """The whole decisions among the further files of a result; none for a plan without any."""
    return pd.read_csv(BytesIO(files[START_FILE])) if START_FILE in files else None


def joined_start(parts: Sequence[Mapping[str, bytes]]) -> dict[str, bytes]:
    """What several years wrote, as one file."""
    found = [part[START_FILE].split(b"\n", 1) for part in parts if START_FILE in part]
    return {START_FILE: found[0][0] + b"\n" + b"".join(rows for _, rows in found)} if found else {}


def _whole(model: Model) -> Iterator[tuple[str, Terms]]:
    for family, parts in model.columns.items():
        for part in parts:
            if part.integer:
                yield family, part.terms


def _names(model: Model, terms: Terms) -> list[str]:
    """``label=id;label=id`` of every column, labels in alphabetical order."""
    labels = model.decoded(terms.labels)
    dims = sorted(labels)
    rows = zip(*(labels[dim] for dim in dims), strict=True)
    return [";".join(f"{dim}={each}" for dim, each in zip(dims, row, strict=True)) for row in rows]
