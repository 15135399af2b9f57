"""The models of the decision blocks, in the order in which they are built.

A block that reads a ledger comes after those that write it: delivery first, then the suppliers of its
needs, attainment last; funding pays every cost line, so it comes after all that cost money; goals look at
what all others decide. A module may have a second function, ``finish``: it is called when all blocks of the year are
built, for rows on what others bring or pay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from allocator.blocks.attainment import model as attainment
from allocator.blocks.bases import model as bases
from allocator.blocks.coverage import model as coverage
from allocator.blocks.delivery import model as delivery
from allocator.blocks.demonstration import model as demonstration
from allocator.blocks.funding import model as funding
from allocator.blocks.goals import model as goals
from allocator.blocks.guidance import model as guidance
from allocator.blocks.locks import model as locks
from allocator.blocks.mentoring import model as mentoring
from allocator.blocks.posting import model as posting
from allocator.blocks.projects import model as projects
from allocator.blocks.purchase import model as purchase
from allocator.blocks.stars import model as stars
from allocator.blocks.teaching import model as teaching
from allocator.blocks.team import model as team
from allocator.blocks.volunteering import model as volunteering
from allocator.model import Axis, Model
from allocator.scenario import PlanYear

Builder = Callable[[Model, PlanYear, Any], None]

MODULES: Mapping[str, ModuleType] = {
    "delivery": delivery,
    "teaching": teaching,
    "posting": posting,
    "purchase": purchase,
    "team": team,
    "volunteering": volunteering,
    "mentoring": mentoring,
    "guidance": guidance,
    "bases": bases,
    "coverage": coverage,
    "projects": projects,
    "stars": stars,
    "attainment": attainment,
    "demonstration": demonstration,
    "funding": funding,
    "goals": goals,
    "locks": locks,
}

AXES: Mapping[str, Callable[[Sequence[PlanYear]], list[Axis]]] = {
    block: module.axes for block, module in MODULES.items() if hasattr(module, "axes")
}
"""Block to the axes of its own labels, from all plan years; empty axes where no year has its section."""

BLOCK_DIMS: Mapping[str, str] = {
    label: axis for module in MODULES.values() for label, axis in getattr(module, "DIMS", {}).items()
}
"""Labels of blocks that are read from an axis of another name."""

DEFINITIONS: frozenset[str] = frozenset(
    row for module in MODULES.values() for row in getattr(module, "DEFINITIONS", ())
)
"""Row families of blocks that only define a column; they keep no rule and are not in the table of rows."""

WHOLE: Mapping[str, tuple[str, ...]] = {
    name: dims for module in MODULES.values() for name, dims in getattr(module, "WHOLE", {}).items()
}
"""Families of whole decisions, besides pairs and goals that are met, and their labels: the tie-break settles them."""

PROJECTED: Mapping[str, float] = {
    name: scale for module in MODULES.values() for name, scale in getattr(module, "PROJECTED", {}).items()
}
"""Continuous decisions of blocks to their scale: the tie-break keeps them close to nothing, like other decisions to
their baseline."""
