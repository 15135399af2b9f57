"""What each part of a block offers: the names in the file, one Protocol a kind of file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd

    from allocator.blocks.shared.assumed import Assumed
    from allocator.blocks.shared.binding import Binding
    from allocator.blocks.shared.checks import Checks, Judges, Posting
    from allocator.blocks.shared.counted import Counted
    from allocator.blocks.shared.known import Known
    from allocator.blocks.shared.locked import Range
    from allocator.blocks.shared.solved import Year
    from allocator.blocks.shared.table_use import TableUse
    from allocator.model import Model
    from allocator.scenario.files.written import Written
    from allocator.scenario.plan_year import PlanYear
    from allocator.scenario.section import Lock, Section
    from allocator.words.columns import Table
    from allocator.words.errors import Finding

Given = Any
"""What a block reads in a plan year: its section, or its items of the common part. Each block takes its own class."""


class SectionPart(Protocol):
    """``section.py``: the block's part of a plan file, and the tables it names."""

    SECTION: type[Section]
    TABLES: tuple[TableUse, ...]


class ConsistencyPart(Protocol):
    """``consistency.py``: what must fit together when files are read."""

    def findings(self, written: Written) -> Iterable[Finding]:
        """Everything that does not fit."""


class CountedPart(Protocol):
    """``counted.py``: what the block counts by town, for goals and standards."""

    def counted(self, plan: PlanYear, given: Given) -> Mapping[str, Counted]:
        """By the name that goals use as ``measure``."""


class CheckPart(Protocol):
    """``check.py``: arithmetic before any solve."""

    def findings(self, known: Known, given: Given) -> Iterable[Finding]:
        """Everything that arithmetic can say, given what is known across blocks."""

    def lock_range(self, known: Known, given: Given, lock: Lock) -> Range:
        """What a decision of the block can be at all; only of blocks that say ``decisions``."""


class ModelPart(Protocol):
    """``model.py``: the statement (docstring), variables, rows and entries in the ledgers."""

    def build(self, model: Model, plan: PlanYear, given: Given) -> None:
        """Declare the block's part of a plan year."""


class ResultsPart(Protocol):
    """``results.py``: what the block's result tables say of themselves."""

    RESULTS: tuple[Table, ...]


class BindingPart(Protocol):
    """``binding.py``: how a list of what limits a plan reads the block's rules."""

    BINDING: Binding


class EffectsPart(Protocol):
    """``effects.py``: what the block's decisions are assumed to bring, and its place among all that say so."""

    PLACE: int

    def effects(self, plan: PlanYear, section: Given) -> Iterable[Assumed]:
        """Every assumption, for reports."""


class TablesPart(Protocol):
    """``tables.py``: a solved year as the block's result tables."""

    def settle(self, year: Year, given: Given) -> None:
        """Put the block's derived columns at what its decisions truly bring (in place, in the year's ``x``)."""

    def tables(self, year: Year, given: Given) -> Mapping[str, pd.DataFrame]:
        """Its result tables by name, without the column ``year``."""


class CarryPart(Protocol):
    """``carry.py``: what lasts into the next year."""

    def carried(self, plan: PlanYear, before: PlanYear, own: Mapping[str, pd.DataFrame]) -> PlanYear:
        """The year as it starts after the year before (as that started itself), given the tables of the year before."""


class AuditPart(Protocol):
    """``audit.py``: the same rules once more, in pandas; reaches no model and no solver."""

    OUTCOMES: Judges

    def audit_block(self, tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Given) -> list[Checks]:
        """Checks of the block's own rules and figures."""

    def postings(self, tables: Mapping[str, pd.DataFrame], plan: PlanYear, given: Given) -> list[Posting]:
        """What it brings into the ledgers and takes out of them."""
