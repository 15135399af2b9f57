"""Numbers as people read them: thousands separators, percent, no negative zero, a dash for what is not known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

Shape = Literal[
    "year",
    "whole",
    "heads",
    "yuan",
    "hours",
    "minutes",
    "units",
    "share",
    "points",
    "number",
    "ratio",
    "step",
    "change",
    "price",
]
"""How a number is written: ratio has four decimals, step (what a stage reaches) five, change is a share with its sign,
price has three figures."""

DASH = "—"

_PATTERNS: Mapping[Shape, str] = {
    "year": "{:.0f}",
    "whole": "{:,.0f}",
    "heads": "{:,.1f}",
    "yuan": "{:,.2f}",
    "hours": "{:,.1f}",
    "minutes": "{:,.0f}",
    "units": "{:,.2f}",
    "share": "{:.1%}",
    "points": "{:.2f}",
    "ratio": "{:,.4f}",
    "step": "{:,.5f}",
    "change": "{:+.1%}",
}


def written(value: float, shape: Shape) -> str:
    """A number in its shape."""
    if math.isnan(value):
        return DASH
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if shape == "price":
        text = f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
        return "0" if value == 0 else text
    text = f"{value:,.4f}".rstrip("0").rstrip(".") if shape == "number" else _PATTERNS[shape].format(value)
    is_zero = not any(digit in text for digit in "123456789")
    return text.lstrip("-+") if is_zero else text.replace("-", "−")


def weight(value: float) -> str:
    """A share that is usually a whole number of percent."""
    return written(value, "share").replace(".0%", "%")


def signed(value: float, shape: Shape) -> str:
    """A difference, with a plus where it is one."""
    text = written(value, shape)
    return f"+{text}" if value > 0 and text[:1] != "+" and text.strip("0.,%") else text
