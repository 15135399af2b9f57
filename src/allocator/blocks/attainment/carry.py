"""What a year starts from: of the values reached in the year before, what is retained under the new denominators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from allocator.scenario.plan_year import PlanYear


def carried(plan: PlanYear, before: PlanYear, own: Mapping[str, pd.DataFrame]) -> PlanYear:
    """The plan year with its base values [town, indicator] but for stocks, which are counted, or brought by who decides
    on them."""
    base, reached = plan.base.copy(), own["attainment"]
    for indicator, earlier in zip(plan.indicators, before.indicators, strict=True):
        if indicator.stock is not None:
            continue
        value = reached[reached["indicator"] == indicator.id].drop_duplicates("town").set_index("town")["value"]
        left = value.reindex(plan.towns.index).to_numpy(dtype=float)
        ratio = before.denominator(earlier) / plan.denominator(indicator)
        base[indicator.id] = indicator.retention * left * np.asarray(ratio)
    return replace(plan, base=base)
