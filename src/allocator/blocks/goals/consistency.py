"""What goals must agree on with the rest of a plan when it is read: measures that exist, parts that belong together."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.blocks.shared.consistency import lacking, unknown
from allocator.scenario.files.written import Written
from allocator.scenario.files.yamltree import Node, find
from allocator.words.errors import Finding
from allocator.words.texts import Text


def findings(written: Written) -> Iterator[Finding]:
    """Goals on what nothing in the plan measures, goals without targets, parts that do not belong together."""
    yield from _measures(written)
    for path, node in find(written.tree, "goals.*.at_least"):
        if not node.entries:
            yield Finding("E116", node.place, path, Text("load.too_short", {"n": 1}))
    of_district = {name for name, (_, measure) in written.measures.items() if not measure.of_towns}
    for path, goal in find(written.tree, "goals.*"):
        yield from _category(path, goal)
        yield from _towns(path, goal, of_district, written.ids.get("town"))
        yield from _base(path, goal, written.tree)


def _measures(written: Written) -> Iterator[Finding]:
    """Measures that no plan has, and those of a block that this plan has not."""
    indicators, measures = written.ids.get("indicator") or set(), written.measures
    for path, node in find(written.tree, "goals.*.measure"):
        if node.text is None or node.text in indicators:
            continue
        if node.text not in measures:
            yield unknown("measure", node.place, path, node.text, {*indicators, *measures})
        elif measures[node.text][0] not in written.tree.entries:
            yield lacking(node.place, path, measures[node.text][0])


def _category(path: str, goal: Node) -> Iterator[Finding]:
    """A category without its share, or a share without its category."""
    measure = goal.entries["measure"].text if "measure" in goal.entries else None
    yield from _together(path, goal, "category", is_wanted=measure == "category_share")


def _together(path: str, goal: Node, name: str, *, is_wanted: bool) -> Iterator[Finding]:
    if is_wanted != (name in goal.entries):
        place = goal.entries[name].place if name in goal.entries else goal.place
        key = f"load.goal_{'needs' if is_wanted else 'without'}_{name}"
        yield Finding("E326", place, f"{path}.{name}", Text(key))


def _towns(path: str, goal: Node, of_district: set[str], known_towns: set[str] | None) -> Iterator[Finding]:
    """A number of towns with its scope, of as many as there are; towns that are asked for what the district has."""
    given = {name: node.text for name, node in goal.entries.items()}
    measure, scope, towns = given.get("measure"), given.get("scope", "district"), goal.entries.get("towns")
    yield from _together(path, goal, "towns", is_wanted=scope == "count_of_towns")
    if measure in of_district and scope != "district":
        message = Text("load.goal_of_district", {"measure": measure})
        yield Finding("E327", goal.entries["scope"].place, f"{path}.scope", message, scope)
    if towns is not None and towns.number is not None and known_towns is not None and towns.number > len(known_towns):
        message = Text("load.goal_too_many_towns", {"n": len(known_towns)})
        yield Finding("E328", towns.place, f"{path}.towns", message, f"{towns.number:g}")


def _base(path: str, goal: Node, tree: Node) -> Iterator[Finding]:
    """A line needs a base: of money it is last year's table, and nothing tells it for the special fund.

    A later year may be solved together with the years before it, which know the base.
    """
    line, measure = goal.entries.get("path"), goal.entries.get("measure")
    if line is None or line.text != "linear_from_base" or "base" in goal.entries or measure is None:
        return
    years = [node.number for _, node in find(tree, "years.*") if node.number is not None]
    starts = [node.number for _, node in find(tree, "year")] == [min(years, default=None)]
    money = measure.text in ("money", "money_per_head") and starts and not find(tree, "last_year.funding_by_town")
    if money or measure.text == "special_fund_per_head":
        yield Finding("E329", line.place, f"{path}.path", Text("load.goal_without_base"), line.text)
