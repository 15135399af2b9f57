"""The tables of postings: who is where and since when, what is taught there, and what towns give and receive."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocator.blocks.posting.candidates import abilities, candidates
from allocator.blocks.posting.past import past_postings
from allocator.blocks.posting.results import POSTED_HOURS, POSTINGS
from allocator.blocks.posting.section import Posting
from allocator.blocks.shared.solved import Year
from allocator.words.columns import BETWEEN_IDS, DECIMALS


def tables(year: Year, given: Posting) -> Mapping[str, pd.DataFrame]:
    """Postings, hours taught at hosts by category, and teachers of each town."""
    taught = year.cells("posted_hours", zeros=False) if year.has("posted_hours") else _nothing()
    taught = taught.rename(columns={"town": "to_town", "value": "hours"})
    taught["hours"] = taught["hours"].round(DECIMALS)
    postings = _postings(year, given, taught)
    return {
        "postings": postings,
        "posted_hours": taught[list(POSTED_HOURS.columns)],
        "posting_towns": _towns(year, given, postings),
    }


def settle(year: Year, _given: Posting) -> None:
    """Who came this year: those posted there who were not there the year before."""
    if not year.has("posting_came"):
        return
    ran = {(who, town) for who, town, _ in past_postings(year.plan) or ()}
    posted, came = year.family("posted"), year.family("posting_came")
    names = year.model.decoded({dim: posted[dim] for dim in ("teacher", "town")})
    new = np.array([key not in ran for key in zip(names["teacher"], names["town"], strict=True)], dtype=bool)
    year.x[came.column] = np.round(year.x[posted.column]) * new


def _nothing() -> pd.DataFrame:
    return pd.DataFrame(columns=["teacher", "town", "category", "value"]).astype({"value": float})


def _postings(year: Year, given: Posting, taught: pd.DataFrame) -> pd.DataFrame:
    """One row a posting, as it stands in the year."""
    plan = year.plan
    found, names = candidates(plan, given), plan.towns.index
    able, categories = abilities(plan, found), np.array(sorted(plan.common.categories), dtype=object)
    begun = {(who, town): start for who, town, start in past_postings(plan) or ()}
    hours = taught.groupby(["teacher", "to_town"])["hours"].sum() if len(taught) else pd.Series(dtype=float)
    at = {teacher: n for n, teacher in enumerate(found.ids)}
    rows = []
    for teacher, town in zip(*(year.cells("posted", zeros=False)[name] for name in ("teacher", "town")), strict=True):
        who, host = at[teacher], names.get_loc(town)
        start = begun[teacher, town] if found.running[who, host] else plan.year
        rows.append(
            (
                teacher,
                names[found.home[who]],
                town,
                start,
                start + given.term_years - 1,
                float(start == plan.year),
                float(found.backbone[who]),
                BETWEEN_IDS.join(categories[able[who] > 0]),
                round(float(hours.get((teacher, town), 0.0)), DECIMALS),
                found.minutes[who, host],
                float(found.band[who, host] + 1),
                found.allowance[who, host],
            )
        )
    return pd.DataFrame(rows, columns=list(POSTINGS.columns))


def _towns(year: Year, given: Posting, postings: pd.DataFrame) -> pd.DataFrame:
    """Teachers who live in each town, who of them are away, and who is there from elsewhere."""
    plan = year.plan
    names = plan.towns.index
    own = np.bincount(candidates(plan, given).home, minlength=len(names)).astype(float)
    out, hosted = (
        postings[side].value_counts().reindex(names, fill_value=0).to_numpy(dtype=float)
        for side in ("from_town", "to_town")
    )
    share = out / np.where(own > 0, own, np.nan)
    columns = {"town": names.to_numpy(dtype=object), "teachers": own, "out": out, "hosted": hosted, "out_share": share}
    return pd.DataFrame(columns)
