"""Are all tables of every shipped scenario the same bytes in two versions of the code?

    python benchmarks/same_tables.py BEFORE [AFTER] [--long]

BEFORE and AFTER are revisions of this repository (AFTER: the working tree). Each version runs from its own checkout,
with the scenarios of the working tree, in the present Python environment. Compared are all CSV files of a result; the
run record holds times and versions and is left out. A table that only gained columns is listed apart. ``--long``
adds the five years of Panyu in one model (minutes, and
only equal on a quiet machine: the search of that size still looks at the clock). Exit code 1: some differ.
"""

import argparse
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[1]
RUN = "import sys; from allocator.cli import main; sys.exit(main())"

LONG = [("panyu-horizon", ["scenarios/panyu"])]


def cases() -> list[tuple[str, list[str]]]:
    """Name and arguments of ``solve`` of every case: all years and variants, rolling, whole units."""
    found = []
    for plan in sorted(ROOT.glob("scenarios/**/plan.yaml")):
        if plan.parent.name == "panyu_whole":
            continue
        for file in sorted([*plan.parent.glob("[0-9]*.yaml"), *plan.parent.glob("variants/*.yaml")]):
            where = file.relative_to(ROOT)
            found.append(("-".join(where.with_suffix("").parts[1:]), [str(where)]))
    thousands = [f"scenarios/{year}" for year in ("panyu/2016.yaml", "wuchuan/2021.yaml")]
    found += [(f"whole-units-{Path(file).stem}", [file, "--unit", "千元"]) for file in thousands]
    found += [
        ("panyu-rolling", ["scenarios/panyu", "--mode", "rolling"]),
        ("panyu_whole-2016", ["scenarios/panyu_whole/2016.yaml", "--gap", "balance=5", "--gap", "others=5%"]),
    ]
    return found


def solved(source: Path, out: Path, chosen: list[tuple[str, list[str]]]) -> dict[str, bytes]:
    """File (case/table) to its bytes, of the version whose package folder lies in ``source``."""
    environment = {**os.environ, "PYTHONPATH": str(source), "ALLOCATOR_LANG": "en"}
    found = {}
    for name, arguments in chosen:
        command = [sys.executable, "-c", RUN, "solve", *arguments, "--out", str(out / name), "--force"]
        if not (out / name / "run.json").exists():
            subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
        found |= {f"{name}/{file.name}": file.read_bytes() for file in sorted((out / name).glob("*.csv"))}
    return found


def gained(before: bytes, after: bytes) -> bool:
    """Whether a table is the same but for columns that were added."""
    old, new = (pd.read_csv(io.BytesIO(each), dtype=str, keep_default_na=False) for each in (before, after))
    return set(old.columns) < set(new.columns) and old.equals(new[list(old.columns)])


def checkout(revision: str, folder: Path) -> Path:
    """Package folder of a revision, laid into ``folder``."""
    made = folder / revision.replace("/", "-")
    if not made.exists():
        subprocess.run(["git", "worktree", "add", "--detach", "-f", str(made), revision], cwd=ROOT, check=True)
    return made / "src"


def main() -> int:
    """Solve with both versions and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before")
    parser.add_argument("after", nargs="?")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--keep", type=Path, help="folder that keeps the results, so that BEFORE is solved once")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    options = parser.parse_args()
    chosen = [case for case in cases() + (LONG if options.long else []) if options.only in case[0]]
    with tempfile.TemporaryDirectory() as scratch:
        work = options.keep or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        before = solved(checkout(options.before, work), work / f"tables-{options.before}", chosen)
        source = checkout(options.after, work) if options.after else ROOT / "src"
        after = solved(source, Path(scratch) / "after", chosen)
    unequal = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    longer = [key for key in unequal if key in before and key in after and gained(before[key], after[key])]
    differing = [key for key in unequal if key not in longer]
    print(f"{len(chosen)} cases, {len(before)} tables before, {len(after)} after, {len(differing)} differ")
    print(f"{len(longer)} tables only gained columns: {', '.join(sorted({key.partition('/')[2] for key in longer}))}")
    print("\n".join(differing))
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main())
