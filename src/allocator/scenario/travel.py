"""Travel time between towns over the road graph, and who is within reach of whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""


@dataclass(frozen=True, eq=False)
class Travel:
    """One-way travel times between all towns.

    ``minutes[a, b]`` is in town order, symmetric, zero on the diagonal and ``inf`` where there is no way.
    ``straight_line`` lists towns (positions) whose times come from straight-line distance because no road
    link names them.
    """

    minutes: npt.NDArray[np.float64]
    straight_line: tuple[int, ...]

    def within(self, limit: float | None) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Positions (from, to) of all ordered pairs within the limit, a town itself included; none = no limit."""
        start, end = np.nonzero(self.minutes <= (np.finfo(float).max if limit is None else limit + 1e-9))
        return start, end


def great_circle_km(lat: npt.NDArray[np.float64], lon: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Distances between all pairs of points [km]. Source: haversine formula on a sphere."""
    phi, lam = np.radians(lat), np.radians(lon)
    half = (
        np.sin((phi[:, None] - phi[None, :]) / 2) ** 2
        + np.cos(phi[:, None]) * np.cos(phi[None, :]) * np.sin((lam[:, None] - lam[None, :]) / 2) ** 2
    )
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1))))


def straight_line_minutes(
    lat: npt.NDArray[np.float64], lon: npt.NDArray[np.float64], speed_kmh: float, detour: float
) -> npt.NDArray[np.float64]:
    """Straight-line distance x detour at a stated speed [minutes], for all pairs."""
    return great_circle_km(lat, lon) * detour / speed_kmh * 60.0


def road_minutes(towns: pd.Index, roads: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Shortest times over undirected links (from_town, to_town, minutes); ``inf`` where no way exists.

    Source: Dijkstra's algorithm as in networkx.all_pairs_dijkstra_path_length.
    """
    import networkx as nx

    position = {town: at for at, town in enumerate(towns)}
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(towns)))
    for start, end, length in zip(roads["from_town"], roads["to_town"], roads["minutes"].tolist(), strict=True):
        a, b = position[start], position[end]
        known = graph.get_edge_data(a, b, {"minutes": np.inf})["minutes"]
        graph.add_edge(a, b, minutes=min(length, known))
    minutes = np.full((len(towns), len(towns)), np.inf)
    for a, reached in nx.all_pairs_dijkstra_path_length(graph, weight="minutes"):
        minutes[a, list(reached)] = list(reached.values())
    return minutes
