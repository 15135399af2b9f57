"""A result: status, labelled tables and the run record; written whole or not at all."""

from __future__ import annotations

import hashlib
import html
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from allocator.scenario.plan_year import Scenario
from allocator.tables.declared import TABLES
from allocator.tables.goals import missed_goals
from allocator.tables.written import read_table, refuse_to_replace, swap, table_bytes
from allocator.words.errors import UsageError
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
            swap(building, target)
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
