"""Write the tables of the location classics: python scenarios/classics/make_location.py."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

HERE = Path(__file__).parent
KILROY = (
    (0, 10, 20, 30, 30, 20),
    (10, 0, 25, 35, 20, 10),
    (20, 25, 0, 15, 30, 20),
    (30, 35, 15, 0, 15, 25),
    (30, 20, 30, 15, 0, 14),
    (20, 10, 20, 25, 14, 0),
)
"""Minutes between the six cities of Kilroy County (Winston, Operations Research, set-covering example)."""

PMED = ("OR-Library pmed1（Beasley 1985）", "OR-Library pmed1 (Beasley 1985)")
WINSTON = ("Winston《运筹学》消防站选址例题", "Winston, Operations Research, fire stations of Kilroy County")
MADE = ("原题没有：每个点 1 人、每个候选点费用 1", "not in the source: one person a point, every site costs 1")


def pmed_edges() -> dict[tuple[int, int], int]:
    """Edges of pmed1 with their lengths; of an edge that is listed twice the last length counts (OR-Library)."""
    lines = (HERE / "pmed1" / "pmed1.txt").read_text(encoding="utf-8").split("\n")
    _, count, _ = map(int, lines[0].split())
    edges: dict[tuple[int, int], int] = {}
    for line in lines[1 : count + 1]:
        one, other, length = map(int, line.split())
        edges[min(one, other), max(one, other)] = length
    return edges


def write(folder: str, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    file = HERE / folder / "tables" / f"{table}.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def points(folder: str, count: int, word: tuple[str, str], towns: bool) -> None:
    """Stations and sites at every point; each in a town of its own, or all in one."""
    ids = [f"{at + 1:03d}" for at in range(count)]
    town = [f"n{each}" if towns else "county" for each in ids]
    named = [(f"{word[0]}{at + 1}", f"{word[1]} {at + 1}") for at in range(count)]
    own = zip(town, named, strict=True) if towns else [("county", ("县", "County"))]
    size = 1 if towns else count
    write(folder, "towns", ("town", "name_zh", "name_en", "resident_pop"), [(t, *n, size) for t, n in own])
    every = list(zip(ids, town, named, strict=True))
    columns = ("town", "name_zh", "name_en")
    write(folder, "stations", ("station", *columns, "residents"), [(f"s{i}", t, *n, 1) for i, t, n in every])
    write(folder, "sites", ("site", *columns, "opening_cost_yuan"), [(f"p{i}", t, *n, 1) for i, t, n in every])


def origins(folder: str, source: tuple[str, str], ways: tuple[str, Sequence[str]]) -> None:
    """Where every column comes from."""
    common = ("town", "name_zh", "name_en")
    used = {
        "towns": (*common, "resident_pop"),
        "stations": ("station", *common, "residents"),
        "sites": ("site", *common, "opening_cost_yuan"),
        ways[0]: ways[1],
    }
    made = {"resident_pop", "residents", "opening_cost_yuan"}
    rows = [
        (table, column, "illustrative" if column in made else "real", *(MADE if column in made else source))
        for table, columns in used.items()
        for column in columns
    ]
    write(folder, "origins", ("table", "column", "origin", "rule_zh", "rule_en"), rows)


def main() -> None:
    points("pmed1", 100, ("节点", "Node"), towns=True)
    roads = [(f"n{a:03d}", f"n{b:03d}", length) for (a, b), length in sorted(pmed_edges().items())]
    write("pmed1", "roads", ("from_town", "to_town", "minutes"), roads)
    origins("pmed1", PMED, ("roads", ("from_town", "to_town", "minutes")))
    points("kilroy", 6, ("城市", "City"), towns=False)
    ways = [(f"s{a + 1:03d}", f"p{b + 1:03d}", KILROY[a][b]) for a in range(6) for b in range(6)]
    write("kilroy", "ways", ("station", "site", "minutes"), ways)
    origins("kilroy", WINSTON, ("ways", ("station", "site", "minutes")))


if __name__ == "__main__":
    main()
