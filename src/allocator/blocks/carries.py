"""Registry of blocks with something that lasts: how a year starts with what the year before left."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from allocator.blocks.bases import carry as bases
from allocator.blocks.demonstration import carry as demonstration
from allocator.blocks.posting import carry as posting
from allocator.blocks.projects import carry as projects
from allocator.blocks.stars import carry as stars
from allocator.blocks.team import carry as team
from allocator.scenario import PlanYear

CARRIED: Mapping[str, Callable[[PlanYear, PlanYear, Mapping[str, pd.DataFrame]], PlanYear]] = {
    "posting": posting.carried,
    "projects": projects.carried,
    "bases": bases.carried,
    "demonstration": demonstration.carried,
    "stars": stars.carried,
    "team": team.carried,
}
"""Block to the plan year as it starts after the year before: given the year, the year before as it started, and the
result tables of the year before. Both years have the block's section."""
