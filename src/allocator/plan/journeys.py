"""Travel times of a plan year from its roads, and from straight lines for towns that no road reaches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocator.blocks.registry import section_types
from allocator.plan.towncolumns import blanks
from allocator.plan.yeartables import ROADS, TOWNS, YearTables
from allocator.scenario.files.headings import normal
from allocator.scenario.files.tables import Table
from allocator.scenario.files.yamltree import Node, find
from allocator.scenario.travel import Travel, road_minutes, straight_line_minutes
from allocator.words.errors import Finding
from allocator.words.texts import Text

Minutes = npt.NDArray[np.float64]


def year_travel(tree: Node, tables: YearTables) -> tuple[Travel | None, list[Finding]]:
    """Travel times if anyone travels, and what is wrong with them.

    Towns that no road reaches are errors, or one warning where the plan has a fallback. Without a ``travel``
    part nobody leaves home, which not every block can do.
    """
    parts = [(block, tree.entries[block], kind) for block, kind in section_types().items() if block in tree.entries]
    towns, ids = tables.tables.get(TOWNS), tables.ids.get("town")
    given = tree.entries.get("travel")
    if given is None:
        lost = [(block, part) for block, part, kind in parts if kind.needs_travel(part)]
        return None, [Finding("E320", part.key, block, Text("load.needs_travel")) for block, part in lost]
    if not any(kind.travels(part) for _, part, kind in parts) or towns is None or not ids:
        return None, []
    roads = find(tree, ROADS.path)
    table = tables.tables.get(str(roads[0][1].text)) if roads else None
    if roads and (table is None or not set(ROADS.row.model_fields) <= set(table.headings)):
        return None, []
    fallback = given.entries.get("without_road")
    if table is None and fallback is None and len(ids) > 1:
        return None, [Finding("E320", given.key, "travel", Text("load.needs_travel"))]
    names = pd.Index(sorted(ids))
    minutes = road_minutes(names, _links(table, ids))
    outside = cut_off(minutes)
    if fallback is not None and outside:
        return _straight(tables, (minutes, outside), fallback, warn=table is not None)
    return Travel(minutes, ()), _cut_off_findings(towns, [names[town] for town in outside])


def cut_off(minutes: Minutes) -> tuple[int, ...]:
    """Positions of the towns outside the largest group that roads connect; of equal groups the first counts."""
    groups: dict[int, list[int]] = {}
    for town in range(len(minutes)):
        groups.setdefault(int(np.flatnonzero(np.isfinite(minutes[town]))[0]), []).append(town)
    largest = max(groups.values(), key=len, default=[])
    if len(largest) == 1 and len(minutes) > 1:
        return tuple(range(len(minutes)))
    return tuple(town for town in range(len(minutes)) if town not in largest)


def _links(table: Table | None, ids: set[str]) -> pd.DataFrame:
    """Links between towns that exist; one whose minutes are wrong still connects (the plan is refused anyway)."""
    links: list[tuple[str, str, float]] = []
    for record in table.cells if table is not None else ():
        one, other = normal(record.get("from_town", "")), normal(record.get("to_town", ""))
        if one in ids and other in ids:
            links.append((one, other, _positive(record.get("minutes", ""))))
    return pd.DataFrame(links, columns=["from_town", "to_town", "minutes"])


def _positive(cell: str) -> float:
    try:
        return max(float(normal(cell)), 0.0)
    except ValueError:
        return 0.0


def _cut_off_findings(towns: Table, names: Sequence[str]) -> list[Finding]:
    rows = [normal(cell) for cell in towns.values("town")]
    hint = Text("load.cut_off_hint")
    return [
        Finding("E216", towns.place(rows.index(name), "town"), "", Text("load.cut_off"), name, hint=hint)
        for name in names
    ]


def _straight(
    tables: YearTables, road: tuple[Minutes, tuple[int, ...]], fallback: Node, *, warn: bool
) -> tuple[Travel | None, list[Finding]]:
    """Travel times with straight lines to the towns outside the road net; the positions of all towns are needed."""
    minutes, outside = road
    towns = tables.tables[TOWNS]
    missing = [column for column in ("lat", "lon") if column not in towns.headings]
    if missing:
        return None, [Finding("E204", towns.place(None, name), "", Text("load.missing_column")) for name in missing]
    blank = [finding for column in ("lat", "lon") for finding in blanks(towns, column)]
    speed, detour = (fallback.entries.get(name) for name in ("speed_kmh", "detour"))
    rate = speed.number if speed is not None else None
    factor = detour.number if detour is not None else 1.0
    if blank or not rate or not factor or len(towns.frame) != len(minutes):
        return None, blank
    lat, lon = towns.frame[["lat", "lon"]].to_numpy(dtype=float).T
    line = straight_line_minutes(lat, lon, rate, factor)
    here = list(outside)
    filled = minutes.copy()
    filled[here, :] = np.minimum(minutes[here, :], line[here, :])
    filled[:, here] = np.minimum(minutes[:, here], line[:, here])
    np.fill_diagonal(filled, 0.0)
    named = ", ".join(str(towns.frame["town"].iloc[town]) for town in outside)
    message = Text("load.straight_line", {"towns": named})
    warnings = [Finding("W102", fallback.key, "travel.without_road", message)] if warn else []
    return Travel(filled, tuple(outside)), warnings
