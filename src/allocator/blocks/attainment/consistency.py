"""What indicators, effects and base values must agree on when a plan is read."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.blocks.shared.consistency import effects_twice, needed, sum_to_one
from allocator.scenario.files.headings import normal
from allocator.scenario.files.written import Written
from allocator.scenario.files.yamltree import Node, children, find
from allocator.words.errors import Finding
from allocator.words.texts import Text


def findings(written: Written) -> Iterator[Finding]:
    """Weights that do not sum to 1, effects that no plan can have, base values that are missing or too many."""
    tree = written.tree
    yield from needed(tree, "attainment.effects.*", "delivery")
    yield from needed(tree, "attainment.indicators.*.stock", "volunteering")
    yield from sum_to_one("E302", "load.weights_sum", "attainment.indicators", tree, "*.weight")
    yield from effects_twice(tree, "attainment.effects.*", ("programme", "indicator"))
    yield from _on_stocks(written)
    for path, node in find(tree, "attainment.effects.*.per_unit"):
        yield from _pieces(path, node)
    yield from _base_covers(written)


def _on_stocks(written: Written) -> Iterator[Finding]:
    """Stocks that the plan counts itself, named where something adds to indicators."""
    stocks = {path.split(".")[2] for path, _ in find(written.tree, "attainment.indicators.*.stock")}
    for each in written.named("indicator"):
        if each.word in stocks:
            yield Finding("E316", each.place, each.path, Text("load.effect_on_stock"), each.word)


def _pieces(path: str, node: Node) -> Iterator[Finding]:
    """Pieces of a bent effect: ends rise, gains fall, only the last has no end."""
    pieces = children(node) if node.items else []
    end, gain = 0.0, None
    for at, (name, piece) in enumerate(pieces):
        up_to, own = piece.entries.get("up_to"), piece.entries.get("gain")
        if up_to is None and at < len(pieces) - 1:
            yield Finding("E315", piece.place, f"{path}.{name}", Text("load.piece_open"))
        if up_to is not None and up_to.number is not None:
            if at > 0 and up_to.number <= end:
                message = Text("load.piece_end", {"before": f"{end:g}"})
                yield Finding("E315", up_to.place, f"{path}.{name}.up_to", message, f"{up_to.number:g}")
            end = up_to.number
        if own is not None and own.number is not None:
            if gain is not None and own.number >= gain:
                message = Text("load.piece_gain", {"before": f"{gain:g}"})
                yield Finding("E315", own.place, f"{path}.{name}.gain", message, f"{own.number:g}")
            gain = own.number


def _base_covers(written: Written) -> Iterator[Finding]:
    """The base table has every indicator of every town, but none of a stock that the plan counts itself."""
    table, towns = written.tables.get("attainment.base"), written.ids.get("town") or set()
    if table is None:
        return
    given: dict[str, set[str]] = {}
    for town, indicator in zip(table.values("town"), table.values("indicator"), strict=True):
        given.setdefault(normal(indicator), set()).add(normal(town))
    for path, node in find(written.tree, "attainment.indicators.*"):
        own = path.rpartition(".")[2]
        if "stock" in node.entries:
            for at, cell in enumerate(table.values("indicator")):
                if normal(cell) == own:
                    yield Finding("E220", table.place(at, "indicator"), path, Text("load.base_of_stock"), own)
            continue
        absent = sorted(towns - given.get(own, set()))
        if absent:
            message = Text("load.base_missing", {"indicator": own, "towns": ", ".join(absent)})
            yield Finding("E215", table.place(None, "value"), path, message)
