"""Where the names on a map go, so that few of them cover one another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PLACES = ("top center", "bottom center", "middle right", "middle left")
FONT_PIXELS = 12.0
WIDE = 0x2E80
"""From this code point on, characters are as wide as they are high."""


def text_width(text: str) -> float:
    """Rough width of a text [pixels]."""
    return sum(FONT_PIXELS if ord(sign) >= WIDE else 0.55 * FONT_PIXELS for sign in text)


def label_places(
    x: Floats, y: Floats, radius: Floats, labels: Sequence[str], lines: Sequence[tuple[int, int]] = ()
) -> list[str]:
    """For each point (pixels, y upward) the side of its marker where its label covers least.

    ``lines`` join points by position; labels keep off them as well.
    """
    boxes = [(a - r, b - r, a + r, b + r) for a, b, r in zip(x, y, radius, strict=True)]
    for start, end in lines:
        for share in np.linspace(0.1, 0.9, 17).tolist():
            a, b = x[start] + share * (x[end] - x[start]), y[start] + share * (y[end] - y[start])
            boxes.append((a - 4, b - 4, a + 4, b + 4))
    order = np.lexsort((x, -y))
    places = dict.fromkeys(range(len(labels)), PLACES[0])
    for at in order.tolist():
        options = [_box(float(x[at]), float(y[at]), float(radius[at]), labels[at], place) for place in PLACES]
        covered = [sum(_overlap(option, box) for n, box in enumerate(boxes) if n != at) for option in options]
        best = int(np.argmin(covered))
        places[at] = PLACES[best]
        boxes.append(options[best])
    return [places[at] for at in range(len(labels))]


def _box(x: float, y: float, r: float, label: str, place: str) -> tuple[float, float, float, float]:
    width, height = text_width(label), FONT_PIXELS * 1.3
    if place == "top center":
        return x - width / 2, y + r, x + width / 2, y + r + height
    if place == "bottom center":
        return x - width / 2, y - r - height, x + width / 2, y - r
    if place == "middle right":
        return x + r + 2, y - height / 2, x + r + 2 + width, y + height / 2
    return x - r - 2 - width, y - height / 2, x - r - 2, y + height / 2


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    return max(wide, 0.0) * max(high, 0.0)
