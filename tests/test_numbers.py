"""Numbers as people read them: signs, zeros, and what is not known."""

from __future__ import annotations

import pytest

from allocator.report.words.numbers import DASH, Shape, signed, written


@pytest.mark.parametrize(
    ("value", "shape", "text"),
    [
        (1234.5, "yuan", "1,234.50"),
        (-1234.5, "yuan", "−1,234.50"),
        (-0.004, "yuan", "0.00"),  # no negative zero
        (0.004, "change", "+0.4%"),
        (-0.004, "change", "−0.4%"),
        (0.0, "change", "0.0%"),
        (0.5, "number", "0.5"),
        (1234.0, "price", "1,234"),
        (0.012345, "price", "0.0123"),
        (float("nan"), "yuan", DASH),
        (float("-inf"), "yuan", "−∞"),
    ],
)
def test_written(value: float, shape: Shape, text: str) -> None:
    assert written(value, shape) == text


@pytest.mark.parametrize(
    ("value", "shape", "text"),
    [(2.0, "points", "+2.00"), (-2.0, "points", "−2.00"), (0.001, "points", "0.00"), (0.1, "change", "+10.0%")],
)
def test_a_difference_has_its_sign(value: float, shape: Shape, text: str) -> None:
    assert signed(value, shape) == text
