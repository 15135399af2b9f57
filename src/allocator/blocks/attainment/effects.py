"""What a plan assumes that decisions of the block bring."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.blocks.attainment.section import Attainment, Effect
from allocator.blocks.shared.assumed import Assumed
from allocator.scenario.plan_year import PlanYear
from allocator.words.texts import say

PLACE = 10
"""Where its effects stand among those of all blocks."""


def effects(_plan: PlanYear, section: Attainment) -> Iterator[Assumed]:
    """What units of programmes bring."""
    for effect in section.effects:
        gain, origin = _gain(effect), effect.origin
        yield Assumed(effect.programme, effect.indicator, gain, origin.kind, origin.rule, of_kind="programme")


def _gain(effect: Effect) -> str:
    """Gain a unit in words: one number, or falling pieces."""
    attended = effect.persons_per_attendance
    if isinstance(effect.per_unit, tuple):
        parts = []
        for piece in effect.per_unit:
            key = "report.piece_last" if piece.up_to is None else "report.piece"
            parts.append(say(key, {"gain": f"{piece.gain:g}", "up_to": f"{piece.up_to or 0:g}"}))
        text = say("report.list_comma").join(parts)
    else:
        text = f"{effect.per_unit:g}"
    return text if attended == 1 else say("report.attended", {"gain": text, "persons": f"{attended:g}"})
