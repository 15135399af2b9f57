"""One plan year, end to end: where the time goes, and what raw HiGHS needs for the same matrices.

    python benchmarks/one_year.py                     print the table
    python benchmarks/one_year.py --write             and put it into docs/benchmarks.md
    python benchmarks/one_year.py --towns 176 --rounds 1 --no-sweep

16 towns is Panyu 2016 with its default stages, whole pairs and all. Larger sizes are made-up plans
(``synthetic_plan``) with max-min, then the weighted mean, pairs relaxed, under a loose and a tight budget. Both sides
take turns in one process on one thread; every figure is the median of the rounds. The ratio is

    (build + hand-over + solve + tie-break + read) / raw HiGHS

where raw HiGHS passes, solves and reads the same matrices with its best method (see ``raw_highs``).
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from budget_sweep import sweep_table
from hand_over import hand_over_table
from raw_highs import METHODS, Method, Recorder, Snapshot, solve_raw
from synthetic_plan import BUDGETS, write_plan

from allocator.auditing.whole import audit_tables
from allocator.engine.build import build
from allocator.engine.opening import open_session
from allocator.engine.prices import stage_prices
from allocator.engine.session import Limits, Session
from allocator.engine.stages import StagesRun, loosen, run_stages
from allocator.engine.tie_break import choose_integers, project_plan
from allocator.model import Codes, Floats, Model
from allocator.plan.reading import load
from allocator.scenario.plan_year import Scenario
from allocator.scenario.section import TieBreakStage
from allocator.tables.result import Result
from allocator.tables.tabulate import tabulated

ROOT = Path(__file__).resolve().parents[1]
PANYU = ROOT / "scenarios" / "panyu" / "2016.yaml"
PAGE = ROOT / "docs" / "benchmarks.md"
MARKERS = ("<!-- one_year: begin -->", "<!-- one_year: end -->")

STEPS = (
    "load", "build", "hand-over", "solve", "tie-break", "read",
    "projection", "prices", "tables", "audit", "write",
)  # fmt: skip
COUNTED = ("build", "hand-over", "solve", "tie-break", "read")
"""Steps of our path that the ratio sets against raw HiGHS."""
COLUMNS = ("case", "columns", "rows", "nonzeros", *STEPS, "total", "raw HiGHS", "raw method", "ratio")
NOTHING: Codes = np.zeros(0, dtype=np.intp)


@dataclass(frozen=True)
class Case:
    """A plan to measure."""

    name: str
    file: Path
    relaxed: bool
    """Pairs may be fractional."""


class Watch:
    """Seconds by step."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(STEPS, 0.0)

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Count what happens inside under a step."""
        begun = time.perf_counter()
        yield
        self.seconds[step] += time.perf_counter() - begun


def our_path(case: Case, folder: Path) -> dict[str, float]:
    """Seconds of every step from the files to the written result."""
    watch = Watch()
    with watch("load"):
        scenario = load(case.file)
    model, session, run, x, how = _solved(case, scenario, watch)
    with watch("prices"):
        prices = stage_prices(model, session, run)
    with watch("tables"):
        made = tabulated(model, scenario, x, prices, run)
    with watch("audit"):
        report = audit_tables(scenario, made)
    if not case.relaxed and not report.passed:  # the audit knows whole pairs only
        raise AssertionError(f"{case.name}: the audit found {report.failed}")
    with watch("write"):
        Result(scenario, made, {"status": "optimal", "projection": how}).save(folder / "result", force=True)
    return watch.seconds


def _solved(case: Case, scenario: Scenario, watch: Watch) -> tuple[Model, Session, StagesRun, Floats, str]:
    """The plan, from the loaded scenario to the settled pairs and, where it is a stage, the projection."""
    with watch("build"):
        model = build(scenario)
    if case.relaxed:
        relax(model)
    base_columns, how = model.column_count, "none"
    with watch("hand-over"):
        session = open_session(model, "highs", Limits())
        session.release_rows(NOTHING)
    with watch("solve"):
        run = run_stages(model, scenario, session)
    stage = next((each for each in scenario.first.common.stages if isinstance(each, TieBreakStage)), None)
    if stage is not None:
        with watch("tie-break"):
            loosen(session, run)
            choose_integers(model, session, scenario, stage, run)
    assert run.x is not None
    with watch("read"):
        decisions(model, run.x[:base_columns])
    if stage is not None:
        with watch("projection"):
            how, _ = project_plan(model, scenario, session, stage, run)
    return model, session, run, run.x[:base_columns], how


def decisions(model: Model, x: Floats) -> dict[str, pd.DataFrame]:
    """Every family of decisions of the built model as a frame: labels and value."""
    made = {}
    for name in model.columns:
        cells = model.family(name)
        inside = cells.where(cells.column < len(x))
        made[name] = pd.DataFrame(model.decoded(inside.labels)).assign(value=x[inside.column])
    return made


def relax(model: Model) -> None:
    """Let integer columns be fractional; before anything is handed over."""
    for parts in model.columns.values():
        for part in parts:
            if part.integer:
                part.integer = False


def snapshots(case: Case) -> tuple[list[Snapshot], dict[str, int]]:
    """Every solve of the stages and of the choice of pairs as plain arrays, and the size of the model."""
    scenario = load(case.file)
    model = build(scenario)
    if case.relaxed:
        relax(model)
    size = model.size
    session = Recorder(open_session(model, "highs", Limits()), model)
    run = run_stages(model, scenario, session)
    for stage in scenario.first.common.stages:
        if isinstance(stage, TieBreakStage):
            loosen(session, run)
            choose_integers(model, session, scenario, stage, run)
    return session.snapshots, size


def disagreements(recorded: Sequence[Snapshot], values: Sequence[float | None]) -> list[str]:
    """Solves in which raw HiGHS and our path reached different values, beyond the gaps and tolerances of both."""
    wrong = []
    for at, (ours, raw) in enumerate(zip(recorded, values, strict=True)):
        if ours.reached is None or raw is None:
            if ours.reached != raw:
                wrong.append(f"solve {at}: ours {ours.reached}, raw {raw}")
        elif abs(ours.reached - raw) > 2 * ours.gap + 1e-5 * max(1.0, abs(raw)):
            wrong.append(f"solve {at}: ours {ours.reached:.9g}, raw {raw:.9g}, gap {ours.gap:g}")
    return wrong


def best_method(recorded: list[Snapshot]) -> tuple[Method, list[float | None]]:
    """The fastest of the raw methods on these matrices, by one try each, and what it reached.

    A method that does not solve every matrix is out; matrices with integers are left to the default.
    """
    linear = not any(len(each.lp.integrality_) for each in recorded)
    tried = {method: solve_raw(recorded, method) for method in (METHODS if linear else METHODS[:1])}
    solved = {m: found for m, found in tried.items() if not disagreements(recorded, found[1])} or tried
    best = min(solved, key=lambda method: solved[method][0])
    return best, solved[best][1]


def measure(case: Case, rounds: int) -> dict[str, object]:
    """One line of the table.

    Raises:
        AssertionError: the two sides reached different values.
    """
    recorded, size = snapshots(case)
    method, values = best_method(recorded)
    wrong = disagreements(recorded, values)
    if wrong:
        raise AssertionError(f"{case.name}: " + "; ".join(wrong))
    ours, raw = [], []
    for turn in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            for side in ("ours", "raw") if turn % 2 == 0 else ("raw", "ours"):
                if side == "ours":
                    ours.append(our_path(case, Path(folder)))
                else:
                    raw.append(solve_raw(recorded, method)[0])
    split = {step: float(np.median([each[step] for each in ours])) for step in STEPS}
    total = float(np.median([sum(each.values()) for each in ours]))
    counted = [sum(each[step] for step in COUNTED) for each in ours]
    ratio = float(np.median([own / other for own, other in zip(counted, raw, strict=True)]))
    sizes = {name: size[name] for name in ("columns", "rows", "nonzeros")}
    raw_facts = {"raw HiGHS": float(np.median(raw)), "raw method": method, "ratio": ratio}
    return {"case": case.name, **sizes, **split, "total": total, **raw_facts}


def cases(towns: Sequence[int], folder: Path) -> list[Case]:
    """Panyu 2016 for 16 towns; made-up plans for any other number."""
    made = [Case("16 towns (Panyu 2016)", PANYU, relaxed=False)] if 16 in towns else []
    for count in towns:
        if count != 16:
            for budget in BUDGETS:
                file = write_plan(folder / f"{count}-{budget}", count, budget)
                made.append(Case(f"{count:,} towns, {budget}", file, relaxed=True))
    return made


def markdown(lines: Sequence[dict[str, object]]) -> str:
    """Lines as a table; seconds with three digits."""
    columns = list(lines[0])
    text = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    for line in lines:
        cells = [
            f"{v:.3g}" if isinstance(v, float) else f"{v:,}" if isinstance(v, int) else str(v) for v in line.values()
        ]
        text.append(f"| {' | '.join(cells)} |")
    return "\n".join(text)


def facts(rounds: int) -> str:
    """What the figures were made with; nothing that names a machine."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("highspy", "pulp", "numpy", "pandas", "clarabel"))
    cores, load_now = os.cpu_count(), os.getloadavg()[0]
    return (
        f"Seconds, medians of {rounds} round(s). Python {platform.python_version()} on {sys.platform}, {cores} cores"
        f" (one used; load average {load_now:.1f} when the run ended). {packages}."
    )


def write_page(text: str, page: Path = PAGE, markers: tuple[str, str] = MARKERS) -> None:
    """Put the text between the markers of the page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(markers[0])
    after = rest.partition(markers[1])[2]
    page.write_text(f"{before}{markers[0]}\n{text}\n{markers[1]}{after}", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> str:
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--towns", type=int, nargs="+", default=[16, 176, 1600])
    asked.add_argument("--sweep-points", type=int, default=100)
    asked.add_argument("--no-sweep", action="store_true")
    asked.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    given = asked.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        chosen = cases(given.towns, Path(folder))
        lines = [measure(case, given.rounds) for case in chosen]
        handed = [hand_over_table(case.file, given.rounds, case.name) for case in chosen if case.relaxed]
    parts = [markdown(lines), *([markdown(handed)] if handed else [])]
    if not given.no_sweep:
        parts.append(markdown([sweep_table(PANYU.parent / "variants" / "2016-maximin.yaml", given.sweep_points)]))
    parts.insert(0, facts(given.rounds))
    text = "\n\n".join(parts)
    print(text)
    if given.write:
        write_page(text)
    return text


if __name__ == "__main__":
    main()
