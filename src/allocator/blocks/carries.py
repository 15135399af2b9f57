"""Registry of blocks with something that lasts: how a year starts with what the year before left."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from allocator.scenario import PlanYear

CARRIED: Mapping[str, Callable[[PlanYear, PlanYear, Mapping[str, pd.DataFrame]], PlanYear]] = {}
"""Block to the plan year as it starts after the year before: given the year, the year before as it started, and the
result tables of the year before. Both years have the block's section."""
