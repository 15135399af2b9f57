"""How closely stages must close: an absolute gap in a stage's unit, or a share of its value."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from allocator.words.errors import UsageError
from allocator.words.texts import Text

STAGES = ("basics", "balance", "aspirations", "favour", "total", "stability")
OTHERS = "others"


@dataclass(frozen=True)
class Gap:
    """Largest distance between a plan and its bound."""

    absolute: float | None = None
    """In the unit of the stage; of a sum over the k worst-off, for each of them."""
    share: float | None = None
    """Of the stage's value, as far as it is known when a step begins; not below the gap of exact plans."""


@dataclass(frozen=True)
class Gaps:
    """The gap asked of each stage; stages without one close to a tenth of their grid (see allocator.engine.stages)."""

    by_stage: Mapping[str, Gap] = field(default_factory=dict)
    """Stage, or ``others``, to its gap."""

    @classmethod
    def read(cls, given: float | str | Sequence[str] | None) -> Gaps:
        """From what people write: 0.01 for all stages; balance=0.05, others=0.1%.

        Raises:
            UsageError: an unknown stage, or no positive number.
        """
        words = [given] if isinstance(given, str) else [] if given is None else given
        if isinstance(words, float | int):
            return cls({OTHERS: Gap(absolute=float(words))})
        found = {}
        for word in words:
            stage, equals, number = word.rpartition("=")
            stage = stage.strip() if equals else OTHERS
            if stage not in (*STAGES, OTHERS):
                raise UsageError(Text("solve.gap_stage", {"found": stage, "known": ", ".join((*STAGES, OTHERS))}))
            found[stage] = _gap(number.strip(), word)
        return cls(found)

    def asked(self, stage: str, before: float, otherwise: float, outcomes: float = 1.0) -> float:
        """Absolute gap of a step of a stage.

        Args:
            stage: the stage.
            before: the step's value in the plan before it; nan where there is none.
            otherwise: the gap where none is asked for.
            outcomes: how many outcomes the step's value adds up.
        """
        gap = self.by_stage.get(stage, self.by_stage.get(OTHERS))
        if gap is None:
            return otherwise
        if gap.absolute is not None:
            return gap.absolute * outcomes
        assert gap.share is not None
        return otherwise if math.isnan(before) else max(otherwise, gap.share * abs(before))

    def __str__(self) -> str:
        said = {
            stage: f"{gap.absolute:g}" if gap.absolute is not None else f"{100 * (gap.share or 0.0):g}%"
            for stage, gap in self.by_stage.items()
        }
        return ", ".join(f"{stage}={gap}" for stage, gap in said.items())


def _gap(number: str, word: str) -> Gap:
    is_share = number.endswith("%")
    try:
        value = float(number.removesuffix("%"))
    except ValueError:
        value = -1.0
    if not 0.0 < value < float("inf"):
        raise UsageError(Text("solve.gap_number", {"found": word}))
    return Gap(share=value / 100.0) if is_share else Gap(absolute=value)
