"""The house is as docs/architecture.md draws it: blocks own themselves, few rooms at the root, no circles."""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

import networkx as nx
import pytest

import allocator
from allocator.blocks import parts
from allocator.blocks.registry import NAMES, lockable, parts_of

SOURCE = Path(allocator.__file__).parent
BLOCKS = frozenset(file.parent.name for file in SOURCE.glob("blocks/*/__init__.py")) - {"shared"}
DECLARING = frozenset({"variables", "constrain", "define", "strengthen", "Outcome", "Table"})
"""Calls by which a block declares something under a name of its own."""
DOORS = frozenset(
    f"{owner.__module__}.{owner.__name__}.{method}"
    for owner, method in ((allocator.Result, "figure"), (allocator.Scenario, "load"), (allocator.Scenario, "problem"))
)
"""Methods of public classes that reach upwards, by late imports, for those who use the package from Python."""


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def files() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def module_of(file: Path) -> str:
    """The dotted name of a file: of a package for its ``__init__.py``."""
    parts = file.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file): file for file in files()}


# -- lists that name blocks ------------------------------------------------------------------------------------------


def block_of(file: Path) -> str | None:
    """The block whose folder a file stands in."""
    parts = file.relative_to(SOURCE).parts
    return parts[1] if parts[0] == "blocks" and parts[1] in BLOCKS else None


def declared() -> Mapping[str, set[str]]:
    """Name to the blocks that declare it: their own names, families, outcomes and tables."""
    owners: defaultdict[str, set[str]] = defaultdict(set, {block: {block} for block in BLOCKS})
    for file in files():
        block = block_of(file)
        for node in ast.walk(tree(file)) if block else ():
            match node:
                case ast.Call(func=ast.Name(id=verb) | ast.Attribute(attr=verb), args=[ast.Constant(str(name)), *_]):
                    if verb in DECLARING:
                        owners[name].add(str(block))
    return owners


def words_of(value: ast.expr) -> Iterator[str]:
    """Strings and names in an expression."""
    for node in ast.walk(value):
        match node:
            case ast.Constant(str(word)) | ast.Name(id=word):
                yield word.removesuffix("_findings")


def blocks_named(value: ast.expr, owners: Mapping[str, set[str]]) -> set[str]:
    """Blocks that an expression names: by a word they own, or as the first part of a path like ``stars.benefit``."""
    named: set[str] = set()
    for word in words_of(value):
        first, dot, _ = word.partition(".")
        named |= owners.get(word) or ({first} & BLOCKS if dot else set())
    return named


def lists_of_blocks() -> list[str]:
    """Top-level assignments outside the blocks that name three blocks or more."""
    owners, found = declared(), []
    for file in files():
        for node in tree(file).body if block_of(file) is None else ():
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=name), *_], value=value)
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                ):
                    if len(named := blocks_named(value, owners)) >= 3:
                        found.append(f"{file.relative_to(SOURCE)}:{node.lineno} {name}: {sorted(named)}")
    return found


def test_few_lists_outside_the_blocks_name_them() -> None:
    found = lists_of_blocks()
    assert any(line.startswith("blocks/registry.py") for line in found), (
        "the registry itself is one: nothing is counted"
    )
    assert len(found) <= 5, "\n".join(found)


# -- rooms and names -------------------------------------------------------------------------------------------------


def test_few_rooms_stand_at_the_root() -> None:
    rooms = [entry.name for entry in SOURCE.iterdir() if entry.name != "__pycache__"]
    assert {"__init__.py", "blocks", "model"} <= set(rooms)
    assert len(rooms) <= 14, sorted(rooms)


def test_no_module_is_named_like_a_public_name() -> None:
    # Parts of blocks have their own fixed names (``audit``): nobody imports them by hand.
    last = {module_of(file).rpartition(".")[2] for file in files() if block_of(file) is None}
    assert not last & set(allocator.__all__)
    assert {"solving", "reading", "verbs"} <= last


def test_every_public_name_is_found() -> None:
    assert all(callable(getattr(allocator, name)) for name in allocator.__all__)
    assert set(allocator.__all__) <= set(dir(allocator))


def test_no_module_has_a_class_of_its_own() -> None:
    # Only a module that is called like a function needs one.
    classes = [node for file in files() for node in ast.walk(tree(file)) if isinstance(node, ast.ClassDef)]
    bases = {ast.unparse(base) for node in classes for base in node.bases}
    assert "Protocol" in bases
    assert not bases & {"ModuleType", "types.ModuleType"}
    homes = {getattr(allocator, name).__module__ for name in allocator.__all__}
    assert {type(sys.modules[home]) for home in homes} == {ModuleType}


# -- imports ---------------------------------------------------------------------------------------------------------


class Imports(ast.NodeVisitor):
    """What a module imports when it runs, late imports as well, but for the doors and for types alone."""

    def __init__(self, module: str) -> None:
        self.found: set[str] = set()
        self.inside = [module]

    def visit_Import(self, node: ast.Import) -> None:
        self.found |= {each.name for each in node.names}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        assert node.level == 0 and node.module, "relative imports are not used here"
        names = (f"{node.module}.{each.name}" for each in node.names)
        self.found |= {name if name in MODULES else node.module for name in names}

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) != "TYPE_CHECKING":
            self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._enter(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if ".".join([*self.inside, node.name]) not in DOORS:
            self._enter(node)

    def _enter(self, node: ast.ClassDef | ast.FunctionDef) -> None:
        self.inside.append(node.name)
        self.generic_visit(node)
        self.inside.pop()


def imports() -> nx.DiGraph[str]:
    """Modules of the package, with an edge to each one they import."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for module, file in MODULES.items():
        seen = Imports(module)
        seen.visit(tree(file))
        graph.add_edges_from((module, other) for other in seen.found & MODULES.keys() - {module})
    return graph


def test_no_imports_go_in_a_circle_with_late_ones_counted() -> None:
    graph = imports()
    assert graph.number_of_edges() > graph.number_of_nodes() > 100
    circles = [sorted(part) for part in nx.strongly_connected_components(graph) if len(part) > 1]
    assert circles == []


# -- parts of blocks -------------------------------------------------------------------------------------------------

KINDS = {name.removesuffix("Part").lower(): protocol for name, protocol in vars(parts).items() if name.endswith("Part")}


def names_of(protocol: type) -> set[str]:
    """What a Protocol asks for: functions and constants."""
    return {name for name in {*vars(protocol), *protocol.__annotations__} if not name.startswith("_")}


@pytest.mark.parametrize("kind", KINDS)
def test_every_part_has_all_that_its_protocol_names(kind: str) -> None:
    found = parts_of(kind)  # type: ignore[call-overload]
    assert len(found) >= 5
    for block, part in found.items():
        missing = {name for name in names_of(KINDS[kind]) if not hasattr(part, name)}
        assert missing <= ({"lock_range"} if block not in {owner for owner, _ in lockable().values()} else set()), block


def test_every_file_of_a_fixed_name_is_a_part_and_every_block_has_the_main_ones() -> None:
    assert {*NAMES} == BLOCKS
    for block in BLOCKS - {"goals", "locks"}:
        assert {"section", "model", "audit"} <= {file.stem for file in (SOURCE / "blocks" / block).glob("*.py")}, block
