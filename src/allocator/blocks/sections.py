"""Registry of what blocks read: the section each block has in a plan, and the tables that sections name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from allocator.blocks.attainment.section import Attainment, BaseRow
from allocator.blocks.bases.section import Bases, SiteFunctionRow
from allocator.blocks.coverage.section import Coverage, StationMinutesRow
from allocator.blocks.delivery.section import Delivery
from allocator.blocks.demonstration.section import CriterionRow, Demonstration, RecognisedRow
from allocator.blocks.funding.section import Funding, IssuedRow, LastYearFundingRow
from allocator.blocks.guidance.section import Guidance
from allocator.blocks.mentoring.section import LastYearPairRow, Mentoring, PairRow
from allocator.blocks.posting.section import LastYearPostingRow, Posting
from allocator.blocks.projects.section import (
    ProjectEffectRow,
    ProjectExcludeRow,
    ProjectNeedRow,
    ProjectRow,
    Projects,
)
from allocator.blocks.purchase.section import OfferRow, ProviderRow, ProviderTownRow, Purchase
from allocator.blocks.sites import SiteRow
from allocator.blocks.stars.section import StarCriterionRow, Stars, StarScoreRow
from allocator.blocks.stations import StationRow
from allocator.blocks.teaching.section import SkillRow, TeacherRow, Teaching
from allocator.blocks.team.section import StaffRow, Team
from allocator.blocks.volunteering.section import Volunteering, VolunteerRow
from allocator.planfile import Row, Section

SECTIONS: Mapping[str, type[Section]] = {
    "attainment": Attainment,
    "bases": Bases,
    "coverage": Coverage,
    "delivery": Delivery,
    "demonstration": Demonstration,
    "funding": Funding,
    "guidance": Guidance,
    "mentoring": Mentoring,
    "projects": Projects,
    "purchase": Purchase,
    "stars": Stars,
    "posting": Posting,
    "teaching": Teaching,
    "team": Team,
    "volunteering": Volunteering,
}
"""Block name to the class of its section."""


@dataclass(frozen=True)
class TableUse:
    """A table that a plan names at some path."""

    path: str
    """Where the plan names the table, e.g. ``teaching.skills``; a section that is absent needs no table."""
    row: type[Row]
    key: tuple[str, ...]
    """Columns that together name a row; two rows with the same key are an error."""
    refers: Mapping[str, str] = field(default_factory=dict)
    """Column to the kind of id it must hold: town, teacher, category, indicator."""
    default: str | None = None
    """Table id where the section does not say; none: no table."""
    every_town: bool = False
    """Whether each town must have a row."""


TABLES: tuple[TableUse, ...] = (
    TableUse(
        "attainment.base", BaseRow, ("town", "indicator"), {"town": "town", "indicator": "indicator"}, default="base"
    ),
    TableUse("teaching.teachers", TeacherRow, ("teacher",), {"home_town": "town"}, default="teachers"),
    TableUse(
        "teaching.skills",
        SkillRow,
        ("teacher", "category"),
        {"teacher": "teacher", "category": "category"},
        default="skills",
    ),
    TableUse("purchase.providers", ProviderRow, ("provider",), default="providers"),
    TableUse(
        "purchase.offers",
        OfferRow,
        ("provider", "category"),
        {"provider": "provider", "category": "taught_category"},
        default="offers",
    ),
    TableUse("purchase.towns", ProviderTownRow, ("provider", "town"), {"provider": "provider", "town": "town"}),
    TableUse("team.staff", StaffRow, ("town", "type"), {"town": "town", "type": "staff_type"}, default="staff"),
    TableUse("volunteering.volunteers", VolunteerRow, ("town",), {"town": "town"}, default="volunteers"),
    TableUse("mentoring.pairs", PairRow, ("mentor", "mentee"), {"mentor": "town", "mentee": "town"}),
    TableUse("bases.sites", SiteRow, ("site",), {"town": "town"}, default="sites"),
    TableUse("bases.site_functions", SiteFunctionRow, ("site", "function"), {"site": "site", "function": "function"}),
    TableUse("coverage.stations", StationRow, ("station",), {"town": "town"}, default="stations"),
    TableUse("coverage.minutes", StationMinutesRow, ("station", "site"), {"station": "station", "site": "site"}),
    TableUse(
        "projects.table", ProjectRow, ("project",), {"kind": "project_kind", "town": "recipient"}, default="projects"
    ),
    TableUse(
        "projects.effects",
        ProjectEffectRow,
        ("project", "indicator", "where"),
        {"project": "project", "indicator": "indicator"},
    ),
    TableUse("projects.needs", ProjectNeedRow, ("project", "needs"), {"project": "project", "needs": "project"}),
    TableUse("projects.excludes", ProjectExcludeRow, ("project", "other"), {"project": "project", "other": "project"}),
    TableUse(
        "demonstration.criteria",
        CriterionRow,
        ("standard", "criterion"),
        {"standard": "standard", "measure": "town_measure"},
        default="demonstration_criteria",
    ),
    TableUse("demonstration.before", RecognisedRow, ("town", "standard"), {"town": "town", "standard": "standard"}),
    TableUse("stars.stations", StationRow, ("station",), {"town": "town"}, default="stations", every_town=True),
    TableUse("stars.criteria", StarCriterionRow, ("criterion",), default="star_criteria"),
    TableUse(
        "stars.scores",
        StarScoreRow,
        ("station", "criterion"),
        {"station": "star_station", "criterion": "star_criterion"},
        default="station_scores",
    ),
    TableUse("funding.issued.table", IssuedRow, ("town", "source"), {"town": "recipient", "source": "source"}),
    TableUse("last_year.funding_by_town", LastYearFundingRow, ("town",), {"town": "town"}, every_town=True),
    TableUse("last_year.postings", LastYearPostingRow, ("teacher",), {"teacher": "teacher", "to_town": "town"}),
    TableUse("last_year.pairs", LastYearPairRow, ("mentor", "mentee"), {"mentor": "town", "mentee": "town"}),
)
"""Tables named by blocks and by ``last_year``; towns, roads and origins belong to no block."""
