"""Labels that no block owns."""

from __future__ import annotations

from collections.abc import Mapping

LABEL_AXES: Mapping[str, str] = {
    "recipient": "town",
    "from_town": "town",
    "to_town": "town",
    "mentor": "town",
    "mentee": "town",
    "giver": "town",
    "other": "outcome",
}
"""Label to the axis it is read from, where the two differ."""
