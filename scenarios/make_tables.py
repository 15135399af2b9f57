"""Writes the tables of the shipped plans from the files in ``sources`` and stated rules.

    python scenarios/make_tables.py            write
    python scenarios/make_tables.py --check    say whether the committed files are current (exit 1 if not)

Real figures are copied; whatever a plan needs beyond them follows a rule that stands in ``tables/origins.csv``
next to it. Assumed numbers are drawn from SHA-256 of ids, not from a random stream: a new town or teacher leaves
the draws of all others as they are. The tables of ``tiny`` are written by hand.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import tables_panyu
import tables_panyu_whole
import tables_wuchuan
from tables_common import Table, origins

HERE = Path(__file__).parent


def contents(tables: Sequence[Table], described: Sequence[Table] | None = None) -> dict[str, bytes]:
    """File name to content of a plan's tables, origins included: UTF-8 with BOM, lines end with a line feed.

    ``described``: tables that the origins name, where a plan also uses those of the plan it extends.
    """
    frames = {table.name: table.frame for table in tables} | {"origins": origins(described or tables)}
    return {
        f"{name}.csv": frame.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")
        for name, frame in frames.items()
    }


def stale(folder: Path, files: dict[str, bytes]) -> list[str]:
    """Files that are missing, differ, or should not be there."""
    present = {path.name for path in folder.glob("*.csv")}
    differing = {name for name, content in files.items() if name in present and (folder / name).read_bytes() != content}
    return sorted(differing | (present ^ files.keys()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the tables, or with ``--check`` compare them; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a committed file is not current")
    check = parser.parse_args(arguments).check
    outdated = []
    plans = {
        "panyu": contents(tables_panyu.tables()),
        "panyu_whole": contents(tables_panyu_whole.tables(), tables_panyu_whole.everything()),
        "wuchuan": contents(tables_wuchuan.tables()),
    }
    for plan, files in plans.items():
        folder = HERE / plan / "tables"
        if check:
            outdated += [f"scenarios/{plan}/tables/{name}" for name in stale(folder, files)]
            continue
        folder.mkdir(parents=True, exist_ok=True)
        for name in stale(folder, files):
            if name in files:
                (folder / name).write_bytes(files[name])
            else:
                (folder / name).unlink()
    for name in outdated:
        print(f"not current: {name}")
    return 1 if outdated else 0


if __name__ == "__main__":
    sys.exit(main())
