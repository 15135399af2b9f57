"""All ids that a plan's lists bring, by kind, and what may be measured and paid besides."""

from __future__ import annotations

from allocator.blocks.registry import own_lines, section_types
from allocator.plan.definition import FIELDS
from allocator.scenario.files.yamltree import Node, find, has_ids, item_names
from allocator.scenario.marks import Defines
from allocator.scenario.section import ANY_CATEGORY, Measure


def ids_of(tree: Node, path: str) -> set[str] | None:
    """Ids of a list of the plan: of its items, or the items themselves; none without the list."""
    found = find(tree, path)
    if not found:
        return None
    items = found[0][1].items
    words = {item.text for item in items if item.text is not None}
    return words or (set(item_names(items)) if has_ids(items) else set())


def ids_of_lists(tree: Node) -> dict[str, set[str] | None]:
    """Kind of id to all ids that the lists of a plan bring; none where a list is missing that the plan must have."""
    lists: dict[str, list[set[str] | None]] = {}
    for field in FIELDS:
        if isinstance(field.mark, Defines):
            brought = lists.setdefault(field.mark.kind, [])
            section, is_inside, _ = field.path.partition(".")
            if section in tree.entries or not is_inside:
                own = ids_of(tree, field.path)
                brought.append(set() if own is None and field.default == () else own)
    ids = {kind: _together(brought) for kind, brought in lists.items()}
    categories, lines, indicators = (ids[kind] for kind in ("category", "cost_line", "indicator"))
    ids["taught_category"] = (categories or set()) | {ANY_CATEGORY}
    ids["cost_line"] = None if lines is None else {*lines, *own_lines()}
    ids["town_measure"] = {*(indicators or ()), *_of_towns(tree)}
    return ids


def _together(lists: list[set[str] | None]) -> set[str] | None:
    """All ids of some lists; none where there is no list or one of them is missing."""
    given = [each for each in lists if each is not None]
    return set[str]().union(*given) if given and len(given) == len(lists) else None


def measures(tree: Node) -> dict[str, tuple[str, Measure]]:
    """Measure to its block and what the block says of it: all that plans may measure, and those of the plan's lists.

    Of two measures of one name the one counts that is not called by the bare id of an item (as kinds of projects are).
    """
    every = [(block, measure) for block, section in section_types().items() for measure in section.measures]
    found: dict[str, tuple[str, Measure]] = {}
    for block, measure in sorted(every, key=lambda each: each[1].name != "{}"):
        if measure.part is None or find(tree, measure.part):
            found |= dict.fromkeys(_names(tree, measure), (block, measure))
    return found


def _names(tree: Node, measure: Measure) -> list[str]:
    if measure.each is None:
        return [measure.name]
    items = find(tree, f"{measure.each}.*.id")[1 if measure.above_first else 0 :]
    return [measure.name.format(node.text) for _, node in items if node.text is not None]


def _of_towns(tree: Node) -> set[str]:
    """What a criterion of a standard may ask of a town besides its indicators."""
    of_plan = {name: measure for name, (block, measure) in measures(tree).items() if block in tree.entries}
    return {name for name, measure in of_plan.items() if measure.of_towns and measure.of_criteria}
