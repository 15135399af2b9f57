"""The models of the decision blocks, in the order in which they are built.

A block that reads a ledger comes after those that write it: delivery first, then the suppliers of its
needs, attainment last; funding pays every cost line, so it comes after all that cost money; goals look at
what all others decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from allocator.blocks.attainment import model as attainment
from allocator.blocks.delivery import model as delivery
from allocator.blocks.funding import model as funding
from allocator.blocks.goals import model as goals
from allocator.blocks.guidance import model as guidance
from allocator.blocks.locks import model as locks
from allocator.blocks.mentoring import model as mentoring
from allocator.blocks.teaching import model as teaching
from allocator.blocks.volunteering import model as volunteering
from allocator.model import Model
from allocator.scenario import PlanYear

Builder = Callable[[Model, PlanYear, Any], None]

MODULES: Mapping[str, ModuleType] = {
    "delivery": delivery,
    "teaching": teaching,
    "volunteering": volunteering,
    "mentoring": mentoring,
    "guidance": guidance,
    "attainment": attainment,
    "funding": funding,
    "goals": goals,
    "locks": locks,
}
