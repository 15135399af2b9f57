"""How a check says what it found: numbers, names, lists, and the place of the rule."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import DISTRICT, Name
from allocator.words.errors import Finding, Place
from allocator.words.texts import Text


class Named(Protocol):
    """Something that has an id and may have a name."""

    @property
    def id(self) -> str:
        """What the plan files call it."""

    @property
    def name(self) -> Name | None:
        """What people call it."""


MOST_TOWNS = 10
"""Most towns a check names one by one; the others are counted."""

SLACK = 0.01
"""Yuan or hours below which a difference is left to the solver."""


def exceeds(need: float, most: float) -> bool:
    """Whether a need certainly lies above what there is."""
    return bool(need > most + SLACK + 1e-9 * abs(need))


def number(value: float) -> str:
    """A number with thousands separators and at most two decimals (small ones: four digits)."""
    if value != 0 and abs(value) < 1:
        return f"{value:.4g}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def below(value: float) -> str:
    """The largest number of four decimals that is not above a value."""
    return f"{math.floor(value * 1e4 + 1e-9) / 1e4:g}"


def named(plan: PlanYear, word: str) -> Text:
    """The name of a town, a programme, a source or a category; the id where it has none."""
    if word == DISTRICT:
        return Text("check.district")
    if word in plan.towns.index:
        row = plan.towns.loc[word]
        return Text("check.name", {"zh": row["name_zh"], "en": row["name_en"]})
    known = (section.things().get(word) for section in plan.sections.values())
    name = next((each for each in known if each), plan.common.names.get(word))
    return Text("check.name", {"zh": name.zh, "en": name.en} if name else {"zh": word, "en": word})


def name_of(item: Named) -> Text:
    """The name of one thing; its id where it has none."""
    words = {"zh": item.id, "en": item.id} if item.name is None else {"zh": item.name.zh, "en": item.name.en}
    return Text("check.name", words)


def listed(parts: Sequence[Text]) -> Text:
    """Several texts as one list."""
    if not parts:
        return Text("check.none")
    whole = parts[-1]
    for part in reversed(parts[:-1]):
        whole = Text("check.and", {"first": part, "rest": whole})
    return whole


def positions(plan: PlanYear, towns: Sequence[str]) -> list[int]:
    """Positions of towns by id."""
    at = {str(town): n for n, town in enumerate(plan.towns.index)}
    return [at[town] for town in towns]


def amounts(plan: PlanYear, words: Sequence[str], values: Sequence[float]) -> Text:
    """A list of names with a number each."""
    return listed(
        [Text("check.amount", {"name": named(plan, w), "n": number(v)}) for w, v in zip(words, values, strict=True)]
    )


def place(plan: PlanYear, path: str) -> Place | None:
    """Where a value stands, else the part around it; none if nothing of it is written."""
    while path:
        if path in plan.places:
            return plan.places[path]
        path = path.rpartition(".")[0]
    return None


def finding(plan: PlanYear, code: str, path: str, values: Mapping[str, object]) -> Finding:
    """A finding with the texts of its code; floats become numbers with separators."""
    said = {name: _said(value) for name, value in values.items()}
    said["year"] = plan.year
    hint = Text(f"check.{code}_hint", said)
    return Finding(code, place(plan, path), path, Text(f"check.{code}", said), hint=hint)


def _said(value: object) -> object:
    return number(float(value)) if isinstance(value, float | int | np.integer) else value


def by_town(
    plan: PlanYear, code: str, path: str, broken: npt.NDArray[np.bool_], values: Mapping[str, object]
) -> list[Finding]:
    """One finding for each town where a rule is broken; arrays among the values are read at the town."""
    towns = np.flatnonzero(broken)
    found = []
    for at in towns[:MOST_TOWNS].tolist():
        own = {name: _own(value, at) for name, value in values.items()}
        found.append(finding(plan, code, path, {**own, "town": named(plan, plan.towns.index[at])}))
    if len(towns) > MOST_TOWNS:
        message = Text("check.more", {"n": len(towns) - MOST_TOWNS, "code": code})
        found.append(Finding(code, place(plan, path), path, message))
    return found


def each_exceeds(need: npt.NDArray[np.float64], most: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Where a need certainly lies above what there is, one by one."""
    return np.array([exceeds(a, b) for a, b in zip(need, most, strict=True)], dtype=bool)


def _own(value: object, at: int) -> object:
    if isinstance(value, np.ndarray):
        return float(value[at])
    return value(at) if callable(value) else value
