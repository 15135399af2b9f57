"""The result tables of funding: who pays what and where, what is carried over, issued and left over."""

from __future__ import annotations

from allocator.words.columns import Column, Table

FUNDING = Table(
    "funding",
    {
        "town": Column("label"),
        "programme": Column("label"),
        "source": Column("label"),
        "amount_yuan": Column("yuan", summed=True),
    },
    sheet=20,
)

ISSUE = Table(
    "issue",
    {
        "town": Column("label"),
        "source": Column("label"),
        "issued_yuan": Column("yuan", summed=True),
        "this_issue_yuan": Column("yuan", summed=True),
        "total_yuan": Column("yuan", summed=True),
    },
    sheet=110,
)

CARRY_OVER = Table(
    "carry_over",
    {
        "source": Column("label"),
        "carried_in_yuan": Column("yuan", summed=True),
        "amount_yuan": Column("yuan", summed=True),
        "spent_yuan": Column("yuan", summed=True),
        "carried_out_yuan": Column("yuan", summed=True),
        "forfeited_yuan": Column("yuan", summed=True),
        "execution": Column("share", may_be_empty=True),
    },
    sheet=150,
)

REMAINDERS = Table(
    "remainders",
    {
        "source": Column("label"),
        "unit_yuan": Column("whole"),
        "at_hand_yuan": Column("yuan", summed=True),
        "published_yuan": Column("yuan", summed=True),
        "carried_out_yuan": Column("yuan", summed=True),
        "unallocated_yuan": Column("yuan", summed=True),
    },
    sheet=250,
)

RESULTS = (FUNDING, ISSUE, CARRY_OVER, REMAINDERS)
