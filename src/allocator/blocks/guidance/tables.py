"""The table of guidance: hours that the district centre gives to towns, and town schools to their stations."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from allocator.blocks.guidance.section import Guidance
from allocator.blocks.shared.solved import Year
from allocator.scenario.section import DISTRICT


def settle(_year: Year, _given: Guidance) -> None:
    """Hours bring nothing of guidance's own that is not decided."""


def tables(year: Year, _given: Guidance) -> Mapping[str, pd.DataFrame]:
    """Hours of every giver in every town, zeros included."""
    if not year.has("guidance"):
        return {}
    down = year.cells("guidance", zeros=True).assign(giver=DISTRICT)
    further = year.cells("station_guidance", zeros=True)
    further["giver"] = further["town"]
    return {"guidance": pd.concat([down, further]).rename(columns={"value": "hours"})}
