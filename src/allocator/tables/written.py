"""How result tables and folders are written and read back: columns, decimals, order; a folder whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from allocator.tables.declared import TABLES
from allocator.words.columns import DECIMALS, PRICE_DECIMALS, decimals
from allocator.words.errors import Finding, InputError, Place, UsageError
from allocator.words.texts import Text


def refuse_to_replace(folder: Path, force: bool) -> None:
    """Raises UsageError if a folder has content and may not be replaced."""
    if folder.is_file() or (folder.exists() and any(folder.iterdir()) and not force):
        raise UsageError(Text("result.exists", {"folder": str(folder)}))


YEAR_COLUMNS = frozenset(name for table in TABLES.values() for name, kind in table.kinds.items() if kind == "year")
"""Columns that hold years; one that has not come yet is empty."""


def table_bytes(table: pd.DataFrame) -> bytes:
    """A table as it is written: UTF-8 with BOM, six decimals (prices twelve), ``\\n`` line ends."""
    written = table.copy()
    for column in written.columns[[str(column).startswith("price_") for column in written.columns]]:
        if written[column].dtype.kind == "f":
            written[column] = ["" if np.isnan(price) else f"{price:.{PRICE_DECIMALS}f}" for price in written[column]]
    for column in YEAR_COLUMNS & set(written.columns):
        if written[column].dtype.kind == "f":
            written[column] = ["" if np.isnan(year) else f"{year:.0f}" for year in written[column]]
    text = written.to_csv(index=False, float_format=f"%.{DECIMALS}f", lineterminator="\n")
    return text.encode("utf-8-sig")


def read_table(file: Path, name: str) -> pd.DataFrame:
    """Read a written result table with the kinds of its columns.

    Raises:
        InputError: columns are missing or a number cannot be read.
    """
    kinds, words = TABLES[name].kinds, TABLES[name].words
    try:
        table = pd.read_csv(
            file,
            encoding="utf-8-sig",
            dtype=dict.fromkeys(words, str),
            keep_default_na=False,
            na_values={c: [""] for c in kinds if c not in words},
        )
        missing = [column for column in ("year", *kinds) if column not in table]
    except (ValueError, UnicodeDecodeError):
        table, missing = pd.DataFrame(), ["year", *kinds]
    if missing:
        found = Text("result.unreadable", {"table": file.name, "columns": ", ".join(missing)})
        raise InputError([Finding("E251", Place(str(file)), "", found)])
    return table[["year", *kinds]]


def tidy(name: str, year: int, table: pd.DataFrame) -> pd.DataFrame:
    """A result table in its written form: declared columns, sorted by label, rounded, no negative zero."""
    if not len(table):
        return _empty(name).copy()
    kinds, keys = TABLES[name].kinds, list(TABLES[name].sorted_by)
    made = table.reindex(columns=list(kinds))
    if keys and len(made):
        made = made.sort_values(keys, kind="stable")
    for column, kind in kinds.items():
        if kind in ("label", "text"):
            made[column] = made[column].fillna("").astype(str)
        elif kind == "year" and made[column].isna().any():
            made[column] = made[column].astype(float)
        elif kind in ("whole", "flag", "year"):
            made[column] = made[column].astype("int64" if made[column].notna().all() else "Int64")
        else:
            made[column] = made[column].astype(float).round(decimals(kind)) + 0.0
    made.insert(0, "year", np.full(len(made), year, dtype="int64"))
    return made.reset_index(drop=True)


@cache
def _empty(name: str) -> pd.DataFrame:
    """A result table without rows; most tables of a small plan have none."""
    words, whole = ("label", "text"), ("year", "whole", "flag")
    kinds = {"year": "year", **TABLES[name].kinds}
    types = {
        column: "object" if kind in words else "int64" if kind in whole else "float64" for column, kind in kinds.items()
    }
    return pd.DataFrame({column: pd.Series([], dtype=dtype) for column, dtype in types.items()})


def swap(building: Path, target: Path) -> None:
    """Put the finished folder in place of the target in one step each way."""
    if target.exists():
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
        target.replace(aside / "old")
        building.replace(target)
        shutil.rmtree(aside, ignore_errors=True)
    else:
        building.replace(target)
