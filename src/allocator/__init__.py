"""Resource-allocation optimisation for community education.

Public names: load, solve, audit, sweep, compare, Scenario, Result, Options, and the studies compare_modes, frontier,
goal_costs, nested, stability_price. They are imported when first used, so that ``import allocator`` stays quick.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from allocator.audit import audit
    from allocator.load import load
    from allocator.result import Result, compare
    from allocator.scenario import Scenario
    from allocator.solve import Options, solve
    from allocator.studies.frontier import frontier
    from allocator.studies.goal_costs import goal_costs
    from allocator.studies.modes import compare_modes
    from allocator.studies.nested import nested
    from allocator.studies.stability_price import stability_price
    from allocator.sweep import sweep

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
    "Options": "allocator.solve",
    "Result": "allocator.result",
    "Scenario": "allocator.scenario",
    "audit": "allocator.audit",
    "compare": "allocator.result",
    "compare_modes": "allocator.studies.modes",
    "frontier": "allocator.studies.frontier",
    "goal_costs": "allocator.studies.goal_costs",
    "load": "allocator.load",
    "nested": "allocator.studies.nested",
    "solve": "allocator.solve",
    "stability_price": "allocator.studies.stability_price",
    "sweep": "allocator.sweep",
}


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'allocator' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


class _Front(ModuleType):
    """This package: ``load`` stays the function though Python sets the module ``allocator.load`` in its place."""

    def __getattribute__(self, name: str) -> object:
        found = super().__getattribute__(name)
        return getattr(found, name) if isinstance(found, ModuleType) and name in _HOME else found


sys.modules[__name__].__class__ = _Front
