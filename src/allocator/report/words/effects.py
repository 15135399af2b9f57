"""What a plan assumes that its decisions bring: effects of every block, each with where the number comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from allocator.blocks.registry import parts_of
from allocator.blocks.shared.assumed import Assumed
from allocator.report.words.labels import Names
from allocator.report.words.numbers import DASH
from allocator.scenario.plan_year import PlanYear


@dataclass(frozen=True)
class EffectLine:
    """An assumed effect in words; ``kind`` is the code of its origin, empty where the plan itself sets the number."""

    of: str
    on: str
    gain: str
    kind: str
    rule: str


def effect_lines(plan: PlanYear, names: Names) -> list[EffectLine]:
    """Assumed effects of all blocks, in the order in which the blocks want to stand."""
    return [
        EffectLine(
            names.of(each.of_kind, each.of) if each.of_kind else each.of,
            names.of("indicator", each.indicator),
            each.gain,
            each.origin,
            each.rule,
        )
        for each in _assumed(plan)
    ]


def effect_kinds(plan: PlanYear) -> list[str]:
    """Origins (codes) of all effects that say where they come from."""
    return [each.origin for each in _assumed(plan) if each.origin]


def _assumed(plan: PlanYear) -> Iterator[Assumed]:
    for block, part in sorted(parts_of("effects").items(), key=lambda item: item[1].PLACE):
        if block in plan.sections:
            yield from part.effects(plan, plan.sections[block])


def origin_name(line: EffectLine, names: Names) -> str:
    """The origin in words; a dash where the plan itself sets the number."""
    return names.text("origin", line.kind) if line.kind else DASH
