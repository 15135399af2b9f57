"""What a plan assumes that its decisions bring: effects of every block, each with where the number comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from allocator.report.words.labels import Names, said
from allocator.report.words.numbers import DASH, written
from allocator.report.words.rows import rows_of
from allocator.scenario.plan_year import PlanYear
from allocator.words.texts import say


@dataclass(frozen=True)
class EffectLine:
    """An assumed effect in words; ``kind`` is the code of its origin, empty where the plan itself sets the number."""

    of: str
    on: str
    gain: str
    kind: str
    rule: str


def effect_lines(plan: PlanYear, names: Names) -> list[EffectLine]:
    """Effects of programmes, guidance, pairs, stars, projects and trained staff, in this order."""
    return [line for make in _MAKERS.values() for line in make(plan, names)]


def effect_kinds(plan: PlanYear) -> list[str]:
    """Origins (codes) of all effects that say where they come from."""
    given: Any = plan.sections
    listed = [each for name in ("attainment", "guidance") for each in getattr(given.get(name), "effects", ())]
    listed += [*getattr(given.get("stars"), "gains", ()), *_training_gains(plan)]
    return [each.origin.kind for each in listed] + [str(row.origin) for row in _project_rows(plan)]


def _line(of: str, effect: Any, gain: str, names: Names) -> EffectLine:
    return EffectLine(of, names.of("indicator", effect.indicator), gain, effect.origin.kind, effect.origin.rule)


def _programmes(plan: PlanYear, names: Names) -> Iterator[EffectLine]:
    for effect in getattr(plan.sections.get("attainment"), "effects", ()):
        yield _line(names.of("programme", effect.programme), effect, _gain(effect), names)


def _guidance(plan: PlanYear, names: Names) -> Iterator[EffectLine]:
    for effect in getattr(plan.sections.get("guidance"), "effects", ()):
        yield _line(said(f"terms.giver.{effect.giver}", effect.giver), effect, f"{effect.per_hour:g}", names)


def _pairs(plan: PlanYear, names: Names) -> Iterator[EffectLine]:
    mentoring: Any = plan.sections.get("mentoring")
    for indicator, share in mentoring.transfer.items() if mentoring is not None else ():
        values = {"share": written(share, "share"), "minutes": f"{mentoring.nearness_minutes:g}"}
        on, gain = names.of("indicator", indicator), say("report.transfer", values)
        yield EffectLine(say("terms.block.mentoring"), on, gain, "", say("report.set_by_plan"))


def _stars(plan: PlanYear, names: Names) -> Iterator[EffectLine]:
    for effect in getattr(plan.sections.get("stars"), "gains", ()):
        yield _line(say("report.effect_of_star"), effect, f"{effect.per_unit:g}", names)


def _projects(plan: PlanYear, names: Names) -> Iterator[EffectLine]:
    for row in _project_rows(plan):
        gain = f"{row.gain:g}"
        if row.where == "every_town":
            indexes = {each.id for each in plan.indicators if each.denominator is None}
            key = "report.effect_everywhere" if row.indicator in indexes else "report.effect_everywhere_per"
            gain = say(key, {"gain": gain})
        on = names.of("indicator", row.indicator)
        yield EffectLine(names.of("project", row.project), on, gain, row.origin, row.rule)


def _project_rows(plan: PlanYear) -> Iterator[Any]:
    table = getattr(plan.sections.get("projects"), "effects", None)
    return rows_of(plan.tables[table]) if table is not None else iter(())


def _training(plan: PlanYear, names: Names) -> Iterator[EffectLine]:
    for effect in _training_gains(plan):
        yield _line(say("report.effect_of_training"), effect, f"{effect.per_unit:g}", names)


def _training_gains(plan: PlanYear) -> tuple[Any, ...]:
    return tuple(getattr(getattr(plan.sections.get("team"), "training", None), "gains", ()))


def _gain(effect: Any) -> str:
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


_MAKERS: Mapping[str, Callable[[PlanYear, Names], Iterator[EffectLine]]] = {
    "attainment": _programmes,
    "guidance": _guidance,
    "mentoring": _pairs,
    "stars": _stars,
    "projects": _projects,
    "team": _training,
}
"""Blocks to the lines of their effects."""


def origin_name(line: EffectLine, names: Names) -> str:
    """The origin in words; a dash where the plan itself sets the number."""
    return names.text("origin", line.kind) if line.kind else DASH
