"""The result tables: their columns and the kind of number in each (units, rounding and headings follow from it)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from allocator.words.texts import Language

Kind = Literal[
    "label",
    "text",
    "year",
    "whole",
    "flag",
    "heads",
    "yuan",
    "hours",
    "minutes",
    "units",
    "share",
    "points",
    "price",
    "number",
]
"""label: an id; flag: 1 for yes, 0 for no; points: level points; share: 0 to 1; price: level points
for one more unit of a bound; number: a figure whose unit another column names."""

RESULT_TABLES: Mapping[str, Mapping[str, Kind]] = {
    "delivery": {"town": "label", "programme": "label", "units": "units"},
    "funding": {"town": "label", "programme": "label", "source": "label", "amount_yuan": "yuan"},
    "funding_by_town": {
        "town": "label",
        "amount_yuan": "yuan",
        "last_year_yuan": "yuan",
        "change_yuan": "yuan",
        "change_share": "share",
        "per_head_yuan": "yuan",
    },
    "teaching": {
        "teacher": "label",
        "from_town": "label",
        "to_town": "label",
        "category": "label",
        "hours": "hours",
        "minutes": "minutes",
    },
    "issue": {
        "town": "label",
        "source": "label",
        "issued_yuan": "yuan",
        "this_issue_yuan": "yuan",
        "total_yuan": "yuan",
    },
    "carry_over": {
        "source": "label",
        "carried_in_yuan": "yuan",
        "amount_yuan": "yuan",
        "spent_yuan": "yuan",
        "carried_out_yuan": "yuan",
        "forfeited_yuan": "yuan",
        "execution": "share",
    },
    "volunteer_stock": {
        "town": "label",
        "heads_before": "heads",
        "retained": "heads",
        "trained": "heads",
        "heads": "heads",
        "active": "heads",
        "hours": "hours",
    },
    "volunteering": {"from_town": "label", "to_town": "label", "hours": "hours", "minutes": "minutes"},
    "pairs": {
        "mentor": "label",
        "mentee": "label",
        "start_year": "year",
        "end_year": "year",
        "renewals": "whole",
        "minutes": "minutes",
        "level_gap": "points",
        "uplift": "points",
        "content": "text",
    },
    "mentors": {
        "mentor": "label",
        "mentees": "text",
        "pairs": "whole",
        "capacity": "whole",
        "hours_used": "hours",
        "school_hours": "hours",
        "travel_minutes": "minutes",
    },
    "mentees": {
        "mentee": "label",
        "mentors": "text",
        "since": "text",
        "until": "text",
        "uplift": "points",
        "state": "label",
        "reason": "label",
    },
    "unpaired": {"town": "label", "reason": "label"},
    "postings": {
        "teacher": "label",
        "from_town": "label",
        "to_town": "label",
        "start_year": "year",
        "end_year": "year",
        "new": "flag",
        "backbone": "flag",
        "categories": "text",
        "hours": "hours",
        "minutes": "minutes",
        "band": "whole",
        "allowance_yuan": "yuan",
    },
    "posted_hours": {"teacher": "label", "to_town": "label", "category": "label", "hours": "hours"},
    "posting_towns": {
        "town": "label",
        "teachers": "whole",
        "out": "whole",
        "hosted": "whole",
        "out_share": "share",
    },
    "purchases": {
        "provider": "label",
        "town": "label",
        "category": "label",
        "hours": "hours",
        "quality": "share",
        "price_yuan": "yuan",
        "amount_yuan": "yuan",
        "grade": "whole",
    },
    "team": {
        "town": "label",
        "type": "label",
        "heads_before": "whole",
        "staying": "whole",
        "hired": "whole",
        "posts": "whole",
        "trained": "whole",
        "cost_yuan": "yuan",
    },
    "guidance": {"giver": "label", "town": "label", "hours": "hours"},
    "attainment": {
        "town": "label",
        "indicator": "label",
        "base": "number",
        "value": "number",
        "target": "number",
        "attainment": "share",
    },
    "towns": {
        "town": "label",
        "population": "whole",
        "level_before": "points",
        "level_after": "points",
        "rank_before": "whole",
        "rank_after": "whole",
        "could_reach": "points",
    },
    "projects": {
        "project": "label",
        "project_kind": "label",
        "town": "label",
        "state": "label",
        "start_year": "year",
        "once_yuan": "yuan",
        "yearly_yuan": "yuan",
        "cost_yuan": "yuan",
        "benefit": "number",
    },
    "demonstration": {
        "town": "label",
        "standard": "label",
        "criterion": "label",
        "measure": "label",
        "at_least": "number",
        "reached": "number",
        "gap": "number",
        "met": "flag",
    },
    "demonstration_towns": {
        "town": "label",
        "standard": "label",
        "held": "flag",
        "year_recognised": "year",
        "new": "flag",
        "cost_yuan": "yuan",
        "status": "label",
    },
    "bases": {
        "site": "label",
        "town": "label",
        "state": "label",
        "functions": "text",
        "hours": "hours",
        "cost_yuan": "yuan",
    },
    "base_hours": {"site": "label", "function": "label", "hours": "hours"},
    "coverage": {
        "town": "label",
        "residents": "heads",
        "covered_before": "heads",
        "covered": "heads",
        "share_before": "share",
        "share": "share",
        "uncovered": "whole",
    },
    "uncovered": {
        "station": "label",
        "town": "label",
        "residents": "heads",
        "nearest_site": "label",
        "minutes": "minutes",
    },
    "assignments": {"station": "label", "site": "label", "residents": "heads", "minutes": "minutes"},
    "stars": {
        "station": "label",
        "name_zh": "text",
        "name_en": "text",
        "town": "label",
        "grade_before": "label",
        "grade_after": "label",
        "points_before": "number",
        "points_after": "number",
        "cost_yuan": "yuan",
        "upgraded": "text",
    },
    "star_batches": {
        "town": "label",
        "stations": "whole",
        "starred_before": "whole",
        "new": "whole",
        "starred": "whole",
        "share": "share",
        "cost_yuan": "yuan",
        "new_stations": "text",
        "new_stations_zh": "text",
        "new_stations_en": "text",
    },
    "counts": {"counted": "label", "town": "label", "amount": "number", "of": "number", "unit": "text"},
    "balance": {"measure": "label", "before": "number", "after": "number"},
    "remainders": {
        "source": "label",
        "unit_yuan": "whole",
        "at_hand_yuan": "yuan",
        "published_yuan": "yuan",
        "carried_out_yuan": "yuan",
        "unallocated_yuan": "yuan",
    },
    "rounding": {"town": "label", "level_exact": "points", "level_published": "points", "lost": "points"},
    "rows": {
        "rule": "label",
        "key": "label",
        "sense": "text",
        "activity": "number",
        "bound": "number",
        "slack": "number",
        "price_balance": "price",
        "price_total": "price",
        "price_kind": "label",
    },
    "goals": {
        "goal": "label",
        "scope": "label",
        "town": "label",
        "strength": "label",
        "enforced": "label",
        "target": "number",
        "reached": "number",
        "shortfall": "number",
        "unit": "text",
        "text": "text",
    },
    "accounts": {
        "ledger": "label",
        "key": "label",
        "block": "label",
        "supplied": "number",
        "used": "number",
        "unit": "text",
    },
    "stages": {
        "stage": "label",
        "step": "label",
        "before": "number",
        "value": "number",
        "held_at": "number",
        "published": "number",
        "status": "text",
        "asked": "number",
        "gap": "number",
        "unit": "text",
    },
}
"""Table to its columns after ``year``, in written order."""

SORT_KEYS: Mapping[str, tuple[str, ...]] = {
    "demonstration": ("standard", "town", "criterion"),
    "demonstration_towns": ("standard", "town"),
    "projects": ("project_kind", "project"),
    "balance": (),
    "stages": (),
    "goals": ("goal", "town"),
    "stars": ("town", "station"),
    "mentees": ("mentee",),
    "bases": ("site",),
    "uncovered": ("station",),
    "rows": ("rule", "key", "sense"),
    "accounts": ("ledger", "key", "block"),
}
"""Labels a table is sorted by where these are not all its label columns; none keeps the order it is made in."""

BETWEEN_IDS = ", "
"""What stands between the ids of a cell that holds several."""

BETWEEN_NAMES: Mapping[Language, str] = {"zh": "、", "en": ", "}
"""What stands between the names of a cell that holds several."""

SPOKEN: Mapping[str, tuple[str, ...]] = {
    "stars": ("name_zh", "name_en"),
    "star_batches": ("new_stations_zh", "new_stations_en"),
}
"""Columns that say in words what another column says in ids, for readers of the files alone; page and workbook, which
show every id by its name, leave them out."""

DECIMALS = 6
"""Decimals in written tables until whole units are published."""


PRICE_DECIMALS = 12
"""Decimals of prices: a yuan is worth some millionths of a level point."""


def decimals(kind: Kind) -> int:
    """Decimals a number of a kind is written with."""
    return PRICE_DECIMALS if kind == "price" else DECIMALS


def sort_keys(table: str) -> tuple[str, ...]:
    """Columns a result table is sorted by after the year."""
    given = SORT_KEYS.get(table)
    if given is not None:
        return given
    return tuple(name for name, kind in RESULT_TABLES[table].items() if kind == "label")
