"""What the keys of rules and ledgers are made of, and the units rules count in."""

from __future__ import annotations

from collections.abc import Mapping

RULE_KEYS: Mapping[str, tuple[str, ...]] = {
    "budget": ("source",),
    "carry_age": ("source",),
    **dict.fromkeys(("earmark", "issued"), ("town", "source")),
    "growth": ("side",),
    "goal": ("goal", "place"),
    "per_capita_floor": ("town",),
    "source_share": ("source",),
    "category_share": ("spending", "side"),
    "year_on_year": ("town", "side"),
    "costing": ("town", "programme"),
    "delivered": ("town", "programme"),
    "max_units": ("town", "programme"),
    "running_cost": ("town", "programme"),
    "teaching_need": ("town", "category"),
    "credit": ("town", "indicator"),
    "lock": ("lock", "side"),
    "equal_chance": ("town", "side"),
    "money": ("source",),
    "cost": ("town", "programme"),
    "teaching_time": ("town", "category"),
    "value": ("town", "indicator"),
    **dict.fromkeys(("teacher_hours", "home_hours", "teacher_time", "one_host"), ("teacher",)),
    "posted_room": ("teacher", "town"),
    **dict.fromkeys(("away_share", "host_floor", "hosted"), ("town",)),
    **dict.fromkeys(("recruits", "no_fall"), ("town",)),
    **dict.fromkeys(("volunteer_supply", "volunteer_need", "supervision", "venue", "school_hours"), ("town",)),
    **dict.fromkeys(("guidance_minimum", "contact_minimum", "mentor_capacity", "mentee_cover"), ("town",)),
    **dict.fromkeys(("mentee_least", "mentor_travel"), ("town",)),
    **dict.fromkeys(("base_capacity", "site_places"), ("site",)),
    "least_base_hours": ("site", "function"),
    "project_once": ("project",),
    "project_needs": ("project", "project"),
    "project_excludes": ("project", "project"),
    "projects_in_town": ("town", "project_kind"),
    "projects_at_most": ("project_kind",),
    **dict.fromkeys(("contract_least", "contract_most"), ("provider", "town", "category")),
    **dict.fromkeys(("staff_floor", "staff_most", "staff_kept", "trained_posts"), ("town", "type")),
    "provider_capacity": ("provider", "category"),
    "purchase_share": ("town",),
    "staff_ratio": ("ratio", "town"),
    "matching": ("matching", "town", "side"),
    **dict.fromkeys(("volunteer_time", "venue_time", "school_time"), ("town",)),
}
"""Rule or ledger to what the parts of its key are."""

RULE_UNITS: Mapping[str, tuple[str, ...]] = {
    "bases": ("new_bases", "open_bases"),
    "teachers": (
        *("one_host", "posting_share", "posting_backbone", "away_share", "host_floor", "hosted", "posting_changes"),
    ),
    "towns": ("recognitions_a_year", "demonstration_least"),
    "yuan": (
        *("budget", "earmark", "per_capita_floor", "source_share", "category_share", "year_on_year", "costing"),
        *("matching", "growth", "issued", "carry_age", "execution"),
    ),
    "units": ("max_units", "running_cost", "delivered"),
    "posts": ("staff_floor", "staff_most", "staff_kept", "staff_ratio"),
    "heads": ("recruits", "training_places", "staff_hired", "trained_posts", "team_places", "site_places"),
    "pairs": ("mentor_capacity", "mentee_cover", "mentee_least"),
    "minutes": ("mentor_travel", "travel_budget"),
    "projects": ("project_once", "project_needs", "project_excludes", "projects_in_town", "projects_at_most"),
    "indicator_units": ("credit",),
    "stations": ("star_batch", "equal_chance"),
    "hours": (
        *("base_capacity", "least_base_hours"),
        *("teacher_hours", "home_hours", "exchange_share", "backbone_share", "teaching_need", "volunteer_supply"),
        "posted_room",
        *("volunteer_need", "supervision", "venue", "school_hours", "guidance_capacity", "guidance_minimum"),
        *("contact_minimum", "provider_capacity", "purchase_share", "contract_least", "contract_most"),
    ),
}
DECISION_UNITS = {
    "open": "bases",
    "starred": "stations",
    "demonstrated": "towns",
    **{"funding": "yuan", "pairing": "pairs", "units": "units", "posts": "posts", "staff_trained": "heads"},
    **{"posted": "teachers", "project_start": "projects", "project_running": "projects"},
}
