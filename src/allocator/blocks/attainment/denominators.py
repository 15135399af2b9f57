"""What indicators are divided by, and what of a town's number it starts the next year with."""

from __future__ import annotations

import numpy as np

from allocator.model import Floats
from allocator.scenario.plan_year import PlanYear


def denominators(plan: PlanYear) -> Floats:
    """Denominator of each indicator [town, indicator]."""
    return np.stack([plan.denominator(indicator) for indicator in plan.indicators], axis=1)


def kept(plan: PlanYear) -> Floats:
    """What a year starts with of the value of the year before it [town, indicator]: retention, per new denominator."""
    assert plan.before is not None
    retention = np.array([indicator.retention for indicator in plan.indicators])
    return np.asarray(retention[None, :] * denominators(plan.before) / denominators(plan), dtype=float)
