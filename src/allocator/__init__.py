"""Resource-allocation optimisation for community education.

Public names: load, solve, audit, sweep, compare, Scenario, Result, Options, and the studies compare_modes, frontier,
goal_costs, nested, stability_price. They are imported when first used, so that ``import allocator`` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from allocator.auditing.whole import audit
    from allocator.plan.reading import load
    from allocator.scenario.plan_year import Scenario
    from allocator.tables.comparison import compare
    from allocator.tables.result import Result
    from allocator.verbs.costs_of_goals import goal_costs
    from allocator.verbs.frontiers import frontier
    from allocator.verbs.modes import compare_modes
    from allocator.verbs.nested_budgets import nested
    from allocator.verbs.options import Options
    from allocator.verbs.price_of_stability import stability_price
    from allocator.verbs.solving import solve
    from allocator.verbs.sweeping import sweep

__all__ = [
    "Options",
    "Result",
    "Scenario",
    "audit",
    "compare",
    "compare_modes",
    "frontier",
    "goal_costs",
    "load",
    "nested",
    "solve",
    "stability_price",
    "sweep",
]

_HOME = {
    "Options": "allocator.verbs.options",
    "Result": "allocator.tables.result",
    "Scenario": "allocator.scenario.plan_year",
    "audit": "allocator.auditing.whole",
    "compare": "allocator.tables.comparison",
    "compare_modes": "allocator.verbs.modes",
    "frontier": "allocator.verbs.frontiers",
    "goal_costs": "allocator.verbs.costs_of_goals",
    "load": "allocator.plan.reading",
    "nested": "allocator.verbs.nested_budgets",
    "solve": "allocator.verbs.solving",
    "stability_price": "allocator.verbs.price_of_stability",
    "sweep": "allocator.verbs.sweeping",
}


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'allocator' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
