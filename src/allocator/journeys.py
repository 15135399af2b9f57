"""Travel times of a plan from its roads, and from straight lines for towns that no road reaches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocator.travel import Travel, road_minutes, straight_line_minutes


def cut_off(minutes: npt.NDArray[np.float64]) -> tuple[int, ...]:
    """Positions of the towns outside the largest group of towns that roads connect; the first group if equal."""
    groups: dict[int, list[int]] = {}
    for town in range(len(minutes)):
        groups.setdefault(int(np.flatnonzero(np.isfinite(minutes[town]))[0]), []).append(town)
    largest = max(groups.values(), key=len, default=[])
    if len(largest) == 1 and len(minutes) > 1:
        return tuple(range(len(minutes)))
    return tuple(town for town in range(len(minutes)) if town not in largest)


def by_road(towns: pd.Index[str], roads: pd.DataFrame | None) -> npt.NDArray[np.float64]:
    """Road minutes between all towns, ``inf`` where no way exists; without roads only a town reaches itself."""
    if roads is None:
        roads = pd.DataFrame({"from_town": [], "to_town": [], "minutes": []})
    return road_minutes(towns, roads)


def travel(
    minutes: npt.NDArray[np.float64], outside: Sequence[int], straight: tuple[npt.NDArray[np.float64], float, float]
) -> Travel:
    """Travel times where towns outside the road net are reached in a straight line.

    Args:
        minutes: road minutes [town, town].
        outside: positions of the towns that need the straight line.
        straight: latitude and longitude [2, town] in degrees, speed [km/h], detour factor.
    """
    if not outside:
        return Travel(minutes, ())
    (lat, lon), speed, detour = straight
    line = straight_line_minutes(lat, lon, speed, detour)
    filled = minutes.copy()
    here = list(outside)
    filled[here, :] = np.minimum(minutes[here, :], line[here, :])
    filled[:, here] = np.minimum(minutes[:, here], line[:, here])
    np.fill_diagonal(filled, 0.0)
    return Travel(filled, tuple(outside))
