"""What stages and limits may look at: the outcomes that the parts of a plan bring, and how many of the worst-off."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from allocator.scenario.files.wording import meant
from allocator.scenario.files.yamltree import Node, find
from allocator.words.errors import Finding
from allocator.words.texts import Text


@dataclass(frozen=True)
class Brought:
    """By what an outcome comes into a plan."""

    block: str
    by_town: bool = True
    """Whether there is one for each town, as limits need it."""
    part: str | None = None
    """Path of a part that the plan must have besides; none: the block is enough."""
    value: str | None = None
    """What the part must be; none: anything."""

    def absent(self, tree: Node) -> str | None:
        """What a plan lacks that brings the outcome; none where it has it."""
        if self.block not in tree.entries:
            return self.block
        given = [node.text for _, node in find(tree, self.part)] if self.part is not None else []
        if self.part is None or (given and self.value in (None, *given)):
            return None
        return self.part if self.value is None else f"{self.part}: {self.value}"


OUTCOMES: Mapping[str, Brought] = {
    "level": Brought("attainment"),
    "bases.cost": Brought("bases", by_town=False),
    "coverage.covered": Brought("coverage", by_town=False),
    "coverage.distance": Brought("coverage", by_town=False, part="coverage.serve", value="nearest"),
    "mentoring.benefit": Brought("mentoring"),
    "mentoring.cost": Brought("mentoring", part="mentoring.pairs"),
    "mentoring.worth": Brought("mentoring", part="mentoring.pairs"),
    "posting.cost": Brought("posting"),
    "posting.count": Brought("posting"),
    "projects.benefit": Brought("projects", by_town=False),
    "projects.benefit_by_town": Brought("projects"),
    "stars.benefit": Brought("stars"),
    "team.posts": Brought("team"),
}
"""What stages may look at, and limits where there is one for each town."""

BY_TOWN = {name: each for name, each in OUTCOMES.items() if each.by_town}


def outcome_findings(tree: Node) -> list[Finding]:
    """Stages and limits that look at what nothing in the plan brings; limits that look at no outcome of towns."""
    looking = [(path, part, OUTCOMES) for path, part in find(tree, "stages.*") if _looks(part)]
    looking += [(path, part, BY_TOWN) for path, part in find(tree, "limits.*")]
    return [found for path, part, known in looking for found in _of(tree, path, part, known)]


def _looks(stage: Node) -> bool:
    """Whether a stage is of a kind that looks at an outcome."""
    return "id" in stage.entries and stage.entries["id"].text in ("balance", "favour", "total")


def _of(tree: Node, path: str, part: Node, known: Mapping[str, Brought]) -> Iterator[Finding]:
    of = part.entries.get("of")
    name = "level" if of is None else of.text
    if name is None:
        return
    if of is not None and name not in known:
        kind = "outcome" if name not in OUTCOMES else "outcome_of_towns"
        message = Text("load.unknown_id", {"kind": Text(f"load.kind_{kind}")})
        yield Finding("E301", of.place, f"{path}.of", message, name, hint=meant(name, known))
        return
    lacking = known[name].absent(tree)
    begins_later = lacking == known[name].block and not _is_last_year(tree)
    off = "criterion" in part.entries and part.entries["criterion"].text == "none"
    if lacking is not None and not off and not begins_later:
        yield Finding("E313", (of or part).place, path, Text("load.needs_block", {"block": lacking}))


def _is_last_year(tree: Node) -> bool:
    """Whether a plan year is the last one of its plan, which has all sections that have begun."""
    years, year = (tree.entries.get(name) for name in ("years", "year"))
    numbers = [each.number for each in years.items if each.number is not None] if years is not None else []
    return year is None or year.number is None or not numbers or year.number >= max(numbers)


def rank_findings(tree: Node, towns: Collection[str] | None) -> Iterator[Finding]:
    """Ranks of leximin that do not rise; a warning for the first that reaches beyond all that there are.

    Args:
        tree: the merged plan year.
        towns: ids of all towns; none where their table is missing.
    """
    for path, stage in find(tree, "stages.*"):
        given = stage.entries["ranks"].items if "ranks" in stage.entries else ()
        ranks = [(node, int(node.number)) for node in given if node.number is not None]
        in_order = sorted({rank for _, rank in ranks})
        hint = Text("load.write_ranks", {"ranks": ", ".join(map(str, in_order))})
        for (_, before), (node, rank) in pairwise(ranks):
            if rank <= before:
                yield Finding("E336", node.place, f"{path}.ranks", Text("load.ranks_rise"), str(rank), hint=hint)
        count = _outcomes_of(tree, stage, len(towns)) if towns else None
        beyond = [(node, rank) for node, rank in ranks if count is not None and rank > count]
        if beyond:
            node, rank = beyond[0]
            yield Finding("W105", node.place, f"{path}.ranks", Text("load.rank_of_all", {"n": count}), str(rank))


def _outcomes_of(tree: Node, stage: Node, towns: int) -> int | None:
    """How many outcomes a stage looks at together; none where there is not one for each town."""
    of, over = (stage.entries[name].text if name in stage.entries else None for name in ("of", "over"))
    if (of or "level") not in BY_TOWN:
        return None
    return towns * len(find(tree, "years.*")) if over == "every" else towns
