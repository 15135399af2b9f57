"""Registry of the audits of the decision blocks; none of them knows the model of its block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from allocator.blocks.attainment import audit as attainment
from allocator.blocks.checks import Checks, Judged, Posting
from allocator.blocks.delivery import audit as delivery
from allocator.blocks.funding import audit as funding
from allocator.blocks.guidance import audit as guidance
from allocator.blocks.locks import audit as locks
from allocator.blocks.mentoring import audit as mentoring
from allocator.blocks.teaching import audit as teaching
from allocator.blocks.volunteering import audit as volunteering
from allocator.scenario import PlanYear

Tables = Mapping[str, pd.DataFrame]

AUDITS: Mapping[str, Callable[[Tables, PlanYear, Any], list[Checks]]] = {
    "attainment": attainment.audit_block,
    "delivery": delivery.audit_block,
    "funding": funding.audit_block,
    "guidance": guidance.audit_block,
    "locks": locks.audit_block,
    "mentoring": mentoring.audit_block,
    "teaching": teaching.audit_block,
    "volunteering": volunteering.audit_block,
}
"""Block to the checks of its own rules and figures."""

POSTINGS: Mapping[str, Callable[[Tables, PlanYear, Any], list[Posting]]] = {
    "attainment": attainment.postings,
    "delivery": delivery.postings,
    "funding": funding.postings,
    "guidance": guidance.postings,
    "mentoring": mentoring.postings,
    "teaching": teaching.postings,
    "volunteering": volunteering.postings,
}
"""Block to what it brings into the ledgers and takes out of them; locks do neither."""

OUTCOMES: Mapping[str, tuple[str, Callable[[Tables, PlanYear, Any], Judged]]] = {
    "mentoring.benefit": ("mentoring", mentoring.benefits),
}
"""What stages may look at besides the level: its block and its recomputation."""
