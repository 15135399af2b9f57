"""What stages and limits must keep: outcomes that the plan brings, an order, parts that belong together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise

from allocator.blocks.registry import outcomes
from allocator.blocks.shared.consistency import lacking, sum_to_one
from allocator.scenario.files.wording import meant
from allocator.scenario.files.yamltree import Node, find
from allocator.scenario.section import RATIOS, Outcome
from allocator.words.errors import Finding
from allocator.words.texts import Text


def stage_findings(tree: Node, towns: Collection[str] | None) -> Iterator[Finding]:
    """Everything that is wrong with the stages and limits of a plan year.

    Args:
        tree: the merged plan year.
        towns: ids of all towns; none where their table is missing.
    """
    yield from _order(tree)
    yield from sum_to_one("E303", "load.factors_sum", "stages.*.factors", tree)
    yield from sum_to_one("E304", "load.programme_shares_sum", "stages.*.programme_shares", tree)
    for path, stage in find(tree, "stages.*"):
        yield from _inequality(path, stage)
    yield from _outcomes(tree)
    yield from _ranks(tree, towns)


def _order(tree: Node) -> Iterator[Finding]:
    """The tie-break comes last and the basics first."""
    stages = find(tree, "stages.*.id")
    last = [(path, node) for path, node in stages if node.content == "tie_break"]
    if last and stages[-1][1].content != "tie_break":
        yield Finding("E305", last[0][1].place, last[0][0], Text("load.tie_break_last"))
    first = [(path, node) for path, node in stages if node.content == "basics"]
    if first and stages[0][1].content != "basics":
        yield Finding("E306", first[0][1].place, first[0][0], Text("load.basics_first"))


def _inequality(path: str, stage: Node) -> Iterator[Finding]:
    """A dial with its criterion and nowhere else; nothing to give by a ratio."""
    given = {name: stage.entries[name] for name in ("criterion", "aversion", "give") if name in stage.entries}
    criterion = given["criterion"].text if "criterion" in given else None
    dial, give = given.get("aversion"), given.get("give")
    has_dial = dial is not None and dial.content is not None
    if (criterion == "inequality_aversion") != has_dial:
        wanted = "with" if has_dial else "without"
        place = dial.place if dial is not None else stage.place
        yield Finding("E330", place, f"{path}.aversion", Text(f"load.{wanted}_aversion"))
    if criterion in RATIOS and give is not None and give.number:
        message = Text("load.ratio_gives_nothing", {"criterion": criterion})
        yield Finding("E331", give.place, f"{path}.give", message, f"{give.number:g}")


def absent(tree: Node, block: str, outcome: Outcome) -> str | None:
    """What a plan lacks that brings an outcome; none where it has it."""
    if block not in tree.entries:
        return block
    given = [node.text for _, node in find(tree, outcome.part)] if outcome.part is not None else []
    if outcome.part is None or (given and outcome.value in (None, *given)):
        return None
    return outcome.part if outcome.value is None else f"{outcome.part}: {outcome.value}"


def _outcomes(tree: Node) -> Iterator[Finding]:
    """Stages and limits that look at what nothing in the plan brings; limits that look at no outcome of towns."""
    for path, part in find(tree, "stages.*"):
        if _looks(part):
            yield from _of(tree, path, part, outcomes())
    for path, part in find(tree, "limits.*"):
        yield from _of(tree, path, part, _by_town())


def _by_town() -> dict[str, tuple[str, Outcome]]:
    return {name: each for name, each in outcomes().items() if each[1].by_town}


def _looks(stage: Node) -> bool:
    """Whether a stage is of a kind that looks at an outcome."""
    return "id" in stage.entries and stage.entries["id"].text in ("balance", "favour", "total")


def _of(tree: Node, path: str, part: Node, known: Mapping[str, tuple[str, Outcome]]) -> Iterator[Finding]:
    of = part.entries.get("of")
    name = "level" if of is None else of.text
    if name is None:
        return
    if of is not None and name not in known:
        kind = "outcome" if name not in outcomes() else "outcome_of_towns"
        message = Text("load.unknown_id", {"kind": Text(f"load.kind_{kind}")})
        yield Finding("E301", of.place, f"{path}.of", message, name, hint=meant(name, known))
        return
    block, outcome = known[name]
    lacks = absent(tree, block, outcome)
    begins_later = lacks == block and not _is_last_year(tree)
    off = "criterion" in part.entries and part.entries["criterion"].text == "none"
    if lacks is not None and not off and not begins_later:
        yield lacking((of or part).place, path, lacks)


def _is_last_year(tree: Node) -> bool:
    """Whether a plan year is the last one of its plan, which has all sections that have begun."""
    years, year = (tree.entries.get(name) for name in ("years", "year"))
    numbers = [each.number for each in years.items if each.number is not None] if years is not None else []
    return year is None or year.number is None or not numbers or year.number >= max(numbers)


def _ranks(tree: Node, towns: Collection[str] | None) -> Iterator[Finding]:
    """Ranks of leximin that do not rise; a warning for the first that reaches beyond all that there are."""
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
    if (of or "level") not in _by_town():
        return None
    return towns * len(find(tree, "years.*")) if over == "every" else towns
