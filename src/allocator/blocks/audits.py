"""Registry of the audits of the decision blocks; none of them knows the model of its block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from allocator.blocks.attainment import audit as attainment
from allocator.blocks.bases import audit as bases
from allocator.blocks.checks import Checks, Judged, Posting
from allocator.blocks.coverage import audit as coverage
from allocator.blocks.delivery import audit as delivery
from allocator.blocks.demonstration import audit as demonstration
from allocator.blocks.funding import audit as funding
from allocator.blocks.guidance import audit as guidance
from allocator.blocks.locks import audit as locks
from allocator.blocks.mentoring import audit as mentoring
from allocator.blocks.posting import audit as posting
from allocator.blocks.projects import audit as projects
from allocator.blocks.purchase import audit as purchase
from allocator.blocks.stars import audit as stars
from allocator.blocks.teaching import audit as teaching
from allocator.blocks.team import audit as team
from allocator.blocks.volunteering import audit as volunteering
from allocator.scenario import PlanYear

Tables = Mapping[str, pd.DataFrame]

AUDITS: Mapping[str, Callable[[Tables, PlanYear, Any], list[Checks]]] = {
    "attainment": attainment.audit_block,
    "bases": bases.audit_block,
    "coverage": coverage.audit_block,
    "delivery": delivery.audit_block,
    "demonstration": demonstration.audit_block,
    "funding": funding.audit_block,
    "guidance": guidance.audit_block,
    "locks": locks.audit_block,
    "mentoring": mentoring.audit_block,
    "projects": projects.audit_block,
    "purchase": purchase.audit_block,
    "stars": stars.audit_block,
    "posting": posting.audit_block,
    "teaching": teaching.audit_block,
    "team": team.audit_block,
    "volunteering": volunteering.audit_block,
}
"""Block to the checks of its own rules and figures."""

POSTINGS: Mapping[str, Callable[[Tables, PlanYear, Any], list[Posting]]] = {
    "attainment": attainment.postings,
    "bases": bases.postings,
    "coverage": coverage.postings,
    "delivery": delivery.postings,
    "demonstration": demonstration.postings,
    "funding": funding.postings,
    "guidance": guidance.postings,
    "mentoring": mentoring.postings,
    "projects": projects.postings,
    "purchase": purchase.postings,
    "stars": stars.postings,
    "posting": posting.postings,
    "teaching": teaching.postings,
    "team": team.postings,
    "volunteering": volunteering.postings,
}
"""Block to what it brings into the ledgers and takes out of them; locks do neither."""

OUTCOMES: Mapping[str, tuple[str, Callable[[Tables, PlanYear, Any], Judged]]] = {
    "bases.cost": ("bases", bases.costs),
    "coverage.covered": ("coverage", coverage.covered),
    "coverage.distance": ("coverage", coverage.distances),
    "mentoring.benefit": ("mentoring", mentoring.benefits),
    "posting.cost": ("posting", posting.costs),
    "posting.count": ("posting", posting.hosted),
    "stars.benefit": ("stars", stars.benefits),
    "team.posts": ("team", team.judged),
    "mentoring.cost": ("mentoring", mentoring.costs),
    "mentoring.worth": ("mentoring", mentoring.worth),
    "projects.benefit": ("projects", projects.benefits),
    "projects.benefit_by_town": ("projects", projects.benefits_by_town),
}
"""What stages may look at besides the level: its block and its recomputation."""
