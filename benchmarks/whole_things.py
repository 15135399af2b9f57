"""Whole decisions: how far every step of Panyu with all its whole things closes in a given time.

    python benchmarks/whole_things.py                        print the table (about 20 minutes)
    python benchmarks/whole_things.py --write                and put it into docs/benchmarks.md
    python benchmarks/whole_things.py --plan panyu_whole/2016 --seconds 60

Each cell is the gap that is left between the plan and the bound, in the unit of the step; empty where the time gave no
bound. A town's share of a sum over k towns is the k-th part of its gap.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import pandas as pd
from one_year import ROOT, facts, markdown, write_page

from allocator.plan.reading import load
from allocator.tables.result import Result
from allocator.verbs.options import Options
from allocator.verbs.solving import solve

GAPS = ("balance=0.05", "others=0.1%")
CASES = (("panyu_whole/2016", 60.0), ("panyu_whole/2016", 300.0), ("panyu_whole", 60.0), ("panyu_whole", 600.0))
"""Plan (a year or the whole folder) and seconds for all its stages."""
MARKERS = ("<!-- whole_things: begin -->", "<!-- whole_things: end -->")


def solved(plan: str, seconds: float) -> tuple[Result, float]:
    """The result of a plan within a time limit, and the seconds of everything: loading to audit."""
    begun = time.perf_counter()
    file = ROOT / "scenarios" / plan
    result = solve(load(file if file.is_dir() else file.with_suffix(".yaml")), Options(gap=GAPS, time_limit=seconds))
    return result, time.perf_counter() - begun


def table(runs: Sequence[tuple[str, Result, float]]) -> str:
    """One row a step, one column a run: gap left, bold where it is closed, - where there is no step."""
    lines: dict[str, dict[str, object]] = {}
    for name, result, _ in runs:
        for row in result.stages.itertuples():
            closed = row.gap <= row.asked * (1 + 1e-9)
            shown = "" if pd.isna(row.gap) else f"**{row.gap:.3g}**" if closed else f"{row.gap:.3g}"
            lines.setdefault(f"{row.stage} {row.step}", {"unit": row.unit})[name] = shown
    names = [name for name, _, _ in runs]
    steps = [
        {"step": step, "unit": of["unit"], **{name: of.get(name, "-") for name in names}} for step, of in lines.items()
    ]
    whole = {"step": "loading to audit", "unit": "seconds", **{name: round(seconds) for name, _, seconds in runs}}
    return markdown([*steps, whole])


def main(arguments: Sequence[str] | None = None) -> str:
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--plan", help="one plan instead of all, as panyu_whole or panyu_whole/2016")
    asked.add_argument("--seconds", type=float, default=60.0, help="time limit of that plan")
    asked.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    given = asked.parse_args(arguments)
    cases = CASES if given.plan is None else ((given.plan, given.seconds),)
    runs = [(f"{plan}, {seconds:g} s", *solved(plan, seconds)) for plan, seconds in cases]
    text = f"{facts(1)}\n\n{table(runs)}"
    print(text)
    if given.write:
        write_page(text, markers=MARKERS)
    return text


if __name__ == "__main__":
    main()
