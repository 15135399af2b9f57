"""What a plan assumes that decisions of a block bring."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from allocator.scenario.section import Gain


@dataclass(frozen=True)
class Assumed:
    """An assumed effect, its texts in the current language."""

    of: str
    """What brings it: in words, or the id of a thing of ``of_kind``."""
    indicator: str
    gain: str
    """The gain, for each of what brings it."""
    origin: str
    """Code of where the number comes from; empty where the plan itself sets it."""
    rule: str
    of_kind: str = ""
    """Kind of the id in ``of`` (programme, project); empty where it is in words."""


def gains_of(of: str, gains: Iterable[Gain]) -> Iterator[Assumed]:
    """Effects that are so much for each of one thing."""
    for gain in gains:
        yield Assumed(of, gain.indicator, f"{gain.per_unit:g}", gain.origin.kind, gain.origin.rule)
