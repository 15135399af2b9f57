"""Tables as they were written, made safe to compute with; whatever is not as it should be becomes a check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from allocator.blocks.shared.checks import Checks, forbidden, keys
from allocator.tables.declared import BLOCKS, TABLES
from allocator.words.columns import Table


def read_texts(file: Path) -> pd.DataFrame | None:
    """A CSV file with every cell as text; none where it is no such file."""
    try:
        return pd.read_csv(file, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    except (OSError, ValueError, pd.errors.ParserError):
        return None


def cleaned(tables: Mapping[str, pd.DataFrame]) -> tuple[dict[str, pd.DataFrame], list[Checks]]:
    """Every table with its declared columns, numbers as floats (nan where none is), labels as texts; and findings."""
    made, findings = {}, []
    for name, table in TABLES.items():
        if name not in tables:
            findings.append(forbidden(f"table.{name}", np.array(["-"], dtype=object)))
        raw = tables.get(name, pd.DataFrame(columns=["year", *table.columns]))
        made[name], wrong = _clean(table, raw)
        findings.append(forbidden(f"table.{name}", np.array(wrong, dtype=object)))
    return made, findings


def _clean(table: Table, raw: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """A table and the keys (row/column, rows counted from 1) of what is wrong in it."""
    known = ("year", *table.columns)
    if not len(raw) and tuple(raw.columns) == known:
        return _empty(table.name).copy(), []
    columns: dict[str, pd.Series[Any]] = {}
    wrong = [f"-/{column}" for column in known if column not in raw]
    wrong += [f"-/{column}" for column in raw.columns if column not in known]
    for column in known:
        cells = raw[column] if column in raw else pd.Series([None] * len(raw), dtype=object)
        if isinstance(cells, pd.DataFrame):
            cells = cells.iloc[:, 0]
        cells = cells.reset_index(drop=True)
        if column in table.words:
            words = zip(cells.to_numpy(dtype=object), cells.isna().to_numpy(), strict=True)
            columns[column] = pd.Series(["" if missing else str(word) for word, missing in words], dtype=object)
            continue
        numbers = pd.to_numeric(cells, errors="coerce").astype(float)
        bad = ~np.isfinite(numbers.to_numpy())
        if bad.any() and column != "year" and table.columns[column].may_be_empty:
            bad &= ~(cells.isna() | (cells.astype(str).str.strip() == "")).to_numpy()
        if column in raw:
            wrong += [f"{at + 1}/{column}" for at in np.flatnonzero(bad)]
        columns[column] = numbers
    return pd.DataFrame(columns), wrong


@cache
def _empty(name: str) -> pd.DataFrame:
    """A clean table without rows."""
    table = TABLES[name]
    columns = ("year", *table.columns)
    return pd.DataFrame({each: pd.Series([], dtype=object if each in table.words else float) for each in columns})


def of_years(
    tables: Mapping[str, pd.DataFrame], years: Sequence[int]
) -> tuple[dict[int, dict[str, pd.DataFrame]], list[Checks]]:
    """Tables by year, without the year column; rows of no year of the scenario and rows that occur twice."""
    made: dict[int, dict[str, pd.DataFrame]] = {year: {} for year in years}
    findings = []
    for name, frame in tables.items():
        if not len(frame):
            findings.append(forbidden(f"table.{name}", np.zeros(0, dtype=object)))
            for year in years:
                made[year][name] = frame.drop(columns="year")
            continue
        stray = ~frame["year"].isin(list(years))
        wrong = [f"{at + 1}/year" for at in np.flatnonzero(stray)]
        labels = TABLES[name].labels
        twice = frame.duplicated(["year", *labels]).to_numpy()
        wrong += [f"{at + 1}/{key}" for at, key in zip(np.flatnonzero(twice), keys(frame[twice], labels), strict=True)]
        findings.append(forbidden(f"table.{name}", np.array(wrong, dtype=object)))
        for year in years:
            own = frame[frame["year"] == year]
            made[year][name] = own.drop(columns="year").reset_index(drop=True)
    return made, findings


def without_block(tables: Mapping[str, pd.DataFrame], blocks: set[str]) -> list[Checks]:
    """Rows of tables whose block is not part of the plan."""
    made = []
    for name, block in BLOCKS.items():
        if block not in blocks and len(tables[name]):
            rows = np.array([str(at + 1) for at in range(len(tables[name]))], dtype=object)
            made.append(forbidden(f"table.{name}", rows))
    return made
