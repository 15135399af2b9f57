"""Registry of what blocks read: the section each block has in a plan, and the tables that sections name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from allocator.blocks.attainment.section import Attainment, BaseRow
from allocator.blocks.delivery.section import Delivery
from allocator.blocks.funding.section import Funding, IssuedRow, LastYearFundingRow
from allocator.blocks.guidance.section import Guidance
from allocator.blocks.mentoring.section import LastYearPairRow, Mentoring
from allocator.blocks.teaching.section import SkillRow, TeacherRow, Teaching
from allocator.blocks.volunteering.section import Volunteering, VolunteerRow
from allocator.planfile import Row, Section

SECTIONS: Mapping[str, type[Section]] = {
    "attainment": Attainment,
    "delivery": Delivery,
    "funding": Funding,
    "guidance": Guidance,
    "mentoring": Mentoring,
    "teaching": Teaching,
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
    TableUse("volunteering.volunteers", VolunteerRow, ("town",), {"town": "town"}, default="volunteers"),
    TableUse("funding.issued.table", IssuedRow, ("town", "source"), {"town": "recipient", "source": "source"}),
    TableUse("last_year.funding_by_town", LastYearFundingRow, ("town",), {"town": "town"}, every_town=True),
    TableUse("last_year.pairs", LastYearPairRow, ("mentor", "mentee"), {"mentor": "town", "mentee": "town"}),
)
"""Tables named by blocks and by ``last_year``; towns, roads and origins belong to no block."""
