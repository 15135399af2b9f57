"""Stations (村居辅导站): the table that the blocks about single stations read."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from allocator.scenario.section import Amount, Id, Row, Share, TownId


class StationRow(Row):
    """One village or neighbourhood station."""

    station: Id
    town: TownId
    name_zh: str
    name_en: str
    residents: Amount
    """People it serves [heads]."""
    slow: Share = 0.0
    """How slowly its village develops, 0 (not slowly) to 1: weighs the choice of stations where a block says so."""
    star: Annotated[int, Field(ge=0)] = 0
    """Stars it has before the plan year; 0: not rated."""
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    """Latitude [degrees]."""
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    """Longitude [degrees]."""
