"""A result: status, labelled tables and the run record; written whole or not at all."""

from __future__ import annotations

import hashlib
import html
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from allocator.scenario.plan_year import Scenario
from allocator.tables.declared import TABLES
from allocator.tables.goals import is_missed, missed_goals
from allocator.words.columns import DECIMALS, PRICE_DECIMALS, decimals
from allocator.words.errors import InputError, UsageError
from allocator.words.texts import Text, say

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HELD_DOWN = 0.1
"""Level points that a town could rise by with nobody worse off, above which it counts as held down."""

RUN_FILE = "run.json"
SCENARIO_FOLDER = "scenario"


@dataclass(frozen=True, eq=False)
class Result:
    """What a solve gave: ``tables`` in the shape of the input, ``run`` with status, gap, seconds and versions.

    Every table is also an attribute: ``result.funding``, ``result.pairs``, ``result.towns``, ...
    """

    scenario: Scenario
    tables: Mapping[str, pd.DataFrame]
    run: Mapping[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Further files written with the tables and covered by the record's hashes, by name: the proof, if asked for."""

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name in TABLES:
            return self.tables[name]
        raise AttributeError(f"Result has no attribute or table {name!r}")

    @property
    def status(self) -> str:
        """``optimal`` or ``feasible``; without a plan there is no result."""
        return str(self.run["status"])

    def __repr__(self) -> str:
        return f"<Result {self.scenario.label}: {self.status}, worst-off town at {self.worst_level:.2f}>"

    @property
    def worst_level(self) -> float:
        """Level of the worst-off town [level points]; nan in a plan without levels."""
        towns = self.tables["towns"]
        return float(towns["level_after"].min()) if len(towns) else float("nan")

    @property
    def held_down(self) -> tuple[str, ...]:
        """Towns that could be better off in the final year with nobody worse off, were inequality not compared."""
        towns = self.tables["towns"]
        if "could_reach" not in towns:
            return ()
        towns = towns[towns["could_reach"].astype(float) - towns["level_after"].astype(float) > HELD_DOWN]
        return tuple(towns.loc[towns["year"] == self.scenario.last.year, "town"])

    def _repr_html_(self) -> str:
        """Status, key figures and the towns, for notebooks."""
        towns, balance = self.tables["towns"], self.tables["balance"].set_index("measure")
        spent = self.tables["funding_by_town"]["amount_yuan"].sum()
        facts = {
            say("result.status"): self.status,
            say("result.worst"): f"{self.worst_level:.2f}",
            say("result.mean"): f"{balance['after'].get('mean', float('nan')):.2f}",
            say("result.cv"): f"{balance['after'].get('cv', float('nan')):.4f}",
            say("result.money"): f"{spent:,.0f}",
            say("result.pairs"): str(len(self.tables["pairs"])),
        }
        cells = "".join(
            f"<td style='padding:4px 14px 4px 0'><small>{html.escape(name)}</small><br><b>{html.escape(fact)}</b></td>"
            for name, fact in facts.items()
        )
        shown = towns.head(10).to_html(index=False, border=0, float_format="{:.2f}".format)
        return f"<b>{html.escape(self.scenario.label)}</b><table><tr>{cells}</tr></table>{shown}"

    def figure(self, name: str) -> Figure:
        """A plotly figure: ``levels``, ``pairs``, ``pair_network`` or ``funding``.

        Raises:
            UsageError: there is no such figure.
        """
        from allocator.report.figures.figures import figure

        return figure(self, name)

    @property
    def missed_hard_goals(self) -> int:
        """Number of hard goals (district or town) that the plan falls short of."""
        return len(missed_goals(self.tables["goals"]))

    def to_json(self) -> str:
        """The whole result as one JSON document: schema_version, status, run and every table as records."""
        records = {name: json.loads(table.to_json(orient="records")) for name, table in self.tables.items()}
        document = {"schema_version": 1, "status": self.status, "run": dict(self.run), "tables": records}
        return json.dumps(document, ensure_ascii=False, allow_nan=False)

    def save(
        self,
        folder: str | Path,
        *,
        force: bool = False,
        extra: Mapping[str, Callable[[Path], object]] | None = None,
    ) -> Path:
        """Write tables, run record and resolved scenario; returns the folder.

        ``extra`` maps the name of a further file to the function that writes it, so that it comes or fails
        with the rest.

        Raises:
            UsageError: the folder exists and is not empty, and ``force`` is not given.
        """
        target = Path(folder)
        refuse_to_replace(target, force)
        target.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        try:
            building.chmod(0o755)
            self._write(building)
            for name, write in (extra or {}).items():
                write(building / name)
            _swap(building, target)
        finally:
            shutil.rmtree(building, ignore_errors=True)
        return target

    def _write(self, folder: Path) -> None:
        hashes = {}
        for name, table in self.tables.items():
            content = table_bytes(table)
            (folder / f"{name}.csv").write_bytes(content)
            hashes[f"{name}.csv"] = hashlib.sha256(content).hexdigest()
        for name, content in self.files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            hashes[name] = hashlib.sha256(content).hexdigest()
        self.scenario.save(folder / SCENARIO_FOLDER)
        for file in sorted((folder / SCENARIO_FOLDER).rglob("*")):
            if file.is_file():
                hashes[file.relative_to(folder).as_posix()] = hashlib.sha256(file.read_bytes()).hexdigest()
        record = json.dumps({**self.run, "sha256": hashes}, ensure_ascii=False, indent=2, allow_nan=False)
        (folder / RUN_FILE).write_text(record + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> Result:
        """Read a result folder back.

        Raises:
            UsageError: the folder is no result folder.
            InputError: its scenario cannot be read.
        """
        where = Path(folder)
        if not (where / RUN_FILE).is_file():
            raise UsageError(Text("result.no_result", {"folder": str(where)}))
        run = json.loads((where / RUN_FILE).read_text(encoding="utf-8"))
        tables = {}
        for name in TABLES:
            file = where / f"{name}.csv"
            if not file.is_file():
                raise UsageError(Text("result.no_table", {"folder": str(where), "table": file.name}))
            tables[name] = read_table(file, name)
        loaded = Scenario.load(where / SCENARIO_FOLDER)
        scenario = Scenario(str(run.get("label", loaded.label)), loaded.plan_years, loaded.warnings, loaded.source)
        return cls(scenario, tables, run)


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
    from allocator.words.errors import Finding, Place

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


def _swap(building: Path, target: Path) -> None:
    """Put the finished folder in place of the target in one step each way."""
    if target.exists():
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
        target.replace(aside / "old")
        building.replace(target)
        shutil.rmtree(aside, ignore_errors=True)
    else:
        building.replace(target)


class _Decision(NamedTuple):
    """Where a kind of whole decision stands in the tables."""

    table: str
    what: str
    town: str
    how: str
    """Column that says how it is decided, e.g. the grade a station reaches; empty where there is none."""
    amount: str
    """Column that counts it; empty where it is taken once or not at all."""
    taken: Callable[[pd.DataFrame], pd.Series[bool]]
    """Which rows of the table are decisions of their year."""


DECISIONS: Mapping[str, _Decision] = {
    "project": _Decision("projects", "project", "town", "", "", lambda t: t["state"] == "started"),
    "star": _Decision("stars", "station", "town", "grade_after", "", lambda t: t["grade_after"] != t["grade_before"]),
    "recognition": _Decision("demonstration_towns", "standard", "town", "", "", lambda t: t["new"] > 0),
    "base": _Decision("bases", "site", "town", "", "", lambda t: t["state"] == "opened"),
    "posting": _Decision("postings", "teacher", "to_town", "", "", lambda t: t["new"] > 0),
    "posts": _Decision("team", "type", "town", "", "posts", lambda t: t["posts"] > 0),
    "training": _Decision("team", "type", "town", "", "trained", lambda t: t["trained"] > 0),
}
"""Whole decisions that two plans are compared in; pairs have a table of their own."""

_KEYS = ["year", "decision", "what", "town", "how"]


def compare(a: Result, b: Result) -> dict[str, pd.DataFrame]:
    """What changes from one result to another, table by table.

    Returns ``towns`` (level and money of each town in each year in a and b, and the difference), ``balance`` (each
    measure in each year), ``pairs`` (kept, only in a, only in b, year by year), ``decisions`` (whole decisions of each
    year that differ: a project that starts, a star, a recognition, a base that opens, a posting with 1 where it is
    decided and 0 where not, posts and training with their number), ``taken`` (how many there are of each kind in each
    year) and ``goals`` (reached in a and b, and ``met`` 1, 0 or, where nothing is asked, nan).
    """
    sides = []
    for result in (a, b):
        money = result.tables["funding_by_town"].set_index(["year", "town"])["amount_yuan"]
        levels = result.tables["towns"].set_index(["year", "town"])["level_after"]
        sides.append(pd.DataFrame({"level": levels, "amount_yuan": money}).fillna({"amount_yuan": 0.0}))
    towns = sides[0].add_suffix("_a").join(sides[1].add_suffix("_b"), how="outer")
    for figure in ("level", "amount_yuan"):
        towns[f"{figure}_change"] = towns[f"{figure}_b"] - towns[f"{figure}_a"]
    measured = (
        (side, result.tables["balance"].set_index(["year", "measure"])["after"])
        for side, result in (("a", a), ("b", b))
    )
    balance = pd.DataFrame({f"after_{side}": after for side, after in measured})
    balance["change"] = balance["after_b"] - balance["after_a"]
    both = [set(zip(*(r.tables["pairs"][name] for name in ("year", "mentor", "mentee")), strict=True)) for r in (a, b)]
    pairs = [
        (*key, "kept" if key in both[0] & both[1] else "a" if key in both[0] else "b")
        for key in sorted(both[0] | both[1])
    ]
    every = pd.DataFrame({side: _decided(result) for side, result in (("a", a), ("b", b))}).fillna(0.0)
    decisions = every[every["a"] != every["b"]].reset_index()
    taken = every.groupby(["year", "decision"]).sum().reset_index()
    return {
        "towns": towns.reset_index(),
        "balance": balance.reset_index(),
        "pairs": pd.DataFrame(pairs, columns=["year", "mentor", "mentee", "in"]),
        "decisions": _in_order(decisions),
        "taken": _in_order(taken.assign(change=taken["b"] - taken["a"])),
        "goals": _goals_of_both(a, b),
    }


def _decided(result: Result) -> pd.Series[float]:
    """Every whole decision of a plan with its amount, by year, decision, what, town and how."""
    parts = []
    for name, given in DECISIONS.items():
        table = result.tables[given.table]
        table = table[given.taken(table)]
        labels = {"what": table[given.what], "town": table[given.town], "how": table[given.how] if given.how else ""}
        amount = table[given.amount].astype(float) if given.amount else 1.0
        parts.append(pd.DataFrame({"year": table["year"], "decision": name, **labels, "amount": amount}))
    return pd.concat(parts).set_index(_KEYS)["amount"].astype(float)


def _in_order(decisions: pd.DataFrame) -> pd.DataFrame:
    """Rows by kind of decision, then as they were."""
    place = {name: at for at, name in enumerate(DECISIONS)}
    return decisions.sort_values("decision", key=lambda kind: kind.map(place), kind="stable", ignore_index=True)


def _goals_of_both(a: Result, b: Result) -> pd.DataFrame:
    """What each goal reaches in two plans, by year, goal and town, and whether it is met."""
    columns = {}
    for side, result in (("a", a), ("b", b)):
        table = result.tables["goals"].set_index(["year", "goal", "town"])
        asks = table["target"].notna()
        columns[f"reached_{side}"] = table["reached"].astype(float)
        columns[f"met_{side}"] = (~is_missed(table)).astype(float).where(asks)
    return pd.DataFrame(columns).reset_index()
