"""The ledgers in which blocks meet, and what each closes into."""

from __future__ import annotations

from allocator.model import Ledger


def ledgers() -> list[Ledger]:
    """All ledgers of a model, empty: labels, unit, the rows they close into, and the part of a scenario these keep."""
    return [
        Ledger("money", ("source", "year"), "yuan", "budget", "funding.sources"),
        Ledger("cost", ("town", "programme", "year"), "yuan", "costing", "spending", "=="),
        Ledger("delivered", ("town", "programme", "year"), "units", None),
        Ledger("teaching_time", ("town", "category", "year"), "hours", "teaching_need", "delivery.programmes", "=="),
        Ledger("teacher_time", ("teacher", "year"), "hours", "teacher_hours", "teaching.teachers"),
        Ledger("volunteer_time", ("town", "year"), "hours", "volunteer_need", "delivery.programmes", "=="),
        Ledger("venue_time", ("town", "year"), "hours", "venue", "towns.venue_hours"),
        Ledger("school_time", ("town", "year"), "hours", "school_hours", "towns.school_hours"),
        Ledger("guidance_time", ("year",), "hours", "guidance_capacity", "guidance.district_hours"),
        Ledger("mentor_need", ("town", "year"), "towns", None),
        Ledger("value", ("town", "indicator", "year"), "indicator units", "credit", "attainment"),
        Ledger("open_site", ("site", "year"), "bases", None),
        Ledger("count", ("counted", "town", "year"), "number", None),
    ]


def ledger_labels() -> dict[str, str]:
    """Ledger to the names of the labels that keys in the table of accounts are made of."""
    return {ledger.name: "/".join(dim for dim in ledger.dims if dim != "year") for ledger in ledgers()}
