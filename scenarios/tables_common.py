"""What both districts' table rules share: steady draws, largest remainder, distances, tables with their rules."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

SOURCES = Path(__file__).parent / "sources"
FICTION = "示例数据（虚构）："
FICTION_EN = "Illustrative: "
EARTH_RADIUS_KM = 6371.0088

Origin = Literal["real", "derived", "illustrative"]


@dataclass(frozen=True)
class Rule:
    """Where a column comes from, in both languages."""

    origin: Origin
    zh: str
    en: str


@dataclass(frozen=True)
class Table:
    """A table of a plan and the rule of each of its columns."""

    name: str
    frame: pd.DataFrame
    rules: Mapping[str, Rule]


def real(zh: str, en: str) -> Rule:
    """A figure of a named document, unchanged."""
    return Rule("real", zh, en)


def derived(zh: str, en: str) -> Rule:
    """A figure computed from real figures only."""
    return Rule("derived", zh, en)


def fiction(zh: str, en: str) -> Rule:
    """An assumption, labelled as such."""
    return Rule("illustrative", FICTION + zh, FICTION_EN + en)


def draw(*key: object) -> float:
    """A number in [0, 1) that depends on the key alone, so that a new town changes no other town's draw."""
    digest = hashlib.sha256("/".join(str(part) for part in key).encode()).hexdigest()
    return int(digest[:13], 16) / 16**13


def largest_remainder(weights: Mapping[str, float], total: int) -> dict[str, int]:
    """Whole numbers in proportion to the weights that sum to the total; ties go to the earlier id."""
    scale = total / sum(weights.values())
    shares = {key: math.floor(weight * scale) for key, weight in weights.items()}
    by_remainder = sorted(weights, key=lambda key: (shares[key] - weights[key] * scale, key))
    for key in by_remainder[: total - sum(shares.values())]:
        shares[key] += 1
    return shares


def great_circle_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Distance between two points (lat, lon). Source: haversine formula on a sphere."""
    (lat_a, lon_a), (lat_b, lon_b) = (tuple(map(math.radians, point)) for point in (a, b))
    half = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(half))


def road_links(points: Mapping[str, tuple[float, float]], neighbours: int) -> list[tuple[str, str, float]]:
    """Links (town, town, km) of a minimum spanning tree and of each town with its nearest neighbours."""
    km = {(a, b): great_circle_km(points[a], points[b]) for a in points for b in points if a < b}
    links: set[tuple[str, str]] = set()
    part = {town: town for town in points}
    for a, b in sorted(km, key=lambda pair: (km[pair], pair)):
        if part[a] != part[b]:
            links.add((a, b))
            old, new = part[a], part[b]
            part = {town: new if of == old else of for town, of in part.items()}
    for town in points:
        pairs = [pair for pair in km if town in pair]
        links.update(sorted(pairs, key=lambda pair: (km[pair], pair))[:neighbours])
    return [(a, b, km[a, b]) for a, b in sorted(links)]


def read_source(name: str, text_columns: Sequence[str] = ()) -> pd.DataFrame:
    """A file of the sources folder; blanks stay missing."""
    return pd.read_csv(SOURCES / name, dtype=dict.fromkeys(("code", *text_columns), str))


def origins(tables: Sequence[Table]) -> pd.DataFrame:
    """The origin and the rule of every column of every table."""
    rows = [
        (table.name, column, table.rules[column].origin, table.rules[column].zh, table.rules[column].en)
        for table in tables
        for column in table.frame.columns
    ]
    return pd.DataFrame(rows, columns=["table", "column", "origin", "rule_zh", "rule_en"])
