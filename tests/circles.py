"""Worlds of stations and sites on a line: minutes are six for each step between their places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Floats = np.ndarray


def station(at: int, town: str, residents: float, **more: Any) -> dict[str, Any]:
    return {
        "station": f"s{at}",
        "town": town,
        "name_zh": f"站{at}",
        "name_en": f"S{at}",
        "residents": residents,
        **more,
    }


def site(at: int, town: str, **more: Any) -> dict[str, Any]:
    return {"site": f"p{at}", "town": town, "name_zh": f"点{at}", "name_en": f"P{at}", **more}


STATIONS = [station(at, "a" if at < 3 else "b", heads) for at, heads in enumerate((100, 200, 300, 400, 50))]
SITES = [
    site(
        at,
        "a" if at < 2 else "b",
        opening_cost_yuan=1000 * (at + 1),
        yearly_cost_yuan=100 * (at + 1),
        hours=100,
        open=False,
    )
    for at in range(3)
]
"""Sites stand at places 0, 2 and 4 of the line, stations at 0 to 4."""


def ways(stations: Sequence[Mapping[str, Any]], sites: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Six minutes a step; site n stands at place 2n, station n at place n."""
    places = [(int(s["station"][1:]), 2 * int(p["site"][1:]), s["station"], p["site"]) for s in stations for p in sites]
    return [{"station": s, "site": p, "minutes": 6 * abs(a - b)} for a, b, s, p in places]


def circle(
    stages: Sequence[Mapping[str, Any]],
    bases: Mapping[str, Any] | None = None,
    coverage: Mapping[str, Any] | None = None,
    sites: Sequence[Mapping[str, Any]] = tuple(SITES),
    stations: Sequence[Mapping[str, Any]] = tuple(STATIONS),
    tables: Mapping[str, Any] | None = None,
    **plan: Any,
) -> dict[str, Any]:
    """A plan of bases and coverage alone."""
    own = {"sites": list(sites), "stations": list(stations)}
    if "ways" not in (tables or {}):
        own["ways"] = ways(stations, sites)
    return {
        "delivery": None,
        "attainment": None,
        "bases": dict(bases or {}),
        "coverage": {"minutes": "ways", **(coverage or {})},
        "stages": list(stages),
        "tables": {**own, **(tables or {})},
        **plan,
    }


MOST_COVERED = [{"id": "total", "of": "coverage.covered", "aggregate": "sum"}]
CHEAPEST = [{"id": "total", "of": "bases.cost", "aggregate": "sum"}]
SHORTEST = [{"id": "total", "of": "coverage.distance", "aggregate": "sum"}]
LEAST_LONGEST = [{"id": "balance", "of": "coverage.distance", "criterion": "maximin"}]
ALL_COVERED = {"id": "all", "measure": "covered_share", "strength": "rule", "at_least": {"2016": 1}}
