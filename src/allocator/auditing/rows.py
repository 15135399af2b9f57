"""The table of rows against the rules that were recomputed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from allocator.blocks.shared.checks import HALF_DIGIT, Checks, figure, first_of, forbidden, keys

LABELS = ("rule", "key", "sense")


def rows(table: pd.DataFrame, checks: list[Checks]) -> list[Checks]:
    """Activity and bound of each row as recomputed, slack as their difference; no rule left out or unknown."""
    rules = [part for part in checks if part.needed is not None]
    known = pd.concat([_as_table(part) for part in rules]) if rules else _as_table(None)
    known = known[~known.index.duplicated()]
    written = keys(table, LABELS)
    shown = known.index.isin(written)
    missing = known.index[known["needed"].to_numpy(dtype=bool) & ~shown]
    both = known[shown]
    frame = table[pd.Index(written).isin(known.index)]
    own = keys(frame, LABELS)
    activity, bound = first_of(own, frame["activity"]), first_of(own, frame["bound"])
    sign = pd.Series([-1.0 if key.endswith("<=") else 1.0 for key in activity.index], index=activity.index)
    extra = both["tolerance"] / HALF_DIGIT
    return [
        forbidden("rows", missing.to_numpy(dtype=object)),
        forbidden("rows", np.array([key for key in written if key not in known.index], dtype=object)),
        figure("rows.activity", activity, both["activity"], extra),
        figure("rows.bound", bound, both["bound"]),
        figure("rows.slack", first_of(own, frame["slack"]), sign * (activity - bound), 2.0),
    ]


def asked_for(table: pd.DataFrame, checks: Iterable[Checks]) -> list[Checks]:
    """The checks, with the requirement that the table of rows names for each; empty where it has no such row."""
    named = dict(zip(reversed(keys(table, LABELS)), reversed(table["requirement"].to_numpy(dtype=object)), strict=True))
    made = []
    for part in checks:
        requirement = np.array([named.get(row, "") for row in _written_keys(part)], dtype=object)
        made.append(replace(part, requirement=requirement))
    return made


def _written_keys(checks: Checks) -> list[str]:
    """rule/key/sense of each check."""
    return [f"{checks.family}/{key}/{checks.sense}" for key in checks.key]


def _as_table(checks: Checks | None) -> pd.DataFrame:
    """Recomputed rules by rule/key/sense."""
    columns = ["activity", "bound", "tolerance", "needed"]
    if checks is None:
        return pd.DataFrame(columns=columns, dtype=float)
    index = pd.Index(_written_keys(checks), dtype=object)
    parts = (checks.activity, checks.bound, checks.tolerance, checks.needed)
    return pd.DataFrame(dict(zip(columns, parts, strict=True)), index=index)
