"""Solve every plan year and variant under a folder, each in a worker process, and sum them up in one table.

A scenario that fails, or even kills its worker, spoils no other: results are files, written by the worker itself,
and whatever a broken pool left undone is run again one by one, so that the culprit is known.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd

from allocator.tables.written import refuse_to_replace
from allocator.words.errors import AllocatorError, InputError, UsageError
from allocator.words.status import ExitCode, exit_code_of
from allocator.words.texts import Language, Text, current_language, use_language

SUMMARY_FILE = "summary.csv"
SUMMARY_COLUMNS = (
    "label",
    "file",
    "status",
    "exit_code",
    "seconds",
    "worst_town",
    "worst_level",
    "mean_level",
    "cv",
    "money_yuan",
    "pairs",
    "missed_hard_goals",
    "results",
    "message",
)


@dataclass(frozen=True)
class Job:
    """One scenario file and where its results go."""

    label: str
    file: Path
    results: Path


@dataclass(frozen=True, eq=False)
class Summary:
    """One row a scenario, sorted by label: status, exit code, seconds, key figures, results folder, message."""

    table: pd.DataFrame

    @property
    def all_solved(self) -> bool:
        """Whether every scenario has a plan."""
        return bool(all(ExitCode(code).has_plan for code in self.table["exit_code"]))


def find_jobs(folder: Path, out: Path) -> list[Job]:
    """All year files and variants of the plan folders at or under a folder; results folders are passed over.

    Raises:
        UsageError: there is no plan.
    """
    jobs = []
    for plan in sorted(folder.rglob("plan.yaml")):
        home = plan.parent
        if (home.parent / "run.json").is_file() or out.resolve() in home.resolve().parents:
            continue
        name = home.name
        years = sorted(file for file in home.glob("*.yaml") if file.stem.isdigit())
        variants = sorted((home / "variants").glob("*.yaml"))
        jobs += [Job(f"{name}-{file.stem}", file, out / f"{name}-{file.stem}") for file in (*years, *variants)]
    if not jobs:
        raise UsageError(Text("batch.no_plans", {"folder": str(folder)}))
    return jobs


def run_batch(
    folder: str | Path,
    out: str | Path,
    *,
    jobs: int = 1,
    time_limit: float | None = None,
    force: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
) -> Summary:
    """Solve every scenario under a folder; results go to ``out/<label>``, the summary to ``out/summary.csv``.

    ``time_limit``: seconds for the stages of each scenario. ``progress`` is called with the number done, the number
    of all, and the label just finished.

    Raises:
        UsageError: there is no plan, or ``out`` has content and ``force`` is not given.
    """
    target = Path(out)
    refuse_to_replace(target, force)
    found = find_jobs(Path(folder), target)
    target.mkdir(parents=True, exist_ok=True)
    done: dict[str, dict[str, Any]] = {}

    def finish(job: Job, row: dict[str, Any]) -> None:
        done[job.label] = row
        if progress is not None:
            progress(len(done), len(found), job.label)

    order = (time_limit, current_language())
    left = _run_pool(found, min(jobs, len(found)), order, finish)
    for job in left:
        if _run_pool([job], 1, order, finish):
            finish(job, _row(job, "crashed", ExitCode.INTERNAL, 0.0, str(Text("batch.crashed"))))
    table = pd.DataFrame([done[job.label] for job in sorted(found, key=lambda job: job.label)])
    table = table.reindex(columns=list(SUMMARY_COLUMNS))
    _write_whole(target / SUMMARY_FILE, table)
    return Summary(table)


def _run_pool(
    jobs: Sequence[Job],
    workers: int,
    order: tuple[float | None, Language],
    finish: Callable[[Job, dict[str, Any]], None],
) -> list[Job]:
    """Run jobs in a pool of spawned processes; returns those that a dying worker left undone."""
    undone = []
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(solve_job, job, *order): job for job in jobs}
        for future in as_completed(running):
            try:
                finish(running[future], future.result())
            except BrokenProcessPool:
                undone.append(running[future])
    return undone


def solve_job(job: Job, time_limit: float | None, language: Language) -> dict[str, Any]:
    """Solve one scenario and write its results; every error becomes a row of the summary."""
    from allocator.plan.reading import load
    from allocator.verbs.options import Options
    from allocator.verbs.solving import solve

    use_language(language)
    begun = perf_counter()
    try:
        result = solve(load(job.file), Options(time_limit=time_limit))
        result.save(job.results, force=True)
    except InputError as wrong:
        from allocator.words.findings import finding_lines

        said = " | ".join(finding_lines(wrong.findings, language))
        return _row(job, wrong.status, wrong.exit_code, perf_counter() - begun, said)
    except AllocatorError as wrong:
        return _row(job, wrong.status, wrong.exit_code, perf_counter() - begun, str(wrong))
    except Exception as wrong:  # a bug in one scenario must not stop the others
        said = "".join(traceback.format_exception_only(wrong)).strip()
        return _row(job, "failed", ExitCode.INTERNAL, perf_counter() - begun, said)
    towns = result.tables["towns"]
    figures: dict[str, Any] = {
        "money_yuan": float(result.tables["funding_by_town"]["amount_yuan"].sum()),
        "pairs": len(result.tables["pairs"]),
        "missed_hard_goals": result.missed_hard_goals,
        "results": job.results.name,
    }
    if len(towns):
        balance = result.tables["balance"].set_index("measure")["after"]
        figures |= {
            "worst_town": str(towns["town"].iloc[int(towns["level_after"].to_numpy().argmin())]),
            "worst_level": result.worst_level,
            "mean_level": float(balance["mean"]),
            "cv": float(balance["cv"]),
        }
    return {**_row(job, result.status, exit_code_of(result.status), perf_counter() - begun, ""), **figures}


def _row(job: Job, status: str, code: ExitCode, seconds: float, message: str) -> dict[str, Any]:
    return {
        "label": job.label,
        "file": job.file.as_posix(),
        "status": status,
        "exit_code": int(code),
        "seconds": round(seconds, 3),
        "message": message,
    }


def _write_whole(file: Path, table: pd.DataFrame) -> None:
    building = file.with_name(f".{file.name}.part")
    building.write_bytes(table.to_csv(index=False, float_format="%.6f", lineterminator="\n").encode("utf-8-sig"))
    building.replace(file)
